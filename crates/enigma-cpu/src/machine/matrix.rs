//! Simdgroup matrices: 8x8, one dense block per simdgroup, rows one after another.

use bytemuck::{Pod, Zeroable};
use enigma_ir::DType;
use pulp::{Simd, WithSimd};

use super::memory::by_size;
use super::{Machine, Stop};
use crate::lane::SIMDGROUP;
use crate::map::{Map, Source, Step};
use crate::observer::{MatrixTouch, Observer};
use crate::plan::{MatrixNode, MultiplyNode, Reg};
use crate::slot::{Form, Line, Slot, cells, cells_mut};

/// Rows and columns of a matrix.
const SIDE: usize = 8;
const AREA: usize = SIDE * SIDE;

/// `result = a * b + c`, a matrix per simdgroup.
struct Multiply<'a> {
    a: &'a [[f32; AREA]],
    b: &'a [[f32; AREA]],
    c: &'a [[f32; AREA]],
    result: &'a mut [[f32; AREA]],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (((a, b), c), result) in self.a.iter().zip(self.b).zip(self.c).zip(self.result) {
            for i in 0..SIDE {
                let mut sums: [f32; SIDE] = c.as_chunks().0[i];
                for k in 0..SIDE {
                    let factor = a[i * SIDE + k];
                    for j in 0..SIDE {
                        sums[j] = factor.mul_add(b[k * SIDE + j], sums[j]);
                    }
                }
                result.as_chunks_mut().0[i] = sums;
            }
        }
    }
}

/// A number per cell, as blocks of one matrix each.
fn blocks(data: &[Line], simdgroups: usize) -> &[[f32; AREA]] {
    &cells::<f32>(data).as_chunks().0[..simdgroups]
}

/// Where a simdgroup's matrix lies, in elements.
#[derive(Copy, Clone)]
struct Block {
    offset: usize,
    pitch: isize,
}

impl Block {
    fn row(self, row: usize) -> usize {
        self.offset.wrapping_add_signed(self.pitch * row as isize)
    }
}

