//! Operators and comparisons.

use enigma_ir::{DType, Op, Opcode};

use super::Lowering;
use crate::llvm::{BinaryOp, FloatPredicate, IntPredicate, Value};

/// The instruction of an operator, for floats, signed and unsigned integers; `bool` is among the latter.
fn instruction(code: Opcode, dtype: DType) -> BinaryOp {
    use BinaryOp::*;
    let [float, signed, unsigned] = match code {
        Opcode::Add => [FAdd, Add, Add],
        Opcode::Sub => [FSub, Sub, Sub],
        Opcode::Mul => [FMul, Mul, Mul],
        Opcode::Div | Opcode::FloorDiv => [FDiv, SDiv, UDiv],
        Opcode::Rem => [FRem, SRem, URem],
        Opcode::Shl => [Shl; 3],
        Opcode::Shr => [LShr, AShr, LShr],
        Opcode::And => [And; 3],
        Opcode::Or => [Or; 3],
        _ => [Xor; 3],
    };
    match dtype {
        _ if dtype.is_float() => float,
        _ if dtype.is_signed_integer() => signed,
        _ => unsigned,
    }
}

/// The predicates of a comparison, for floats, signed and unsigned integers.
fn predicates(code: Opcode) -> (FloatPredicate, IntPredicate, IntPredicate) {
    use IntPredicate::*;
    match code {
        Opcode::CmpEq => (FloatPredicate::Oeq, Eq, Eq),
        Opcode::CmpNe => (FloatPredicate::Une, Ne, Ne),
        Opcode::CmpLt => (FloatPredicate::Olt, Slt, Ult),
        Opcode::CmpLe => (FloatPredicate::Ole, Sle, Ule),
        Opcode::CmpGt => (FloatPredicate::Ogt, Sgt, Ugt),
        Opcode::CmpGe => (FloatPredicate::Oge, Sge, Uge),
        Opcode::CmpUlt => (FloatPredicate::Olt, Ult, Ult),
        Opcode::CmpUle => (FloatPredicate::Ole, Ule, Ule),
        Opcode::CmpUgt => (FloatPredicate::Ogt, Ugt, Ugt),
        _ => (FloatPredicate::Oge, Uge, Uge),
    }
}

impl Lowering<'_, '_> {
    pub fn arithmetic(&mut self, op: &Op) {
        self.compute(op, |this, dtype, x| match op.code {
            Opcode::FloorDiv if dtype.is_float() => this.float_floor_division(dtype, x),
            Opcode::FloorDiv if dtype.is_signed_integer() => this.floor_division(dtype, x[0], x[1]),
            // As Apple's compiler does, and not by LLVM's `frem`.
            Opcode::Rem if dtype.is_float() => this.float_call("fmod", dtype, x),
            Opcode::Div | Opcode::FloorDiv | Opcode::Rem if dtype.is_integer() => {
                let divisor = this.safe_divisor(dtype, x[0], x[1]);
                this.out.binary(instruction(op.code, dtype), x[0], divisor)
            }
            Opcode::Shl | Opcode::Shr => this.shift(instruction(op.code, dtype), dtype, x[0], x[1]),
            Opcode::Neg => this.negation(dtype, x[0]),
            Opcode::Not => {
                let ones = this.integer(dtype, -1);
                this.out.binary(BinaryOp::Xor, x[0], ones)
            }
            code => this.out.binary(instruction(code, dtype), x[0], x[1]),
        });
    }

    pub fn comparison(&mut self, op: &Op) {
        let (floats, signed, unsigned) = predicates(op.code);
        self.each(op, |this, dtype, x| match dtype {
            _ if dtype.is_float() => this.out.compare_floats(floats, x[0], x[1]),
            _ if dtype.is_signed_integer() => this.out.compare(signed, x[0], x[1]),
            _ => this.out.compare(unsigned, x[0], x[1]),
        });
    }

    /// The divisor, or 1 where LLVM leaves the division undefined: by zero, and of the smallest number by -1. Of the
    /// latter, quotient and remainder are those by 1.
    fn safe_divisor(&mut self, dtype: DType, dividend: Value, divisor: Value) -> Value {
        let [zero, one, minus_one] = [0, 1, -1].map(|n| self.integer(dtype, n));
        if self.out.known(divisor).is_some() && divisor != zero && divisor != minus_one {
            return divisor;
        }
        let mut undefined = self.out.compare(IntPredicate::Eq, divisor, zero);
        if dtype.is_signed_integer() {
            let smallest = self.smallest(dtype);
            let by_minus_one = self.out.compare(IntPredicate::Eq, divisor, minus_one);
            let of_smallest = self.out.compare(IntPredicate::Eq, dividend, smallest);
            let overflows = self.out.binary(BinaryOp::And, by_minus_one, of_smallest);
            undefined = self.out.binary(BinaryOp::Or, undefined, overflows);
        }
        self.out.select(undefined, one, divisor)
    }

    /// Of signed integers: one less than the quotient where there is a rest whose sign is not the divisor's.
    fn floor_division(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let y = self.safe_divisor(dtype, x, y);
        let [zero, one] = [0, 1].map(|n| self.integer(dtype, n));
        let out = &mut self.out;
        let quotient = out.binary(BinaryOp::SDiv, x, y);
        let rest = out.binary(BinaryOp::SRem, x, y);
        let signs = out.binary(BinaryOp::Xor, rest, y);
        let differ = out.compare(IntPredicate::Slt, signs, zero);
        let is_rest = out.compare(IntPredicate::Ne, rest, zero);
        let down = out.binary(BinaryOp::And, is_rest, differ);
        let below = out.binary(BinaryOp::Sub, quotient, one);
        out.select(down, below, quotient)
    }

    /// The quotient as a number of the type, rounded down.
    fn float_floor_division(&mut self, dtype: DType, x: &[Value]) -> Value {
        let mut quotient = self.out.binary(BinaryOp::FDiv, x[0], x[1]);
        if dtype == DType::BF16 {
            quotient = self.round_to_bfloat(quotient);
        }
        self.float_call("floor", dtype, &[quotient])
    }

    /// A shift by the count modulo the width.
    pub fn shift(&mut self, direction: BinaryOp, dtype: DType, x: Value, count: Value) -> Value {
        let mask = i128::from(dtype.bits()) - 1;
        let count = match self.out.known(count) {
            Some(known) => self.integer(dtype, i128::from(known) & mask),
            None => {
                let mask = self.integer(dtype, mask);
                self.out.binary(BinaryOp::And, count, mask)
            }
        };
        self.out.binary(direction, x, count)
    }

    pub fn negation(&mut self, dtype: DType, x: Value) -> Value {
        if dtype.is_float() {
            return self.out.negate(x);
        }
        let zero = self.integer(dtype, 0);
        self.out.binary(BinaryOp::Sub, zero, x)
    }
}
