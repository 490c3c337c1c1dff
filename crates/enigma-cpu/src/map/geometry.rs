//! Geometry, and the determinant: what each does to one thread's vectors.
//!
//! All are computed in `f64` from the operands as they are, where nothing overflows on the way, and the result is
//! rounded once to its type: `float`, `half` or `bfloat`. Errors are in units in the last place of that type. What an
//! `f64` loses where terms cancel comes on top; it is a part of the sum of the magnitudes of the terms that are added.
//!
//! | functions | error | and of the terms |
//! |---|---|---|
//! | `length`, `distance`, `normalize`, `cross`, `dot` of two components, `determinant` of two columns | 0.501 | |
//! | `dot`, `matmul` | 0.5 | 2^-51 |
//! | `reflect`, `determinant` | 0.5 | 2^-49 |
//! | `refract` | 0.5 | 2^-49, and 2^-24 of the terms of what it takes the root of |
//! | `faceforward` | exact | the sign of `dot(nref, i)` is right, unless it is less than 2^-51 of its terms |
//!
//! A component of a `matmul` is the `dot` of a row and a column.

use super::vector::Function;

pub struct Dot;
pub struct Length;
pub struct Distance;
pub struct Cross;
pub struct Normalize;
pub struct Reflect;
pub struct Refract;
pub struct FaceForward;
pub struct Determinant;

/// The product of two `float`s is exact in `f64`; the products are added up in their order.
#[inline(always)]
fn dot<const N: usize>(a: [f64; N], b: [f64; N]) -> f64 {
    let mut sum = a[0] * b[0];
    for n in 1..N {
        sum += a[n] * b[n];
    }
    sum
}

/// A component for component function of two vectors.
#[inline(always)]
fn each<const N: usize>(a: [f64; N], b: [f64; N], f: impl Fn(f64, f64) -> f64) -> [f64; N] {
    std::array::from_fn(|n| f(a[n], b[n]))
}

/// `a * d - b * c`.
#[inline(always)]
fn minor(a: f64, b: f64, c: f64, d: f64) -> f64 {
    a * d - b * c
}

impl<const N: usize> Function<f64, f64, 2, N, 1> for Dot {
    #[inline(always)]
    fn apply([a, b]: [[f64; N]; 2]) -> [f64; 1] {
        [dot(a, b)]
    }
}

impl<const N: usize> Function<f64, f64, 1, N, 1> for Length {
    #[inline(always)]
    fn apply([v]: [[f64; N]; 1]) -> [f64; 1] {
        [dot(v, v).sqrt()]
    }
}

impl<const N: usize> Function<f64, f64, 2, N, 1> for Distance {
    #[inline(always)]
    fn apply([a, b]: [[f64; N]; 2]) -> [f64; 1] {
        Length::apply([each(a, b, |a, b| a - b)])
    }
}

impl Function<f64, f64, 2, 3, 3> for Cross {
    #[inline(always)]
    fn apply([a, b]: [[f64; 3]; 2]) -> [f64; 3] {
        [minor(a[1], a[2], b[1], b[2]), minor(a[2], a[0], b[2], b[0]), minor(a[0], a[1], b[0], b[1])]
    }
}

impl<const N: usize> Function<f64, f64, 1, N, N> for Normalize {
    #[inline(always)]
    fn apply([v]: [[f64; N]; 1]) -> [f64; N] {
        let length = dot(v, v).sqrt();
        v.map(|x| x / length)
    }
}

impl<const N: usize> Function<f64, f64, 2, N, N> for Reflect {
    #[inline(always)]
    fn apply([i, n]: [[f64; N]; 2]) -> [f64; N] {
        let twice = 2.0 * dot(n, i);
        each(i, n, |i, n| i - twice * n)
    }
}

impl<const N: usize> Function<f64, f64, 3, N, N> for Refract {
    /// The third vector holds the ratio in every component.
    #[inline(always)]
    fn apply([i, n, eta]: [[f64; N]; 3]) -> [f64; N] {
        let (eta, along) = (eta[0], dot(n, i));
        let square = 1.0 - eta * eta * (1.0 - along * along);
        let part = eta * along + square.sqrt();
        each(i, n, |i, n| if square < 0.0 { 0.0 } else { eta * i - part * n })
    }
}

impl<const N: usize> Function<f64, f64, 3, N, N> for FaceForward {
    #[inline(always)]
    fn apply([n, i, nref]: [[f64; N]; 3]) -> [f64; N] {
        let faces = dot(nref, i) < 0.0;
        n.map(|x| if faces { x } else { -x })
    }
}

impl Function<f64, f64, 2, 2, 1> for Determinant {
    #[inline(always)]
    fn apply([a, b]: [[f64; 2]; 2]) -> [f64; 1] {
        [minor(a[0], a[1], b[0], b[1])]
    }
}

impl Function<f64, f64, 3, 3, 1> for Determinant {
    #[inline(always)]
    fn apply([a, b, c]: [[f64; 3]; 3]) -> [f64; 1] {
        [dot(a, Cross::apply([b, c]))]
    }
}

impl Function<f64, f64, 4, 4, 1> for Determinant {
    /// By the minors of the first two columns and those of the last two.
    #[inline(always)]
    fn apply([a, b, c, d]: [[f64; 4]; 4]) -> [f64; 1] {
        let left = |i: usize, j: usize| minor(a[i], a[j], b[i], b[j]);
        let right = |i: usize, j: usize| minor(c[i], c[j], d[i], d[j]);
        let first = left(0, 1) * right(2, 3) - left(0, 2) * right(1, 3) + left(0, 3) * right(1, 2);
        let last = left(1, 2) * right(0, 3) - left(1, 3) * right(0, 2) + left(2, 3) * right(0, 1);
        [first + last]
    }
}
