//! Which operations live, and which values fold into the expression that uses them.
//!
//! A value folds when exactly one expression uses it, the user gave it no name, and computing it there
//! gives the same: a load must not move past anything that may write memory, and nothing moves into a loop. Brief
//! arithmetic of integers, as an index is, is written out wherever it is used: a name would say no more than it does.

use enigma_ir::table::{Collective, Group};
use enigma_ir::{BlockId, Definition, Kernel, Op, OpId, Opcode, Type, ValueId};

/// Operators in an expression that is written out wherever it is used.
const BRIEF: u32 = 3;

/// Where the statement stands that a value ends up in.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The block of the statement.
    pub block: BlockId,
    /// The operation's position in the block; its length for what the block yields.
    pub index: usize,
    /// Whether the statement computes the value several times, as a loop does its bound.
    repeated: bool,
}

/// What the emitter knows before it writes the first line.
pub(crate) struct Plan<'k> {
    kernel: &'k Kernel,
    /// Events are values of the text; without, they vanish from it.
    events: bool,
    live_ops: Vec<bool>,
    live_values: Vec<bool>,
    folded: Vec<bool>,
    /// Operators in the text of each value, if all that can be written out is.
    operators: Vec<u32>,
    uses: Vec<Vec<Place>>,
    /// Position of each operation in its block.
    index: Vec<usize>,
    /// Operations that write memory, synchronise, or hold one that does.
    effects: Vec<bool>,
    /// The operation that makes each register tensor; it lives when something uses the tensor.
    fills: Vec<Option<OpId>>,
}

impl<'k> Plan<'k> {
    pub fn new(kernel: &'k Kernel, events: bool) -> Self {
        let mut plan = Plan {
            kernel,
            events,
            live_ops: vec![false; kernel.op_count()],
            live_values: vec![false; kernel.value_count()],
            folded: vec![false; kernel.value_count()],
            operators: vec![0; kernel.value_count()],
            uses: vec![Vec::new(); kernel.value_count()],
            index: vec![0; kernel.op_count()],
            effects: vec![false; kernel.op_count()],
            fills: vec![None; kernel.memories().len()],
        };
        plan.find_live();
        plan.fold_block(Kernel::BODY);
        plan
    }

    /// Whether the text needs this operation.
    pub fn is_live(&self, op: OpId) -> bool {
        self.live_ops[op.index()]
    }

    /// Whether the text needs this value.
    pub fn needs(&self, value: ValueId) -> bool {
        self.live_values[value.index()]
    }

    /// Whether the value stands inside the one expression that uses it.
    pub fn is_folded(&self, value: ValueId) -> bool {
        self.folded[value.index()]
    }

    /// Where the value is used.
    pub fn uses(&self, value: ValueId) -> &[Place] {
        &self.uses[value.index()]
    }

    /// Position of an operation in its block.
    pub fn index(&self, op: OpId) -> usize {
        self.index[op.index()]
    }

    /// The position in `outer` of the operation that holds `block`; `None` where `outer` does not enclose it.
    pub fn position_in(&self, outer: BlockId, block: BlockId, index: usize) -> Option<usize> {
        let (mut block, mut index) = (block, index);
        while block != outer {
            let owner = self.kernel.block(block).owner?;
            (block, index) = (self.kernel.op(owner).parent, self.index(owner));
        }
        Some(index)
    }

    /// The carried values that the text needs, as positions among the carries of a loop or the results of a branch.
    pub fn carries(&self, op: &Op) -> Vec<usize> {
        (0..op.results.len()).filter(|&k| self.needs(op.results[k])).collect()
    }

    fn find_live(&mut self) {
        let kernel = self.kernel;
        let mut work = Vec::new();
        for id in kernel.walk() {
            let op = kernel.op(id);
            let block = kernel.block(op.parent);
            if block.ops.first() == Some(&id) {
                for (i, &op) in block.ops.iter().enumerate() {
                    self.index[op.index()] = i;
                }
            }
            self.count_operators(op);
            if op.code == Opcode::RegisterFill {
                self.fills[op.memories[0].index()] = Some(id);
            }
            if has_effect(op) {
                self.mark_effect(id);
                self.mark_op(id, &mut work);
            }
        }
        while let Some(value) = work.pop() {
            self.mark_sources(value, &mut work);
        }
    }

