//! `divergent-copy` and `divergent-barrier`: operations that all lanes must reach together, where the lanes of a
//! full simdgroup are known to disagree.
//!
//! A condition that the uniformity analysis calls varying is only a suspect: `i < n` may well be true in
//! every lane. It is found guilty when it can be computed for each of the 32 lanes and the lanes differ.

use std::collections::HashMap;

use super::Subject;
use crate::analysis::Uniformity;
use crate::analysis::evaluate::Thread;
use crate::diagnostic::{Diagnostic, Rule};
use crate::dialect::Dialect;
use crate::kernel::{BlockId, Definition, Op, Space, ValueId};
use crate::table::{Collective, Flight, Opcode};

const LANES: u32 = 32;

/// Why the lanes of a simdgroup part.
#[derive(Clone)]
struct Split {
    value: ValueId,
    /// A lane that goes one way, and one that goes the other.
    lanes: [u32; 2],
    is_loop: bool,
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut walk = Walk { subject, found, known: HashMap::new() };
    walk.block(crate::Kernel::BODY, None);
}

struct Walk<'s, 'k> {
    subject: &'s Subject<'k>,
    found: &'s mut Vec<Diagnostic>,
    /// Which values are known to differ between lanes, and between which.
    known: HashMap<ValueId, Option<[u32; 2]>>,
}

impl Walk<'_, '_> {
    fn block(&mut self, block: BlockId, split: Option<&Split>) {
        let kernel = self.subject.kernel;
        for &id in &kernel.block(block).ops {
            let op = kernel.op(id);
            if let Some(diagnostic) = self.flaw(op, split) {
                self.found.push(diagnostic);
            }
            if op.blocks.is_empty() {
                continue;
            }
            let own = self.split(op);
            for &nested in self.subject.entered(op) {
                self.block(nested, split.or(own.as_ref()));
            }
        }
    }

    /// Whether the operation parts the lanes.
    fn split(&mut self, op: &Op) -> Option<Split> {
        let is_loop = op.code == Opcode::For;
        let deciding = match op.code {
            Opcode::If => &op.operands[..1],
            Opcode::For => &op.operands[..3],
            _ => return None,
        };
        if is_loop {
            let lanes = self.trips_differ(op)?;
            let varying = deciding.iter().copied().find(|&v| self.differs(v).is_some());
            return varying.map(|value| Split { value, lanes, is_loop });
        }
        let value = deciding[0];
        self.differs(value).map(|lanes| Split { value, lanes, is_loop })
    }

    fn trips_differ(&mut self, op: &Op) -> Option<[u32; 2]> {
        if op.operands[..3].iter().all(|v| self.subject.levels[v.index()] < Uniformity::Varying) {
            return None;
        }
        disagreement(|lane| self.subject.trips(op, Thread::Lane(lane)))
    }

    /// Two lanes in which the value is known to differ.
    fn differs(&mut self, value: ValueId) -> Option<[u32; 2]> {
        if self.subject.levels[value.index()] < Uniformity::Varying {
            return None;
        }
        let evaluator = &self.subject.evaluator;
        *self.known.entry(value).or_insert_with(|| disagreement(|lane| evaluator.evaluate(value, Thread::Lane(lane))))
    }

    fn flaw(&mut self, op: &Op, split: Option<&Split>) -> Option<Diagnostic> {
        let signature = op.code.info().signature;
        let barrier = matches!(op.code, Opcode::Barrier | Opcode::SimdBarrier);
        let flies = signature.flight != Flight::None && !self.concerns_registers(op);
        if signature.collective < Collective::Simdgroup || !(barrier || flies) {
            return None;
        }
        if let Some(split) = split {
            return Some(self.unreached(op, split, barrier));
        }
        if signature.flight != Flight::Issues {
            return None;
        }
        let (value, lanes) = op.operands.iter().find_map(|&v| Some((v, self.differs(v)?)))?;
        Some(self.operands_differ(op, value, lanes))
    }

    /// Copies to and from registers are each lane's own, and so are their waits.
    fn concerns_registers(&self, op: &Op) -> bool {
        let kernel = self.subject.kernel;
        let copy = match op.as_copy() {
            Some(copy) => Some(copy),
            None => op.operands.first().and_then(|&event| self.issue(event)).and_then(|id| kernel.op(id).as_copy()),
        };
        copy.is_some_and(|c| [c.dst, c.src].iter().any(|&m| matches!(kernel.memory(m).space, Space::Register { .. })))
    }

