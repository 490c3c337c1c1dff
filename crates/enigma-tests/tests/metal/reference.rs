//! What every element-wise operation gives, computed in wide arithmetic and rounded once.

use enigma_ir::{DType, Literal, Opcode};

use crate::data::number;

/// The result of an operation whose operands have type `dtype`; `None` where the language leaves it open, or where
/// this reference does.
pub fn result(code: Opcode, dtype: DType, x: &[Literal]) -> Option<Literal> {
    if code == Opcode::Select {
        return Some(x[usize::from(x[2] == Literal::Bool(true))]);
    }
    match x {
        [Literal::Float(a)] => float1(code, dtype, *a),
        [Literal::Float(a), Literal::Float(b)] => float2(code, dtype, *a, *b),
        [Literal::Float(a), Literal::Float(b), Literal::Float(c)] => float3(code, dtype, *a, *b, *c),
        [a] => integer1(code, dtype, a.as_int()?),
        [a, b] => integer2(code, dtype, a.as_int()?, b.as_int()?),
        [a, b, c] => integer3(code, dtype, a.as_int()?, b.as_int()?, c.as_int()?),
        _ => None,
    }
}

/// The integer of `dtype` that is nearest.
fn held(dtype: DType, value: i128) -> i128 {
    let (lo, hi) = dtype.integer_range().unwrap_or((value, value));
    value.clamp(lo, hi)
}

/// The bits of an integer, as an unsigned number.
fn pattern(dtype: DType, value: i128) -> u128 {
    value as u128 & ((1 << dtype.bits()) - 1)
}

fn compare<T: PartialOrd>(code: Opcode, a: T, b: T) -> Option<Literal> {
    Some(Literal::Bool(match code {
        Opcode::CmpEq => a == b,
        Opcode::CmpNe => a != b,
        Opcode::CmpLt | Opcode::CmpUlt => a < b,
        Opcode::CmpLe | Opcode::CmpUle => a <= b,
        Opcode::CmpGt | Opcode::CmpUgt => a > b,
        Opcode::CmpGe | Opcode::CmpUge => a >= b,
        _ => return None,
    }))
}

fn integer1(code: Opcode, dtype: DType, a: i128) -> Option<Literal> {
    let value = match code {
        Opcode::Neg => -a,
        Opcode::Not if dtype == DType::Bool => 1 - a,
        Opcode::Not => !a,
        Opcode::Abs => a.abs(),
        Opcode::Popcount => pattern(dtype, a).count_ones().into(),
        Opcode::Clz => i128::from(pattern(dtype, a).leading_zeros()) - (128 - i128::from(dtype.bits())),
        Opcode::Ctz => pattern(dtype, a).trailing_zeros().min(dtype.bits()).into(),
        Opcode::ReverseBits => (pattern(dtype, a).reverse_bits() >> (128 - dtype.bits())) as i128,
        _ => return None,
    };
    Some(number(dtype, Literal::Int(value)))
}

fn integer3(code: Opcode, dtype: DType, a: i128, b: i128, c: i128) -> Option<Literal> {
    let value = match code {
        Opcode::Iclamp => a.max(b).min(c),
        // Of `ulong`, the product alone may be beyond what is left of 128 bits.
        Opcode::MadSat if dtype == DType::U64 => {
            (a as u128 * b as u128).saturating_add(c as u128).min(u64::MAX.into()) as i128
        }
        Opcode::MadSat => held(dtype, a * b + c),
        _ => return None,
    };
    Some(number(dtype, Literal::Int(value)))
}

fn integer2(code: Opcode, dtype: DType, a: i128, b: i128) -> Option<Literal> {
    let unsigned = |v: i128| v & ((1 << dtype.bits()) - 1);
    let count = || b.rem_euclid(i128::from(dtype.bits()));
    let value = match code {
        Opcode::Add => a + b,
        Opcode::Sub => a - b,
        Opcode::Mul => a.wrapping_mul(b),
        Opcode::Div => a / b,
        Opcode::FloorDiv => a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0),
        Opcode::Rem => a % b,
        Opcode::Imin => a.min(b),
        Opcode::Imax => a.max(b),
        Opcode::AbsDiff => (a - b).abs(),
        Opcode::AddSat => held(dtype, a + b),
        Opcode::SubSat => held(dtype, a - b),
        Opcode::MulHi if dtype == DType::U64 => ((a as u128 * b as u128) >> 64) as i128,
        Opcode::MulHi => (a * b) >> dtype.bits(),
        Opcode::Rotate => {
            let bits = pattern(dtype, a);
            ((bits << count()) | (bits >> (i128::from(dtype.bits()) - count()))) as i128
        }
        Opcode::Shl => a << count(),
        Opcode::Shr => a >> count(),
        Opcode::And => a & b,
        Opcode::Or => a | b,
        Opcode::Xor => a ^ b,
        Opcode::CmpUlt | Opcode::CmpUle | Opcode::CmpUgt | Opcode::CmpUge => {
            return compare(code, unsigned(a), unsigned(b));
        }
        _ => return compare(code, a, b),
    };
    Some(number(dtype, Literal::Int(value)))
}

