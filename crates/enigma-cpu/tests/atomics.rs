//! Atomic operations: what they give and leave, that none is lost, and that no wait for another threadgroup hangs.

mod common;

use common::{Sketch, int, line, output, run, stopped};
use enigma_cpu::{Launch, Limits, Program, lend_parts};
use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode};

const UPDATES: [Opcode; 8] = [
    Opcode::AtomicExchange,
    Opcode::AtomicFetchAdd,
    Opcode::AtomicFetchSub,
    Opcode::AtomicFetchMin,
    Opcode::AtomicFetchMax,
    Opcode::AtomicFetchAnd,
    Opcode::AtomicFetchOr,
    Opcode::AtomicFetchXor,
];

/// What an update leaves, by the bits.
fn left(code: Opcode, dtype: DType, was: u32, x: u32) -> u32 {
    let (float, signed) = (|bits: u32| f32::from_bits(bits), |bits: u32| bits as i32);
    match (code, dtype) {
        (Opcode::AtomicExchange, _) => x,
        (Opcode::AtomicFetchAdd, DType::F32) => (float(was) + float(x)).to_bits(),
        (Opcode::AtomicFetchSub, DType::F32) => (float(was) - float(x)).to_bits(),
        (Opcode::AtomicFetchAdd, _) => was.wrapping_add(x),
        (Opcode::AtomicFetchSub, _) => was.wrapping_sub(x),
        (Opcode::AtomicFetchMin, DType::I32) => signed(was).min(signed(x)) as u32,
        (Opcode::AtomicFetchMax, DType::I32) => signed(was).max(signed(x)) as u32,
        (Opcode::AtomicFetchMin, _) => was.min(x),
        (Opcode::AtomicFetchMax, _) => was.max(x),
        (Opcode::AtomicFetchAnd, _) => was & x,
        (Opcode::AtomicFetchOr, _) => was | x,
        _ => was ^ x,
    }
}

/// Threads in the order of their index, every seventh sitting out, on elements that several share; in both memories.
#[test]
fn each_thread_gets_what_the_one_before_left() {
    for (code, dtype, in_tile) in UPDATES.into_iter().flat_map(|code| {
        let admitted =
            [DType::I32, DType::U32, DType::F32].into_iter().filter(move |&d| code.info().signature.t.admits_dtype(d));
        admitted.flat_map(move |dtype| [false, true].map(|in_tile| (code, dtype, in_tile)))
    }) {
        let number = |i: usize| match dtype {
            DType::F32 => [1.5f32, -2.25, 0.1, 1e8][i % 4].to_bits(),
            _ => (i as u32 ^ 0x5555_5555).wrapping_mul(0x9e37_79b9),
        };
        let mut s = Sketch::new();
        let [src, words, out] = ["src", "words", "out"].map(|n| s.buffer(n, dtype));
        let tile = s.tile("tile", dtype, 5);
        let thread = s.thread();
        let slot = s.value(Opcode::Rem, [thread.into(), int(5)]);
        let x = s.load(src, thread);
        let low = s.value(Opcode::CmpLt, [thread.into(), int(5)]);
        s.when(low, |s| {
            let first = s.load(words, thread);
            s.call(Opcode::AtomicStore, [tile.into(), thread.into(), first.into()]);
        });
        s.barrier();
        let on: MemoryId = if in_tile { tile } else { words };
        let rest = s.value(Opcode::Rem, [thread.into(), int(7)]);
        let part = s.value(Opcode::CmpNe, [rest.into(), int(3)]);
        s.when(part, |s| {
            let was = s.value(code, [on.into(), slot.into(), x.into()]);
            s.store(out, thread, was);
        });
        s.barrier();
        s.when(low, |s| {
            let last = s.value(Opcode::AtomicLoad, [on.into(), thread.into()]);
            s.store(words, thread, last);
        });
        let source = common::data::Data::new(dtype, (0..70).map(|i| number(i).into()));
        let mut expected: Vec<u32> = (100..105).map(number).collect();
        let mut words = common::data::Data::new(dtype, expected.iter().map(|&w| w.into()));
        let mut got = common::data::Data::new(dtype, vec![0; 70]);
        run(&s.program(), line(70, 70), &[source.read(dtype), words.write(dtype), got.write(dtype)]);
        for (i, got) in got.bits().into_iter().enumerate().filter(|(i, _)| i % 7 != 3) {
            assert_eq!(got as u32, expected[i % 5], "{code:?} of {dtype}, thread {i}");
            expected[i % 5] = left(code, dtype, expected[i % 5], number(i));
        }
        let words: Vec<u32> = words.bits().into_iter().map(|w| w as u32).collect();
        assert_eq!(words, expected, "{code:?} of {dtype}");
    }
}

