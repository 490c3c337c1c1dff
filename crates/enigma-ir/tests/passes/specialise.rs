//! Function constants.

use enigma_ir::passes::{Constant, optimise, specialise};
use enigma_ir::{DType, Kernel, Literal, Opcode, Style, Verified, print, verify};

use crate::common::{Sketch, int, name};

/// Two constants, one of them used twice: how often a loop runs, and whether it does anything.
fn kernel() -> Verified<Kernel> {
    let mut k = Sketch::new("specialised");
    let out = k.buffer("out", DType::U32);
    let unroll = k.named("unroll", Opcode::FunctionConstant, &[name("uint"), int(3)]);
    let enabled = k.value(Opcode::FunctionConstant, &[name("bool"), int(7)]);
    let (i, _) = k.begin_for(int(0), unroll.into(), int(1), DType::U32, &[]);
    k.begin_if(enabled);
    let again = k.value(Opcode::FunctionConstant, &[name("uint"), int(3)]);
    let value = k.value(Opcode::Mul, &[again.into(), int(2)]);
    k.call(Opcode::Store, &[out.into(), i.into(), value.into()]);
    k.end_if(&[]);
    k.end_for(&[]);
    k.finish()
}

fn constant(index: u32, dtype: DType, value: Literal) -> Constant {
    Constant { index, dtype, value }
}

fn specialised(constants: &[Constant]) -> String {
    let kernel = specialise(&kernel(), constants).expect("the constants fit");
    print(&optimise(&verify(kernel).expect("a right kernel")))
}

fn refusal(constants: &[Constant]) -> String {
    specialise(&kernel(), constants).expect_err("the constants do not fit").render(Style::Plain)
}

#[test]
fn each_index_is_declared_once() {
    let declared: Vec<(u32, DType)> = kernel().function_constants().iter().map(|c| (c.index, c.dtype)).collect();
    assert_eq!(declared, [(3, DType::U32), (7, DType::Bool)]);
}

#[test]
fn numbers_take_their_place() {
    let constants = |unroll, enabled| {
        [constant(3, DType::U32, Literal::Int(unroll)), constant(7, DType::Bool, Literal::Bool(enabled))]
    };
    let texts = [specialised(&constants(4, true)), specialised(&constants(1, true)), specialised(&constants(4, false))];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn what_does_not_fit_is_refused_together() {
    insta::assert_snapshot!(refusal(&[
        constant(3, DType::I32, Literal::Int(4)),
        constant(5, DType::U32, Literal::Int(4))
    ]));
}

#[test]
fn a_number_that_the_type_does_not_hold() {
    let twice = constant(7, DType::Bool, Literal::Bool(true));
    insta::assert_snapshot!(refusal(&[constant(3, DType::U32, Literal::Int(-1)), twice, twice]));
}

#[test]
fn an_index_has_one_type() {
    let mut k = Sketch::new("two_types");
    let out = k.buffer("out", DType::F32);
    let count = k.value(Opcode::FunctionConstant, &[name("uint"), int(0)]);
    let scale = k.value(Opcode::FunctionConstant, &[name("float"), int(0)]);
    k.call(Opcode::Store, &[out.into(), count.into(), scale.into()]);
    insta::assert_snapshot!(verify(k.builder.finish()).expect_err("two types").render(Style::Plain));
}
