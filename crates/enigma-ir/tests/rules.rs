//! Every rule that the builder and the verifier enforce: a kernel that breaks it, with its message as the snapshot,
//! and look-alikes that are right.

use std::panic::Location;
use std::sync::Arc;

use enigma_ir::{Arg, Builder, DType, Diagnostics, Kernel, Literal, MemoryId, Opcode, Rule, Span, ValueId, verify};

/// A tracer whose operations are placed where the test calls them.
struct Trace {
    builder: Builder,
    a: MemoryId,
    tile: MemoryId,
}

fn int(v: i128) -> Arg {
    Arg::Literal(Literal::Int(v))
}

fn name(s: &str) -> Arg {
    Arg::Name(s.to_owned())
}

impl Trace {
    /// A kernel with a device buffer `A` and a tile of 64, both of floats.
    #[track_caller]
    fn new() -> Trace {
        let text = Arc::from(include_str!("rules.rs"));
        let place = Location::caller();
        let span = [place.line(), place.column(), place.line(), 0];
        let mut builder = Builder::new("example", place.file(), Some(text), span);
        let at = here(place);
        let a = builder.buffer_param("A", DType::F32, at);
        let tile = builder.threadgroup_alloc(DType::F32, 64, Some("tile"), None, at);
        Trace { builder, a, tile }
    }

    #[track_caller]
    fn call(&mut self, code: Opcode, args: &[Arg]) -> Option<ValueId> {
        self.builder.call(code, args, here(Location::caller()))
    }

    #[track_caller]
    fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        self.builder.value(code, args, here(Location::caller()))
    }

    #[track_caller]
    fn copy_into(&mut self, tile_offset: impl Into<Arg>, count: impl Into<Arg>) -> ValueId {
        let args = [self.tile.into(), tile_offset.into(), self.a.into(), int(0), count.into()];
        let event = self.builder.value(Opcode::AsyncCopy1dD2t, &args, here(Location::caller()));
        self.builder.name_value(event, "ev");
        event
    }

    #[track_caller]
    fn copy_out(&mut self, count: i128) -> ValueId {
        let args = [self.a.into(), int(0), self.tile.into(), int(0), int(count)];
        self.builder.value(Opcode::AsyncCopy1dT2d, &args, here(Location::caller()))
    }

    #[track_caller]
    fn wait(&mut self, event: ValueId) {
        self.builder.call(Opcode::AsyncCopyWait, &[event.into()], here(Location::caller()));
    }

    #[track_caller]
    fn load(&mut self, memory: MemoryId, index: impl Into<Arg>) -> ValueId {
        self.builder.value(Opcode::Load, &[memory.into(), index.into()], here(Location::caller()))
    }

    #[track_caller]
    fn store(&mut self, memory: MemoryId, index: impl Into<Arg>) {
        let one = Arg::Literal(Literal::Float(1.0));
        self.builder.call(Opcode::Store, &[memory.into(), index.into(), one], here(Location::caller()));
    }

    #[track_caller]
    fn begin_if(&mut self, cond: impl Into<Arg>) {
        self.builder.begin_if(&cond.into(), here(Location::caller()));
    }

    #[track_caller]
    fn begin_else(&mut self) {
        self.builder.begin_else(&[], here(Location::caller()));
    }

    #[track_caller]
    fn end_if(&mut self) {
        self.builder.end_if(&[], here(Location::caller()));
    }

    #[track_caller]
    fn begin_for(&mut self, hi: impl Into<Arg>, init: &[ValueId]) -> (ValueId, Vec<ValueId>) {
        let init: Vec<Arg> = init.iter().map(|&v| v.into()).collect();
        self.builder.begin_for([&int(0), &hi.into(), &int(1)], DType::U32, &init, here(Location::caller()))
    }

    #[track_caller]
    fn end_for(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let yields: Vec<Arg> = yields.iter().map(|&v| v.into()).collect();
        self.builder.end_for(&yields, here(Location::caller()))
    }

    /// A `Scalar` parameter, of which nothing is known.
    #[track_caller]
    fn scalar(&mut self) -> ValueId {
        self.builder.scalar_param("n", DType::U32, here(Location::caller()))
    }

    fn lane_below(&mut self, limit: i128) -> ValueId {
        let lane = self.value(Opcode::ThreadIndexInSimdgroup, &[]);
        self.value(Opcode::CmpLt, &[lane.into(), int(limit)])
    }

    fn finish(self) -> Kernel {
        self.builder.finish()
    }

    fn errors(self) -> Diagnostics {
        match verify(self.finish()) {
            Ok(_) => panic!("a wrong kernel was accepted"),
            Err(errors) => errors,
        }
    }

    /// Asserts that just these rules are broken, and gives the message.
    fn breaks(self, rules: &[Rule]) -> String {
        let errors = self.errors();
        let found: Vec<Rule> = errors.items().iter().map(|d| d.rule).filter(|r| !is_advice(*r)).collect();
        assert_eq!(found, rules, "\n{errors}");
        errors.to_string()
    }

    fn passes(self) {
        if let Err(errors) = verify(self.finish()) {
            panic!("a right kernel was refused:\n{errors}");
        }
    }
}

