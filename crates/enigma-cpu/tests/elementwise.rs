//! Every elementwise operation of the table, on every type it admits, as scalars and as vectors, against plain references.

mod common;

use common::apply::{self, Operand, is_near, of_width};
use common::data::{float_bits, float_of, int_bits, int_of, telling};
use enigma_ir::table::{Group, Kind, OpInfo, ResultRule, TABLE};
use enigma_ir::{Arg, DType, Opcode};

/// What an operation is held to.
#[derive(Copy, Clone, Debug)]
enum Expected {
    Bits(u64),
    /// A float, and how many units in the last place it may be off.
    Near(f64, f64),
    /// Nothing: the language leaves it open.
    Open,
}

/// Runs an operation on `operands` (bits, one list each), over vectors of `width`.
fn apply(
    code: Opcode,
    attr: Option<DType>,
    dtypes: &[DType],
    result: DType,
    width: usize,
    operands: &[Vec<u64>],
) -> Vec<u64> {
    let count = operands[0].len().next_multiple_of(width);
    let operand = |(bits, &dtype): (&Vec<u64>, &DType)| {
        let padded = bits.iter().copied().chain(std::iter::repeat(bits[0])).take(count);
        Operand::new(of_width(dtype, width), padded.collect())
    };
    let given: Vec<Operand> = operands.iter().zip(dtypes).map(operand).collect();
    let results = apply::apply(code, &given, attr.map(Arg::DType), of_width(result, width));
    results[..operands[0].len()].to_vec()
}

/// Every combination of telling numbers.
fn combinations(dtype: DType, arity: usize) -> Vec<Vec<u64>> {
    let numbers = telling(dtype);
    let total = numbers.len().pow(arity as u32);
    (0..arity).map(|n| (0..total).map(|i| numbers[i / numbers.len().pow(n as u32) % numbers.len()]).collect()).collect()
}

fn check(code: Opcode, dtype: DType, result: DType, got: u64, wanted: Expected, operands: &[u64]) {
    let fine = match wanted {
        Expected::Open => true,
        Expected::Bits(bits) => got == bits,
        Expected::Near(exact, ulps) => is_near(result, got, exact, ulps, 0.0),
    };
    let name = code.info().name;
    assert!(fine, "{name} on {dtype}: {operands:x?} gave {got:x} ({}), not {wanted:?}", float_of(result, got));
}

/// The elementwise rows: all operands of the row's type variable.
fn rows() -> impl Iterator<Item = &'static OpInfo> {
    TABLE.iter().filter(|row| {
        matches!(row.group, Group::Arithmetic | Group::Comparison | Group::Float)
            && matches!(row.signature.result, ResultRule::T | ResultRule::Test)
            && row.signature.params.iter().all(|param| param.kind == Kind::T)
    })
}

