//! Vectors and matrices as wholes. A matrix is a vector of its columns.

use super::Writer;
use super::types::value_type;
use crate::kernel::{Op, ValueId};
use crate::table::Opcode;
use crate::types::Type;

impl Writer<'_> {
    /// The operation in the dialects `vector`, `arith` and `math`; `None` when they do not have it.
    pub(super) fn vector(&mut self, op: &Op) -> Option<String> {
        match op.code {
            Opcode::MatColumn => Some(self.extract(op)),
            Opcode::MatTranspose => Some(self.transpose(op)),
            Opcode::Dot => {
                let [a, b] = [0, 1].map(|n| self.widened(op.operands[n]));
                let sum = self.sum_of_products(&a, &b, op.operands[0]);
                Some(self.narrowed(&sum, op))
            }
            Opcode::Length => {
                let v = self.widened(op.operands[0]);
                Some(self.length(&v, op))
            }
            Opcode::Distance => {
                let [a, b] = [0, 1].map(|n| self.widened(op.operands[n]));
                let ty = self.wide_vector(op.operands[0]);
                let difference = self.add(format_args!("arith.subf {a}, {b} : {ty}"));
                Some(self.length(&difference, op))
            }
            _ => None,
        }
    }

    fn transpose(&self, op: &Op) -> String {
        let matrix = op.operands[0];
        let [from, to] = [matrix, op.results[0]].map(|value| value_type(self.kernel.ty(value)));
        format!("vector.transpose {}, [1, 0] : {from} to {to}", self.value(matrix))
    }

    /// The type of a vector's components in `f64`, which these sums are computed in.
    fn wide_vector(&self, vector: ValueId) -> String {
        format!("vector<{}xf64>", self.kernel.ty(vector).width())
    }

    fn widened(&mut self, vector: ValueId) -> String {
        let (value, from, to) = (self.value(vector), value_type(self.kernel.ty(vector)), self.wide_vector(vector));
        self.add(format_args!("arith.extf {value} : {from} to {to}"))
    }

    /// An `f64` as the result of an operation.
    fn narrowed(&self, number: &str, op: &Op) -> String {
        let ty: Type = self.kernel.ty(op.results[0]);
        format!("arith.truncf {number} : f64 to {}", value_type(ty))
    }

    fn sum_of_products(&mut self, a: &str, b: &str, vector: ValueId) -> String {
        let ty = self.wide_vector(vector);
        let products = self.add(format_args!("arith.mulf {a}, {b} : {ty}"));
        self.add(format_args!("vector.reduction <add>, {products} : {ty} into f64"))
    }

    fn length(&mut self, v: &str, op: &Op) -> String {
        let square = self.sum_of_products(v, v, op.operands[0]);
        let root = self.add(format_args!("math.sqrt {square} : f64"));
        self.narrowed(&root, op)
    }
}
