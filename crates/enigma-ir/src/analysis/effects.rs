//! What an operation does beyond giving its result, as its row in the operation table says.

use crate::kernel::{MemoryId, Op};
use crate::table::{Access, Collective, Flight, Opcode};

impl Op {
    /// True when the operation does nothing but give its result, which depends on its operands alone: it may be computed
    /// earlier, once for several, or not at all.
    pub(crate) fn is_pure(&self) -> bool {
        self.code == Opcode::Constant || self.code.info().signature.is_pure()
    }

    /// True when the operation does nothing but read memory: it may be dropped, and stand for another while nothing is
    /// written.
    pub(crate) fn is_load(&self) -> bool {
        let signature = self.code.info().signature;
        let alone = signature.collective == Collective::None && !self.orders_memory();
        let reads = signature.memories().all(|(access, _)| access == Access::Read);
        alone && reads && !self.results.is_empty() && !self.memories.is_empty()
    }

    /// True when what is read before it and what is read after it may differ, whatever the memory: barriers, waits,
    /// copies, atomics.
    pub(crate) fn orders_memory(&self) -> bool {
        let signature = self.code.info().signature;
        let synchronises = signature.collective >= Collective::Simdgroup && self.results.is_empty();
        signature.atomic || signature.flight != Flight::None || (synchronises && self.memories.is_empty())
    }

    /// The memories that it writes.
    pub(crate) fn written(&self) -> impl Iterator<Item = MemoryId> {
        let makes = if self.code == Opcode::RegisterFill { self.memories.first().copied() } else { None };
        let accesses = self.code.info().signature.memories();
        let pairs = self.memories.iter().copied().zip(accesses);
        let writes = pairs.filter(|(_, (access, _))| *access != Access::Read);
        makes.into_iter().chain(writes.map(|(memory, _)| memory))
    }

    /// True when it has to happen even if nothing uses its result. Operations that own blocks are as needed as what they
    /// hold.
    pub(crate) fn acts(&self) -> bool {
        let silent = self.results.is_empty() && self.blocks.is_empty();
        silent || self.orders_memory() || self.written().next().is_some()
    }
}
