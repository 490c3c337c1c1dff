//! Constant folding: what is known before the kernel runs is not computed when it runs.
//!
//! * An operation on constants becomes the constant, where every target is certain to compute it.
//! * An operation that gives one of its operands back is that operand (`identities`).
//! * The block that a branch always takes stands in its place; so does the body of a loop that runs once. A loop that
//!   never runs is dropped.
//! * A carried value that no iteration changes is its initial value.

use smallvec::smallvec;

use super::forget;
use super::identities::{Simpler, simpler};
use super::replacements::Replacements;
use crate::analysis::arithmetic::{compute, trip_count};
use crate::kernel::{Attr, BlockId, Kernel, OpId, ValueId};
use crate::table::Opcode;
use crate::types::{Literal, Type};

/// Folds constants; says whether there was anything to do.
pub fn fold(kernel: &mut Kernel) -> bool {
    let values = Replacements::new(kernel);
    let mut pass = Fold { kernel, values, changed: false };
    pass.block(Kernel::BODY);
    pass.changed
}

struct Fold<'k> {
    kernel: &'k mut Kernel,
    values: Replacements,
    changed: bool,
}

impl Fold<'_> {
    fn block(&mut self, id: BlockId) {
        let mut kept = Vec::with_capacity(self.kernel.block(id).ops.len());
        self.ops(id, id, &mut kept);
        self.kernel.blocks[id.index()].ops = kept;
    }

    /// Goes through the operations of `from`, and keeps those that remain for `into`.
    fn ops(&mut self, from: BlockId, into: BlockId, kept: &mut Vec<OpId>) {
        for op in std::mem::take(&mut self.kernel.blocks[from.index()].ops) {
            self.kernel.ops[op.index()].parent = into;
            self.op(op, into, kept);
        }
        self.values.rewrite_all(&mut self.kernel.blocks[from.index()].yields);
    }

    fn op(&mut self, id: OpId, block: BlockId, kept: &mut Vec<OpId>) {
        self.values.rewrite(self.kernel, id);
        let keep = match self.kernel.op(id).code {
            Opcode::If => self.branch(id, block, kept),
            Opcode::For => self.counted_loop(id, block, kept),
            Opcode::While => self.while_loop(id, block, kept),
            _ => self.computed(id),
        };
        match keep {
            true => kept.push(id),
            false => {
                forget(self.kernel, id);
                self.changed = true;
            }
        }
    }

    /// What an operation without blocks gives; false when it is not needed any more.
    fn computed(&mut self, id: OpId) -> bool {
        let kernel = &*self.kernel;
        let op = kernel.op(id);
        if op.code == Opcode::Constant || !op.is_pure() {
            return true;
        }
        let result = op.results[0];
        if let Some(literal) = constant(kernel, id) {
            self.becomes_constant(id, literal);
            return true;
        }
        match simpler(kernel, op) {
            None => true,
            Some(Simpler::Value(value)) => {
                self.values.replace(self.kernel, result, value);
                false
            }
            Some(Simpler::Constant(literal)) => {
                self.becomes_constant(id, literal);
                true
            }
            Some(Simpler::Of(operand)) => {
                self.kernel.ops[id.index()].operands[0] = operand;
                self.changed = true;
                true
            }
        }
    }

    fn becomes_constant(&mut self, id: OpId, literal: Literal) {
        let op = &mut self.kernel.ops[id.index()];
        op.code = Opcode::Constant;
        op.operands.clear();
        op.attrs = smallvec![Attr::Literal(literal)];
        self.changed = true;
    }

    fn branch(&mut self, id: OpId, block: BlockId, kept: &mut Vec<OpId>) -> bool {
        let op = self.kernel.op(id);
        let blocks = op.blocks.clone();
        if let Some(condition) = self.kernel.integer(op.operands[0]) {
            self.inline(id, blocks[usize::from(condition == 0)], block, kept);
            return false;
        }
        for &nested in &blocks {
            self.block(nested);
        }
        for (k, result) in self.kernel.op(id).results.clone().into_iter().enumerate() {
            let [yes, no] = [0, 1].map(|side: usize| self.kernel.block(blocks[side]).yields[k]);
            if yes == no && self.values.of(result) == result {
                self.values.replace(self.kernel, result, yes);
            }
        }
        true
    }

    fn counted_loop(&mut self, id: OpId, block: BlockId, kept: &mut Vec<OpId>) -> bool {
        let op = self.kernel.op(id);
        let (body, operands, results) = (op.blocks[0], op.operands.clone(), op.results.clone());
        let [lo, hi, step] = [0, 1, 2].map(|n| self.kernel.integer(operands[n]));
        let trips = lo.zip(hi).zip(step).and_then(|((lo, hi), step)| trip_count(lo, hi, step));
        match trips {
            Some(0) => {
                self.values.replace_all(self.kernel, &results, &operands[3..]);
                false
            }
            Some(1) => {
                let args = self.kernel.block(body).args.clone();
                self.values.replace_all(self.kernel, &args[..1], &operands[..1]);
                self.values.replace_all(self.kernel, &args[1..], &operands[3..]);
                self.inline(id, body, block, kept);
                false
            }
            _ => {
                self.unchanging(id, 3, &[(body, 1)]);
                self.block(body);
                true
            }
        }
    }

    fn while_loop(&mut self, id: OpId, block: BlockId, kept: &mut Vec<OpId>) -> bool {
        let [head, body] = [0, 1].map(|n| self.kernel.op(id).blocks[n]);
        self.unchanging(id, 0, &[(head, 0), (body, 0)]);
        self.block(head);
        if self.kernel.integer(self.kernel.block(head).yields[0]) == Some(0) {
            let args = self.kernel.block(head).args.clone();
            let (init, results) = (self.kernel.op(id).operands.clone(), self.kernel.op(id).results.clone());
            self.values.replace_all(self.kernel, &args, &init);
            self.values.replace_all(self.kernel, &results, &init);
            self.ops(head, block, kept);
            return false;
        }
        self.block(body);
        true
    }

    /// Reads the initial values of carries that no iteration changes. `skip` operands stand before the initial values;
    /// `arguments` says which blocks take the carries, and after how many other arguments.
    fn unchanging(&mut self, id: OpId, skip: usize, arguments: &[(BlockId, usize)]) {
        let op = self.kernel.op(id);
        let (init, results) = (op.operands[skip..].to_vec(), op.results.clone());
        let Some(&(last, first)) = arguments.last() else { return };
        for (k, (&init, &result)) in init.iter().zip(&results).enumerate() {
            let block = self.kernel.block(last);
            if block.yields[k] != block.args[first + k] || self.kernel.ty(init) == Type::Event {
                continue;
            }
            for &(block, first) in arguments {
                let argument = self.kernel.block(block).args[first + k];
                self.values.replace(self.kernel, argument, init);
            }
            self.values.replace(self.kernel, result, init);
            self.changed = true;
        }
    }

    /// Puts the operations of a block in the place of the one that owns it.
    fn inline(&mut self, id: OpId, from: BlockId, into: BlockId, kept: &mut Vec<OpId>) {
        self.ops(from, into, kept);
        let yields: Vec<ValueId> = self.kernel.block(from).yields.clone();
        let results = self.kernel.op(id).results.clone();
        self.values.replace_all(self.kernel, &results, &yields);
    }
}

/// The constant that an operation on constants gives.
fn constant(kernel: &Kernel, id: OpId) -> Option<Literal> {
    let op = kernel.op(id);
    let result = kernel.ty(op.results[0]).scalar()?;
    let operand = kernel.ty(*op.operands.first()?).scalar()?;
    let mut literals = smallvec::SmallVec::<[Literal; 2]>::new();
    for &value in &op.operands {
        literals.push(kernel.literal(value)?);
    }
    compute(op.code, operand, result, &literals)
}
