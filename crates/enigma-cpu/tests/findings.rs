//! What stops a launch, as users see it.

mod common;

use common::{Sketch, input, int, line, output, stopped};
use enigma_cpu::{Argument, Launch, Limits, Program};
use enigma_ir::{DType, Literal, Opcode};

fn shift(text: &str) -> Program {
    let mut s = Sketch::of(text);
    let src = s.at("src: f32").buffer("src", DType::F32);
    let dst = s.at("dst: f32").buffer("dst", DType::F32);
    let i = s.at("i + 1").thread();
    let next = s.value(Opcode::Add, [i.into(), int(1)]);
    let x = s.at("src[i + 1]").load(src, next);
    s.at("dst[i] = src[i + 1]").store(dst, i, x);
    s.program()
}

#[test]
fn a_read_past_the_end() {
    let program = shift("def shift(src: f32, dst: f32):\n    i = thread_position_in_grid\n    dst[i] = src[i + 1]\n");
    let src = vec![0.0f32; 100];
    let mut dst = vec![0.0f32; 100];
    let got = stopped(&program, line(100, 32), &[input(&src), output(&mut dst)], Limits::default());
    insta::assert_snapshot!(got);
}

#[test]
fn a_write_past_the_end_by_a_scattered_index() {
    let mut s = Sketch::of("def scatter(dst: i32):\n    i = thread_position_in_grid\n    dst[i * i] = i\n");
    let dst = s.at("dst: i32").buffer("dst", DType::I32);
    let i = s.thread();
    let square = s.value(Opcode::Mul, [i.into(), i.into()]);
    s.at("dst[i * i] = i").store(dst, square, i);
    let mut data = vec![0i32; 50];
    insta::assert_snapshot!(stopped(&s.program(), line(40, 16), &[output(&mut data)], Limits::default()));
}

#[test]
fn a_copy_that_leaves_its_tile() {
    let text = "def load(src: f32, n: i32):\n    tile = threadgroup_alloc(\"float\", 64)\n    ev = async_copy_2d_d2t(tile, 0, 8, src, 0, 16, 8, n)\n    async_copy_wait(ev)\n";
    let mut s = Sketch::of(text);
    let src = s.at("src: f32").buffer("src", DType::F32);
    let n = s.at("n: i32").scalar("n", DType::I32);
    let tile = s.at("threadgroup_alloc(\"float\", 64)").tile("tile", DType::F32, 64);
    let event = s
        .at("async_copy_2d_d2t(tile, 0, 8, src, 0, 16, 8, n)")
        .value(Opcode::AsyncCopy2dD2t, [tile.into(), int(0), int(8), src.into(), int(0), int(16), int(8), n.into()]);
    s.at("async_copy_wait(ev)").wait(event);
    let program = s.program();
    let src = vec![0.0f32; 100];
    let mut outcome = Vec::new();
    for n in [9, -1, 8] {
        let arguments = [input(&src), Argument::Scalar(Literal::Int(n))];
        outcome.push(stopped(&program, line(32, 32), &arguments, Limits::default()));
    }
    insta::assert_snapshot!(outcome.join("\n\n"));
}

#[test]
fn a_destination_pitch_below_the_columns() {
    let text = "def load(src: f32, pitch: i32):\n    ev = async_copy_2d_d2t(tile, 0, pitch, src, 0, 8, 8, 2)\n";
    let mut s = Sketch::of(text);
    let src = s.at("src: f32").buffer("src", DType::F32);
    let pitch = s.at("pitch: i32").scalar("pitch", DType::I32);
    let tile = s.at("tile").tile("tile", DType::F32, 64);
    let event = s
        .at("async_copy_2d_d2t(tile, 0, pitch, src, 0, 8, 8, 2)")
        .value(Opcode::AsyncCopy2dD2t, [tile.into(), int(0), pitch.into(), src.into(), int(0), int(8), int(8), int(2)]);
    s.wait(event);
    let src = vec![0.0f32; 64];
    let arguments = [input(&src), Argument::Scalar(Literal::Int(7))];
    insta::assert_snapshot!(stopped(&s.program(), line(32, 32), &arguments, Limits::default()));
}

