//! Every element-wise operation of the table over every element type that it admits, on scalars and on vectors.

use enigma_ir::table::{Group, Kind, OpInfo, ResultRule, TABLE};
use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, Expected, check};
use crate::components::{gather, scatter};
use crate::data::{Data, number};
use crate::reference;

/// Elements per buffer; a multiple of every vector width.
const LEN: usize = 24;

#[test]
fn scalars() {
    check(&cases(1), &[AsyncLowering::Asm]);
}

#[test]
fn vectors() {
    let all: Vec<Case> = [2, 3, 4].into_iter().flat_map(cases).collect();
    check(&all, &[AsyncLowering::Asm]);
}

fn cases(width: usize) -> Vec<Case> {
    DType::ALL.into_iter().map(|dtype| case(dtype, width)).collect()
}

/// The rows that take scalars or vectors of `dtype` and give one result for each element.
fn rows(dtype: DType) -> Vec<&'static OpInfo> {
    TABLE.iter().filter(|row| is_elementwise(row) && row.signature.t.admits_dtype(dtype)).collect()
}

/// Whether this file executes a row: all operands have one type, or one is a condition.
pub fn is_elementwise(row: &OpInfo) -> bool {
    const GROUPS: [Group; 5] = [Group::Arithmetic, Group::Comparison, Group::Conversion, Group::Float, Group::Integer];
    const ELSEWHERE: [Opcode; 4] = [Opcode::Cast, Opcode::AsType, Opcode::ExtractBits, Opcode::InsertBits];
    GROUPS.contains(&row.group) && !ELSEWHERE.contains(&row.code)
}

/// One kernel with every row: result `r` of element `e` goes to place `r * LEN + e` of the buffer that has its type.
fn case(dtype: DType, width: usize) -> Case {
    let promoted = if width == 1 { dtype.promoted() } else { dtype };
    let rows = rows(dtype);
    let kernel = Make::kernel(&format!("every_{dtype}{width}"), |k| build(k, dtype, promoted, width, &rows));
    let inputs = inputs(dtype);
    let places = rows.len() * LEN;
    let mut arguments = inputs.to_vec();
    let mut expected = Vec::new();
    for (buffer, of) in [dtype, promoted, DType::Bool].into_iter().enumerate() {
        arguments.push(Data::filled(of, places, 0));
        expected.push((3 + buffer, vec![None; places]));
    }
    for (r, row) in rows.iter().enumerate() {
        fill_expected(row, r, dtype, promoted, &inputs, &mut expected);
    }
    let threads = (LEN / width) as u32;
    let tolerance = match dtype {
        DType::F16 => 3e-3,
        DType::BF16 => 3e-2,
        _ => 1e-5,
    };
    Case { kernel, arguments, grid: [threads, 1, 1], threads: [threads, 1, 1], expected, tolerance }
}

/// The buffer that a row's result goes to: 0 as the operands, 1 promoted, 2 `bool`.
fn buffer(row: &OpInfo, dtype: DType) -> usize {
    match row.signature.result {
        ResultRule::Test => 2,
        _ if row.signature.promote && dtype != DType::Bool => 1,
        _ => 0,
    }
}

fn fill_expected(
    row: &OpInfo,
    r: usize,
    dtype: DType,
    promoted: DType,
    inputs: &[Data; 3],
    expected: &mut [(usize, Expected)],
) {
    let operand = if row.signature.promote && dtype != DType::Bool { promoted } else { dtype };
    for e in 0..LEN {
        let mut operands: Vec<Literal> = inputs[..arity(row)].iter().map(|data| data.values[e]).collect();
        if row.code == Opcode::Select {
            // The condition of vectors is that of their thread, so it is the same for all elements here.
            operands.push(Literal::Bool(true));
        }
        let result = reference::result(row.code, operand, &operands);
        expected[buffer(row, dtype)].1[r * LEN + e] = result;
    }
}

fn arity(row: &OpInfo) -> usize {
    row.signature.params.iter().filter(|param| param.kind == Kind::T).count()
}

fn build(k: &mut Make, dtype: DType, promoted: DType, width: usize, rows: &[&OpInfo]) {
    let inputs = ["x", "y", "z"].map(|name| k.buffer(name, dtype));
    let outputs = [("same", dtype), ("wide", promoted), ("flags", DType::Bool)].map(|(name, d)| k.buffer(name, d));
    let i = k.value(Opcode::ThreadPositionInGrid, &[]);
    let first = k.named("first", Opcode::Mul, &[i.into(), int(width as i128)]);
    let values = inputs.map(|memory| gather(k, memory, first, width));
    let always = k.value(Opcode::CmpGe, &[first.into(), int(0)]);
    for (r, row) in rows.iter().enumerate() {
        let mut args: Vec<Arg> = values[..arity(row)].iter().map(|&v| v.into()).collect();
        if row.code == Opcode::Select {
            args.push(always.into());
        }
        let result = k.value(row.code, &args);
        scatter(k, outputs[buffer(row, dtype)], first, r * LEN, result, width);
    }
}

/// Three operands: the second is never 0 or -1, and never greater than the third.
fn inputs(dtype: DType) -> [Data; 3] {
    if dtype.is_float() {
        let x =
            [0.5, -0.25, 0.75, 1.0, -1.0, 2.5, 0.0, -0.0, 3.0, -3.5, 0.125, 7.0, 1e-3, -6.25, f64::NAN, f64::INFINITY];
        let y = [0.25, 2.0, -0.5, 1.5, 3.0, -2.0, 0.75, 1.0, -1.5, 0.5, f64::NEG_INFINITY, f64::NAN];
        let cycle = |list: &[f64]| Data::floats(dtype, (0..LEN).map(|i| list[i % list.len()]));
        let y = cycle(&y);
        let z = Data {
            dtype,
            values: y
                .values
                .iter()
                .map(|v| match v {
                    Literal::Float(v) => number(dtype, Literal::Float(v.abs() + 0.5)),
                    other => *other,
                })
                .collect(),
        };
        return [cycle(&x), y, z];
    }
    let (lo, hi) = dtype.integer_range().unwrap_or((0, 1));
    let x = [0, 1, -1, 2, 7, hi, lo, hi - 1, lo + 1, 100, 37, -5];
    let y = [3, -7, 2, 5, 13, -3, 40, 9];
    [
        Data::new(dtype, (0..LEN).map(|i| x[i % x.len()])),
        Data::new(dtype, (0..LEN).map(|i| y[i % y.len()])),
        Data::new(dtype, (0..LEN).map(|i| y[(i + 1) % y.len()])),
    ]
}
