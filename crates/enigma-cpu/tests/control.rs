//! Branches and loops, with all threads on one way and with threads on different ones.

mod common;

use common::{Sketch, int, line, output, run};
use enigma_ir::{Arg, DType, Opcode, ValueId};

/// Runs a kernel that stores one number per thread.
fn each(threads: u32, build: impl FnOnce(&mut Sketch, ValueId) -> ValueId) -> Vec<u32> {
    let mut s = Sketch::new();
    let out = s.buffer("out", DType::U32);
    let thread = s.thread();
    let number = build(&mut s, thread);
    s.store(out, thread, number);
    let mut got = vec![u32::MAX; threads as usize];
    run(&s.program(), line(threads, 80), &[output(&mut got)]);
    got
}

fn op<const N: usize>(s: &mut Sketch, code: Opcode, args: [Arg; N]) -> ValueId {
    s.value(code, args)
}

#[test]
fn nested_branches() {
    let got = each(200, |s, i| {
        let third = op(s, Opcode::Rem, [i.into(), int(3)]);
        let is_third = op(s, Opcode::CmpEq, [third.into(), int(0)]);
        let low = op(s, Opcode::CmpLt, [i.into(), int(100)]);
        s.either(
            is_third,
            |s| {
                s.either(
                    low,
                    |s| vec![op(s, Opcode::Add, [i.into(), int(1000)])],
                    |s| vec![op(s, Opcode::Mul, [i.into(), int(2)])],
                )
            },
            |_| vec![i],
        )[0]
    });
    for (i, &got) in got.iter().enumerate() {
        let i = i as u32;
        let wanted = match (i.is_multiple_of(3), i < 100) {
            (true, true) => i + 1000,
            (true, false) => i * 2,
            _ => i,
        };
        assert_eq!(got, wanted, "thread {i}");
    }
}

#[test]
fn a_while_loop_ends_for_each_thread_by_itself() {
    let got = each(150, |s, i| {
        let start = op(s, Opcode::Add, [i.into(), int(1)]);
        let zero = op(s, Opcode::Sub, [i.into(), i.into()]);
        s.repeat(
            &[start.into(), zero.into()],
            |s, c| op(s, Opcode::CmpNe, [c[0].into(), int(1)]),
            |s, c| {
                let low = op(s, Opcode::And, [c[0].into(), int(1)]);
                let even = op(s, Opcode::CmpEq, [low.into(), int(0)]);
                let half = op(s, Opcode::Shr, [c[0].into(), int(1)]);
                let triple = op(s, Opcode::Mul, [c[0].into(), int(3)]);
                let triple = op(s, Opcode::Add, [triple.into(), int(1)]);
                let next = op(s, Opcode::Select, [triple.into(), half.into(), even.into()]);
                vec![next, op(s, Opcode::Add, [c[1].into(), int(1)])]
            },
        )[1]
    });
    for (i, &got) in got.iter().enumerate() {
        let (mut n, mut steps) = (i as u64 + 1, 0);
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        assert_eq!(got, steps, "thread {i}");
    }
}

#[test]
fn bounds_that_depend_on_the_thread() {
    // lo = i, hi = 3 i % 50, step = 1 + i % 3, counted under a branch that some threads do not take.
    let got = each(170, |s, i| {
        let tripled = op(s, Opcode::Mul, [i.into(), int(3)]);
        let hi = op(s, Opcode::Rem, [tripled.into(), int(50)]);
        let lo = op(s, Opcode::Rem, [i.into(), int(20)]);
        let step = op(s, Opcode::Rem, [i.into(), int(3)]);
        let step = op(s, Opcode::Add, [step.into(), int(1)]);
        let zero = op(s, Opcode::Xor, [i.into(), i.into()]);
        let taken = op(s, Opcode::CmpNe, [hi.into(), int(7)]);
        s.either(
            taken,
            |s| {
                s.count([lo.into(), hi.into(), step.into()], DType::I32, &[zero.into()], |s, k, c| {
                    vec![op(s, Opcode::Add, [c[0].into(), k.into()])]
                })
            },
            |_| vec![i],
        )[0]
    });
    for (i, &got) in got.iter().enumerate() {
        let (lo, hi, step) = (i % 20, 3 * i % 50, 1 + i % 3);
        let wanted = if hi == 7 { i } else { (lo..hi).step_by(step).sum() };
        assert_eq!(got as usize, wanted, "thread {i}");
    }
}

#[test]
fn a_grid_stride_loop_with_a_ragged_end() {
    let got = each(64, |s, i| {
        let zero = op(s, Opcode::Mul, [i.into(), int(0)]);
        s.count([i.into(), int(1000), int(64)], DType::U32, &[zero.into()], |s, k, c| {
            vec![op(s, Opcode::Add, [c[0].into(), k.into()])]
        })[0]
    });
    for (i, &got) in got.iter().enumerate() {
        assert_eq!(got as usize, (i..1000).step_by(64).sum::<usize>(), "thread {i}");
    }
}

