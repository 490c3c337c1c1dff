//! Random kernels: right ones are right on every target and in every order, and the checker's verdict on spoiled ones is that of a brute-force oracle.
//!
//! `ENIGMA_RANDOM_KERNELS` says how many kernels are drawn for each test, and `ENIGMA_RANDOM_FIRST` with which seed they begin.

mod judge;
mod oracle;
mod run;
mod tiles;
mod trace;
mod verdicts;

use std::collections::BTreeSet;

use enigma_ir::Opcode;
use enigma_ir::table::TABLE;
use enigma_tests::random::{Change, sample};

/// So many in a run of the test suite.
const KERNELS: u64 = 300;

/// Functions whose results targets may round differently. They are held to their bounds one by one, in tests of their own.
const LEFT_OUT: [Opcode; 19] = {
    use Opcode::*;
    [
        Rsqrt, Exp, Exp2, Log, Log2, Log10, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Pow, Atan2, Normalize,
        Refract,
    ]
};

#[test]
fn the_kernels_use_the_whole_language() {
    let mut used = BTreeSet::new();
    for seed in 0..KERNELS {
        let kernel = sample(seed, Change::None).kernel;
        used.extend(kernel.walk().into_iter().map(|op| kernel.op(op).code));
    }
    let unused: Vec<Opcode> = TABLE.iter().map(|row| row.code).filter(|code| !used.contains(code)).collect();
    assert_eq!(unused, LEFT_OUT);
}

#[test]
fn right_kernels_are_right_in_every_order() {
    println!("{}", judge::all(KERNELS, 1, judge::right));
}

#[test]
fn passes_leave_right_kernels_right() {
    println!("{}", judge::all(KERNELS, 1, judge::optimised));
}

#[test]
fn tiles_are_read_or_left_to_be_read_back() {
    let judged = judge::all(KERNELS, 1, judge::read_back);
    println!("{judged}");
    assert!(judged.right * 6 > judged.checks, "hardly a kernel has nothing left to read: {judged}");
}

#[test]
fn right_kernels_are_right_as_metal_source() {
    println!("{}", judge::all(KERNELS, judge::BATCH, judge::right_as_metal));
}

#[test]
fn right_kernels_are_right_as_air() {
    println!("{}", judge::all(KERNELS, judge::BATCH, judge::right_as_air));
}

#[test]
fn spoiled_kernels_are_judged_as_the_oracle_does() {
    let judged = judge::all(KERNELS, 1, judge::spoiled);
    println!("{judged}");
    assert!((judged.erroneous + judged.refused) * 2 > judged.spoiled, "most changes make no difference: {judged}");
}
