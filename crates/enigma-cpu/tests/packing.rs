//! Floats packed into a `uint` and unpacked: every number that a word can hold, every place where rounding turns, and
//! what lies outside.

mod common;

use common::apply::{Operand, apply, is_near};
use enigma_ir::{DType, Opcode, Type};

/// How a component lies in a word.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Field {
    Snorm(u32),
    Unorm(u32),
    Srgb,
}

impl Field {
    fn bits(self) -> u32 {
        match self {
            Field::Snorm(bits) | Field::Unorm(bits) => bits,
            Field::Srgb => 8,
        }
    }

    /// What 1.0 is.
    fn one(self) -> f64 {
        match self {
            Field::Snorm(bits) => 2f64.powi(bits as i32 - 1) - 1.0,
            _ => 2f64.powi(self.bits() as i32) - 1.0,
        }
    }

    /// The number that bits of a word mean.
    fn number(self, bits: u64) -> f64 {
        let bits = bits % (1 << self.bits());
        match self {
            Field::Snorm(8) => f64::from(bits as u8 as i8),
            Field::Snorm(_) => f64::from(bits as u16 as i16),
            _ => bits as f64,
        }
    }

    fn unpacked(self, bits: u64) -> f64 {
        let x = self.number(bits) / self.one();
        match self {
            Field::Snorm(_) => x.max(-1.0),
            Field::Srgb if x > 0.04045 => ((x + 0.055) / 1.055).powf(2.4),
            Field::Srgb => x / 12.92,
            Field::Unorm(_) => x,
        }
    }

    /// The bits that a float becomes: of the two integers about it the nearer, or the even one.
    fn packed(self, x: f32) -> u64 {
        let x = f64::from(if x.is_nan() { 0.0 } else { x });
        let least = if matches!(self, Field::Snorm(_)) { -1.0 } else { 0.0 };
        let x = if x < least {
            least
        } else if x > 1.0 {
            1.0
        } else {
            x
        };
        let scaled = self.one()
            * match self {
                Field::Srgb if x < 0.0031308 => x * 12.92,
                Field::Srgb => (x.ln() / 2.4).exp() * 1.055 - 0.055,
                _ => x,
            };
        let below = scaled.floor();
        let up = scaled - below > 0.5 || scaled - below == 0.5 && below % 2.0 != 0.0;
        (below as i64 + i64::from(up)) as u64 % (1 << self.bits())
    }
}

struct Format {
    pack: Opcode,
    unpack: Opcode,
    fields: &'static [Field],
}

const FORMATS: [Format; 6] = [
    Format { pack: Opcode::PackSnorm4x8, unpack: Opcode::UnpackSnorm4x8, fields: &[Field::Snorm(8); 4] },
    Format { pack: Opcode::PackUnorm4x8, unpack: Opcode::UnpackUnorm4x8, fields: &[Field::Unorm(8); 4] },
    Format { pack: Opcode::PackSnorm2x16, unpack: Opcode::UnpackSnorm2x16, fields: &[Field::Snorm(16); 2] },
    Format { pack: Opcode::PackUnorm2x16, unpack: Opcode::UnpackUnorm2x16, fields: &[Field::Unorm(16); 2] },
    Format {
        pack: Opcode::PackSrgbUnorm4x8,
        unpack: Opcode::UnpackSrgbUnorm4x8,
        fields: &[Field::Srgb, Field::Srgb, Field::Srgb, Field::Unorm(8)],
    },
    Format {
        pack: Opcode::PackUnorm10a2,
        unpack: Opcode::UnpackUnorm10a2,
        fields: &[Field::Unorm(10), Field::Unorm(10), Field::Unorm(10), Field::Unorm(2)],
    },
];

/// Every number, every place halfway between two, each with its neighbours, and numbers out of range.
fn inputs(field: Field) -> Vec<f32> {
    let turns = (0..=2 * field.one() as u32).map(|n| (f64::from(n) / (2.0 * field.one())) as f32);
    let around = turns.flat_map(|x| [x, x.next_up(), x.next_down(), -x, -x.next_up(), -x.next_down()]);
    let outside =
        [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1.5, 1.5, 1e-39, -0.0, 0.0031308, 0.5, -0.5];
    outside.into_iter().chain(around).collect()
}

fn vector(dtype: DType, fields: &[Field]) -> Type {
    Type::Vector(dtype, fields.len() as u8)
}

#[test]
fn packing_rounds_to_the_nearest() {
    for Format { pack, fields, .. } in FORMATS {
        let numbers: Vec<f32> = inputs(fields[0]).into_iter().chain(inputs(fields[fields.len() - 1])).collect();
        // Each component takes another number.
        let of = |thread: usize, n: usize| numbers[(thread + n * 5) % numbers.len()];
        let components = (0..numbers.len()).flat_map(|thread| (0..fields.len()).map(move |n| (thread, n)));
        let bits = components.map(|(thread, n)| of(thread, n).to_bits().into()).collect();
        let got = apply(pack, &[Operand::new(vector(DType::F32, fields), bits)], None, Type::Scalar(DType::U32));
        for (thread, &got) in got.iter().enumerate() {
            let mut shift = 0;
            for (n, &field) in fields.iter().enumerate() {
                let x = of(thread, n);
                let bits = got >> shift & ((1 << field.bits()) - 1);
                assert_eq!(bits, field.packed(x), "{}: component {n}, {x:e}", pack.info().name);
                shift += field.bits();
            }
        }
    }
}

#[test]
fn every_field_of_a_word_unpacks() {
    for Format { unpack, fields, pack } in FORMATS {
        // Every number in each field, beside others in the rest.
        let words: Vec<u64> = (0..1u64 << 16)
            .flat_map(|n| [n | !n << 16, n << 16 | n.rotate_left(5) & 0xffff])
            .map(|w| w & 0xffff_ffff)
            .collect();
        let got =
            apply(unpack, &[Operand::new(Type::Scalar(DType::U32), words.clone())], None, vector(DType::F32, fields));
        for (got, word) in got.chunks(fields.len()).zip(&words) {
            let mut shift = 0;
            for (&got, &field) in got.iter().zip(fields) {
                let exact = field.unpacked(word >> shift);
                let ulps = if field == Field::Srgb { 0.501 } else { 0.5 };
                assert!(
                    is_near(DType::F32, got, exact, ulps, 0.0),
                    "{} of {word:#x}: {got:#x}, not {exact}",
                    unpack.info().name
                );
                shift += field.bits();
            }
        }
        // What is unpacked packs to what it was, but for the second way to say -1.
        let again = apply(pack, &[Operand::new(vector(DType::F32, fields), got)], None, Type::Scalar(DType::U32));
        for (word, again) in words.iter().zip(again) {
            let canonical = fields.iter().fold((0, 0), |(sum, shift), field| {
                let bits = word >> shift & ((1 << field.bits()) - 1);
                let least = matches!(field, Field::Snorm(_)) && bits == 1 << (field.bits() - 1);
                (sum | (bits + u64::from(least)) << shift, shift + field.bits())
            });
            assert_eq!(again, canonical.0, "{} of {word:#x}", pack.info().name);
        }
    }
}

/// A few numbers of the published curve.
#[test]
fn the_curve_of_srgb() {
    let colour = [0.5f32, 0.002, 1.0, 0.5].map(|x| u64::from(x.to_bits()));
    let got = apply(
        Opcode::PackSrgbUnorm4x8,
        &[Operand::new(Type::Vector(DType::F32, 4), colour.to_vec())],
        None,
        Type::Scalar(DType::U32),
    );
    assert_eq!(got, [0x80ff_07bc]);
}
