//! Loop-invariant motion: what is the same in each iteration of a loop is computed before it.
//!
//! Only pure operations move, and only out of loops, never out of a branch. They may then be computed though the loop
//! does not run at all, which changes nothing: no operation fails. An integer division, which Metal leaves undefined
//! for a divisor of 0, moves only if its divisor is another constant. Loads do not move: one that
//! would not have happened might be out of bounds.

use crate::kernel::{BlockId, Kernel, Op, OpId};
use crate::table::Opcode;

/// Moves invariant operations out of loops; says whether there were any.
pub fn hoist(kernel: &mut Kernel) -> bool {
    let mut pass = Hoist { kernel, changed: false };
    pass.block(Kernel::BODY);
    pass.changed
}

struct Hoist<'k> {
    kernel: &'k mut Kernel,
    changed: bool,
}

impl Hoist<'_> {
    /// Inner loops first, so that what leaves them may go on.
    fn block(&mut self, block: BlockId) {
        let mut kept = Vec::with_capacity(self.kernel.block(block).ops.len());
        for id in std::mem::take(&mut self.kernel.blocks[block.index()].ops) {
            let nested = self.kernel.op(id).blocks.clone();
            for &block in &nested {
                self.block(block);
            }
            if matches!(self.kernel.op(id).code, Opcode::For | Opcode::While) {
                for &from in &nested {
                    self.move_invariants(from, block, &mut kept);
                }
            }
            kept.push(id);
        }
        self.kernel.blocks[block.index()].ops = kept;
    }

    /// Moves what is invariant in a block of a loop to the end of `kept`, the operations of `into` before the loop.
    fn move_invariants(&mut self, from: BlockId, into: BlockId, kept: &mut Vec<OpId>) {
        let mut ops = std::mem::take(&mut self.kernel.blocks[from.index()].ops);
        ops.retain(|&id| {
            let invariant = self.is_invariant(self.kernel.op(id), into);
            if invariant {
                self.kernel.ops[id.index()].parent = into;
                kept.push(id);
                self.changed = true;
            }
            !invariant
        });
        self.kernel.blocks[from.index()].ops = ops;
    }

    fn is_invariant(&self, op: &Op, outside: BlockId) -> bool {
        op.is_pure()
            && self.is_defined(op)
            && op.operands.iter().all(|&operand| self.kernel.encloses(self.kernel.home(operand), outside))
    }

    /// Whether it has a defined result in Metal whatever its operands are.
    fn is_defined(&self, op: &Op) -> bool {
        let divides = matches!(op.code, Opcode::Div | Opcode::FloorDiv | Opcode::Rem);
        let float = op.results.first().is_some_and(|&v| self.kernel.ty(v).dtype().is_some_and(|d| d.is_float()));
        !divides || float || self.kernel.integer(op.operands[1]).is_some_and(|divisor| divisor != 0)
    }
}
