//! Numbers as Metal writes them.

use enigma_ir::{DType, Literal};
use half::{bf16, f16};

use crate::expression::{Expression, Precedence};

/// A constant whose text has the type `dtype` by itself.
pub(crate) fn typed(literal: Literal, dtype: DType) -> Expression {
    match literal {
        Literal::Bool(value) => Expression::primary(value.to_string()),
        Literal::Int(value) => integer(value, dtype),
        Literal::Float(value) => float(value, dtype),
    }
}

/// A constant where the type is fixed by its surroundings: an index, an initial value, an argument.
pub(crate) fn plain(literal: Literal, dtype: DType) -> Expression {
    match literal {
        Literal::Int(value) if i32::try_from(value).is_ok() && value != i128::from(i32::MIN) => {
            Expression::number(value.to_string())
        }
        _ => typed(literal, dtype),
    }
}

fn integer(value: i128, dtype: DType) -> Expression {
    match dtype {
        DType::I32 if value == i128::from(i32::MIN) => Expression::primary("INT_MIN"),
        DType::I64 if value == i128::from(i64::MIN) => Expression::primary("LONG_MIN"),
        DType::I32 => Expression::number(value.to_string()),
        DType::U32 => Expression::number(format!("{value}u")),
        DType::I64 => Expression::number(format!("{value}L")),
        DType::U64 => Expression::number(format!("{value}ul")),
        _ => Expression::primary(format!("{dtype}({value})")),
    }
}

fn float(value: f64, dtype: DType) -> Expression {
    let rounded = match Literal::Float(value).rounded(dtype) {
        Literal::Float(rounded) => rounded,
        _ => value,
    };
    let suffix = if dtype == DType::F16 { "h" } else { "f" };
    let number = match rounded {
        _ if rounded.is_nan() => Expression::primary("NAN"),
        _ if rounded.is_infinite() && rounded > 0.0 => Expression::primary("INFINITY"),
        _ if rounded.is_infinite() => Expression { text: "-INFINITY".to_owned(), precedence: Precedence::Unary },
        _ => Expression::number(format!("{}{suffix}", shortest(rounded, dtype))),
    };
    match dtype {
        DType::BF16 => Expression::primary(format!("bfloat({})", number.text)),
        DType::F16 if !rounded.is_finite() => Expression::primary(format!("half({})", number.text)),
        _ => number,
    }
}

/// The shortest decimal that rounds to `value` in `dtype`.
fn shortest(value: f64, dtype: DType) -> String {
    if dtype == DType::F32 {
        return format!("{:?}", value as f32);
    }
    if value.fract() == 0.0 && value.abs() < 1e5 {
        return format!("{value:?}");
    }
    let same = |text: &String| {
        let Ok(read) = text.parse::<f64>() else { return false };
        match dtype {
            DType::F16 => f16::from_f64(read).to_f64() == value,
            // The text is a float literal that is converted.
            _ => bf16::from_f32(read as f32).to_f64() == value,
        }
    };
    let digits = (0..9).map(|n| format!("{value:.n$e}")).find(same);
    let decimal = digits.and_then(|d| d.parse::<f64>().ok()).unwrap_or(value);
    format!("{decimal:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_type() {
        let cases = [
            (Literal::Int(64), DType::U32, "64u"),
            (Literal::Int(-3), DType::I32, "-3"),
            (Literal::Int(i128::from(i32::MIN)), DType::I32, "INT_MIN"),
            (Literal::Int(7), DType::I8, "char(7)"),
            (Literal::Int(1 << 63), DType::U64, "9223372036854775808ul"),
            (Literal::Bool(true), DType::Bool, "true"),
        ];
        for (literal, dtype, text) in cases {
            assert_eq!(typed(literal, dtype).text, text);
        }
    }

    #[test]
    fn floats_are_as_short_as_their_type_allows() {
        let cases = [
            (0.1, DType::F32, "0.1f"),
            (0.1, DType::F16, "0.1h"),
            (0.1, DType::BF16, "bfloat(0.1f)"),
            (1e-30, DType::F32, "1e-30f"),
            (-0.0, DType::F32, "-0.0f"),
            (65504.0, DType::F16, "65504.0h"),
            (f64::INFINITY, DType::F16, "half(INFINITY)"),
            (f64::NEG_INFINITY, DType::F32, "-INFINITY"),
            (f64::NAN, DType::BF16, "bfloat(NAN)"),
        ];
        for (value, dtype, text) in cases {
            assert_eq!(typed(Literal::Float(value), dtype).text, text);
        }
    }
}
