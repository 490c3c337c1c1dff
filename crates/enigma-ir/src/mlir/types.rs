//! Types and constants.

use crate::kernel::{Memory, Space};
use crate::types::{DType, Literal, Type};

/// The MLIR type of an element: without a sign, `bool` a single bit.
fn element(dtype: DType) -> String {
    match dtype {
        DType::BF16 => "bf16".to_owned(),
        float if float.is_float() => format!("f{}", float.bits()),
        integer => format!("i{}", integer.bits()),
    }
}

/// The MLIR type of a value.
pub(super) fn value_type(ty: Type) -> String {
    match ty {
        Type::Scalar(dtype) => element(dtype),
        Type::Vector(dtype, n) => format!("vector<{n}x{}>", element(dtype)),
        Type::Matrix(dtype, cols, rows) => format!("vector<{cols}x{rows}x{}>", element(dtype)),
        Type::SimdgroupMatrix(dtype) => format!("!enigma.simdgroup_matrix<8x8x{}>", element(dtype)),
        Type::Event => "!enigma.event".to_owned(),
        // The verifier lets no value pass that was refused.
        Type::Invalid => "none".to_owned(),
    }
}

/// The MLIR type of a memory, with its address space.
pub(super) fn memory_type(memory: &Memory) -> String {
    let element = element(memory.dtype);
    match memory.space {
        Space::Device => format!("memref<?x{element}, 1>"),
        Space::Threadgroup { len } => format!("memref<{len}x{element}, 3>"),
        Space::Register { len } => format!("memref<{len}x{element}>"),
    }
}

/// A constant, the same in every component of a vector: `arith.constant dense<1.0> : vector<4xf32>`.
pub(super) fn constant(literal: Literal, ty: Type) -> String {
    let number = number(literal, ty.dtype().unwrap_or(DType::F32));
    match ty {
        Type::Vector(..) => format!("arith.constant dense<{number}> : {}", value_type(ty)),
        Type::Scalar(DType::Bool) => format!("arith.constant {number}"),
        _ => format!("arith.constant {number} : {}", value_type(ty)),
    }
}

fn number(literal: Literal, dtype: DType) -> String {
    match literal {
        Literal::Float(v) if v.is_finite() => decimal(v),
        Literal::Float(v) => non_finite(v, dtype),
        other => other.to_string(),
    }
}

/// A finite float. MLIR wants a point in front of the exponent, and rounds to the type itself.
fn decimal(v: f64) -> String {
    let text = format!("{v:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// An infinity or NaN, which MLIR writes as the bits of the type.
fn non_finite(v: f64, dtype: DType) -> String {
    let (exponent, quiet): (u32, u32) = match dtype {
        DType::F16 => (0x7C00, 0x0200),
        DType::BF16 => (0x7F80, 0x0040),
        _ => (0x7F80_0000, 0x0040_0000),
    };
    let magnitude = if v.is_nan() { exponent | quiet } else { exponent };
    let sign = if v.is_sign_negative() { 1 << (dtype.bits() - 1) } else { 0 };
    format!("{:#X}", magnitude | sign)
}
