//! Common subexpressions: what was computed already is not computed again.
//!
//! A pure operation stands for every later one of the same operands in its block and in the blocks nested in it. A load
//! stands for later ones of the same element in its own block, until something may write the memory or orders
//! memory: a barrier, a wait, a copy, an atomic. Any two device buffers may be one memory.

use std::collections::HashMap;
use std::mem::Discriminant;

use smallvec::SmallVec;

use super::forget;
use super::replacements::Replacements;
use crate::kernel::{Attr, BlockId, Kernel, MemoryId, Op, OpId, Space, ValueId};
use crate::table::Opcode;
use crate::types::{Literal, Type};

/// Shares common subexpressions; says whether there were any.
pub fn share(kernel: &mut Kernel) -> bool {
    let mut pass = Share {
        values: Replacements::new(kernel),
        known: HashMap::with_capacity(kernel.op_count()),
        writes: vec![0; kernel.memories.len()],
        changed: false,
        kernel,
    };
    pass.block(Kernel::BODY);
    pass.changed
}

/// What two operations have in common that give the same.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    code: Opcode,
    ty: Type,
    operands: SmallVec<[ValueId; 4]>,
    attrs: SmallVec<[(Discriminant<Attr>, u128); 2]>,
    /// For a load, the memory and how often it may have been written before.
    memory: Option<(MemoryId, u32)>,
}

struct Share<'k> {
    kernel: &'k mut Kernel,
    values: Replacements,
    known: HashMap<Key, ValueId>,
    /// For each memory, how often it may have been written so far.
    writes: Vec<u32>,
    changed: bool,
}

impl Share<'_> {
    fn block(&mut self, block: BlockId) {
        let mut ops = std::mem::take(&mut self.kernel.blocks[block.index()].ops);
        ops.retain(|&id| {
            self.values.rewrite(self.kernel, id);
            let repeated = self.is_repeated(id);
            if repeated {
                forget(self.kernel, id);
                self.changed = true;
            }
            !repeated
        });
        self.values.rewrite_all(&mut self.kernel.blocks[block.index()].yields);
        self.kernel.blocks[block.index()].ops = ops;
    }

    /// Whether an operation was done before, and need not be done again.
    fn is_repeated(&mut self, id: OpId) -> bool {
        let op = self.kernel.op(id);
        if op.is_pure() || op.is_load() {
            return self.stands_for(id);
        }
        for memory in op.written().collect::<SmallVec<[MemoryId; 2]>>() {
            self.note_write(memory);
        }
        if self.kernel.op(id).orders_memory() {
            self.writes.iter_mut().for_each(|count| *count += 1);
        }
        for block in self.kernel.op(id).blocks.clone() {
            self.block(block);
        }
        false
    }

    /// Has an earlier operation stand for this one, if there is such; else this one may stand for later ones.
    fn stands_for(&mut self, id: OpId) -> bool {
        let op = self.kernel.op(id);
        let result = op.results[0];
        let key = self.key(op);
        let here = op.parent;
        let only_here = key.memory.is_some();
        if let Some(&earlier) = self.known.get(&key) {
            let home = self.kernel.home(earlier);
            if home == here || (!only_here && self.kernel.encloses(home, here)) {
                self.values.replace(self.kernel, result, earlier);
                return true;
            }
        }
        self.known.insert(key, result);
        false
    }

    fn key(&self, op: &Op) -> Key {
        Key {
            code: op.code,
            ty: self.kernel.ty(op.results[0]),
            operands: op.operands.clone(),
            attrs: op.attrs.iter().map(|attr| (std::mem::discriminant(attr), number(attr))).collect(),
            memory: op.memories.first().map(|&memory| (memory, self.writes[memory.index()])),
        }
    }

    fn note_write(&mut self, memory: MemoryId) {
        if self.kernel.memory(memory).space != Space::Device {
            self.writes[memory.index()] += 1;
            return;
        }
        for (count, memory) in self.writes.iter_mut().zip(&self.kernel.memories) {
            *count += u32::from(memory.space == Space::Device);
        }
    }
}

/// An attribute as a number that no other of its kind and type has: floats by their bits.
fn number(attr: &Attr) -> u128 {
    match *attr {
        Attr::Dim(dim) => dim as u128,
        Attr::MemFlags(flags) => flags as u128,
        Attr::Fill(fill) => fill as u128,
        Attr::DType(dtype) => dtype as u128,
        Attr::Flag(flag) => u128::from(flag),
        Attr::MemoryOrder(order) => order as u128,
        Attr::Number(number) | Attr::Text(number) => u128::from(number),
        Attr::Literal(Literal::Bool(truth)) => u128::from(truth),
        Attr::Literal(Literal::Int(number)) => number as u128,
        Attr::Literal(Literal::Float(number)) => u128::from(number.to_bits()),
    }
}