fn is_advice(rule: Rule) -> bool {
    rule.severity() != enigma_ir::Severity::Error
}

fn here(place: &Location<'_>) -> Span {
    Span { file: 0, line: place.line(), column: place.column(), end_line: place.line(), end_column: 0 }
}

#[test]
fn the_page_passes() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.wait(ev);
    t.call(Opcode::Barrier, &[]);
    t.passes();
}

#[test]
fn wrong_direction() {
    let mut t = Trace::new();
    let args = [t.a.into(), int(0), t.tile.into(), int(0), int(64)];
    t.call(Opcode::AsyncCopy1dD2t, &args);
    insta::assert_snapshot!(t.breaks(&[Rule::WrongDirection]));
}

#[test]
fn device_to_device() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    let b = t.builder.buffer_param("B", DType::F32, span);
    let args = [t.a.into(), int(0), b.into(), int(0), int(64)];
    t.call(Opcode::AsyncCopy1dT2d, &args);
    insta::assert_snapshot!(t.breaks(&[Rule::WrongDirection]));
}

#[test]
fn type_mismatch() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    let h = t.builder.buffer_param("H", DType::F16, span);
    let args = [t.tile.into(), int(0), h.into(), int(0), int(64)];
    t.call(Opcode::AsyncCopy1dD2t, &args);
    insta::assert_snapshot!(t.breaks(&[Rule::TypeMismatch]));
}

#[test]
fn unknown_buffer() {
    let mut t = Trace::new();
    t.call(Opcode::AsyncCopy1dD2t, &[name("tiel"), int(0), name("A"), int(0), int(64)]);
    insta::assert_snapshot!(t.breaks(&[Rule::UnknownBuffer]));
}

#[test]
fn not_an_event() {
    let mut t = Trace::new();
    t.call(Opcode::AsyncCopyWait, &[int(5)]);
    insta::assert_snapshot!(t.breaks(&[Rule::NotAnEvent]));
}

