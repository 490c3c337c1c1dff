//! Dead code.

use enigma_ir::passes::sweep;
use enigma_ir::{DType, Opcode};

use crate::common::{Sketch, float, int, name};
use crate::{after, before_and_after, count, load, numbers, store, untouched};

#[test]
fn unused_values_and_loads() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let a = k.buffer("A", DType::U32);
        let index = k.value(Opcode::Add, &[x.into(), y.into()]);
        load(k, a, index);
        let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        k.value(Opcode::SimdSum, &[lane.into()]);
        vec![y]
    });
    insta::assert_snapshot!(before_and_after(sweep, &kernel));
}

#[test]
fn registers_that_nothing_reads() {
    let mut k = Sketch::new("registers");
    let out = k.buffer("out", DType::F32);
    let x = k.scalar("x", DType::F32);
    let (unread, read) =
        (k.registers("unread", DType::F32, 4, Some(float(0.0))), k.registers("read", DType::F32, 4, Some(float(0.0))));
    let (i, _) = k.begin_for(int(0), int(4), int(1), DType::U32, &[]);
    for registers in [unread, read] {
        k.call(Opcode::Store, &[registers.into(), i.into(), x.into()]);
    }
    k.end_for(&[]);
    let zero = k.value(Opcode::Sub, &[int(1), int(1)]);
    let last = load(&mut k, read, zero);
    store(&mut k, out, 0, last);
    insta::assert_snapshot!(before_and_after(sweep, &k.finish()));
}

#[test]
fn empty_branches_and_loops() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let less = k.value(Opcode::CmpLt, &[x.into(), y.into()]);
        k.begin_if(less);
        k.value(Opcode::Add, &[x.into(), y.into()]);
        k.end_if(&[]);
        let (i, _) = k.begin_for(int(0), x.into(), int(1), DType::U32, &[]);
        k.value(Opcode::Add, &[i.into(), y.into()]);
        k.end_for(&[]);
        vec![x]
    });
    insta::assert_snapshot!(before_and_after(sweep, &kernel));
}

#[test]
fn a_loop_without_an_end_stays() {
    let kernel = numbers(DType::U32, |k, x, y| {
        k.begin_for(int(0), x.into(), y.into(), DType::U32, &[]);
        k.end_for(&[]);
        let span = k.here();
        let goes_on = k.value(Opcode::CmpLt, &[x.into(), y.into()]);
        k.builder.begin_while(&[], span);
        k.builder.begin_while_body(&goes_on.into(), span);
        k.builder.end_while(&[], span);
        vec![x]
    });
    untouched(sweep, &kernel);
}

#[test]
fn carries_and_results_that_nothing_uses() {
    let mut k = Sketch::new("carries");
    let out = k.buffer("out", DType::I32);
    let n = k.scalar("n", DType::I32);
    let (i, carried) = k.begin_for(int(0), n.into(), int(1), DType::I32, &[n.into(), int(0), n.into()]);
    let unused = k.value(Opcode::Add, &[carried[0].into(), i.into()]);
    let used = k.value(Opcode::Mul, &[carried[1].into(), carried[2].into()]);
    let results = k.end_for(&[unused.into(), used.into(), i.into()]);
    let less = k.value(Opcode::CmpLt, &[results[1].into(), n.into()]);
    k.begin_if(less);
    k.begin_else(&[n.into(), results[0].into()]);
    let chosen = k.end_if(&[n.into(), results[0].into()]);
    store(&mut k, out, 0, chosen[0]);
    insta::assert_snapshot!(before_and_after(sweep, &k.finish()));
}

#[test]
fn what_acts_stays() {
    let mut k = Sketch::new("acts");
    let a = k.buffer("A", DType::U32);
    let (tile, n) = (k.tile("tile", DType::U32, 64), k.scalar("n", DType::U32));
    k.call(Opcode::Store, &[tile.into(), n.into(), n.into()]);
    k.call(Opcode::Barrier, &[]);
    k.call(Opcode::AtomicFetchAdd, &[a.into(), n.into(), n.into()]);
    k.call(Opcode::DebugPrint, &[name("n is {}"), enigma_ir::Arg::Missing, n.into()]);
    let event = k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), int(0), a.into(), int(0), int(8)]);
    k.call(Opcode::AsyncCopyWait, &[event.into()]);
    untouched(sweep, &k.finish());
}

#[test]
fn a_copy_keeps_the_registers_it_fills() {
    let mut k = Sketch::new("filled");
    let a = k.buffer("A", DType::F32);
    let registers = k.registers("r", DType::F32, 4, None);
    k.value(Opcode::Add, &[int(1), int(2)]);
    let event = k.value(Opcode::AsyncCopy1dD2t, &[registers.into(), int(0), a.into(), int(0), int(4)]);
    k.call(Opcode::AsyncCopyWait, &[event.into()]);
    let swept = after(sweep, &k.finish());
    assert_eq!(count(&swept, Opcode::RegisterFill), 1);
    assert_eq!(count(&swept, Opcode::AsyncCopy1dD2t), 1);
}
