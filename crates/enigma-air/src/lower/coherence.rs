//! Device memory that threadgroups share while a kernel runs.
//!
//! What one threadgroup writes need not reach another, unless Metal is told so of the buffer, by `coherent(device)`. How its
//! compiler says that in AIR is not known. Atomic operations do reach other threadgroups; so where a kernel orders memory
//! between threadgroups, a buffer that it reads and writes is loaded and stored by relaxed ones, 32 bits at a time. The last
//! word of a buffer of narrower elements may reach beyond its end, where Metal's buffers have room. What the hardware
//! copies, and simdgroup matrices, are left as they are: nothing is known to say of them.

use enigma_ir::{Kernel, MemoryId, Op, Space};

use super::Lowering;
use super::atomics::Object;
use super::barriers::Scope;
use super::numbers::memory_type;
use crate::llvm::{BinaryOp, CastOp, Type, Value};

/// What atomic operations work on, in bytes.
const WORD: i128 = 4;

/// Where an element is.
enum Words {
    /// It is a word.
    One(Object),
    /// It is two words, the lower one first.
    Two([Object; 2]),
    /// It is a part of a word: so many bits up, under a mask of its width.
    Part { word: Object, shift: Value, mask: i128 },
}

/// Of each memory of a kernel, whether threadgroups share it.
pub(crate) struct Coherence(Vec<bool>);

impl Coherence {
    pub fn of(kernel: &Kernel) -> Coherence {
        let ops = || kernel.walk().into_iter().map(|id| kernel.op(id));
        let is_device = |memory: MemoryId| kernel.memory(memory).space == Space::Device;
        let orders = |op: &Op| (op.acquires() || op.releases()) && op.memories.iter().any(|&m| is_device(m));
        if !ops().any(orders) {
            return Coherence(vec![false; kernel.memories().len()]);
        }
        let shared = |memory: MemoryId| is_device(memory) && kernel.writes(memory) && ops().any(|op| reads(op, memory));
        Coherence(kernel.memories().map(|(memory, _)| shared(memory)).collect())
    }

    /// Whether threadgroups share a memory.
    pub fn is_shared(&self, memory: MemoryId) -> bool {
        self.0[memory.index()]
    }
}

fn reads(op: &Op, memory: MemoryId) -> bool {
    op.memories.iter().zip(op.code.info().signature.memories()).any(|(&m, (access, _))| m == memory && access.reads())
}

impl Lowering<'_, '_> {
    /// Reads an element that other threadgroups write.
    pub fn shared_load(&mut self, memory: MemoryId, index: Value) -> Value {
        let ty = memory_type(self.kernel.memory(memory).dtype);
        match self.words(memory, index) {
            Words::One(word) => {
                let bits = self.atomic_call("load.i32", Type::I32, word, &[]);
                self.out.cast(CastOp::BitCast, bits, ty)
            }
            Words::Two(words) => {
                let halves = words.map(|word| self.atomic_call("load.i32", Type::I32, word, &[]));
                self.joined(halves)
            }
            Words::Part { word, shift, .. } => {
                let bits = self.atomic_call("load.i32", Type::I32, word, &[]);
                let bits = self.out.binary(BinaryOp::LShr, bits, shift);
                let part = self.part_type(memory);
                let bits = self.out.cast(CastOp::Trunc, bits, part);
                self.out.cast(CastOp::BitCast, bits, ty)
            }
        }
    }

    /// Writes an element that other threadgroups read. Of a word that holds several, the other bits are left alone.
    pub fn shared_store(&mut self, memory: MemoryId, stored: Value, index: Value) {
        match self.words(memory, index) {
            Words::One(word) => {
                let bits = self.out.cast(CastOp::BitCast, stored, Type::I32);
                self.atomic_call("store.i32", Type::VOID, word, &[bits]);
            }
            Words::Two(words) => {
                let halves = self.halves(stored);
                for (word, bits) in words.into_iter().zip(halves) {
                    self.atomic_call("store.i32", Type::VOID, word, &[bits]);
                }
            }
            Words::Part { word, shift, mask } => {
                let part = self.part_type(memory);
                let bits = self.out.cast(CastOp::BitCast, stored, part);
                let bits = self.out.cast(CastOp::ZExt, bits, Type::I32);
                let bits = self.out.binary(BinaryOp::Shl, bits, shift);
                let [mask, ones] = [mask, -1].map(|n| self.out.int(Type::I32, n));
                let own = self.out.binary(BinaryOp::Shl, mask, shift);
                let others = self.out.binary(BinaryOp::Xor, own, ones);
                self.atomic_call("and.u.i32", Type::I32, word, &[others]);
                self.atomic_call("or.u.i32", Type::I32, word, &[bits]);
            }
        }
    }

    /// The integer as wide as an element.
    fn part_type(&self, memory: MemoryId) -> Type {
        if self.kernel.memory(memory).dtype.size() == 1 { Type::I8 } else { Type::I16 }
    }

    /// Which words an element is in.
    fn words(&mut self, memory: MemoryId, index: Value) -> Words {
        let size = self.kernel.memory(memory).dtype.size() as i128;
        let first = self.memory(memory);
        let first = self.out.pointer_to(first, Type::I32);
        let word = |this: &mut Self, index| Object { place: this.element_at(first, index), scope: Scope::Device };
        match size {
            4 => Words::One(word(self, index)),
            8 => {
                let one = self.out.int(Type::I64, 1);
                let lower = self.out.binary(BinaryOp::Shl, index, one);
                let upper = self.out.binary(BinaryOp::Add, lower, one);
                Words::Two([lower, upper].map(|index| word(self, index)))
            }
            _ => {
                let [in_word, bits] = [WORD / size, size * 8].map(|n| self.out.int(Type::I64, n));
                let number = self.out.binary(BinaryOp::UDiv, index, in_word);
                let place = self.out.binary(BinaryOp::URem, index, in_word);
                let shift = self.out.binary(BinaryOp::Mul, place, bits);
                let shift = self.out.cast(CastOp::Trunc, shift, Type::I32);
                Words::Part { word: word(self, number), shift, mask: (1 << (size * 8)) - 1 }
            }
        }
    }
}
