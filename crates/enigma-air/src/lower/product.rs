//! Products of integers of double width.

use enigma_ir::DType;

use super::Lowering;
use super::numbers::register_type;
use crate::llvm::{BinaryOp, CastOp, IntPredicate, Type, Value};

/// A type that holds every `a * b + c` of a type of up to 32 bits.
fn wider(dtype: DType) -> DType {
    match (dtype.bits(), dtype.is_signed_integer()) {
        (32, true) => DType::I64,
        (32, false) => DType::U64,
        (_, true) => DType::I32,
        (_, false) => DType::U32,
    }
}

impl Lowering<'_, '_> {
    /// The upper half of `x * y`.
    pub fn upper_half(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        if dtype.bits() == 64 {
            return self.upper_half_of_64(dtype, x, y);
        }
        let wide = wider(dtype);
        let [x, y] = [x, y].map(|factor| self.resized(factor, dtype, wide));
        let product = self.out.binary(BinaryOp::Mul, x, y);
        let width = self.integer(wide, dtype.bits().into());
        let upper = self.out.binary(BinaryOp::LShr, product, width);
        self.out.cast(CastOp::Trunc, upper, register_type(dtype))
    }

    /// By halves: there is no type of 128 bits. What a negative factor is short of, as an unsigned number, is 2^64.
    fn upper_half_of_64(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let upper = self.unsigned_upper_half_of_64(x, y);
        if !dtype.is_signed_integer() {
            return upper;
        }
        let zero = self.integer(dtype, 0);
        [(x, y), (y, x)].into_iter().fold(upper, |upper, (factor, other)| {
            let is_negative = self.is_negative(dtype, factor);
            let excess = self.out.select(is_negative, other, zero);
            self.out.binary(BinaryOp::Sub, upper, excess)
        })
    }

    fn unsigned_upper_half_of_64(&mut self, x: Value, y: Value) -> Value {
        let out = &mut self.out;
        let [half, ones] = [32, 0xFFFF_FFFF].map(|n| out.int(Type::I64, n));
        let [(x_low, x_high), (y_low, y_high)] =
            [x, y].map(|n| (out.binary(BinaryOp::And, n, ones), out.binary(BinaryOp::LShr, n, half)));
        let low = out.binary(BinaryOp::Mul, x_low, y_low);
        let carried = out.binary(BinaryOp::LShr, low, half);
        // Neither sum exceeds 64 bits: the greatest product of two halves leaves room for two more halves.
        let cross = out.binary(BinaryOp::Mul, x_high, y_low);
        let cross = out.binary(BinaryOp::Add, cross, carried);
        let cross_low = out.binary(BinaryOp::And, cross, ones);
        let cross_high = out.binary(BinaryOp::LShr, cross, half);
        let other = out.binary(BinaryOp::Mul, x_low, y_high);
        let other = out.binary(BinaryOp::Add, other, cross_low);
        let other_high = out.binary(BinaryOp::LShr, other, half);
        let high = out.binary(BinaryOp::Mul, x_high, y_high);
        let high = out.binary(BinaryOp::Add, high, cross_high);
        out.binary(BinaryOp::Add, high, other_high)
    }

    /// `a * b + c`, exact, and held at the ends of the type.
    pub fn saturated_multiply_add(&mut self, dtype: DType, a: Value, b: Value, c: Value) -> Value {
        if dtype.bits() == 64 {
            return self.saturated_multiply_add_of_64(dtype, a, b, c);
        }
        let wide = wider(dtype);
        let [a, b, c] = [a, b, c].map(|operand| self.resized(operand, dtype, wide));
        let product = self.out.binary(BinaryOp::Mul, a, b);
        let mut exact = self.out.binary(BinaryOp::Add, product, c);
        if let Some((least, greatest)) = dtype.integer_range() {
            let [least, greatest] = [least, greatest].map(|n| self.integer(wide, n));
            exact = self.greater(wide, exact, least);
            exact = self.smaller(wide, exact, greatest);
        }
        self.resized(exact, wide, dtype)
    }

    /// The sum in two halves. It fits where the upper half only repeats the sign, or is zero for unsigned numbers.
    fn saturated_multiply_add_of_64(&mut self, dtype: DType, a: Value, b: Value, c: Value) -> Value {
        let signed = dtype.is_signed_integer();
        let [zero, sign] = [0, 63].map(|n| self.integer(dtype, n));
        let product = self.out.binary(BinaryOp::Mul, a, b);
        let upper = self.upper_half_of_64(dtype, a, b);
        let sum = self.out.binary(BinaryOp::Add, product, c);
        let carries = self.out.compare(IntPredicate::Ult, sum, c);
        let carry = self.out.cast(CastOp::ZExt, carries, Type::I64);
        let mut upper = self.out.binary(BinaryOp::Add, upper, carry);
        let mut fitting = zero;
        if signed {
            let extension = self.out.binary(BinaryOp::AShr, c, sign);
            upper = self.out.binary(BinaryOp::Add, upper, extension);
            fitting = self.out.binary(BinaryOp::AShr, sum, sign);
        }
        let fits = self.out.compare(IntPredicate::Eq, upper, fitting);
        let end = if signed { self.end_towards(dtype, upper) } else { self.greatest(dtype) };
        self.out.select(fits, sum, end)
    }
}