fn float1(code: Opcode, dtype: DType, a: f64) -> Option<Literal> {
    let smallest_normal = if dtype == DType::F16 { 2f64.powi(-14) } else { f64::from(f32::MIN_POSITIVE) };
    let test = match code {
        Opcode::IsNan => Some(a.is_nan()),
        Opcode::IsInf => Some(a.is_infinite()),
        Opcode::IsFinite => Some(a.is_finite()),
        Opcode::SignBit => (!a.is_nan()).then(|| a.is_sign_negative()),
        Opcode::IsNormal => Some(a.is_finite() && a.abs() >= smallest_normal),
        _ => None,
    };
    if let Some(test) = test {
        return Some(Literal::Bool(test));
    }
    if !a.is_finite() && !matches!(code, Opcode::Neg | Opcode::Abs) {
        return None;
    }
    let value = match code {
        Opcode::Neg => -a,
        Opcode::Sqrt => a.sqrt(),
        Opcode::Rsqrt => 1.0 / a.sqrt(),
        Opcode::Abs => a.abs(),
        Opcode::Ceil => a.ceil(),
        Opcode::Floor => a.floor(),
        Opcode::Round => a.round(),
        Opcode::Trunc => a.trunc(),
        Opcode::Sign => {
            if a == 0.0 {
                a
            } else {
                a.signum()
            }
        }
        Opcode::Saturate => a.clamp(0.0, 1.0),
        Opcode::Fract => a - a.floor(),
        Opcode::Exp => a.exp(),
        Opcode::Exp2 => a.exp2(),
        Opcode::Log => a.ln(),
        Opcode::Log2 => a.log2(),
        Opcode::Log10 => a.log10(),
        Opcode::Sin => a.sin(),
        Opcode::Cos => a.cos(),
        Opcode::Tan => a.tan(),
        Opcode::Asin => a.asin(),
        Opcode::Acos => a.acos(),
        Opcode::Atan => a.atan(),
        Opcode::Sinh => a.sinh(),
        Opcode::Cosh => a.cosh(),
        Opcode::Tanh => a.tanh(),
        _ => return None,
    };
    Some(number(dtype, Literal::Float(value)))
}

fn float2(code: Opcode, dtype: DType, a: f64, b: f64) -> Option<Literal> {
    if let Some(test) = compare(code, a, b) {
        return Some(test);
    }
    let finite = a.is_finite() && b.is_finite();
    if !finite && !matches!(code, Opcode::Add | Opcode::Sub | Opcode::Mul | Opcode::Fmin | Opcode::Fmax) {
        return None;
    }
    let value = match code {
        Opcode::Add => a + b,
        Opcode::Sub => a - b,
        Opcode::Mul => a * b,
        Opcode::Div => a / b,
        Opcode::FloorDiv => (a / b).floor(),
        Opcode::Rem | Opcode::Fmod => a % b,
        Opcode::Fmin => a.min(b),
        Opcode::Fmax => a.max(b),
        Opcode::Pow => a.powf(b),
        Opcode::Atan2 => a.atan2(b),
        Opcode::CopySign => a.copysign(b),
        Opcode::Step => f64::from(u8::from(b >= a)),
        _ => return None,
    };
    Some(number(dtype, Literal::Float(value)))
}

fn float3(code: Opcode, dtype: DType, a: f64, b: f64, c: f64) -> Option<Literal> {
    if ![a, b, c].iter().all(|v| v.is_finite()) {
        return None;
    }
    let value = match code {
        Opcode::Clamp if b <= c => a.clamp(b, c),
        Opcode::Fma => a * b + c,
        Opcode::Mix => a + (b - a) * c,
        Opcode::SmoothStep if a < b => {
            let t = ((c - a) / (b - a)).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        }
        _ => return None,
    };
    Some(number(dtype, Literal::Float(value)))
}