    fn mark_effect(&mut self, id: OpId) {
        let mut id = Some(id);
        while let Some(op) = id.filter(|op| !self.effects[op.index()]) {
            self.effects[op.index()] = true;
            id = self.kernel.block(self.kernel.op(op).parent).owner;
        }
    }

    fn mark_value(&mut self, value: ValueId, work: &mut Vec<ValueId>) {
        let vanishes = self.kernel.ty(value) == Type::Event && !self.events;
        if !vanishes && !std::mem::replace(&mut self.live_values[value.index()], true) {
            work.push(value);
        }
    }

    /// Marks an operation, the operations around it, and what decides whether and how they run.
    fn mark_op(&mut self, id: OpId, work: &mut Vec<ValueId>) {
        if std::mem::replace(&mut self.live_ops[id.index()], true) {
            return;
        }
        let op = self.kernel.op(id);
        let deciding = match op.code {
            Opcode::If => &op.operands[..1],
            Opcode::For => &op.operands[..3],
            Opcode::While => &self.kernel.block(op.blocks[0]).yields[..],
            _ => &op.operands[..],
        };
        for &value in deciding {
            self.mark_value(value, work);
        }
        for &memory in &op.memories {
            if let Some(fill) = self.fills[memory.index()] {
                self.mark_op(fill, work);
            }
        }
        if let Some(owner) = self.kernel.block(op.parent).owner {
            self.mark_op(owner, work);
        }
    }

    /// Marks what a value is made of.
    fn mark_sources(&mut self, value: ValueId, work: &mut Vec<ValueId>) {
        let kernel = self.kernel;
        let (id, k) = match kernel.value(value).definition {
            Definition::Result(id, k) => (id, k as usize),
            Definition::Argument(block, k) => {
                let Some(owner) = kernel.block(block).owner else { return };
                match (kernel.op(owner).code, k as usize) {
                    (Opcode::For, 0) => return self.mark_op(owner, work),
                    (Opcode::For, k) => (owner, k - 1),
                    (_, k) => (owner, k),
                }
            }
            Definition::Parameter(_) => return,
        };
        self.mark_op(id, work);
        for carried in carry(kernel, kernel.op(id), k) {
            self.mark_value(carried, work);
        }
    }

    /// Decides for each value of a block, last first, so that the place of its user is known.
    fn fold_block(&mut self, block: BlockId) {
        let kernel = self.kernel;
        let Some(end) = kernel.block(block).owner.map(|owner| kernel.op(owner)) else {
            return self.fold_ops(block);
        };
        let is_condition = end.code == Opcode::While && end.blocks[0] == block;
        for (k, &value) in kernel.block(block).yields.iter().enumerate() {
            if is_condition || self.needs(end.results[k]) {
                self.add_use(value, Place { block, index: kernel.block(block).ops.len(), repeated: false });
            }
        }
        self.fold_ops(block);
    }

    fn fold_ops(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for (index, &id) in kernel.block(block).ops.iter().enumerate().rev() {
            if !self.is_live(id) {
                continue;
            }
            let op = kernel.op(id);
            for &nested in op.blocks.iter().rev() {
                self.fold_block(nested);
            }
            let here = Place { block, index, repeated: false };
            if matches!(op.code, Opcode::If | Opcode::For | Opcode::While) {
                self.use_control_operands(op, here);
                continue;
            }
            let places = match op.results.first() {
                Some(&result) if self.folds(op, result, here) => {
                    self.folded[result.index()] = true;
                    self.uses(result).to_vec()
                }
                _ => vec![here],
            };
            for &operand in &op.operands {
                places.iter().for_each(|&place| self.add_use(operand, place));
            }
        }
    }

