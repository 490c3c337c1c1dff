//! The float functions, one each, after the precise variants of the Metal Shading Language.
//!
//! All take and give an `f32`, which for `half` and `bfloat` is rounded to them. How far the results may be off stands in the
//! operation table, [`Error`](enigma_ir::table::Error).
//!
//! What is not one instruction is computed in `f64`, whose spare bits cover the errors of all steps: the result is the
//! right one rounded, but for a few thousandths of a unit. No function branches, so that the loops over them vectorise.

mod angle;
mod exponential;
#[cfg(test)]
mod tests;

pub use angle::{acos, asin, atan, atan2, cos, cos_far, is_far, sin, sin_far, tan, tan_far};
pub use exponential::{cosh, exp, exp2, log, log2, log10, pow, sinh, tanh};

use enigma_ir::round_to_odd;

use crate::lane::Float;

/// The polynomial of these coefficients, the constant one first.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for n in (0..N - 1).rev() {
        sum = sum.mul_add(x, coefficients[n]);
    }
    sum
}

macro_rules! from_std {
    ($( $(#[$doc:meta])* $name:ident = $method:ident; )*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name(x: f32) -> f32 {
            x.$method()
        }
    )* };
}

from_std! {
    /// Square root.
    sqrt = sqrt;
    /// Rounded up.
    ceil = ceil;
    /// Rounded down.
    floor = floor;
    /// Rounded to the nearest integer, halves away from zero.
    round = round;
    /// Rounded towards zero.
    trunc = trunc;
}

/// One over the square root.
#[inline(always)]
pub fn rsqrt(x: f32) -> f32 {
    (1.0 / f64::from(x).sqrt()) as f32
}

/// 1, -1, or the zero itself; 0 for NaN.
#[inline(always)]
pub fn sign(x: f32) -> f32 {
    let one = 1.0f32.copysign(x);
    let zero = if x == 0.0 { x } else { 0.0 };
    if x == 0.0 || x.is_nan() { zero } else { one }
}

/// Held between 0 and 1; 0 for NaN.
#[inline(always)]
pub fn saturate(x: f32) -> f32 {
    fmin(fmax(x, 0.0), 1.0)
}

/// `x - floor(x)`, held below 1 in the type `T`; NaN for NaN and the infinities.
#[inline(always)]
pub fn fract<T: Float>(x: f32) -> f32 {
    let fraction = x - x.floor();
    if fraction > T::BELOW_ONE { T::BELOW_ONE } else { fraction }
}

/// The smaller; if one is NaN, the other.
#[inline(always)]
pub fn fmin(x: f32, y: f32) -> f32 {
    x.min(y)
}

/// The greater; if one is NaN, the other.
#[inline(always)]
pub fn fmax(x: f32, y: f32) -> f32 {
    x.max(y)
}

/// C remainder, with the sign of x.
#[inline(always)]
pub fn fmod(x: f32, y: f32) -> f32 {
    x % y
}

/// The quotient in the type `T`, rounded down.
#[inline(always)]
pub fn floor_div<T: Float>(x: f32, y: f32) -> f32 {
    T::narrow(x / y).wide().floor()
}

/// x with the sign of y.
#[inline(always)]
pub fn copysign(x: f32, y: f32) -> f32 {
    x.copysign(y)
}

/// 0 where x is less than the edge, else 1.
#[inline(always)]
pub fn step(edge: f32, x: f32) -> f32 {
    if x < edge { 0.0 } else { 1.0 }
}

/// x held between lo and hi.
#[inline(always)]
pub fn clamp(x: f32, lo: f32, hi: f32) -> f32 {
    fmin(fmax(x, lo), hi)
}

/// `a * b + c`, rounded once.
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}

/// `a * b + c` rounded to odd, for a type that is narrower still: the product is exact in `f64`, and what the sum loses is known.
#[inline(always)]
pub fn fma_to_odd(a: f32, b: f32, c: f32) -> f32 {
    let product = f64::from(a) * f64::from(b);
    let c = f64::from(c);
    let sum = product + c;
    let grown = sum - product;
    let lost = (product - (sum - grown)) + (c - grown);
    round_to_odd(sum, lost)
}

/// `a + (b - a) * t`.
#[inline(always)]
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 up to e0, 1 from e1, a cubic between.
#[inline(always)]
pub fn smoothstep(e0: f32, e1: f32, x: f32) -> f32 {
    let t = saturate((x - e0) / (e1 - e0));
    t * t * (3.0 - 2.0 * t)
}
