//! The tiles that a copy brings in and nothing reads, which can hang an M1.
//!
//! Users report that the GPU of an M1 may hang until the machine is restarted where a copy from device to threadgroup
//! memory is issued and either no thread reads the tile afterwards, or the threadgroup comes to no barrier after the
//! wait. A target that hands such copies to the hardware therefore asks [`read_back`] what the kernel leaves
//! undone, and does it at the kernel's end, which all threads reach and where every copy has been waited for.
//!
//! # What counts
//!
//! Looked at is each copy to threadgroup memory that may run, and each of its waits, through loops and branches that carry
//! the event. From each wait on, *every way to the kernel's end* has to come to a read of the tile, and to a barrier, in
//! any order.
//!
//! * A read is an operation that reads the memory and is no dead code: a load, a matrix load, an atomic operation, a copy
//!   out. Which elements it reads is not looked at. A masked load, or a copy out with a predicate or with extents that only
//!   the run tells, may read nothing and does not count.
//! * A branch counts where both its sides do, a `for` loop where it is known to run, the condition of a `while` loop, but not
//!   its body. A loop that each thread enters at its own position starts at 0 in one of them.
//! * What comes in the next iteration of a loop does not count, since there may be none.
//!
//! So a kernel that does enough may be found wanting; it then gets a read that it could do without. What passes does read
//! the memory, if perhaps not the elements that the copy brought.

use smallvec::{SmallVec, smallvec};

use super::arithmetic::trip_count;
use super::evaluate::{Evaluator, Thread};
use super::events::{Use, Uses};
use super::needed::Needed;
use crate::copy::{Copy, CopyShape};
use crate::kernel::{BlockId, Kernel, MemoryId, Op, OpId, Space, ValueId};
use crate::table::Opcode;

/// What a kernel leaves undone, to be done at its end: if there are elements to read, a barrier of threadgroup memory, so
/// that no copy of another simdgroup is still in flight; the reads, which the compiler must not drop; and a barrier.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadBack {
    /// Elements to read, by memory and index: for each copy whose tile may go unread the first that it writes, or the first
    /// of the memory where only the run tells. No element comes twice.
    pub elements: Vec<(MemoryId, u64)>,
    /// Whether the threadgroup has to meet at a barrier. So it is where there are elements to read.
    pub barrier: bool,
}

/// What the kernel leaves undone for its copies to threadgroup memory.
pub fn read_back(kernel: &Kernel) -> ReadBack {
    let search =
        Search { kernel, needed: Needed::of(kernel).ops, evaluator: Evaluator::new(kernel), uses: Uses::new(kernel) };
    let mut left = ReadBack::default();
    for op in kernel.walk().into_iter().map(|id| kernel.op(id)) {
        let Some(copy) = op.as_copy().filter(|copy| search.brings_tile(copy)) else { continue };
        let waits = search.waits(op.results[0]);
        let element = (copy.dst, search.first_element(&copy));
        if !search.all_lead_to(&waits, &|op| search.reads(op, copy.dst)) && !left.elements.contains(&element) {
            left.elements.push(element);
        }
        left.barrier |= !search.all_lead_to(&waits, &|op| op.code == Opcode::Barrier);
    }
    left.barrier |= !left.elements.is_empty();
    left
}

struct Search<'k> {
    kernel: &'k Kernel,
    /// The operations that are no dead code.
    needed: Vec<bool>,
    evaluator: Evaluator<'k>,
    uses: Uses<'k>,
}

