//! What operations are given: directions, types, names, events, places.

use super::*;

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
    let b = t.buffer("B", DType::F32);
    let args = [t.a.into(), int(0), b.into(), int(0), int(64)];
    t.call(Opcode::AsyncCopy1dT2d, &args);
    insta::assert_snapshot!(t.breaks(&[Rule::WrongDirection]));
}

#[test]
fn type_mismatch() {
    let mut t = Trace::new();
    let h = t.buffer("H", DType::F16);
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
    let bytes = t.buffer("bytes", DType::U8);
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
    t.alloc("A", DType::F32, 4);
    insta::assert_snapshot!(t.breaks(&[Rule::InvalidOperand]));
}