#[test]
fn a_copy_that_only_some_lanes_reach() {
    let text = "def load(src: f32, flag: i32):\n    with if_(flag[i] != 0):\n        ev = async_copy_1d_d2t(tile, 0, src, 0, 8)\n        async_copy_wait(ev)\n";
    let mut s = Sketch::of(text);
    let src = s.at("src: f32").buffer("src", DType::F32);
    let flag = s.at("flag: i32").buffer("flag", DType::I32);
    let tile = s.at("tile").tile("tile", DType::F32, 8);
    let i = s.thread();
    let flag = s.at("flag[i]").load(flag, i);
    let set = s.at("flag[i] != 0").value(Opcode::CmpNe, [flag.into(), int(0)]);
    s.at("if_(flag[i] != 0)").when(set, |s| {
        let args = [tile.into(), int(0), src.into(), int(0), int(8)];
        let event = s.at("async_copy_1d_d2t(tile, 0, src, 0, 8)").value(Opcode::AsyncCopy1dD2t, args);
        s.at("async_copy_wait(ev)").wait(event);
    });
    let src = vec![0.0f32; 8];
    let flags: Vec<i32> = (0..64).map(|i| i32::from(i != 37)).collect();
    insta::assert_snapshot!(stopped(&s.program(), line(64, 64), &[input(&src), input(&flags)], Limits::default()));
}

#[test]
fn a_copy_whose_lanes_disagree() {
    let mut s = Sketch::of("def load(src: f32, at: i32):\n    ev = async_copy_1d_d2t(tile, at[i], src, 0, 8)\n");
    let src = s.at("src: f32").buffer("src", DType::F32);
    let at = s.at("at: i32").buffer("at", DType::I32);
    let tile = s.at("tile").tile("tile", DType::F32, 64);
    let i = s.thread();
    let at = s.at("at[i]").load(at, i);
    let args = [tile.into(), at.into(), src.into(), int(0), int(8)];
    let event = s.at("async_copy_1d_d2t(tile, at[i], src, 0, 8)").value(Opcode::AsyncCopy1dD2t, args);
    s.wait(event);
    let src = vec![0.0f32; 8];
    let mut places = vec![4i32; 32];
    places[9] = 5;
    insta::assert_snapshot!(stopped(&s.program(), line(32, 32), &[input(&src), input(&places)], Limits::default()));
}

#[test]
fn a_barrier_that_not_all_threads_reach() {
    let mut s = Sketch::of("def wait(flag: i32):\n    with if_(flag[i] != 0):\n        barrier()\n");
    let flag = s.at("flag: i32").buffer("flag", DType::I32);
    let i = s.thread();
    let flag = s.at("flag[i]").load(flag, i);
    let set = s.value(Opcode::CmpNe, [flag.into(), int(0)]);
    s.when(set, |s| s.at("barrier()").barrier());
    let flags: Vec<i32> = (0..40).map(|i| i32::from(i % 7 != 3)).collect();
    insta::assert_snapshot!(stopped(&s.program(), line(40, 40), &[input(&flags)], Limits::default()));
}

#[test]
fn loops_that_do_not_end() {
    let text = "def spin(step: i32):\n    with while_(lambda: step[0] == 0):\n        pass\n";
    let mut s = Sketch::of(text);
    let step = s.at("step: i32").buffer("step", DType::I32);
    s.at("while_(lambda: step[0] == 0)").repeat(
        &[],
        |s, _| {
            let x = s.load(step, int(0));
            s.value(Opcode::CmpEq, [x.into(), int(0)])
        },
        |_, _| Vec::new(),
    );
    let zeros = [0i32];
    let spinning = stopped(&s.program(), line(64, 32), &[input(&zeros)], Limits::default());
    let counting = stopped(&counts_without_end(), line(32, 32), &[output(&mut [0i32; 32])], Limits { steps: 1000 });

    let mut s = Sketch::of("def count(step: i32):\n    with for_range(0, 10, step[i]) as k:\n        pass\n");
    let step = s.at("step: i32").buffer("step", DType::I32);
    let i = s.thread();
    let step = s.at("step[i]").load(step, i);
    s.at("for_range(0, 10, step[i])").count([int(0), int(10), step.into()], DType::I32, &[], |_, _, _| Vec::new());
    let steps: Vec<i32> = (0..32).map(|i| 20 - i).collect();
    let stuck = stopped(&s.program(), line(32, 32), &[input(&steps)], Limits::default());
    insta::assert_snapshot!([spinning, counting, stuck].join("\n\n"));
}

