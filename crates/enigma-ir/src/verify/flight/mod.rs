//! The in-flight analysis: follows every copy from its issue to its wait through the structured control flow.
//!
//! At each point it knows of some copies that they are *certainly* in flight, and of some accesses that they
//! *certainly* meet a copy's elements. Only what is certain is reported, so a correct kernel never is:
//!
//! * After a branch, a copy is in flight if it is after both sides; otherwise nothing is said of it.
//! * A loop is gone through iteration by iteration as long as its trip count is constant and small. Of a loop that may
//!   run any number of times, the first iteration is gone through exactly: whoever reaches the body runs it. What
//!   holds after the loop must hold after no iteration, after the first, and after any other.
//! * A copy whose extents are not constant, or whose predicate is not known, may be empty: it meets nothing. Its event
//!   must be waited for all the same.
//! * Loops in loops multiply what is gone through; after [`MAX_VISITS`] operations nothing more is said.
//! * An access is looked at in the thread that performs it, whose own simdgroup issued the copy. Of accesses whose place
//!   depends on the lane, the first lane of the first simdgroup is looked at (the *witness*), if it is known to come by.

mod loops;
mod report;
mod state;

use std::collections::HashSet;
use std::rc::Rc;

use super::Subject;
use super::extent::Extent;
use crate::analysis::Uniformity;
use crate::analysis::evaluate::Thread;
use crate::copy::Copy;
use crate::diagnostic::{Diagnostic, Rule};
use crate::hazard::Hazard;
use crate::kernel::{BlockId, Kernel, Op, OpId, ValueId};
use crate::table::{Flight as FlightEffect, Opcode};
use state::{Flight, Instance, State, Status, Way};

/// How many operations are gone through, besides each operation of the kernel once.
const MAX_VISITS: usize = 1 << 20;

pub(super) fn check(subject: &mut Subject<'_>, found: &mut Vec<Diagnostic>) {
    let uses = count_uses(subject.kernel);
    if !subject.kernel.ops.iter().any(|op| op.code.is_copy()) {
        return;
    }
    let visits = MAX_VISITS + subject.kernel.op_count();
    let mut walk = Walk { subject, found, uses, reported: HashSet::new(), silent: false, visits };
    let mut state = State::default();
    walk.block(Kernel::BODY, &mut state, true);
    for flight in state.in_flight() {
        walk.report_never_waited(flight.issue);
    }
}

/// How often each value is used, as an operand or passed on by a block.
fn count_uses(kernel: &Kernel) -> Vec<u32> {
    let mut uses = vec![0; kernel.value_count()];
    let operands = kernel.ops.iter().flat_map(|op| op.operands.iter());
    let yields = kernel.blocks.iter().flat_map(|block| block.yields.iter());
    for value in operands.chain(yields) {
        uses[value.index()] += 1;
    }
    uses
}

struct Walk<'s, 'k> {
    subject: &'s mut Subject<'k>,
    found: &'s mut Vec<Diagnostic>,
    uses: Vec<u32>,
    /// Each finding is made once, however often its place is gone through.
    reported: HashSet<Hazard>,
    /// Set while an iteration is gone through of which it is not known that it is run.
    silent: bool,
    /// How many operations may still be gone through. With none left the state is no longer what it should be, and
    /// nothing is reported.
    visits: usize,
}

