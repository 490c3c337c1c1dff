//! Loops, branches, and the order of loads and stores around them.

use enigma_ir::{DType, Kernel, Literal, Opcode, Verified};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::{float, int};

use crate::case::{Case, check};
use crate::data::Data;

const THREADS: usize = 40;

fn ints(f: impl Fn(i128) -> i128) -> Data {
    Data::new(DType::I32, (0..THREADS as i128).map(f))
}

/// A kernel over one `int` buffer, that starts as 0, 1, 2 ….
fn case(kernel: Verified<Kernel>, expected: impl Fn(i128) -> i128) -> Case {
    Case::exact(kernel, vec![ints(|i| i)], THREADS as u32, 0, ints(expected))
}

fn kernel(name: &str, body: impl FnOnce(&mut Make, enigma_ir::MemoryId, enigma_ir::ValueId)) -> Verified<Kernel> {
    Make::kernel(name, |k| {
        let data = k.buffer("data", DType::I32);
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        body(k, data, i);
    })
}

#[test]
fn loops_and_branches() {
    check(
        &[swap(), rotation(), nested(), chosen(), counting_down(), long_condition(), in_place(), never()],
        &[AsyncLowering::Asm],
    );
}

#[test]
fn order_of_accesses() {
    check(
        &[
            load_before_store(),
            computed_before_store(),
            load_across_loop(),
            exchanged(),
            registers(),
            vectors_carried(),
        ],
        &[AsyncLowering::Asm],
    );
}

/// What was computed from an element is stored to it after the element has changed.
fn computed_before_store() -> Case {
    let kernel = kernel("computed_before_store", |k, data, i| {
        let before = k.load(data, i);
        let sum = k.value(Opcode::Add, &[before.into(), int(1)]);
        k.store(data, i, int(100));
        k.store(data, i, sum);
    });
    case(kernel, |i| i + 1)
}

/// Two carries that change places.
fn swap() -> Case {
    let kernel = kernel("swap", |k, data, i| {
        let (_, c) = k.begin_for([int(0), i.into(), int(1)], &[int(3), int(8)]);
        let r = k.end_for(&[c[1], c[0]]);
        let tens = k.value(Opcode::Mul, &[r[0].into(), int(10)]);
        let both = k.value(Opcode::Add, &[tens.into(), r[1].into()]);
        k.store(data, i, both);
    });
    case(kernel, |i| if i % 2 == 0 { 38 } else { 83 })
}

/// Three carries that go round, one of them changing on the way.
fn rotation() -> Case {
    let kernel = kernel("rotation", |k, data, i| {
        let (_, c) = k.begin_for([int(0), i.into(), int(1)], &[int(1), int(2), int(3)]);
        let grown = k.value(Opcode::Add, &[c[2].into(), c[0].into()]);
        let r = k.end_for(&[c[1], c[2], grown]);
        let sum = k.value(Opcode::Mul, &[r[0].into(), int(7)]);
        let sum = k.value(Opcode::Add, &[sum.into(), r[1].into()]);
        let sum = k.value(Opcode::Sub, &[sum.into(), r[2].into()]);
        k.store(data, i, sum);
    });
    case(kernel, |i| {
        let (mut a, mut b, mut c) = (1u32, 2u32, 3u32);
        for _ in 0..i {
            (a, b, c) = (b, c, c.wrapping_add(a));
        }
        i128::from(a.wrapping_mul(7).wrapping_add(b).wrapping_sub(c) as i32)
    })
}

/// A loop in a loop, with one carry through both; the inner one runs less and less.
fn nested() -> Case {
    let kernel = kernel("nested", |k, data, i| {
        let (outer, a) = k.begin_for([int(0), i.into(), int(1)], &[int(0)]);
        k.call_it(a[0], "total");
        let (inner, b) = k.begin_for([outer.into(), i.into(), int(2)], &[a[0].into()]);
        let next = k.value(Opcode::Add, &[b[0].into(), inner.into()]);
        let b = k.end_for(&[next]);
        let next = k.value(Opcode::Xor, &[b[0].into(), outer.into()]);
        let a = k.end_for(&[next]);
        k.store(data, i, a[0]);
    });
    case(kernel, |i| {
        let mut total = 0u32;
        for outer in 0..i {
            for inner in (outer..i).step_by(2) {
                total = total.wrapping_add(inner as u32);
            }
            total ^= outer as u32;
        }
        i128::from(total as i32)
    })
}