/// A loop that changes something in each iteration, and never what it waits for.
fn counts_without_end() -> Program {
    let mut s = Sketch::of("def count(n: i32):\n    with while_(lambda: n[i] >= 0):\n        n[i] = n[i] & 1023\n");
    let n = s.at("n: i32").buffer("n", DType::I32);
    let i = s.thread();
    s.at("while_(lambda: n[i] >= 0)").repeat(
        &[],
        |s, _| {
            let x = s.load(n, i);
            s.value(Opcode::CmpGe, [x.into(), int(0)])
        },
        |s, _| {
            let x = s.load(n, i);
            let next = s.value(Opcode::Add, [x.into(), int(1)]);
            let next = s.value(Opcode::And, [next.into(), int(1023)]);
            s.store(n, i, next);
            Vec::new()
        },
    );
    s.program()
}

#[test]
fn a_loop_that_stores_what_is_there_spins() {
    let mut s = Sketch::of("def spin(n: i32):\n    with while_(lambda: n[0] == 0):\n        n[i + 1] = 7\n");
    let n = s.at("n: i32").buffer("n", DType::I32);
    let i = s.thread();
    s.at("while_(lambda: n[0] == 0)").repeat(
        &[],
        |s, _| {
            let x = s.load(n, int(0));
            s.value(Opcode::CmpEq, [x.into(), int(0)])
        },
        |s, _| {
            let at = s.value(Opcode::Add, [i.into(), int(1)]);
            s.store(n, at, int(7));
            Vec::new()
        },
    );
    // Two iterations tell: the first stores something new.
    let got = stopped(&s.program(), line(32, 32), &[output(&mut [0i32; 33])], Limits { steps: 2 });
    assert!(got.contains("waits for something that cannot come"), "{got}");
}

#[test]
fn the_first_threadgroup_that_fails_is_reported() {
    let program = shift("def shift(src: f32, dst: f32):\n    i = thread_position_in_grid\n    dst[i] = src[i + 1]\n");
    let src = vec![0.0f32; 1000];
    let mut dst = vec![0.0f32; 64 * 1024];
    let arguments = [input(&src), output(&mut dst)];
    for _ in 0..20 {
        let got = stopped(&program, line(64 * 1024, 32), &arguments, Limits::default());
        assert!(got.contains("element 1000 ") && got.contains("thread (7, 0, 0) of threadgroup (31, 0, 0)"), "{got}");
    }
}

#[test]
fn bindings_that_do_not_fit_are_refused_together() {
    let text = "def kernel(src: f32, dst: f32, n: u8, m: i32):\n";
    let mut s = Sketch::of(text);
    let src = s.at("src: f32").buffer("src", DType::F32);
    let dst = s.at("dst: f32").buffer("dst", DType::F32);
    s.at("n: u8").scalar("n", DType::U8);
    s.at("m: i32").scalar("m", DType::I32);
    let i = s.thread();
    let x = s.load(src, i);
    s.store(dst, i, x);
    let program = s.program();
    let (halves, floats) = (vec![0u16; 8], vec![0.0f32; 8]);
    let arguments = [
        input(&halves),
        input(&floats),
        Argument::Scalar(Literal::Int(300)),
        input(&floats),
        Argument::Scalar(Literal::Int(1)),
    ];
    let launch = Launch { grid: [64, 0, 1], threads: [64, 32, 1] };
    insta::assert_snapshot!(stopped(&program, launch, &arguments, Limits::default()));
}

#[test]
fn register_tensors_beyond_reason_are_refused() {
    let mut s = Sketch::of("def kernel(dst: f32):\n    regs = register_tensor(1 << 30)\n");
    s.at("dst: f32").buffer("dst", DType::F32);
    s.at("register_tensor(1 << 30)").registers("regs", DType::F32, 1 << 30, None);
    let mut dst = vec![0.0f32; 8];
    insta::assert_snapshot!(stopped(&s.program(), line(32, 32), &[output(&mut dst)], Limits::default()));
}
