//! `divergent-copy` and `divergent-barrier`.

use super::*;

#[test]
fn divergent_copy() {
    let mut t = Trace::new();
    let cond = t.lane_below(16);
    t.begin_if(cond);
    let ev = t.copy_into(int(0), int(64));
    t.wait(ev);
    t.end_if();
    insta::assert_snapshot!(t.breaks(&[Rule::DivergentCopy, Rule::DivergentCopy]));
}

#[test]
fn divergent_operands() {
    let mut t = Trace::new();
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let ev = t.copy_into(lane, int(2));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::DivergentCopy]));
}

#[test]
fn divergent_trip_count() {
    let mut t = Trace::new();
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    t.begin_for(lane, &[]);
    t.call(Opcode::Barrier, &[]);
    t.end_for(&[]);
    insta::assert_snapshot!(t.breaks(&[Rule::DivergentBarrier]));
}

#[test]
fn divergent_barrier() {
    let mut t = Trace::new();
    let cond = t.lane_below(1);
    t.begin_if(cond);
    t.call(Opcode::Barrier, &[]);
    t.end_if();
    insta::assert_snapshot!(t.breaks(&[Rule::DivergentBarrier]));
}

#[test]
fn conditions_that_all_lanes_agree_on_are_right() {
    let mut t = Trace::new();
    let all = t.lane_below(32);
    let n = t.scalar();
    let position = t.value(Opcode::ThreadPositionInGrid, &[]);
    let some = t.value(Opcode::CmpLt, &[position.into(), n.into()]);
    for cond in [all, some] {
        t.begin_if(cond);
        let ev = t.copy_into(int(0), int(64));
        t.wait(ev);
        t.call(Opcode::Barrier, &[]);
        t.end_if();
    }
    t.passes();
}

#[test]
fn copies_to_registers_may_diverge() {
    let mut t = Trace::new();
    let regs = t.registers();
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let cond = t.lane_below(16);
    t.begin_if(cond);
    let args = [regs.into(), int(0), t.a.into(), lane.into(), int(4)];
    let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
    t.wait(ev);
    t.load(regs, int(0));
    t.end_if();
    t.passes();
}

#[test]
fn a_flattened_index_beside_x_leaves_the_threadgroup_any_shape() {
    let mut t = Trace::new();
    let x = t.value(Opcode::ThreadPositionInThreadgroup, &[]);
    let flat = t.value(Opcode::ThreadIndexInThreadgroup, &[]);
    let cond = t.value(Opcode::CmpLt, &[x.into(), int(16)]);
    t.begin_if(cond);
    t.call(Opcode::Barrier, &[]);
    t.end_if();
    let tile = t.tile;
    t.store(tile, flat);
    t.passes();
}

#[test]
fn x_alone_tells_threads_apart() {
    let mut t = Trace::new();
    let x = t.value(Opcode::ThreadPositionInThreadgroup, &[]);
    let cond = t.value(Opcode::CmpLt, &[x.into(), int(16)]);
    t.begin_if(cond);
    t.call(Opcode::Barrier, &[]);
    t.end_if();
    t.breaks(&[Rule::DivergentBarrier]);
}
