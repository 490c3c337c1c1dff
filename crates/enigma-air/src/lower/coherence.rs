//! Device memory that threadgroups share while a kernel runs.
//!
//! What one threadgroup writes need not reach another, unless Metal is told so of the buffer, by `coherent(device)`. How its
//! compiler says that in AIR is not known. Atomic operations do reach other threadgroups; so where a kernel orders memory
//! between threadgroups, what it writes is loaded and stored by relaxed ones, 32 bits at a time.

use enigma_ir::table::Group;
use enigma_ir::{Diagnostic, Diagnostics, Kernel, MemoryId, Op, Rule, Space};
use smallvec::{SmallVec, smallvec};

use super::Lowering;
use super::atomics::Object;
use super::barriers::Scope;
use crate::llvm::{CastOp, Type, Value};

/// Of each memory of a kernel, whether threadgroups share it.
pub(crate) struct Coherence(Vec<bool>);

impl Coherence {
    pub fn of(kernel: &Kernel) -> Coherence {
        let is_device = |memory: MemoryId| kernel.memory(memory).space == Space::Device;
        let mut ops = kernel.walk().into_iter().map(|id| kernel.op(id));
        let ordered = ops.any(|op| (op.acquires() || op.releases()) && op.memories.iter().any(|&m| is_device(m)));
        let shared = |memory: MemoryId| ordered && is_device(memory) && kernel.writes(memory);
        Coherence(kernel.memories().map(|(memory, _)| shared(memory)).collect())
    }

    /// Whether threadgroups share a memory.
    pub fn is_shared(&self, memory: MemoryId) -> bool {
        self.0[memory.index()]
    }

    /// Refuses what is not known to reach other threadgroups.
    pub fn check(&self, kernel: &Kernel) -> Result<(), Diagnostics> {
        let ops = kernel.walk().into_iter().map(|id| kernel.op(id));
        let mut found = ops.flat_map(|op| {
            let shared = op.memories.iter().filter(|&&memory| self.is_shared(memory));
            shared.filter(|&&memory| !reaches_others(kernel, op, memory)).map(move |&memory| (op, memory))
        });
        let Some((op, memory)) = found.next() else { return Ok(()) };
        let (name, memory) = (op.code.info().name, kernel.memory(memory));
        let message = format!(
            "`{name}` is not known to reach other threadgroups in AIR, and an atomic operation orders `{}` between them",
            memory.name
        );
        let help = "load and store elements of 32 or 64 bits there, or emit Metal source, say by \
                    `async_lowering=\"cooperative\"`; in Rust, `Lowering::Cooperative`";
        let refused = Diagnostic::new(Rule::Unsupported, message, op.span, "here").with_help(help);
        Err(Diagnostics::new(vec![refused], kernel.files().clone()))
    }
}

fn reaches_others(kernel: &Kernel, op: &Op, memory: MemoryId) -> bool {
    match op.code.info().group {
        Group::Atomic => true,
        Group::Memory => kernel.memory(memory).dtype.size() >= 4,
        _ => false,
    }
}

impl Lowering<'_, '_> {
    /// Reads an element of 32 or 64 bits that other threadgroups write.
    pub fn shared_load(&mut self, place: Value) -> Value {
        let load = |this: &mut Self, n| {
            let word = this.word(place, n);
            this.atomic_call("load.i32", Type::I32, word, &[])
        };
        match self.out.pointee(place) {
            Type::I64 => {
                let words = [load(self, 0), load(self, 1)];
                self.joined(words)
            }
            ty => {
                let bits = load(self, 0);
                self.out.cast(CastOp::BitCast, bits, ty)
            }
        }
    }

    /// Writes an element of 32 or 64 bits that other threadgroups read.
    pub fn shared_store(&mut self, value: Value, place: Value) {
        let words: SmallVec<[Value; 2]> = match self.out.pointee(place) {
            Type::I64 => self.halves(value).into(),
            _ => smallvec![self.out.cast(CastOp::BitCast, value, Type::I32)],
        };
        for (n, bits) in words.into_iter().enumerate() {
            let word = self.word(place, n);
            self.atomic_call("store.i32", Type::VOID, word, &[bits]);
        }
    }

    /// 32 bits of an element.
    fn word(&mut self, place: Value, n: usize) -> Object {
        let first = self.out.pointer_to(place, Type::I32);
        let n = self.out.int(Type::I64, n as i128);
        Object { place: self.element_at(first, n), scope: Scope::Device }
    }
}