/// Branches with results: both sides work, one side passes on, nested.
fn chosen() -> Case {
    let kernel = kernel("chosen", |k, data, i| {
        let x = k.load(data, i);
        let big = k.value(Opcode::CmpGt, &[x.into(), int(10)]);
        k.begin_if(big);
        let odd = k.value(Opcode::And, &[x.into(), int(1)]);
        let odd = k.value(Opcode::CmpEq, &[odd.into(), int(1)]);
        k.begin_if(odd);
        let thrice = k.value(Opcode::Mul, &[x.into(), int(3)]);
        k.store(data, i, thrice);
        k.begin_else(&[thrice.into(), x.into()]);
        let less = k.value(Opcode::Sub, &[x.into(), int(1)]);
        let r = k.end_if(&[x.into(), less.into()]);
        k.begin_else(&[r[0].into(), r[1].into()]);
        let negated = k.value(Opcode::Neg, &[x.into()]);
        let r = k.end_if(&[negated.into(), x.into()]);
        let now = k.load(data, i);
        let sum = k.value(Opcode::Mul, &[r[0].into(), int(1000)]);
        let sum = k.value(Opcode::Add, &[sum.into(), r[1].into()]);
        let sum = k.value(Opcode::Add, &[sum.into(), now.into()]);
        k.store(data, i, sum);
    });
    case(kernel, |i| match i {
        i if i > 10 && i % 2 == 1 => 3 * i * 1000 + i + 3 * i,
        i if i > 10 => i * 1000 + i - 1 + i,
        i => -i * 1000 + 2 * i,
    })
}

fn counting_down() -> Case {
    let kernel = kernel("counting_down", |k, data, i| {
        let (j, c) = k.begin_for([i.into(), int(-1), int(-3)], &[int(0)]);
        let next = k.value(Opcode::Mul, &[c[0].into(), int(5)]);
        let next = k.value(Opcode::Add, &[next.into(), j.into()]);
        let r = k.end_for(&[next]);
        k.store(data, i, r[0]);
    });
    case(kernel, |i| {
        let sum = (0..=i).rev().step_by(3).fold(0u32, |sum, j| sum.wrapping_mul(5).wrapping_add(j as u32));
        i128::from(sum as i32)
    })
}

/// A condition that takes more than an expression: it stores, and uses a value twice.
fn long_condition() -> Case {
    let kernel = kernel("long_condition", |k, data, i| {
        let c = k.begin_while(&[i.into(), int(0)]);
        let next = k.value(Opcode::Add, &[c[0].into(), int(3)]);
        let squared = k.value(Opcode::Mul, &[next.into(), next.into()]);
        let small = k.value(Opcode::CmpLt, &[squared.into(), int(2000)]);
        k.store(data, i, squared);
        let c = k.begin_while_body(small);
        let up = k.value(Opcode::Add, &[c[0].into(), int(2)]);
        let count = k.value(Opcode::Add, &[c[1].into(), int(1)]);
        let r = k.end_while(&[up, count]);
        let last = k.load(data, i);
        let sum = k.value(Opcode::Mul, &[r[1].into(), int(100_000)]);
        let sum = k.value(Opcode::Add, &[sum.into(), last.into()]);
        k.store(data, i, sum);
    });
    case(kernel, |i| {
        let (mut n, mut count) = (i, 0);
        while (n + 3) * (n + 3) < 2000 {
            (n, count) = (n + 2, count + 1);
        }
        count * 100_000 + (n + 3) * (n + 3)
    })
}

