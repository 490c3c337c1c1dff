//! Masked, wide and atomic accesses: what they certainly touch.

use super::*;

fn one() -> Arg {
    Arg::Literal(Literal::Float(1.0))
}

fn truth(holds: bool) -> Arg {
    Arg::Literal(Literal::Bool(holds))
}

#[test]
fn a_wide_access_reaches_as_far_as_it_is_wide() {
    let mut t = Trace::new();
    let tile = t.tile;
    let v = t.value(Opcode::VecLoad, &[tile.into(), int(60), int(4)]);
    t.call(Opcode::VecStore, &[tile.into(), int(60), v.into()]);
    t.passes();
    for (index, width) in [(61, 4), (63, 2), (-1, 3)] {
        let mut t = Trace::new();
        let tile = t.tile;
        t.value(Opcode::VecLoad, &[tile.into(), int(index), int(width)]);
        t.breaks(&[Rule::OutOfBounds]);
    }
}

#[test]
fn out_of_bounds_vec_store() {
    let mut t = Trace::new();
    let tile = t.tile;
    let v = t.value(Opcode::VecLoad, &[tile.into(), int(0), int(4)]);
    t.call(Opcode::VecStore, &[tile.into(), int(62), v.into()]);
    insta::assert_snapshot!(t.breaks(&[Rule::OutOfBounds]));
}

#[test]
fn a_masked_access_is_judged_where_it_certainly_happens() {
    let mut t = Trace::new();
    let n = t.scalar();
    let maybe = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let tile = t.tile;
    for mask in [truth(false), maybe.into()] {
        t.value(Opcode::LoadIf, &[tile.into(), int(64), mask.clone()]);
        t.call(Opcode::StoreIf, &[tile.into(), int(64), int(1), mask]);
    }
    t.passes();
    let mut t = Trace::new();
    let tile = t.tile;
    t.value(Opcode::LoadIf, &[tile.into(), int(64), truth(true)]);
    t.call(Opcode::StoreIf, &[tile.into(), int(64), int(1), truth(true)]);
    t.breaks(&[Rule::OutOfBounds, Rule::OutOfBounds]);
}

#[test]
fn a_masked_load_of_a_tile_in_flight() {
    let mut t = Trace::new();
    let n = t.scalar();
    let maybe = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    let ev = t.copy_into(int(0), int(64));
    let tile = t.tile;
    t.value(Opcode::LoadIf, &[tile.into(), int(0), maybe.into()]);
    t.wait(ev);
    t.passes();
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    let tile = t.tile;
    t.value(Opcode::LoadIf, &[tile.into(), int(0), truth(true)]);
    t.wait(ev);
    t.breaks(&[Rule::ReadBeforeWait]);
}

#[test]
fn wide_accesses_of_a_tile_in_flight() {
    for (index, meets) in [(30, true), (28, false)] {
        let mut t = Trace::new();
        let args = [t.tile.into(), int(32), t.a.into(), int(0), int(32)];
        let ev = t.value(Opcode::AsyncCopy1dD2t, &args);
        let tile = t.tile;
        t.value(Opcode::VecLoad, &[tile.into(), int(index), int(4)]);
        t.wait(ev);
        match meets {
            true => drop(t.breaks(&[Rule::ReadBeforeWait])),
            false => t.passes(),
        }
    }
}

#[test]
fn atomic_on_a_tile_in_flight() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(64));
    let tile = t.tile;
    t.call(Opcode::AtomicFetchAdd, &[tile.into(), int(3), one()]);
    t.wait(ev);
    insta::assert_snapshot!(t.breaks(&[Rule::WriteBeforeWait]));
}

#[test]
fn an_exchange_that_may_not_happen_overwrites_nothing_for_certain() {
    for (code, numbers, rules) in [
        (Opcode::AtomicCompareExchangeWeak, 2, &[][..]),
        (Opcode::AtomicExchange, 1, &[Rule::SourceOverwritten][..]),
        (Opcode::AtomicLoad, 0, &[][..]),
    ] {
        let mut t = Trace::new();
        let args = [t.a.into(), int(0), t.tile.into(), int(0), int(64)];
        let ev = t.value(Opcode::AsyncCopy1dT2d, &args);
        let mut operands = vec![t.tile.into(), int(3)];
        operands.extend(vec![one(); numbers]);
        t.call(code, &operands);
        t.wait(ev);
        match rules {
            [] => t.passes(),
            rules => drop(t.breaks(rules)),
        }
    }
}
