//! Constant folding.

use enigma_ir::passes::fold;
use enigma_ir::{Arg, DType, Literal, Opcode, ValueId};

use crate::common::{Sketch, float, int, name};
use crate::{before_and_after, numbers, store, untouched};

fn constant(k: &mut Sketch, literal: Literal, dtype: DType) -> ValueId {
    let span = k.here();
    k.builder.constant(literal, dtype, span)
}

#[test]
fn constants() {
    let kernel = numbers(DType::I32, |k, _, _| {
        let seven = constant(k, Literal::Int(7), DType::I32);
        let product = k.named("product", Opcode::Mul, &[seven.into(), int(6)]);
        let shifted = k.value(Opcode::Shl, &[product.into(), int(33)]);
        let less = k.value(Opcode::CmpLt, &[shifted.into(), int(0)]);
        let half = constant(k, Literal::Float(0.5), DType::F16);
        let sum = k.value(Opcode::Add, &[half.into(), float(0.1)]);
        let narrow = k.value(Opcode::Cast, &[product.into(), name("uchar")]);
        vec![shifted, less, sum, narrow]
    });
    insta::assert_snapshot!(before_and_after(fold, &kernel));
}

#[test]
fn identities() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let same = k.named("same", Opcode::Add, &[x.into(), int(0)]);
        let once = k.value(Opcode::Mul, &[int(1), same.into()]);
        let none = k.value(Opcode::Sub, &[once.into(), x.into()]);
        let both = k.value(Opcode::And, &[y.into(), y.into()]);
        let all = k.value(Opcode::And, &[both.into(), int(i128::from(u32::MAX))]);
        let unmoved = k.value(Opcode::Shr, &[all.into(), int(32)]);
        vec![once, none, unmoved]
    });
    insta::assert_snapshot!(before_and_after(fold, &kernel));
}

#[test]
fn floats_keep_their_zeros_and_nans() {
    let kernel = numbers(DType::F32, |k, x, _| {
        let zero = constant(k, Literal::Float(0.0), DType::F32);
        let plus = k.value(Opcode::Add, &[x.into(), zero.into()]);
        let times = k.value(Opcode::Mul, &[x.into(), zero.into()]);
        let minus = k.value(Opcode::Sub, &[x.into(), x.into()]);
        let over = k.value(Opcode::Div, &[zero.into(), zero.into()]);
        let root = k.value(Opcode::Exp, &[zero.into()]);
        vec![plus, times, minus, over, root]
    });
    untouched(fold, &kernel);
}

#[test]
fn division_by_zero_stays() {
    let kernel = numbers(DType::I32, |k, _, _| {
        let zero = constant(k, Literal::Int(0), DType::I32);
        vec![k.value(Opcode::Div, &[int(1), zero.into()]), k.value(Opcode::Rem, &[zero.into(), zero.into()])]
    });
    untouched(fold, &kernel);
}

#[test]
fn selections_and_casts() {
    let kernel = numbers(DType::U8, |k, x, y| {
        let yes = k.value(Opcode::Select, &[x.into(), y.into(), Arg::Literal(Literal::Bool(true))]);
        let which = k.value(Opcode::CmpLt, &[x.into(), y.into()]);
        let either = k.value(Opcode::Select, &[x.into(), x.into(), which.into()]);
        let wide = k.value(Opcode::Cast, &[x.into(), name("int")]);
        let back = k.value(Opcode::Cast, &[wide.into(), name("uchar")]);
        let float = k.value(Opcode::Cast, &[wide.into(), name("float")]);
        let lossy = k.value(Opcode::Cast, &[float.into(), name("char")]);
        let kept = k.value(Opcode::Cast, &[lossy.into(), name("int")]);
        vec![yes, either, back, float, kept]
    });
    insta::assert_snapshot!(before_and_after(fold, &kernel));
}

#[test]
fn components() {
    let kernel = numbers(DType::F32, |k, x, y| {
        let vector = k.value(Opcode::MakeVec, &[x.into(), y.into(), x.into()]);
        vec![k.value(Opcode::VecExtract, &[vector.into(), name("y")])]
    });
    insta::assert_snapshot!(before_and_after(fold, &kernel));
}

#[test]
fn branches_that_are_always_taken() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let always = k.value(Opcode::CmpLt, &[int(1), int(2)]);
        k.begin_if(always);
        let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
        k.begin_else(&[sum.into()]);
        let difference = k.value(Opcode::Sub, &[x.into(), y.into()]);
        let taken = k.end_if(&[difference.into()]);
        let varying = k.value(Opcode::CmpLt, &[x.into(), y.into()]);
        k.begin_if(varying);
        k.begin_else(&[y.into()]);
        let same = k.end_if(&[y.into()]);
        vec![taken[0], same[0]]
    });
    insta::assert_snapshot!(before_and_after(fold, &kernel));
}

#[test]
fn loops_that_run_once_or_never() {
    let mut k = Sketch::new("loops");
    let out = k.buffer("out", DType::I32);
    let n = k.scalar("n", DType::I32);
    let (_, carried) = k.begin_for(int(4), int(4), int(1), DType::I32, &[n.into()]);
    let never = k.end_for(&[carried[0].into()]);
    let (i, carried) = k.begin_for(int(4), int(6), int(8), DType::I32, &[never[0].into()]);
    k.call(Opcode::Barrier, &[]);
    let next = k.value(Opcode::Add, &[carried[0].into(), i.into()]);
    let once = k.end_for(&[next.into()]);
    let span = k.here();
    k.builder.begin_while(&[once[0].into()], span);
    let stop = k.value(Opcode::CmpLt, &[int(2), int(1)]);
    let span = k.here();
    let held = k.builder.begin_while_body(&stop.into(), span);
    let span = k.here();
    let last = k.builder.end_while(&[held[0].into()], span);
    store(&mut k, out, 0, last[0]);
    insta::assert_snapshot!(before_and_after(fold, &k.finish()));
}

#[test]
fn a_carry_that_no_iteration_changes() {
    let mut k = Sketch::new("carry");
    let out = k.buffer("out", DType::I32);
    let n = k.scalar("n", DType::I32);
    let (i, carried) = k.begin_for(int(0), n.into(), int(1), DType::I32, &[n.into(), int(0)]);
    let next = k.value(Opcode::Add, &[carried[1].into(), carried[0].into()]);
    let next = k.value(Opcode::Mul, &[next.into(), i.into()]);
    let results = k.end_for(&[carried[0].into(), next.into()]);
    store(&mut k, out, 0, results[0]);
    store(&mut k, out, 1, results[1]);
    insta::assert_snapshot!(before_and_after(fold, &k.finish()));
}
