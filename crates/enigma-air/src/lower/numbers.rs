//! Numbers: their types in registers and in memory, literals, and `bfloat`.
//!
//! A truth value is an `i1`, and a byte in memory. A `bfloat` is a `float` that is one, and 16 bits in memory: so it works
//! on systems whose Metal has none, and needs no function of AIR.

use enigma_ir::{Attr, DType, Literal as Number, Op};
use half::{bf16, f16};
use smallvec::smallvec;

use super::Lowering;
use crate::llvm::{self, BinaryOp, CastOp, FloatPredicate, IntPredicate, Type, Value};

/// The type in which numbers of an element type are computed.
pub(crate) fn register_type(dtype: DType) -> Type {
    match dtype {
        DType::Bool => Type::I1,
        DType::BF16 => Type::FLOAT,
        other => memory_type(other),
    }
}

/// The type of an element in memory.
pub(crate) fn memory_type(dtype: DType) -> Type {
    match dtype {
        DType::Bool | DType::I8 | DType::U8 => Type::I8,
        DType::I16 | DType::U16 | DType::BF16 => Type::I16,
        DType::I32 | DType::U32 => Type::I32,
        DType::I64 | DType::U64 => Type::I64,
        DType::F16 => Type::HALF,
        DType::F32 => Type::FLOAT,
    }
}

/// What the names of AIR's functions call the type in which numbers of an element type are computed.
pub(crate) fn suffix(dtype: DType) -> String {
    match dtype {
        DType::F16 => "f16".to_owned(),
        DType::BF16 | DType::F32 => "f32".to_owned(),
        _ => format!("{}.i{}", if dtype.is_signed_integer() { 's' } else { 'u' }, dtype.bits()),
    }
}

impl Lowering<'_, '_> {
    /// A number written in the source.
    pub fn constant(&mut self, op: &Op) {
        let (result, dtype) = (op.results[0], self.element_type(op.results[0]));
        if let Some(&Attr::Literal(literal)) = op.attrs.first() {
            let value = self.literal(literal, dtype);
            self.define(result, smallvec![value]);
        }
    }

    /// A literal of an element type.
    pub fn literal(&mut self, literal: Number, dtype: DType) -> Value {
        match literal {
            Number::Float(value) => {
                let bits = match dtype {
                    DType::F16 => f16::from_f64(value).to_bits().into(),
                    DType::BF16 => bf16::from_f64(value).to_f32().to_bits(),
                    _ => (value as f32).to_bits(),
                };
                self.out.module.constant(register_type(dtype), llvm::Literal::Float(bits))
            }
            other => self.out.int(register_type(dtype), other.as_int().unwrap_or(0)),
        }
    }

    /// An integer as an `i64`.
    pub fn widened(&mut self, value: enigma_ir::ValueId) -> Value {
        if let Some(number) = self.kernel.integer(value) {
            return self.out.int(Type::I64, number);
        }
        let signed = self.element_type(value).is_signed_integer();
        let op = if signed { CastOp::SExt } else { CastOp::ZExt };
        let number = self.number(value);
        self.out.cast(op, number, Type::I64)
    }

    /// The lower and the upper half of a 64-bit integer.
    pub fn halves(&mut self, x: Value) -> [Value; 2] {
        let half = self.out.int(Type::I64, 32);
        let upper = self.out.binary(BinaryOp::LShr, x, half);
        [x, upper].map(|bits| self.out.cast(CastOp::Trunc, bits, Type::I32))
    }

    /// The 64-bit integer that has these halves.
    pub fn joined(&mut self, halves: [Value; 2]) -> Value {
        let [lower, upper] = halves.map(|bits| self.out.cast(CastOp::ZExt, bits, Type::I64));
        let half = self.out.int(Type::I64, 32);
        let upper = self.out.binary(BinaryOp::Shl, upper, half);
        self.out.binary(BinaryOp::Or, lower, upper)
    }

    /// What memory holds for a number.
    pub fn stored(&mut self, value: Value, dtype: DType) -> Value {
        match dtype {
            DType::Bool => self.out.cast(CastOp::ZExt, value, Type::I8),
            DType::BF16 => {
                let bits = self.out.cast(CastOp::BitCast, value, Type::I32);
                let sixteen = self.out.int(Type::I32, 16);
                let upper = self.out.binary(BinaryOp::LShr, bits, sixteen);
                self.out.cast(CastOp::Trunc, upper, Type::I16)
            }
            _ => value,
        }
    }

    /// The number that memory holds.
    pub fn loaded(&mut self, value: Value, dtype: DType) -> Value {
        match dtype {
            DType::Bool => {
                let zero = self.out.int(Type::I8, 0);
                self.out.compare(IntPredicate::Ne, value, zero)
            }
            DType::BF16 => {
                let bits = self.out.cast(CastOp::ZExt, value, Type::I32);
                let sixteen = self.out.int(Type::I32, 16);
                let bits = self.out.binary(BinaryOp::Shl, bits, sixteen);
                self.out.cast(CastOp::BitCast, bits, Type::FLOAT)
            }
            _ => value,
        }
    }

    /// The `bfloat` nearest to a `float`, of two the even one; a NaN stays one.
    pub fn round_to_bfloat(&mut self, value: Value) -> Value {
        let out = &mut self.out;
        let bits = out.cast(CastOp::BitCast, value, Type::I32);
        let [sixteen, one, below_half, upper, quiet] =
            [16, 1, 0x7FFF, 0xFFFF_0000, 0x0040_0000].map(|n| out.int(Type::I32, n));
        let last = out.binary(BinaryOp::LShr, bits, sixteen);
        let odd = out.binary(BinaryOp::And, last, one);
        let carried = out.binary(BinaryOp::Add, bits, below_half);
        let rounded = out.binary(BinaryOp::Add, carried, odd);
        let quieted = out.binary(BinaryOp::Or, bits, quiet);
        let is_nan = out.compare_floats(FloatPredicate::Uno, value, value);
        let chosen = out.select(is_nan, quieted, rounded);
        let kept = out.binary(BinaryOp::And, chosen, upper);
        out.cast(CastOp::BitCast, kept, Type::FLOAT)
    }
}