#[test]
fn loops_count_down_and_up_to_the_end_of_their_type() {
    for (lo, hi, step, dtype) in [
        (10, -7, -3, DType::I32),
        (250, 255, 1, DType::U8),
        (250, 255, 4, DType::U8),
        (-128, 127, 100, DType::I8),
        (127, -128, -1, DType::I8),
    ] {
        let got = each(40, |s, i| {
            let zero = op(s, Opcode::Mul, [i.into(), int(0)]);
            s.count([int(lo), int(hi), int(step)], dtype, &[zero.into()], |s, k, c| {
                let shifted = op(s, Opcode::Mul, [c[0].into(), int(3)]);
                vec![op(s, Opcode::Add, [shifted.into(), k.into()])]
            })[0]
        });
        let (mut wanted, mut k) = (0u32, lo);
        while if step > 0 { k < hi } else { k > hi } {
            wanted = wanted.wrapping_mul(3).wrapping_add(k as u32);
            k += step;
        }
        assert_eq!(got, vec![wanted; 40], "{lo} to {hi} by {step}");
    }
}

#[test]
fn carried_values_change_places() {
    let got = each(64, |s, i| {
        let doubled = op(s, Opcode::Mul, [i.into(), int(2)]);
        let result = s.count([int(0), int(5), int(1)], DType::U32, &[i.into(), doubled.into(), int(7)], |s, _, c| {
            let third = op(s, Opcode::Add, [c[2].into(), c[0].into()]);
            vec![c[1], c[0], third]
        });
        let scaled = op(s, Opcode::Mul, [result[0].into(), int(1000)]);
        op(s, Opcode::Add, [scaled.into(), result[2].into()])
    });
    for (i, &got) in got.iter().enumerate() {
        let i = i as u32;
        let (mut a, mut b, mut c) = (i, 2 * i, 7);
        for _ in 0..5 {
            (a, b, c) = (b, a, c + a);
        }
        assert_eq!(got, a * 1000 + c, "thread {i}");
    }
}

/// Loops in loops, of trip counts that differ, with a value of the outer one used in the inner and the inner result used twice.
#[test]
fn loops_in_loops() {
    let got = each(100, |s, i| {
        let outer = op(s, Opcode::Rem, [i.into(), int(4)]);
        s.count([int(0), outer.into(), int(1)], DType::U32, &[i.into()], |s, a, c| {
            let inner = s.count([int(0), a.into(), int(1)], DType::U32, &[c[0].into(), int(1)], |s, b, c| {
                let sum = op(s, Opcode::Add, [c[0].into(), b.into()]);
                vec![op(s, Opcode::Add, [sum.into(), i.into()]), op(s, Opcode::Mul, [c[1].into(), int(2)])]
            });
            let sum = op(s, Opcode::Add, [inner[0].into(), inner[1].into()]);
            vec![op(s, Opcode::Add, [sum.into(), inner[0].into()])]
        })[0]
    });
    for (i, &got) in got.iter().enumerate() {
        let i = i as u32;
        let mut outer = i;
        for a in 0..i % 4 {
            let (mut sum, mut power) = (outer, 1);
            for b in 0..a {
                (sum, power) = (sum + b + i, power * 2);
            }
            outer = sum + power + sum;
        }
        assert_eq!(got, outer, "thread {i}");
    }
}

#[test]
fn registers_are_each_threads_own() {
    let got = each(100, |s, i| {
        let regs = s.registers("regs", DType::U32, 4, Some(int(5)));
        let slot = op(s, Opcode::Rem, [i.into(), int(4)]);
        s.store(regs, slot, i);
        let odd = op(s, Opcode::Rem, [i.into(), int(2)]);
        let odd = op(s, Opcode::CmpEq, [odd.into(), int(1)]);
        s.when(odd, |s| s.store(regs, int(0), int(9)));
        let sum = s.load(regs, int(0));
        (1..4).fold(sum, |sum, n| {
            let x = s.load(regs, int(n));
            op(s, Opcode::Add, [sum.into(), x.into()])
        })
    });
    for (i, &got) in got.iter().enumerate() {
        let mut regs = [5; 4];
        regs[i % 4] = i;
        if i % 2 == 1 {
            regs[0] = 9;
        }
        assert_eq!(got as usize, regs.iter().sum::<usize>(), "thread {i}");
    }
}

#[test]
fn threadgroup_memory_starts_as_zero_and_is_shared() {
    let mut s = Sketch::new();
    let out = s.buffer("out", DType::U32);
    let tile = s.tile("tile", DType::U32, 64);
    let [thread, within] = [Opcode::ThreadPositionInGrid, Opcode::ThreadIndexInThreadgroup].map(|c| s.value(c, []));
    let before = s.load(tile, within);
    s.store(tile, within, thread);
    s.barrier();
    let mirrored = s.value(Opcode::Sub, [int(63), within.into()]);
    let other = s.load(tile, mirrored);
    let sum = s.value(Opcode::Add, [before.into(), other.into()]);
    s.store(out, thread, sum);
    let mut got = vec![0u32; 640];
    run(&s.program(), line(640, 64), &[output(&mut got)]);
    for (i, &got) in got.iter().enumerate() {
        assert_eq!(got as usize, i / 64 * 64 + 63 - i % 64);
    }
}
