//! Arrays of one element type, as numbers and as bytes.

use enigma_ir::{DType, Literal};
use half::{bf16, f16};

/// The contents of a buffer, or a scalar.
#[derive(Clone, PartialEq, Debug)]
pub struct Data {
    pub dtype: DType,
    pub values: Vec<Literal>,
}

impl Data {
    /// Integers brought into the type's range, or rounded to it.
    pub fn new(dtype: DType, values: impl IntoIterator<Item = i128>) -> Data {
        let values = values.into_iter().map(|value| number(dtype, Literal::Int(value))).collect();
        Data { dtype, values }
    }

    /// Floats rounded to the type.
    pub fn floats(dtype: DType, values: impl IntoIterator<Item = f64>) -> Data {
        let values = values.into_iter().map(|value| number(dtype, Literal::Float(value))).collect();
        Data { dtype, values }
    }

    /// `len` elements that are all the same.
    pub fn filled(dtype: DType, len: usize, value: i128) -> Data {
        Data::new(dtype, std::iter::repeat_n(value, len))
    }

    /// One number.
    pub fn scalar(dtype: DType, value: i128) -> Data {
        Data::new(dtype, [value])
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|&value| element_bytes(self.dtype, value)).collect()
    }

    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Data {
        Data { dtype, values: bytes.chunks(dtype.size()).map(|chunk| element(dtype, chunk)).collect() }
    }
}

/// The number that `dtype` has for a literal: integers wrap, floats are rounded once.
pub fn number(dtype: DType, value: Literal) -> Literal {
    match (dtype, value) {
        (DType::Bool, Literal::Float(v)) => Literal::Bool(v != 0.0),
        (DType::Bool, v) => Literal::Bool(v.as_int() != Some(0)),
        (d, Literal::Float(v)) if d.is_float() => Literal::Float(rounded(d, v)),
        (d, v) if d.is_float() => Literal::Float(rounded(d, v.as_int().unwrap_or(0) as f64)),
        (d, Literal::Float(v)) => Literal::Int(d.wrap(v as i128)),
        (d, v) => Literal::Int(d.wrap(v.as_int().unwrap_or(0))),
    }
}

fn rounded(dtype: DType, value: f64) -> f64 {
    match dtype {
        DType::F16 => f16::from_f64(value).to_f64(),
        DType::BF16 => bf16::from_f64(value).to_f64(),
        _ => f64::from(value as f32),
    }
}

fn element_bytes(dtype: DType, value: Literal) -> Vec<u8> {
    match (dtype, value) {
        (DType::F16, Literal::Float(v)) => f16::from_f64(v).to_ne_bytes().to_vec(),
        (DType::BF16, Literal::Float(v)) => bf16::from_f64(v).to_ne_bytes().to_vec(),
        (_, Literal::Float(v)) => (v as f32).to_ne_bytes().to_vec(),
        (d, v) => v.as_int().unwrap_or(0).to_le_bytes()[..d.size()].to_vec(),
    }
}

fn element(dtype: DType, bytes: &[u8]) -> Literal {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u128::from_le_bytes(wide);
    match dtype {
        DType::Bool => Literal::Bool(bits != 0),
        DType::F16 => Literal::Float(f16::from_bits(bits as u16).to_f64()),
        DType::BF16 => Literal::Float(bf16::from_bits(bits as u16).to_f64()),
        DType::F32 => Literal::Float(f64::from(f32::from_bits(bits as u32))),
        d => Literal::Int(d.wrap(bits as i128)),
    }
}

/// Whether two numbers are the same, floats within `tolerance` (relative, and absolute below 1).
pub fn close(a: Literal, b: Literal, tolerance: f64) -> bool {
    match (a, b) {
        (Literal::Float(a), Literal::Float(b)) => {
            a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0)
        }
        _ => a == b,
    }
}
