//! What operations on constants give.

use crate::table::Opcode;
use crate::types::{DType, Literal};

/// The result of an operation on constants of type `operand`, or `None` where no number is certain to be it on every
/// target: an integer divided by zero, a NaN, a function that is not correctly rounded.
pub(crate) fn compute(code: Opcode, operand: DType, result: DType, operands: &[Literal]) -> Option<Literal> {
    if code == Opcode::Cast {
        return cast(operands[0], operand, result);
    }
    if operand.is_float() {
        let number = |literal: &Literal| match literal.rounded(operand) {
            Literal::Float(number) => number as f32,
            _ => f32::NAN,
        };
        let a = number(operands.first()?);
        return match operands.get(1..)? {
            [] => float_of_one(code, a).and_then(|number| finished(number, result)),
            [b] => of_two_floats(code, a, number(b), result),
            _ => None,
        };
    }
    let a = operands.first()?.as_int()?;
    let number = match operands.get(1..)? {
        [] => integer_of_one(code, operand, a)?,
        [b] => integer_of_two(code, operand, a, b.as_int()?)?,
        _ => return None,
    };
    Some(integer(number, result))
}

/// A constant converted by the C++ static cast: integers wrap, floats truncate and saturate.
pub(crate) fn cast(literal: Literal, from: DType, to: DType) -> Option<Literal> {
    match (literal.rounded(from), to) {
        (Literal::Float(x), DType::Bool) => Some(Literal::Bool(x != 0.0)),
        (Literal::Float(x), to) if to.is_float() => finished(x, to),
        (Literal::Float(x), to) => {
            let (lo, hi) = to.integer_range()?;
            Some(Literal::Int((x.trunc() as i128).clamp(lo, hi)))
        }
        (exact, to) if to.is_float() => Some(exact.rounded(to)),
        (exact, DType::Bool) => Some(Literal::Bool(exact.as_int()? != 0)),
        (exact, to) => Some(integer(exact.as_int()?, to)),
    }
}

fn integer(number: i128, dtype: DType) -> Literal {
    match dtype {
        DType::Bool => Literal::Bool(number & 1 != 0),
        _ => Literal::Int(dtype.wrap(number)),
    }
}

/// A float brought to its type; which NaN an operation gives is not certain.
fn finished(number: impl Into<f64>, dtype: DType) -> Option<Literal> {
    let number = number.into();
    (!number.is_nan()).then(|| Literal::Float(number).rounded(dtype))
}

fn float_of_one(code: Opcode, a: f32) -> Option<f32> {
    match code {
        Opcode::Neg => Some(-a),
        Opcode::Abs => Some(a.abs()),
        Opcode::Sqrt => Some(a.sqrt()),
        Opcode::Ceil => Some(a.ceil()),
        Opcode::Floor => Some(a.floor()),
        Opcode::Trunc => Some(a.trunc()),
        _ => None,
    }
}

/// In `f32`, which has more than twice the bits of the shorter types: rounding its result to one of them is as
/// rounding once.
fn of_two_floats(code: Opcode, a: f32, b: f32, result: DType) -> Option<Literal> {
    let number = match code {
        Opcode::Add => a + b,
        Opcode::Sub => a - b,
        Opcode::Mul => a * b,
        Opcode::Div => a / b,
        _ => return comparison(code, a, b).map(Literal::Bool),
    };
    finished(number, result)
}

fn comparison<T: PartialOrd>(code: Opcode, a: T, b: T) -> Option<bool> {
    match code {
        Opcode::CmpEq => Some(a == b),
        Opcode::CmpNe => Some(a != b),
        Opcode::CmpLt => Some(a < b),
        Opcode::CmpLe => Some(a <= b),
        Opcode::CmpGt => Some(a > b),
        Opcode::CmpGe => Some(a >= b),
        _ => None,
    }
}

fn integer_of_one(code: Opcode, operand: DType, a: i128) -> Option<i128> {
    match code {
        Opcode::Neg => Some(-a),
        Opcode::Not if operand == DType::Bool => Some(1 - a),
        Opcode::Not => Some(!a),
        Opcode::Abs => Some(a.abs()),
        _ => None,
    }
}

fn integer_of_two(code: Opcode, operand: DType, a: i128, b: i128) -> Option<i128> {
    let bits = i128::from(operand.bits());
    let unsigned = |v: i128| v & ((1 << bits) - 1);
    let truth = match code {
        Opcode::Add => return Some(a + b),
        Opcode::Sub => return Some(a - b),
        Opcode::Mul => return a.checked_mul(b),
        Opcode::Div => return a.checked_div(b),
        Opcode::FloorDiv => return if b < 0 { (-a).checked_div_euclid(-b) } else { a.checked_div_euclid(b) },
        Opcode::Rem => return a.checked_rem(b),
        Opcode::Shl => return Some(a << b.rem_euclid(bits)),
        Opcode::Shr => return Some(a >> b.rem_euclid(bits)),
        Opcode::And => return Some(a & b),
        Opcode::Or => return Some(a | b),
        Opcode::Xor => return Some(a ^ b),
        Opcode::CmpUlt => unsigned(a) < unsigned(b),
        Opcode::CmpUle => unsigned(a) <= unsigned(b),
        Opcode::CmpUgt => unsigned(a) > unsigned(b),
        Opcode::CmpUge => unsigned(a) >= unsigned(b),
        _ => comparison(code, a, b)?,
    };
    Some(i128::from(truth))
}

