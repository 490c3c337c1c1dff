//! How fast the executor is, against `memcpy` and in GFLOP/s.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Sketch, float, input, int, line, output, run};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use enigma_cpu::{Launch, Program};
use enigma_ir::{Arg, DType, Opcode};

/// Elements of the round trip, and of one of its tiles.
const ELEMENTS: usize = 16 << 20;
const TILE: usize = 4096;

/// Each threadgroup copies a tile in, does `x * a + b` on it with all threads, and copies it out. Its first simdgroup issues the copies.
fn round_trip(threads: u32) -> Program {
    let mut s = Sketch::new();
    let (src, dst) = (s.buffer("src", DType::F32), s.buffer("dst", DType::F32));
    let tile = s.tile("tile", DType::F32, TILE as i128);
    let group = s.value(Opcode::ThreadgroupPositionInGrid, []);
    let base = s.value(Opcode::Mul, [group.into(), int(TILE as i128)]);
    let simdgroup = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
    let first = s.value(Opcode::CmpEq, [simdgroup.into(), int(0)]);
    let event = s
        .value(Opcode::AsyncCopy1dD2t, [tile.into(), int(0), src.into(), base.into(), int(TILE as i128), first.into()]);
    s.wait(event);
    s.barrier();
    let thread = s.value(Opcode::ThreadIndexInThreadgroup, []);
    s.count([thread.into(), int(TILE as i128), int(i128::from(threads))], DType::U32, &[], |s, i, _| {
        let x = s.load(tile, i);
        let scaled = s.value(Opcode::Mul, [x.into(), float(1.5)]);
        let moved = s.value(Opcode::Add, [scaled.into(), float(0.25)]);
        s.store(tile, i, moved);
        Vec::new()
    });
    s.barrier();
    let event = s
        .value(Opcode::AsyncCopy1dT2d, [dst.into(), base.into(), tile.into(), int(0), int(TILE as i128), first.into()]);
    s.wait(event);
    s.program()
}

/// Extent of the square matrices, and of the tiles of the product and of the inner dimension.
const N: i128 = 1024;
const BLOCK: i128 = 64;
const DEPTH: i128 = 16;
/// Simdgroups of a threadgroup: 2 x 2, each with a quarter of the block.
const SIMDGROUPS: u32 = 4;

/// C = A B by 64x64 blocks: tiles of 64x16 and 16x64 are copied in, the next ones while the present ones are used.
fn gemm() -> Program {
    let mut s = Sketch::new();
    let [a, b, c] = ["a", "b", "c"].map(|name| s.buffer(name, DType::F32));
    let a_tile = s.tile("a_tile", DType::F32, 2 * BLOCK * DEPTH);
    let b_tile = s.tile("b_tile", DType::F32, 2 * BLOCK * DEPTH);
    let [column, row] = ["x", "y"].map(|d| s.value(Opcode::ThreadgroupPositionInGrid, [common::name(d)]));
    let simdgroup = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
    let first = s.value(Opcode::CmpEq, [simdgroup.into(), int(0)]);
    let row_start = s.value(Opcode::Mul, [row.into(), int(BLOCK)]);
    let column_start = s.value(Opcode::Mul, [column.into(), int(BLOCK)]);
    let a_start = s.value(Opcode::Mul, [row_start.into(), int(N)]);
    let issue = |s: &mut Sketch, step: Arg| {
        let stage = s.value(Opcode::Rem, [step.clone(), int(2)]);
        let to = s.value(Opcode::Mul, [stage.into(), int(BLOCK * DEPTH)]);
        let depth = s.value(Opcode::Mul, [step, int(DEPTH)]);
        let a_from = s.value(Opcode::Add, [a_start.into(), depth.into()]);
        let below = s.value(Opcode::Mul, [depth.into(), int(N)]);
        let b_from = s.value(Opcode::Add, [below.into(), column_start.into()]);
        let more = s.value(Opcode::CmpLt, [depth.into(), int(N)]);
        let wanted = s.value(Opcode::And, [more.into(), first.into()]);
        let copy = |s: &mut Sketch, tile: Arg, pitch, src: Arg, from: Arg, cols, rows| {
            let args = [tile, to.into(), int(pitch), src, from, int(N), int(cols), int(rows), wanted.into()];
            s.value(Opcode::AsyncCopy2dD2t, args)
        };
        let a_event = copy(s, a_tile.into(), DEPTH, a.into(), a_from.into(), DEPTH, BLOCK);
        let b_event = copy(s, b_tile.into(), BLOCK, b.into(), b_from.into(), BLOCK, DEPTH);
        [a_event, b_event]
    };
    let zero = s.value(Opcode::MakeFilledSimdgroupMatrix, [float(0.0)]);
    let s_row = s.value(Opcode::Div, [simdgroup.into(), int(2)]);
    let s_column = s.value(Opcode::Rem, [simdgroup.into(), int(2)]);
    let a_rows = s.value(Opcode::Mul, [s_row.into(), int(32 * DEPTH)]);
    let b_columns = s.value(Opcode::Mul, [s_column.into(), int(32)]);
    let events = issue(&mut s, int(0));
    let mut init: Vec<Arg> = events.map(Arg::from).to_vec();
    init.extend((0..16).map(|_| Arg::from(zero)));
    let results = s.count([int(0), int(N / DEPTH), int(1)], DType::U32, &init, |s, step, carries| {
        let next = s.value(Opcode::Add, [step.into(), int(1)]);
        let events = issue(s, next.into());
        s.call(Opcode::AsyncCopyWait, [carries[0].into(), carries[1].into()]);
        s.barrier();
        let stage = s.value(Opcode::Rem, [step.into(), int(2)]);
        let start = s.value(Opcode::Mul, [stage.into(), int(BLOCK * DEPTH)]);
        let mut sums = carries[2..].to_vec();
        let a_base = s.value(Opcode::Add, [start.into(), a_rows.into()]);
        let b_base = s.value(Opcode::Add, [start.into(), b_columns.into()]);
        for k in 0..DEPTH / 8 {
            let load = |s: &mut Sketch, tile: Arg, pitch: i128, base: Arg, offset: i128| {
                let at = s.value(Opcode::Add, [base, int(offset)]);
                s.value(
                    Opcode::SimdgroupMatrixLoad,
                    [tile, int(pitch), Arg::Missing, Arg::Missing, Arg::Missing, at.into()],
                )
            };
            let rows: Vec<_> =
                (0..4).map(|i| load(s, a_tile.into(), DEPTH, a_base.into(), i * 8 * DEPTH + k * 8)).collect();
            let columns: Vec<_> =
                (0..4).map(|j| load(s, b_tile.into(), BLOCK, b_base.into(), k * 8 * BLOCK + j * 8)).collect();
            for (n, sum) in sums.iter_mut().enumerate() {
                let args = [rows[n / 4].into(), columns[n % 4].into(), (*sum).into()];
                *sum = s.value(Opcode::SimdgroupMultiplyAccumulate, args);
            }
        }
        s.barrier();
        events.into_iter().chain(sums).collect()
    });
    s.call(Opcode::AsyncCopyWait, [results[0].into(), results[1].into()]);
    let down = s.value(Opcode::Mul, [s_row.into(), int(32)]);
    let right = s.value(Opcode::Mul, [s_column.into(), int(32)]);
    let down = s.value(Opcode::Add, [row_start.into(), down.into()]);
    let right = s.value(Opcode::Add, [column_start.into(), right.into()]);
    let corner = s.value(Opcode::Mul, [down.into(), int(N)]);
    let corner = s.value(Opcode::Add, [corner.into(), right.into()]);
    for (n, &sum) in results[2..].iter().enumerate() {
        let offset = (n as i128 / 4 * N + n as i128 % 4) * 8;
        let at = s.value(Opcode::Add, [corner.into(), int(offset)]);
        s.call(Opcode::SimdgroupMatrixStore, [sum.into(), c.into(), int(N), at.into()]);
    }
    s.program()
}

