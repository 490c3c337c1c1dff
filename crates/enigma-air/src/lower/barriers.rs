//! Barriers and fences.

use enigma_ir::target::Version;
use enigma_ir::{Attr, MemFlags, Op, Opcode};

use super::{Effect, Lowering};
use crate::llvm::Type;

/// Among whom an operation orders memory, as AIR numbers it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    Threadgroup = 1,
    Device = 2,
    Simdgroup = 4,
}

/// As AIR numbers the strongest order, sequential consistency: Metal has fences of this order only.
const SEQUENTIALLY_CONSISTENT: i128 = 5;

/// The first version of AIR whose barriers among a simdgroup say so; before, they name the threadgroup.
const SIMDGROUP_SCOPE: Version = Version { major: 2, minor: 8 };

impl Lowering<'_, '_> {
    pub fn barrier(&mut self, op: &Op) {
        let flags = match op.attrs.first() {
            Some(Attr::MemFlags(flags)) => *flags,
            _ => MemFlags::Threadgroup,
        };
        match op.code {
            Opcode::Barrier => self.threadgroup_barrier(flags),
            _ => self.simdgroup_barrier(flags),
        }
    }

    /// All threads of the threadgroup arrive before any goes on.
    pub fn threadgroup_barrier(&mut self, flags: MemFlags) {
        self.synchronise("wg.barrier", &[numbered(flags), Scope::Threadgroup as i128]);
    }

    /// All lanes of the simdgroup arrive before any goes on.
    pub fn simdgroup_barrier(&mut self, flags: MemFlags) {
        let named = self.target.system.air() >= SIMDGROUP_SCOPE;
        let scope = if named { Scope::Simdgroup } else { Scope::Threadgroup };
        self.synchronise("simdgroup.barrier", &[numbered(flags), scope as i128]);
    }

    /// Keeps a thread's accesses before it and those after it apart.
    pub fn fence(&mut self, flags: MemFlags, scope: Scope) {
        self.synchronise("atomic.fence", &[numbered(flags), SEQUENTIALLY_CONSISTENT, scope as i128]);
    }

    fn synchronise(&mut self, function: &str, operands: &[i128]) {
        let operands: Vec<_> = operands.iter().map(|&n| self.out.int(Type::I32, n)).collect();
        self.air(function, Effect::Convergent, Type::VOID, &operands);
    }
}

/// Memory flags as AIR numbers them.
const fn numbered(flags: MemFlags) -> i128 {
    match flags {
        MemFlags::None => 0,
        MemFlags::Device => 1,
        MemFlags::Threadgroup => 2,
        MemFlags::DeviceAndThreadgroup => 3,
        MemFlags::Texture => 4,
    }
}
