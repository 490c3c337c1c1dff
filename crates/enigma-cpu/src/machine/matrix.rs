//! Simdgroup matrices: 8x8, one dense block per simdgroup, rows one after another.

use bytemuck::Pod;
use enigma_ir::DType;
use half::{bf16, f16};
use pulp::{Simd, WithSimd};

use super::memory::by_size;
use super::{Machine, Stop};
use crate::lane::{Lane, SIMDGROUP};
use crate::observer::{MatrixTouch, Observer};
use crate::plan::{MatrixNode, Reg};
use crate::slot::{Form, Slot, cells, cells_mut};

/// Rows and columns of a matrix.
const SIDE: usize = 8;
const AREA: usize = SIDE * SIDE;

struct Multiply<'a, A, C> {
    a: &'a [[A; AREA]],
    b: &'a [[A; AREA]],
    c: &'a [[C; AREA]],
    result: &'a mut [[C; AREA]],
}

impl<A: Lane<Wide = f32>, C: Lane<Wide = f32>> WithSimd for Multiply<'_, A, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (((a, b), c), result) in self.a.iter().zip(self.b).zip(self.c).zip(self.result) {
            let b: [[f32; SIDE]; SIDE] = std::array::from_fn(|k| std::array::from_fn(|j| b[k * SIDE + j].wide()));
            for i in 0..SIDE {
                let mut sums: [f32; SIDE] = std::array::from_fn(|j| c[i * SIDE + j].wide());
                for k in 0..SIDE {
                    let factor = a[i * SIDE + k].wide();
                    for j in 0..SIDE {
                        sums[j] = factor.mul_add(b[k][j], sums[j]);
                    }
                }
                for j in 0..SIDE {
                    result[i * SIDE + j] = C::narrow(sums[j]);
                }
            }
        }
    }
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
    pub(super) fn matrix_multiply(&mut self, (factors, sum): (DType, DType), operands: [Reg; 3], result: Reg) {
        use DType::{BF16, F16, F32};
        match (factors, sum) {
            (F16, F16) => self.multiply::<f16, f16>(operands, result),
            (F16, BF16) => self.multiply::<f16, bf16>(operands, result),
            (F16, _) => self.multiply::<f16, f32>(operands, result),
            (BF16, F16) => self.multiply::<bf16, f16>(operands, result),
            (BF16, BF16) => self.multiply::<bf16, bf16>(operands, result),
            (BF16, _) => self.multiply::<bf16, f32>(operands, result),
            (_, F16) => self.multiply::<f32, f16>(operands, result),
            (_, BF16) => self.multiply::<f32, bf16>(operands, result),
            (_, F32) | (_, _) => self.multiply::<f32, f32>(operands, result),
        }
    }

    fn multiply<A: Lane<Wide = f32>, C: Lane<Wide = f32>>(&mut self, [a, b, c]: [Reg; 3], result: Reg) {
        let mut data = std::mem::take(&mut self.slot_mut(result).data);
        let result_blocks = &mut cells_mut::<C>(&mut data).as_chunks_mut().0[..self.simdgroups];
        let [a, b] = [a, b].map(|reg| cells::<A>(&self.slot(reg).data).as_chunks().0);
        let c = cells::<C>(&self.slot(c).data).as_chunks().0;
        self.arch.dispatch(Multiply { a, b, c, result: result_blocks });
        self.slot_mut(result).data = data;
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

    /// Where the matrix of a simdgroup lies, all inside.
    fn block_of(&self, node: &MatrixNode, group: usize, does: &str) -> Result<Block, Stop> {
        let thread = group * SIMDGROUP + self.mask.0[group].trailing_zeros() as usize;
        let [offset, pitch] = [node.offset, node.pitch].map(|o| self.integer(o.reg, thread, o.dtype));
        self.inside(node.site, node.memory, does, [offset, pitch], [SIDE as i128; 2], thread)?;
        Ok(Block { offset: offset as usize, pitch: pitch as isize })
    }

    fn touch(node: &MatrixNode, simdgroup: usize, block: Block) -> MatrixTouch {
        let Block { offset, pitch } = block;
        MatrixTouch { site: node.site, memory: node.memory, simdgroup, offset, pitch: pitch as i64 }
    }

    pub(super) fn matrix_load(&mut self, node: &MatrixNode) -> Result<(), Stop> {
        by_size!(self.context.kernel.memory(node.memory).dtype.size(), self.load_blocks(node))
    }

    fn load_blocks<T: Pod>(&mut self, node: &MatrixNode) -> Result<(), Stop> {
        let mut data = std::mem::take(&mut self.slot_mut(node.matrix).data);
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        for group in 0..self.simdgroups {
            if self.mask.0[group] == 0 {
                continue;
            }
            let block = self.block_of(node, group, "loads")?;
            self.observer.matrix_load(Self::touch(node, group, block));
            let elements = self.elements_of::<T>(node.memory, &mut tile);
            let matrix = &mut cells_mut::<T>(&mut data).as_chunks_mut::<AREA>().0[group];
            for (row, cells) in matrix.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
                elements.read(block.row(row), cells);
            }
            if node.transpose {
                *matrix = transposed(matrix);
            }
        }
        self.tiles[node.memory.index()] = tile;
        *self.slot_mut(node.matrix) = Slot { data, form: Form::Varying, stride: 0 };
        Ok(())
    }

    pub(super) fn matrix_store(&mut self, node: &MatrixNode) -> Result<(), Stop> {
        by_size!(self.context.kernel.memory(node.memory).dtype.size(), self.store_blocks(node))
    }

    fn store_blocks<T: Pod>(&mut self, node: &MatrixNode) -> Result<(), Stop> {
        let mut tile = std::mem::take(&mut self.tiles[node.memory.index()]);
        for group in 0..self.simdgroups {
            if self.mask.0[group] == 0 {
                continue;
            }
            let block = self.block_of(node, group, "stores")?;
            self.observer.matrix_store(Self::touch(node, group, block));
            let mut elements = self.elements_of::<T>(node.memory, &mut tile);
            let matrix = &cells::<T>(&self.slot(node.matrix).data).as_chunks::<AREA>().0[group];
            for (row, cells) in matrix.as_chunks::<SIDE>().0.iter().enumerate() {
                elements.write(block.row(row), cells);
            }
        }
        self.tiles[node.memory.index()] = tile;
        Ok(())
    }
}

fn transposed<T: Pod>(matrix: &[T; AREA]) -> [T; AREA] {
    std::array::from_fn(|at| matrix[at % SIDE * SIDE + at / SIDE])
}
