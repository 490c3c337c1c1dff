//! Floats packed into a `uint`, and unpacked again: what each does to one thread's vector.
//!
//! Packing holds a component within its range, NaN being 0, scales it and rounds it to the nearest integer, ties to
//! even; the scaled number is exact, but for the curve of sRGB. Unpacking is rounded once (0.5 units in the last
//! place); sRGB, whose curve is computed in `f64`, has 0.501. The first component lies in the lowest bits.

use std::array;

use super::vector::Function;

/// Signed numbers of `BITS` bits, for -1 to 1.
pub struct Snorm<const BITS: u32>;
/// Unsigned numbers of `BITS` bits, for 0 to 1.
pub struct Unorm<const BITS: u32>;
/// Three unsigned numbers of ten bits and one of two, for 0 to 1.
pub struct Unorm10a2;
/// Unsigned bytes for a linear colour of 0 to 1: red, green and blue in sRGB encoding, alpha as it is.
pub struct Srgb;

/// The lowest bits, all ones.
#[inline(always)]
const fn ones(bits: u32) -> u32 {
    u32::MAX >> (u32::BITS - bits)
}

/// The number of that many bits for `x`. A cast makes 0 of NaN.
#[inline(always)]
fn to_unorm(x: f64, bits: u32) -> u32 {
    (x.clamp(0.0, 1.0) * f64::from(ones(bits))).round_ties_even() as u32
}

#[inline(always)]
fn from_unorm(number: u32, bits: u32) -> f64 {
    f64::from(number & ones(bits)) / f64::from(ones(bits))
}

/// As [`to_unorm`], in two's complement.
#[inline(always)]
fn to_snorm(x: f64, bits: u32) -> u32 {
    let number = (x.clamp(-1.0, 1.0) * f64::from(ones(bits - 1))).round_ties_even();
    number as i32 as u32 & ones(bits)
}

/// The smallest number, which is no result of packing, is -1 as the next one is.
#[inline(always)]
fn from_snorm(number: u32, bits: u32) -> f64 {
    let signed = (number << (u32::BITS - bits)) as i32 >> (u32::BITS - bits);
    (f64::from(signed) / f64::from(ones(bits - 1))).max(-1.0)
}

/// The sRGB encoding of a linear component of 0 to 1.
#[inline(always)]
fn to_srgb(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    if x < 0.0031308 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 }
}

/// The linear component of an sRGB encoding.
#[inline(always)]
fn from_srgb(x: f64) -> f64 {
    if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
}

/// Puts numbers of `bits` bits side by side, the first in the lowest.
#[inline(always)]
fn side_by_side<const N: usize>(numbers: [u32; N], bits: u32) -> u32 {
    numbers.iter().rev().fold(0, |word, number| word << bits | number)
}

impl<const BITS: u32, const N: usize> Function<f64, u32, 1, N, 1> for Snorm<BITS> {
    #[inline(always)]
    fn apply([v]: [[f64; N]; 1]) -> [u32; 1] {
        [side_by_side(v.map(|x| to_snorm(x, BITS)), BITS)]
    }
}

impl<const BITS: u32, const M: usize> Function<u32, f64, 1, 1, M> for Snorm<BITS> {
    #[inline(always)]
    fn apply([[word]]: [[u32; 1]; 1]) -> [f64; M] {
        array::from_fn(|m| from_snorm(word >> (BITS * m as u32), BITS))
    }
}

impl<const BITS: u32, const N: usize> Function<f64, u32, 1, N, 1> for Unorm<BITS> {
    #[inline(always)]
    fn apply([v]: [[f64; N]; 1]) -> [u32; 1] {
        [side_by_side(v.map(|x| to_unorm(x, BITS)), BITS)]
    }
}

impl<const BITS: u32, const M: usize> Function<u32, f64, 1, 1, M> for Unorm<BITS> {
    #[inline(always)]
    fn apply([[word]]: [[u32; 1]; 1]) -> [f64; M] {
        array::from_fn(|m| from_unorm(word >> (BITS * m as u32), BITS))
    }
}

impl Function<f64, u32, 1, 4, 1> for Unorm10a2 {
    #[inline(always)]
    fn apply([[x, y, z, w]]: [[f64; 4]; 1]) -> [u32; 1] {
        [side_by_side([x, y, z].map(|x| to_unorm(x, 10)), 10) | to_unorm(w, 2) << 30]
    }
}

impl Function<u32, f64, 1, 1, 4> for Unorm10a2 {
    #[inline(always)]
    fn apply([[word]]: [[u32; 1]; 1]) -> [f64; 4] {
        let [x, y, z] = [0, 10, 20].map(|shift| from_unorm(word >> shift, 10));
        [x, y, z, from_unorm(word >> 30, 2)]
    }
}

impl Function<f64, u32, 1, 4, 1> for Srgb {
    #[inline(always)]
    fn apply([[red, green, blue, alpha]]: [[f64; 4]; 1]) -> [u32; 1] {
        Unorm::<8>::apply([[to_srgb(red), to_srgb(green), to_srgb(blue), alpha]])
    }
}

impl Function<u32, f64, 1, 1, 4> for Srgb {
    #[inline(always)]
    fn apply(word: [[u32; 1]; 1]) -> [f64; 4] {
        let [red, green, blue, alpha] = Unorm::<8>::apply(word);
        [from_srgb(red), from_srgb(green), from_srgb(blue), alpha]
    }
}
