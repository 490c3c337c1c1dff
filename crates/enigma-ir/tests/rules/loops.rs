//! Copies in flight through loops.

use super::*;

#[test]
fn waited_again_in_the_second_iteration() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.begin_for(int(2), &[]);
    t.wait(ev);
    t.end_for(&[]);
    insta::assert_snapshot!(t.breaks(&[Rule::WaitedTwice]));
}

/// Double buffering: the copy of half `k + 1` is in flight while half `k` is read.
fn double_buffered(trips: impl FnOnce(&mut Trace) -> Arg, waits: bool) -> Trace {
    let mut t = Trace::new();
    let trips = trips(&mut t);
    let first = t.copy_into(int(0), int(32));
    let (k, carry) = t.begin_for(trips, &[first]);
    let next = t.value(Opcode::Add, &[k.into(), int(1)]);
    let parity = t.value(Opcode::Rem, &[next.into(), int(2)]);
    let half = t.value(Opcode::Mul, &[parity.into(), int(32)]);
    let incoming = t.copy_into(half, int(32));
    if waits {
        t.wait(carry[0]);
    }
    t.call(Opcode::Barrier, &[]);
    let parity = t.value(Opcode::Rem, &[k.into(), int(2)]);
    let current = t.value(Opcode::Mul, &[parity.into(), int(32)]);
    let tile = t.tile;
    t.load(tile, current);
    t.call(Opcode::Barrier, &[]);
    let last = t.end_for(&[incoming]);
    t.wait(last[0]);
    t
}

#[test]
fn double_buffering_passes() {
    double_buffered(|_| int(7), true).passes();
    double_buffered(|t| t.scalar().into(), true).passes();
}

#[test]
fn a_carried_event_that_nobody_waits_for() {
    let t = double_buffered(|t| t.scalar().into(), false);
    insta::assert_snapshot!(t.breaks(&[Rule::NeverWaited, Rule::ReadBeforeWait]));
}

#[test]
fn a_carried_copy_into_the_tile_that_is_read() {
    let mut t = Trace::new();
    let n = t.scalar();
    let first = t.copy_into(int(0), int(64));
    let (_, carry) = t.begin_for(n, &[first]);
    let second = t.copy_into(int(0), int(64));
    t.wait(carry[0]);
    let last = t.end_for(&[second]);
    t.wait(last[0]);
    insta::assert_snapshot!(t.breaks(&[Rule::OverlappingCopies]));
}

#[test]
fn a_carried_event_is_in_flight_after_the_loop() {
    let mut t = Trace::new();
    let n = t.scalar();
    let first = t.copy_into(int(0), int(64));
    let (_, carry) = t.begin_for(n, &[first]);
    t.wait(carry[0]);
    let second = t.copy_into(int(0), int(64));
    let last = t.end_for(&[second]);
    let tile = t.tile;
    t.load(tile, int(0));
    t.wait(last[0]);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn an_event_that_is_carried_and_not_touched_may_be_waited_for_by_either_name() {
    let mut t = Trace::new();
    let n = t.scalar();
    let first = t.copy_into(int(0), int(64));
    let (_, carry) = t.begin_for(n, &[first]);
    t.end_for(&[carry[0]]);
    t.wait(first);
    t.passes();
}

#[test]
fn an_event_that_a_later_iteration_waits_for_is_not_called_lost() {
    let mut t = Trace::new();
    let n = t.scalar();
    let ev = t.copy_into(int(0), int(64));
    let (k, _) = t.begin_for(n, &[]);
    let last = t.value(Opcode::CmpEq, &[k.into(), int(2)]);
    t.begin_if(last);
    t.wait(ev);
    t.end_if();
    t.end_for(&[]);
    t.passes();
}

#[test]
fn lost_in_every_iteration() {
    let mut t = Trace::new();
    let n = t.scalar();
    t.begin_for(n, &[]);
    t.copy_into(int(0), int(64));
    t.end_for(&[]);
    insta::assert_snapshot!(t.breaks(&[Rule::NeverWaited]));
}

#[test]
fn a_copy_stays_where_it_was_issued_while_the_loop_goes_on() {
    let mut t = Trace::new();
    let sg = t.value(Opcode::SimdgroupIndexInThreadgroup, &[]);
    let band = t.value(Opcode::Mul, &[sg.into(), int(32)]);
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let column = t.value(Opcode::Rem, &[lane.into(), int(16)]);
    let first = t.copy_into(band, int(16));
    let (k, carry) = t.begin_for(int(3), &[first]);
    let next = t.value(Opcode::Add, &[k.into(), int(1)]);
    let parity = t.value(Opcode::Rem, &[next.into(), int(2)]);
    let half = t.value(Opcode::Mul, &[parity.into(), int(16)]);
    let free = t.value(Opcode::Add, &[half.into(), band.into()]);
    let clear = t.value(Opcode::Add, &[free.into(), column.into()]);
    let tile = t.tile;
    t.store(tile, clear);
    t.wait(carry[0]);
    let incoming = t.copy_into(free, int(16));
    let last = t.end_for(&[incoming]);
    t.wait(last[0]);
    t.passes();
}

#[test]
fn a_computed_step_does_not_count_down() {
    let mut t = Trace::new();
    let place = here(Location::caller());
    let one = t.builder.constant(Literal::Int(1), DType::I32, place);
    let step = t.value(Opcode::Neg, &[one.into()]);
    let ev = t.copy_into(int(0), int(64));
    t.builder.begin_for([&int(5), &int(0), &step.into()], DType::I32, &[], place);
    t.wait(ev);
    t.end_for(&[]);
    t.wait(ev);
    t.passes();
}
