//! What is left to do for copied tiles that nothing reads.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
mod common;

use common::{Sketch, float, int};
use enigma_ir::analysis::{ReadBack, read_back};
use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode, ValueId};

/// A kernel with two buffers and a tile of 64 floats.
struct Kernel {
    k: Sketch,
    a: MemoryId,
    b: MemoryId,
    tile: MemoryId,
}

impl Kernel {
    fn copy(&mut self, offset: impl Into<Arg>, predicate: Option<Arg>) -> ValueId {
        let args = [self.tile.into(), offset.into(), self.a.into(), int(0), int(32), predicate.unwrap_or(Arg::Missing)];
        self.k.value(Opcode::AsyncCopy1dD2t, &args)
    }

    fn wait(&mut self, event: ValueId) {
        self.k.call(Opcode::AsyncCopyWait, &[event.into()]);
    }

    fn barrier(&mut self) {
        self.k.call(Opcode::Barrier, &[]);
    }

    /// A copy with its wait and a barrier.
    fn fetch(&mut self) {
        let event = self.copy(int(0), None);
        self.wait(event);
        self.barrier();
    }

    /// The element at an index, which nothing uses.
    fn load(&mut self, index: impl Into<Arg>) -> ValueId {
        self.k.value(Opcode::Load, &[self.tile.into(), index.into()])
    }

    /// Reads an element and keeps it.
    fn read(&mut self, index: impl Into<Arg>) {
        let x = self.load(index);
        let lane = self.lane();
        self.k.call(Opcode::Store, &[self.b.into(), lane.into(), x.into()]);
    }

    fn lane(&mut self) -> ValueId {
        self.k.value(Opcode::ThreadIndexInSimdgroup, &[])
    }

    fn flag(&mut self) -> ValueId {
        let n = self.k.value(Opcode::ThreadgroupPositionInGrid, &[]);
        self.k.value(Opcode::CmpLt, &[n.into(), int(3)])
    }

    fn branch(&mut self, then: impl FnOnce(&mut Kernel), otherwise: impl FnOnce(&mut Kernel)) {
        let flag = self.flag();
        self.k.begin_if(flag);
        then(self);
        self.k.begin_else(&[]);
        otherwise(self);
        self.k.end_if(&[]);
    }

    fn repeat(&mut self, lo: impl Into<Arg>, hi: impl Into<Arg>, body: impl FnOnce(&mut Kernel, ValueId)) {
        let (i, _) = self.k.begin_for(lo.into(), hi.into(), int(8), DType::U32, &[]);
        body(self, i);
        self.k.end_for(&[]);
    }
}

/// What is left of such a kernel: the elements to read, and whether there has to be a barrier.
fn left(build: impl FnOnce(&mut Kernel)) -> (Vec<u64>, bool) {
    let mut k = Sketch::new("kernel");
    let (a, b) = (k.buffer("A", DType::F32), k.buffer("B", DType::F32));
    let tile = k.tile("tile", DType::F32, 64);
    let mut kernel = Kernel { k, a, b, tile };
    build(&mut kernel);
    let ReadBack { elements, barrier } = read_back(&kernel.k.finish());
    assert!(elements.iter().all(|(memory, _)| *memory == tile));
    (elements.into_iter().map(|(_, element)| element).collect(), barrier)
}

const NOTHING: (Vec<u64>, bool) = (Vec::new(), false);
const BARRIER: (Vec<u64>, bool) = (Vec::new(), true);

fn read(elements: &[u64]) -> (Vec<u64>, bool) {
    (elements.to_vec(), true)
}

#[test]
fn a_tile_that_is_read_and_a_barrier_are_enough() {
    assert_eq!(left(|_| ()), NOTHING);
    let fine = |k: &mut Kernel| {
        k.fetch();
        k.read(int(3));
    };
    assert_eq!(left(fine), NOTHING);
}

#[test]
fn what_nothing_reads_is_left() {
    assert_eq!(left(Kernel::fetch), read(&[0]));
    let dead_load = |k: &mut Kernel| {
        k.fetch();
        k.load(int(3));
    };
    assert_eq!(left(dead_load), read(&[0]));
    let read_before = |k: &mut Kernel| {
        k.read(int(3));
        k.barrier();
        k.fetch();
    };
    assert_eq!(left(read_before), read(&[0]));
    let masked = |k: &mut Kernel| {
        k.fetch();
        let (flag, lane) = (k.flag(), k.lane());
        let x = k.k.value(Opcode::LoadIf, &[k.tile.into(), lane.into(), flag.into(), float(0.0)]);
        k.k.call(Opcode::Store, &[k.b.into(), lane.into(), x.into()]);
    };
    assert_eq!(left(masked), read(&[0]));
}

#[test]
fn each_copy_is_read_where_it_begins() {
    let two = |k: &mut Kernel| {
        let (first, second) = (k.copy(int(32), None), k.copy(int(0), None));
        k.wait(first);
        k.wait(second);
    };
    assert_eq!(left(two), read(&[32, 0]));
    let twice = |k: &mut Kernel| {
        k.fetch();
        k.fetch();
    };
    assert_eq!(left(twice), read(&[0]));
    let somewhere = |k: &mut Kernel| {
        let offset = k.k.scalar("offset", DType::U32);
        let event = k.copy(offset, None);
        k.wait(event);
    };
    assert_eq!(left(somewhere), read(&[0]));
}

#[test]
fn a_barrier_before_the_wait_does_not_count() {
    let none = |k: &mut Kernel| {
        let event = k.copy(int(0), None);
        k.wait(event);
        k.read(int(3));
    };
    assert_eq!(left(none), BARRIER);
    let before = |k: &mut Kernel| {
        let event = k.copy(int(0), None);
        k.barrier();
        k.wait(event);
        k.read(int(3));
    };
    assert_eq!(left(before), BARRIER);
    let behind_the_read = |k: &mut Kernel| {
        none(k);
        k.barrier();
    };
    assert_eq!(left(behind_the_read), NOTHING);
}

