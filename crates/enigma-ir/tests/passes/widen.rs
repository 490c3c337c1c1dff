//! Wide accesses.

use enigma_ir::passes::{optimise_wide, widen};
use enigma_ir::{Arg, DType, Kernel, MemoryId, Opcode, ValueId, Verified, print};

use crate::common::{Sketch, int};
use crate::{before_and_after, count, load};

/// A kernel over two buffers and a tile; `first` is the first of four elements of a thread.
fn sketch(build: impl FnOnce(&mut Sketch, Memories, ValueId)) -> Verified<Kernel> {
    let mut k = Sketch::new("wide");
    let memories = Memories {
        a: k.buffer("A", DType::F32),
        out: k.buffer("out", DType::F32),
        tile: k.tile("tile", DType::F32, 1024),
    };
    let i = k.value(Opcode::ThreadPositionInGrid, &[]);
    let first = k.named("first", Opcode::Mul, &[i.into(), int(4)]);
    build(&mut k, memories, first);
    k.finish()
}

#[derive(Copy, Clone)]
struct Memories {
    a: MemoryId,
    out: MemoryId,
    tile: MemoryId,
}

fn plus(k: &mut Sketch, first: ValueId, n: i128) -> ValueId {
    k.value(Opcode::Add, &[first.into(), int(n)])
}

fn put(k: &mut Sketch, memory: MemoryId, index: ValueId, value: impl Into<Arg>) {
    k.call(Opcode::Store, &[memory.into(), index.into(), value.into()]);
}

/// `out[first + n] = A[first + n] * 2`, for each `n`.
fn doubled(k: &mut Sketch, m: Memories, first: ValueId, order: &[i128], between: impl Fn(&mut Sketch)) {
    for &n in order {
        let at = plus(k, first, n);
        let x = load(k, m.a, at);
        let twice = k.value(Opcode::Mul, &[x.into(), int(2)]);
        put(k, m.out, at, twice);
        between(k);
    }
}

fn widened(kernel: &Verified<Kernel>, width: u32) -> (usize, usize) {
    let wide = optimise_wide(kernel, width);
    (count(&wide, Opcode::VecLoad), count(&wide, Opcode::VecStore))
}

fn by_four(kernel: &mut Kernel) -> bool {
    widen(kernel, 4)
}

#[test]
fn elements_one_by_one() {
    insta::assert_snapshot!(before_and_after(
        by_four,
        &sketch(|k, m, first| doubled(k, m, first, &[0, 1, 2, 3], |_| {}))
    ));
}

#[test]
fn a_copy_of_elements() {
    let kernel = sketch(|k, m, first| {
        for n in 0..4 {
            let at = plus(k, first, n);
            let x = load(k, m.a, at);
            put(k, m.out, at, x);
        }
    });
    insta::assert_snapshot!(print(&optimise_wide(&kernel, 4)));
}

#[test]
fn as_many_as_there_are() {
    let kernel = |order: &'static [i128]| sketch(move |k, m, first| doubled(k, m, first, order, |_| {}));
    assert_eq!(widened(&kernel(&[0, 1, 2, 3, 4, 5, 6, 7]), 4), (2, 2));
    assert_eq!(widened(&kernel(&[0, 1, 2, 3, 4]), 2), (2, 2));
    assert_eq!(widened(&kernel(&[0, 1, 2]), 3), (1, 1));
    assert_eq!(widened(&kernel(&[0, 1, 3, 4]), 3), (0, 0));
    assert_eq!(widened(&kernel(&[0, 2, 1]), 3), (1, 1), "in any order, if the first index is there");
    assert_eq!(
        widened(&kernel(&[3, 2, 1]), 3),
        (0, 1),
        "the index of the first element is not there at the first load"
    );
}

#[test]
fn not_across_what_orders_memory() {
    let split = |between: fn(&mut Sketch, Memories)| {
        sketch(move |k, m, first| doubled(k, m, first, &[0, 1, 2, 3], |k| between(k, m)))
    };
    let barrier = split(|k, _| {
        k.call(Opcode::Barrier, &[]);
    });
    let copy = split(|k, m| {
        let event = k.value(Opcode::AsyncCopy1dD2t, &[m.tile.into(), int(0), m.a.into(), int(0), int(8)]);
        k.call(Opcode::AsyncCopyWait, &[event.into()]);
    });
    let branch = split(|k, m| {
        let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        let is_first = k.value(Opcode::CmpEq, &[lane.into(), int(0)]);
        k.begin_if(is_first);
        put(k, m.tile, lane, int(1));
        k.end_if(&[]);
    });
    for kernel in [barrier, copy, branch] {
        assert_eq!(widened(&kernel, 4), (0, 0), "{}", print(&kernel));
        assert_eq!(widened(&kernel, 2), (0, 0), "{}", print(&kernel));
    }
}

/// `A[first + n] *= 2`: each element is stored after its own load, and before the loads of others.
#[test]
fn in_place() {
    let kernel = sketch(|k, m, first| doubled(k, Memories { out: m.a, ..m }, first, &[0, 1, 2, 3], |_| {}));
    assert_eq!(widened(&kernel, 4), (1, 1));
}

#[test]
fn not_past_a_store_to_the_same_element() {
    // A running sum: each load reads what was stored just before.
    let kernel = sketch(|k, m, first| {
        for n in 0..4 {
            let (at, next) = (plus(k, first, n), plus(k, first, n + 1));
            let (x, y) = (load(k, m.a, at), load(k, m.a, next));
            let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
            put(k, m.a, next, sum);
        }
    });
    assert_eq!(widened(&kernel, 4).0, 0, "{}", print(&optimise_wide(&kernel, 4)));
}

#[test]
fn not_past_a_store_to_an_element_that_is_not_known() {
    let kernel = sketch(|k, m, first| {
        let other = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        doubled(k, m, first, &[0, 1, 2, 3], |k| {
            put(k, m.a, other, int(1));
            put(k, m.out, other, int(1));
        });
    });
    assert_eq!(widened(&kernel, 4), (0, 0));
}

#[test]
fn short_indices_might_wrap() {
    let kernel = sketch(|k, m, first| {
        let short = k.value(Opcode::Cast, &[first.into(), crate::common::name("uchar")]);
        for n in 0..4 {
            let wide = plus(k, short, n);
            let at = k.value(Opcode::Cast, &[wide.into(), crate::common::name("uchar")]);
            let x = load(k, m.a, at);
            put(k, m.out, wide, x);
        }
    });
    assert_eq!(widened(&kernel, 4), (0, 1));
}
