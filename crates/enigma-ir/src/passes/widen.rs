//! Wide accesses: consecutive elements that one thread reads or writes one by one are read or written together.
//!
//! In a block without loops and branches between them, loads of `base`, `base + 1`, ... become one `vec_load` where the
//! first of them stood, and stores one `vec_store` where the last stood, unless something in between may touch
//! the same elements or orders memory. Different memories are taken to be different: whoever binds two buffers that
//! overlap has to run the kernel as it was before.

use std::collections::{HashMap, HashSet};

use smallvec::{SmallVec, smallvec};

use crate::analysis::evaluate::Evaluator;
use crate::analysis::linear::Linear;
use crate::kernel::{Attr, BlockId, Definition, Kernel, MemoryId, Op, OpId, Space, Value, ValueId};
use crate::table::Opcode;
use crate::types::Type;

/// Joins accesses of `width` consecutive elements, 2 to 4; says whether there were any.
pub fn widen(kernel: &mut Kernel, width: u32) -> bool {
    let mut search = Search::new(kernel, width as usize);
    for block in 0..kernel.block_count() as u32 {
        search.block(BlockId(block));
    }
    let found = search.found;
    let mut changes: HashMap<BlockId, Changes> = HashMap::new();
    for run in &found {
        let changes = changes.entry(kernel.op(run.ops[0]).parent).or_default();
        match kernel.op(run.ops[0]).code {
            Opcode::Load => join_loads(kernel, run, changes),
            _ => join_stores(kernel, run, changes),
        }
    }
    for (block, changes) in changes {
        changes.make(kernel, block);
    }
    !found.is_empty()
}

/// Accesses of consecutive elements, in the order of the elements.
struct Run {
    ops: Vec<OpId>,
    /// Where in the block the wide access will stand.
    at: usize,
}

/// What becomes of a block.
#[derive(Default)]
struct Changes {
    /// Operations, each with the place that it comes before.
    added: Vec<(usize, OpId)>,
    removed: HashSet<OpId>,
}

impl Changes {
    fn make(mut self, kernel: &mut Kernel, block: BlockId) {
        self.added.sort_by_key(|&(at, _)| at);
        let mut added = self.added.into_iter().peekable();
        let before = std::mem::take(&mut kernel.blocks[block.index()].ops);
        let mut after = Vec::with_capacity(before.len());
        for (at, id) in before.into_iter().enumerate() {
            while let Some((_, id)) = added.next_if(|&(place, _)| place == at) {
                after.push(id);
            }
            match self.removed.contains(&id) {
                true => super::forget(kernel, id),
                false => after.push(id),
            }
        }
        kernel.blocks[block.index()].ops = after;
    }
}

/// An access that may become part of a run.
#[derive(Copy, Clone)]
struct Access {
    op: OpId,
    /// Its place in the block.
    at: usize,
    /// How far its index is from the others'.
    offset: i128,
}

/// Accesses of one kind whose indices differ by known numbers.
#[derive(Default)]
struct Group {
    accesses: Vec<Access>,
    /// Elements that were written since the first access: what is loaded from there now must not be loaded earlier.
    written: Vec<i128>,
}

/// The groups of one memory, by the part of the index that is not a number.
type Groups = HashMap<Linear, Group>;

struct Search<'k> {
    kernel: &'k Kernel,
    evaluator: Evaluator<'k>,
    width: usize,
    loads: HashMap<MemoryId, Groups>,
    stores: HashMap<MemoryId, Groups>,
    /// The place of each operation in its block.
    places: Vec<usize>,
    found: Vec<Run>,
}

impl<'k> Search<'k> {
    fn new(kernel: &'k Kernel, width: usize) -> Self {
        Search {
            kernel,
            evaluator: Evaluator::new(kernel),
            width,
            loads: HashMap::new(),
            stores: HashMap::new(),
            places: vec![0; kernel.op_count()],
            found: Vec::new(),
        }
    }

    fn block(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for (at, &id) in kernel.block(block).ops.iter().enumerate() {
            self.places[id.index()] = at;
            self.op(id, at);
        }
        self.end_all();
    }

    fn op(&mut self, id: OpId, at: usize) {
        let op = self.kernel.op(id);
        if !op.blocks.is_empty() || op.orders_memory() {
            return self.end_all();
        }
        match (op.code, self.index(op)) {
            (Opcode::Load, Some((rest, offset))) => self.load(op.memories[0], rest, Access { op: id, at, offset }),
            (Opcode::Store, Some((rest, offset))) => self.store(op.memories[0], rest, Access { op: id, at, offset }),
            _ => {
                let written: SmallVec<[MemoryId; 2]> = op.written().collect();
                for &memory in &op.memories {
                    self.end_stores(memory);
                    if written.contains(&memory) {
                        self.end_loads(memory);
                    }
                }
            }
        }
    }

    /// The index of an access as a number and the rest, where the number is exact: an index of fewer bits might wrap.
    fn index(&self, op: &Op) -> Option<(Linear, i128)> {
        let index = *op.operands.first()?;
        let wide = self.kernel.ty(index).scalar().is_some_and(|dtype| dtype.is_integer() && dtype.bits() >= 32);
        let shared = !matches!(self.kernel.memory(*op.memories.first()?).space, Space::Register { .. });
        (wide && shared).then(|| Linear::of(self.kernel, &self.evaluator, index).split())
    }