    /// The operation that issued an event, followed back to where a loop first took it up.
    fn issue(&self, event: ValueId) -> Option<crate::OpId> {
        let kernel = self.subject.kernel;
        let mut event = event;
        loop {
            let (owner, n) = match kernel.value(event).definition {
                Definition::Result(op, n) if kernel.op(op).code.is_copy() && n == 0 => return Some(op),
                Definition::Result(op, n) => (op, n as usize),
                Definition::Argument(block, n) => (kernel.block(block).owner?, n as usize),
                Definition::Parameter(_) => return None,
            };
            let op = kernel.op(owner);
            let is_argument = matches!(kernel.value(event).definition, Definition::Argument(..));
            event = match op.code {
                Opcode::For if is_argument => op.operands[2 + n],
                Opcode::For => op.operands[3 + n],
                Opcode::While => op.operands[n],
                _ => kernel.block(op.blocks[0]).yields[n],
            };
        }
    }

    fn unreached(&self, op: &Op, split: &Split, barrier: bool) -> Diagnostic {
        let name = op.code.info().name;
        let (rule, who, help) = match (barrier, op.code) {
            (true, Opcode::Barrier) => (
                Rule::DivergentBarrier,
                "threads of the threadgroup",
                "move the barrier out of the branch, so that every thread comes to it",
            ),
            (true, _) => (
                Rule::DivergentBarrier,
                "lanes of the simdgroup",
                "move the barrier out of the branch, so that every lane comes to it",
            ),
            (false, Opcode::AsyncCopyWait) => (
                Rule::DivergentCopy,
                "lanes of the simdgroup",
                "all 32 lanes wait together: move the wait out of the branch",
            ),
            (false, _) => (
                Rule::DivergentCopy,
                "lanes of the simdgroup",
                Dialect::of(self.subject.kernel).say(
                    "all 32 lanes issue one copy together: move it out of the branch, or guard it with a condition that is the same for the simdgroup, `where=simdgroup_index_in_threadgroup() == 0`",
                    "all 32 lanes issue one copy together: move it out of the branch, or guard it with a condition that is the same for the simdgroup, `.only_if(simdgroup_index_in_threadgroup().eq(0))`",
                ),
            ),
        };
        let [a, b] = split.lanes;
        let at = self.subject.kernel.value(split.value).span;
        let why = match split.is_loop {
            true => format!("lane {a} and lane {b} go through this loop a different number of times"),
            false => format!("lane {a} and lane {b} disagree on this condition"),
        };
        Diagnostic::new(rule, format!("not all {who} reach this `{name}`"), op.span, "reached by some lanes only")
            .with_label(at, why)
            .with_help(help)
    }

    fn operands_differ(&self, op: &Op, value: ValueId, [a, b]: [u32; 2]) -> Diagnostic {
        let name = op.code.info().name;
        let lane = |lane| self.subject.evaluator.evaluate(value, Thread::Lane(lane)).unwrap_or_default();
        let why = format!("{} in lane {a}, {} in lane {b}", lane(a), lane(b));
        let made = self.subject.kernel.value(value).span;
        let message = format!("the lanes of a simdgroup pass different operands to `{name}`");
        let diagnostic = match made == op.span {
            true => Diagnostic::new(Rule::DivergentCopy, message, op.span, why),
            false => Diagnostic::new(Rule::DivergentCopy, message, op.span, "one copy for the whole simdgroup")
                .with_label(made, why),
        };
        diagnostic.with_help("the copy is one operation of all 32 lanes: give offsets and extents for the whole tile, not for a lane's share")
    }
}

/// The first lane, and the first that differs from it, if the value is known in all lanes.
fn disagreement(in_lane: impl Fn(u32) -> Option<i128>) -> Option<[u32; 2]> {
    let first = in_lane(0)?;
    let values: Option<Vec<i128>> = (1..LANES).map(in_lane).collect();
    let other = values?.iter().position(|&v| v != first)?;
    Some([0, other as u32 + 1])
}
