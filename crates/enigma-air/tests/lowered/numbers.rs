//! Operators, conversions and functions of numbers, vectors and matrices.

use enigma_ir::{Arg, DType, Opcode, Type, ValueId};
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::{lowered, plain};

/// A thread's number in each of some buffers.
fn numbers<const N: usize>(k: &mut Make, dtypes: [DType; N]) -> [ValueId; N] {
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let mut names = ["x", "y", "z", "w"].into_iter();
    dtypes.map(|dtype| {
        let name = names.next().expect("there are four names");
        let buffer = k.buffer(&name.to_uppercase(), dtype);
        let value = k.load(buffer, i);
        k.call_it(value, name)
    })
}

/// A thread's vector of as many components in each of some buffers.
fn vectors<const N: usize>(k: &mut Make, dtype: DType, width: i128) -> [ValueId; N] {
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let mut names = ["u", "v", "w"].into_iter();
    [(); N].map(|()| {
        let name = names.next().expect("there are three names");
        let buffer = k.buffer(&name.to_uppercase(), dtype);
        let value = k.value(Opcode::VecLoad, &[buffer.into(), i.into(), int(width)]);
        k.call_it(value, name)
    })
}

/// The results of operations on the same operands, each under its name and in a buffer of its own.
fn results(k: &mut Make, codes: &[Opcode], operands: &[Arg]) {
    for &code in codes {
        let name = code.info().name;
        let result = k.named(name, code, operands);
        keep(k, name, result);
    }
}

fn casts(k: &mut Make, x: ValueId, dtypes: &[DType]) {
    for &dtype in dtypes {
        let result = k.named(dtype.short(), Opcode::Cast, &[x.into(), Arg::DType(dtype)]);
        keep(k, dtype.short(), result);
    }
}

fn keep(k: &mut Make, name: &str, result: ValueId) {
    let ty = k.ty(result);
    let out = k.buffer(&format!("{name}_out"), ty.dtype().expect("a number or numbers"));
    match ty {
        Type::Scalar(_) => k.store(out, int(0), result),
        _ => k.does(Opcode::VecStore, &[out.into(), int(0), result.into()]),
    }
}

macro_rules! snapshots {
    ($($name:ident: |$k:ident| $body:block)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(lowered(stringify!($name), &plain(), |$k: &mut Make| $body));
        }
    )* };
}

