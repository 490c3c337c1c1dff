//! Asynchronous copies: the contract's checks, the transfer of elements, the events.
//!
//! A plain run carries a copy out when it is issued and does nothing at the wait, which is one of the orders the contract allows.

use bytemuck::Pod;
use enigma_ir::{DType, Diagnostic, Fill, MemoryId, OpId, Rule};

use super::memory::{Elements, by_size};
use super::{Machine, PER_LANE, Stop};
use crate::lane::SIMDGROUP;
use crate::observer::{Landing, Observer};
use crate::plan::{CopyNode, CopyOperand, Reg};
use crate::slot::{Form, Slot, cells, cells_mut, lanes};

/// One issued copy, checked: extents are clamped, what is moved lies inside both memories, and something is moved or filled.
/// All quantities are in elements.
#[derive(Copy, Clone, Debug)]
pub struct Transfer {
    /// The operation.
    pub site: OpId,
    /// Its event.
    pub event: u32,
    /// The thread that issues it: the first of its simdgroup, or the one whose registers take part.
    pub thread: usize,
    /// Destination memory.
    pub dst: MemoryId,
    /// Source memory.
    pub src: MemoryId,
    /// Whether the destination is device memory.
    pub to_device: bool,
    /// Whether the tile is the thread's registers.
    pub per_lane: bool,
    /// First destination element.
    pub dst_offset: usize,
    /// First source element.
    pub src_offset: usize,
    /// Elements from one destination row to the next.
    pub dst_pitch: isize,
    /// Elements from one source row to the next.
    pub src_pitch: isize,
    /// Columns and rows that are written.
    pub extent: [usize; 2],
    /// Columns and rows of them that are read; the rest is filled.
    pub valid: [usize; 2],
    /// What fills the rest.
    pub fill: Fill,
}

impl Transfer {
    /// The elements of the destination that are written, row by row.
    pub fn writes(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.extent[1]).map(|row| self.dst_row(row)).map(|start| start..start + self.extent[0])
    }

    /// The elements of the source that are read, row by row. Rows may overlap.
    pub fn reads(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.valid[1]).map(|row| self.src_row(row)).map(|start| start..start + self.valid[0])
    }

    /// The element of the destination in that row.
    fn dst_row(&self, row: usize) -> usize {
        self.dst_offset.wrapping_add_signed(self.dst_pitch.wrapping_mul(row as isize))
    }

    /// The element of the source in that row.
    fn src_row(&self, row: usize) -> usize {
        self.src_offset.wrapping_add_signed(self.src_pitch.wrapping_mul(row as isize))
    }
}

/// The copies of a threadgroup that are in flight.
#[derive(Default)]
pub(super) struct Flights {
    /// One bit per copy issued: whether it is still in flight.
    open: Vec<u64>,
    /// Events given out.
    events: u32,
    count: u64,
    most: u64,
}

impl Flights {
    /// Forgets everything, for the next threadgroup.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        *self = Flights { open: std::mem::take(&mut self.open), ..Flights::default() };
    }

    /// The most that were in flight at a time.
    pub(super) fn most(&self) -> u64 {
        self.most
    }

    /// The number of the next event, from 1.
    fn number(&mut self) -> u32 {
        self.events += 1;
        self.events
    }

    /// The copy of that number is issued.
    fn issue(&mut self, number: u32) {
        let at = number as usize;
        self.open.resize(at / 64 + 1, 0);
        self.open[at / 64] |= 1 << (at % 64);
        self.count += 1;
        self.most = self.most.max(self.count);
    }

    /// A copy is waited for.
    fn land(&mut self, number: u32) {
        let at = number as usize;
        let bit = 1 << (at % 64);
        if let Some(word) = self.open.get_mut(at / 64).filter(|word| **word & bit != 0) {
            *word &= !bit;
            self.count -= 1;
        }
    }
}

