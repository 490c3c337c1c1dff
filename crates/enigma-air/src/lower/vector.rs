//! Vectors and matrices: what only arranges their components.

use enigma_ir::{Attr, Op, Opcode, Type};

use super::{Components, Lowering};

/// A matrix is as many columns as the first number says, each of as many components as the second; anything else is one
/// column.
pub(crate) fn extent(ty: Type) -> (usize, usize) {
    match ty {
        Type::Matrix(_, columns, rows) => (columns.into(), rows.into()),
        other => (1, other.components()),
    }
}

/// The number among the attributes: a component, or a column.
fn number(op: &Op) -> usize {
    match op.attrs.first() {
        Some(Attr::Number(number)) => *number as usize,
        _ => 0,
    }
}

impl Lowering<'_, '_> {
    pub fn arrangement(&mut self, op: &Op) {
        let operands: Components = op.operands.iter().flat_map(|&operand| self.components(operand).clone()).collect();
        let count = self.kernel.ty(op.results[0]).components();
        let components = match op.code {
            Opcode::MakeVec | Opcode::MatMake => operands,
            Opcode::MatTranspose => {
                let (columns, rows) = extent(self.kernel.ty(op.operands[0]));
                (0..rows)
                    .flat_map(|row| (0..columns).map(move |column| column * rows + row))
                    .map(|n| operands[n])
                    .collect()
            }
            // A component of a vector, or a column of a matrix.
            _ => operands.into_iter().skip(number(op) * count).take(count).collect(),
        };
        self.define(op.results[0], components);
    }
}
