//! Values: elementwise operations, and values passed on.

use bytemuck::{Pod, Zeroable};
use enigma_ir::DType;
use smallvec::SmallVec;

use super::Machine;
use crate::lane::{SIMDGROUP, Truth};
use crate::map::{Source, Step};
use crate::observer::Observer;
use crate::plan::{Affine, MapNode, Pass, Reg, Shape, VectorNode};
use crate::slot::{Ends, Form, Line, Mask, Slot, cells, cells_mut, integer};

impl<O: Observer> Machine<'_, O> {
    /// Writes one number per thread.
    pub(super) fn per_thread<T: Pod>(&mut self, reg: Reg, number: impl Fn(usize) -> T) {
        let threads = self.threads;
        let slot = self.slot_mut(reg);
        let cells = cells_mut::<T>(&mut slot.data);
        for (thread, cell) in cells[..threads].iter_mut().enumerate() {
            *cell = number(thread);
        }
        slot.form = Form::Varying;
    }

    /// Writes one number per simdgroup.
    pub(super) fn per_simdgroup<T: Pod>(&mut self, reg: Reg, number: impl Fn(usize) -> T) {
        let simdgroups = self.simdgroups;
        let slot = self.slot_mut(reg);
        let cells = cells_mut::<T>(&mut slot.data);
        for (group, cell) in cells[..simdgroups].iter_mut().enumerate() {
            *cell = number(group);
        }
        slot.form = if simdgroups == 1 { Form::Uniform } else { Form::Grouped };
    }

    /// Writes one number per simdgroup, that of its first lane, to which 1 is added from lane to lane.
    pub(super) fn per_lane(&mut self, reg: Reg, number: impl Fn(usize) -> u32) {
        if self.simdgroups == 1 {
            return self.slot_mut(reg).set_affine(number(0), 1);
        }
        self.per_simdgroup(reg, number);
        let slot = self.slot_mut(reg);
        (slot.form, slot.stride) = (Form::Laned, 1);
    }

    /// How many numbers a form has.
    pub(super) fn elements(&self, form: Form) -> usize {
        match form {
            Form::Uniform | Form::Affine => 1,
            Form::Grouped | Form::Laned => self.simdgroups,
            Form::Varying => self.threads,
        }
    }

    /// Carries out an elementwise operation.
    pub(super) fn map(&mut self, node: &MapNode) {
        let operands = &node.operands[..node.arity as usize];
        let mut form = self.general_form(operands);
        let mut stride = 0;
        if form.grows() {
            (form, stride) = self.growing_result(node, form).unwrap_or((Form::Varying, 0));
        }
        if form == Form::Varying {
            self.spell_out(operands);
        }
        // A result that grows starts from the operands' starts.
        let elements = self.elements(form);
        let mut result = std::mem::take(&mut self.slots[node.result as usize].data);
        let source = |reg: Reg| {
            let slot = &self.slots[reg as usize];
            Source { data: &slot.data, step: step(slot.form, form) }
        };
        let [a, b, c] = node.operands;
        let sources = [source(a), source(b), source(c)];
        (node.map)(self.arch, &mut result, &sources, elements);
        let slot = self.slot_mut(node.result);
        *slot = Slot { data: result, form, stride };
    }

    /// Carries out an operation on vectors.
    pub(super) fn vector(&mut self, node: &VectorNode) {
        let form = match self.general_form(&node.operands) {
            form @ (Form::Uniform | Form::Grouped) => form,
            Form::Affine | Form::Laned | Form::Varying => {
                self.spell_out(&node.operands);
                Form::Varying
            }
        };
        let elements = self.elements(form);
        let take = |&reg: &Reg| std::mem::take(&mut self.slots[reg as usize].data);
        let mut results: SmallVec<[Vec<Line>; 4]> = node.results.iter().map(take).collect();
        let source = |&reg: &Reg| {
            let slot = &self.slots[reg as usize];
            Source { data: &slot.data, step: step(slot.form, form) }
        };
        let sources: SmallVec<[Source<'_>; 16]> = node.operands.iter().map(source).collect();
        (node.map)(self.arch, &mut results, &sources, elements);
        drop(sources);
        for (&reg, data) in node.results.iter().zip(results) {
            *self.slot_mut(reg) = Slot { data, form, stride: 0 };
        }
    }

    fn general_form(&self, operands: &[Reg]) -> Form {
        operands.iter().fold(Form::Uniform, |general, &reg| general.join(self.slot(reg).form))
    }

    /// Writes those of these out that grow.
    pub(super) fn spell_out(&mut self, regs: &[Reg]) {
        for &reg in regs {
            if self.slot(reg).form.grows() {
                let dtype = self.shape(reg).dtype();
                let threads = self.threads;
                self.slot_mut(reg).spell_out(dtype, threads);
            }
        }
    }

    /// The form of the result and what it grows by, where operands of that general form give such a one. It is then computed from
    /// the numbers that the operands' growing starts from.
    fn growing_result(&mut self, node: &MapNode, form: Form) -> Option<(Form, i64)> {
        let [a, b, _] = node.operands;
        let stride = |reg: Reg| if self.slot(reg).form.grows() { self.slot(reg).stride } else { 0 };
        let uniform = |reg: Reg| integer(&self.slot(reg).data, 0, node.dtype) as i64;
        let (form_a, form_b) = (self.slot(a).form, self.slot(b).form);
        let grows = match node.affine {
            Affine::No => return None,
            Affine::Add => stride(a).wrapping_add(stride(b)),
            Affine::Sub => stride(a).wrapping_sub(stride(b)),
            Affine::Mul if form_b == Form::Uniform => stride(a).wrapping_mul(uniform(b)),
            Affine::Mul if form_a == Form::Uniform => stride(b).wrapping_mul(uniform(a)),
            Affine::Shl if form_b == Form::Uniform => stride(a).wrapping_shl(uniform(b) as u32 % node.dtype.bits()),
            Affine::Mul | Affine::Shl => return None,
            Affine::Negate => stride(a).wrapping_neg(),
            Affine::Cast => {
                let widens = self.shape(node.result).size() > node.dtype.size();
                if widens {
                    self.slot(a).ends_of_lanes(node.dtype, self.threads)?;
                }
                stride(a)
            }
            Affine::Order => return self.order(node),
        };
        self.cut_up(node, form);
        Some(match (form, grows) {
            (Form::Affine, 0) => (Form::Uniform, 0),
            (_, 0) => (Form::Grouped, 0),
            _ => (form, grows),
        })
    }

    /// Makes the affine operands laned, where that is what the result is to be.
    fn cut_up(&mut self, node: &MapNode, form: Form) {
        if form == Form::Laned {
            let simdgroups = self.simdgroups;
            for &reg in &node.operands[..node.arity as usize] {
                self.slot_mut(reg).cut_up(node.dtype, simdgroups);
            }
        }
    }

    /// The form of an ordering's result: where it comes out the same for the first and the last lane of a simdgroup, it does for all
    /// between.
    fn order(&mut self, node: &MapNode) -> Option<(Form, i64)> {
        let [a, b] = [0, 1].map(|n| self.slot(node.operands[n]).ends_of_lanes(node.dtype, self.threads));
        let (a, b) = (a?, b?);
        let [first, last] =
            [|ends: &(i128, i128)| ends.0, |ends: &(i128, i128)| ends.1].map(|end| self.outcomes(node, &a, &b, end));
        if first != last {
            return None;
        }
        if first.iter().all(|&outcome| outcome == first[0]) {
            return Some((Form::Uniform, 0));
        }
        self.cut_up(node, Form::Laned);
        Some((Form::Grouped, 0))
    }

    /// What an ordering gives for one end of each simdgroup.
    fn outcomes(
        &mut self,
        node: &MapNode,
        a: &Ends,
        b: &Ends,
        end: fn(&(i128, i128)) -> i128,
    ) -> SmallVec<[Truth; SIMDGROUP]> {
        let operands = [a, b].map(|ends| line_of(ends.iter().map(end), node.dtype));
        let sources = [0, 1, 1].map(|n| Source { data: &operands[n], step: Step::Element });
        let mut outcomes = [Line::zeroed()];
        (node.map)(self.arch, &mut outcomes, &sources, a.len());
        cells::<Truth>(&outcomes)[..a.len()].into()
    }

    /// Passes values on, to all threads.
    pub(super) fn pass(&mut self, passes: &[Pass]) {
        for pass in passes {
            if pass.swap {
                self.slots.swap(pass.from as usize, pass.to as usize);
            } else {
                self.copy_slot(pass.from, pass.to);
            }
        }
    }

    pub(super) fn copy_slot(&mut self, from: Reg, to: Reg) {
        let shape = self.shape(from);
        let elements = match shape {
            Shape::Matrix(_) => self.simdgroups * 64,
            _ => self.elements(self.slot(from).form),
        };
        let mut data = std::mem::take(&mut self.slots[to as usize].data);
        let source = self.slot(from);
        let bytes = elements * shape.size();
        let used = bytes.div_ceil(size_of::<Line>());
        data[..used].copy_from_slice(&source.data[..used]);
        let (form, stride) = (source.form, source.stride);
        *self.slot_mut(to) = Slot { data, form, stride };
    }

    /// Passes values on, to the threads of `mask` only.
    pub(super) fn blend(&mut self, passes: &[Pass], mask: &Mask) {
        for pass in passes {
            match self.shape(pass.to) {
                Shape::Matrix(dtype) => self.blend_matrix(pass, mask, 64 * dtype.size()),
                shape => match shape.size() {
                    1 => self.blend_lanes::<u8>(pass, mask),
                    2 => self.blend_lanes::<u16>(pass, mask),
                    4 => self.blend_lanes::<u32>(pass, mask),
                    _ => self.blend_lanes::<u64>(pass, mask),
                },
            }
        }
    }

    fn blend_matrix(&mut self, pass: &Pass, mask: &Mask, bytes: usize) {
        let mut to = std::mem::take(&mut self.slots[pass.to as usize].data);
        let from = &self.slot(pass.from).data;
        for group in (0..self.simdgroups).filter(|&group| mask.0[group] != 0) {
            let range = group * bytes..(group + 1) * bytes;
            cells_mut::<u8>(&mut to)[range.clone()].copy_from_slice(&cells::<u8>(from)[range]);
        }
        self.slot_mut(pass.to).data = to;
    }

    fn blend_lanes<T: Pod>(&mut self, pass: &Pass, mask: &Mask) {
        self.spread::<T>(pass.to);
        self.spell_out(&[pass.from]);
        let mut to = std::mem::take(&mut self.slots[pass.to as usize].data);
        let from = self.slot(pass.from);
        let lanes = cells_mut::<T>(&mut to);
        for thread in mask.threads() {
            lanes[thread] = from.of(thread);
        }
        self.slot_mut(pass.to).data = to;
    }

    /// Writes a value out, one number per thread.
    pub(super) fn spread<T: Pod>(&mut self, reg: Reg) {
        self.spell_out(&[reg]);
        let threads = self.threads;
        let slot = self.slot_mut(reg);
        let cells = cells_mut::<T>(&mut slot.data);
        match slot.form {
            Form::Varying | Form::Affine | Form::Laned => {}
            Form::Uniform => {
                let number = cells[0];
                cells[..threads].fill(number);
            }
            // From the end, so that no number is overwritten before it is used.
            Form::Grouped => (0..threads).rev().for_each(|thread| cells[thread] = cells[thread / SIMDGROUP]),
        }
        slot.form = Form::Varying;
    }
}

