//! Common subexpressions.

use enigma_ir::passes::share;
use enigma_ir::{Arg, DType, MemoryId, Opcode};

use crate::common::{Sketch, int};
use crate::{after, before_and_after, count, load, numbers, store, untouched};

#[test]
fn pure_operations() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
        let twice = k.value(Opcode::Mul, &[sum.into(), int(2)]);
        let again = k.named("total", Opcode::Add, &[x.into(), y.into()]);
        let doubled = k.value(Opcode::Mul, &[again.into(), int(2)]);
        let wider = k.value(Opcode::Add, &[y.into(), x.into()]);
        vec![twice, doubled, wider]
    });
    insta::assert_snapshot!(before_and_after(share, &kernel));
}

#[test]
fn across_branches() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
        let less = k.value(Opcode::CmpLt, &[sum.into(), x.into()]);
        k.begin_if(less);
        let inside = k.value(Opcode::Add, &[x.into(), y.into()]);
        let product = k.value(Opcode::Mul, &[x.into(), y.into()]);
        let one = k.value(Opcode::Sub, &[inside.into(), product.into()]);
        k.begin_else(&[one.into()]);
        // The other side computed it, which is of no use here.
        let product = k.value(Opcode::Mul, &[x.into(), y.into()]);
        vec![k.end_if(&[product.into()])[0]]
    });
    insta::assert_snapshot!(before_and_after(share, &kernel));
}

#[test]
fn zeros_of_both_signs_are_two_constants() {
    let kernel = numbers(DType::F32, |k, x, _| {
        let plus = k.value(Opcode::Div, &[x.into(), crate::common::float(0.0)]);
        let minus = k.value(Opcode::Div, &[x.into(), crate::common::float(-0.0)]);
        vec![plus, minus]
    });
    let shared = after(share, &kernel);
    assert_eq!(count(&shared, Opcode::Div), 2);
}

/// How many of two loads of one element are left when something stands between them.
fn loads_around(space: Space, between: impl FnOnce(&mut Sketch, &Memories)) -> usize {
    let mut k = Sketch::new("loads");
    let memories = Memories {
        a: k.buffer("A", DType::U32),
        b: k.buffer("B", DType::U32),
        tile: k.tile("tile", DType::U32, 64),
        other: k.tile("other", DType::U32, 64),
    };
    let out = k.buffer("out", DType::U32);
    let n = k.scalar("n", DType::U32);
    let memory = if space == Space::Device { memories.a } else { memories.tile };
    let first = load(&mut k, memory, n);
    between(&mut k, &memories);
    let second = load(&mut k, memory, n);
    let sum = k.value(Opcode::Add, &[first.into(), second.into()]);
    store(&mut k, out, 0, sum);
    let mut kernel = enigma_ir::Kernel::clone(&k.finish());
    share(&mut kernel);
    count(&kernel, Opcode::Load)
}

struct Memories {
    a: MemoryId,
    b: MemoryId,
    tile: MemoryId,
    other: MemoryId,
}

#[derive(PartialEq)]
enum Space {
    Device,
    Tile,
}

fn put(k: &mut Sketch, memory: MemoryId) {
    k.call(Opcode::Store, &[memory.into(), int(1), int(1)]);
}

#[test]
fn loads_with_nothing_between_them() {
    assert_eq!(loads_around(Space::Device, |_, _| {}), 1);
    assert_eq!(loads_around(Space::Tile, |_, _| {}), 1);
}

#[test]
fn loads_around_a_store() {
    assert_eq!(loads_around(Space::Tile, |k, m| put(k, m.tile)), 2);
    assert_eq!(loads_around(Space::Tile, |k, m| put(k, m.other)), 1, "two tiles are two memories");
    assert_eq!(loads_around(Space::Device, |k, m| put(k, m.b)), 2, "two buffers may be one memory");
    assert_eq!(loads_around(Space::Device, |k, m| put(k, m.tile)), 1);
}

