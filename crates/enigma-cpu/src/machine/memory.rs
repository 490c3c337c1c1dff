//! Loads and stores: the indices, their bounds, and the elements.

use bytemuck::Pod;
use enigma_ir::{Diagnostic, MemoryId, OpId, Opcode, Rule, Space};

use super::{Machine, Stop};
use crate::device::Device;
use crate::lane::SIMDGROUP;
use crate::observer::{Observer, Touch};
use crate::plan::{AccessNode, Reg};
use crate::slot::{Form, Mask, Slot, cells, cells_mut};

/// The elements that the threads of a threadgroup touch. Those of threads that do not take part mean nothing.
#[derive(Clone, Debug)]
pub enum Indices {
    /// All the same.
    Uniform(i64),
    /// The first thread's, and what is added to it from thread to thread.
    Affine(i64, i64),
    /// One per simdgroup, its first lane's, and what is added to it from lane to lane, which may be 0.
    Grouped(Vec<i64>, i64),
    /// One per thread.
    Varying(Vec<i64>),
}

impl Indices {
    /// The element of a thread.
    pub fn of(&self, thread: usize) -> i64 {
        match self {
            Indices::Uniform(index) => *index,
            Indices::Affine(first, stride) => first.saturating_add(stride.saturating_mul(thread as i64)),
            Indices::Grouped(each, stride) => {
                each[thread / SIMDGROUP].saturating_add(stride.saturating_mul((thread % SIMDGROUP) as i64))
            }
            Indices::Varying(each) => each[thread],
        }
    }

    /// The first thread of `mask` whose element is not among `len`.
    fn outside(&self, mask: &Mask, full: bool, (first, last): (usize, usize), len: u64) -> Option<usize> {
        let inside = |index: i64| index >= 0 && (index as u64) < len;
        let all_inside = match self {
            Indices::Uniform(index) => inside(*index),
            Indices::Affine(..) => inside(self.of(first)) && inside(self.of(last)),
            Indices::Varying(each) if full => {
                let (least, greatest) =
                    each.iter().fold((i64::MAX, i64::MIN), |(least, most), &i| (least.min(i), most.max(i)));
                inside(least) && inside(greatest)
            }
            Indices::Grouped(..) => mask.spans().all(|(first, last)| inside(self.of(first)) && inside(self.of(last))),
            Indices::Varying(_) => mask.threads().all(|thread| inside(self.of(thread))),
        };
        if all_inside { None } else { mask.threads().find(|&thread| !inside(self.of(thread))) }
    }

    /// The threads of `mask` whose element is among `len`.
    fn inside(&self, mask: &Mask, len: u64) -> Mask {
        let mut inside = Mask::default();
        for thread in mask.threads().filter(|&thread| u64::try_from(self.of(thread)).is_ok_and(|index| index < len)) {
            inside.add(thread);
        }
        inside
    }
}

/// Elements that one thread after another may touch: device or threadgroup memory.
pub(super) enum Elements<'a, T> {
    Device(Device),
    Tile(&'a mut [T]),
}

impl<T: Pod> Elements<'_, T> {
    #[inline(always)]
    pub(super) fn get(&self, at: usize) -> T {
        match self {
            Elements::Device(device) => device.get(at),
            Elements::Tile(tile) => tile[at],
        }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, at: usize, element: T) {
        match self {
            Elements::Device(device) => device.set(at, element),
            Elements::Tile(tile) => tile[at] = element,
        }
    }

    /// Consecutive elements, whose number the compiler knows.
    #[inline(always)]
    pub(super) fn row<const N: usize>(&self, start: usize) -> [T; N] {
        match self {
            Elements::Device(device) => device.row(start),
            Elements::Tile(tile) => {
                let mut row = [T::zeroed(); N];
                row.copy_from_slice(&tile[start..start + N]);
                row
            }
        }
    }

    /// Writes consecutive elements, whose number the compiler knows.
    #[inline(always)]
    pub(super) fn set_row<const N: usize>(&mut self, start: usize, row: [T; N]) {
        match self {
            Elements::Device(device) => device.set_row(start, row),
            Elements::Tile(tile) => tile[start..start + N].copy_from_slice(&row),
        }
    }

    pub(super) fn read(&self, start: usize, to: &mut [T]) {
        match self {
            Elements::Device(device) => device.read(start, to),
            Elements::Tile(tile) => to.copy_from_slice(&tile[start..start + to.len()]),
        }
    }

    pub(super) fn write(&mut self, start: usize, from: &[T]) {
        match self {
            Elements::Device(device) => device.write(start, from),
            Elements::Tile(tile) => tile[start..start + from.len()].copy_from_slice(from),
        }
    }
}

