//! Asynchronous copies, by the hardware or by the lanes of the simdgroup.
//!
//! An event of the hardware's is the pointer that it gives. Where a kernel has copies that may turn out never to be issued
//! (their predicate is false, or there is nothing to copy), each event is a pair of that pointer and whether it was issued,
//! and waits pass over those that were not. Where lanes copy, events are nothing at all. A copy to or from registers is each
//! lane's own, and over when it is issued.

use enigma_ir::{Copy, CopyShape, DType, Fill, Kernel, Literal, MemFlags, MemoryId, Op, Type as Kind, ValueId};
use enigma_ir::{analysis, target::LinearCopy};
use smallvec::smallvec;

use super::numbers::memory_type;
use super::{Components, Effect, Lowering};
use crate::Copies;
use crate::llvm::{BinaryOp, CastOp, IntPredicate, Shape, Type, Value, space};

/// The name of what events point to, of which nothing is known.
const EVENT: &str = "struct._simdgroup_event_t";

/// Of a pointer, in bytes.
const POINTER_ALIGNMENT: u32 = 8;

/// What the copies of a kernel ask of its events and its waits.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Events {
    /// How many LLVM values an event is.
    pub components: usize,
    /// Whether lanes may fill a tile in the place of the hardware.
    lanes_fill: bool,
}

impl Events {
    pub fn of(kernel: &Kernel, copies: Copies) -> Events {
        if copies == Copies::Cooperative {
            return Events { components: 0, lanes_fill: false };
        }
        let ops = || kernel.walk().into_iter().map(|id| kernel.op(id));
        let passed_on = ops().any(|op| !op.code.is_copy() && op.results.iter().any(|&v| kernel.ty(v) == Kind::Event));
        let may_be_skipped = |copy: &Copy| match copy.is_over(kernel) {
            true => passed_on,
            false => kernel.literal(copy.predicate).is_none() || copy.may_be_empty(kernel),
        };
        let fills = |copy: &Copy| copy.has_edges(kernel) && matches!(copy.shape, CopyShape::Tile { fill: Some(_), .. });
        let mut events = Events { components: 1, lanes_fill: false };
        for copy in ops().filter_map(Op::as_copy) {
            if may_be_skipped(&copy) {
                events.components = 2;
            }
            events.lanes_fill |= fills(&copy) && !copy.is_over(kernel) && copy.may_be_empty(kernel);
        }
        events
    }
}

/// One side of a copy: a memory, how many elements on the copy begins, and how many on from there its next row does.
#[derive(Copy, Clone)]
struct Side {
    memory: MemoryId,
    offset: Value,
    pitch: Value,
}

/// What a copy moves, as numbers of 64 bits: a row is a tile of one.
struct Tile {
    dtype: DType,
    dst: Side,
    src: Side,
    /// Columns and rows that are written.
    extent: [Value; 2],
    /// Columns and rows that are read, and what fills the rest, where that may be less.
    edge: Option<([Value; 2], Fill)>,
}

impl Tile {
    /// Columns and rows that are read.
    fn read(&self) -> [Value; 2] {
        self.edge.map_or(self.extent, |(valid, _)| valid)
    }
}

impl Lowering<'_, '_> {
    /// Issues a copy.
    pub fn copy(&mut self, op: &Op) {
        let Some(copy) = op.as_copy() else { return };
        let none = self.no_event();
        let event = match self.kernel.literal(copy.predicate) {
            Some(Literal::Bool(false)) => none,
            Some(_) => self.issue(&copy),
            None => {
                let predicate = self.number(copy.predicate);
                self.guarded(predicate, &none, |this| this.issue(&copy))
            }
        };
        self.define(op.results[0], event);
    }

    fn issue(&mut self, copy: &Copy) -> Components {
        let tile = self.tile(copy);
        if copy.is_of_registers(self.kernel) {
            let [zero, one] = [0, 1].map(|n| self.out.int(Type::I64, n));
            self.copy_elements(&tile, zero, one);
            return self.no_event();
        }
        match self.copies {
            Copies::Hardware => self.issue_to_hardware(copy, &tile),
            Copies::Cooperative => {
                // The hardware orders a copy after what its simdgroup did before; lanes that copy must be held to that.
                self.simdgroup_barrier(MemFlags::DeviceAndThreadgroup);
                let [lane, lanes] = self.lane_and_lanes();
                self.copy_elements(&tile, lane, lanes);
                Components::new()
            }
        }
    }