#[test]
fn loads_around_a_barrier() {
    let barrier = |code| {
        move |k: &mut Sketch, _: &Memories| {
            k.call(code, &[]);
        }
    };
    assert_eq!(loads_around(Space::Tile, barrier(Opcode::Barrier)), 2);
    assert_eq!(loads_around(Space::Tile, barrier(Opcode::SimdBarrier)), 2);
    assert_eq!(loads_around(Space::Device, barrier(Opcode::Barrier)), 2, "whatever its flags say");
}

#[test]
fn loads_around_a_copy_and_its_wait() {
    let copy = |k: &mut Sketch, dst: MemoryId, src: MemoryId| {
        let event = k.value(Opcode::AsyncCopy1dD2t, &[dst.into(), int(0), src.into(), int(0), int(8)]);
        k.call(Opcode::AsyncCopyWait, &[event.into()]);
    };
    assert_eq!(loads_around(Space::Tile, |k, m| copy(k, m.tile, m.a)), 2);
    assert_eq!(loads_around(Space::Tile, |k, m| copy(k, m.other, m.a)), 2, "no load moves across a wait");
}

#[test]
fn a_load_before_and_after_the_wait_alone() {
    let mut k = Sketch::new("wait");
    let (a, out) = (k.buffer("A", DType::U32), k.buffer("out", DType::U32));
    let (tile, other) = (k.tile("tile", DType::U32, 64), k.tile("other", DType::U32, 64));
    let n = k.scalar("n", DType::U32);
    let event = k.value(Opcode::AsyncCopy1dD2t, &[other.into(), int(0), a.into(), int(0), int(64)]);
    let first = load(&mut k, tile, n);
    k.call(Opcode::AsyncCopyWait, &[event.into()]);
    let second = load(&mut k, tile, n);
    let sum = k.value(Opcode::Add, &[first.into(), second.into()]);
    store(&mut k, out, 0, sum);
    untouched_but_constants(&k.finish());
}

/// Only constants are shared.
fn untouched_but_constants(kernel: &enigma_ir::Verified<enigma_ir::Kernel>) {
    let shared = after(share, kernel);
    for code in enigma_ir::table::TABLE.iter().map(|row| row.code).filter(|&code| code != Opcode::Constant) {
        assert_eq!(count(&shared, code), count(kernel, code), "{}", code.info().name);
    }
}

#[test]
fn loads_around_an_atomic() {
    let add = |k: &mut Sketch, m: &Memories| {
        k.call(Opcode::AtomicFetchAdd, &[m.other.into(), int(0), int(1)]);
    };
    assert_eq!(loads_around(Space::Tile, add), 2);
    assert_eq!(loads_around(Space::Device, add), 2);
}

#[test]
fn atomics_are_all_done() {
    let mut k = Sketch::new("atomics");
    let (a, out) = (k.buffer("A", DType::U32), k.buffer("out", DType::U32));
    let zero = k.scalar("zero", DType::U32);
    for _ in 0..2 {
        k.call(Opcode::AtomicFetchAdd, &[a.into(), zero.into(), zero.into()]);
        let seen = k.value(Opcode::AtomicLoad, &[a.into(), zero.into()]);
        k.call(Opcode::Store, &[out.into(), seen.into(), seen.into()]);
    }
    untouched(share, &k.finish());
}

#[test]
fn loads_around_a_loop_that_writes() {
    let writes = |k: &mut Sketch, m: &Memories| {
        let n: Arg = int(4);
        k.begin_for(int(0), n, int(1), DType::U32, &[]);
        put(k, m.tile);
        k.end_for(&[]);
    };
    assert_eq!(loads_around(Space::Tile, writes), 2);
}

#[test]
fn loads_of_different_blocks() {
    let kernel = numbers(DType::U32, |k, x, y| {
        let a = k.buffer("A", DType::U32);
        let first = load(k, a, x);
        let less = k.value(Opcode::CmpLt, &[x.into(), y.into()]);
        k.begin_if(less);
        let second = load(k, a, x);
        k.begin_else(&[second.into()]);
        let chosen = k.end_if(&[x.into()]);
        vec![first, chosen[0]]
    });
    let shared = after(share, &kernel);
    assert_eq!(count(&shared, Opcode::Load), 2);
}