/// The user's name for a value is that of an earlier one which is still needed.
fn in_place() -> Case {
    let kernel = kernel("in_place", |k, data, i| {
        let x = k.load(data, i);
        k.call_it(x, "x");
        let twice = k.named("x", Opcode::Add, &[x.into(), x.into()]);
        let more = k.named("x", Opcode::Mul, &[twice.into(), twice.into()]);
        let last = k.named("x", Opcode::Sub, &[more.into(), x.into()]);
        k.store(data, i, last);
    });
    case(kernel, |i| 4 * i * i - i)
}

/// Loops that run not once.
fn never() -> Case {
    let kernel = kernel("never", |k, data, i| {
        let (_, c) = k.begin_for([int(5), int(5), int(1)], &[int(7)]);
        let next = k.value(Opcode::Add, &[c[0].into(), int(1)]);
        let r = k.end_for(&[next]);
        k.store(data, i, r[0]);
    });
    case(kernel, |_| 7)
}

/// What is loaded before a store is the old value, however late it is used.
fn load_before_store() -> Case {
    let kernel = kernel("load_before_store", |k, data, i| {
        let old = k.load(data, i);
        k.store(data, i, int(1000));
        let new = k.load(data, i);
        let sum = k.value(Opcode::Sub, &[new.into(), old.into()]);
        k.store(data, i, sum);
    });
    case(kernel, |i| 1000 - i)
}

/// The bound of a loop is read once, before the loop changes it.
fn load_across_loop() -> Case {
    let kernel = kernel("load_across_loop", |k, data, i| {
        let bound = k.load(data, i);
        let (_, _) = k.begin_for([int(0), bound.into(), int(1)], &[]);
        let x = k.load(data, i);
        let x = k.value(Opcode::Sub, &[x.into(), int(1)]);
        k.store(data, i, x);
        k.end_for(&[]);
    });
    case(kernel, |_| 0)
}

/// Two elements change places.
fn exchanged() -> Case {
    let kernel = kernel("exchanged", |k, data, i| {
        let half = k.value(Opcode::CmpLt, &[i.into(), int(20)]);
        k.begin_if(half);
        let other = k.value(Opcode::Sub, &[int(39), i.into()]);
        let (x, y) = (k.load(data, i), k.load(data, other));
        k.store(data, i, y);
        k.store(data, other, x);
        k.begin_else(&[]);
        k.end_if(&[]);
    });
    case(kernel, |i| 39 - i)
}

/// A register tensor that each turn of a loop makes afresh, with a fill that is computed.
fn registers() -> Case {
    let kernel = kernel("registers", |k, data, i| {
        let (j, c) = k.begin_for([int(0), int(3), int(1)], &[int(0)]);
        let fill = k.value(Opcode::Cast, &[i.into(), DType::I32.into_arg()]);
        let fill = k.value(Opcode::Add, &[fill.into(), j.into()]);
        let own = k.registers("own", DType::I32, 4, Some(fill.into()));
        k.store(own, j, int(100));
        let (n, d) = k.begin_for([int(0), int(4), int(1)], &[c[0].into()]);
        let x = k.load(own, n);
        let next = k.value(Opcode::Add, &[d[0].into(), x.into()]);
        let d = k.end_for(&[next]);
        let r = k.end_for(&[d[0]]);
        k.store(data, i, r[0]);
    });
    case(kernel, |i| (0..3).map(|j| 100 + 3 * (i + j)).sum())
}

/// A vector carried by a loop.
fn vectors_carried() -> Case {
    let kernel = Make::kernel("vectors_carried", |k| {
        let data = k.buffer("data", DType::F32);
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let x = k.load(data, i);
        let start = k.value(Opcode::MakeVec, &[x.into(), float(1.0)]);
        let (_, c) = k.begin_for([int(0), int(3), int(1)], &[start.into()]);
        let next = k.value(Opcode::Mul, &[c[0].into(), float(2.0)]);
        let next = k.value(Opcode::Add, &[next.into(), start.into()]);
        let r = k.end_for(&[next]);
        let sum = k.value(Opcode::VecExtract, &[r[0].into(), int(0)]);
        let y = k.value(Opcode::VecExtract, &[r[0].into(), int(1)]);
        let sum = k.value(Opcode::Add, &[sum.into(), y.into()]);
        k.store(data, i, sum);
    });
    let data = |f: fn(i128) -> i128| Data::new(DType::F32, (0..THREADS as i128).map(f));
    Case::exact(kernel, vec![data(|i| i)], THREADS as u32, 0, data(|i| 15 * i + 15))
}