    fn load(&mut self, memory: MemoryId, rest: Linear, access: Access) {
        self.end_stores_of(memory, &rest, access.offset);
        let group = self.loads.entry(memory).or_default().entry(rest).or_default();
        if group.written.contains(&access.offset) {
            let ended = std::mem::take(group);
            group.accesses.push(access);
            return self.end(ended);
        }
        if group.accesses.iter().all(|other| other.offset != access.offset) {
            group.accesses.push(access);
        }
    }

    fn store(&mut self, memory: MemoryId, rest: Linear, access: Access) {
        // Whether it hits what was loaded or stored through another index is not known.
        for (other, mut group) in self.loads.remove(&memory).unwrap_or_default() {
            if other == rest {
                group.written.push(access.offset);
                self.loads.entry(memory).or_default().insert(other, group);
            } else {
                self.end(group);
            }
        }
        self.end_stores_of(memory, &rest, access.offset);
        self.stores.entry(memory).or_default().entry(rest).or_default().accesses.push(access);
    }

    /// Ends the groups of stores that may have written an element.
    fn end_stores_of(&mut self, memory: MemoryId, rest: &Linear, offset: i128) {
        for (other, group) in self.stores.remove(&memory).unwrap_or_default() {
            if other == *rest && group.accesses.iter().all(|stored| stored.offset != offset) {
                self.stores.entry(memory).or_default().insert(other, group);
            } else {
                self.end(group);
            }
        }
    }

    fn end_stores(&mut self, memory: MemoryId) {
        self.stores.remove(&memory).into_iter().flatten().for_each(|(_, group)| self.end(group));
    }

    fn end_loads(&mut self, memory: MemoryId) {
        self.loads.remove(&memory).into_iter().flatten().for_each(|(_, group)| self.end(group));
    }

    fn end_all(&mut self) {
        let groups = self.loads.drain().chain(self.stores.drain()).flat_map(|(_, groups)| groups.into_values());
        for group in groups.collect::<Vec<_>>() {
            self.end(group);
        }
    }

    /// Finds the runs of a group, from its first element on.
    fn end(&mut self, mut group: Group) {
        group.accesses.sort_by_key(|access| access.offset);
        let mut rest = group.accesses.as_slice();
        while let Some(run) = rest.get(..self.width) {
            let consecutive = run.windows(2).all(|pair| pair[1].offset == pair[0].offset + 1);
            if let Some(at) = self.place_of(run).filter(|_| consecutive) {
                self.found.push(Run { ops: run.iter().map(|access| access.op).collect(), at });
            }
            rest = &rest[if consecutive { self.width } else { 1 }..];
        }
    }

    /// Where a wide access stands: at the first of the loads or the last of the stores, if the index of the first
    /// element is there by then.
    fn place_of(&self, run: &[Access]) -> Option<usize> {
        let op = self.kernel.op(run[0].op);
        let places = run.iter().map(|access| access.at);
        let at = if op.code == Opcode::Load { places.min()? } else { places.max()? };
        let index = match self.kernel.value(op.operands[0]).definition {
            Definition::Result(made, _) if self.kernel.op(made).parent == op.parent => Some(self.places[made.index()]),
            _ => None,
        };
        index.is_none_or(|made| made < at).then_some(at)
    }
}

/// Each load becomes a component of what one wide load gives.
fn join_loads(kernel: &mut Kernel, run: &Run, changes: &mut Changes) {
    let base = kernel.op(run.ops[0]).clone();
    let ty = Type::Vector(kernel.memory(base.memories[0]).dtype, run.ops.len() as u8);
    let attrs = smallvec![Attr::Number(run.ops.len() as u32)];
    let wide = Op { code: Opcode::VecLoad, attrs, results: SmallVec::new(), ..base };
    let (load, vector) = add(kernel, wide, Some(ty));
    changes.added.push((run.at, load));
    for (lane, &id) in run.ops.iter().enumerate() {
        let op = &mut kernel.ops[id.index()];
        op.code = Opcode::VecExtract;
        op.operands = vector.into_iter().collect();
        op.memories.clear();
        op.attrs = smallvec![Attr::Number(lane as u32)];
    }
}

/// The stores go, and a wide store stands where the last of them stood.
fn join_stores(kernel: &mut Kernel, run: &Run, changes: &mut Changes) {
    let base = kernel.op(run.ops[0]).clone();
    let ty = Type::Vector(kernel.memory(base.memories[0]).dtype, run.ops.len() as u8);
    let components = run.ops.iter().map(|&id| kernel.op(id).operands[1]).collect();
    let made = Op { code: Opcode::MakeVec, operands: components, memories: SmallVec::new(), ..base.clone() };
    let (make, vector) = add(kernel, made, Some(ty));
    let operands = [base.operands[0]].into_iter().chain(vector).collect();
    let (store, _) = add(kernel, Op { code: Opcode::VecStore, operands, ..base }, None);
    changes.added.extend([(run.at, make), (run.at, store)]);
    changes.removed.extend(&run.ops);
}

/// Adds an operation that stands nowhere yet, with a result of that type.
fn add(kernel: &mut Kernel, mut op: Op, ty: Option<Type>) -> (OpId, Option<ValueId>) {
    let id = OpId(kernel.ops.len() as u32);
    let value = ty.map(|ty| {
        kernel.values.push(Value { ty, definition: Definition::Result(id, 0), name: None, span: op.span });
        ValueId(kernel.values.len() as u32 - 1)
    });
    op.results = value.into_iter().collect();
    kernel.ops.push(op);
    (id, value)
}
