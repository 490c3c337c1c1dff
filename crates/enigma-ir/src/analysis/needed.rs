//! What is needed: what dead code is not.
//!
//! Needed is what acts: stores to memory that others see, barriers, copies, waits. What they use is needed, and
//! so are the branches and loops that they stand in. A store to a register tensor is needed when something reads the tensor; a
//! loop that does nothing is needed when it might have no end.

use smallvec::SmallVec;

use crate::kernel::{BlockId, Definition, Kernel, MemoryId, Op, OpId, Space, ValueId};
use crate::table::Opcode;

/// What is needed.
pub(crate) struct Needed {
    /// By [`OpId::index`].
    pub ops: Vec<bool>,
    /// By [`ValueId::index`].
    pub values: Vec<bool>,
}

impl Needed {
    /// Finds it from what acts backwards.
    pub fn of(kernel: &Kernel) -> Needed {
        let memories = kernel.memories.len();
        let mut search = Search {
            kernel,
            ops: vec![false; kernel.op_count()],
            values: vec![false; kernel.value_count()],
            registers: vec![false; memories],
            writers: vec![Vec::new(); memories],
            open: Vec::new(),
        };
        search.roots(Kernel::BODY);
        while let Some(value) = search.open.pop() {
            search.sources(value);
        }
        Needed { ops: search.ops, values: search.values }
    }
}

struct Search<'k> {
    kernel: &'k Kernel,
    ops: Vec<bool>,
    values: Vec<bool>,
    /// Register tensors that something needed reads or mentions.
    registers: Vec<bool>,
    /// The operations that only write a register tensor.
    writers: Vec<Vec<OpId>>,
    open: Vec<ValueId>,
}

impl Search<'_> {
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
pub(crate) const fn bounds(code: Opcode) -> usize {
    match code {
        Opcode::If => 1,
        Opcode::For => 3,
        _ => 0,
    }
}

/// How many arguments of a block stand before those that are carried.
pub(crate) const fn arguments(code: Opcode) -> usize {
    matches!(code, Opcode::For) as usize
}

/// Whether a block yields what its owner results in; the first one of a `while` yields its condition.
pub(crate) fn passes_on(op: &Op, block: BlockId) -> bool {
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
