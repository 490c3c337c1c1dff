//! What lanes do together: functions of simdgroups and quads, barriers, simdgroup matrices.

use enigma_air::Options;
use enigma_ir::target::{System, Target};
use enigma_ir::{Arg, DType, Opcode, ValueId};
use enigma_tests::make::{float, int, name};
use enigma_tests::{Make, kernels};

use crate::{lowered, plain};

/// The thread's element of a buffer, and the thread's number.
fn element(k: &mut Make, dtype: DType) -> (ValueId, ValueId) {
    let x = k.buffer("X", dtype);
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let value = k.load(x, i);
    (k.call_it(value, "x"), i)
}

/// The results of functions of the thread's element, each stored over it.
fn functions(k: &mut Make, dtype: DType, codes: &[(Opcode, Option<Arg>)]) {
    let (x, i) = element(k, dtype);
    let out = k.buffer("out", dtype);
    for (code, other) in codes {
        let operands: Vec<Arg> = [x.into()].into_iter().chain(other.clone()).collect();
        let value = k.named(code.info().name, *code, &operands);
        k.store(out, i, value);
    }
}

#[test]
fn of_each_type() {
    insta::assert_snapshot!(lowered("of_each_type", &plain(), |k| {
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        for dtype in DType::ALL.into_iter().filter(|&dtype| dtype != DType::Bool && dtype.bits() < 64) {
            let buffer = k.buffer(dtype.short(), dtype);
            let x = k.load(buffer, i);
            let sum = k.value(Opcode::SimdSum, &[x.into()]);
            let other = k.named(dtype.short(), Opcode::QuadShuffleXor, &[sum.into(), int(1)]);
            k.store(buffer, i, other);
        }
    }));
}

#[test]
fn distances_and_lanes() {
    insta::assert_snapshot!(lowered("distances_and_lanes", &plain(), |k| {
        let (by, far) = (k.scalar("by", DType::I32), k.scalar("far", DType::U64));
        let numbers = [Some(int(40)), Some(by.into()), Some(far.into())];
        let shuffles = [Opcode::SimdShuffleUp, Opcode::SimdShuffle, Opcode::QuadShuffleDown, Opcode::QuadBroadcast];
        let all: Vec<_> = shuffles.into_iter().flat_map(|code| numbers.clone().map(|number| (code, number))).collect();
        functions(k, DType::F32, &all);
    }));
}

#[test]
fn halves_of_64_bits() {
    insta::assert_snapshot!(lowered("halves_of_64_bits", &plain(), |k| {
        functions(k, DType::U64, &[(Opcode::SimdXor, None), (Opcode::SimdBroadcast, Some(int(3)))]);
    }));
}

#[test]
fn sums_of_64_bits() {
    insta::assert_snapshot!(lowered("sums_of_64_bits", &plain(), |k| {
        functions(k, DType::I64, &[(Opcode::SimdSum, None), (Opcode::QuadMin, None)]);
    }));
}

#[test]
fn prefixes_of_64_bits() {
    insta::assert_snapshot!(lowered("prefixes_of_64_bits", &plain(), |k| {
        let prefixes = [(Opcode::SimdPrefixExclusiveProduct, None), (Opcode::QuadPrefixInclusiveSum, None)];
        functions(k, DType::U64, &prefixes);
    }));
}

fn barriers(k: &mut Make) {
    for flags in ["mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup"] {
        k.does(Opcode::Barrier, &[name(flags)]);
        k.does(Opcode::SimdBarrier, &[name(flags)]);
    }
}

#[test]
fn barriers_of_macos_15() {
    insta::assert_snapshot!(lowered("barriers", &plain(), barriers));
}

#[test]
fn barriers_of_macos_26() {
    insta::assert_snapshot!(lowered("barriers", &of_macos_26(), barriers));
}

fn of_macos_26() -> Options {
    Options { target: Target { system: System::MacOs26, ..plain().target }, ..plain() }
}

/// A product of halves, one of them transposed, with a sum of floats.
fn matrices(k: &mut Make) {
    let (a, c, pitch) = (k.buffer("A", DType::F16), k.buffer("C", DType::F32), k.scalar("pitch", DType::U32));
    let load = |k: &mut Make, name: &str, offset: i128, transposed: bool| {
        let [rows, cols] = [int(8), int(8)];
        let transposed = Arg::Literal(enigma_ir::Literal::Bool(transposed));
        let operands = [a.into(), pitch.into(), Arg::Missing, rows, cols, int(offset), transposed];
        k.named(name, Opcode::SimdgroupMatrixLoad, &operands)
    };
    let (left, right) = (load(k, "left", 0, false), load(k, "right", 64, true));
    let sum = k.named("sum", Opcode::MakeFilledSimdgroupMatrix, &[float(1.5)]);
    let product = k.named("product", Opcode::SimdgroupMultiplyAccumulate, &[left.into(), right.into(), sum.into()]);
    k.does(Opcode::SimdgroupMatrixStore, &[product.into(), c.into(), pitch.into(), int(8)]);
}

#[test]
fn matrices_of_macos_15() {
    insta::assert_snapshot!(lowered("matrices", &plain(), matrices));
}

#[test]
fn matrices_of_macos_26() {
    insta::assert_snapshot!(lowered("matrices", &of_macos_26(), matrices));
}

#[test]
fn a_matrix_of_bfloats() {
    insta::assert_snapshot!(lowered("bfloat_square", &plain(), kernels::bfloat_square));
}

#[test]
fn a_filled_matrix_of_bfloats() {
    insta::assert_snapshot!(lowered("filled", &plain(), |k| {
        let (out, value) = (k.buffer("out", DType::BF16), k.scalar("value", DType::I32));
        let filled = k.named("filled", Opcode::MakeFilledSimdgroupMatrix, &[value.into(), Arg::DType(DType::BF16)]);
        k.does(Opcode::SimdgroupMatrixStore, &[filled.into(), out.into(), int(8)]);
    }));
}
