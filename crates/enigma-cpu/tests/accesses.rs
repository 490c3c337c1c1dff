//! Loads and stores under a mask, and of vectors.

mod common;

use common::{Sketch, input, int, line, output, run, stopped};
use enigma_cpu::Limits;
use enigma_ir::{Arg, DType, Opcode, ValueId};

/// Where the thread's number is odd.
fn odd(s: &mut Sketch, thread: ValueId) -> ValueId {
    let bit = s.value(Opcode::And, [thread.into(), int(1)]);
    s.value(Opcode::CmpEq, [bit.into(), int(1)])
}

#[test]
fn a_masked_off_lane_touches_no_memory() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::F32));
    let thread = s.thread();
    let inside = s.value(Opcode::CmpLt, [thread.into(), int(5)]);
    let x = s.value(Opcode::LoadIf, [src.into(), thread.into(), inside.into(), int(-3)]);
    let zero = s.value(Opcode::LoadIf, [src.into(), thread.into(), inside.into()]);
    let never = Arg::Literal(enigma_ir::Literal::Bool(false));
    let far = s.value(Opcode::LoadIf, [src.into(), int(1_000_000), never, int(4)]);
    let sum = s.value(Opcode::Add, [x.into(), zero.into()]);
    let sum = s.value(Opcode::Add, [sum.into(), far.into()]);
    let mask = s.value(Opcode::CmpLt, [thread.into(), int(7)]);
    s.call(Opcode::StoreIf, [out.into(), thread.into(), sum.into(), mask.into()]);
    let (src, mut got) = ([1.0f32, 2.0, 3.0, 4.0, 5.0], [9.0f32; 7]);
    run(&s.program(), line(40, 40), &[input(&src), output(&mut got)]);
    assert_eq!(got, [6.0, 8.0, 10.0, 12.0, 14.0, 1.0, 1.0]);
}

#[test]
fn masks_within_a_branch_and_a_default_of_each_lane() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::I32));
    let thread = s.thread();
    let odd = odd(&mut s, thread);
    s.when(odd, |s| {
        let low = s.value(Opcode::CmpLt, [thread.into(), int(20)]);
        let x = s.value(Opcode::LoadIf, [src.into(), thread.into(), low.into(), thread.into()]);
        s.call(Opcode::StoreIf, [out.into(), thread.into(), x.into(), odd.into()]);
    });
    let src: Vec<i32> = (0..20).map(|i| i * 100).collect();
    let mut got = [-1i32; 40];
    run(&s.program(), line(40, 40), &[input(&src), output(&mut got)]);
    for (i, got) in (0..).zip(got) {
        assert_eq!(
            got,
            if i % 2 == 0 {
                -1
            } else if i < 20 {
                i * 100
            } else {
                i
            }
        );
    }
}

#[test]
fn a_lane_under_the_mask_is_held_to_the_bounds() {
    let mut s = Sketch::of("def k(src: f32):\n    x = load_if(src, i, i < n)\n");
    let src = s.at("src: f32").buffer("src", DType::F32);
    let thread = s.thread();
    let inside = s.value(Opcode::CmpLe, [thread.into(), int(5)]);
    s.at("load_if(src, i, i < n)").value(Opcode::LoadIf, [src.into(), thread.into(), inside.into()]);
    let src = [0.0f32; 5];
    insta::assert_snapshot!(stopped(&s.program(), line(40, 40), &[input(&src)], Limits::default()));
}

/// Vectors from consecutive, scattered and uniform places, through threadgroup and register memory.
#[test]
fn vectors_of_every_width_go_through_every_memory() {
    for width in [2i128, 3, 4] {
        let mut s = Sketch::new();
        let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::I16));
        let tile = s.tile("tile", DType::I16, 40 * 4 + 1);
        let registers = s.registers("registers", DType::I16, 5, None);
        let thread = s.thread();
        let load = |s: &mut Sketch, memory: Arg, at: ValueId| s.value(Opcode::VecLoad, [memory, at.into(), int(width)]);
        let start = s.value(Opcode::Mul, [thread.into(), int(width)]);
        let turned = s.value(Opcode::Mul, [thread.into(), int(7)]);
        let turned = s.value(Opcode::Rem, [turned.into(), int(40)]);
        let scattered = s.value(Opcode::Mul, [turned.into(), int(width)]);
        let scattered = s.value(Opcode::Add, [scattered.into(), int(1)]);
        let v = load(&mut s, src.into(), start);
        s.call(Opcode::VecStore, [tile.into(), scattered.into(), v.into()]);
        s.barrier();
        let v = load(&mut s, tile.into(), scattered);
        s.call(Opcode::VecStore, [registers.into(), int(1), v.into()]);
        let v = s.value(Opcode::VecLoad, [registers.into(), int(1), int(width)]);
        let odd = odd(&mut s, thread);
        s.when(odd, |s| s.call(Opcode::VecStore, [out.into(), start.into(), v.into()]));
        let src: Vec<i16> = (0..160).collect();
        let mut got = vec![-1i16; 160];
        run(&s.program(), line(40, 40), &[input(&src), output(&mut got)]);
        for (i, got) in (0..160).zip(got) {
            let thread = i128::from(i) / width;
            assert_eq!(got, if thread < 40 && thread % 2 == 1 { i } else { -1 }, "{width}");
        }
    }
}

/// An index does not wrap on its way to a later component.
#[test]
fn each_component_is_held_to_the_bounds() {
    let mut s = Sketch::of("def k(src: f32, at: u32):\n    x = vec_load(src, at, 4)\n");
    let src = s.at("src: f32").buffer("src", DType::F32);
    let at = s.at("at: u32").scalar("at", DType::U32);
    s.at("vec_load(src, at, 4)").value(Opcode::VecLoad, [src.into(), at.into(), int(4)]);
    let (program, src) = (s.program(), [0.0f32; 10]);
    let with = |at: i128| [input(&src), enigma_cpu::Argument::Scalar(enigma_ir::Literal::Int(at))];
    run(&program, line(1, 1), &with(6));
    insta::assert_snapshot!(stopped(&program, line(1, 1), &with(7), Limits::default()));
    let message = stopped(&program, line(1, 1), &with(u32::MAX.into()), Limits::default());
    assert!(message.contains("element 4294967295"), "{message}");
}