impl<'k> Walk<'_, 'k> {
    fn kernel(&self) -> &'k Kernel {
        self.subject.kernel
    }

    /// `witness`: whether the witness thread comes by, if any thread does.
    fn block(&mut self, block: BlockId, state: &mut State, witness: bool) {
        for &id in &self.kernel().block(block).ops {
            self.op(id, state, witness);
        }
    }

    fn op(&mut self, id: OpId, state: &mut State, witness: bool) {
        self.visits = self.visits.saturating_sub(1);
        if self.visits == 0 {
            return;
        }
        let op = self.kernel().op(id);
        match op.code {
            Opcode::RegisterFill => state.renew(op.memories[0]),
            Opcode::If => self.branch(op, state, witness),
            Opcode::For => self.for_loop(op, state, witness),
            Opcode::While => self.while_loop(op, state, witness),
            code if code.info().signature.flight == FlightEffect::Awaits => {
                for &event in &op.operands {
                    self.wait(id, event, state);
                }
            }
            _ => match op.as_copy() {
                Some(copy) => self.issue(id, op, &copy, state, witness),
                None => self.access(id, op, state, witness),
            },
        }
    }

    fn wait(&mut self, id: OpId, event: ValueId, state: &mut State) {
        let Some(flight) = state.flight_mut(event) else { return };
        match flight.status {
            Status::InFlight | Status::Unknown => flight.status = Status::Waited(id),
            Status::Waited(first) => {
                let issue = flight.issue;
                self.report(Hazard::WaitedTwice { at: id, first, issue });
            }
        }
    }

    fn issue(&mut self, id: OpId, op: &Op, copy: &Copy, state: &mut State, witness: bool) {
        let evaluator = &self.subject.evaluator;
        let everywhere = evaluator.evaluate(copy.predicate, Thread::Every) == Some(1);
        let happens = everywhere || (witness && evaluator.evaluate(copy.predicate, Thread::Lane(0)) == Some(1));
        let mut new = Flight { issue: id, status: Status::InFlight, writes: None, reads: None, everywhere };
        if happens {
            new.writes = Extent::of_destination(self.kernel(), evaluator, copy).map(Rc::new);
            new.reads = Extent::of_source(self.kernel(), evaluator, copy).map(Rc::new);
        }
        for other in state.in_flight().filter(|f| f.everywhere || witness) {
            let meets = |a: &Option<Rc<Extent>>, b: &Option<Rc<Extent>>| match (a, b) {
                (Some(a), Some(b)) => a.certainly_meets(b, self.subject.kernel, witness),
                _ => false,
            };
            let clash = [(&new.writes, &other.writes), (&new.writes, &other.reads), (&new.reads, &other.writes)]
                .into_iter()
                .find(|(a, b)| meets(a, b));
            if let Some((Some(extent), _)) = clash {
                let (memory, issue) = (extent.memory, other.issue);
                self.report(Hazard::Overlap { at: id, issue, memory, across: false });
                break;
            }
        }
        let instance = state.add(new);
        state.name(op.results[0], Some(instance));
    }

    fn access(&mut self, id: OpId, op: &Op, state: &State, witness: bool) {
        if op.memories.is_empty() {
            return;
        }
        // An exchange under a condition may find another number there, and write nothing.
        let certain = op.code != Opcode::AtomicCompareExchangeWeak;
        let writes = certain && op.code.info().signature.memories().any(|(access, _)| access.writes());
        let Some(touched) = Extent::of_access(self.kernel(), &self.subject.evaluator, op) else { return };
        for flight in state.in_flight().filter(|f| f.everywhere || witness) {
            let meets = |extent: &Option<Rc<Extent>>| {
                extent.as_ref().is_some_and(|e| e.certainly_meets(&touched, self.subject.kernel, witness))
            };
            let rule = match (meets(&flight.writes), writes) {
                (true, false) => Rule::ReadBeforeWait,
                (true, true) => Rule::WriteBeforeWait,
                (false, true) if meets(&flight.reads) => Rule::SourceOverwritten,
                _ => continue,
            };
            let issue = flight.issue;
            self.report(Hazard::InFlight { rule, at: id, issue, memory: touched.memory, across: false });
            return;
        }
    }

    fn branch(&mut self, op: &Op, state: &mut State, witness: bool) {
        let cond = op.operands[0];
        if let Some(known) = self.subject.evaluator.evaluate(cond, Thread::Every) {
            let taken = op.blocks[usize::from(known == 0)];
            self.block(taken, state, witness);
            let passed = self.leave(taken, state);
            loops::name_all(state, &op.results, &passed);
            return;
        }
        let in_witness = self.subject.evaluator.evaluate(cond, Thread::Lane(0));
        let uniform = self.subject.levels[cond.index()] == Uniformity::Grid;
        let common = state.len();
        let mut other = state.clone();
        self.block(op.blocks[0], state, witness && (uniform || in_witness == Some(1)));
        let passed = self.leave(op.blocks[0], state);
        self.block(op.blocks[1], &mut other, witness && (uniform || in_witness == Some(0)));
        let passed_other = self.leave(op.blocks[1], &mut other);
        state.join(common, &op.results, &passed, &[Way { state: other, passed: passed_other }]);
    }

    /// Leaves a block: its events go out of reach. Reports the copies that nobody can wait for from here on, and
    /// returns the copies that the block passes on.
    fn leave(&mut self, block: BlockId, state: &mut State) -> Vec<Option<Instance>> {
        let kernel = self.kernel();
        let yields = &kernel.block(block).yields;
        let passed = yields.iter().map(|&v| state.instance(v)).collect();
        let inside = |v: ValueId| kernel.encloses(block, kernel.home(v));
        let lost: Vec<OpId> = state.lost(|v| !inside(v) || yields.contains(&v)).map(|f| f.issue).collect();
        for issue in lost {
            self.report_never_waited(issue);
        }
        state.forget(inside);
        passed
    }
}