/// Lines for a number of any type per simdgroup, of as many as a threadgroup may have.
const LINES: usize = SIMDGROUP * size_of::<u64>() / size_of::<Line>();

/// How an operand of that form goes along with a result of that form.
fn step(operand: Form, result: Form) -> Step {
    match (operand, result) {
        (Form::Uniform | Form::Affine, _) => Step::Never,
        (Form::Laned, Form::Laned) => Step::Element,
        (Form::Grouped, Form::Varying) => Step::Chunk,
        _ => Step::Element,
    }
}

/// One integer for each simdgroup of a threadgroup, as elements of that type.
fn line_of(numbers: impl Iterator<Item = i128>, dtype: DType) -> [Line; LINES] {
    let mut lines = [Line::zeroed(); LINES];
    match dtype.size() {
        1 => fill(cells_mut::<u8>(&mut lines), numbers.map(|number| number as u8)),
        2 => fill(cells_mut::<u16>(&mut lines), numbers.map(|number| number as u16)),
        4 => fill(cells_mut::<u32>(&mut lines), numbers.map(|number| number as u32)),
        _ => fill(cells_mut::<u64>(&mut lines), numbers.map(|number| number as u64)),
    }
    lines
}

fn fill<T>(cells: &mut [T], numbers: impl Iterator<Item = T>) {
    for (cell, number) in cells.iter_mut().zip(numbers) {
        *cell = number;
    }
}
