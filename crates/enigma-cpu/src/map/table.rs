//! Elementwise operations: which loop carries out which operation on which element type.

use enigma_ir::{DType, Opcode};
use half::{bf16, f16};

use super::{Map, binary, integer, ops, ternary, unary};
use crate::lane::Truth;

/// For each listed type, under the name `$T`, the loop that `$map` is.
macro_rules! for_types {
    ($dtype:expr, $T:ident => $map:expr; $($d:ident $t:ty),*) => {
        match $dtype {
            $( DType::$d => {
                type $T = $t;
                Some($map as Map)
            } )*
            #[allow(unreachable_patterns, reason = "some lists are complete")]
            _ => None,
        }
    };
}

macro_rules! signed_and_unsigned {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64)
    };
}

/// As unsigned integers of their width.
macro_rules! unsigned {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; I8 u8, U8 u8, I16 u16, U16 u16, I32 u32, U32 u32, I64 u64, U64 u64)
    };
}

/// As unsigned integers of their width, or `bool`.
macro_rules! bits {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; Bool Truth, I8 u8, U8 u8, I16 u16, U16 u16, I32 u32, U32 u32, I64 u64, U64 u64)
    };
}

macro_rules! bool_and_integers {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; Bool Truth, I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64)
    };
}

macro_rules! floats {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; F16 f16, BF16 bf16, F32 f32)
    };
}

macro_rules! numbers {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64, F16 f16, BF16 bf16, F32 f32)
    };
}

/// Integers as unsigned ones, and floats.
macro_rules! unsigned_or_floats {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; I8 u8, U8 u8, I16 u16, U16 u16, I32 u32, U32 u32, I64 u64, U64 u64, F16 f16, BF16 bf16, F32 f32)
    };
}

macro_rules! all {
    ($dtype:expr, $T:ident => $map:expr) => {
        for_types!($dtype, $T => $map; Bool Truth, I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64, F16 f16, BF16 bf16, F32 f32)
    };
}

/// The loop of an operation on elements of `dtype`, of a table row that is elementwise.
pub fn operation(code: Opcode, dtype: DType) -> Option<Map> {
    match code {
        Opcode::Add => unsigned_or_floats!(dtype, T => binary::<ops::Add, T, T>),
        Opcode::Sub => unsigned_or_floats!(dtype, T => binary::<ops::Sub, T, T>),
        Opcode::Mul => unsigned_or_floats!(dtype, T => binary::<ops::Mul, T, T>),
        Opcode::Div => numbers!(dtype, T => binary::<ops::Div, T, T>),
        Opcode::FloorDiv => signed_and_unsigned!(dtype, T => binary::<ops::FloorDiv, T, T>)
            .or(floats!(dtype, T => binary::<ops::FloatFloorDiv<T>, T, T>)),
        Opcode::Rem => numbers!(dtype, T => binary::<ops::Rem, T, T>),
        Opcode::Shl => unsigned!(dtype, T => binary::<ops::Shl, T, T>),
        Opcode::Shr => signed_and_unsigned!(dtype, T => binary::<ops::Shr, T, T>),
        Opcode::And => bits!(dtype, T => binary::<ops::And, T, T>),
        Opcode::Or => bits!(dtype, T => binary::<ops::Or, T, T>),
        Opcode::Xor => bits!(dtype, T => binary::<ops::Xor, T, T>),
        Opcode::Neg => unsigned_or_floats!(dtype, T => unary::<ops::Neg, T, T>),
        Opcode::Not => bits!(dtype, T => unary::<ops::Not, T, T>),
        Opcode::Abs => for_types!(dtype, T => unary::<ops::Abs, T, T>; I8 i8, I16 i16, I32 i32, I64 i64, F16 f16, BF16 bf16, F32 f32)
            .or(cast(dtype, dtype)),
        Opcode::CmpEq => bits!(dtype, T => binary::<ops::Eq, T, Truth>).or(floats!(dtype, T => binary::<ops::Eq, T, Truth>)),
        Opcode::CmpNe => bits!(dtype, T => binary::<ops::Ne, T, Truth>).or(floats!(dtype, T => binary::<ops::Ne, T, Truth>)),
        Opcode::CmpLt => all!(dtype, T => binary::<ops::Lt, T, Truth>),
        Opcode::CmpLe => all!(dtype, T => binary::<ops::Le, T, Truth>),
        Opcode::CmpGt => all!(dtype, T => binary::<ops::Gt, T, Truth>),
        Opcode::CmpGe => all!(dtype, T => binary::<ops::Ge, T, Truth>),
        Opcode::CmpUlt => unsigned!(dtype, T => binary::<ops::Lt, T, Truth>),
        Opcode::CmpUle => unsigned!(dtype, T => binary::<ops::Le, T, Truth>),
        Opcode::CmpUgt => unsigned!(dtype, T => binary::<ops::Gt, T, Truth>),
        Opcode::CmpUge => unsigned!(dtype, T => binary::<ops::Ge, T, Truth>),
        _ => float_function(code, dtype).or_else(|| integer_function(code, dtype)),
    }
}

