//! Floats as their type holds them.

use half::{bf16, f16};

use crate::types::{DType, Literal};

/// `exact + rest` as an `f32`, rounded to odd: where it is not exact, to the neighbour whose last bit is set. Rounding that
/// once more, to a type at least two bits shorter, gives what rounding once would have given. `rest` is
/// less than the last bit of `exact`.
#[inline(always)]
pub fn round_to_odd(exact: f64, rest: f64) -> f32 {
    let nearest = exact as f32;
    let error = (exact - f64::from(nearest)) + rest;
    if error == 0.0 || !error.is_finite() || nearest.to_bits() & 1 == 1 {
        return nearest;
    }
    let away = (error > 0.0) == (nearest >= 0.0 && !nearest.is_sign_negative());
    f32::from_bits(if away { nearest.to_bits() + 1 } else { nearest.to_bits().wrapping_sub(1) })
}

impl Literal {
    /// The number that a constant of type `dtype` holds when it is written as this literal: a float rounded once, to
    /// nearest even; anything else is itself.
    pub fn rounded(self, dtype: DType) -> Literal {
        if !dtype.is_float() {
            return self;
        }
        let (nearest, rest) = match self {
            Literal::Float(x) => (x, 0.0),
            other => {
                let integer = other.as_int().unwrap_or(0);
                (integer as f64, (integer - integer as f64 as i128) as f64)
            }
        };
        Literal::Float(match dtype {
            DType::F16 => f16::from_f32(round_to_odd(nearest, rest)).to_f64(),
            DType::BF16 => bf16::from_f32(round_to_odd(nearest, rest)).to_f64(),
            _ => f64::from(self.as_int().map_or(nearest as f32, |integer| integer as f32)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_rounded_once() {
        let cases = [
            (Literal::Float(0.1), DType::F32, 0.1f32.into()),
            // Just above the middle of two halves, and the middle itself once it is a float.
            (Literal::Float(1.0 + 1.0 / 2048.0 + 1e-12), DType::F16, 1.0 + 1.0 / 1024.0),
            (Literal::Float(1.0 + 1.0 / 2048.0), DType::F16, 1.0),
            (Literal::Float(65520.0), DType::F16, f64::INFINITY),
            (Literal::Int((1 << 24) + 1), DType::F32, f64::from(1 << 24)),
            // Above the middle of two floats by less than a double can tell.
            (Literal::Int((1 << 60) + (1 << 36) + 1), DType::F32, ((1i64 << 60) + (1 << 37)) as f64),
            (Literal::Int((1 << 60) + (1 << 52) + 1), DType::BF16, ((1i64 << 60) + (1 << 53)) as f64),
            (Literal::Bool(true), DType::BF16, 1.0),
        ];
        for (literal, dtype, number) in cases {
            assert_eq!(literal.rounded(dtype), Literal::Float(number), "{literal} as {dtype}");
        }
        assert_eq!(Literal::Int(7).rounded(DType::I8), Literal::Int(7));
    }
}
