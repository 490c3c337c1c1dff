//! `out-of-bounds`, where index, extents and length are constant.

use super::*;

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
fn a_clipped_tile_goes_to_a_matrix_that_is_narrower_than_the_tile() {
    let mut t = Trace::new();
    let valid = [Arg::Missing, int(3), int(2)];
    let args = [t.a.into(), int(0), int(3), t.tile.into(), int(0), int(8), int(8), int(8)];
    let ev = t.value(Opcode::AsyncCopy2dT2d, &[&args[..], &valid[..]].concat());
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
