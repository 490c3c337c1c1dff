//! The kernels of the trials, built by hand.

use enigma_ir::{Arg, Builder, DType, Fill, Literal, MemoryId, Opcode, Span, ValueId};

use super::{BLANK, Case, SHARE, THREADS, TILE, Way};
use crate::compiled::Compiled;

/// These kernels stand in no file.
const SPAN: Span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 1 };

/// The builder with shorter names.
pub(super) struct Make(Builder);

/// An integer as an argument.
pub(super) fn int(value: usize) -> Arg {
    Arg::Literal(Literal::Int(value as i128))
}

impl Make {
    pub(super) fn new(name: &str) -> Make {
        Make(Builder::new(name, "the trials of lowerings", Some("".into()), [1, 1, 1, 1]))
    }

    /// The kernel. A test shows that the verifier takes each.
    pub(super) fn finish(self) -> Compiled {
        Compiled::new(self.0.finish()).expect("the kernels of the trials are right")
    }

    pub(super) fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        self.0.buffer_param(name, dtype, SPAN)
    }

    pub(super) fn tile(&mut self, dtype: DType, len: usize) -> MemoryId {
        self.0.threadgroup_alloc(dtype, len as i128, Some("tile"), None, SPAN)
    }

    pub(super) fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        self.0.value(code, args, SPAN)
    }

    pub(super) fn does(&mut self, code: Opcode, args: &[Arg]) {
        self.0.call(code, args, SPAN);
    }

    pub(super) fn zero(&mut self) -> ValueId {
        self.0.constant(Literal::Int(0), DType::U32, SPAN)
    }

    pub(super) fn add(&mut self, a: ValueId, b: usize) -> ValueId {
        self.value(Opcode::Add, &[a.into(), int(b)])
    }

    pub(super) fn load(&mut self, memory: MemoryId, index: ValueId) -> ValueId {
        self.value(Opcode::Load, &[memory.into(), index.into()])
    }

    pub(super) fn store(&mut self, memory: MemoryId, index: ValueId, value: impl Into<Arg>) {
        self.does(Opcode::Store, &[memory.into(), index.into(), value.into()]);
    }

    /// Counts in `int` from 0 up; gives the number and what is carried.
    pub(super) fn begin_loop(&mut self, count: usize, init: &[Arg]) -> (ValueId, Vec<ValueId>) {
        self.0.begin_for([&int(0), &int(count), &int(1)], DType::I32, init, SPAN)
    }

    pub(super) fn end_loop(&mut self, next: &[ValueId]) -> Vec<ValueId> {
        let next: Vec<Arg> = next.iter().map(|&value| value.into()).collect();
        self.0.end_for(&next, SPAN)
    }
}

impl Case {
    /// The kernel that makes one such copy in each threadgroup.
    pub(super) fn kernel(&self) -> Compiled {
        let name: String = self.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        let mut k = Make::new(&format!("trial_{name}"));
        let (input, output) = (k.buffer("input", self.dtype), k.buffer("output", self.dtype));
        let tile = k.tile(self.dtype, TILE);
        let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        let group = k.value(Opcode::ThreadgroupPositionInGrid, &[]);
        let share = k.value(Opcode::Mul, &[group.into(), int(SHARE)]);
        match self.way {
            Way::In => {
                let blank = BLANK >> (64 - self.dtype.bits());
                each(&mut k, lane, |k, index| k.store(tile, index, int(blank as usize)));
                k.does(Opcode::Barrier, &[]);
                let from = k.add(share, self.extent.src_offset);
                self.copy(&mut k, [tile.into(), int(self.extent.dst_offset)], [input.into(), from.into()]);
                k.does(Opcode::Barrier, &[]);
                let start = k.value(Opcode::Mul, &[group.into(), int(TILE)]);
                each(&mut k, lane, |k, index| {
                    let element = k.load(tile, index);
                    let place = k.value(Opcode::Add, &[start.into(), index.into()]);
                    k.store(output, place, element);
                });
            }
            Way::Out => {
                each(&mut k, lane, |k, index| {
                    let place = k.value(Opcode::Add, &[share.into(), index.into()]);
                    let element = k.load(input, place);
                    k.store(tile, index, element);
                });
                k.does(Opcode::Barrier, &[]);
                let to = k.add(share, self.extent.dst_offset);
                self.copy(&mut k, [output.into(), to.into()], [tile.into(), int(self.extent.src_offset)]);
            }
        }
        k.finish()
    }

    /// Issues the copy and waits for it.
    fn copy(&self, k: &mut Make, [dst, dst_offset]: [Arg; 2], [src, src_offset]: [Arg; 2]) {
        let cols = int(self.extent.cols);
        let (code, args) = match (self.extent.tile, self.way) {
            (None, Way::In) => (Opcode::AsyncCopy1dD2t, vec![dst, dst_offset, src, src_offset, cols]),
            (None, Way::Out) => (Opcode::AsyncCopy1dT2d, vec![dst, dst_offset, src, src_offset, cols]),
            (Some(tile), way) => {
                let [dst_pitch, src_pitch, rows] = [tile.dst_pitch, tile.src_pitch, tile.rows].map(int);
                let mut args = vec![dst, dst_offset, dst_pitch, src, src_offset, src_pitch, cols, rows, Arg::Missing];
                args.extend(tile.valid.map(int));
                match way {
                    Way::In => args.push(Arg::Name(fill(tile.fill).to_owned())),
                    Way::Out => {}
                }
                (if way == Way::In { Opcode::AsyncCopy2dD2t } else { Opcode::AsyncCopy2dT2d }, args)
            }
        };
        let event = k.value(code, &args);
        k.does(Opcode::AsyncCopyWait, &[event.into()]);
    }
}

/// Does something to each element of a tile, shared out among the lanes.
fn each(k: &mut Make, lane: ValueId, act: impl Fn(&mut Make, ValueId)) {
    for start in (0..TILE).step_by(THREADS) {
        let index = k.add(lane, start);
        act(k, index);
    }
}

fn fill(fill: Fill) -> &'static str {
    match fill {
        Fill::Zero => "zero",
        Fill::Edge => "edge",
    }
}
