//! Copies of every kind, register tensors, and simdgroup matrices.

use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode, ValueId};

use super::author::{Author, Flight, INPUT, Registers};
use super::model::{Access, Place, Region, Share};
use super::scribe::int;

/// The operands of one copy.
pub struct Transfer {
    pub to_device: bool,
    pub dst: MemoryId,
    pub dst_offset: Arg,
    pub src: MemoryId,
    pub src_offset: Arg,
    pub extent: Extent,
    /// Under which condition it copies at all.
    pub predicate: Option<ValueId>,
}

/// How much a copy moves. All quantities are in elements.
#[derive(Copy, Clone)]
pub enum Extent {
    Linear { count: u32 },
    Tile { cols: u32, rows: u32, dst_pitch: u32, src_pitch: u32, valid: Option<[u32; 2]>, edge: bool },
}

impl Extent {
    /// Elements from the first to the last of the source, at most.
    fn source_span(self) -> u32 {
        match self {
            Extent::Linear { count } => count,
            Extent::Tile { cols, rows, src_pitch, .. } => rows.saturating_sub(1) * src_pitch + cols,
        }
    }

    /// Whether `len` elements of the destination are written, one after another.
    fn fills(self, len: u32) -> bool {
        match self {
            Extent::Linear { count } => count == len,
            Extent::Tile { cols, rows, dst_pitch, .. } => cols == dst_pitch && cols * rows == len,
        }
    }
}

impl Author {
    /// An extent of at most `dst_len` elements of the destination and `src_len` of the source, from the first on.
    fn extent(&mut self, to_device: bool, dst_len: u32, src_len: u32) -> Extent {
        let most = dst_len.min(src_len);
        if self.random.bool() {
            let count = match self.random.u32(..8) {
                0 => 0,
                1 => self.random.u32(1..=most),
                _ => most,
            };
            return Extent::Linear { count };
        }
        let cols = if self.chance(3) { self.random.u32(1..=most) } else { self.pick(&[8, 16, 32]).min(most) };
        let rows = if self.chance(8) { self.random.u32(..=most / cols) } else { most / cols };
        let gap = |author: &mut Author, len: u32| match rows {
            2.. if author.chance(2) => author.random.u32(..=(len - cols) / (rows - 1) - cols),
            _ => 0,
        };
        let dst_pitch = cols + if self.chance(3) { gap(self, dst_len) } else { 0 };
        let src_pitch = cols + gap(self, src_len);
        let valid = self.chance(3).then(|| [self.random.u32(..=cols + 2), self.random.u32(..=rows + 2)]);
        Extent::Tile { cols, rows, dst_pitch, src_pitch, valid, edge: !to_device && self.random.bool() }
    }

    /// Writes a copy; returns its event.
    pub fn issue(&mut self, transfer: Transfer) -> ValueId {
        let number = self.scribe.next_copy();
        let Transfer { to_device, dst, mut dst_offset, src, mut src_offset, mut extent, predicate } = transfer;
        if self.scribe.distorts(number) {
            let mut aside = self.aside(number);
            let by = aside.u32(1..6);
            match (aside.u32(..3), &mut extent) {
                (0, Extent::Linear { count }) => *count += by,
                (0, Extent::Tile { cols, dst_pitch, .. }) => (*cols, *dst_pitch) = (*cols + by, *dst_pitch + by),
                (1, _) => src_offset = self.scribe.value(Opcode::Add, &[src_offset, int(by.into())]).into(),
                _ => dst_offset = self.scribe.value(Opcode::Add, &[dst_offset, int(by.into())]).into(),
            }
        }
        let predicate = predicate.map_or(Arg::Missing, Arg::Value);
        match extent {
            Extent::Linear { count } => {
                let code = if to_device { Opcode::AsyncCopy1dT2d } else { Opcode::AsyncCopy1dD2t };
                let count = self.number(count);
                self.scribe.value(code, &[dst.into(), dst_offset, src.into(), src_offset, count, predicate])
            }
            Extent::Tile { cols, rows, dst_pitch, src_pitch, valid, edge } => {
                let code = if to_device { Opcode::AsyncCopy2dT2d } else { Opcode::AsyncCopy2dD2t };
                let [cols, rows, dst_pitch, src_pitch] = [cols, rows, dst_pitch, src_pitch].map(|n| self.number(n));
                let valid = match valid {
                    Some(valid) => valid.map(|n| self.number(n)),
                    None => [Arg::Missing, Arg::Missing],
                };
                let [valid_cols, valid_rows] = valid;
                let mut args = vec![dst.into(), dst_offset, dst_pitch, src.into(), src_offset, src_pitch];
                args.extend([cols, rows, predicate, valid_cols, valid_rows]);
                if !to_device {
                    args.push(Arg::Name(if edge { "edge" } else { "zero" }.to_owned()));
                }
                self.scribe.value(code, &args)
            }
        }
    }

