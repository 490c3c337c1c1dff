//! The functions against those of `f64`, within the bounds that are documented.

use proptest::prelude::*;

use super::*;

/// A function of one number: its name, itself, that of `f64`, and how many units in the last place it may be off.
type Row = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);

const ROWS: [Row; 18] = [
    ("sqrt", sqrt, f64::sqrt, 0.5),
    ("rsqrt", rsqrt, |x| 1.0 / x.sqrt(), 0.501),
    ("exp", exp, f64::exp, 1.0),
    ("exp2", exp2, f64::exp2, 1.0),
    ("log", log, f64::ln, 1.0),
    ("log2", log2, f64::log2, 1.0),
    ("log10", log10, f64::log10, 2.0),
    ("sin", |x| if is_far(x) { sin_far(x) } else { sin(x) }, f64::sin, 1.0),
    ("cos", |x| if is_far(x) { cos_far(x) } else { cos(x) }, f64::cos, 1.0),
    ("tan", |x| if is_far(x) { tan_far(x) } else { tan(x) }, f64::tan, 2.0),
    ("sin, as if far", sin_far, f64::sin, 1.0),
    ("asin", asin, f64::asin, 2.0),
    ("acos", acos, f64::acos, 2.0),
    ("atan", atan, f64::atan, 2.0),
    ("sinh", sinh, f64::sinh, 3.0),
    ("cosh", cosh, f64::cosh, 3.0),
    ("tanh", tanh, f64::tanh, 3.0),
    ("round", round, f64::round, 0.5),
];

/// How many units in the last place a result is off; infinite where it is not even of the right kind.
fn error(result: f32, right: f64) -> f64 {
    let rounded = right as f32;
    let same = result == rounded && result.is_sign_negative() == rounded.is_sign_negative();
    if same && (rounded == 0.0 || rounded.is_infinite()) || result.is_nan() && right.is_nan() {
        return 0.0;
    }
    if !result.is_finite()
        || !rounded.is_finite()
        || (result == 0.0 && result.is_sign_negative() != right.is_sign_negative())
    {
        return f64::INFINITY;
    }
    let exponent = right.abs().log2().floor().max(-126.0) as i32;
    (f64::from(result) - right).abs() / 2f64.powi(exponent - 23)
}

/// Goes through every `stride`th of all numbers, and gives the greatest error of each function.
fn go_through(stride: usize) {
    for (name, function, right, bound) in ROWS {
        let (greatest, at) = (0..=u32::MAX)
            .step_by(stride)
            .map(f32::from_bits)
            .map(|x| (error(function(x), right(x.into())), x))
            .fold((0.0, 0.0), |most, one| if one.0 > most.0 { one } else { most });
        println!("{name:16} {greatest:.4} at {at:e}");
        assert!(greatest <= bound, "{name}({at:e}) is off by {greatest} units, and {bound} is documented");
    }
}

#[test]
fn functions_of_one_number_keep_their_bounds() {
    go_through(19_997);
}

#[test]
#[ignore = "takes minutes: all numbers that there are"]
fn functions_of_one_number_keep_their_bounds_everywhere() {
    go_through(1);
}

/// What special cases are about.
const SPECIAL: [f32; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    1e-45,
    -1e-45,
    16_777_215.0,
    -16_777_215.0,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

/// Whether functions of two numbers keep their bounds there.
fn check_two(x: f32, y: f32) {
    let (wide_x, wide_y) = (f64::from(x), f64::from(y));
    let power = error(pow(x, y), wide_x.powf(wide_y));
    assert!(power <= 1.0, "pow({x:e}, {y:e}) = {:e} is off by {power} units", pow(x, y));
    let angle = error(atan2(x, y), wide_x.atan2(wide_y));
    assert!(angle <= 2.0, "atan2({x:e}, {y:e}) = {:e} is off by {angle} units", atan2(x, y));
}

#[test]
fn functions_of_two_numbers_keep_their_bounds_in_special_cases() {
    for x in SPECIAL {
        for y in SPECIAL {
            check_two(x, y);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn functions_of_two_numbers_keep_their_bounds(x: u32, y: u32) {
        check_two(f32::from_bits(x), f32::from_bits(y));
    }

    /// Powers that are neither infinite nor 0, near and far from 1.
    #[test]
    fn powers_keep_their_bounds(x in 0.0f32..4.0, result in -150.0f32..129.0) {
        check_two(x, result / x.log2());
    }
}