#[test]
fn a_compare_exchange_looks_at_the_bits() {
    let mut s = Sketch::new();
    let (words, out) = (s.buffer("words", DType::F32), s.buffer("out", DType::Bool));
    let thread = s.thread();
    let float = |x: f64| Arg::Literal(Literal::Float(x));
    let done = s.value(Opcode::AtomicCompareExchangeWeak, [words.into(), thread.into(), float(0.0), float(7.0)]);
    s.store(out, thread, done);
    let nan = f32::from_bits(0x7fc0_0001);
    let (mut words, mut done) = ([0.0, -0.0, 1.0, nan], [true; 4]);
    run(&s.program(), line(4, 4), &[output(&mut words), output(&mut done)]);
    assert_eq!(words.map(f32::to_bits), [7.0, -0.0, 1.0, nan].map(f32::to_bits));
    assert_eq!(done, [true, false, false, false]);
}

/// Every addition of many threadgroups counts, whichever way it is written: as such, or as a loop of compare-exchanges.
#[test]
fn nothing_is_lost_among_threadgroups() {
    let mut s = Sketch::new();
    let [sum, loops] = ["sum", "loops"].map(|n| s.buffer(n, DType::U32));
    let floats = s.buffer("floats", DType::F32);
    let thread = s.thread();
    s.call(Opcode::AtomicFetchAdd, [sum.into(), int(0), thread.into()]);
    s.call(Opcode::AtomicFetchAdd, [floats.into(), int(0), int(1)]);
    let first = s.value(Opcode::ThreadIndexInSimdgroup, []);
    let first = s.value(Opcode::CmpEq, [first.into(), int(0)]);
    s.when(first, |s| {
        let no = Arg::Literal(Literal::Bool(false));
        s.repeat(
            &[no],
            |s, done| s.value(Opcode::Not, [done[0].into()]),
            |s, _| {
                let was = s.value(Opcode::AtomicLoad, [loops.into(), int(0)]);
                let next = s.value(Opcode::Add, [was.into(), int(3)]);
                let call = [loops.into(), int(0), was.into(), next.into()];
                vec![s.value(Opcode::AtomicCompareExchangeWeak, call)]
            },
        );
    });
    let threads = 1 << 16;
    let (mut sum, mut loops, mut floats) = ([5u32], [0u32], [0.0f32]);
    run(&s.program(), line(threads, 64), &[output(&mut sum), output(&mut loops), output(&mut floats)]);
    assert_eq!(sum[0], (0..threads).fold(5, u32::wrapping_add));
    assert_eq!(loops[0], threads / 32 * 3);
    assert_eq!(floats[0], threads as f32);
}

/// What one threadgroup releases another that acquires it sees, with all that went before.
#[test]
fn the_last_threadgroup_sees_what_all_have_written() {
    let mut s = Sketch::new();
    let [parts, count, total] = ["parts", "count", "total"].map(|n| s.buffer(n, DType::U32));
    let group = s.value(Opcode::ThreadgroupPositionInGrid, []);
    let groups = s.value(Opcode::ThreadgroupsPerGrid, []);
    let square = s.value(Opcode::Mul, [group.into(), group.into()]);
    s.store(parts, group, square);
    let before = s.value(Opcode::AtomicFetchAdd, [count.into(), int(0), int(1), common::name("acq_rel")]);
    let last = s.value(Opcode::Sub, [groups.into(), int(1)]);
    let is_last = s.value(Opcode::CmpEq, [before.into(), last.into()]);
    s.when(is_last, |s| {
        let sum = s.count([int(0), groups.into(), int(1)], DType::U32, &[int(0)], |s, i, sum| {
            let part = s.load(parts, i);
            vec![s.value(Opcode::Add, [sum[0].into(), part.into()])]
        });
        s.store(total, int(0), sum[0]);
    });
    let program = s.program();
    for _ in 0..20 {
        let (mut parts, mut count, mut total) = (vec![0u32; 500], [0u32], [0u32]);
        run(&program, line(500, 1), &[output(&mut parts), output(&mut count), output(&mut total)]);
        assert_eq!(total[0], (0..500).map(|i| i * i).sum::<u32>());
    }
}

