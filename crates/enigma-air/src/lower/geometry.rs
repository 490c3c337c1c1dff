//! Geometry, and products of matrices: computed in `float`, and rounded once.
//!
//! As Metal's own functions they are made for speed: squares may overflow where a length would not, and each step rounds.
//! The result is off by a few units in the last place of a `float`; where terms may cancel each other out, of that of the
//! sum of their magnitudes.

use enigma_ir::{DType, Op, Opcode, ValueId};
use smallvec::{SmallVec, smallvec};

use super::vector::extent;
use super::{Components, Lowering};
use crate::llvm::{BinaryOp, FloatPredicate, Value};

impl Lowering<'_, '_> {
    pub fn geometry(&mut self, op: &Op) {
        let x: SmallVec<[Components; 4]> = op.operands.iter().map(|&operand| self.floats(operand)).collect();
        let results = match op.code {
            Opcode::Dot => smallvec![self.dot(&x[0], &x[1])],
            Opcode::Length => smallvec![self.length(&x[0])],
            Opcode::Distance => {
                let difference = self.pairwise(BinaryOp::FSub, &x[0], &x[1]);
                smallvec![self.length(&difference)]
            }
            Opcode::Cross => self.cross(&x[0], &x[1]),
            Opcode::Normalize => {
                let length = self.length(&x[0]);
                self.with_each(BinaryOp::FDiv, &x[0], length)
            }
            Opcode::Reflect => self.reflected(&x[0], &x[1]),
            Opcode::Refract => self.refracted(&x[0], &x[1], x[2][0]),
            Opcode::FaceForward => self.faced(&x[0], &x[1], &x[2]),
            Opcode::Determinant => smallvec![self.determinant(&x[0])],
            _ => self.matrix_product(op.operands[0], op.operands[1]),
        };
        let dtype = self.element_type(op.results[0]);
        let results = results.into_iter().map(|result| self.rounded(result, dtype)).collect();
        self.define(op.results[0], results);
    }

    fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.float_call("fma", DType::F32, &[a, b, c])
    }

    fn pairwise(&mut self, op: BinaryOp, a: &[Value], b: &[Value]) -> Components {
        a.iter().zip(b).map(|(&a, &b)| self.out.binary(op, a, b)).collect()
    }

    fn with_each(&mut self, op: BinaryOp, v: &[Value], scalar: Value) -> Components {
        v.iter().map(|&x| self.out.binary(op, x, scalar)).collect()
    }

    fn dot(&mut self, a: &[Value], b: &[Value]) -> Value {
        let first = self.out.binary(BinaryOp::FMul, a[0], b[0]);
        a.iter().zip(b).skip(1).fold(first, |sum, (&a, &b)| self.fma(a, b, sum))
    }

    fn length(&mut self, v: &[Value]) -> Value {
        let square = self.dot(v, v);
        self.float_call("sqrt", DType::F32, &[square])
    }

    /// `a * d - b * c`.
    fn minor(&mut self, a: Value, b: Value, c: Value, d: Value) -> Value {
        let subtracted = self.out.binary(BinaryOp::FMul, b, c);
        let subtracted = self.out.negate(subtracted);
        self.fma(a, d, subtracted)
    }

    fn cross(&mut self, a: &[Value], b: &[Value]) -> Components {
        [(1, 2), (2, 0), (0, 1)].map(|(i, j)| self.minor(a[i], a[j], b[i], b[j])).into_iter().collect()
    }

    /// `i - 2 * dot(n, i) * n`.
    fn reflected(&mut self, i: &[Value], n: &[Value]) -> Components {
        let minus_two = self.out.float(-2.0);
        let along = self.dot(n, i);
        let factor = self.out.binary(BinaryOp::FMul, minus_two, along);
        i.iter().zip(n).map(|(&i, &n)| self.fma(factor, n, i)).collect()
    }

    /// `eta * i - (eta * along + sqrt(square)) * n`, and zero where the square is negative.
    fn refracted(&mut self, i: &[Value], n: &[Value], eta: Value) -> Components {
        let [zero, one] = [0.0, 1.0].map(|x| self.out.float(x));
        let along = self.dot(n, i);
        let against = self.out.negate(along);
        let across = self.fma(against, along, one);
        let bent = self.out.binary(BinaryOp::FMul, eta, eta);
        let bent = self.out.negate(bent);
        let square = self.fma(bent, across, one);
        let root = self.float_call("sqrt", DType::F32, &[square]);
        let part = self.fma(eta, along, root);
        let back = self.out.negate(part);
        let is_reflected = self.out.compare_floats(FloatPredicate::Olt, square, zero);
        i.iter()
            .zip(n)
            .map(|(&i, &n)| {
                let onwards = self.out.binary(BinaryOp::FMul, eta, i);
                let refracted = self.fma(back, n, onwards);
                self.out.select(is_reflected, zero, refracted)
            })
            .collect()
    }

    /// n where `dot(nref, i)` is negative, else -n.
    fn faced(&mut self, n: &[Value], i: &[Value], nref: &[Value]) -> Components {
        let zero = self.out.float(0.0);
        let along = self.dot(nref, i);
        let faces = self.out.compare_floats(FloatPredicate::Olt, along, zero);
        n.iter()
            .map(|&n| {
                let turned = self.out.negate(n);
                self.out.select(faces, n, turned)
            })
            .collect()
    }

    /// Of four columns by the minors of the first two and those of the last two.
    fn determinant(&mut self, m: &[Value]) -> Value {
        match m.len() {
            4 => self.minor(m[0], m[1], m[2], m[3]),
            9 => {
                let cross = self.cross(&m[3..6], &m[6..9]);
                self.dot(&m[0..3], &cross)
            }
            _ => {
                let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
                let left = pairs.map(|(i, j)| self.minor(m[i], m[j], m[4 + i], m[4 + j]));
                let right = pairs.map(|(i, j)| self.minor(m[8 + i], m[8 + j], m[12 + i], m[12 + j]));
                let [negative, other] = [left[1], left[4]].map(|minor| self.out.negate(minor));
                let signed = [left[0], negative, left[2], left[3], other, left[5]];
                let complements = [right[5], right[4], right[3], right[2], right[1], right[0]];
                self.dot(&signed, &complements)
            }
        }
    }

    /// A vector on the left is a row, one on the right a column.
    fn matrix_product(&mut self, a: ValueId, b: ValueId) -> Components {
        let (columns, inner) = extent(self.kernel.ty(b));
        let [a, b] = [a, b].map(|operand| self.floats(operand));
        let rows = a.len() / inner;
        (0..columns)
            .flat_map(|column| (0..rows).map(move |row| (column, row)))
            .map(|(column, row)| {
                let row: Components = a.iter().skip(row).step_by(rows).copied().collect();
                self.dot(&row, &b[column * inner..][..inner])
            })
            .collect()
    }
}