    /// The numbers of a copy. A tile to device memory of which only a part exists is the copy of that part.
    fn tile(&mut self, copy: &Copy) -> Tile {
        let dtype = self.kernel.memory(copy.dst).dtype;
        let (pitches, extent, edge) = match copy.shape {
            CopyShape::Linear { count } => {
                let (count, one) = (self.widened(count), self.out.int(Type::I64, 1));
                ([count; 2], [count, one], None)
            }
            CopyShape::Tile { dst_pitch, src_pitch, cols, rows, valid_cols, valid_rows, fill } => {
                let pitches = [dst_pitch, src_pitch].map(|pitch| self.widened(pitch));
                let extent = [cols, rows].map(|extent| self.widened(extent));
                let whole = !copy.has_edges(self.kernel);
                let valid = match whole {
                    true => extent,
                    false => {
                        let valid = [valid_cols, valid_rows].map(|extent| self.widened(extent));
                        [0, 1].map(|n| self.clamped(valid[n], extent[n]))
                    }
                };
                match fill.filter(|_| !whole) {
                    Some(fill) => (pitches, extent, Some((valid, fill))),
                    None => (pitches, valid, None),
                }
            }
        };
        let [dst, src] = [(copy.dst, copy.dst_offset, pitches[0]), (copy.src, copy.src_offset, pitches[1])]
            .map(|(memory, offset, pitch)| Side { memory, offset: self.widened(offset), pitch });
        Tile { dtype, dst, src, extent, edge }
    }

    /// The nearest number from 0 to `limit`.
    pub fn clamped(&mut self, number: Value, limit: Value) -> Value {
        if let (Some(number), Some(limit)) = (self.out.known(number), self.out.known(limit)) {
            return self.out.int(Type::I64, i128::from((number as i64).min(limit as i64).max(0)));
        }
        let zero = self.out.int(Type::I64, 0);
        let least = self.choose(IntPredicate::Slt, number, limit);
        self.choose(IntPredicate::Sgt, least, zero)
    }

    /// The one of two numbers that compares so with the other.
    fn choose(&mut self, predicate: IntPredicate, a: Value, b: Value) -> Value {
        let first = self.out.compare(predicate, a, b);
        self.out.select(first, a, b)
    }

    /// Whether there is anything in an extent; `None` where there surely is.
    fn holds_any(&mut self, extent: [Value; 2]) -> Option<Value> {
        let zero = self.out.int(Type::I64, 0);
        let mut all = None;
        for number in extent {
            if self.out.known(number).is_some_and(|n| n as i64 > 0) {
                continue;
            }
            let any = self.out.compare(IntPredicate::Sgt, number, zero);
            all = Some(all.map_or(any, |all| self.out.binary(BinaryOp::And, all, any)));
        }
        all
    }

    /// The event of a copy that is not in flight.
    fn no_event(&mut self) -> Components {
        if self.events.components == 0 {
            return Components::new();
        }
        let ty = self.event_type();
        let nothing = self.out.null(ty);
        self.event(nothing, false)
    }

    fn event(&mut self, pointer: Value, issued: bool) -> Components {
        let issued = self.out.bool(issued);
        let mut event: Components = smallvec![pointer, issued];
        event.truncate(self.events.components);
        event
    }

    fn event_type(&mut self) -> Type {
        let types = &mut self.out.module.types;
        let event = types.intern(Shape::Opaque(EVENT.to_owned()));
        types.pointer(event, space::THREAD)
    }

    /// Hands a copy to the hardware, unless there is nothing to copy: then lanes fill what is to be filled.
    fn issue_to_hardware(&mut self, copy: &Copy, tile: &Tile) -> Components {
        let Some(any) = self.holds_any(tile.read()) else { return self.hardware_copy(copy, tile) };
        if tile.edge.is_some() {
            let yes = self.out.bool(true);
            let nothing = self.out.binary(BinaryOp::Xor, any, yes);
            self.guarded(nothing, &[], |this| {
                this.fill_with_zero(tile);
                Components::new()
            });
        }
        let none = self.no_event();
        self.guarded(any, &none, |this| this.hardware_copy(copy, tile))
    }

