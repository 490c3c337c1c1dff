//! What the lanes of a simdgroup and of a quad do together: reductions, prefixes, shuffles.

use enigma_ir::table::{Group, OpInfo, TABLE};
use enigma_ir::{Arg, DType, Literal, Opcode, ValueId};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, Expected, check};
use crate::components::{gather, scatter};
use crate::data::{Data, number};

/// Two simdgroups, the second of 8 lanes.
const THREADS: usize = 40;

/// Whether this file executes a row.
pub fn is_of_lanes(row: &OpInfo) -> bool {
    matches!(row.group, Group::Simdgroup | Group::Quad)
}

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
    DType::ALL.into_iter().filter(|&dtype| dtype != DType::Bool).map(|dtype| case(dtype, width)).collect()
}

/// The lane, the distance or the mask of a shuffle.
#[derive(Copy, Clone)]
enum Other {
    Constant(i128),
    /// Read from memory, where it is this number.
    Read(i128),
    /// A number of each lane's own.
    Varying,
}

/// A row, its operand if it is a shuffle, and whether only the even lanes come to it.
struct Call {
    row: &'static OpInfo,
    other: Option<Other>,
    even: bool,
}

/// Of vectors, only those to which a part of the lanes comes: that is the harder case, and they take long to compile.
fn calls(dtype: DType, width: usize) -> Vec<Call> {
    let parts: &[bool] = if width == 1 { &[false, true] } else { &[true] };
    let mut calls = Vec::new();
    for row in TABLE.iter().filter(|row| is_of_lanes(row) && row.signature.t.admits_dtype(dtype)) {
        let name = row.name;
        let others = match () {
            () if name.ends_with("shuffle") => vec![Some(Other::Varying), Some(Other::Constant(2))],
            () if name.ends_with("broadcast") => vec![Some(Other::Constant(2)), Some(Other::Read(0))],
            () if name.contains("shuffle") => {
                [Other::Constant(1), Other::Constant(2), Other::Read(3), Other::Constant(40)].map(Some).to_vec()
            }
            () => vec![None],
        };
        calls.extend(others.into_iter().flat_map(|other| parts.iter().map(move |&even| Call { row, other, even })));
    }
    calls
}

/// One kernel with every call: result `r` of thread `i` goes to place `(r * THREADS + i) * width`.
fn case(dtype: DType, width: usize) -> Case {
    let calls = calls(dtype, width);
    let kernel = Make::kernel(&format!("lanes_{dtype}{width}"), |k| build(k, dtype, width, &calls));
    // Powers of two, few of them greater than 1, so that sums and products are exact in every type and every order.
    let value = |i: usize| if i % 9 == 4 { 2 } else { 1 + i128::from(i % 31 == 7) * 3 };
    let input = Data::new(dtype, (0..THREADS * width).map(value));
    let read = Data::new(DType::I32, [0, 1, 2, 3]);
    let mut expected: Expected = Vec::new();
    for call in &calls {
        for i in 0..THREADS {
            for c in 0..width {
                let component = |lane: usize| input.values[lane * width + c];
                let none = Some(number(dtype, Literal::Int(0)));
                expected.push(if call.even && i % 2 == 1 { none } else { result(call, dtype, i, component) });
            }
        }
    }
    let output = Data::filled(dtype, expected.len(), 0);
    let threads = [THREADS as u32, 1, 1];
    let arguments = vec![input, read, output];
    Case { kernel, arguments, grid: threads, threads, expected: vec![(2, expected)], tolerance: 0.0 }
}

fn build(k: &mut Make, dtype: DType, width: usize, calls: &[Call]) {
    let (data, read, out) = (k.buffer("data", dtype), k.buffer("read", DType::I32), k.buffer("out", dtype));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let first = k.named("first", Opcode::Mul, &[i.into(), int(width as i128)]);
    let x = gather(k, data, first, width);
    let bit = k.value(Opcode::And, &[i.into(), int(1)]);
    let is_even = k.named("is_even", Opcode::CmpEq, &[bit.into(), int(0)]);
    for (r, call) in calls.iter().enumerate() {
        let other = call.other.map(|other| match other {
            Other::Constant(number) => int(number),
            Other::Read(number) => k.load(read, int(number)).into(),
            Other::Varying => varying(k, i, call.row.group),
        });
        let args: Vec<Arg> = [x.into()].into_iter().chain(other).collect();
        if call.even {
            k.begin_if(is_even);
        }
        let result = k.value(call.row.code, &args);
        scatter(k, out, first, r * THREADS * width, result, width);
        if call.even {
            k.begin_else(&[]);
            k.end_if(&[]);
        }
    }
}

/// `i * 3 + 2`, within the group.
fn varying(k: &mut Make, i: ValueId, group: Group) -> Arg {
    let times = k.value(Opcode::Mul, &[i.into(), int(3)]);
    let plus = k.value(Opcode::Add, &[times.into(), int(2)]);
    k.value(Opcode::And, &[plus.into(), int(lanes(group) as i128 - 1)]).into()
}

fn lanes(group: Group) -> usize {
    if group == Group::Quad { 4 } else { 32 }
}

/// What thread `i` gets; `None` where a lane is read that is not there.
fn result(call: &Call, dtype: DType, i: usize, x: impl Fn(usize) -> Literal) -> Option<Literal> {
    let lanes = lanes(call.row.group);
    let (start, lane) = (i / lanes * lanes, i % lanes);
    let active = |thread: usize| thread < THREADS && !(call.even && thread % 2 == 1);
    let members = || (start..start + lanes).filter(|&thread| active(thread));
    let name = call.row.name.split_once('_').map_or("", |(_, name)| name);
    if let Some(other) = call.other {
        let other = match other {
            Other::Constant(number) | Other::Read(number) => number as usize,
            Other::Varying => (i * 3 + 2) % lanes,
        };
        let from = match name {
            "shuffle_up" => {
                if lane < other {
                    lane
                } else {
                    lane - other
                }
            }
            "shuffle_down" => {
                if lane + other >= lanes {
                    lane
                } else {
                    lane + other
                }
            }
            "shuffle_xor" => lane ^ other,
            _ => other,
        };
        return (from < lanes && active(start + from)).then(|| x(start + from));
    }
    let taken: Vec<Literal> = match name {
        _ if name.contains("exclusive") => members().filter(|&thread| thread < i).map(x).collect(),
        _ if name.contains("inclusive") => members().filter(|&thread| thread <= i).map(x).collect(),
        _ => members().map(x).collect(),
    };
    let identity = number(dtype, Literal::Int(i128::from(name.contains("product"))));
    taken.into_iter().reduce(|a, b| combine(name, dtype, a, b)).or(Some(identity))
}

fn combine(name: &str, dtype: DType, a: Literal, b: Literal) -> Literal {
    let value = match (a, b) {
        (Literal::Float(a), Literal::Float(b)) => Literal::Float(match name {
            "min" => a.min(b),
            "max" => a.max(b),
            _ if name.contains("product") => a * b,
            _ => a + b,
        }),
        _ => {
            let (a, b) = (a.as_int().unwrap_or(0), b.as_int().unwrap_or(0));
            Literal::Int(match name {
                "min" => a.min(b),
                "max" => a.max(b),
                "and" => a & b,
                "or" => a | b,
                "xor" => a ^ b,
                _ if name.contains("product") => a * b,
                _ => a + b,
            })
        }
    };
    number(dtype, value)
}