fn float_function(code: Opcode, dtype: DType) -> Option<Map> {
    match code {
        Opcode::Sqrt => floats!(dtype, T => unary::<ops::Sqrt, T, T>),
        Opcode::Rsqrt => floats!(dtype, T => unary::<ops::Rsqrt, T, T>),
        Opcode::Ceil => floats!(dtype, T => unary::<ops::Ceil, T, T>),
        Opcode::Floor => floats!(dtype, T => unary::<ops::Floor, T, T>),
        Opcode::Round => floats!(dtype, T => unary::<ops::Round, T, T>),
        Opcode::Trunc => floats!(dtype, T => unary::<ops::Trunc, T, T>),
        Opcode::Sign => floats!(dtype, T => unary::<ops::Sign, T, T>),
        Opcode::Saturate => floats!(dtype, T => unary::<ops::Saturate, T, T>),
        Opcode::Fract => floats!(dtype, T => unary::<ops::Fract<T>, T, T>),
        Opcode::Exp => floats!(dtype, T => unary::<ops::Exp, T, T>),
        Opcode::Exp2 => floats!(dtype, T => unary::<ops::Exp2, T, T>),
        Opcode::Log => floats!(dtype, T => unary::<ops::Log, T, T>),
        Opcode::Log2 => floats!(dtype, T => unary::<ops::Log2, T, T>),
        Opcode::Log10 => floats!(dtype, T => unary::<ops::Log10, T, T>),
        Opcode::Sin => floats!(dtype, T => unary::<ops::Sin, T, T>),
        Opcode::Cos => floats!(dtype, T => unary::<ops::Cos, T, T>),
        Opcode::Tan => floats!(dtype, T => unary::<ops::Tan, T, T>),
        Opcode::Asin => floats!(dtype, T => unary::<ops::Asin, T, T>),
        Opcode::Acos => floats!(dtype, T => unary::<ops::Acos, T, T>),
        Opcode::Atan => floats!(dtype, T => unary::<ops::Atan, T, T>),
        Opcode::Sinh => floats!(dtype, T => unary::<ops::Sinh, T, T>),
        Opcode::Cosh => floats!(dtype, T => unary::<ops::Cosh, T, T>),
        Opcode::Tanh => floats!(dtype, T => unary::<ops::Tanh, T, T>),
        Opcode::IsNan => floats!(dtype, T => unary::<ops::IsNan, T, Truth>),
        Opcode::IsInf => floats!(dtype, T => unary::<ops::IsInf, T, Truth>),
        Opcode::IsFinite => floats!(dtype, T => unary::<ops::IsFinite, T, Truth>),
        Opcode::SignBit => floats!(dtype, T => unary::<ops::SignBit, T, Truth>),
        Opcode::IsNormal => floats!(dtype, T => unary::<ops::IsNormal<T>, T, Truth>),
        Opcode::Fmin => floats!(dtype, T => binary::<ops::Fmin, T, T>),
        Opcode::Fmax => floats!(dtype, T => binary::<ops::Fmax, T, T>),
        Opcode::Pow => floats!(dtype, T => binary::<ops::Pow, T, T>),
        Opcode::Fmod => floats!(dtype, T => binary::<ops::Rem, T, T>),
        Opcode::Atan2 => floats!(dtype, T => binary::<ops::Atan2, T, T>),
        Opcode::CopySign => floats!(dtype, T => binary::<ops::CopySign, T, T>),
        Opcode::Step => floats!(dtype, T => binary::<ops::Step, T, T>),
        Opcode::Clamp => floats!(dtype, T => ternary::<ops::Clamp, T, T, T>),
        Opcode::Fma => match dtype {
            DType::F32 => Some(ternary::<ops::Fma, f32, f32, f32>),
            _ => floats!(dtype, T => ternary::<ops::FmaToOdd, T, T, T>),
        },
        Opcode::Mix => floats!(dtype, T => ternary::<ops::Mix, T, T, T>),
        Opcode::SmoothStep => floats!(dtype, T => ternary::<ops::SmoothStep, T, T, T>),
        _ => None,
    }
}