    /// Who issues a copy that the whole threadgroup comes by: the share, and the simdgroup that the predicate is to name.
    fn issuer(&mut self) -> (Share, Option<u32>) {
        if let Some(only) = self.who.only {
            return (Share::Simdgroup(only), None);
        }
        let one = self.random.u32(..self.shape.simdgroups);
        match self.random.u32(..7) {
            0..3 => (Share::Band, None),
            3..6 => (Share::Simdgroup(one), Some(one)),
            _ => (Share::Everyone, None),
        }
    }

    /// A condition for a copy, and whether it holds for the one that issues it.
    fn predicate(&mut self, one: Option<u32>) -> (Option<ValueId>, bool) {
        let known = self.chance(5).then(|| !self.chance(3));
        let known = known.map(|holds| (self.truth(holds), holds));
        let one = one.map(|one| self.scribe.value(Opcode::CmpEq, &[self.simdgroup.into(), int(one.into())]));
        match (one, known) {
            (None, None) => (None, true),
            (Some(one), None) => (Some(one), true),
            (None, Some((value, holds))) => (Some(value), holds),
            (Some(one), Some((value, holds))) => {
                (Some(self.scribe.value(Opcode::And, &[one.into(), value.into()])), holds)
            }
        }
    }

    /// From device memory to a tile.
    pub fn copy_in(&mut self) {
        if self.who.diverged {
            return;
        }
        let Some(tile) = self.region_at(Place::Threadgroup) else { return };
        let dtype = self.regions[tile].dtype;
        let (share, one) = self.issuer();
        let from = if self.chance(3) { self.region_like(Place::Device, dtype) } else { None };
        let write = (tile, Access::write(share).as_one());
        let mut accesses = vec![write];
        accesses.extend(from.map(|from| (from, Access::read(share).as_one())));
        if !self.ready(&accesses) {
            return;
        }
        let (dst_offset, dst_len) = self.part(tile, share, self.regions[tile].len);
        let (src, src_offset, src_len) = match from {
            Some(from) => {
                let (offset, len) = self.part(from, share, self.regions[from].len);
                (self.regions[from].memory, Some(offset), len)
            }
            None => (self.input(dtype), None, INPUT / 4),
        };
        let extent = self.extent(false, dst_len, src_len);
        let src_offset = src_offset.unwrap_or_else(|| self.input_offset(share, extent));
        let (predicate, holds) = self.predicate(one);
        let event = self.issue(Transfer {
            to_device: false,
            dst: self.regions[tile].memory,
            dst_offset: dst_offset.into(),
            src,
            src_offset: src_offset.into(),
            extent,
            predicate,
        });
        // Nobody may read it before the wait, so that it may be called initialised now.
        self.regions[tile].initialised |= holds && extent.fills(dst_len);
        self.take_off(event, accesses, share == Share::Everyone);
    }

    /// From device memory to a tile, in one way or another as a condition says; the event is passed on from the branch.
    pub fn copy_in_either_branch(&mut self) {
        if self.who.diverged || self.who.only.is_some() {
            return;
        }
        let Some(tile) = self.region_at(Place::Threadgroup) else { return };
        let accesses = vec![(tile, Access::write(Share::Band).as_one())];
        if !self.ready(&accesses) {
            return;
        }
        let Region { memory: dst, dtype, len, .. } = self.regions[tile];
        let (dst_offset, count) = self.part(tile, Share::Band, len);
        let extent = Extent::Linear { count };
        let either = |author: &mut Author| {
            let src_offset = author.input_offset(Share::Band, extent).into();
            let src = author.input(dtype);
            let dst_offset = dst_offset.into();
            author.issue(Transfer { to_device: false, dst, dst_offset, src, src_offset, extent, predicate: None })
        };
        let condition = self.uniform_condition();
        self.scribe.begin_if(condition);
        let one = either(self);
        self.scribe.begin_else(&[one]);
        let other = either(self);
        let events = self.scribe.end_if(&[other]);
        self.regions[tile].initialised = true;
        self.take_off(events[0], accesses, false);
    }