    fn hardware_copy(&mut self, copy: &Copy, tile: &Tile) -> Components {
        let [dst, src] = [tile.dst, tile.src].map(|side| {
            let first = self.element_at(self.memory(side.memory), side.offset);
            self.out.pointer_to(first, Type::I8)
        });
        let size = self.out.int(Type::I64, tile.dtype.size() as i128);
        let linear = matches!(copy.shape, CopyShape::Linear { .. }) && self.target.linear_copy == LinearCopy::Linear;
        let (dimensions, operands) = if linear {
            (1, vec![size, size, dst, src, tile.extent[0]])
        } else {
            let one = self.out.int(Type::I64, 1);
            let [written, read] = [tile.extent, tile.read()].map(|extent| self.out.vector(&extent));
            let origin = self.out.type_of(written);
            let origin = self.out.null(origin);
            let clamp_mode = match tile.edge {
                None | Some((_, Fill::Zero)) => 0,
                Some((_, Fill::Edge)) => 1,
            };
            let clamp_mode = self.out.int(Type::I32, clamp_mode);
            let target = [size, size, dst, tile.dst.pitch, one, written];
            let source = [src, tile.src.pitch, one, read, origin, clamp_mode];
            (2, [target, source].concat())
        };
        let [to, from] = [dst, src].map(|pointer| self.out.space(pointer));
        let name = format!("simdgroup_async_copy_{dimensions}d.p{to}i8.p{from}i8");
        let ty = self.event_type();
        let event = self.air(&name, Effect::Convergent, ty, &operands);
        self.event(event, true)
    }

    /// The lane's place among the active ones of its simdgroup, and their number.
    fn lane_and_lanes(&mut self) -> [Value; 2] {
        let one = self.out.int(Type::I32, 1);
        ["simd_prefix_exclusive_sum.u.i32", "simd_sum.u.i32"].map(|function| {
            let number = self.air(function, Effect::Convergent, Type::I32, &[one]);
            self.out.cast(CastOp::ZExt, number, Type::I64)
        })
    }

    /// The lanes of the simdgroup fill a tile; the wait makes it visible to all of them.
    fn fill_with_zero(&mut self, tile: &Tile) {
        self.simdgroup_barrier(MemFlags::Threadgroup);
        let [lane, lanes] = self.lane_and_lanes();
        let zero = self.out.null(memory_type(tile.dtype));
        self.each_element(tile, lane, lanes, |this, row, col| {
            let index = this.element_of(tile.dst, row, col);
            this.put(tile.dst.memory, zero, index);
        });
    }

    /// A thread copies every `step`th element of a tile from `first` on.
    fn copy_elements(&mut self, tile: &Tile, first: Value, step: Value) {
        self.each_element(tile, first, step, |this, row, col| {
            let value = match tile.edge {
                None => {
                    let index = this.element_of(tile.src, row, col);
                    this.fetch(tile.src.memory, index)
                }
                Some((valid, fill)) => this.element_or_fill(tile, [col, row], valid, fill),
            };
            let index = this.element_of(tile.dst, row, col);
            this.put(tile.dst.memory, value, index);
        });
    }

    /// What the source of a tile has at a place, or what fills it there.
    fn element_or_fill(&mut self, tile: &Tile, at: [Value; 2], valid: [Value; 2], fill: Fill) -> Value {
        let (read, at) = match fill {
            Fill::Zero => {
                let [in_row, in_col] = [0, 1].map(|n| self.out.compare(IntPredicate::Slt, at[n], valid[n]));
                (Some(self.out.binary(BinaryOp::And, in_row, in_col)), at)
            }
            Fill::Edge => {
                let one = self.out.int(Type::I64, 1);
                let nearest = [0, 1].map(|n| {
                    let last = self.out.binary(BinaryOp::Sub, valid[n], one);
                    self.choose(IntPredicate::Slt, at[n], last)
                });
                (self.holds_any(valid), nearest)
            }
        };
        let load = |this: &mut Self| {
            let index = this.element_of(tile.src, at[1], at[0]);
            this.fetch(tile.src.memory, index)
        };
        let Some(read) = read else { return load(self) };
        let zero = self.out.null(memory_type(tile.dtype));
        self.guarded(read, &[zero], |this| smallvec![load(this)])[0]
    }

