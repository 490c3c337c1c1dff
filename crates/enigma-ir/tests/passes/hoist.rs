//! Loop-invariant motion.

use enigma_ir::passes::hoist;
use enigma_ir::{DType, Opcode};

use crate::common::{Sketch, int};
use crate::{before_and_after, load, store, untouched};

#[test]
fn out_of_nested_loops() {
    let mut k = Sketch::new("nested");
    let out = k.buffer("out", DType::U32);
    let (n, row) = (k.scalar("n", DType::U32), k.scalar("row", DType::U32));
    let (i, _) = k.begin_for(int(0), n.into(), int(1), DType::U32, &[]);
    let (j, _) = k.begin_for(int(0), n.into(), int(1), DType::U32, &[]);
    let start = k.named("start", Opcode::Mul, &[row.into(), n.into()]);
    let line = k.value(Opcode::Add, &[start.into(), i.into()]);
    let at = k.value(Opcode::Add, &[line.into(), j.into()]);
    k.call(Opcode::Store, &[out.into(), at.into(), int(7)]);
    k.end_for(&[]);
    k.end_for(&[]);
    insta::assert_snapshot!(before_and_after(hoist, &k.finish()));
}

#[test]
fn out_of_the_condition_of_a_while() {
    let mut k = Sketch::new("condition");
    let out = k.buffer("out", DType::U32);
    let n = k.scalar("n", DType::U32);
    let span = k.here();
    let x = k.builder.begin_while(&[n.into()], span);
    let limit = k.value(Opcode::Mul, &[n.into(), n.into()]);
    let goes_on = k.value(Opcode::CmpLt, &[x[0].into(), limit.into()]);
    let span = k.here();
    let x = k.builder.begin_while_body(&goes_on.into(), span);
    let next = k.value(Opcode::Add, &[x[0].into(), int(1)]);
    let span = k.here();
    let last = k.builder.end_while(&[next.into()], span);
    store(&mut k, out, 0, last[0]);
    insta::assert_snapshot!(before_and_after(hoist, &k.finish()));
}

#[test]
fn neither_loads_nor_what_branches_hold_nor_undefined_divisions() {
    let mut k = Sketch::new("stays");
    let (a, out) = (k.buffer("A", DType::U32), k.buffer("out", DType::U32));
    let (n, d) = (k.scalar("n", DType::U32), k.scalar("d", DType::U32));
    let one = k.value(Opcode::Add, &[int(0), int(1)]);
    let is_less = k.value(Opcode::CmpLt, &[n.into(), d.into()]);
    let (i, _) = k.begin_for(int(0), n.into(), one.into(), DType::U32, &[]);
    let x = load(&mut k, a, n);
    let quotient = k.value(Opcode::Div, &[n.into(), d.into()]);
    let sum = k.value(Opcode::Add, &[x.into(), quotient.into()]);
    k.begin_if(is_less);
    let inside = k.value(Opcode::Mul, &[n.into(), d.into()]);
    k.call(Opcode::Store, &[out.into(), i.into(), inside.into()]);
    k.end_if(&[]);
    k.call(Opcode::Store, &[out.into(), i.into(), sum.into()]);
    k.end_for(&[]);
    untouched(hoist, &k.finish());
}

#[test]
fn a_division_by_a_constant_moves() {
    let mut k = Sketch::new("division");
    let out = k.buffer("out", DType::U32);
    let n = k.scalar("n", DType::U32);
    let (i, _) = k.begin_for(int(0), n.into(), int(1), DType::U32, &[]);
    let half = k.value(Opcode::Div, &[n.into(), int(2)]);
    k.call(Opcode::Store, &[out.into(), i.into(), half.into()]);
    k.end_for(&[]);
    insta::assert_snapshot!(before_and_after(hoist, &k.finish()));
}
