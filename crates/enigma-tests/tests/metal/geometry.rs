//! Geometry of vectors, matrices of one thread, and floats packed into integers.

use enigma_ir::table::{Group, OpInfo, ResultRule, TABLE};
use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, Expected, check};
use crate::components::{gather, scatter};
use crate::data::{Data, number};

/// Whether this file executes a row.
pub fn is_geometric(row: &OpInfo) -> bool {
    matches!(row.group, Group::Geometry | Group::Matrix | Group::Pack)
}

#[test]
fn geometry() {
    let cases: Vec<Case> = [DType::F32, DType::F16, DType::BF16]
        .into_iter()
        .flat_map(|dtype| [2, 3, 4].map(|width| geometry_of(dtype, width)))
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// Directions of length 1, and others, four components each.
const VECTORS: [[f64; 4]; 5] = [
    [0.5, -0.5, 0.5, 0.5],
    [-0.6, 0.8, 0.0, 0.0],
    [0.0, -1.0, 0.0, 0.0],
    [3.0, -1.5, 2.0, -0.25],
    [-0.75, 2.0, 1.0, 4.0],
];

/// One kernel with every row: of all pairs of vectors, the first also standing for the third operand.
fn geometry_of(dtype: DType, width: usize) -> Case {
    let rows: Vec<&OpInfo> =
        TABLE.iter().filter(|row| row.group == Group::Geometry && (width == 3 || row.code != Opcode::Cross)).collect();
    let pairs: Vec<(usize, usize)> = (0..25).map(|i| (i / 5, i % 5)).collect();
    let kernel = Make::kernel(&format!("geometry_{dtype}{width}"), |k| {
        let (a, b, out) = (k.buffer("a", dtype), k.buffer("b", dtype), k.buffer("out", dtype));
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let first = k.named("first", Opcode::Mul, &[i.into(), int(width as i128)]);
        let (x, y) = (gather(k, a, first, width), gather(k, b, first, width));
        let ratio = k.value(Opcode::VecExtract, &[y.into(), int(0)]);
        for (r, row) in rows.iter().enumerate() {
            let mut args: Vec<Arg> = vec![x.into()];
            args.extend((row.signature.params.len() > 1).then_some(Arg::from(y)));
            args.extend((row.signature.params.len() > 2).then(|| match row.code {
                Opcode::Refract => ratio.into(),
                _ => x.into(),
            }));
            let result = k.value(row.code, &args);
            let base = r * pairs.len() * width;
            let components = if row.signature.result == ResultRule::Component { 1 } else { width };
            scatter(k, out, first, base, result, components);
        }
    });
    let vector = |n: usize| VECTORS[n][..width].iter().copied();
    let a = Data::floats(dtype, pairs.iter().flat_map(|&(n, _)| vector(n)));
    let b = Data::floats(dtype, pairs.iter().flat_map(|&(_, n)| vector(n)));
    let mut expected: Expected = Vec::new();
    for row in &rows {
        for i in 0..pairs.len() {
            let part =
                |data: &Data| -> Vec<f64> { data.values[i * width..(i + 1) * width].iter().map(float).collect() };
            let result = geometric(row.code, &part(&a), &part(&b));
            let values = (0..width).map(|c| match (&result[..], c) {
                ([one], 0) => Some(number(dtype, Literal::Float(*one))),
                ([_], _) => Some(number(dtype, Literal::Int(0))),
                (all, c) => all.get(c).map(|&v| number(dtype, Literal::Float(v))),
            });
            expected.extend(values);
        }
    }
    let out = Data::filled(dtype, expected.len(), 0);
    let threads = [pairs.len() as u32, 1, 1];
    let tolerance = match dtype {
        DType::F16 => 4e-3,
        DType::BF16 => 4e-2,
        _ => 1e-5,
    };
    Case { kernel, arguments: vec![a, b, out], grid: threads, threads, expected: vec![(2, expected)], tolerance }
}

fn float(value: &Literal) -> f64 {
    match value {
        Literal::Float(v) => *v,
        _ => f64::NAN,
    }
}

/// What an operation gives, in wide arithmetic; nothing where a choice hangs on the last bit.
fn geometric(code: Opcode, x: &[f64], y: &[f64]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let each = |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> { x.iter().zip(y).map(|(&a, &b)| f(a, b)).collect() };
    match code {
        Opcode::Dot => vec![dot(x, y)],
        Opcode::Length => vec![dot(x, x).sqrt()],
        Opcode::Distance => vec![each(&|a, b| (a - b).powi(2)).iter().sum::<f64>().sqrt()],
        Opcode::Cross => [(1, 2), (2, 0), (0, 1)].map(|(i, j)| x[i] * y[j] - x[j] * y[i]).to_vec(),
        Opcode::Normalize => x.iter().map(|v| v / dot(x, x).sqrt()).collect(),
        // Of directions only: the text takes the normal as it is, Metal normalises it.
        Opcode::Reflect if (dot(y, y) - 1.0).abs() < 1e-3 => each(&|i, n| i - 2.0 * dot(x, y) * n),
        Opcode::Refract if [x, y].iter().all(|v| (dot(v, v) - 1.0).abs() < 1e-3) => {
            let (eta, along) = (y[0], dot(x, y));
            let k = 1.0 - eta * eta * (1.0 - along * along);
            match k {
                _ if k.abs() < 0.05 => Vec::new(),
                _ if k < 0.0 => vec![0.0; x.len()],
                _ => each(&|i, n| eta * i - (eta * along + k.sqrt()) * n),
            }
        }
        Opcode::FaceForward => {
            let side = dot(x, y);
            if side.abs() < 0.05 { Vec::new() } else { x.iter().map(|v| if side < 0.0 { *v } else { -v }).collect() }
        }
        _ => Vec::new(),
    }
}

#[test]
fn matrices() {
    let mut cases = Vec::new();
    for dtype in [DType::F32, DType::F16] {
        for (cols, rows) in [(2, 2), (2, 3), (2, 4), (3, 2), (3, 3), (3, 4), (4, 2), (4, 3), (4, 4)] {
            cases.push(matrix(dtype, cols, rows));
        }
    }
    check(&cases, &[AsyncLowering::Asm]);
}

/// A matrix of small integers: made, transposed, multiplied with its transpose and with vectors from either side; the
/// determinant of the product.
fn matrix(dtype: DType, cols: usize, rows: usize) -> Case {
    let kernel = Make::kernel(&format!("matrix_{dtype}_{cols}_{rows}"), |k| {
        let (data, out) = (k.buffer("data", dtype), k.buffer("out", dtype));
        let start = k.value(Opcode::ThreadPositionInGrid, &[]);
        let columns: Vec<Arg> = (0..cols)
            .map(|c| {
                let first = k.value(Opcode::Add, &[start.into(), int((c * rows) as i128)]);
                gather(k, data, first, rows).into()
            })
            .collect();
        let m = k.named("m", Opcode::MatMake, &columns);
        let t = k.value(Opcode::MatTranspose, &[m.into()]);
        let square = k.named("square", Opcode::MatMul, &[t.into(), m.into()]);
        let determinant = k.value(Opcode::Determinant, &[square.into()]);
        let column = k.value(Opcode::MatColumn, &[m.into(), int(cols as i128 - 1)]);
        let row = k.value(Opcode::MatMul, &[column.into(), m.into()]);
        let back = k.value(Opcode::MatMul, &[m.into(), row.into()]);
        scatter(k, out, start, 0, determinant, 1);
        scatter(k, out, start, 1, row, cols);
        scatter(k, out, start, 5, back, rows);
        for c in 0..cols {
            let column = k.value(Opcode::MatColumn, &[square.into(), int(c as i128)]);
            scatter(k, out, start, 9 + c * cols, column, cols);
        }
    });
    let value = |c: usize, r: usize| {
        [2.0, -1.0, 1.0, 0.0, 1.0, 3.0, -1.0, 1.0, 0.0, 1.0, 1.0, -2.0, 1.0, 0.0, 2.0, 1.0][c * 4 + r]
    };
    let data = Data::floats(dtype, (0..cols * rows).map(|i| value(i / rows, i % rows)));
    let square = |a: usize, b: usize| (0..rows).map(|r| value(a, r) * value(b, r)).sum::<f64>();
    let row: Vec<f64> = (0..cols).map(|c| square(cols - 1, c)).collect();
    let mut expected = vec![0.0; 25];
    expected[0] = determinant(cols, &square);
    expected[1..1 + cols].copy_from_slice(&row);
    for r in 0..rows {
        expected[5 + r] = (0..cols).map(|c| value(c, r) * row[c]).sum();
    }
    for c in 0..cols {
        for r in 0..cols {
            expected[9 + c * cols + r] = square(c, r);
        }
    }
    let out = Data::filled(dtype, 25, 0);
    let case = Case::exact(kernel, vec![data, out], 1, 1, Data::floats(dtype, expected));
    Case { tolerance: 1e-3, ..case }
}

/// By the first column, minor by minor.
fn determinant(n: usize, at: &dyn Fn(usize, usize) -> f64) -> f64 {
    if n == 1 {
        return at(0, 0);
    }
    (0..n)
        .map(|r| {
            let minor = |c: usize, i: usize| at(c + 1, if i < r { i } else { i + 1 });
            (if r % 2 == 0 { 1.0 } else { -1.0 }) * at(0, r) * determinant(n - 1, &minor)
        })
        .sum()
}

#[test]
fn packing() {
    let packs = |row: &&OpInfo| row.group == Group::Pack;
    let cases: Vec<Case> = TABLE
        .iter()
        .filter(packs)
        .map(|row| if row.name.starts_with("pack") { pack(row) } else { unpack(row) })
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// The bits of each component, from the lowest; negative ones are signed, and those of sRGB are marked.
fn fields(name: &str) -> Vec<(i32, bool)> {
    match name {
        _ if name.contains("snorm4x8") => vec![(-8, false); 4],
        _ if name.contains("srgb") => vec![(8, true), (8, true), (8, true), (8, false)],
        _ if name.contains("unorm4x8") => vec![(8, false); 4],
        _ if name.contains("snorm2x16") => vec![(-16, false); 2],
        _ if name.contains("unorm2x16") => vec![(16, false); 2],
        _ => vec![(10, false), (10, false), (10, false), (2, false)],
    }
}

const NUMBERS: [f64; 12] = [0.0, 1.0, -1.0, 0.25, 0.7, -0.3, 2.0, -3.5, 0.002, f64::INFINITY, f64::NEG_INFINITY, 0.9];

fn pack(row: &OpInfo) -> Case {
    let fields = fields(row.name);
    let width = fields.len();
    let kernel = Make::kernel(row.name, |k| {
        let (x, out) = (k.buffer("x", DType::F32), k.buffer("out", DType::U32));
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let first = k.value(Opcode::Mul, &[i.into(), int(width as i128)]);
        let vector = gather(k, x, first, width);
        let packed = k.value(row.code, &[vector.into()]);
        k.store(out, i, packed);
    });
    let data = Data::floats(DType::F32, NUMBERS);
    let expected = data.values.chunks(width).map(|vector| {
        let mut at = 0;
        let mut packed = 0;
        for (value, &(bits, srgb)) in vector.iter().zip(&fields) {
            packed |= i128::from(field(float(value), bits, srgb)) << at;
            at += bits.abs();
        }
        packed
    });
    let expected = Data::new(DType::U32, expected);
    let threads = expected.values.len();
    let out = Data::filled(DType::U32, threads, 0);
    Case::exact(kernel, vec![data, out], threads as u32, 1, expected)
}

fn field(value: f64, bits: i32, srgb: bool) -> u32 {
    let width = bits.unsigned_abs();
    let (lo, greatest) = if bits < 0 { (-1.0, (1 << (width - 1)) - 1) } else { (0.0, (1 << width) - 1) };
    let value = value.clamp(lo, 1.0);
    let value = match srgb {
        false => value,
        true if value <= 0.0031308 => 12.92 * value,
        true => 1.055 * value.powf(1.0 / 2.4) - 0.055,
    };
    (value * f64::from(greatest)).round_ties_even() as i64 as u32 & ((1 << width) - 1)
}

fn unpack(row: &OpInfo) -> Case {
    let fields = fields(row.name);
    let width = fields.len();
    let kernel = Make::kernel(row.name, |k| {
        let (x, out) = (k.buffer("x", DType::U32), k.buffer("out", DType::F32));
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let first = k.value(Opcode::Mul, &[i.into(), int(width as i128)]);
        let packed = k.load(x, i);
        let vector = k.value(row.code, &[packed.into()]);
        scatter(k, out, first, 0, vector, width);
    });
    let data = Data::new(DType::U32, [0, 0xffff_ffff, 0x8000_0001, 0x1234_5678, 0x8081_7fff, 0xdead_beef]);
    let mut expected = Vec::new();
    for value in &data.values {
        let mut rest = value.as_int().unwrap_or(0) as u32;
        for &(bits, srgb) in &fields {
            expected.push(unpacked(rest, bits, srgb));
            rest = rest.checked_shr(bits.unsigned_abs()).unwrap_or(0);
        }
    }
    let (threads, out) = (data.values.len(), Data::filled(DType::F32, expected.len(), 0));
    let case = Case::exact(kernel, vec![data, out], threads as u32, 1, Data::floats(DType::F32, expected));
    Case { tolerance: 1e-6, ..case }
}

fn unpacked(packed: u32, bits: i32, srgb: bool) -> f64 {
    let width = bits.unsigned_abs();
    let field = packed & ((1u64 << width) - 1) as u32;
    if bits < 0 {
        let signed = ((field << (32 - width)) as i32) >> (32 - width);
        return (f64::from(signed) / f64::from((1 << (width - 1)) - 1)).max(-1.0);
    }
    let value = f64::from(field) / f64::from((1u32 << width) - 1);
    match srgb {
        false => value,
        true if value <= 0.04045 => value / 12.92,
        true => ((value + 0.055) / 1.055).powf(2.4),
    }
}
