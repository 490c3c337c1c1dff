//! Buffers of any element type, by the bits of their elements.

use enigma_cpu::{Argument, Buffer};
use enigma_ir::DType;
use half::{bf16, f16};

/// A host array of one of the twelve types.
#[derive(Clone, Debug)]
pub enum Data {
    Bool(Vec<bool>),
    B8(Vec<u8>),
    B16(Vec<u16>),
    B32(Vec<u32>),
    B64(Vec<u64>),
}

impl Data {
    /// From the bits of the elements.
    pub fn new(dtype: DType, bits: impl IntoIterator<Item = u64>) -> Data {
        let bits = bits.into_iter();
        match dtype {
            DType::Bool => Data::Bool(bits.map(|b| b != 0).collect()),
            _ => match dtype.size() {
                1 => Data::B8(bits.map(|b| b as u8).collect()),
                2 => Data::B16(bits.map(|b| b as u16).collect()),
                4 => Data::B32(bits.map(|b| b as u32).collect()),
                _ => Data::B64(bits.collect()),
            },
        }
    }

    /// The bits of the elements.
    pub fn bits(&self) -> Vec<u64> {
        match self {
            Data::Bool(v) => v.iter().map(|&x| u64::from(x)).collect(),
            Data::B8(v) => v.iter().map(|&x| u64::from(x)).collect(),
            Data::B16(v) => v.iter().map(|&x| u64::from(x)).collect(),
            Data::B32(v) => v.iter().map(|&x| u64::from(x)).collect(),
            Data::B64(v) => v.clone(),
        }
    }

    pub fn read(&self, dtype: DType) -> Argument<'_> {
        Argument::Buffer(match self {
            Data::Bool(v) => Buffer::read(dtype, v),
            Data::B8(v) => Buffer::read(dtype, v),
            Data::B16(v) => Buffer::read(dtype, v),
            Data::B32(v) => Buffer::read(dtype, v),
            Data::B64(v) => Buffer::read(dtype, v),
        })
    }

    pub fn write(&mut self, dtype: DType) -> Argument<'_> {
        Argument::Buffer(match self {
            Data::Bool(v) => Buffer::write(dtype, v),
            Data::B8(v) => Buffer::write(dtype, v),
            Data::B16(v) => Buffer::write(dtype, v),
            Data::B32(v) => Buffer::write(dtype, v),
            Data::B64(v) => Buffer::write(dtype, v),
        })
    }
}

/// The bits of an integer (or `bool`) of that type.
pub fn int_bits(dtype: DType, v: i128) -> u64 {
    (dtype.wrap(v) as u64) & if dtype.size() == 8 { u64::MAX } else { (1 << (dtype.size() * 8)) - 1 }
}

/// The integer (or `bool`) that bits of that type are.
pub fn int_of(dtype: DType, bits: u64) -> i128 {
    dtype.wrap(i128::from(bits))
}

/// The bits of a float of that type, rounded from an `f32`.
pub fn float_bits(dtype: DType, v: f32) -> u64 {
    match dtype {
        DType::F16 => u64::from(f16::from_f32(v).to_bits()),
        DType::BF16 => u64::from(bf16::from_f32(v).to_bits()),
        _ => u64::from(v.to_bits()),
    }
}

/// The float that bits of that type are.
pub fn float_of(dtype: DType, bits: u64) -> f32 {
    match dtype {
        DType::F16 => f16::from_bits(bits as u16).to_f32(),
        DType::BF16 => bf16::from_bits(bits as u16).to_f32(),
        _ => f32::from_bits(bits as u32),
    }
}

/// Numbers of that type that find mistakes, by their bits.
pub fn telling(dtype: DType) -> Vec<u64> {
    if dtype.is_float() {
        let (tiny, huge) = match dtype {
            DType::F16 => (2.0e-7, 65504.0),
            _ => (1e-39, f32::MAX),
        };
        let numbers = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.5,
            2.5,
            -2.5,
            3.75,
            -7.25,
            100.5,
            tiny,
            -tiny,
            huge,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        return numbers.into_iter().map(|v| float_bits(dtype, v)).collect();
    }
    let (least, greatest) = dtype.integer_range().unwrap_or((0, 1));
    let mut numbers: Vec<i128> =
        vec![0, 1, 2, 3, 7, 33, -1, -2, -9, least, least + 1, greatest - 1, greatest, greatest / 2];
    numbers.iter_mut().for_each(|v| *v = dtype.wrap(*v));
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(|v| int_bits(dtype, v)).collect()
}