impl Search<'_> {
    /// What a value is in every thread, if it can be told.
    fn known(&self, value: ValueId) -> Option<i128> {
        self.evaluator.evaluate(value, Thread::Every)
    }

    /// Whether a copy may bring something into threadgroup memory.
    fn brings_tile(&self, copy: &Copy) -> bool {
        let is_tile = matches!(self.kernel.memory(copy.dst).space, Space::Threadgroup { .. });
        let empty = extents(copy).any(|extent| self.known(extent).is_some_and(|n| n <= 0));
        is_tile && !empty && self.known(copy.predicate) != Some(0)
    }

    /// The first element that a copy writes, where that is known.
    fn first_element(&self, copy: &Copy) -> u64 {
        let first = self.known(copy.dst_offset).and_then(|offset| u64::try_from(offset).ok());
        let len = self.kernel.memory(copy.dst).space.length().unwrap_or_default();
        first.filter(|&element| element < len).unwrap_or_default()
    }

    /// The operations that wait for an event, under whatever name it comes to them.
    fn waits(&self, event: ValueId) -> Vec<OpId> {
        let aliases = self.uses.aliases(event);
        let waits = aliases.into_iter().flat_map(|alias| self.uses.of(alias)).filter_map(|used| match used {
            Use::Wait(wait) => Some(*wait),
            Use::Enters(..) | Use::Yield(..) => None,
        });
        waits.collect()
    }

    /// Whether every way from each wait to the kernel's end comes to such an operation.
    fn all_lead_to(&self, waits: &[OpId], wanted: &dyn Fn(&Op) -> bool) -> bool {
        !waits.is_empty() && waits.iter().all(|&wait| self.leads_to(wait, wanted))
    }

    /// Whether every way from an operation does so: in the rest of its block, or behind the loop or branch that owns that.
    fn leads_to(&self, from: OpId, wanted: &dyn Fn(&Op) -> bool) -> bool {
        let block = self.kernel.block(self.kernel.op(from).parent);
        let mut rest = block.ops.iter().skip_while(|&&id| id != from).skip(1);
        rest.any(|&id| self.comes_to(id, wanted)) || block.owner.is_some_and(|owner| self.leads_to(owner, wanted))
    }

    /// Whether an operation is wanted, or surely comes to one that it holds.
    fn comes_to(&self, id: OpId, wanted: &dyn Fn(&Op) -> bool) -> bool {
        let op = self.kernel.op(id);
        let any = |block: &BlockId| self.kernel.block(*block).ops.iter().any(|&id| self.comes_to(id, wanted));
        match op.code {
            Opcode::If => op.blocks.iter().all(any),
            Opcode::For => self.runs(op) && any(&op.blocks[0]),
            Opcode::While => any(&op.blocks[0]),
            _ => self.needed[id.index()] && wanted(op),
        }
    }

    /// Whether a `for` loop runs in some thread of those that come to it.
    fn runs(&self, op: &Op) -> bool {
        let [lo, hi, step] = [0, 1, 2].map(|n| self.known(op.operands[n]));
        let lo = lo.or_else(|| self.starts_at_zero(op).then_some(0));
        // A step that is no literal counts up.
        let step = step.filter(|&step| step > 0 || self.kernel.integer(op.operands[2]).is_some());
        let (Some(lo), Some(hi), Some(step)) = (lo, hi, step) else { return false };
        trip_count(lo, hi, step).is_some_and(|trips| trips > 0)
    }

    /// Whether a loop starts at 0 in some thread, as one does that each thread enters at its own position. A wait is come to
    /// by whole simdgroups, so that their first lane is there; the first thread of all is sure to be only in the kernel's
    /// body.
    fn starts_at_zero(&self, op: &Op) -> bool {
        match self.kernel.defining_op(op.operands[0]).map(|start| start.code) {
            Some(Opcode::ThreadIndexInSimdgroup) => true,
            Some(Opcode::ThreadIndexInThreadgroup | Opcode::ThreadPositionInThreadgroup) => op.parent == Kernel::BODY,
            _ => false,
        }
    }

    /// Whether an operation surely reads elements of a memory.
    fn reads(&self, op: &Op, memory: MemoryId) -> bool {
        let accesses = op.memories.iter().zip(op.code.info().signature.memories());
        let mut read = accesses.filter(|(_, (access, _))| access.reads()).map(|(&read, _)| read);
        let always = |condition| self.known(condition).is_some_and(|n| n != 0);
        let unconditional = match (op.code, op.as_copy()) {
            (Opcode::LoadIf, _) => always(op.operands[1]),
            (_, Some(copy)) => {
                always(copy.predicate) && extents(&copy).all(|extent| self.known(extent).is_some_and(|n| n > 0))
            }
            _ => true,
        };
        unconditional && read.any(|read| read == memory)
    }
}

/// What a copy moves nothing without.
fn extents(copy: &Copy) -> impl Iterator<Item = ValueId> {
    let extents: SmallVec<[ValueId; 4]> = match copy.shape {
        CopyShape::Linear { count } => smallvec![count],
        CopyShape::Tile { cols, rows, valid_cols, valid_rows, .. } => smallvec![cols, rows, valid_cols, valid_rows],
    };
    extents.into_iter()
}
