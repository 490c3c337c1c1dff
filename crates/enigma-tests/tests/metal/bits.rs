//! Bits taken out, put in, and as another type.

use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, check};
use crate::data::Data;

/// Offsets and numbers of bits: within the width, at its end, beyond it, and negative.
const FIELDS: [(i128, i128); 10] =
    [(0, 0), (0, 5), (3, 4), (1, 64), (7, 1), (8, 8), (30, 9), (63, 1), (100, 3), (-2, 6)];

#[test]
fn fields() {
    let cases: Vec<Case> = DType::ALL
        .into_iter()
        .filter(|dtype| dtype.is_integer())
        .flat_map(|dtype| [1, 3].map(|width| fields_of(dtype, width)))
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// Extracts and inserts fields that are constants, and fields that are read, as `int` and as `long`.
fn fields_of(dtype: DType, width: usize) -> Case {
    let kernel = Make::kernel(&format!("fields_{dtype}{width}"), |k| {
        let (base, insert, out) = (k.buffer("base", dtype), k.buffer("insert", dtype), k.buffer("out", dtype));
        let (narrow, wide) = (k.buffer("narrow", DType::I32), k.buffer("wide", DType::I64));
        let [x, y] = [base, insert].map(|memory| {
            let components: Vec<Arg> = (0..width).map(|c| k.load(memory, int(c as i128)).into()).collect();
            match components[..] {
                [Arg::Value(one)] => one,
                _ => k.value(Opcode::MakeVec, &components),
            }
        });
        let mut at = 0;
        for (n, (offset, bits)) in FIELDS.into_iter().enumerate() {
            let read = |k: &mut Make, memory| [0, 1].map(|m| Arg::from(k.load(memory, int(2 * n as i128 + m))));
            let read = [read(k, narrow), read(k, wide)];
            let [[offset_int, bits_int], [offset_long, bits_long]] = read.clone();
            let fields =
                [[int(offset), int(bits)], [int(offset), bits_int], [offset_long, int(bits)], [offset_int, bits_long]];
            for [offset, bits] in fields {
                let taken = k.value(Opcode::ExtractBits, &[x.into(), offset.clone(), bits.clone()]);
                let put = k.value(Opcode::InsertBits, &[x.into(), y.into(), offset, bits]);
                for vector in [taken, put] {
                    for c in 0..width {
                        let element = match width {
                            1 => vector,
                            _ => k.value(Opcode::VecExtract, &[vector.into(), int(c as i128)]),
                        };
                        k.store(out, int(at), element);
                        at += 1;
                    }
                }
            }
        }
    });
    let (lo, hi) = dtype.integer_range().unwrap_or_default();
    let base = Data::new(dtype, [hi / 3, lo, hi - 5]);
    let insert = Data::new(dtype, [hi / 5, hi, 90]);
    let mut expected = Vec::new();
    for (offset, bits) in FIELDS {
        for _ in 0..4 {
            let x = (0..width).map(|c| base.values[c].as_int().unwrap_or(0));
            expected.extend(x.clone().map(|x| extracted(dtype, x, offset, bits)));
            let y = (0..width).map(|c| insert.values[c].as_int().unwrap_or(0));
            expected.extend(x.zip(y).map(|(x, y)| inserted(dtype, x, y, offset, bits)));
        }
    }
    let fields = FIELDS.into_iter().flat_map(|(offset, bits)| [offset, bits]);
    let (narrow, wide) = (Data::new(DType::I32, fields.clone()), Data::new(DType::I64, fields));
    let out = Data::filled(dtype, expected.len(), 0);
    Case::exact(kernel, vec![base, insert, out, narrow, wide], 1, 2, Data::new(dtype, expected))
}

/// Offset and number of bits, held within the width.
fn held(dtype: DType, offset: i128, bits: i128) -> (i128, i128) {
    let width = i128::from(dtype.bits());
    let offset = offset.clamp(0, width);
    (offset, bits.clamp(0, width - offset))
}

fn extracted(dtype: DType, x: i128, offset: i128, bits: i128) -> i128 {
    let (offset, bits) = held(dtype, offset, bits);
    let field = (x >> offset) & ((1 << bits) - 1);
    let negative = dtype.is_signed_integer() && bits > 0 && field >> (bits - 1) != 0;
    if negative { field - (1 << bits) } else { field }
}

fn inserted(dtype: DType, x: i128, y: i128, offset: i128, bits: i128) -> i128 {
    let (offset, bits) = held(dtype, offset, bits);
    let mask = ((1 << bits) - 1) << offset;
    (x & !mask) | ((y << offset) & mask)
}

#[test]
fn other_types() {
    let cases: Vec<Case> =
        DType::ALL.into_iter().flat_map(|from| [1, 2, 3, 4].map(|width| reinterpreted(from, width))).collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// The bits of every type as every other type of the same width.
fn reinterpreted(from: DType, width: usize) -> Case {
    let same_width = || DType::ALL.into_iter().filter(|to| to.bits() == from.bits());
    let kernel = Make::kernel(&format!("bits_of_{from}{width}"), |k| {
        let source = k.buffer("source", from);
        let targets: Vec<_> = same_width().map(|to| (to, k.buffer(&format!("as_{to}"), to))).collect();
        let components: Vec<Arg> = (0..width).map(|c| k.load(source, int(c as i128)).into()).collect();
        for (to, target) in targets {
            if let [Arg::Value(one)] = components[..] {
                let bits = k.value(Opcode::AsType, &[one.into(), Arg::DType(to)]);
                k.store(target, int(0), bits);
                continue;
            }
            let vector = k.value(Opcode::MakeVec, &components);
            let bits = k.value(Opcode::AsType, &[vector.into(), Arg::DType(to)]);
            for c in 0..width {
                let component = k.value(Opcode::VecExtract, &[bits.into(), int(c as i128)]);
                k.store(target, int(c as i128), component);
            }
        }
    });
    let source = match from.integer_range() {
        None => Data::floats(from, [-0.0, 1.5, f64::INFINITY, -3.0]),
        Some((lo, hi)) => Data::new(from, [hi / 3, lo, hi, 1]),
    };
    let source = Data { values: source.values[..width].to_vec(), ..source };
    let mut arguments = vec![source.clone()];
    let mut expected = Vec::new();
    for (n, to) in same_width().enumerate() {
        arguments.push(Data::filled(to, width, 0));
        let bits = Data::from_bytes(to, &source.bytes());
        // The bits of NaN are not told apart.
        let values = bits.values.into_iter().map(|v| (!matches!(v, Literal::Float(v) if v.is_nan())).then_some(v));
        expected.push((n + 1, values.collect()));
    }
    Case { kernel, arguments, grid: [1; 3], threads: [1; 3], expected, tolerance: 0.0 }
}
