//! Loops that carry copies in flight from one iteration to the next.

use enigma_ir::{Arg, DType, MemoryId, Opcode, ValueId};

use super::author::{Author, INPUT};
use super::copies::{Extent, Transfer};
use super::model::{Access, Place, Share};
use super::scribe::int;

/// Who copies the tiles of a pipeline, and who uses them.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Style {
    /// Each simdgroup its own band, for itself.
    Apart,
    /// Each simdgroup its own band, for all.
    Shared,
    /// One simdgroup, for all.
    One(u32),
    /// Every simdgroup the whole tile.
    Everyone,
}

/// A tile of several slots.
#[derive(Copy, Clone)]
struct Slots {
    memory: MemoryId,
    dtype: DType,
    /// How many.
    count: u32,
    /// Elements of each.
    len: u32,
    style: Style,
}

impl Author {
    fn slots(&mut self, count: u32, style: Style) -> Option<Slots> {
        let (dtype, _) = self.pick(&self.inputs.clone());
        let len = 32 * self.shape.simdgroups * self.random.u32(1..3);
        let memory = self.tile(dtype, count * len + 8)?;
        Some(Slots { memory, dtype, count, len, style })
    }

    fn style(&mut self) -> Style {
        let one = self.random.u32(..self.shape.simdgroups);
        self.pick(&[Style::Apart, Style::Shared, Style::One(one), Style::One(one), Style::Everyone])
    }

    /// The first element of the slot that is used in that turn.
    fn slot(&mut self, slots: Slots, turn: Arg) -> ValueId {
        let slot = self.scribe.value(Opcode::Rem, &[turn, int(slots.count.into())]);
        self.scribe.value(Opcode::Mul, &[slot.into(), int(slots.len.into())])
    }

    /// The part of `len` elements from `base` on that a simdgroup copies.
    fn own(&mut self, style: Style, base: ValueId, len: u32) -> (ValueId, u32) {
        match style {
            Style::One(_) | Style::Everyone => (base, len),
            Style::Apart | Style::Shared => {
                let len = len / self.shape.simdgroups;
                let band = self.scribe.value(Opcode::Mul, &[self.simdgroup.into(), int(len.into())]);
                (self.scribe.value(Opcode::Add, &[base.into(), band.into()]), len)
            }
        }
    }

    fn issued_by(&mut self, style: Style, condition: ValueId) -> ValueId {
        let Style::One(one) = style else { return condition };
        let one = self.scribe.value(Opcode::CmpEq, &[self.simdgroup.into(), int(one.into())]);
        self.scribe.value(Opcode::And, &[condition.into(), one.into()])
    }

    fn shape_of(&mut self, count: u32) -> Extent {
        match self.random.bool() {
            true => Extent::Linear { count },
            false => {
                let src_pitch = self.random.u32(1..48);
                Extent::Tile { cols: 16, rows: count / 16, dst_pitch: 16, src_pitch, valid: None, edge: false }
            }
        }
    }

    /// Tiles are copied in some turns ahead of their use.
    pub fn pipeline(&mut self) {
        if self.who.only.is_some() || self.who.diverged {
            return;
        }
        let depth = self.random.u32(1..4);
        let style = self.style();
        let count = depth + self.random.u32(..2);
        let Some(slots) = self.slots(count, style) else { return };
        let turns = self.random.u32(1..5);
        let limit = self.number(turns);
        if self.depth > 0 && style != Style::Apart {
            // In a loop the tile may still be read, by the pipeline of the iteration before.
            self.barrier(Place::Threadgroup);
        }
        let start = self.random.u32(..INPUT / 4);
        let extent_of = self.own_len(slots);
        let extent = self.shape_of(extent_of);
        let ahead = |author: &mut Author, turn: Arg| {
            let wanted = author.scribe.value(Opcode::CmpLt, &[turn.clone(), limit.clone()]);
            let predicate = Some(author.issued_by(slots.style, wanted));
            let slot = author.slot(slots, turn.clone());
            let (dst_offset, _) = author.own(slots.style, slot, slots.len);
            let moved = author.scribe.value(Opcode::Mul, &[turn, int(37)]);
            let src_offset = author.scribe.value(Opcode::Add, &[moved.into(), int(start.into())]);
            author.issue(Transfer {
                to_device: false,
                dst: slots.memory,
                dst_offset: dst_offset.into(),
                src: author.input(slots.dtype),
                src_offset: src_offset.into(),
                extent,
                predicate,
            })
        };
        let mut carried: Vec<ValueId> = (0..depth).map(|turn| ahead(self, int(turn.into()))).collect();
        carried.push(self.datum());
        let before = self.regions.clone();
        self.soil();
        let (turn, carried) = self.scribe.begin_for([int(0), limit.clone(), int(1)], &carried);
        let (&accumulator, events) = carried.split_last().expect("the accumulator is carried");
        self.steady.push(turn);
        self.data.push(accumulator);
        let passed = self.block(self.who, |author| {
            author.scribe.wait(&events[..1]);
            if matches!(style, Style::Shared | Style::One(_)) {
                author.barrier(Place::Threadgroup);
            }
            author.consume(slots, turn);
            if style == Style::Everyone || slots.count == depth && style != Style::Apart {
                author.barrier(Place::Threadgroup);
            }
            let next = author.scribe.value(Opcode::Add, &[turn.into(), int(depth.into())]);
            let mut passed = events[1..].to_vec();
            passed.push(ahead(author, next.into()));
            passed.push(author.datum());
            passed
        });
        self.steady.pop();
        self.data.pop();
        let results = self.scribe.end_for(&passed);
        let (&result, events) = results.split_last().expect("the accumulator is carried");
        self.scribe.wait(events);
        self.join_regions(&before);
        self.data.push(result);
    }