/// Threadgroup 0 waits until threadgroup 1 has raised a flag; where `both`, threadgroup 1 waits likewise before it does.
fn waits_for_the_next(both: bool) -> Program {
    let text = "def wait(flag: u32):\n    with while_(lambda: flag.atomic_load(0) == 0):\n        pass\n    flag.atomic_store(0, 1)\n";
    let mut s = Sketch::of(text);
    let flag = s.at("flag: u32").buffer("flag", DType::U32);
    let group = s.value(Opcode::ThreadgroupPositionInGrid, []);
    let wait = |s: &mut Sketch| {
        s.at("while_(lambda: flag.atomic_load(0) == 0)").repeat(
            &[],
            |s, _| {
                let raised = s.at("flag.atomic_load(0)").value(Opcode::AtomicLoad, [flag.into(), int(0)]);
                let waits = s.value(Opcode::CmpEq, [raised.into(), int(0)]);
                s.at("while_(lambda: flag.atomic_load(0) == 0)");
                waits
            },
            |_, _| Vec::new(),
        );
    };
    let first = s.value(Opcode::CmpEq, [group.into(), int(0)]);
    if both {
        wait(&mut s);
    } else {
        s.when(first, wait);
    }
    let other = s.value(Opcode::CmpEq, [group.into(), int(1)]);
    s.when(other, |s| s.at("flag.atomic_store(0, 1)").call(Opcode::AtomicStore, [flag.into(), int(0), int(1)]));
    s.program()
}

fn with_workers<T: Send>(workers: usize, act: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap().install(act)
}

#[test]
fn a_wait_that_another_threadgroup_ends_comes_to_an_end() {
    let mut flag = [0u32];
    with_workers(2, || run(&waits_for_the_next(false), line(2, 1), &[output(&mut flag)]));
    assert_eq!(flag, [1]);
}

#[test]
fn a_wait_that_no_threadgroup_can_end_is_a_finding() {
    let limits = Limits { steps: u64::MAX };
    let alone = with_workers(1, || stopped(&waits_for_the_next(false), line(2, 1), &[output(&mut [0u32])], limits));
    insta::assert_snapshot!(alone);
    for (workers, groups) in [(1, 2), (2, 2), (2, 9), (4, 9)] {
        let program = waits_for_the_next(true);
        let found = with_workers(workers, || stopped(&program, line(groups, 1), &[output(&mut [0u32])], limits));
        assert!(found.contains("error[no-progress]"), "{found}");
    }
    let single = stopped(&waits_for_the_next(true), line(1, 1), &[output(&mut [0u32])], limits);
    assert!(single.contains("threads cannot rely on others"), "{single}");
}

#[test]
fn memory_that_is_not_aligned_is_refused() {
    let mut s = Sketch::of("def count(words: u32):\n    words.atomic_fetch_add(0, 1)\n");
    let words = s.at("words: u32").buffer("words", DType::U32);
    s.call(Opcode::AtomicFetchAdd, [words.into(), int(0), int(1)]);
    let program = s.program();
    let mut memory = [0u64; 4];
    for shift in 0..8 {
        let bytes = bytemuck::cast_slice_mut(&mut memory);
        let buffer = lend_parts(bytes, std::iter::once((DType::U32, shift, 2))).next().unwrap();
        let launch = Launch { grid: [1, 1, 1], threads: [1, 1, 1] };
        let done = program.run(&launch, &[enigma_cpu::Argument::Buffer(buffer)], &Limits::default());
        assert_eq!(done.is_ok(), shift % 4 == 0);
        if let Err(found) = done {
            assert!(found.to_string().contains("not aligned to 4 bytes"), "{found}");
        }
    }
}

#[test]
fn an_atomic_operation_is_held_to_the_bounds() {
    let mut s = Sketch::of("def count(words: u32):\n    words.atomic_fetch_add(i, 1)\n");
    let words = s.at("words: u32").buffer("words", DType::U32);
    let thread = s.thread();
    s.at("words.atomic_fetch_add(i, 1)").call(Opcode::AtomicFetchAdd, [words.into(), thread.into(), int(1)]);
    insta::assert_snapshot!(stopped(&s.program(), line(40, 40), &[output(&mut [0u32; 33])], Limits::default()));
}
