//! The functions of angles.
//!
//! An angle is first reduced by quarter turns to what is left of it between -45 and 45 degrees. The polynomials are those of least
//! greatest relative error, which `scripts/minimax.py` computes.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use super::{exponential::ROUNDS, polynomial};

/// `(sin(r) - r) / r^3` by `r^2`, from -pi/4 to pi/4, to 2^-32.4.
const SINE: [f64; 4] = [-0.1666666666381739, 0.008333331863687283, -0.0001984008197636799, 2.7249411829264317e-6];

/// `(cos(r) - 1) / r^2` by `r^2`, from -pi/4 to pi/4, to 2^-40.
const COSINE: [f64; 5] =
    [-0.49999999999963013, 0.04166666663694137, -0.0013888885054647929, 2.479985267600913e-5, -2.7236370292677747e-7];

/// `(atan(r) - r) / r^3` by `r^2`, from `-tan(pi/8)` to `tan(pi/8)`, to 2^-34.
const ARC_TANGENT: [f64; 7] = [
    -0.33333333331482884,
    0.19999998934591864,
    -0.14285613676243383,
    0.11107523896257215,
    -0.09029304996671397,
    0.07136983360284548,
    -0.04046434761752226,
];

/// What `f64`'s pi/2 lacks.
const FRAC_PI_2_REST: f64 = 6.123233995736766e-17;

/// `tan(pi/8)`.
const TAN_PI_8: f64 = std::f64::consts::SQRT_2 - 1.0;

/// 2/pi, the bits after the point.
const FRAC_2_PI_BITS: [u64; 4] = [0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561];

/// An angle as a number of quarter turns, modulo 4 in its lowest bits, and the rest, from -pi/4 to pi/4.
struct Reduced {
    quarters: u64,
    rest: f64,
}

/// Whether [`reduce`] will not do: the angle is 2^30 or more, infinite or NaN.
#[inline(always)]
pub fn is_far(x: f32) -> bool {
    x.abs() >= 1_073_741_824.0 || x.is_nan()
}

#[inline(always)]
fn reduce(x: f32) -> Reduced {
    let x = f64::from(x);
    let rounded = x * FRAC_2_PI + ROUNDS;
    let turns = rounded - ROUNDS;
    // Of the two products the first cancels most of `x`, exactly, and the second brings in what pi/2 lacks.
    let rest = turns.mul_add(-FRAC_PI_2_REST, turns.mul_add(-FRAC_PI_2, x));
    Reduced { quarters: rounded.to_bits(), rest }
}

/// As [`reduce`], of any angle, after Payne and Hanek: of 2/pi only those bits are multiplied that make a difference modulo 4.
fn reduce_far(x: f32) -> Reduced {
    if !is_far(x) {
        return reduce(x);
    }
    if !x.is_finite() {
        return Reduced { quarters: 0, rest: f64::NAN };
    }
    let magnitude = x.abs().to_bits();
    let mantissa = u128::from(magnitude & 0x7f_ffff | 0x80_0000);
    // |x| is `mantissa * 2^exponent`. The first bit wanted of 2/pi is the one that makes 2 of the mantissa's lowest.
    let exponent = (magnitude >> 23) - 150;
    let (word, shift) = ((exponent - 2) as usize / 64, (exponent - 2) % 64);
    let [high, middle, low] = [0, 1, 2].map(|n| u128::from(FRAC_2_PI_BITS[word + n]));
    let bits = (high << 64 | middle) << shift | (low << shift) >> 64;
    // The quarter turns modulo 4, with 126 bits after the point.
    let turns = mantissa.wrapping_mul(bits);
    let quarters = turns.wrapping_add(1 << 125) >> 126;
    let rest = turns.wrapping_sub(quarters << 126) as i128 as f64 * (FRAC_PI_2 / (1u128 << 126) as f64);
    match x < 0.0 {
        true => Reduced { quarters: (quarters as u64).wrapping_neg(), rest: -rest },
        false => Reduced { quarters: quarters as u64, rest },
    }
}