    /// From a tile to device memory.
    pub fn copy_out(&mut self) {
        if self.who.diverged {
            return;
        }
        let Some(tile) = self.region_at(Place::Threadgroup).filter(|&tile| self.regions[tile].initialised) else {
            return;
        };
        let Some(to) = self.region_like(Place::Device, self.regions[tile].dtype) else { return };
        let (share, one) = self.issuer();
        let accesses = vec![(to, Access::write(share).as_one()), (tile, Access::read(share).as_one())];
        if !self.ready(&accesses) {
            return;
        }
        let (dst_offset, dst_len) = self.part(to, share, self.regions[to].len);
        let (src_offset, src_len) = self.part(tile, share, self.regions[tile].len);
        let extent = self.extent(true, dst_len, src_len);
        let (predicate, _) = self.predicate(one);
        let event = self.issue(Transfer {
            to_device: true,
            dst: self.regions[to].memory,
            dst_offset: dst_offset.into(),
            src: self.regions[tile].memory,
            src_offset: src_offset.into(),
            extent,
            predicate,
        });
        self.take_off(event, accesses, share == Share::Everyone);
    }

    fn take_off(&mut self, event: ValueId, regions: Vec<(usize, Access)>, redundant: bool) {
        for &(region, access) in &regions {
            self.regions[region].flying[usize::from(access.write)] += 1;
        }
        self.flights.push(Flight { event, depth: self.depth, regions, registers: None, redundant });
    }

    /// Some region there.
    fn region_at(&mut self, place: Place) -> Option<usize> {
        self.region_where(|region| region.place == place)
    }

    /// Some region there, of that type.
    pub fn region_like(&mut self, place: Place, dtype: DType) -> Option<usize> {
        self.region_where(|region| region.place == place && region.dtype == dtype)
    }

    pub fn region_where(&mut self, admits: impl Fn(&Region) -> bool) -> Option<usize> {
        let admitted: Vec<usize> = (0..self.regions.len()).filter(|&i| admits(&self.regions[i])).collect();
        (!admitted.is_empty()).then(|| self.pick(&admitted))
    }

    /// The buffer of that type that is only read.
    pub fn input(&self, dtype: DType) -> MemoryId {
        self.inputs.iter().find(|(of, _)| *of == dtype).expect("every type has its input").1
    }

    /// Where in its input a copy begins: somewhere, and somewhere else in each simdgroup where each copies for itself.
    fn input_offset(&mut self, share: Share, extent: Extent) -> ValueId {
        let most = INPUT / 4 - extent.source_span().min(INPUT / 4);
        let start = self.random.u32(..=most);
        let start = self.number(start);
        let varies =
            if share == Share::Everyone { self.threadgroup } else { self.pick(&[self.threadgroup, self.simdgroup]) };
        // At most 4 threadgroups and 4 simdgroups.
        let stride = self.random.u32(..INPUT / 8);
        let moved = self.scribe.value(Opcode::Mul, &[varies.into(), int(stride.into())]);
        self.scribe.value(Opcode::Add, &[moved.into(), start])
    }

    /// Makes a register tensor, or writes and reads one.
    pub fn use_registers(&mut self) {
        if self.registers.is_empty() || self.chance(3) {
            let (dtype, _) = self.pick(&self.inputs.clone());
            let len = self.random.u32(1..9);
            let fill = self.random.bool();
            let value = fill.then(|| match dtype {
                DType::Bool => Arg::Literal(Literal::Bool(true)),
                dtype if dtype.is_float() => Arg::Literal(Literal::Float(3.0)),
                _ => int(7),
            });
            let name = format!("regs{}", self.random.u32(..1000));
            let memory = self.scribe.registers(&name, dtype, len, value);
            self.registers.push(Registers { memory, dtype, len, initialised: fill, flying: [0, 0] });
            return;
        }
        let at = self.random.usize(..self.registers.len());
        let Registers { memory, dtype, len, initialised, flying } = self.registers[at];
        if flying == [0, 0] && (!initialised || self.random.bool()) {
            let bounds = [int(0), self.number(len), int(1)];
            let (index, _) = self.scribe.begin_for(bounds, &[]);
            self.data.push(index);
            let value = self.storable(dtype);
            self.data.pop();
            self.scribe.does(Opcode::Store, &[memory.into(), index.into(), value.into()]);
            self.scribe.end_for(&[]);
            self.registers[at].initialised = true;
        } else if flying[1] == 0 && initialised {
            let index = self.below(len);
            let loaded = self.scribe.value(Opcode::Load, &[memory.into(), index.into()]);
            self.learn(loaded);
        }
    }

