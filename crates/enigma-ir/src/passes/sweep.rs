//! Dead code: what nothing needs is dropped.
//!
//! Needed is what acts: stores to memory that others see, barriers, copies, waits. What they use is needed, and
//! so are the branches and loops that they stand in. A store to a register tensor is needed when something reads the tensor; a
//! loop that does nothing is needed when it might have no end. Of what a loop carries and a branch results in,
//! what nothing uses is dropped.

use smallvec::SmallVec;

use super::forget;
use crate::kernel::{BlockId, Definition, Kernel, MemoryId, Op, OpId, Space, ValueId};
use crate::table::Opcode;

/// Drops what nothing needs; says whether there was anything.
pub fn sweep(kernel: &mut Kernel) -> bool {
    let needed = Needed::of(kernel);
    let (ops, values) = (needed.ops, needed.values);
    let mut pass = Sweep { kernel, ops, values, changed: false };
    pass.block(Kernel::BODY);
    pass.changed
}

/// What is needed, found from what acts backwards.
struct Needed<'k> {
    kernel: &'k Kernel,
    ops: Vec<bool>,
    values: Vec<bool>,
    /// Register tensors that something needed reads or mentions.
    registers: Vec<bool>,
    /// The operations that only write a register tensor.
    writers: Vec<Vec<OpId>>,
    open: Vec<ValueId>,
}

impl<'k> Needed<'k> {
    fn of(kernel: &'k Kernel) -> Self {
        let memories = kernel.memories.len();
        let mut needed = Needed {
            kernel,
            ops: vec![false; kernel.op_count()],
            values: vec![false; kernel.value_count()],
            registers: vec![false; memories],
            writers: vec![Vec::new(); memories],
            open: Vec::new(),
        };
        needed.roots(Kernel::BODY);
        while let Some(value) = needed.open.pop() {
            needed.sources(value);
        }
        needed
    }

    fn roots(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for &id in &kernel.block(block).ops {
            let op = kernel.op(id);
            match self.written_register(op) {
                Some(register) if self.registers[register.index()] => self.need_op(id),
                Some(register) => self.writers[register.index()].push(id),
                None if op.acts() || may_run_forever(kernel, op) => self.need_op(id),
                None => {}
            }
            for &nested in &op.blocks {
                self.roots(nested);
            }
        }
    }

    /// The register tensor that an operation writes, if it does nothing else.
    fn written_register(&self, op: &Op) -> Option<MemoryId> {
        let register = |memory: &MemoryId| matches!(self.kernel.memory(*memory).space, Space::Register { .. });
        let only = op.memories.len() == 1 && op.results.is_empty() && !op.orders_memory();
        op.written().find(register).filter(|_| only)
    }

    fn need_op(&mut self, id: OpId) {
        if std::mem::replace(&mut self.ops[id.index()], true) {
            return;
        }
        let kernel = self.kernel;
        let op = kernel.op(id);
        let deciding = match op.code {
            Opcode::If => &op.operands[..1],
            Opcode::For => &op.operands[..3],
            Opcode::While => &kernel.block(op.blocks[0]).yields[..],
            _ => &op.operands[..],
        };
        for &value in deciding {
            self.need(value);
        }
        for &memory in &op.memories {
            self.need_register(memory);
        }
        if let Some(owner) = kernel.block(op.parent).owner {
            self.need_op(owner);
        }
    }

    fn need_register(&mut self, memory: MemoryId) {
        if !std::mem::replace(&mut self.registers[memory.index()], true) {
            for writer in std::mem::take(&mut self.writers[memory.index()]) {
                self.need_op(writer);
            }
        }
    }

    fn need(&mut self, value: ValueId) {
        if !std::mem::replace(&mut self.values[value.index()], true) {
            self.open.push(value);
        }
    }

    /// Needs what a value comes from.
    fn sources(&mut self, value: ValueId) {
        let kernel = self.kernel;
        let (owner, k) = match kernel.value(value).definition {
            Definition::Result(op, k) => (op, k as usize),
            Definition::Argument(block, k) => {
                let Some(owner) = kernel.block(block).owner else { return };
                match (kernel.op(owner).code, k as usize) {
                    (Opcode::For, 0) => return self.need_op(owner),
                    (Opcode::For, k) => (owner, k - 1),
                    (_, k) => (owner, k),
                }
            }
            Definition::Parameter(_) => return,
        };
        self.need_op(owner);
        for value in carried(kernel, kernel.op(owner), k) {
            self.need(value);
        }
    }
}

/// The values that are one with carry `k` of a loop or result `k` of a branch, and those that they come from.
fn carried(kernel: &Kernel, op: &Op, k: usize) -> SmallVec<[ValueId; 5]> {
    let mut values: SmallVec<[ValueId; 5]> = SmallVec::new();
    if op.blocks.is_empty() {
        return values;
    }
    values.push(op.results[k]);
    values.extend(op.operands.get(bounds(op.code) + k).copied());
    for &id in &op.blocks {
        let block = kernel.block(id);
        values.extend(block.args.get(arguments(op.code) + k).copied());
        if passes_on(op, id) {
            values.push(block.yields[k]);
        }
    }
    values
}

/// How many operands stand before the initial values of a loop's carries.
const fn bounds(code: Opcode) -> usize {
    match code {
        Opcode::If => 1,
        Opcode::For => 3,
        _ => 0,
    }
}

/// How many arguments of a block stand before those that are carried.
const fn arguments(code: Opcode) -> usize {
    matches!(code, Opcode::For) as usize
}

/// Whether a block yields what its owner results in; the first one of a `while` yields its condition.
fn passes_on(op: &Op, block: BlockId) -> bool {
    op.code != Opcode::While || block != op.blocks[0]
}

/// Whether a loop might have no end: any `while`, and a `for` whose step is not known.
fn may_run_forever(kernel: &Kernel, op: &Op) -> bool {
    match op.code {
        Opcode::While => true,
        Opcode::For => kernel.integer(op.operands[2]).is_none_or(|step| step == 0),
        _ => false,
    }
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