    /// Runs `body` for the row and the column of every `step`th element of a tile from `first` on.
    fn each_element(&mut self, tile: &Tile, first: Value, step: Value, body: impl FnOnce(&mut Self, Value, Value)) {
        let [cols, rows] = tile.extent;
        if self.out.known(rows) == Some(1) {
            let row = self.out.int(Type::I64, 0);
            return self.count(first, cols, step, |this, col| body(this, row, col));
        }
        let elements = match [cols, rows].map(|extent| self.out.known(extent)) {
            [Some(cols), Some(rows)] => self.out.int(Type::I64, i128::from(cols) * i128::from(rows)),
            _ => self.out.binary(BinaryOp::Mul, cols, rows),
        };
        self.count(first, elements, step, |this, n| {
            let row = this.out.binary(BinaryOp::SDiv, n, cols);
            let col = this.out.binary(BinaryOp::SRem, n, cols);
            body(this, row, col);
        });
    }

    /// The number of an element. One step leads there from the first: chains of them are reported to be miscompiled where
    /// elements are bytes.
    fn element_of(&mut self, side: Side, row: Value, col: Value) -> Value {
        let start = match self.out.known(row) {
            Some(0) => side.offset,
            _ => {
                let start = self.out.binary(BinaryOp::Mul, row, side.pitch);
                self.sum(side.offset, start)
            }
        };
        self.sum(start, col)
    }

    fn sum(&mut self, a: Value, b: Value) -> Value {
        if self.out.known(a) == Some(0) { b } else { self.out.binary(BinaryOp::Add, a, b) }
    }

    /// Waits for copies. Those that are known to be over drop out.
    pub fn wait(&mut self, op: &Op) {
        let kernel = self.kernel;
        let over = |event: ValueId| kernel.defining_op(event).and_then(Op::as_copy).is_some_and(|c| c.is_over(kernel));
        let in_flight: Vec<ValueId> = op.operands.iter().copied().filter(|&event| !over(event)).collect();
        if in_flight.is_empty() {
            return;
        }
        if self.copies == Copies::Cooperative {
            return self.simdgroup_barrier(MemFlags::DeviceAndThreadgroup);
        }
        self.wait_for(&in_flight);
        if self.events.lanes_fill {
            self.simdgroup_barrier(MemFlags::Threadgroup);
        }
    }

    /// Lists the events of copies that were issued, one after the other, and waits for them if there are any.
    fn wait_for(&mut self, events: &[ValueId]) {
        let ty = self.event_type();
        let list = self.out.module.types.array(ty, events.len() as u64);
        let list = self.out.alloca(list, POINTER_ALIGNMENT);
        self.out.name(list, "in_flight");
        let first = self.out.first_element(list);
        let mut count = self.out.int(Type::I32, 0);
        for &event in events {
            let event = self.components(event).clone();
            let slot = self.element_at(first, count);
            self.out.store(event[0], slot, POINTER_ALIGNMENT);
            count = self.count_if(count, event.get(1).copied());
        }
        let wait = |this: &mut Self| {
            this.air("wait_simdgroup_events", Effect::Convergent, Type::VOID, &[count, first]);
            Components::new()
        };
        if self.out.known(count).is_some() {
            wait(self);
            return;
        }
        let zero = self.out.int(Type::I32, 0);
        let any = self.out.compare(IntPredicate::Ne, count, zero);
        self.guarded(any, &[], wait);
    }

    /// One more where the condition holds, or without one.
    fn count_if(&mut self, count: Value, condition: Option<Value>) -> Value {
        let counted = condition.map_or(Some(1), |condition| self.out.known(condition));
        if let (Some(count), Some(one)) = (self.out.known(count), counted) {
            return self.out.int(Type::I32, i128::from(count + one));
        }
        let one = match condition {
            Some(condition) => self.out.cast(CastOp::ZExt, condition, Type::I32),
            None => self.out.int(Type::I32, 1),
        };
        self.sum(count, one)
    }

    /// At the kernel's end: reads the tiles that were copied in and that nothing reads, and meets, where the GPU needs it.
    pub fn read_back(&mut self) {
        let asked = self.copies == Copies::Hardware && self.target.reads_back();
        let left = if asked { analysis::read_back(self.kernel) } else { analysis::ReadBack::default() };
        if !left.elements.is_empty() {
            self.threadgroup_barrier(MemFlags::Threadgroup);
        }
        for (memory, element) in left.elements {
            let element = self.out.int(Type::I64, element.into());
            let place = self.element_at(self.memory(memory), element);
            self.out.load_volatile(place, self.kernel.memory(memory).dtype.size() as u32);
        }
        if left.barrier {
            self.threadgroup_barrier(MemFlags::Threadgroup);
        }
    }
}
