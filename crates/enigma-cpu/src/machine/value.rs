//! Values: elementwise operations, and values passed on.

use bytemuck::Pod;
use smallvec::SmallVec;

use super::Machine;
use crate::lane::{SIMDGROUP, Truth};
use crate::map::{Source, Step};
use crate::observer::Observer;
use crate::plan::{Affine, MapNode, Pass, Reg, Shape, VectorNode};
use crate::slot::{Form, Line, Mask, Slot, cells, cells_mut, integer, lines};

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

    /// How many numbers a form has.
    pub(super) fn elements(&self, form: Form) -> usize {
        match form {
            Form::Uniform | Form::Affine => 1,
            Form::Grouped => self.simdgroups,
            Form::Varying => self.threads,
        }
    }

    /// Carries out an elementwise operation.
    pub(super) fn map(&mut self, node: &MapNode) {
        let operands = &node.operands[..node.arity as usize];
        let mut form = self.general_form(operands);
        let mut stride = 0;
        if form == Form::Affine {
            match self.affine_result(node) {
                Some((kept, grows)) => (form, stride) = (kept, grows),
                None => {
                    self.spell_out(operands);
                    form = Form::Varying;
                }
            }
        } else if form == Form::Varying {
            self.spell_out(operands);
        }
        // An affine result starts from the operands' starts.
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
            Form::Affine | Form::Varying => {
                self.spell_out(&node.operands);
                Form::Varying
            }
            form => form,
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
        let mut general = Form::Uniform;
        for &reg in operands {
            let form = self.slot(reg).form;
            // One per simdgroup and one that grows have no form in common but one per thread.
            general = match (general.min(form), general.max(form)) {
                (Form::Grouped, Form::Affine) => Form::Varying,
                (_, greater) => greater,
            };
        }
        general
    }

    /// Writes the affine ones of these out.
    pub(super) fn spell_out(&mut self, regs: &[Reg]) {
        for &reg in regs {
            let dtype = self.shape(reg).dtype();
            let threads = self.threads;
            self.slot_mut(reg).spell_out(dtype, threads);
        }
    }

    /// The form of the result and what it grows by, where affine and uniform operands give such a one. It is then computed from
    /// the operands of the first thread.
    fn affine_result(&mut self, node: &MapNode) -> Option<(Form, i64)> {
        let [a, b, _] = node.operands;
        let stride = |reg: Reg| match self.slot(reg).form {
            Form::Affine => self.slot(reg).stride,
            _ => 0,
        };
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
                    self.slot(a).ends(node.dtype, self.threads)?;
                }
                stride(a)
            }
            Affine::Order => return self.all_agree(node).then_some((Form::Uniform, 0)),
        };
        Some((if grows == 0 { Form::Uniform } else { Form::Affine }, grows))
    }

    /// Whether an ordering comes out the same for the first and the last thread, and so for all between.
    fn all_agree(&mut self, node: &MapNode) -> bool {
        let mut lasts = [0i128; 2];
        for (last, &reg) in lasts.iter_mut().zip(&node.operands) {
            match self.slot(reg).ends(node.dtype, self.threads) {
                Some((_, end)) => *last = end,
                None => return false,
            }
        }
        self.scratch.a.resize(8, lines(64)[0]);
        self.scratch.b.resize(8, lines(64)[0]);
        let compare = |scratch: &mut Vec<Line>, a: &[Line], b: &[Line]| {
            let sources = [a, b, b].map(|data| Source { data, step: Step::Never });
            (node.map)(self.arch, scratch, &sources, 1);
            cells::<Truth>(scratch)[0].0
        };
        let [a, b] = [0, 1].map(|n| &self.slots[node.operands[n] as usize].data);
        let first = compare(&mut self.scratch.a, a, b);
        let [a, b] = lasts.map(|last| line_of(last as u64));
        let last = compare(&mut self.scratch.b, &a, &b);
        first == last
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
            Form::Varying | Form::Affine => {}
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

/// How an operand of that form goes along with a result of that form.
fn step(operand: Form, result: Form) -> Step {
    match (operand, result) {
        (Form::Uniform | Form::Affine, _) => Step::Never,
        (Form::Grouped, Form::Varying) => Step::Chunk,
        _ => Step::Element,
    }
}

fn line_of(bits: u64) -> Vec<Line> {
    let mut line = lines(8);
    cells_mut::<u64>(&mut line)[0] = bits;
    line
}