impl Reduced {
    /// The sine and the cosine of the rest.
    #[inline(always)]
    fn sine_and_cosine(&self) -> (f64, f64) {
        let square = self.rest * self.rest;
        let sine = self.rest * square.mul_add(polynomial(&SINE, square), 1.0);
        (sine, square.mul_add(polynomial(&COSINE, square), 1.0))
    }

    #[inline(always)]
    fn sin(self) -> f32 {
        let (sine, cosine) = self.sine_and_cosine();
        let magnitude = if self.quarters & 1 == 0 { sine } else { cosine };
        let sign = (self.quarters & 2) << 62;
        f64::from_bits(magnitude.to_bits() ^ sign) as f32
    }

    #[inline(always)]
    fn cos(self) -> f32 {
        Reduced { quarters: self.quarters.wrapping_add(1), ..self }.sin()
    }

    #[inline(always)]
    fn tan(self) -> f32 {
        let (sine, cosine) = self.sine_and_cosine();
        let even = self.quarters & 1 == 0;
        let (over, under) = if even { (sine, cosine) } else { (-cosine, sine) };
        (over / under) as f32
    }
}

/// Sine, of an angle that is not [far](is_far).
#[inline(always)]
pub fn sin(x: f32) -> f32 {
    reduce(x).sin()
}

/// Cosine, of an angle that is not [far](is_far).
#[inline(always)]
pub fn cos(x: f32) -> f32 {
    reduce(x).cos()
}

/// Tangent, of an angle that is not [far](is_far).
#[inline(always)]
pub fn tan(x: f32) -> f32 {
    reduce(x).tan()
}

/// Sine of any angle.
pub fn sin_far(x: f32) -> f32 {
    reduce_far(x).sin()
}

/// Cosine of any angle.
pub fn cos_far(x: f32) -> f32 {
    reduce_far(x).cos()
}

/// Tangent of any angle.
pub fn tan_far(x: f32) -> f32 {
    reduce_far(x).tan()
}

/// The angle of the point `(x, y)`.
#[inline(always)]
fn angle(y: f64, x: f64) -> f64 {
    // Stands for infinity, and its quotients with itself and with any `f32` come out as infinity's would.
    const VAST: f64 = 1e300;
    let held = |a: f64| if a > VAST { VAST } else { a };
    let (up, along) = (held(y.abs()), held(x.abs()));
    let steep = up > along;
    let (small, large) = if steep { (along, up) } else { (up, along) };
    // The upper half of the eighth turn is measured from its far side.
    let upper = small > large * TAN_PI_8;
    let (over, under) = if upper { (small - large, small + large) } else { (small, large) };
    // Where both are 0, the angle is.
    let ratio = over / if under == 0.0 { 1.0 } else { under };
    let square = ratio * ratio;
    let rest = ratio * square.mul_add(polynomial(&ARC_TANGENT, square), 1.0);
    let eighth = if upper { rest + FRAC_PI_4 } else { rest };
    let quarter = if steep { FRAC_PI_2 - eighth } else { eighth };
    let half = if x.is_sign_negative() { PI - quarter } else { quarter };
    half.copysign(y)
}

/// Arc sine.
#[inline(always)]
pub fn asin(x: f32) -> f32 {
    let x = f64::from(x);
    angle(x, ((1.0 - x) * (1.0 + x)).sqrt()) as f32
}

/// Arc cosine.
#[inline(always)]
pub fn acos(x: f32) -> f32 {
    let x = f64::from(x);
    angle(((1.0 - x) * (1.0 + x)).sqrt(), x) as f32
}

/// Arc tangent.
#[inline(always)]
pub fn atan(x: f32) -> f32 {
    angle(x.into(), 1.0) as f32
}

/// Arc tangent of y / x in the right quadrant.
#[inline(always)]
pub fn atan2(y: f32, x: f32) -> f32 {
    angle(y.into(), x.into()) as f32
}