#[test]
fn a_branch_counts_where_both_sides_do() {
    let one = |k: &mut Kernel| {
        k.fetch();
        k.branch(|k| k.read(int(3)), |_| ());
    };
    assert_eq!(left(one), read(&[0]));
    let both = |k: &mut Kernel| {
        k.fetch();
        k.branch(|k| k.read(int(3)), |k| k.read(int(4)));
    };
    assert_eq!(left(both), NOTHING);
    let copied_in_one = |k: &mut Kernel| k.branch(Kernel::fetch, |k| k.read(int(3)));
    assert_eq!(left(copied_in_one), read(&[0]));
    let read_behind = |k: &mut Kernel| {
        k.branch(Kernel::fetch, |_| ());
        k.read(int(3));
    };
    assert_eq!(left(read_behind), NOTHING);
}

#[test]
fn a_loop_counts_where_it_is_known_to_run() {
    let known = |k: &mut Kernel| {
        k.fetch();
        k.repeat(int(0), int(64), |k, i| k.read(i));
    };
    assert_eq!(left(known), NOTHING);
    let never = |k: &mut Kernel| {
        k.fetch();
        k.repeat(int(64), int(64), |k, i| k.read(i));
    };
    assert_eq!(left(never), read(&[0]));
    let maybe = |k: &mut Kernel| {
        let n = k.k.scalar("n", DType::U32);
        k.fetch();
        k.repeat(int(0), n, |k, i| k.read(i));
    };
    assert_eq!(left(maybe), read(&[0]));
}

#[test]
fn a_loop_from_each_threads_position_runs_in_the_first() {
    let from = |position: Opcode| {
        move |k: &mut Kernel| {
            let start = k.k.value(position, &[]);
            k.repeat(start, int(64), |k, i| k.read(i));
        }
    };
    let in_the_body = |position| {
        left(|k| {
            k.fetch();
            from(position)(k);
        })
    };
    assert_eq!(in_the_body(Opcode::ThreadIndexInSimdgroup), NOTHING);
    assert_eq!(in_the_body(Opcode::ThreadIndexInThreadgroup), NOTHING);
    // The grid's first thread is in one threadgroup only.
    assert_eq!(in_the_body(Opcode::ThreadPositionInGrid), read(&[0]));
    let in_a_branch = |position| {
        left(|k| {
            let copied = |k: &mut Kernel| {
                k.fetch();
                from(position)(k);
            };
            k.branch(copied, |_| ());
        })
    };
    assert_eq!(in_a_branch(Opcode::ThreadIndexInSimdgroup), NOTHING);
    assert_eq!(in_a_branch(Opcode::ThreadIndexInThreadgroup), read(&[0]));
}

#[test]
fn what_a_loop_does_after_its_own_wait_counts() {
    let whole = |k: &mut Kernel| {
        let n = k.k.scalar("n", DType::U32);
        k.repeat(int(0), n, |k, i| {
            k.fetch();
            k.read(i);
            k.barrier();
        });
    };
    assert_eq!(left(whole), NOTHING);
    let next_iteration = |k: &mut Kernel| {
        k.repeat(int(0), int(64), |k, i| {
            k.read(i);
            k.barrier();
            k.fetch();
        });
    };
    assert_eq!(left(next_iteration), read(&[0]));
}

/// A copy flies while the one before it is used; behind the loop the last is waited for.
fn pipelined(k: &mut Kernel) {
    let n = k.k.scalar("n", DType::U32);
    let first = k.copy(int(0), None);
    let (i, carry) = k.k.begin_for(int(0), n.into(), int(1), DType::U32, &[first.into()]);
    k.wait(carry[0]);
    k.barrier();
    k.read(i);
    k.barrier();
    let more = k.k.value(Opcode::CmpLt, &[i.into(), n.into()]);
    let next = k.copy(int(0), Some(more.into()));
    let last = k.k.end_for(&[next.into()]);
    k.wait(last[0]);
}

#[test]
fn an_event_is_followed_through_a_loop() {
    assert_eq!(left(pipelined), read(&[0]));
    let read_behind = |k: &mut Kernel| {
        pipelined(k);
        k.barrier();
        k.read(int(3));
    };
    assert_eq!(left(read_behind), NOTHING);
}

#[test]
fn a_copy_out_counts_where_it_surely_copies() {
    let out = |k: &mut Kernel, predicate: Arg| {
        k.fetch();
        let args = [k.b.into(), int(0), k.tile.into(), int(0), int(32), predicate];
        let event = k.k.value(Opcode::AsyncCopy1dT2d, &args);
        k.wait(event);
    };
    assert_eq!(left(|k| out(k, Arg::Missing)), NOTHING);
    let perhaps = |k: &mut Kernel| {
        let flag = k.flag();
        out(k, flag.into());
    };
    assert_eq!(left(perhaps), read(&[0]));
}

#[test]
fn what_the_hardware_does_not_copy_is_no_matter() {
    let never = |k: &mut Kernel| {
        let event = k.copy(int(0), Some(Arg::Literal(Literal::Bool(false))));
        k.wait(event);
    };
    assert_eq!(left(never), NOTHING);
    let registers = |k: &mut Kernel| {
        let own = k.k.registers("own", DType::F32, 4, None);
        let event = k.k.value(Opcode::AsyncCopy1dD2t, &[own.into(), int(0), k.a.into(), int(0), int(4)]);
        k.wait(event);
    };
    assert_eq!(left(registers), NOTHING);
}