fn integer_function(code: Opcode, dtype: DType) -> Option<Map> {
    match code {
        Opcode::Imin => signed_and_unsigned!(dtype, T => binary::<integer::Min, T, T>),
        Opcode::Imax => signed_and_unsigned!(dtype, T => binary::<integer::Max, T, T>),
        Opcode::Iclamp => signed_and_unsigned!(dtype, T => ternary::<integer::Clamp, T, T, T>),
        Opcode::AbsDiff => signed_and_unsigned!(dtype, T => binary::<integer::AbsDiff, T, T>),
        Opcode::AddSat => signed_and_unsigned!(dtype, T => binary::<integer::AddSat, T, T>),
        Opcode::SubSat => signed_and_unsigned!(dtype, T => binary::<integer::SubSat, T, T>),
        Opcode::MulHi => signed_and_unsigned!(dtype, T => binary::<integer::MulHi, T, T>),
        Opcode::MadSat => signed_and_unsigned!(dtype, T => ternary::<integer::MadSat, T, T, T>),
        Opcode::Rotate => unsigned!(dtype, T => binary::<integer::Rotate, T, T>),
        Opcode::Popcount => unsigned!(dtype, T => unary::<integer::Popcount, T, T>),
        Opcode::Clz => unsigned!(dtype, T => unary::<integer::Clz, T, T>),
        Opcode::Ctz => unsigned!(dtype, T => unary::<integer::Ctz, T, T>),
        Opcode::ReverseBits => unsigned!(dtype, T => unary::<integer::ReverseBits, T, T>),
        Opcode::ExtractBits => signed_and_unsigned!(dtype, T => ternary::<integer::ExtractBits, T, T, T>),
        _ => None,
    }
}

/// The loops that bits are inserted with, one after the other.
pub struct BitMaps {
    /// Makes a mask of an offset and a number of bits, both from 0 to the width.
    pub mask: Map,
    /// Takes the bits of the second operand where the third, a mask, is 1, else those of the first.
    pub merge: Map,
}

impl BitMaps {
    /// Those for an integer type.
    pub fn new(dtype: DType) -> Option<BitMaps> {
        let mask = unsigned!(dtype, T => binary::<integer::Mask, T, T>)?;
        let merge = unsigned!(dtype, T => ternary::<integer::Merge, T, T, T>)?;
        Some(BitMaps { mask, merge })
    }
}

/// The loop that moves the bits of elements as they are.
pub fn same_bits(dtype: DType) -> Map {
    match dtype.size() {
        1 => unary::<ops::Cast, u8, u8>,
        2 => unary::<ops::Cast, u16, u16>,
        4 => unary::<ops::Cast, u32, u32>,
        _ => unary::<ops::Cast, u64, u64>,
    }
}

/// The loop of a selection: operands are the value where false, the value where true, the condition.
pub fn select(dtype: DType) -> Map {
    match dtype.size() {
        1 => ternary::<ops::Select, u8, Truth, u8>,
        2 => ternary::<ops::Select, u16, Truth, u16>,
        4 => ternary::<ops::Select, u32, Truth, u32>,
        _ => ternary::<ops::Select, u64, Truth, u64>,
    }
}

/// The loop of a cast.
pub fn cast(from: DType, to: DType) -> Option<Map> {
    match to {
        DType::Bool => cast_to_bool(from),
        DType::F16 => cast_to_f16(from),
        DType::BF16 => cast_to_bf16(from),
        _ => cast_from(from, to),
    }
}

fn cast_to_bool(from: DType) -> Option<Map> {
    bits!(from, A => unary::<ops::Cast, A, Truth>).or(floats!(from, A => unary::<ops::Cast, A, Truth>))
}

fn cast_to_f16(from: DType) -> Option<Map> {
    signed_and_unsigned!(from, A => unary::<ops::CastToOdd, A, f16>)
        .or(for_types!(from, A => unary::<ops::Cast, A, f16>; Bool Truth, F16 f16, BF16 bf16, F32 f32))
}

fn cast_to_bf16(from: DType) -> Option<Map> {
    signed_and_unsigned!(from, A => unary::<ops::CastToOdd, A, bf16>)
        .or(for_types!(from, A => unary::<ops::Cast, A, bf16>; Bool Truth, F16 f16, BF16 bf16, F32 f32))
}

/// A cast to a type that is computed with as it is.
fn cast_from(from: DType, to: DType) -> Option<Map> {
    macro_rules! into {
        ($from:ident: $($d:ident $r:ty),*) => {
            match to {
                $( DType::$d => $from!(from, A => unary::<ops::Cast, A, $r>), )*
                _ => None,
            }
        };
    }
    if from.is_float() {
        return into!(floats: I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64, F32 f32);
    }
    // Whether the result is signed makes no difference to its bits.
    into!(bool_and_integers: I8 u8, U8 u8, I16 u16, U16 u16, I32 u32, U32 u32, I64 u64, U64 u64, F32 f32)
}
