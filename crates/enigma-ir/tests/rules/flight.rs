//! Copies in flight, in straight-line code and through branches; advice.

use super::*;

#[test]
fn the_page_passes() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.wait(ev);
    t.call(Opcode::Barrier, &[]);
    t.passes();
}

#[test]
fn never_waited() {
    let mut t = Trace::new();
    t.copy_into(int(0), int(64));
    insta::assert_snapshot!(t.breaks(&[Rule::NeverWaited]));
}

#[test]
fn waited_twice() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.wait(ev);
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::WaitedTwice]));
}

#[test]
fn read_before_wait() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    let tile = t.tile;
    t.load(tile, int(3));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::ReadBeforeWait]));
}

#[test]
fn read_before_wait_at_an_unknown_place() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    let n = t.scalar();
    let tile = t.tile;
    t.load(tile, n);
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn read_before_wait_seen_by_the_witness() {
    let mut t = Trace::new();
    let sg = t.value(Opcode::SimdgroupIndexInThreadgroup, &[]);
    let first = t.value(Opcode::CmpEq, &[sg.into(), int(0)]);
    let args = [t.tile.into(), int(0), t.a.into(), int(0), int(32), first.into()];
    let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let tile = t.tile;
    t.load(tile, lane);
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn write_before_wait() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    let tile = t.tile;
    t.store(tile, int(63));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::WriteBeforeWait]));
}

#[test]
fn source_overwritten() {
    let mut t = Trace::new();
    let ev = t.copy_out(64);
    let tile = t.tile;
    t.store(tile, int(0));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::SourceOverwritten]));
}

#[test]
fn overlapping_copies() {
    let mut t = Trace::new();
    let first = t.copy_into(int(0), int(40));
    let second = t.copy_into(int(39), int(8));
    t.wait(first);
    t.wait(second);
    insta::assert_snapshot!(t.breaks(&[Rule::OverlappingCopies]));
}

#[test]
fn rows_between_the_rows_of_a_tile_are_free() {
    let mut t = Trace::new();
    let args = |t: &Trace, offset| [t.tile.into(), int(offset), int(16), t.a.into(), int(0), int(64), int(8), int(4)];
    let even = t.value(Opcode::AsyncCopy2dD2t, &args(&t, 0));
    let odd = t.value(Opcode::AsyncCopy2dD2t, &args(&t, 8));
    let tile = t.tile;
    t.wait(even);
    t.load(tile, int(7));
    t.wait(odd);
    t.passes();
}

#[test]
fn offsets_that_differ_by_a_known_number_are_compared() {
    let mut t = Trace::new();
    let n = t.scalar();
    let next = t.value(Opcode::Add, &[n.into(), int(8)]);
    let first = t.copy_into(n, int(8));
    let second = t.copy_into(next, int(8));
    let tile = t.tile;
    t.wait(first);
    let inside = t.value(Opcode::Add, &[n.into(), int(15)]);
    t.load(tile, inside);
    t.wait(second);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn the_source_may_be_read_in_flight() {
    let mut t = Trace::new();
    let ev = t.copy_out(64);
    let tile = t.tile;
    t.load(tile, int(0));
    t.wait(ev);
    t.passes();
}

#[test]
fn waits_in_both_branches_are_right() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let ev = t.copy_into(int(0), int(64));
    t.begin_if(cond);
    t.wait(ev);
    t.begin_else();
    t.wait(ev);
    t.end_if();
    let tile = t.tile;
    t.load(tile, int(0));
    t.passes();
}

#[test]
fn waited_again_after_both_branches() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let ev = t.copy_into(int(0), int(64));
    t.begin_if(cond);
    t.wait(ev);
    t.begin_else();
    t.end_if();
    t.wait(ev);
    t.passes();
}

#[test]
fn registers_are_read_after_the_wait() {
    let mut t = Trace::new();
    let regs = t.registers();
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let args = [regs.into(), int(0), t.a.into(), lane.into(), int(4)];
    let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
    t.load(regs, int(1));
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn all_errors_are_reported_at_once() {
    let mut t = Trace::new();
    t.call(Opcode::AsyncCopyWait, &[int(5)]);
    let ev = t.copy_into(int(0), int(65));
    let tile = t.tile;
    t.load(tile, int(1));
    t.wait(ev);
    t.wait(ev);
    t.breaks(&[Rule::NotAnEvent, Rule::OutOfBounds, Rule::ReadBeforeWait, Rule::WaitedTwice]);
}

#[test]
fn advice_does_not_refuse() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.wait(ev);
    let a = t.a;
    t.load(a, int(3));
    t.call(Opcode::Barrier, &[]);
    let verified = verify(t.finish()).expect("the kernel is right");
    let rules: Vec<Rule> = verified.remarks().iter().map(|d| d.rule).collect();
    assert_eq!(rules, [Rule::NoOverlap, Rule::LateWaitPossible]);
    insta::assert_snapshot!(Diagnostics::new(verified.remarks().to_vec(), verified.files().clone()).to_string());
}

#[test]
fn the_first_lane_is_at_the_origin() {
    let mut t = Trace::new();
    let x = t.value(Opcode::ThreadPositionInThreadgroup, &[name("x")]);
    let y = t.value(Opcode::ThreadPositionInThreadgroup, &[name("y")]);
    let row = t.value(Opcode::Mul, &[y.into(), int(16)]);
    let index = t.value(Opcode::Add, &[row.into(), x.into()]);
    let ev = t.copy_into(int(0), int(32));
    let tile = t.tile;
    t.load(tile, index);
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn waited_in_both_branches_and_again() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let ev = t.copy_into(int(0), int(64));
    t.begin_if(cond);
    t.wait(ev);
    t.begin_else();
    t.wait(ev);
    t.end_if();
    t.wait(ev);
    t.breaks(&[Rule::WaitedTwice]);
}

#[test]
fn one_wait_names_an_event_once() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.call(Opcode::AsyncCopyWait, &[ev.into(), ev.into()]);
    assert!(t.breaks(&[Rule::WaitedTwice]).contains("named twice here"));
}