impl<O: Observer> Machine<'_, O> {
    pub(super) fn copy(&mut self, node: &CopyNode) -> Result<(), Box<Stop>> {
        let affine = node.operands.map(|operand| operand.reg);
        self.spell_out(&affine);
        let mut events = std::mem::take(&mut self.slot_mut(node.event).data);
        let issued = match node.per_lane {
            true => self.copy_of_lanes(node, cells_mut(&mut events)),
            false => self.copy_of_simdgroups(node, cells_mut(&mut events)),
        };
        let form = if node.per_lane { Form::Varying } else { Form::Grouped };
        *self.slot_mut(node.event) = Slot { data: events, form, stride: 0 };
        issued
    }

    /// One copy per simdgroup that takes part.
    fn copy_of_simdgroups(&mut self, node: &CopyNode, events: &mut [u32]) -> Result<(), Box<Stop>> {
        for (group, event) in events.iter_mut().enumerate().take(self.simdgroups) {
            let word = self.mask.0[group];
            if word == 0 {
                continue;
            }
            if word != self.whole.0[group] {
                return Err(self.not_all_lanes(node.site, group, "issue this copy"));
            }
            self.same_operands(node, group)?;
            let thread = group * SIMDGROUP;
            *event = self.flights.number();
            match self.transfer(node, thread)? {
                Some(transfer) => {
                    self.flights.issue(*event);
                    self.statistics.copies += 1;
                    self.issue(Transfer { event: *event, ..transfer });
                }
                None => self.observer.issue_nothing(node.site, *event, thread),
            }
        }
        Ok(())
    }

    /// One copy per thread that takes part; in the statistics, those of a simdgroup are one.
    fn copy_of_lanes(&mut self, node: &CopyNode, events: &mut [u32]) -> Result<(), Box<Stop>> {
        let mask = self.mask;
        for group in (0..self.simdgroups).filter(|&group| mask.0[group] != 0) {
            let number = self.flights.number();
            let mut moved = false;
            for lane in lanes(mask.0[group]) {
                let thread = group * SIMDGROUP + lane;
                events[thread] = PER_LANE | number;
                match self.transfer(node, thread)? {
                    Some(transfer) => {
                        moved = true;
                        self.issue(Transfer { event: events[thread], ..transfer });
                    }
                    None => self.observer.issue_nothing(node.site, events[thread], thread),
                }
            }
            if moved {
                self.flights.issue(number);
                self.statistics.copies += 1;
            }
        }
        Ok(())
    }

    fn issue(&mut self, transfer: Transfer) {
        self.effects += 1;
        let size = self.context.kernel.memory(transfer.src).dtype.size();
        self.statistics.bytes_copied += (transfer.valid[0] * transfer.valid[1] * size) as u64;
        let landing = self.observer.issue(&transfer);
        self.land_due();
        match landing {
            Landing::Now => self.carry_out(&transfer),
            Landing::Held { poison: true } => self.poison(&transfer),
            Landing::Held { poison: false } => {}
        }
    }

    /// Refuses a copy whose operands differ among the lanes of a simdgroup.
    fn same_operands(&self, node: &CopyNode, group: usize) -> Result<(), Box<Stop>> {
        let first = group * SIMDGROUP;
        for operand in &node.operands {
            if self.slot(operand.reg).form != Form::Varying {
                continue;
            }
            let number = |thread| self.integer(operand.reg, thread, operand.dtype);
            let last = (first + SIMDGROUP).min(self.threads);
            let Some(other) = (first + 1..last).find(|&thread| number(thread) != number(first)) else { continue };
            let message = format!(
                "the lanes of simdgroup {group} pass different operands to this copy: {} in {}, {} in {}",
                number(first),
                self.place(first),
                number(other),
                self.place(other),
            );
            let span = self.context.kernel.op(node.site).span;
            let found = Diagnostic::new(Rule::DivergentCopy, message, span, "one copy of the whole simdgroup")
                .with_help("compute the operands from what is the same for all its lanes, as `simdgroup_index_in_threadgroup()`");
            return Err(Stop::of_thread(node.site, other, found));
        }
        Ok(())
    }

    fn not_all_lanes(&self, site: OpId, group: usize, what: &str) -> Box<Stop> {
        let (there, here) = (self.whole.0[group], self.mask.0[group]);
        let missing = group * SIMDGROUP + (there & !here).trailing_zeros() as usize;
        let message = format!(
            "only {} of {} lanes of simdgroup {group} {what}; {} does not",
            here.count_ones(),
            there.count_ones(),
            self.place(missing),
        );
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::DivergentCopy, message, span, "all lanes must arrive here together")
            .with_help(self.dialect().say(
                "move it out of the branch or loop that depends on the lane; to copy under a condition, issue with `where=`",
                "move it out of the branch or loop that depends on the lane; to copy under a condition, describe it with `.only_if(...)`",
            ));
        Stop::of_thread(site, missing, found)
    }

    /// The copy that a thread's operands describe; `None` where nothing is to be done.
    fn transfer(&self, node: &CopyNode, thread: usize) -> Result<Option<Transfer>, Box<Stop>> {
        let operand = |which: CopyOperand| self.index(node.operands[which as usize], thread);
        if operand(CopyOperand::Predicate) == 0 {
            return Ok(None);
        }
        let whole = [operand(CopyOperand::Cols), operand(CopyOperand::Rows)];
        if let Some(negative) = whole.iter().find(|&&extent| extent < 0) {
            return Err(self.negative_extent(node.site, *negative, thread));
        }
        let existing = [operand(CopyOperand::ValidCols), operand(CopyOperand::ValidRows)];
        let valid: [i64; 2] = std::array::from_fn(|n| existing[n].clamp(0, whole[n]));
        let extent = if node.to_device { valid } else { whole };
        if extent.contains(&0) {
            return Ok(None);
        }
        let valid = if valid.contains(&0) { [0, 0] } else { valid };
        let (dst_offset, dst_pitch) = (operand(CopyOperand::DstOffset), operand(CopyOperand::DstPitch));
        let (src_offset, src_pitch) = (operand(CopyOperand::SrcOffset), operand(CopyOperand::SrcPitch));
        self.inside(node.site, node.dst, "copy writes", [dst_offset, dst_pitch], extent, thread)?;
        if valid[0] > 0 {
            self.inside(node.site, node.src, "copy reads", [src_offset, src_pitch], valid, thread)?;
        }
        if extent[1] > 1 && dst_pitch < extent[0] {
            return Err(self.overlapping_rows(node.site, node.dst, dst_pitch, extent[0], thread));
        }
        // Everything that is used has been seen to lie inside a memory; a pitch that no second row uses may be anything.
        let pitch = |pitch: i64, rows: i64| if rows > 1 { pitch as isize } else { 0 };
        Ok(Some(Transfer {
            site: node.site,
            event: 0,
            thread,
            dst: node.dst,
            src: node.src,
            to_device: node.to_device,
            per_lane: node.per_lane,
            dst_offset: dst_offset as usize,
            src_offset: if valid[0] > 0 { src_offset as usize } else { 0 },
            dst_pitch: pitch(dst_pitch, extent[1]),
            src_pitch: pitch(src_pitch, valid[1]),
            extent: extent.map(|n| n as usize),
            valid: valid.map(|n| n as usize),
            fill: node.fill,
        }))
    }

    /// Refuses a tile that leaves its memory.
    pub(super) fn inside(
        &self,
        site: OpId,
        memory: MemoryId,
        does: &str,
        [offset, pitch]: [i64; 2],
        [cols, rows]: [i64; 2],
        thread: usize,
    ) -> Result<(), Box<Stop>> {
        let len = i64::try_from(self.length(memory)).unwrap_or(i64::MAX);
        // What saturates lies outside every memory.
        let last_row = offset.saturating_add(pitch.saturating_mul(rows - 1));
        let (least, greatest) = (offset.min(last_row), offset.max(last_row).saturating_add(cols - 1));
        if least >= 0 && greatest < len {
            return Ok(());
        }
        let elements =
            if least == greatest { format!("element {least}") } else { format!("elements {least} to {greatest}") };
        let first = if least < 0 { least } else { greatest };
        Err(self.outside(site, memory, does, &elements, first.into(), thread))
    }

    fn negative_extent(&self, site: OpId, extent: i64, thread: usize) -> Box<Stop> {
        let message = format!("this copy has an extent of {extent} elements");
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::OutOfBounds, message, span, format!("in {}", self.place(thread)))
            .with_help(self.dialect().say(
                "an extent may be 0, and then nothing is copied; to copy a part of a tile, pass `valid_cols=` and `valid_rows=`",
                "an extent may be 0, and then nothing is copied; to copy a part of a tile, say `.valid(Size { cols, rows })`",
            ));
        Stop::of_thread(site, thread, found)
    }

    fn overlapping_rows(&self, site: OpId, memory: MemoryId, pitch: i64, cols: i64, thread: usize) -> Box<Stop> {
        let declared = self.context.kernel.memory(memory);
        let message =
            format!("this copy writes rows of {cols} elements, {pitch} apart, over each other in `{}`", declared.name);
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::OutOfBounds, message, span, format!("in {}", self.place(thread)))
            .with_label(declared.span, "the destination")
            .with_help("the destination's elements per row must be at least the columns of the tile");
        Stop::of_thread(site, thread, found)
    }

    /// Fills the destination of a copy with what nobody takes for its elements.
    fn poison(&mut self, transfer: &Transfer) {
        let dtype = self.context.kernel.memory(transfer.dst).dtype;
        by_size!(dtype.size(), self.poison_elements(transfer, poison_bits(dtype)));
    }

    fn poison_elements<T: Pod>(&mut self, transfer: &Transfer, bits: u64) {
        let element: T = bytemuck::cast_slice::<u64, T>(&[bits])[0];
        let mut tile = std::mem::take(&mut self.tiles[transfer.dst.index()]);
        if transfer.per_lane && !transfer.to_device {
            let registers = cells_mut::<T>(&mut tile);
            transfer.writes().flatten().for_each(|to| registers[to * self.pitch + transfer.thread] = element);
        } else {
            let mut elements = self.elements_of::<T>(transfer.dst, &mut tile);
            transfer.writes().flatten().for_each(|to| elements.set(to, element));
        }
        self.tiles[transfer.dst.index()] = tile;
    }

    /// Moves the elements of a copy.
    pub(super) fn carry_out(&mut self, transfer: &Transfer) {
        let size = self.context.kernel.memory(transfer.src).dtype.size();
        match (transfer.per_lane, transfer.to_device) {
            (true, _) => by_size!(size, self.move_registers(transfer)),
            (false, true) => by_size!(size, self.move_out(transfer)),
            (false, false) => by_size!(size, self.move_in(transfer)),
        }
    }

    /// From device to threadgroup memory.
    fn move_in<T: Pod>(&mut self, transfer: &Transfer) {
        let Some(device) = self.context.devices[transfer.src.index()] else { return };
        let tile = cells_mut::<T>(&mut self.tiles[transfer.dst.index()]);
        let [cols, rows] = transfer.extent;
        let [valid_cols, valid_rows] = transfer.valid;
        for row in 0..valid_rows {
            let start = transfer.dst_row(row);
            device.read(transfer.src_row(row), &mut tile[start..start + valid_cols]);
            let edge = match transfer.fill {
                Fill::Zero => T::zeroed(),
                Fill::Edge => tile[start + valid_cols - 1],
            };
            tile[start + valid_cols..start + cols].fill(edge);
        }
        for row in valid_rows..rows {
            let start = transfer.dst_row(row);
            if transfer.fill == Fill::Edge && valid_rows > 0 {
                let last = transfer.dst_row(valid_rows - 1);
                tile.copy_within(last..last + cols, start);
            } else {
                tile[start..start + cols].fill(T::zeroed());
            }
        }
    }

    /// From threadgroup to device memory.
    fn move_out<T: Pod>(&mut self, transfer: &Transfer) {
        let Some(device) = self.context.devices[transfer.dst.index()] else { return };
        let tile = cells::<T>(&self.tiles[transfer.src.index()]);
        let [cols, rows] = transfer.extent;
        for row in 0..rows {
            let start = transfer.src_row(row);
            device.write(transfer.dst_row(row), &tile[start..start + cols]);
        }
    }

    /// Between device memory and the registers of one thread.
    fn move_registers<T: Pod>(&mut self, transfer: &Transfer) {
        let [pitch, thread] = [self.pitch, transfer.thread];
        let memory = if transfer.to_device { transfer.src } else { transfer.dst };
        let mut tile = std::mem::take(&mut self.tiles[memory.index()]);
        let registers = cells_mut::<T>(&mut tile);
        let [cols, rows] = transfer.extent;
        let [valid_cols, valid_rows] = transfer.valid;
        for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
            let to = transfer.dst_row(row) + col;
            if transfer.to_device {
                let element = registers[(transfer.src_row(row) + col) * pitch + thread];
                self.device_elements(transfer.dst).set(to, element);
                continue;
            }
            let exists = row < valid_rows && col < valid_cols;
            registers[to * pitch + thread] = if exists || transfer.fill == Fill::Edge && valid_cols > 0 {
                let (row, col) = (row.min(valid_rows - 1), col.min(valid_cols - 1));
                self.device_elements(transfer.src).get(transfer.src_row(row) + col)
            } else {
                T::zeroed()
            };
        }
        self.tiles[memory.index()] = tile;
    }

    fn device_elements<T: Pod>(&self, memory: MemoryId) -> Elements<'static, T> {
        match self.context.devices[memory.index()] {
            Some(device) => Elements::Device(device),
            None => Elements::Tile(&mut []),
        }
    }

    pub(super) fn wait(&mut self, site: OpId, events: &[Reg]) -> Result<(), Box<Stop>> {
        for &event in events {
            for group in 0..self.simdgroups {
                self.wait_of_simdgroup(site, event, group)?;
            }
        }
        Ok(())
    }

    /// A simdgroup waits for one copy that it issued, or each of its lanes for its own.
    fn wait_of_simdgroup(&mut self, site: OpId, event: Reg, group: usize) -> Result<(), Box<Stop>> {
        let word = self.mask.0[group];
        for lane in lanes(word) {
            let thread = group * SIMDGROUP + lane;
            let number: u32 = self.slot(event).of(thread);
            let of_lane = number & PER_LANE != 0;
            if !of_lane && word != self.whole.0[group] {
                return Err(self.not_all_lanes(site, group, "wait for this copy"));
            }
            self.flights.land(number & !PER_LANE);
            self.effects += 1;
            self.observer.complete(site, number, thread);
            self.land_due();
            if !of_lane {
                break;
            }
        }
        Ok(())
    }
}

/// A quiet NaN for floats, `true` for `bool`, and for integers bytes of `0xA5`, which are great numbers of either sign.
fn poison_bits(dtype: DType) -> u64 {
    match dtype {
        DType::F16 => 0x7eed,
        DType::BF16 => 0x7fed,
        DType::F32 => 0x7fc0_dead,
        DType::Bool => 1,
        _ => 0xa5a5_a5a5_a5a5_a5a5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_count_what_is_open() {
        let mut flights = Flights::default();
        let issue = |flights: &mut Flights| {
            let number = flights.number();
            flights.issue(number);
            number
        };
        let numbers: Vec<u32> = (0..130).map(|_| issue(&mut flights)).collect();
        assert_eq!((numbers[0], numbers[129], flights.most()), (1, 130, 130));
        numbers.iter().for_each(|&number| flights.land(number));
        flights.land(7);
        flights.land(0);
        flights.land(5000);
        assert_eq!((flights.count, flights.most()), (0, 130));
        flights.clear();
        assert_eq!((issue(&mut flights), flights.most()), (1, 1));
    }
}