fn bench_round_trip(c: &mut Criterion) {
    let src: Vec<f32> = (0..ELEMENTS).map(|i| (i % 1000) as f32).collect();
    let mut dst = vec![0.0f32; ELEMENTS];
    let mut group = c.benchmark_group("round trip of 64 MiB");
    group.sample_size(20).throughput(Throughput::Bytes(ELEMENTS as u64 * 4));
    group.bench_function("memcpy", |b| b.iter(|| std::hint::black_box(&mut dst).copy_from_slice(&src)));
    for threads in [256, 1024] {
        let program = round_trip(threads);
        let launch = line((ELEMENTS / TILE) as u32 * threads, threads);
        run(&program, launch, &[input(&src), output(&mut dst)]);
        assert!(dst.iter().zip(&src).all(|(&y, &x)| y == x * 1.5 + 0.25));
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| run(&program, launch, &[input(&src), output(&mut dst)]));
        });
    }
    group.finish();
}

fn bench_gemm(c: &mut Criterion) {
    let n = N as usize;
    let number = |i: usize, factor: usize| (i.wrapping_mul(factor) % 17) as f32 / 16.0 - 0.5;
    let a: Vec<f32> = (0..n * n).map(|i| number(i, 7919)).collect();
    let b: Vec<f32> = (0..n * n).map(|i| number(i, 104_729)).collect();
    let mut product = vec![0.0f32; n * n];
    let program = gemm();
    let groups = (N / BLOCK) as u32;
    let launch = Launch { grid: [groups * 32 * SIMDGROUPS, groups, 1], threads: [32 * SIMDGROUPS, 1, 1] };
    let mut group = c.benchmark_group("gemm 1024");
    group.sample_size(10).throughput(Throughput::Elements(2 * (n * n * n) as u64));
    run(&program, launch, &[input(&a), input(&b), output(&mut product)]);
    for (i, j) in [(0, 0), (511, 3), (1023, 1023), (77, 900)] {
        let exact: f64 = (0..n).map(|k| f64::from(a[i * n + k]) * f64::from(b[k * n + j])).sum();
        assert!((f64::from(product[i * n + j]) - exact).abs() < 1e-3, "{i} {j}");
    }
    group.bench_function("f32", |bench| {
        bench.iter(|| run(&program, launch, &[input(&a), input(&b), output(&mut product)]));
    });
    group.finish();
}

fn bench_lowering(c: &mut Criterion) {
    c.bench_function("trace, verify and lower the gemm", |b| b.iter(gemm));
}

criterion_group!(benches, bench_round_trip, bench_gemm, bench_lowering);
criterion_main!(benches);
