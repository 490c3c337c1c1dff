//! Copies, waits, and what is done for tiles that nothing reads.

use enigma_air::Options;
use enigma_ir::target::{LinearCopy, Target};
use enigma_ir::{Arg, DType, Opcode};
use enigma_tests::make::{int, name};
use enigma_tests::{Make, kernels};

use crate::{cooperative, lowered, plain};

#[test]
fn a_row_of_a_tile() {
    insta::assert_snapshot!(lowered("tiled_load", &plain(), kernels::tiled_load));
}

#[test]
fn a_linear_copy() {
    let target = Target { linear_copy: LinearCopy::Linear, ..plain().target };
    insta::assert_snapshot!(lowered("tiled_load", &Options { target, ..plain() }, kernels::tiled_load));
}

#[test]
fn by_the_lanes() {
    insta::assert_snapshot!(lowered("tiled_load", &cooperative(), kernels::tiled_load));
}

#[test]
fn at_the_edge_of_an_image() {
    insta::assert_snapshot!(lowered("edges", &plain(), kernels::edges));
}

#[test]
fn at_the_edge_of_an_image_by_the_lanes() {
    insta::assert_snapshot!(lowered("edges", &cooperative(), kernels::edges));
}

#[test]
fn under_a_predicate() {
    insta::assert_snapshot!(lowered("predicate", &plain(), kernels::predicate));
}

#[test]
fn to_and_from_registers() {
    insta::assert_snapshot!(lowered("register_copies", &plain(), kernels::register_copies));
}

#[test]
fn tiles_that_nothing_reads() {
    insta::assert_snapshot!(lowered("unread", &Options::default(), kernels::unread));
}

/// Two tiles by turns: while one is used, the next comes in. Each event is waited for an iteration after its issue.
fn by_turns(k: &mut Make) {
    let (a, b, steps) = (k.buffer("A", DType::I32), k.buffer("B", DType::I32), k.scalar("steps", DType::U32));
    let tile = k.tile("tile", DType::I32, 64);
    let copy =
        |k: &mut Make, to: Arg, from: Arg| k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), to, a.into(), from, int(32)]);
    let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
    let first = copy(k, int(0), int(0));
    let (step, carried) = k.begin_for([int(0), steps.into(), int(1)], &[first.into()]);
    k.call_it(step, "step");
    k.call_it(carried[0], "ready");
    k.wait(&carried);
    let next = k.named("next", Opcode::Add, &[step.into(), int(1)]);
    let back = k.value(Opcode::And, &[next.into(), int(1)]);
    let back = k.named("back", Opcode::Mul, &[back.into(), int(32)]);
    let from = k.named("from", Opcode::Mul, &[next.into(), int(32)]);
    let flying = copy(k, back.into(), from.into());
    let front = k.value(Opcode::Sub, &[int(32), back.into()]);
    let at = k.named("at", Opcode::Add, &[front.into(), lane.into()]);
    let x = k.load(tile, at);
    k.store(b, lane, x);
    k.does(Opcode::SimdBarrier, &[]);
    let last = k.end_for(&[flying]);
    k.wait(&last);
}

#[test]
fn an_event_that_a_loop_carries() {
    insta::assert_snapshot!(lowered("by_turns", &plain(), by_turns));
}

#[test]
fn an_event_that_a_loop_carries_is_nothing_where_lanes_copy() {
    insta::assert_snapshot!(lowered("by_turns", &cooperative(), by_turns));
}

#[test]
fn a_part_that_is_known() {
    insta::assert_snapshot!(lowered("a_part", &plain(), |k| {
        let (a, b) = (k.buffer("A", DType::BF16), k.buffer("B", DType::BF16));
        let tile = k.tile("tile", DType::BF16, 64);
        let copied = [tile.into(), int(0), int(8), a.into(), int(40), int(100), int(8), int(8)];
        let part = [Arg::Missing, int(20), int(3)];
        let mirrored = [b.into(), int(0), int(8), tile.into(), int(0), int(8), int(8), int(8)];
        let ev = k.named("ev", Opcode::AsyncCopy2dD2t, &[&copied[..], &part, &[name("zero")]].concat());
        k.wait(&[ev]);
        let ev = k.named("ev", Opcode::AsyncCopy2dT2d, &[&mirrored[..], &part].concat());
        k.wait(&[ev]);
    }));
}
