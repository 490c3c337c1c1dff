//! Vectors and matrices as wholes. A matrix is its columns, one after the other.

use enigma_ir::{Attr, Op, Opcode, Type, ValueId};
use smallvec::SmallVec;

use super::Lowering;
use crate::map;
use crate::plan::{Node, Reg, VectorNode};

impl Lowering<'_> {
    /// An operation that has a loop of its own.
    pub(super) fn vector(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let first = self.kernel.ty(op.operands[0]);
        let components = match first {
            Type::Matrix(_, cols, _) => cols as usize,
            vector => vector.width(),
        };
        let mut operands = SmallVec::new();
        for &value in &op.operands {
            let regs = &self.values[value.index()];
            // A scalar beside vectors is the same in each component.
            let repeated = if regs.len() == 1 { components } else { 1 };
            (0..repeated).for_each(|_| operands.extend_from_slice(regs));
        }
        let results = self.define(op.results[0]);
        // The operation table admits no other types, and a test goes through it.
        let Some(map) = map::vector(op.code, self.dtype(op.operands[0]), components) else { return };
        nodes.push(Node::Vector(VectorNode { map, operands, results }));
    }

    pub(super) fn column(&mut self, op: &Op) {
        let Some(Attr::Number(column)) = op.attrs.first() else { return };
        let column = self.columns(op.operands[0]).swap_remove(*column as usize);
        self.values[op.results[0].index()] = column.into();
    }

    pub(super) fn transpose(&mut self, op: &Op) {
        let rows = rows(&self.columns(op.operands[0]));
        self.values[op.results[0].index()] = rows.concat().into();
    }

    /// Each component is the `dot` of a row of the first operand and a column of the second. A vector is one column
    /// on the right, one row on the left.
    pub(super) fn matrix_product(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let [a, b] = [0, 1].map(|n| op.operands[n]);
        let dtype = self.dtype(a);
        let columns = self.columns(b);
        let rows = match self.kernel.ty(a) {
            Type::Matrix(..) => rows(&self.columns(a)),
            _ => self.columns(a),
        };
        let mut results = self.define(op.results[0]).into_iter();
        // Matrices have two to four columns, of which each loop is there.
        let Some(map) = map::vector(Opcode::Dot, dtype, columns[0].len()) else { return };
        for (column, row) in columns.iter().flat_map(|column| rows.iter().map(move |row| (column, row))) {
            let operands = row.iter().chain(column).copied().collect();
            nodes.push(Node::Vector(VectorNode { map, operands, results: results.by_ref().take(1).collect() }));
        }
    }

    /// The columns of a matrix; of a vector, the vector.
    fn columns(&self, value: ValueId) -> Vec<Vec<Reg>> {
        let regs = &self.values[value.index()];
        let rows = match self.kernel.ty(value) {
            Type::Matrix(_, _, rows) => rows as usize,
            _ => regs.len(),
        };
        regs.chunks(rows).map(<[Reg]>::to_vec).collect()
    }
}

fn rows(columns: &[Vec<Reg>]) -> Vec<Vec<Reg>> {
    (0..columns[0].len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}
