//! What a run did, written down step by step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use enigma_cpu::observer::{Mask, MatrixTouch, Observer, Stop, Touch, Transfer};
use enigma_ir::table::Access;
use enigma_ir::{MemFlags, MemoryId, OpId, Opcode, Rule};

/// One step of a threadgroup. What all threads do at once is one step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Elements are read or written, or both, each by a thread.
    Access { at: OpId, memory: MemoryId, access: Access, atomic: bool, elements: Vec<(usize, usize)> },
    /// A matrix is read or written by a simdgroup.
    Matrix { at: OpId, memory: MemoryId, write: bool, simdgroup: usize, elements: Vec<usize> },
    /// A copy is issued.
    Issue(Transfer),
    /// A copy is issued that moves nothing.
    IssueNothing { at: OpId, event: u32, thread: usize },
    /// The copy of an event is waited for.
    Wait { at: OpId, event: u32, thread: usize },
    /// Simdgroups arrive at a barrier.
    Barrier { code: Opcode, flags: MemFlags, simdgroups: Vec<usize> },
    /// A register tensor comes into being.
    Declare { memory: MemoryId, filled: bool },
    /// An access was left out, or, where it `ends` the threadgroup, nothing came after it.
    Fault { at: OpId, rule: Rule, ends: bool },
}

impl Step {
    /// The operation, but for barriers and declarations.
    pub fn at(&self) -> Option<OpId> {
        match self {
            Step::Issue(transfer) => Some(transfer.site),
            Step::Access { at, .. }
            | Step::Matrix { at, .. }
            | Step::IssueNothing { at, .. }
            | Step::Wait { at, .. }
            | Step::Fault { at, .. } => Some(*at),
            Step::Barrier { .. } | Step::Declare { .. } => None,
        }
    }
}

/// The steps of each threadgroup, by its number.
pub type Trace = BTreeMap<u64, Vec<Step>>;

/// Writes a trace. A clone for each worker writes into the same one.
#[derive(Clone, Default)]
pub struct Writer {
    trace: Arc<Mutex<Trace>>,
    threadgroup: u64,
    steps: Vec<Step>,
}

impl Writer {
    /// What was written.
    pub fn into_trace(self) -> Trace {
        std::mem::take(&mut self.trace.lock().unwrap())
    }

    fn close(&mut self) {
        self.trace.lock().unwrap().insert(self.threadgroup, std::mem::take(&mut self.steps));
    }

    fn access(&mut self, touch: Touch<'_>, access: Access, atomic: bool) {
        let elements = touch.mask.threads().map(|thread| (thread, touch.indices.of(thread) as usize)).collect();
        self.steps.push(Step::Access { at: touch.site, memory: touch.memory, access, atomic, elements });
    }

    fn matrix(&mut self, touch: MatrixTouch, write: bool) {
        let row = |row: usize| touch.offset.wrapping_add_signed(touch.pitch as isize * row as isize);
        let elements = (0..8).flat_map(|r| row(r)..row(r) + 8).collect();
        let MatrixTouch { site: at, memory, simdgroup, .. } = touch;
        self.steps.push(Step::Matrix { at, memory, write, simdgroup, elements });
    }
}

impl Observer for Writer {
    fn begin(&mut self, threadgroup: u64, _threads: usize) {
        self.threadgroup = threadgroup;
    }

    fn end(&mut self) {
        self.close();
    }

    fn fault(&mut self, fault: Box<Stop>, _threads: usize) -> Result<(), Box<Stop>> {
        self.steps.push(Step::Fault { at: fault.site, rule: fault.found.rule, ends: false });
        Ok(())
    }

    fn stopped(&mut self, stop: Box<Stop>) -> Option<Box<Stop>> {
        self.steps.push(Step::Fault { at: stop.site, rule: stop.found.rule, ends: true });
        self.close();
        None
    }

    fn declare(&mut self, memory: MemoryId, filled: bool) {
        self.steps.push(Step::Declare { memory, filled });
    }

    fn load(&mut self, touch: Touch<'_>) {
        self.access(touch, Access::Read, false);
    }

    fn store(&mut self, touch: Touch<'_>) {
        self.access(touch, Access::Write, false);
    }

    fn atomic(&mut self, touch: Touch<'_>, access: Access) {
        self.access(touch, access, true);
    }

    fn matrix_load(&mut self, touch: MatrixTouch) {
        self.matrix(touch, false);
    }

    fn matrix_store(&mut self, touch: MatrixTouch) {
        self.matrix(touch, true);
    }

    fn issue(&mut self, transfer: &Transfer) -> enigma_cpu::observer::Landing {
        self.steps.push(Step::Issue(*transfer));
        enigma_cpu::observer::Landing::Now
    }

    fn issue_nothing(&mut self, at: OpId, event: u32, thread: usize) {
        self.steps.push(Step::IssueNothing { at, event, thread });
    }

    fn complete(&mut self, at: OpId, event: u32, thread: usize) {
        self.steps.push(Step::Wait { at, event, thread });
    }

    fn barrier(&mut self, _: OpId, code: Opcode, flags: MemFlags, mask: &Mask) {
        let simdgroups = (0..mask.0.len()).filter(|&group| mask.0[group] != 0).collect();
        self.steps.push(Step::Barrier { code, flags, simdgroups });
    }
}
