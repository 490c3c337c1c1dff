//! Over which part of the grid a value is the same.
//!
//! Levels form a chain from `Grid` down to `Varying`. An operation's row says how its result follows; a value
//! that leaves a branch or a loop is also no more uniform than the condition that decides which of its
//! definitions it takes. Loops are gone through until nothing changes, at most once per level.
//!
//! What is read from device or threadgroup memory is as uniform as the index: where that were not so,
//! another thread would be writing the element at the same time, which is a data race.

use crate::kernel::{BlockId, Kernel, Op, OpId, Space, ValueId};
use crate::table::{Opcode, ResultUniformity};

/// The part of the grid over which a value is the same; less uniform is greater.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Uniformity {
    /// The same everywhere.
    Grid,
    /// The same for all threads of a threadgroup.
    Threadgroup,
    /// The same for all lanes of a simdgroup.
    Simdgroup,
    /// May differ from lane to lane.
    Varying,
}

/// The uniformity of every value, by [`ValueId::index`].
pub fn uniformity(kernel: &Kernel) -> Vec<Uniformity> {
    let mut pass = Pass { kernel, levels: vec![Uniformity::Grid; kernel.value_count()], changed: false };
    loop {
        pass.changed = false;
        pass.block(Kernel::BODY);
        if !pass.changed {
            return pass.levels;
        }
    }
}

struct Pass<'k> {
    kernel: &'k Kernel,
    levels: Vec<Uniformity>,
    changed: bool,
}

impl Pass<'_> {
    fn level(&self, value: ValueId) -> Uniformity {
        self.levels[value.index()]
    }

    fn greatest(&self, values: &[ValueId]) -> Uniformity {
        values.iter().map(|&v| self.level(v)).max().unwrap_or(Uniformity::Grid)
    }

    fn raise(&mut self, value: ValueId, level: Uniformity) {
        let slot = &mut self.levels[value.index()];
        self.changed |= level > *slot;
        *slot = level.max(*slot);
    }

    fn block(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for &op in &kernel.block(block).ops {
            self.op(op);
        }
    }

    fn op(&mut self, id: OpId) {
        let kernel = self.kernel;
        let op = kernel.op(id);
        match op.code {
            Opcode::If => self.branch(op),
            Opcode::For => self.for_loop(op),
            Opcode::While => self.while_loop(op),
            _ => {
                let level = self.result_level(op);
                for &result in &op.results {
                    self.raise(result, level);
                }
            }
        }
    }

    fn result_level(&self, op: &Op) -> Uniformity {
        match op.code.info().uniformity {
            ResultUniformity::Grid => Uniformity::Grid,
            ResultUniformity::Threadgroup => Uniformity::Threadgroup,
            ResultUniformity::Simdgroup => Uniformity::Simdgroup,
            ResultUniformity::Lane => Uniformity::Varying,
            ResultUniformity::Operands => self.greatest(&op.operands),
            ResultUniformity::Memory => {
                let own = match self.kernel.memory(op.memories[0]).space {
                    Space::Device => Uniformity::Grid,
                    Space::Threadgroup { .. } => Uniformity::Threadgroup,
                    Space::Register { .. } => Uniformity::Varying,
                };
                own.max(self.greatest(&op.operands))
            }
        }
    }

    fn branch(&mut self, op: &Op) {
        let cond = self.level(op.operands[0]);
        for &block in &op.blocks {
            self.block(block);
            for (&result, &value) in op.results.iter().zip(&self.kernel.block(block).yields) {
                self.raise(result, cond.max(self.level(value)));
            }
        }
    }

    fn for_loop(&mut self, op: &Op) {
        let body = self.kernel.block(op.blocks[0]);
        let bounds = self.greatest(&op.operands[..3]);
        self.raise(body.args[0], bounds);
        self.carry(&op.operands[3..], &body.args[1..], Uniformity::Grid);
        self.block(op.blocks[0]);
        self.carry(&body.yields, &body.args[1..], Uniformity::Grid);
        self.carry(&body.args[1..], &op.results, bounds);
    }

    fn while_loop(&mut self, op: &Op) {
        let (head, body) = (self.kernel.block(op.blocks[0]), self.kernel.block(op.blocks[1]));
        self.carry(&op.operands, &head.args, Uniformity::Grid);
        self.block(op.blocks[0]);
        let cond = self.greatest(&head.yields);
        self.carry(&head.args, &body.args, Uniformity::Grid);
        self.block(op.blocks[1]);
        self.carry(&body.yields, &head.args, Uniformity::Grid);
        self.carry(&head.args, &op.results, cond);
    }

    fn carry(&mut self, from: &[ValueId], to: &[ValueId], at_least: Uniformity) {
        for (&source, &target) in from.iter().zip(to) {
            self.raise(target, at_least.max(self.level(source)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{Arg, Builder};
    use crate::span::Span;
    use crate::types::{DType, Literal};

    const SPAN: Span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };

    fn int(v: i128) -> Arg {
        Arg::Literal(Literal::Int(v))
    }

    #[test]
    fn levels_follow_operands_positions_and_loops() {
        let mut b = Builder::new("k", "k.py", None, [1, 1, 1, 2]);
        let a = b.buffer_param("A", DType::U32, SPAN);
        let lane = b.value(Opcode::ThreadIndexInSimdgroup, &[], SPAN);
        let sg = b.value(Opcode::SimdgroupIndexInThreadgroup, &[], SPAN);
        let tg = b.value(Opcode::ThreadgroupPositionInGrid, &[], SPAN);
        let sum = b.value(Opcode::Add, &[sg.into(), tg.into()], SPAN);
        let at_lane = b.value(Opcode::Load, &[a.into(), lane.into()], SPAN);
        let at_sum = b.value(Opcode::Load, &[a.into(), sum.into()], SPAN);
        let total = b.value(Opcode::SimdSum, &[at_lane.into()], SPAN);
        let (i, carry) = b.begin_for([&int(0), &int(4), &int(1)], DType::U32, &[int(0)], SPAN);
        let next = b.value(Opcode::Add, &[carry[0].into(), lane.into()], SPAN);
        let results = b.end_for(&[next.into()], SPAN);
        let kernel = b.finish();
        let levels = uniformity(&kernel);
        let level = |v: ValueId| levels[v.index()];
        assert_eq!(level(lane), Uniformity::Varying);
        assert_eq!(level(sg), Uniformity::Simdgroup);
        assert_eq!(level(tg), Uniformity::Threadgroup);
        assert_eq!(level(sum), Uniformity::Simdgroup);
        assert_eq!(level(at_lane), Uniformity::Varying);
        assert_eq!(level(at_sum), Uniformity::Simdgroup);
        assert_eq!(level(total), Uniformity::Simdgroup);
        assert_eq!(level(i), Uniformity::Grid);
        assert_eq!(level(carry[0]), Uniformity::Varying);
        assert_eq!(level(results[0]), Uniformity::Varying);
    }
}
