//! Selections, and conversions between element types.
//!
//! Between integers and floats only `float` and integers of 32 and 64 bits meet, in the functions that Apple's compiler
//! calls for it; and these are given only what they have a result for. `half` and `bfloat` go through `float`.

use enigma_ir::{DType, Op, Opcode};

use super::numbers::{memory_type, register_type, suffix};
use super::{Effect, Lowering};
use crate::llvm::{BinaryOp, CastOp, FloatPredicate, IntPredicate, Type, Value};

/// Bits of the significand of a `float`.
const SIGNIFICAND: u32 = 24;

/// An integer type of at least 32 bits that holds the numbers of `dtype`.
fn at_least_32_bits(dtype: DType) -> DType {
    match dtype {
        DType::I64 | DType::U64 | DType::U32 => dtype,
        _ if dtype.is_signed_integer() => DType::I32,
        _ => DType::U32,
    }
}

impl Lowering<'_, '_> {
    pub fn conversion(&mut self, op: &Op) {
        let to = self.element_type(op.results[0]);
        self.each(op, |this, from, x| match op.code {
            Opcode::Select => this.out.select(x[2], x[1], x[0]),
            Opcode::Cast => this.cast(x[0], from, to),
            _ => this.same_bits(x[0], from, to),
        });
    }

    fn same_bits(&mut self, x: Value, from: DType, to: DType) -> Value {
        if from == to {
            return x;
        }
        let stored = self.stored(x, from);
        let bits = self.out.cast(CastOp::BitCast, stored, memory_type(to));
        self.loaded(bits, to)
    }

    pub fn cast(&mut self, x: Value, from: DType, to: DType) -> Value {
        match (from, to) {
            _ if from == to => x,
            (_, DType::Bool) => self.is_not_zero(x, from),
            (DType::Bool, _) if to.is_float() => {
                let [zero, one] = [0.0, 1.0].map(|n| self.float(to, n));
                self.out.select(x, one, zero)
            }
            _ if from.is_float() && to.is_float() => {
                let wide = self.float_of(x, from);
                self.rounded(wide, to)
            }
            _ if from.is_float() => {
                let wide = self.float_of(x, from);
                self.saturated(wide, to)
            }
            _ if to.is_float() => self.integer_to_float(x, from, to),
            _ => self.resized(x, from, to),
        }
    }

    fn is_not_zero(&mut self, x: Value, dtype: DType) -> Value {
        if dtype.is_float() {
            let zero = self.float(dtype, 0.0);
            return self.out.compare_floats(FloatPredicate::Une, x, zero);
        }
        let zero = self.integer(dtype, 0);
        self.out.compare(IntPredicate::Ne, x, zero)
    }

    /// A float of any type as a `float`, which holds them all.
    pub fn float_of(&mut self, x: Value, from: DType) -> Value {
        if from == DType::F16 { self.out.cast(CastOp::FpExt, x, Type::FLOAT) } else { x }
    }

    /// A `float` rounded to another type.
    pub fn rounded(&mut self, x: Value, to: DType) -> Value {
        match to {
            DType::F16 => self.out.cast(CastOp::FpTrunc, x, Type::HALF),
            DType::BF16 => self.round_to_bfloat(x),
            _ => x,
        }
    }

    /// An integer or a `bool` as an integer of another width.
    pub fn resized(&mut self, x: Value, from: DType, to: DType) -> Value {
        let op = match from.is_signed_integer() {
            _ if to.bits() < from.bits() => CastOp::Trunc,
            true => CastOp::SExt,
            false => CastOp::ZExt,
        };
        self.out.cast(op, x, register_type(to))
    }

    /// The nearest number of a float type. A `half` is found from the nearest `float`: beyond what a `float` holds exactly,
    /// every `half` is infinite.
    fn integer_to_float(&mut self, x: Value, from: DType, to: DType) -> Value {
        let wide = at_least_32_bits(from);
        let mut integer = self.resized(x, from, wide);
        if to == DType::BF16 && from.bits() > SIGNIFICAND {
            integer = self.rounded_to_odd(integer, wide);
        }
        let name = format!("convert.f.f32.{}", suffix(wide));
        let float = self.air(&name, Effect::None, Type::FLOAT, &[integer]);
        self.rounded(float, to)
    }

    /// An integer as a `float` can hold it: where that loses something, with its last bit set, so that rounding it once
    /// more gives what rounding once would have given.
    fn rounded_to_odd(&mut self, x: Value, dtype: DType) -> Value {
        let spare = i128::from(dtype.bits() - SIGNIFICAND);
        let zeros = self.leading_zeros_of_magnitude(x, dtype);
        let [zero, one, spare] = [0, 1, spare].map(|n| self.integer(dtype, n));
        let out = &mut self.out;
        let fits = out.compare(IntPredicate::Uge, zeros, spare);
        let excess = out.binary(BinaryOp::Sub, spare, zeros);
        let excess = out.select(fits, zero, excess);
        let last = out.binary(BinaryOp::Shl, one, excess);
        let below = out.binary(BinaryOp::Sub, last, one);
        let lost = out.binary(BinaryOp::And, x, below);
        let kept = out.binary(BinaryOp::Sub, x, lost);
        let odd = out.binary(BinaryOp::Or, kept, last);
        let exact = out.compare(IntPredicate::Eq, lost, zero);
        out.select(exact, x, odd)
    }

    /// Of negative numbers, those of the complement, which is less by one.
    fn leading_zeros_of_magnitude(&mut self, x: Value, dtype: DType) -> Value {
        let mut magnitude = x;
        if dtype.is_signed_integer() {
            let sign = self.integer(dtype, i128::from(dtype.bits()) - 1);
            let sign = self.out.binary(BinaryOp::AShr, x, sign);
            magnitude = self.out.binary(BinaryOp::Xor, x, sign);
        }
        self.bit_count("clz", dtype, magnitude)
    }

    /// A `float` without its fraction, held at the ends of an integer type; 0 for NaN.
    fn saturated(&mut self, x: Value, to: DType) -> Value {
        let Some((least, greatest)) = to.integer_range() else { return x };
        let [low, beyond] = [least, greatest + 1].map(|n| self.out.float(n as f32));
        let zero = self.out.float(0.0);
        let [least, greatest] = [least, greatest].map(|n| self.integer(to, n));
        let is_low = self.out.compare_floats(FloatPredicate::Olt, x, low);
        let is_high = self.out.compare_floats(FloatPredicate::Oge, x, beyond);
        let is_above = self.out.compare_floats(FloatPredicate::Oge, x, low);
        let is_below = self.out.compare_floats(FloatPredicate::Olt, x, beyond);
        let fits = self.out.binary(BinaryOp::And, is_above, is_below);
        let fitting = self.out.select(fits, x, zero);
        let wide = at_least_32_bits(to);
        let name = format!("convert.{}.f.f32", suffix(wide));
        let integer = self.air(&name, Effect::None, register_type(wide), &[fitting]);
        let integer = self.resized(integer, wide, to);
        let raised = self.out.select(is_low, least, integer);
        self.out.select(is_high, greatest, raised)
    }
}
