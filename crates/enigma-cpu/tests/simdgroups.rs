//! Reductions over simdgroups, and simdgroup matrices.

mod common;

use common::data::{Data, float_bits, float_of, int_bits, int_of};
use common::{Sketch, float, int, line, run};
use enigma_ir::{Arg, DType, Opcode};

const REDUCTIONS: [Opcode; 7] = [
    Opcode::SimdSum,
    Opcode::SimdProduct,
    Opcode::SimdMin,
    Opcode::SimdMax,
    Opcode::SimdAnd,
    Opcode::SimdOr,
    Opcode::SimdXor,
];

/// Threads: two whole simdgroups and one of 6 lanes; lanes of a number that 3 divides sit out.
const THREADS: usize = 70;

#[test]
fn reductions_of_every_type_over_the_lanes_that_take_part() {
    for code in REDUCTIONS {
        for dtype in DType::ALL.into_iter().filter(|&d| code.info().signature.t.admits_dtype(d)) {
            let mut s = Sketch::new();
            let [src, out] = ["src", "out"].map(|n| s.buffer(n, dtype));
            let thread = s.thread();
            let x = s.load(src, thread);
            let rest = s.value(Opcode::Rem, [thread.into(), int(3)]);
            let takes_part = s.value(Opcode::CmpNe, [rest.into(), int(0)]);
            s.when(takes_part, |s| {
                let total = s.value(code, [x.into()]);
                s.store(out, thread, total);
            });
            let bits = |i: usize| match dtype.is_float() {
                true => float_bits(dtype, [1.0, -2.0, 0.5, 1.5, 4.0][i % 5]),
                false => int_bits(dtype, i as i128 * 37 - 50),
            };
            let source = Data::new(dtype, (0..THREADS).map(bits));
            let mut got = Data::new(dtype, vec![0; THREADS]);
            run(&s.program(), line(THREADS as u32, THREADS as u32), &[source.read(dtype), got.write(dtype)]);
            for (thread, &got) in got.bits().iter().enumerate() {
                let lanes = (thread / 32 * 32..THREADS.min(thread / 32 * 32 + 32)).filter(|t| t % 3 != 0);
                let wanted = if thread % 3 == 0 { 0 } else { total(code, dtype, lanes.map(bits)) };
                assert_eq!(got, wanted, "{code:?} of {dtype}, thread {thread}");
            }
        }
    }
}

/// Exact, since the floats are chosen so that no order rounds.
fn total(code: Opcode, dtype: DType, numbers: impl Iterator<Item = u64>) -> u64 {
    if dtype.is_float() {
        let both = |x: f32, y: f32| match code {
            Opcode::SimdSum => x + y,
            Opcode::SimdProduct => x * y,
            Opcode::SimdMin => x.min(y),
            _ => x.max(y),
        };
        return float_bits(dtype, numbers.map(|bits| float_of(dtype, bits)).reduce(both).unwrap());
    }
    let both = |x: i128, y: i128| match code {
        Opcode::SimdSum => x + y,
        Opcode::SimdProduct => dtype.wrap(x.wrapping_mul(y)),
        Opcode::SimdMin => x.min(y),
        Opcode::SimdMax => x.max(y),
        Opcode::SimdAnd => x & y,
        Opcode::SimdOr => x | y,
        _ => x ^ y,
    };
    int_bits(dtype, numbers.map(|bits| int_of(dtype, bits)).reduce(both).unwrap())
}

/// Two simdgroups multiply matrices of their own, from threadgroup memory, with pitches and a transposed factor.
#[test]
fn matrices_of_every_type() {
    for factors in [DType::F32, DType::F16, DType::BF16] {
        for sum in [DType::F32, factors] {
            let mut s = Sketch::new();
            let [a, b] = ["a", "b"].map(|n| s.buffer(n, factors));
            let out = s.buffer("out", sum);
            let tile = s.tile("tile", factors, 2 * 8 * 10);
            let group = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
            let start = s.value(Opcode::Mul, [group.into(), int(80)]);
            let out_start = s.value(Opcode::Mul, [group.into(), int(64)]);
            let event = s.value(
                Opcode::AsyncCopy2dD2t,
                [tile.into(), start.into(), int(10), a.into(), out_start.into(), int(8), int(8), int(8)],
            );
            s.wait(event);
            let m = Arg::Missing;
            let a = s.value(
                Opcode::SimdgroupMatrixLoad,
                [tile.into(), int(10), m.clone(), m.clone(), m.clone(), start.into()],
            );
            let transposed = Arg::Literal(enigma_ir::Literal::Bool(true));
            let b = s.value(
                Opcode::SimdgroupMatrixLoad,
                [b.into(), int(8), m.clone(), m.clone(), m, out_start.into(), transposed],
            );
            let c = s.value(Opcode::MakeFilledSimdgroupMatrix, [float(0.5), Arg::DType(sum)]);
            let product = s.value(Opcode::SimdgroupMultiplyAccumulate, [a.into(), b.into(), c.into()]);
            let product = s.value(Opcode::SimdgroupMultiplyAccumulate, [a.into(), b.into(), product.into()]);
            s.call(Opcode::SimdgroupMatrixStore, [product.into(), out.into(), int(8), out_start.into()]);
            let number = |i: usize, k: usize| ((i * k) % 13) as f32 / 4.0 - 1.5;
            let data = |k: usize| Data::new(factors, (0..128).map(|i| float_bits(factors, number(i, k))));
            let mut got = Data::new(sum, vec![0; 128]);
            run(&s.program(), line(64, 64), &[data(7).read(factors), data(5).read(factors), got.write(sum)]);
            for (at, &got) in got.bits().iter().enumerate() {
                let (group, row, col) = (at / 64 * 64, at / 8 % 8, at % 8);
                let product: f32 =
                    (0..8).map(|k| number(group + row * 8 + k, 7) * number(group + col * 8 + k, 5)).sum();
                let once = float_of(sum, float_bits(sum, product + 0.5));
                assert_eq!(float_of(sum, got), float_of(sum, float_bits(sum, once + product)), "{factors} {sum} {at}");
            }
        }
    }
}