#[test]
fn every_operation_on_every_type_and_width() {
    let mut tried = 0;
    for row in rows() {
        let arity = row.signature.params.len();
        for dtype in DType::ALL.into_iter().filter(|&d| row.signature.t.admits_dtype(d)) {
            let result = if row.signature.result == ResultRule::Test { DType::Bool } else { dtype };
            let operands = combinations(dtype, arity);
            for width in 1..=4 {
                // Operators promote narrow scalars, which are then other types' operations.
                if width == 1 && row.signature.promote && dtype != DType::Bool && dtype.promoted() != dtype {
                    continue;
                }
                let got = apply(row.code, None, &vec![dtype; arity], result, width, &operands);
                for (i, &got) in got.iter().enumerate() {
                    let operands: Vec<u64> = operands.iter().map(|list| list[i]).collect();
                    check(row.code, dtype, result, got, reference(row.code, dtype, &operands), &operands);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 900, "{tried} combinations");
}

fn truth(holds: bool) -> Expected {
    Expected::Bits(u64::from(holds))
}

fn reference(code: Opcode, dtype: DType, operands: &[u64]) -> Expected {
    if dtype.is_float() {
        let x: Vec<f32> = operands.iter().map(|&bits| float_of(dtype, bits)).collect();
        return float_reference(code, dtype, &x);
    }
    let x: Vec<i128> = operands.iter().map(|&bits| int_of(dtype, bits)).collect();
    integer_reference(code, dtype, &x)
}

fn integer_reference(code: Opcode, dtype: DType, x: &[i128]) -> Expected {
    let y = x.get(1).copied().unwrap_or(0);
    let x = x[0];
    let unsigned = |v: i128| v & ((1 << dtype.bits()) - 1);
    let count = (unsigned(y) as u32) % dtype.bits();
    let by_zero = y == 0 && matches!(code, Opcode::Div | Opcode::FloorDiv | Opcode::Rem);
    if by_zero {
        return Expected::Open;
    }
    let value = match code {
        Opcode::Add => x + y,
        Opcode::Sub => x - y,
        Opcode::Mul => x.wrapping_mul(y),
        Opcode::Div => x / y,
        Opcode::FloorDiv => x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0),
        Opcode::Rem => x % y,
        Opcode::Shl => x << count,
        Opcode::Shr => x >> count,
        Opcode::And => x & y,
        Opcode::Or => x | y,
        Opcode::Xor => x ^ y,
        Opcode::Neg => -x,
        Opcode::Not if dtype == DType::Bool => 1 - x,
        Opcode::Not => !x,
        Opcode::Abs => x.abs(),
        Opcode::CmpEq => return truth(x == y),
        Opcode::CmpNe => return truth(x != y),
        Opcode::CmpLt => return truth(x < y),
        Opcode::CmpLe => return truth(x <= y),
        Opcode::CmpGt => return truth(x > y),
        Opcode::CmpGe => return truth(x >= y),
        Opcode::CmpUlt => return truth(unsigned(x) < unsigned(y)),
        Opcode::CmpUle => return truth(unsigned(x) <= unsigned(y)),
        Opcode::CmpUgt => return truth(unsigned(x) > unsigned(y)),
        Opcode::CmpUge => return truth(unsigned(x) >= unsigned(y)),
        other => panic!("no reference for {other:?}"),
    };
    Expected::Bits(int_bits(dtype, value))
}

fn float_reference(code: Opcode, dtype: DType, v: &[f32]) -> Expected {
    let [x, y, z] = [0, 1, 2].map(|n| f64::from(v.get(n).copied().unwrap_or(0.0)));
    let least_normal = if dtype == DType::F16 { 1.0 / 16384.0 } else { f64::from(f32::MIN_POSITIVE) };
    let rounded = |v: f64| f64::from(float_of(dtype, float_bits(dtype, v as f32)));
    let pick = |first: f64, second: f64, first_wins: bool| match (first.is_nan(), second.is_nan()) {
        (true, _) => second,
        (_, true) => first,
        _ if first_wins => first,
        _ => second,
    };
    let min = |a: f64, b: f64| pick(a, b, a < b);
    let max = |a: f64, b: f64| pick(a, b, a > b);
    let below_one = 1.0
        - (1.0
            / f64::from(2u32.pow(match dtype {
                DType::F16 => 11,
                DType::BF16 => 8,
                _ => 24,
            })));
    let value = match code {
        Opcode::Add => x + y,
        Opcode::Sub => x - y,
        Opcode::Mul => x * y,
        Opcode::Div => x / y,
        Opcode::FloorDiv => rounded(x / y).floor(),
        Opcode::Rem | Opcode::Fmod => x % y,
        Opcode::Neg => -x,
        Opcode::Abs => x.abs(),
        Opcode::CmpEq => return truth(x == y),
        Opcode::CmpNe => return truth(x != y),
        Opcode::CmpLt => return truth(x < y),
        Opcode::CmpLe => return truth(x <= y),
        Opcode::CmpGt => return truth(x > y),
        Opcode::CmpGe => return truth(x >= y),
        Opcode::IsNan => return truth(x.is_nan()),
        Opcode::IsInf => return truth(x.is_infinite()),
        Opcode::IsFinite => return truth(x.is_finite()),
        Opcode::SignBit => return truth(x.is_sign_negative()),
        Opcode::IsNormal => return truth(x.is_finite() && x.abs() >= least_normal),
        Opcode::Sqrt => x.sqrt(),
        Opcode::Rsqrt => 1.0 / x.sqrt(),
        Opcode::Ceil => x.ceil(),
        Opcode::Floor => x.floor(),
        Opcode::Round => x.round(),
        Opcode::Trunc => x.trunc(),
        Opcode::Sign if x.is_nan() => 0.0,
        Opcode::Sign => {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x
            }
        }
        Opcode::Saturate if x.is_nan() => 0.0,
        Opcode::Saturate => x.clamp(0.0, 1.0),
        Opcode::Fract if x.is_finite() => (x - x.floor()).min(below_one),
        Opcode::Fract => f64::NAN,
        Opcode::Exp => x.exp(),
        Opcode::Exp2 => x.exp2(),
        Opcode::Log => x.ln(),
        Opcode::Log2 => x.log2(),
        Opcode::Log10 => x.log10(),
        Opcode::Sin => x.sin(),
        Opcode::Cos => x.cos(),
        Opcode::Tan => x.tan(),
        Opcode::Asin => x.asin(),
        Opcode::Acos => x.acos(),
        Opcode::Atan => x.atan(),
        Opcode::Sinh => x.sinh(),
        Opcode::Cosh => x.cosh(),
        Opcode::Tanh => x.tanh(),
        Opcode::Pow => x.powf(y),
        Opcode::Atan2 => x.atan2(y),
        Opcode::CopySign => x.copysign(y),
        Opcode::Step => {
            if y < x {
                0.0
            } else {
                1.0
            }
        }
        Opcode::Fmin => min(x, y),
        Opcode::Fmax => max(x, y),
        Opcode::Clamp => min(max(x, y), z),
        Opcode::Fma => x.mul_add(y, z),
        Opcode::Mix | Opcode::SmoothStep => return step_by_step(code, dtype, v),
        other => panic!("no reference for {other:?}"),
    };
    Expected::Near(value, code.error().ulps(dtype))
}

/// Formulas, each of whose steps is rounded to `f32`.
fn step_by_step(code: Opcode, dtype: DType, v: &[f32]) -> Expected {
    let [a, b, c] = [v[0], v[1], v[2]];
    let value = match code {
        Opcode::Mix => a + (b - a) * c,
        _ => {
            let ratio = (c - a) / (b - a);
            let t = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
            t * t * (3.0 - 2.0 * t)
        }
    };
    match value.is_nan() {
        true => Expected::Near(f64::NAN, 0.0),
        false => Expected::Bits(float_bits(dtype, value)),
    }
}

/// The documented errors hold over the range of every function, not only at telling numbers.
#[test]
fn functions_keep_their_documented_error() {
    let spread = |lo: f32, hi: f32| -> Vec<u64> {
        (0..40_000).map(|i| u64::from((lo + (hi - lo) * (i as f32 / 40_000.0)).to_bits())).collect()
    };
    let ranges = [
        (Opcode::Exp, -87.0, 88.0),
        (Opcode::Exp2, -125.0, 127.0),
        (Opcode::Log, 1e-6, 100.0),
        (Opcode::Log2, 1e-6, 100.0),
        (Opcode::Log10, 1e-6, 100.0),
        (Opcode::Sin, -100.0, 100.0),
        (Opcode::Cos, -100.0, 100.0),
        (Opcode::Tan, -1.5, 1.5),
        (Opcode::Asin, -1.0, 1.0),
        (Opcode::Acos, -1.0, 1.0),
        (Opcode::Atan, -50.0, 50.0),
        (Opcode::Sinh, -80.0, 80.0),
        (Opcode::Cosh, -80.0, 80.0),
        (Opcode::Tanh, -10.0, 10.0),
        (Opcode::Rsqrt, 1e-6, 1e6),
    ];
    for (code, lo, hi) in ranges {
        let x = spread(lo, hi);
        let got = apply(code, None, &[DType::F32], DType::F32, 1, std::slice::from_ref(&x));
        for (&x, &got) in x.iter().zip(&got) {
            check(code, DType::F32, DType::F32, got, reference(code, DType::F32, &[x]), &[x]);
        }
    }
}

/// The product of the first case is halfway between two `bfloat`s, and the addend far too small for an `f64` to keep beside it; rounding
/// the sum to `float` or to `double` first loses it.
#[test]
fn fma_rounds_once_in_every_type() {
    for (dtype, a, tiny) in [(DType::BF16, 1.0 + 1.0 / 128.0, 1e-30), (DType::F16, 1.0 + 1.0 / 1024.0, 1e-7)] {
        let b = 1.5f32;
        let list = |v: f32| vec![float_bits(dtype, v)];
        let product = a * b;
        let up = apply(Opcode::Fma, None, &[dtype; 3], dtype, 1, &[list(a), list(b), list(tiny)]);
        let down = apply(Opcode::Fma, None, &[dtype; 3], dtype, 1, &[list(a), list(b), list(-tiny)]);
        assert_eq!(up[0], down[0] + 1, "{dtype}: halfway, and then a little more or less");
        assert!(f64::from(float_of(dtype, down[0])) < f64::from(product));
    }
    let (a, b) = (1.0 + f32::EPSILON, 1.0 - f32::EPSILON);
    let bits = |v: f32| vec![u64::from(v.to_bits())];
    let got = apply(Opcode::Fma, None, &[DType::F32; 3], DType::F32, 1, &[bits(a), bits(b), bits(-1.0)]);
    assert_eq!(f32::from_bits(got[0] as u32), -f32::EPSILON * f32::EPSILON);
}

#[test]
fn casts_between_all_types() {
    for from in DType::ALL {
        let numbers = telling(from);
        for to in DType::ALL {
            for width in [1, 3] {
                let got = apply(Opcode::Cast, Some(to), &[from], to, width, std::slice::from_ref(&numbers));
                for (&x, &got) in numbers.iter().zip(&got) {
                    check(Opcode::Cast, from, to, got, cast_reference(from, to, x), &[x]);
                }
            }
        }
    }
}

fn cast_reference(from: DType, to: DType, bits: u64) -> Expected {
    let float = float_of(from, bits);
    let (x, exact) = if from.is_float() {
        (float.trunc() as i128, f64::from(float))
    } else {
        (int_of(from, bits), int_of(from, bits) as f64)
    };
    match (from.is_float(), to) {
        (true, DType::Bool) => truth(float != 0.0),
        (false, DType::Bool) => truth(x != 0),
        (_, to) if to.is_float() => Expected::Near(exact, 0.0),
        (true, to) => {
            let (least, greatest) = to.integer_range().unwrap_or_default();
            Expected::Bits(int_bits(to, x.clamp(least, greatest)))
        }
        (false, to) => Expected::Bits(int_bits(to, x)),
    }
}

/// 2^31 + 2^23 is halfway between two `bfloat`s; one more is beyond, which an `f32` cannot tell.
#[test]
fn integers_become_bfloat_with_one_rounding() {
    let x = (1u64 << 31) + (1 << 23);
    let got = apply(Opcode::Cast, Some(DType::BF16), &[DType::U32], DType::BF16, 1, &[vec![x, x + 1]]);
    assert_eq!(got.iter().map(|&b| float_of(DType::BF16, b)).collect::<Vec<_>>(), [2147483648.0, 2164260864.0]);
    let x = (1u64 << 63) + (1 << 55);
    let got = apply(Opcode::Cast, Some(DType::BF16), &[DType::U64], DType::BF16, 1, &[vec![x, x + 1]]);
    assert_eq!(got[0] + 1, got[1]);
}

#[test]
fn selections_of_every_type() {
    for dtype in DType::ALL {
        let numbers = telling(dtype);
        let reversed: Vec<u64> = numbers.iter().rev().copied().collect();
        let condition: Vec<u64> = (0..numbers.len() as u64).map(|i| i % 2).collect();
        let dtypes = [dtype, dtype, DType::Bool];
        let got = apply(Opcode::Select, None, &dtypes, dtype, 1, &[numbers.clone(), reversed.clone(), condition]);
        for (i, &got) in got.iter().enumerate() {
            assert_eq!(got, if i % 2 == 1 { reversed[i] } else { numbers[i] });
        }
    }
}
