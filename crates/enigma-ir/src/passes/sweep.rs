//! Dead code: what nothing needs is dropped.
//!
//! Of what a loop carries and a branch results in, what nothing uses is dropped.

use smallvec::SmallVec;

use super::forget;
use crate::analysis::needed::{Needed, arguments, bounds, passes_on};
use crate::kernel::{BlockId, Definition, Kernel, OpId, ValueId};
use crate::table::Opcode;

/// Drops what nothing needs; says whether there was anything.
pub fn sweep(kernel: &mut Kernel) -> bool {
    let Needed { ops, values } = Needed::of(kernel);
    let mut pass = Sweep { kernel, ops, values, changed: false };
    pass.block(Kernel::BODY);
    pass.changed
}

struct Sweep<'k> {
    kernel: &'k mut Kernel,
    ops: Vec<bool>,
    values: Vec<bool>,
    changed: bool,
}

impl Sweep<'_> {
    fn block(&mut self, block: BlockId) {
        let mut ops = std::mem::take(&mut self.kernel.blocks[block.index()].ops);
        ops.retain(|&id| {
            let needed = self.ops[id.index()];
            match needed {
                true => self.inside(id),
                false => {
                    forget(self.kernel, id);
                    self.changed = true;
                }
            }
            needed
        });
        self.kernel.blocks[block.index()].ops = ops;
    }

    fn inside(&mut self, id: OpId) {
        for block in self.kernel.op(id).blocks.clone() {
            self.block(block);
        }
        let op = self.kernel.op(id);
        if !op.blocks.is_empty() {
            let keep: SmallVec<[bool; 8]> = op.results.iter().map(|result| self.values[result.index()]).collect();
            if keep.contains(&false) {
                self.drop_carries(id, &keep);
            }
        }
    }

    /// Drops the results of a branch or the carries of a loop that are not kept.
    fn drop_carries(&mut self, id: OpId, keep: &[bool]) {
        self.changed = true;
        let code = self.kernel.op(id).code;
        let blocks = self.kernel.op(id).blocks.clone();
        for &block in &blocks {
            let passes_on = passes_on(self.kernel.op(id), block);
            let block = &mut self.kernel.blocks[block.index()];
            if !block.args.is_empty() {
                retain(arguments(code), keep, &mut block.args);
            }
            if passes_on {
                retain(0, keep, &mut block.yields);
            }
        }
        let op = &mut self.kernel.ops[id.index()];
        let mut results = op.results.to_vec();
        retain(0, keep, &mut results);
        op.results = results.into();
        if code != Opcode::If {
            let mut operands = op.operands.to_vec();
            retain(bounds(code), keep, &mut operands);
            op.operands = operands.into();
        }
        self.renumber(id, &blocks);
    }

    /// Tells values at which place they stand now.
    fn renumber(&mut self, id: OpId, blocks: &[BlockId]) {
        for (k, result) in self.kernel.op(id).results.clone().iter().enumerate() {
            self.kernel.values[result.index()].definition = Definition::Result(id, k as u32);
        }
        for &block in blocks {
            for (k, argument) in self.kernel.block(block).args.clone().iter().enumerate() {
                self.kernel.values[argument.index()].definition = Definition::Argument(block, k as u32);
            }
        }
    }
}

/// Keeps the first `skip` values, and of the rest those that `keep` says.
fn retain(skip: usize, keep: &[bool], values: &mut Vec<ValueId>) {
    let mut n = 0;
    values.retain(|_| {
        n += 1;
        n <= skip || keep[n - 1 - skip]
    });
}