    fn own_len(&self, slots: Slots) -> u32 {
        match slots.style {
            Style::One(_) | Style::Everyone => slots.len,
            Style::Apart | Style::Shared => slots.len / self.shape.simdgroups,
        }
    }

    /// Reads some elements of the slot of a turn.
    fn consume(&mut self, slots: Slots, turn: ValueId) {
        let slot = self.slot(slots, turn.into());
        for _ in 0..self.random.u32(1..3) {
            let (first, len) = match slots.style {
                Style::Apart => self.own(slots.style, slot, slots.len),
                _ => (slot, slots.len),
            };
            let at = self.below(len);
            let at = self.scribe.value(Opcode::Add, &[first.into(), at.into()]);
            let loaded = self.scribe.value(Opcode::Load, &[slots.memory.into(), at.into()]);
            self.learn(loaded);
        }
    }

    /// Tiles are computed, and copied out while the next ones are.
    pub fn drain(&mut self) {
        if self.who.only.is_some() || self.who.diverged {
            return;
        }
        let style = match self.style() {
            Style::Everyone | Style::Shared => Style::Apart,
            style => style,
        };
        let count = self.random.u32(1..3);
        let Some(slots) = self.slots(count, style) else { return };
        let Some(to) = self.region_like(Place::Device, slots.dtype) else { return };
        let share = match style {
            Style::One(one) => Share::Simdgroup(one),
            _ => Share::Band,
        };
        let access = Access::write(share).as_one();
        if !self.ready(&[(to, access)]) {
            return;
        }
        let (first, len) = self.part(to, share, self.regions[to].len);
        let piece = len / count;
        let moved = self.own_len(slots).min(piece);
        let out = |author: &mut Author, turn: Arg, wanted: ValueId| {
            let predicate = Some(author.issued_by(style, wanted));
            let slot = author.slot(slots, turn.clone());
            let (src_offset, _) = author.own(style, slot, slots.len);
            let place = author.scribe.value(Opcode::Rem, &[turn, int(count.into())]);
            let place = author.scribe.value(Opcode::Mul, &[place.into(), int(piece.into())]);
            let dst_offset = author.scribe.value(Opcode::Add, &[first.into(), place.into()]);
            author.issue(Transfer {
                to_device: true,
                dst: author.regions[to].memory,
                dst_offset: dst_offset.into(),
                src: slots.memory,
                src_offset: src_offset.into(),
                extent: Extent::Linear { count: moved },
                predicate,
            })
        };
        let nothing = self.truth(false);
        let mut carried: Vec<ValueId> = (0..count).map(|turn| out(self, int(turn.into()), nothing)).collect();
        carried.push(self.datum());
        let turns = self.random.u32(1..5);
        let limit = self.number(turns);
        let before = self.regions.clone();
        self.soil();
        self.regions[to].flying[1] += 1;
        let (turn, carried) = self.scribe.begin_for([int(0), limit, int(1)], &carried);
        let (&accumulator, events) = carried.split_last().expect("the accumulator is carried");
        self.steady.push(turn);
        self.data.push(accumulator);
        let passed = self.block(self.who, |author| {
            author.scribe.wait(&events[..1]);
            if style != Style::Apart {
                author.barrier(Place::Threadgroup);
            }
            author.produce(slots, turn);
            if style != Style::Apart {
                author.barrier(Place::Threadgroup);
            }
            let always = author.truth(true);
            let mut passed = events[1..].to_vec();
            passed.push(out(author, turn.into(), always));
            passed.push(author.datum());
            passed
        });
        self.steady.pop();
        self.data.pop();
        let results = self.scribe.end_for(&passed);
        let (&result, events) = results.split_last().expect("the accumulator is carried");
        self.scribe.wait(events);
        self.regions[to].flying[1] -= 1;
        self.join_regions(&before);
        self.regions[to].land(access, false);
        self.data.push(result);
    }

    /// Writes the slot of a turn, each thread its own elements.
    fn produce(&mut self, slots: Slots, turn: ValueId) {
        let slot = self.slot(slots, turn.into());
        let (first, len) = self.own(Style::Apart, slot, slots.len);
        let (index, _) = self.scribe.begin_for([self.lane.into(), int(len.into()), self.lanes.clone()], &[]);
        self.data.push(index);
        let value = self.storable(slots.dtype);
        self.data.pop();
        let at = self.scribe.value(Opcode::Add, &[first.into(), index.into()]);
        self.scribe.does(Opcode::Store, &[slots.memory.into(), at.into(), value.into()]);
        self.scribe.end_for(&[]);
    }
}