    /// A copy between device memory and the registers of each lane.
    pub fn copy_registers(&mut self) {
        if self.registers.is_empty() {
            return self.use_registers();
        }
        let at = self.random.usize(..self.registers.len());
        let Registers { memory, dtype, len, initialised, flying } = self.registers[at];
        let count = self.random.u32(..=len);
        if flying == [0, 0] && (!initialised || self.random.bool()) {
            let from = self.below(INPUT / 2);
            let event = self.issue(Transfer {
                to_device: false,
                dst: memory,
                dst_offset: int(0),
                src: self.input(dtype),
                src_offset: from.into(),
                extent: Extent::Linear { count },
                predicate: None,
            });
            self.registers[at].initialised |= count == len;
            self.take_off_registers(event, Vec::new(), at, true);
            return;
        }
        let to = self.region_like(Place::Device, dtype);
        let (Some(to), true, 0, None) = (to, initialised, flying[1], self.who.only) else { return };
        let access = Access::write(Share::Band);
        if !self.ready(&[(to, access)]) || self.registers[at].flying[1] > 0 {
            return;
        }
        let (first, band) = self.part(to, Share::Band, self.regions[to].len);
        let own = self.scribe.value(Opcode::Mul, &[self.lane.into(), int((band / 32).into())]);
        let to_offset = self.scribe.value(Opcode::Add, &[first.into(), own.into()]);
        let event = self.issue(Transfer {
            to_device: true,
            dst: self.regions[to].memory,
            dst_offset: to_offset.into(),
            src: memory,
            src_offset: int(0),
            extent: Extent::Linear { count: count.min(band / 32) },
            predicate: None,
        });
        self.regions[to].flying[1] += 1;
        self.take_off_registers(event, vec![(to, access)], at, false);
    }

    fn take_off_registers(&mut self, event: ValueId, regions: Vec<(usize, Access)>, registers: usize, write: bool) {
        self.registers[registers].flying[usize::from(write)] += 1;
        let registers = Some((registers, write));
        self.flights.push(Flight { event, depth: self.depth, regions, registers, redundant: false });
    }

    /// A product of two matrices of small numbers, added to a region's first elements.
    pub fn matrices(&mut self) {
        if self.who.diverged || !self.has_whole_simdgroups() {
            return;
        }
        let Some(&(dtype, input)) = self.inputs.iter().find(|(dtype, _)| dtype.is_float()) else { return };
        let share = self.who.only.map_or(Share::Band, Share::Simdgroup);
        let band = |region: &Region| if share == Share::Band { region.len / self.shape.simdgroups } else { region.len };
        let fitting: Vec<usize> = (0..self.regions.len())
            .filter(|&i| self.regions[i].dtype == dtype && band(&self.regions[i]) >= 64)
            .collect();
        if fitting.is_empty() {
            return;
        }
        let region = self.pick(&fitting);
        let access = Access::write(share);
        if !self.ready(&[(region, access)]) {
            return;
        }
        let memory = self.regions[region].memory;
        let (first, _) = self.part(region, share, self.regions[region].len);
        let load = |author: &mut Author, memory: MemoryId, at: Arg, pitch: Arg| {
            author.scribe.value(Opcode::SimdgroupMatrixLoad, &[memory.into(), pitch, Arg::Missing, int(8), int(8), at])
        };
        let factors = [0, 1].map(|_| {
            let (at, pitch) = (self.random.u32(..INPUT / 2), self.random.u32(8..64));
            let (at, pitch) = (self.number(at), self.number(pitch));
            load(self, input, at, pitch)
        });
        let filled = |author: &mut Author, number: f64, dtype: DType| {
            let number = Arg::Literal(Literal::Float(number));
            author.scribe.value(Opcode::MakeFilledSimdgroupMatrix, &[number, Arg::DType(dtype)])
        };
        // Of the narrow types nothing is summed up, so that no sum is rounded.
        let (factor, sum) = match (dtype, self.regions[region].initialised) {
            (DType::F32, true) => (factors[1], load(self, memory, first.into(), int(8))),
            (DType::F32 | DType::F16, _) => (factors[1], filled(self, 0.0, dtype)),
            _ => (filled(self, 2.0, dtype), filled(self, 1.0, dtype)),
        };
        let product = [factors[0].into(), factor.into(), sum.into()];
        let product = self.scribe.value(Opcode::SimdgroupMultiplyAccumulate, &product);
        self.scribe.does(Opcode::SimdgroupMatrixStore, &[product.into(), memory.into(), int(8), first.into()]);
        self.regions[region].touch(access);
    }
}