    /// Operators of integers and truth values count; all else has a name or a text of its own.
    fn count_operators(&mut self, op: &Op) {
        let kernel = self.kernel;
        let [result] = op.results[..] else { return };
        let operator = matches!(op.code.info().group, Group::Arithmetic | Group::Comparison) || op.code == Opcode::Cast;
        let integer = kernel.ty(result).scalar().is_some_and(|dtype| !dtype.is_float());
        if operator && integer && kernel.value(result).name.is_none() {
            let operands = op.operands.iter().map(|operand| self.operators[operand.index()]);
            self.operators[result.index()] = operands.fold(1, u32::saturating_add);
        }
    }

    fn use_control_operands(&mut self, op: &Op, here: Place) {
        let bounds = match op.code {
            Opcode::If => 1,
            Opcode::For => 3,
            _ => 0,
        };
        for (n, &operand) in op.operands.iter().enumerate() {
            if n < bounds {
                self.add_use(operand, Place { repeated: n > 0, ..here });
            } else if self.needs(op.results[n - bounds]) {
                self.add_use(operand, here);
            }
        }
    }

    fn add_use(&mut self, value: ValueId, place: Place) {
        if self.needs(value) {
            self.uses[value.index()].push(place);
        }
    }

    fn folds(&self, op: &Op, result: ValueId, here: Place) -> bool {
        if self.kernel.value(result).name.is_some() {
            return false;
        }
        let [place] = *self.uses(result) else { return self.is_brief(result) };
        if self.is_brief(result) {
            return true;
        }
        match op.code {
            Opcode::Load | Opcode::LoadIf | Opcode::VecLoad => {
                place.block == here.block && !place.repeated && self.quiet(here, place.index)
            }
            Opcode::MakeFilledSimdgroupMatrix => place.block == here.block,
            _ => op.code.info().signature.is_pure() && !self.enters_loop(here.block, place.block),
        }
    }

    /// Whether a value is written out wherever it is used. What a block yields as well as uses has a variable: the one
    /// that takes it.
    fn is_brief(&self, value: ValueId) -> bool {
        let is_yield = |place: &Place| place.index == self.kernel.block(place.block).ops.len();
        let uses = self.uses(value);
        (1..=BRIEF).contains(&self.operators[value.index()]) && (uses.len() == 1 || !uses.iter().any(is_yield))
    }

    /// Whether nothing between an operation and a later position of its block touches memory.
    fn quiet(&self, here: Place, end: usize) -> bool {
        let ops = &self.kernel.block(here.block).ops;
        ops[here.index + 1..end].iter().all(|op| !self.effects[op.index()])
    }

    /// Whether the way from `outer` into `inner` leads into a loop.
    fn enters_loop(&self, outer: BlockId, inner: BlockId) -> bool {
        let mut block = inner;
        while block != outer {
            match self.kernel.block(block).owner {
                Some(owner) if self.kernel.op(owner).code == Opcode::If => block = self.kernel.op(owner).parent,
                _ => return true,
            }
        }
        false
    }
}

/// Whether an operation does something beyond giving its result. Operations that only take the lanes' values
/// together have no effect on memory and may be dropped with their result. Atomic loads may not: a loop may wait for one.
fn has_effect(op: &Op) -> bool {
    let signature = op.code.info().signature;
    let writes = signature.memories().any(|(access, _)| access.writes());
    let synchronises = signature.collective >= Collective::Simdgroup && op.results.is_empty();
    writes || synchronises || signature.atomic || op.code == Opcode::DebugPrint
}

/// The values that become one variable with carry `k` of a loop or result `k` of a branch, and those assigned to it;
/// for any other operation its operands, which liveness has seen.
fn carry(kernel: &Kernel, op: &Op, k: usize) -> Vec<ValueId> {
    let yields = |block: usize| kernel.block(op.blocks[block]).yields[k];
    let argument = |block: usize, k: usize| kernel.block(op.blocks[block]).args[k];
    match op.code {
        Opcode::If => vec![op.results[k], yields(0), yields(1)],
        Opcode::For => vec![op.results[k], argument(0, k + 1), op.operands[k + 3], yields(0)],
        Opcode::While => vec![op.results[k], argument(0, k), argument(1, k), op.operands[k], yields(1)],
        _ => Vec::new(),
    }
}
