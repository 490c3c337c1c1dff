//! Exponentials and logarithms.
//!
//! Both are taken to base 2, where an `f64` comes apart into a power of two and what a polynomial is for. The polynomials
//! are those of least greatest relative error, which `scripts/minimax.py` computes.

use std::f64::consts::{LN_2, LOG2_E, LOG10_2};

use super::polynomial;

/// `(2^x - 1) / x` from -1/2 to 1/2, to 2^-32.
const POWER: [f64; 7] = [
    0.693147180581569,
    0.24022650920044114,
    0.05550410727566829,
    0.00961805703794549,
    0.0013333669499935076,
    0.00015461329672192804,
    1.525270541188093e-5,
];

/// `log2(1 + x) / x` from `sqrt(1/2) - 1` to `sqrt(2) - 1`, to 2^-35.8.
const LOGARITHM: [f64; 13] = [
    1.442695040868705,
    -0.7213475208686343,
    0.4808983613953836,
    -0.3606736748560469,
    0.28853729349160345,
    -0.24045316392198077,
    0.20617535797777745,
    -0.1803006412383848,
    0.15876984804378075,
    -0.14315604174490226,
    0.1447478365495466,
    -0.14284094206193276,
    0.07737318925902582,
];

/// Beyond it, as below its negative, a power of two is infinite, or 0, in every type.
const BEYOND: f64 = 1000.0;

/// Adding it leaves a number of a moderate size rounded to an integer in the lowest bits.
pub(super) const ROUNDS: f64 = 1.5 / f64::EPSILON;

/// 2 to the x, as `(scale, scale * rest)`, of which `scale` is a power of two and the sum the result: what is
/// taken from that sum next is then not lost in it.
#[inline(always)]
fn power(x: f64) -> (f64, f64) {
    let x = if x > BEYOND { BEYOND } else { x };
    let x = if x < -BEYOND { -BEYOND } else { x };
    let rounded = x + ROUNDS;
    let fraction = x - (rounded - ROUNDS);
    let scale = f64::from_bits(1.0f64.to_bits().wrapping_add(rounded.to_bits() << 52));
    (scale, scale * (fraction * polynomial(&POWER, fraction)))
}

#[inline(always)]
fn exp2_wide(x: f64) -> f64 {
    let (scale, rest) = power(x);
    scale + rest
}

/// `e^x - 1`.
#[inline(always)]
fn exp_less_one(x: f64) -> f64 {
    let (scale, rest) = power(x * LOG2_E);
    (scale - 1.0) + rest
}

/// The logarithm to base 2, exact where the result is an integer.
#[inline(always)]
fn log2_wide(x: f32) -> f64 {
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    const ONE: u64 = 1.0f64.to_bits();
    const ROOT_OF_HALF: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    /// A power of two whose lowest bit counts ones.
    const COUNTS: f64 = 1.0 / f64::EPSILON;

    // Also what is denormal as f32 is a normal f64.
    let bits = f64::from(x).to_bits();
    // The exponent of which the fraction goes from sqrt(1/2) to sqrt(2), biased as an f64's is.
    let exponent = bits.wrapping_add(ONE - ROOT_OF_HALF) >> FRACTION_BITS;
    let fraction = f64::from_bits(bits.wrapping_sub(exponent << FRACTION_BITS).wrapping_add(ONE)) - 1.0;
    let exponent = f64::from_bits(exponent | COUNTS.to_bits()) - (COUNTS + 1023.0);
    let logarithm = fraction.mul_add(polynomial(&LOGARITHM, fraction), exponent);

    let not_positive = if x == 0.0 { f64::NEG_INFINITY } else { f64::NAN };
    let special = if x > 0.0 { f64::INFINITY } else { not_positive };
    if x > 0.0 && x < f32::INFINITY { logarithm } else { special }
}

/// e to the x.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    exp2_wide(f64::from(x) * LOG2_E) as f32
}

/// 2 to the x.
#[inline(always)]
pub fn exp2(x: f32) -> f32 {
    exp2_wide(x.into()) as f32
}

/// Natural logarithm.
#[inline(always)]
pub fn log(x: f32) -> f32 {
    (log2_wide(x) * LN_2) as f32
}

/// Logarithm to base 2.
#[inline(always)]
pub fn log2(x: f32) -> f32 {
    log2_wide(x) as f32
}

/// Logarithm to base 10.
#[inline(always)]
pub fn log10(x: f32) -> f32 {
    (log2_wide(x) * LOG10_2) as f32
}

/// x to the y, with the special cases of C's `pow`.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let magnitude = exp2_wide(f64::from(y) * log2_wide(x.abs())) as f32;
    let half = y * 0.5;
    let integer = y.floor() == y;
    let odd = integer && half.floor() != half;
    let signed = if odd { magnitude.copysign(x) } else { magnitude };
    let real = if x < 0.0 && x > f32::NEG_INFINITY && !integer { f32::NAN } else { signed };
    let one = y == 0.0 || x == 1.0 || x == -1.0 && y.is_infinite();
    if one { 1.0 } else { real }
}

/// Hyperbolic sine.
#[inline(always)]
pub fn sinh(x: f32) -> f32 {
    let grown = exp_less_one(x.abs().into());
    (0.5 * (grown + grown / (grown + 1.0))).copysign(x.into()) as f32
}

/// Hyperbolic cosine.
#[inline(always)]
pub fn cosh(x: f32) -> f32 {
    let power = exp2_wide(f64::from(x.abs()) * LOG2_E);
    (0.5 * (power + 1.0 / power)) as f32
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let grown = exp_less_one(2.0 * f64::from(x.abs()));
    (grown / (grown + 2.0)).copysign(x.into()) as f32
}