impl<O: Observer> Machine<'_, O> {
    /// `result = a * b + c`, in `float` from the least column of `a` to the greatest, rounded to the sum's type at the end.
    pub(super) fn matrix_multiply(&mut self, node: &MultiplyNode) {
        let mut scratch = std::mem::take(&mut self.scratch.matrices);
        let [a, b, c, wide] = &mut scratch;
        let mut data = std::mem::take(&mut self.slot_mut(node.result).data);
        let [a, b] = [(node.a, a), (node.b, b)].map(|(reg, room)| self.floats(reg, node.widen_factor, room));
        let c = self.floats(node.c, node.widen_sum, c);
        let result = match node.narrow_sum {
            Some(_) => room(wide, self.simdgroups),
            None => &mut data,
        };
        let result = &mut cells_mut::<f32>(result).as_chunks_mut().0[..self.simdgroups];
        self.arch.dispatch(Multiply { a, b, c, result });
        if let Some(narrow) = node.narrow_sum {
            narrow(self.arch, &mut data, &[Source { data: wide, step: Step::Element }], self.simdgroups * AREA);
        }
        self.slot_mut(node.result).data = data;
        self.scratch.matrices = scratch;
    }

    /// The matrices of a register as floats, in `scratch` if they are none.
    fn floats<'s>(&'s self, reg: Reg, widen: Option<Map>, scratch: &'s mut Vec<Line>) -> &'s [[f32; AREA]] {
        let data = &self.slot(reg).data;
        let Some(widen) = widen else { return blocks(data, self.simdgroups) };
        let scratch = room(scratch, self.simdgroups);
        widen(self.arch, scratch, &[Source { data, step: Step::Element }], self.simdgroups * AREA);
        blocks(scratch, self.simdgroups)
    }

    pub(super) fn matrix_fill(&mut self, dtype: DType, value: Reg, result: Reg) {
        by_size!(dtype.size(), self.fill_blocks(value, result));
    }

    fn fill_blocks<T: Pod>(&mut self, value: Reg, result: Reg) {
        let mut data = std::mem::take(&mut self.slot_mut(result).data);
        let blocks = &mut cells_mut::<T>(&mut data).as_chunks_mut::<AREA>().0[..self.simdgroups];
        let slot = self.slot(value);
        for (group, block) in blocks.iter_mut().enumerate() {
            block.fill(slot.of(group * SIMDGROUP));
        }
        *self.slot_mut(result) = Slot { data, form: Form::Varying, stride: 0 };
    }

    /// Where the matrix of a simdgroup lies, all inside; `None` where it is a fault that the observer takes.
    fn block_of(&mut self, node: &MatrixNode, group: usize, does: &str) -> Result<Option<Block>, Box<Stop>> {
        let thread = group * SIMDGROUP + self.mask.0[group].trailing_zeros() as usize;
        let (offset, pitch) = (self.index(node.offset, thread), self.index(node.pitch, thread));
        let checked = self.inside(node.site, node.memory, does, [offset, pitch], [SIDE as i64; 2], thread);
        let inside = self.or_fault(checked, 1)?;
        Ok(inside.map(|()| Block { offset: offset as usize, pitch: pitch as isize }))
    }

    fn touch(node: &MatrixNode, simdgroup: usize, block: Block) -> MatrixTouch {
        let Block { offset, pitch } = block;
        MatrixTouch { site: node.site, memory: node.memory, simdgroup, offset, pitch: pitch as i64 }
    }

    pub(super) fn matrix_load(&mut self, node: &MatrixNode) -> Result<(), Box<Stop>> {
        by_size!(self.context.kernel.memory(node.memory).dtype.size(), self.load_blocks(node))
    }

    fn load_blocks<T: Pod>(&mut self, node: &MatrixNode) -> Result<(), Box<Stop>> {
        for group in 0..self.simdgroups {
            if self.mask.0[group] == 0 {
                continue;
            }
            let Some(block) = self.block_of(node, group, "loads")? else { continue };
            self.observer.matrix_load(Self::touch(node, group, block));
            self.land_due();
            let mut data = std::mem::take(&mut self.slot_mut(node.matrix).data);
            let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
            let elements = self.elements_of::<T>(node.memory, &mut tile);
            let matrix = &mut cells_mut::<T>(&mut data).as_chunks_mut::<AREA>().0[group];
            for (row, cells) in matrix.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
                *cells = elements.row(block.row(row));
            }
            if node.transpose {
                *matrix = transposed(matrix);
            }
            self.tiles[node.memory.index()] = tile;
            *self.slot_mut(node.matrix) = Slot { data, form: Form::Varying, stride: 0 };
        }
        Ok(())
    }

    pub(super) fn matrix_store(&mut self, node: &MatrixNode) -> Result<(), Box<Stop>> {
        self.effects += 1;
        by_size!(self.context.kernel.memory(node.memory).dtype.size(), self.store_blocks(node))
    }

    fn store_blocks<T: Pod>(&mut self, node: &MatrixNode) -> Result<(), Box<Stop>> {
        for group in 0..self.simdgroups {
            if self.mask.0[group] == 0 {
                continue;
            }
            let Some(block) = self.block_of(node, group, "stores")? else { continue };
            self.observer.matrix_store(Self::touch(node, group, block));
            self.land_due();
            let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
            let mut elements = self.elements_of::<T>(node.memory, &mut tile);
            let matrix = &cells::<T>(&self.slot(node.matrix).data).as_chunks::<AREA>().0[group];
            for (row, cells) in matrix.as_chunks::<SIDE>().0.iter().enumerate() {
                elements.set_row(block.row(row), *cells);
            }
            self.tiles[node.memory.index()] = tile;
        }
        Ok(())
    }
}

/// Lines for that many matrices of floats.
fn room(lines: &mut Vec<Line>, simdgroups: usize) -> &mut Vec<Line> {
    let wanted = (simdgroups * AREA * size_of::<f32>()).div_ceil(size_of::<Line>());
    if lines.len() < wanted {
        lines.resize(wanted, Line::zeroed());
    }
    lines
}

fn transposed<T: Pod>(matrix: &[T; AREA]) -> [T; AREA] {
    std::array::from_fn(|at| matrix[at % SIDE * SIDE + at / SIDE])
}
