//! How far the result of an operation may be from the exact one.

use super::Opcode;
use crate::types::DType;

/// What is promised of an operation's floats. Results of integers and `bool` are always exact.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// None: there is nothing to round.
    Exact,
    /// The exact result, rounded once to the nearest, ties to even.
    Rounded,
    /// Within that many units in the last place of a `float`. For `half` and `bfloat` the result is computed as a
    /// `float` and rounded to them.
    Ulp(u8),
    /// Within that many units in the last place of the result's own type: so many steps, each of which rounds.
    Steps(u8),
    /// Within that many units in the last place of the sum of the absolute values that the formula adds up. Where its
    /// terms cancel each other out, the result may have few digits that mean anything.
    Terms(u8),
}

impl Error {
    /// The bound in units in the last place of `dtype`: of the result, or for [`Error::Terms`] of the sum of the terms.
    pub fn ulps(self, dtype: DType) -> f64 {
        let narrowing = match dtype {
            DType::F32 => None,
            DType::F16 => Some(f64::from(1 << 13)),
            DType::BF16 => Some(f64::from(1 << 16)),
            _ => return 0.0,
        };
        match (self, narrowing) {
            (Error::Exact, _) => 0.0,
            (Error::Rounded, _) => 0.5,
            (Error::Ulp(n), Some(floats)) => 0.5 + f64::from(n) / floats,
            (Error::Ulp(n), None) | (Error::Steps(n) | Error::Terms(n), _) => f64::from(n),
        }
    }
}

impl Opcode {
    /// How far the floats that it gives may be from the exact result.
    pub const fn error(self) -> Error {
        use Opcode::*;
        match self {
            Add | Sub | Mul | Div | FloorDiv | Rem | Cast | Store | StoreIf | VecStore => Error::Rounded,
            Sqrt | Fract | Fmod | Fma | AtomicFetchAdd | AtomicFetchSub => Error::Rounded,
            UnpackSnorm4x8 | UnpackUnorm4x8 | UnpackSnorm2x16 | UnpackUnorm2x16 | UnpackUnorm10a2 => Error::Rounded,
            Rsqrt | Exp | Exp2 | Log | Log2 | Sin | Cos | Pow | UnpackSrgbUnorm4x8 => Error::Ulp(1),
            Length | Distance | Normalize | Cross => Error::Ulp(1),
            Log10 | Tan | Asin | Acos | Atan | Atan2 => Error::Ulp(2),
            Sinh | Cosh | Tanh => Error::Ulp(3),
            SmoothStep => Error::Ulp(9),
            Mix => Error::Terms(3),
            Dot | MatMul | Reflect | Refract | Determinant => Error::Terms(1),
            SimdgroupMultiplyAccumulate => Error::Terms(9),
            SimdProduct | SimdPrefixExclusiveProduct | SimdPrefixInclusiveProduct => Error::Steps(31),
            SimdSum | SimdPrefixExclusiveSum | SimdPrefixInclusiveSum => Error::Terms(31),
            QuadProduct => Error::Steps(3),
            QuadSum | QuadPrefixExclusiveSum | QuadPrefixInclusiveSum => Error::Terms(3),
            _ => Error::Exact,
        }
    }
}