/// Calls a method for the unsigned integer type of an element's size.
macro_rules! by_size {
    ($size:expr, $machine:ident.$method:ident($($arg:expr),*)) => {
        match $size {
            1 => $machine.$method::<u8>($($arg),*),
            2 => $machine.$method::<u16>($($arg),*),
            4 => $machine.$method::<u32>($($arg),*),
            _ => $machine.$method::<u64>($($arg),*),
        }
    };
}
pub(super) use by_size;

impl<O: Observer> Machine<'_, O> {
    /// Number of elements of a memory, in this launch.
    pub(super) fn length(&self, memory: MemoryId) -> u64 {
        match (self.context.kernel.memory(memory).space.length(), self.context.devices[memory.index()]) {
            (Some(len), _) => len,
            (None, Some(device)) => device.len() as u64,
            (None, None) => 0,
        }
    }

    fn element_size(&self, memory: MemoryId) -> usize {
        self.context.kernel.memory(memory).dtype.size()
    }

    fn is_register(&self, memory: MemoryId) -> bool {
        matches!(self.context.kernel.memory(memory).space, Space::Register { .. })
    }

    /// The elements of device or threadgroup memory. The tile is taken out, to be given back.
    pub(super) fn elements_of<'t, T: Pod>(&self, memory: MemoryId, tile: &'t mut super::Tile) -> Elements<'t, T> {
        match self.context.devices[memory.index()] {
            Some(device) => Elements::Device(device),
            None => Elements::Tile(cells_mut::<T>(tile)),
        }
    }

    fn indices(&mut self, node: &AccessNode) -> Indices {
        let slot = self.slot(node.index);
        let narrow = |index: i128| i64::try_from(index).unwrap_or(i64::MAX).saturating_add(node.offset);
        let dtype = node.index_dtype;
        if let Some((first, _)) = slot.ends(dtype, self.threads) {
            return match slot.form {
                Form::Uniform => Indices::Uniform(narrow(first)),
                _ => Indices::Affine(narrow(first), slot.stride),
            };
        }
        let stride = match slot.form {
            Form::Laned if slot.ends_of_lanes(dtype, self.threads).is_some() => slot.stride,
            _ => 0,
        };
        if stride == 0 {
            self.spell_out(&[node.index]);
        }
        let mut each = std::mem::take(&mut self.scratch.indices);
        each.clear();
        let slot = self.slot(node.index);
        let count = self.elements(slot.form);
        widen(&slot.data, dtype, count, &mut each);
        if node.offset != 0 {
            each.iter_mut().for_each(|index| *index = index.saturating_add(node.offset));
        }
        match slot.form {
            Form::Grouped | Form::Laned => Indices::Grouped(each, stride),
            _ => Indices::Varying(each),
        }
    }

    fn give_back(&mut self, indices: Indices) {
        if let Indices::Grouped(each, _) | Indices::Varying(each) = indices {
            self.scratch.indices = each;
        }
    }

    /// Does an access for the threads that take part, or, where the observer takes the fault, for those whose element exists.
    pub(super) fn access(
        &mut self,
        node: &AccessNode,
        does: &str,
        act: impl FnOnce(&mut Self, &AccessNode, &Indices),
    ) -> Result<(), Box<Stop>> {
        let indices = self.indices(node);
        let len = self.length(node.memory);
        if let Some(thread) = indices.outside(&self.mask, self.full, self.range, len) {
            let index = self.integer(node.index, thread, node.index_dtype) + i128::from(node.offset);
            let fault = self.outside(node.site, node.memory, does, &format!("element {index}"), index, thread);
            let inside = indices.inside(&self.mask, len);
            self.observer.fault(fault, self.mask.without(&inside).threads().count())?;
            let before = self.mask;
            if !inside.is_empty() {
                self.set_mask(inside);
                act(self, node, &indices);
                self.set_mask(before);
            }
        } else {
            act(self, node, &indices);
        }
        self.give_back(indices);
        Ok(())
    }

    /// Carries out the copies that the observer held until now.
    pub(super) fn land_due(&mut self) {
        while let Some(transfer) = self.observer.due() {
            self.effects += 1;
            self.carry_out(&transfer);
        }
    }

    /// The finding of an access that leaves its memory.
    pub(super) fn outside(
        &self,
        site: OpId,
        memory: MemoryId,
        does: &str,
        elements: &str,
        first: i128,
        thread: usize,
    ) -> Box<Stop> {
        let declared = self.context.kernel.memory(memory);
        let name = &declared.name;
        let len = self.length(memory);
        let plural = if len == 1 { "" } else { "s" };
        let message = format!("this {does} {elements} of `{name}`, which has {len} element{plural}");
        let remedy = match self.context.kernel.op(site).code {
            Opcode::AsyncCopy1dD2t | Opcode::AsyncCopy1dT2d => {
                "keep the offset and the count inside; where less is left than a whole tile, copy as much as is left"
            }
            code if code.is_copy() => self.dialect().say(
                "keep the offsets and extents inside; what may hang over is cut off by `valid_cols=` and `valid_rows=`",
                "keep the offsets and extents inside; what may hang over is cut off by `.valid(Size { cols, rows })`",
            ),
            Opcode::SimdgroupMatrixLoad | Opcode::SimdgroupMatrixStore => {
                "an 8x8 matrix takes 7 rows of its pitch and 8 elements more, from its offset on"
            }
            _ => self.dialect().say(
                "do it only where the index is inside: `with if_(i < n):`, or pass a larger buffer or a smaller grid",
                "do it only where the index is inside: `if_(i.lt(n), || ...)`, or pass a larger buffer or a smaller grid",
            ),
        };
        let bound = match declared.space {
            Space::Device => format!("`{name}` was bound to {len} element{plural}"),
            _ => format!("`{name}` has {len} element{plural}"),
        };
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::OutOfBounds, message, span, format!("in {}", self.place(thread)))
            .with_label(declared.span, bound)
            .with_help(remedy);
        let first = first.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Stop::of_element(site, thread, (memory, first), found)
    }

    pub(super) fn load(&mut self, node: &AccessNode) -> Result<(), Box<Stop>> {
        self.access(node, "reads", |machine, node, indices| {
            let touch = Touch { site: node.site, memory: node.memory, mask: &machine.mask, indices };
            machine.observer.load(touch);
            machine.land_due();
            if machine.is_register(node.memory) {
                by_size!(machine.element_size(node.memory), machine.load_register(node, indices));
            } else {
                by_size!(machine.element_size(node.memory), machine.load_elements(node, indices));
            }
        })
    }

    pub(super) fn store(&mut self, node: &AccessNode) -> Result<(), Box<Stop>> {
        self.access(node, "writes", |machine, node, indices| {
            let touch = Touch { site: node.site, memory: node.memory, mask: &machine.mask, indices };
            machine.observer.store(touch);
            machine.land_due();
            machine.spell_out(&[node.value]);
            machine.effects += u64::from(machine.changes(node, indices));
            if machine.is_register(node.memory) {
                by_size!(machine.element_size(node.memory), machine.store_register(node, indices));
            } else {
                by_size!(machine.element_size(node.memory), machine.store_elements(node, indices));
            }
        })
    }

    /// Whether a store changes anything. It is worth looking only in a loop that may wait for a change.
    fn changes(&mut self, node: &AccessNode, indices: &Indices) -> bool {
        self.conditionals == 0 || by_size!(self.element_size(node.memory), self.elements_change(node, indices))
    }

    fn elements_change<T: Pod + PartialEq>(&mut self, node: &AccessNode, indices: &Indices) -> bool {
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        let pitch = if self.is_register(node.memory) { self.pitch } else { 0 };
        let elements = self.elements_of::<T>(node.memory, &mut tile);
        let slot = self.slot(node.value);
        let changed = self.mask.threads().any(|thread| {
            let index = indices.of(thread) as usize;
            let at = if pitch == 0 { index } else { index * pitch + thread };
            elements.get(at) != slot.of::<T>(thread)
        });
        self.tiles[node.memory.index()] = tile;
        changed
    }

    fn load_elements<T: Pod>(&mut self, node: &AccessNode, indices: &Indices) {
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        let elements = self.elements_of::<T>(node.memory, &mut tile);
        let mut data = std::mem::take(&mut self.slot_mut(node.value).data);
        let result = cells_mut::<T>(&mut data);
        let (first, last) = self.range;
        let form = match indices {
            Indices::Uniform(index) => {
                result[0] = elements.get(*index as usize);
                Form::Uniform
            }
            Indices::Affine(_, 1) => {
                elements.read(indices.of(first) as usize, &mut result[first..=last]);
                Form::Varying
            }
            Indices::Grouped(each, 0) => {
                for (group, &index) in each.iter().enumerate().filter(|&(group, _)| self.mask.0[group] != 0) {
                    result[group] = elements.get(index as usize);
                }
                Form::Grouped
            }
            Indices::Grouped(_, 1) => {
                for (first, last) in self.mask.spans() {
                    let start = indices.of(first) as usize;
                    match result[first..=last].as_mut_array() {
                        Some(row) => *row = elements.row::<SIMDGROUP>(start),
                        None => elements.read(start, &mut result[first..=last]),
                    }
                }
                Form::Varying
            }
            Indices::Varying(each) if self.full => {
                for (cell, &index) in result.iter_mut().zip(each) {
                    *cell = elements.get(index as usize);
                }
                Form::Varying
            }
            Indices::Affine(start, stride) if self.full => {
                for (thread, cell) in result[..self.threads].iter_mut().enumerate() {
                    *cell = elements.get((start + stride * thread as i64) as usize);
                }
                Form::Varying
            }
            Indices::Affine(..) | Indices::Grouped(..) | Indices::Varying(_) => {
                for thread in self.mask.threads() {
                    result[thread] = elements.get(indices.of(thread) as usize);
                }
                Form::Varying
            }
        };
        *self.slot_mut(node.value) = Slot { data, form, stride: 0 };
        self.tiles[node.memory.index()] = tile;
    }

    fn store_elements<T: Pod>(&mut self, node: &AccessNode, indices: &Indices) {
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        let mut elements = self.elements_of::<T>(node.memory, &mut tile);
        let slot = self.slot(node.value);
        let (_, last) = self.range;
        match indices {
            // The last thread's stays.
            Indices::Uniform(index) => elements.set(*index as usize, slot.of::<T>(last)),
            Indices::Affine(start, 1) if self.full && slot.form == Form::Varying => {
                elements.write(*start as usize, &cells::<T>(&slot.data)[..self.threads]);
            }
            Indices::Affine(_, 1) | Indices::Grouped(_, 1) if slot.form == Form::Varying => {
                for (first, last) in self.mask.runs() {
                    let start = indices.of(first) as usize;
                    let from = &cells::<T>(&slot.data)[first..=last];
                    match from.as_array() {
                        Some(row) => elements.set_row::<SIMDGROUP>(start, *row),
                        None => elements.write(start, from),
                    }
                }
            }
            _ => {
                for thread in self.mask.threads() {
                    elements.set(indices.of(thread) as usize, slot.of::<T>(thread));
                }
            }
        }
        self.tiles[node.memory.index()] = tile;
    }

    fn load_register<T: Pod>(&mut self, node: &AccessNode, indices: &Indices) {
        let mut data = std::mem::take(&mut self.slot_mut(node.value).data);
        let (result, tile) = (cells_mut::<T>(&mut data), cells::<T>(&self.tiles[node.memory.index()]));
        match indices {
            Indices::Uniform(index) => {
                let start = *index as usize * self.pitch;
                result[..self.threads].copy_from_slice(&tile[start..start + self.threads]);
            }
            _ => {
                for thread in self.mask.threads() {
                    result[thread] = tile[indices.of(thread) as usize * self.pitch + thread];
                }
            }
        }
        *self.slot_mut(node.value) = Slot { data, form: Form::Varying, stride: 0 };
    }

    fn store_register<T: Pod>(&mut self, node: &AccessNode, indices: &Indices) {
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        let slot = self.slot(node.value);
        let registers = cells_mut::<T>(&mut tile);
        match (indices, slot.form) {
            (Indices::Uniform(index), Form::Varying) if self.full => {
                let start = *index as usize * self.pitch;
                registers[start..start + self.threads].copy_from_slice(&cells::<T>(&slot.data)[..self.threads]);
            }
            _ => {
                for thread in self.mask.threads() {
                    registers[indices.of(thread) as usize * self.pitch + thread] = slot.of(thread);
                }
            }
        }
        self.tiles[node.memory.index()] = tile;
    }

    /// Clears a register tensor, or fills it, for every thread: those that do not take part have none.
    pub(super) fn register_fill(&mut self, memory: MemoryId, value: Option<Reg>) {
        self.effects += 1;
        self.observer.declare(memory, value.is_some());
        self.land_due();
        let Some(value) = value else {
            cells_mut::<u64>(&mut self.tiles[memory.index()]).fill(0);
            return;
        };
        by_size!(self.element_size(memory), self.fill_registers(memory, value));
    }

    fn fill_registers<T: Pod>(&mut self, memory: MemoryId, value: Reg) {
        self.spell_out(&[value]);
        let slot = &self.slots[value as usize];
        let registers = cells_mut::<T>(&mut self.tiles[memory.index()]);
        for element in registers.chunks_exact_mut(self.pitch) {
            for (thread, register) in element[..self.threads].iter_mut().enumerate() {
                *register = slot.of(thread);
            }
        }
    }
}

/// Appends the first `count` integers, those too great for an index as the greatest.
fn widen(data: &[crate::slot::Line], dtype: enigma_ir::DType, count: usize, to: &mut Vec<i64>) {
    use enigma_ir::DType::*;
    match dtype {
        I8 => to.extend(cells::<i8>(data)[..count].iter().map(|&i| i64::from(i))),
        I16 => to.extend(cells::<i16>(data)[..count].iter().map(|&i| i64::from(i))),
        I32 => to.extend(cells::<i32>(data)[..count].iter().map(|&i| i64::from(i))),
        I64 => to.extend_from_slice(&cells::<i64>(data)[..count]),
        U8 | Bool => to.extend(cells::<u8>(data)[..count].iter().map(|&i| i64::from(i))),
        U16 | F16 | BF16 => to.extend(cells::<u16>(data)[..count].iter().map(|&i| i64::from(i))),
        U32 | F32 => to.extend(cells::<u32>(data)[..count].iter().map(|&i| i64::from(i))),
        U64 => to.extend(cells::<u64>(data)[..count].iter().map(|&i| i64::try_from(i).unwrap_or(i64::MAX))),
    }
}