/// An element type as an argument.
trait IntoArg {
    fn into_arg(self) -> enigma_ir::Arg;
}

impl IntoArg for DType {
    fn into_arg(self) -> enigma_ir::Arg {
        enigma_ir::Arg::DType(self)
    }
}

#[test]
fn positions() {
    use enigma_tests::make::name;
    const FAMILY: [Opcode; 6] = [
        Opcode::ThreadPositionInGrid,
        Opcode::ThreadPositionInThreadgroup,
        Opcode::ThreadgroupPositionInGrid,
        Opcode::ThreadsPerThreadgroup,
        Opcode::ThreadsPerGrid,
        Opcode::ThreadgroupsPerGrid,
    ];
    const INDICES: [Opcode; 5] = [
        Opcode::ThreadIndexInThreadgroup,
        Opcode::ThreadIndexInSimdgroup,
        Opcode::SimdgroupIndexInThreadgroup,
        Opcode::ThreadsPerSimdgroup,
        Opcode::SimdgroupsPerThreadgroup,
    ];
    let (grid, threads) = ([10u32, 7, 2], [8u32, 5, 1]);
    let total: u32 = grid.iter().product();
    let kernel = Make::kernel("positions", |k| {
        let out = k.buffer("out", DType::U32);
        let [x, y, z] = ["x", "y", "z"].map(|d| k.value(Opcode::ThreadPositionInGrid, &[name(d)]));
        let row = k.value(Opcode::Mul, &[z.into(), int(i128::from(grid[1]))]);
        let row = k.value(Opcode::Add, &[row.into(), y.into()]);
        let at = k.value(Opcode::Mul, &[row.into(), int(i128::from(grid[0]))]);
        let at = k.value(Opcode::Add, &[at.into(), x.into()]);
        let at = k.named("at", Opcode::Mul, &[at.into(), int(23)]);
        let family = FAMILY.into_iter().flat_map(|code| ["x", "y", "z"].map(|d| (code, vec![name(d)])));
        let indices = INDICES.into_iter().map(|code| (code, Vec::new()));
        for (n, (code, args)) in family.chain(indices).enumerate() {
            let value = k.value(code, &args);
            let at = k.value(Opcode::Add, &[at.into(), int(n as i128)]);
            k.store(out, at, value);
        }
    });
    let mut expected = Vec::new();
    for n in 0..total {
        let at = [n % grid[0], n / grid[0] % grid[1], n / grid[0] / grid[1]];
        let group = [0, 1, 2].map(|d| at[d] / threads[d]);
        let local = [0, 1, 2].map(|d| at[d] % threads[d]);
        let size = [0, 1, 2].map(|d| threads[d].min(grid[d] - group[d] * threads[d]));
        let groups = [0, 1, 2].map(|d| grid[d].div_ceil(threads[d]));
        let index = (local[2] * size[1] + local[1]) * size[0] + local[0];
        let all: u32 = size.iter().product();
        expected.extend([at, local, group, size, grid, groups].concat());
        expected.extend([index, index % 32, index / 32, 32, all.div_ceil(32)]);
    }
    let expected: Vec<Option<Literal>> = expected.into_iter().map(|v| Some(Literal::Int(i128::from(v)))).collect();
    let arguments = vec![Data::filled(DType::U32, expected.len(), 0)];
    let case = Case { kernel, arguments, grid, threads, expected: vec![(0, expected)], tolerance: 0.0 };
    check(&[case], &[AsyncLowering::Asm]);
}