#[test]
fn event_escapes() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    t.begin_if(cond);
    let ev = t.copy_into(int(0), int(64));
    t.end_if();
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::EventEscapes]));
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
fn waited_again_in_the_second_iteration() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    t.begin_for(int(2), &[]);
    t.wait(ev);
    t.end_for(&[]);
    insta::assert_snapshot!(t.breaks(&[Rule::WaitedTwice]));
}

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
fn out_of_bounds_count() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(65));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn out_of_bounds_negative() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(-1));
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn out_of_bounds_tile() {
    let mut t = Trace::new();
    let args = [t.tile.into(), int(0), int(10), t.a.into(), int(0), int(64), int(8), int(8)];
    let ev = t.value(Opcode::AsyncCopy2dD2t, &args);
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn out_of_bounds_pitch() {
    let mut t = Trace::new();
    let args = [t.tile.into(), int(0), int(4), t.a.into(), int(0), int(64), int(8), int(8)];
    let ev = t.value(Opcode::AsyncCopy2dD2t, &args);
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn out_of_bounds_access() {
    let mut t = Trace::new();
    let tile = t.tile;
    t.store(tile, int(64));
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn empty_and_predicated_copies_are_never_out_of_bounds() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let ev = t.copy_into(int(9999), int(0));
    t.wait(ev);
    let args = [t.tile.into(), int(0), t.a.into(), int(0), int(65), cond.into()];
    let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
    t.wait(ev);
    t.passes();
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
fn copies_to_registers_may_diverge() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    let regs = t.builder.register_tensor(DType::F32, 4, None, Some("regs"), span);
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
fn registers_are_read_after_the_wait() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    let regs = t.builder.register_tensor(DType::F32, 4, None, Some("regs"), span);
    let lane = t.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let args = [regs.into(), int(0), t.a.into(), lane.into(), int(4)];
    let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
    t.load(regs, int(1));
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn resource_limit_memory() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    t.builder.threadgroup_alloc(DType::F32, 8192, Some("second"), None, span);
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
}

#[test]
fn resource_limit_buffers() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    for i in 0..31 {
        t.builder.buffer_param(&format!("B{i}"), DType::F32, span);
    }
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
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
fn values_stay_where_they_were_made() {
    let mut t = Trace::new();
    let (k, _) = t.begin_for(int(4), &[]);
    t.end_for(&[]);
    let tile = t.tile;
    t.load(tile, k);
    insta::assert_snapshot!(t.breaks(&[Rule::ValueEscapes]));
}

#[test]
fn literals_fit_their_type() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    let bytes = t.builder.buffer_param("bytes", DType::U8, span);
    let args = [bytes.into(), int(0), int(256)];
    t.call(Opcode::Store, &args);
    insta::assert_snapshot!(t.breaks(&[Rule::LiteralOutOfRange]));
}

#[test]
fn operands_are_of_their_class() {
    let mut t = Trace::new();
    let tile = t.tile;
    let x = t.load(tile, int(0));
    t.call(Opcode::And, &[x.into(), int(1)]);
    insta::assert_snapshot!(t.breaks(&[Rule::InvalidOperand]));
}

#[test]
fn a_name_is_given_once() {
    let mut t = Trace::new();
    let span = here(Location::caller());
    t.builder.threadgroup_alloc(DType::F32, 4, Some("A"), None, span);
    insta::assert_snapshot!(t.breaks(&[Rule::InvalidOperand]));
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
fn what_no_run_enters_is_right() {
    let mut t = Trace::new();
    let tile = t.tile;
    let lanes = t.lane_below(16);
    t.begin_for(int(0), &[]);
    t.store(tile, int(64));
    t.end_for(&[]);
    t.begin_if(Arg::Literal(Literal::Bool(false)));
    let ev = t.copy_into(int(0), int(65));
    t.wait(ev);
    t.begin_if(lanes);
    t.call(Opcode::Barrier, &[]);
    t.end_if();
    t.end_if();
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

#[test]
fn a_clipped_tile_goes_to_a_matrix_that_is_narrower_than_the_tile() {
    let mut t = Trace::new();
    let valid = [Arg::Missing, int(3), int(2)];
    let args = [t.a.into(), int(0), int(3), t.tile.into(), int(0), int(8), int(8), int(8)];
    let ev = t.value(Opcode::AsyncCopy2dT2d, &[&args[..], &valid[..]].concat());
    t.wait(ev);
    t.passes();
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    for _ in 0..10_000 {
        t.begin_if(cond);
    }
    for _ in 0..10_000 {
        t.end_if();
    }
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
}

#[test]
fn loops_in_loops_take_no_forever() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(32));
    for _ in 0..100 {
        t.begin_for(int(8), &[]);
    }
    let tile = t.tile;
    t.load(tile, int(32));
    for _ in 0..100 {
        t.end_for(&[]);
    }
    t.wait(ev);
    t.passes();
}

#[test]
fn an_empty_copy_is_never_out_of_bounds_wherever_it_leads() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(-5), int(0));
    t.wait(ev);
    let args = [t.tile.into(), int(0), int(8), t.a.into(), int(-7), int(-64), int(0), int(8)];
    let ev = t.value(Opcode::AsyncCopy2dD2t, &args);
    t.wait(ev);
    t.passes();
}

#[test]
fn rows_may_be_read_backwards_but_not_past_the_beginning() {
    let copy = |t: &mut Trace, first: i128| {
        let args = [t.tile.into(), int(0), int(8), t.a.into(), int(first), int(-8), int(8), int(8)];
        let ev = t.value(Opcode::AsyncCopy2dD2t, &args);
        t.wait(ev);
    };
    let mut right = Trace::new();
    copy(&mut right, 56);
    right.passes();
    let mut wrong = Trace::new();
    copy(&mut wrong, 55);
    wrong.breaks(&[Rule::OutOfBounds]);
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
