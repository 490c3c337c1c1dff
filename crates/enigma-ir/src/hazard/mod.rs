//! The hazards of copies, accesses and barriers: what the verifier finds where it is provable, and the run-time checker where
//! it happens. One form and one wording for both.

mod wording;

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Kernel, MemoryId, OpId};
use crate::repair;

/// A hazard, by the operations that make it.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Hazard {
    /// A thread touches what a copy in flight moves. `rule` says which of the two sides: `read-before-wait`,
    /// `write-before-wait` or `source-overwritten`.
    InFlight {
        /// The rule.
        rule: Rule,
        /// The load or store.
        at: OpId,
        /// The copy.
        issue: OpId,
        /// What both touch.
        memory: MemoryId,
        /// Whether the two are of different threadgroups.
        across: bool,
    },
    /// Two copies in flight conflict.
    Overlap {
        /// The copy that is issued later.
        at: OpId,
        /// The copy that is in flight already.
        issue: OpId,
        /// What both move, as destination of one of them at least.
        memory: MemoryId,
        /// Whether the two are of different threadgroups.
        across: bool,
    },
    /// An access or a copy of one simdgroup touches what a copy of another moved, which was waited for, but no barrier that orders
    /// the memory stands between the wait and the use.
    Unpublished {
        /// The access, or the copy, that needs the barrier before it.
        at: OpId,
        /// The copy that was waited for.
        issue: OpId,
        /// Its wait.
        wait: OpId,
        /// What both touch.
        memory: MemoryId,
    },
    /// A copy is issued while an access of another simdgroup may not be over: no barrier that orders the memory stands between.
    Unsettled {
        /// The copy, which needs the barrier before it.
        at: OpId,
        /// The load or store of the other simdgroup.
        access: OpId,
        /// What both touch.
        memory: MemoryId,
    },
    /// Two plain accesses of different threads conflict.
    Race {
        /// The access that comes later in program order, or in the order of threadgroups.
        at: OpId,
        /// The other.
        other: OpId,
        /// What both touch.
        memory: MemoryId,
        /// Whether the two are of different threadgroups.
        across: bool,
        /// Whether the two threads are of one simdgroup, so that a `simd_barrier` would do.
        simdgroup: bool,
    },
    /// Threadgroup or register memory is read, by a load or a copy, before anything wrote it.
    Uninitialized {
        /// What reads.
        at: OpId,
        /// What is read.
        memory: MemoryId,
    },
    /// A copy is not waited for in some run.
    NeverWaited {
        /// The copy.
        issue: OpId,
    },
    /// A copy is waited for a second time.
    WaitedTwice {
        /// The second wait.
        at: OpId,
        /// The first.
        first: OpId,
        /// The copy.
        issue: OpId,
    },
    /// Several simdgroups issue the same copy.
    RedundantCopy {
        /// The copy.
        issue: OpId,
    },
    /// A tile is copied in and never read.
    UnreadCopy {
        /// The copy.
        issue: OpId,
    },
    /// A wait that only ever waited for copies that moved nothing.
    RedundantWait {
        /// The wait.
        at: OpId,
    },
    /// A barrier that ordered nothing that needed it.
    RedundantBarrier {
        /// The barrier.
        at: OpId,
    },
}

impl Hazard {
    /// The rule that it breaks.
    pub fn rule(&self) -> Rule {
        match self {
            Hazard::InFlight { rule, .. } => *rule,
            Hazard::Overlap { .. } => Rule::OverlappingCopies,
            Hazard::Unpublished { .. } | Hazard::Unsettled { .. } => Rule::MissingBarrier,
            Hazard::Race { .. } => Rule::DataRace,
            Hazard::Uninitialized { .. } => Rule::UninitializedRead,
            Hazard::NeverWaited { .. } => Rule::NeverWaited,
            Hazard::WaitedTwice { .. } => Rule::WaitedTwice,
            Hazard::RedundantCopy { .. } => Rule::RedundantCopy,
            Hazard::UnreadCopy { .. } => Rule::UnreadCopy,
            Hazard::RedundantWait { .. } => Rule::RedundantWait,
            Hazard::RedundantBarrier { .. } => Rule::RedundantBarrier,
        }
    }

    /// The operation at its primary place.
    pub fn at(&self) -> OpId {
        match *self {
            Hazard::InFlight { at, .. }
            | Hazard::Overlap { at, .. }
            | Hazard::Unpublished { at, .. }
            | Hazard::Unsettled { at, .. }
            | Hazard::Race { at, .. }
            | Hazard::Uninitialized { at, .. }
            | Hazard::WaitedTwice { at, .. }
            | Hazard::RedundantWait { at }
            | Hazard::RedundantBarrier { at } => at,
            Hazard::NeverWaited { issue } | Hazard::RedundantCopy { issue } | Hazard::UnreadCopy { issue } => issue,
        }
    }

    /// The copy that it is about, if it is about one.
    pub fn issue(&self) -> Option<OpId> {
        match *self {
            Hazard::InFlight { issue, .. }
            | Hazard::Overlap { issue, .. }
            | Hazard::Unpublished { issue, .. }
            | Hazard::NeverWaited { issue, .. }
            | Hazard::WaitedTwice { issue, .. }
            | Hazard::RedundantCopy { issue }
            | Hazard::UnreadCopy { issue } => Some(issue),
            Hazard::Unsettled { at, .. } => Some(at),
            Hazard::Race { .. }
            | Hazard::Uninitialized { .. }
            | Hazard::RedundantWait { .. }
            | Hazard::RedundantBarrier { .. } => None,
        }
    }

    /// The hazard in words, with its places, remedies and, where there is one, the repair.
    pub fn describe(&self, kernel: &Kernel) -> Diagnostic {
        Diagnostic { repair: repair::of(self, kernel), ..wording::of(self, kernel) }
    }
}