/// How often a loop from `lo` to `hi` runs; `None` for a step that gets nowhere.
pub(crate) fn trip_count(lo: i128, hi: i128, step: i128) -> Option<i128> {
    match step {
        0 => None,
        1.. => Some(((hi - lo).max(0) + step - 1) / step),
        _ => Some(((lo - hi).max(0) - step - 1) / -step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_integers(code: Opcode, dtype: DType, a: i128, b: i128) -> Option<Literal> {
        compute(code, dtype, dtype, &[Literal::Int(a), Literal::Int(b)])
    }

    #[test]
    fn integers_wrap_and_shifts_count_modulo_the_width() {
        let int = |n| Some(Literal::Int(n));
        assert_eq!(of_integers(Opcode::Add, DType::U8, 200, 100), int(44));
        assert_eq!(of_integers(Opcode::Sub, DType::U32, 0, 1), int(i128::from(u32::MAX)));
        assert_eq!(of_integers(Opcode::Mul, DType::I32, i128::from(i32::MAX), 2), int(-2));
        assert_eq!(of_integers(Opcode::Shl, DType::I32, 1, 33), int(2));
        assert_eq!(of_integers(Opcode::Shr, DType::I8, -128, 9), int(-64));
        assert_eq!(of_integers(Opcode::Div, DType::I32, i128::from(i32::MIN), -1), int(i128::from(i32::MIN)));
    }

    #[test]
    fn division_rounds_as_its_operator_says() {
        for (a, b, quotient, rest, floor) in
            [(7, 2, 3, 1, 3), (-7, 2, -3, -1, -4), (7, -2, -3, 1, -4), (-7, -2, 3, -1, 3)]
        {
            for (code, expected) in [(Opcode::Div, quotient), (Opcode::Rem, rest), (Opcode::FloorDiv, floor)] {
                assert_eq!(of_integers(code, DType::I32, a, b), Some(Literal::Int(expected)), "{code:?} {a} {b}");
            }
        }
        for code in [Opcode::Div, Opcode::Rem, Opcode::FloorDiv] {
            assert_eq!(of_integers(code, DType::I32, 1, 0), None, "{code:?} by zero is left to the device");
        }
    }

    #[test]
    fn floats_round_in_their_type_and_no_nan_is_folded() {
        let of = |code, dtype, a: f64, b: f64| compute(code, dtype, dtype, &[Literal::Float(a), Literal::Float(b)]);
        assert_eq!(of(Opcode::Add, DType::F32, 0.1, 0.2), Some(Literal::Float(f64::from(0.1f32 + 0.2f32))));
        assert_eq!(of(Opcode::Add, DType::F16, 2048.0, 1.0), Some(Literal::Float(2048.0)));
        assert_eq!(of(Opcode::Div, DType::F32, 1.0, 0.0), Some(Literal::Float(f64::INFINITY)));
        assert_eq!(of(Opcode::Div, DType::F32, 0.0, 0.0), None);
        assert_eq!(of(Opcode::Pow, DType::F32, 2.0, 2.0), None);
        let minus_zero = of(Opcode::Mul, DType::F32, -1.0, 0.0);
        assert!(matches!(minus_zero, Some(Literal::Float(x)) if x == 0.0 && x.is_sign_negative()));
        let less = compute(Opcode::CmpLt, DType::F32, DType::Bool, &[Literal::Float(f64::NAN), Literal::Float(1.0)]);
        assert_eq!(less, Some(Literal::Bool(false)));
    }

    #[test]
    fn casts_wrap_truncate_and_saturate() {
        for (x, from, to, expected) in [
            (Literal::Int(300), DType::I32, DType::U8, Literal::Int(44)),
            (Literal::Int(-1), DType::I32, DType::U32, Literal::Int(i128::from(u32::MAX))),
            (Literal::Float(-1.5), DType::F32, DType::U32, Literal::Int(0)),
            (Literal::Float(f64::NAN), DType::F32, DType::I32, Literal::Int(0)),
            (Literal::Float(1e10), DType::F32, DType::I32, Literal::Int(i128::from(i32::MAX))),
            (Literal::Int(2), DType::I32, DType::Bool, Literal::Bool(true)),
            (Literal::Bool(true), DType::Bool, DType::F16, Literal::Float(1.0)),
        ] {
            assert_eq!(cast(x, from, to), Some(expected), "{x} from {from} to {to}");
        }
    }

    #[test]
    fn trips_are_those_of_python_ranges() {
        for (lo, hi, step, trips) in
            [(0, 4, 1, 4), (0, 5, 2, 3), (5, 0, 1, 0), (5, 0, -2, 3), (0, 0, 3, 0), (7, 8, 9, 1)]
        {
            assert_eq!(trip_count(lo, hi, step), Some(trips), "{lo}..{hi} by {step}");
        }
        assert_eq!(trip_count(0, 1, 0), None);
    }
}