snapshots! {
    operators_of_integers: |k| {
        let [x, y] = numbers(k, [DType::I32; 2]);
        let binary = [Opcode::Mul, Opcode::Div, Opcode::FloorDiv, Opcode::Rem, Opcode::Shr, Opcode::CmpLt];
        results(k, &binary, &[x.into(), y.into()]);
        results(k, &[Opcode::Neg, Opcode::Not, Opcode::Abs], &[x.into()]);
    }
    operators_of_unsigned_integers: |k| {
        let [x, y] = numbers(k, [DType::U64; 2]);
        results(k, &[Opcode::Div, Opcode::FloorDiv, Opcode::Shr, Opcode::CmpLt], &[x.into(), y.into()]);
    }
    operators_of_floats: |k| {
        let [x, y] = numbers(k, [DType::F32; 2]);
        results(k, &[Opcode::Div, Opcode::FloorDiv, Opcode::Rem, Opcode::CmpNe, Opcode::CmpLt], &[x.into(), y.into()]);
        results(k, &[Opcode::Neg, Opcode::Abs], &[x.into()]);
    }
    operators_of_truth_values: |k| {
        let [x, y] = numbers(k, [DType::Bool; 2]);
        results(k, &[Opcode::And, Opcode::Xor, Opcode::CmpLt], &[x.into(), y.into()]);
        results(k, &[Opcode::Not], &[x.into()]);
    }
    constant_divisors_and_counts: |k| {
        let [x] = numbers(k, [DType::I32]);
        results(k, &[Opcode::Div, Opcode::Shl], &[x.into(), int(35)]);
        results(k, &[Opcode::Rem], &[x.into(), int(-1)]);
    }
    functions_of_floats: |k| {
        let [x, y, z] = numbers(k, [DType::F32; 3]);
        let unary = [Opcode::Sqrt, Opcode::Sin, Opcode::Sign, Opcode::Saturate, Opcode::Fract];
        results(k, &unary, &[x.into()]);
        results(k, &[Opcode::Pow, Opcode::CopySign, Opcode::Step], &[x.into(), y.into()]);
        results(k, &[Opcode::Fma, Opcode::Mix, Opcode::SmoothStep], &[x.into(), y.into(), z.into()]);
    }
    functions_of_halves: |k| {
        let [x, y, z] = numbers(k, [DType::F16; 3]);
        results(k, &[Opcode::Rsqrt, Opcode::Fract, Opcode::IsNan], &[x.into()]);
        results(k, &[Opcode::Fma, Opcode::Mix], &[x.into(), y.into(), z.into()]);
    }
    functions_of_bfloats: |k| {
        let [x, y, z] = numbers(k, [DType::BF16; 3]);
        results(k, &[Opcode::Exp, Opcode::Abs, Opcode::Fract], &[x.into()]);
        results(k, &[Opcode::Add, Opcode::Fmin], &[x.into(), y.into()]);
        results(k, &[Opcode::Fma], &[x.into(), y.into(), z.into()]);
    }
    tests_of_floats: |k| {
        let [x] = numbers(k, [DType::F32]);
        let tests = [Opcode::IsNan, Opcode::IsInf, Opcode::IsFinite, Opcode::SignBit, Opcode::IsNormal];
        results(k, &tests, &[x.into()]);
    }
    selections_and_same_bits: |k| {
        let [x, y, z] = numbers(k, [DType::BF16, DType::BF16, DType::Bool]);
        results(k, &[Opcode::Select], &[x.into(), y.into(), z.into()]);
        results(k, &[Opcode::AsType], &[x.into(), Arg::DType(DType::F16)]);
    }
    casts_of_floats: |k| {
        let [x] = numbers(k, [DType::F32]);
        casts(k, x, &[DType::I32, DType::U8, DType::F16, DType::BF16, DType::Bool]);
    }
    casts_of_halves: |k| {
        let [x] = numbers(k, [DType::F16]);
        casts(k, x, &[DType::I64, DType::BF16]);
    }
    casts_of_integers: |k| {
        let [x] = numbers(k, [DType::I64]);
        casts(k, x, &[DType::F32, DType::BF16, DType::I16, DType::Bool]);
    }
    casts_of_narrow_integers: |k| {
        let [x] = numbers(k, [DType::U8]);
        casts(k, x, &[DType::F16, DType::I64]);
    }
    casts_of_truth_values: |k| {
        let [x] = numbers(k, [DType::Bool]);
        casts(k, x, &[DType::F32, DType::I32]);
    }
    saturated_integers: |k| {
        let [x, y] = numbers(k, [DType::I16; 2]);
        results(k, &[Opcode::AddSat, Opcode::SubSat, Opcode::AbsDiff], &[x.into(), y.into()]);
        results(k, &[Opcode::Iclamp, Opcode::MadSat], &[x.into(), y.into(), x.into()]);
    }
    saturated_unsigned_integers: |k| {
        let [x, y] = numbers(k, [DType::U32; 2]);
        results(k, &[Opcode::AddSat, Opcode::SubSat, Opcode::MulHi], &[x.into(), y.into()]);
    }
    products_of_64_bits: |k| {
        let [x, y, z] = numbers(k, [DType::I64; 3]);
        results(k, &[Opcode::MulHi], &[x.into(), y.into()]);
        results(k, &[Opcode::MadSat], &[x.into(), y.into(), z.into()]);
    }
    bits_of_integers: |k| {
        let [x, y, n] = numbers(k, [DType::U32, DType::U32, DType::I8]);
        results(k, &[Opcode::Popcount, Opcode::Clz, Opcode::ReverseBits], &[x.into()]);
        results(k, &[Opcode::Rotate], &[x.into(), y.into()]);
        results(k, &[Opcode::ExtractBits], &[x.into(), n.into(), int(3)]);
        results(k, &[Opcode::InsertBits], &[x.into(), y.into(), n.into(), n.into()]);
    }
    functions_of_vectors: |k| {
        let [u, v] = vectors(k, DType::F32, 3);
        results(k, &[Opcode::Dot, Opcode::Distance, Opcode::Cross, Opcode::Reflect], &[u.into(), v.into()]);
        results(k, &[Opcode::Normalize], &[u.into()]);
        results(k, &[Opcode::FaceForward], &[u.into(), v.into(), u.into()]);
    }
    refraction_of_halves: |k| {
        let [u, v] = vectors(k, DType::F16, 2);
        let eta = k.value(Opcode::VecExtract, &[u.into(), int(1)]);
        results(k, &[Opcode::Refract], &[u.into(), v.into(), eta.into()]);
    }
    matrices: |k| {
        let [u, v] = vectors(k, DType::F32, 2);
        let matrix = k.value(Opcode::MatMake, &[u.into(), v.into(), v.into()]);
        let turned = k.value(Opcode::MatTranspose, &[matrix.into()]);
        let square = k.value(Opcode::MatMul, &[matrix.into(), turned.into()]);
        results(k, &[Opcode::MatMul], &[u.into(), square.into()]);
        results(k, &[Opcode::MatColumn], &[square.into(), int(1)]);
        results(k, &[Opcode::Determinant], &[square.into()]);
    }
    packed_floats: |k| {
        let [u] = vectors(k, DType::F32, 4);
        let packed = k.named("packed", Opcode::PackSrgbUnorm4x8, &[u.into()]);
        keep(k, "packed", packed);
        results(k, &[Opcode::UnpackUnorm2x16, Opcode::UnpackUnorm10a2], &[packed.into()]);
    }
}
