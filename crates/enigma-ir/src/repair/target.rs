//! Where in the kernel the wait for a copy belongs: which value stands for its event there, in which block, and which
//! other waits the new one makes superfluous.
//!
//! The wait always goes into the block in which the event came into being or was carried to, never into a loop or a
//! branch inside it. Where a barrier lies on the way to what needs the copy, the wait goes before it: a barrier after
//! the wait is what shows the copy to other simdgroups.

use crate::analysis::events::{self, Use};
use crate::kernel::{BlockId, Definition, Kernel, OpId, ValueId};
use crate::table::Opcode;

/// A place for a wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// What stands for the event there.
    pub(super) event: ValueId,
    /// The operation of the event's own block that it goes before; `None` for the block's end.
    pub(super) before: Option<OpId>,
    /// Waits that name the event and come later.
    pub(super) superfluous: Vec<OpId>,
}

/// Places for the wait for a copy that is in flight when `at`, an access or another copy, touches what it moves, the best
/// first.
pub(super) fn before_access(kernel: &Kernel, issue: OpId, at: OpId) -> Vec<Target> {
    let Some((event, access)) = in_reach(kernel, kernel.op(issue).results[0], at) else { return Vec::new() };
    places(kernel, event, [Some(access)])
}

/// Places for the wait for a copy that is not waited for, the best first.
pub(super) fn of_lost(kernel: &Kernel, issue: OpId) -> Vec<Target> {
    let issued = kernel.op(issue).results[0];
    let event = match events::lost(kernel, issued)[..] {
        [lost] => lost,
        [] if is_waited_for_in_branches(kernel, issued) => issued,
        _ => return Vec::new(),
    };
    let uses = needs(kernel, event, issue, |kernel, op| !kernel.op(op).code.is_copy());
    let copies = needs(kernel, event, issue, |_, _| true);
    let waits = after(kernel, event).into_iter().find(|&op| waits_inside(kernel, op, event));
    let last = match (kernel.value(event).definition, waits) {
        (_, Some(waits)) => Some(waits),
        (Definition::Argument(block, _), None) => kernel.block(block).ops.first().copied(),
        _ => None,
    };
    let wanted = uses.into_iter().chain(copies).map(Some).chain([last]);
    places(kernel, event, wanted)
}

/// Turns operations of an event's block that need the copy into places for its wait.
fn places(kernel: &Kernel, event: ValueId, wanted: impl IntoIterator<Item = Option<OpId>>) -> Vec<Target> {
    let mut found = Vec::new();
    for needed in wanted {
        let barrier = needed.and_then(|op| barrier_before(kernel, event, op));
        for before in [barrier, needed] {
            let end = before.is_none() && needed.is_none();
            if (before.is_some() || end) && !found.iter().any(|t: &Target| t.before == before) {
                found.extend(superfluous(kernel, event, before).map(|waits| Target {
                    event,
                    before,
                    superfluous: waits,
                }));
            }
        }
    }
    found
}

/// The operation of `block` that is `op` or holds it.
pub(super) fn holder(kernel: &Kernel, block: BlockId, op: OpId) -> Option<OpId> {
    std::iter::successors(Some(op), |&inner| kernel.block(kernel.op(inner).parent).owner)
        .find(|&outer| kernel.op(outer).parent == block)
}

/// Where an operation stands in its block.
pub(super) fn position(kernel: &Kernel, op: OpId) -> Option<usize> {
    kernel.block(kernel.op(op).parent).ops.iter().position(|&other| other == op)
}

/// The position in its block from which on an event can be waited for.
fn begins(kernel: &Kernel, event: ValueId) -> usize {
    match kernel.value(event).definition {
        Definition::Result(op, _) => position(kernel, op).map_or(0, |at| at + 1),
        _ => 0,
    }
}

/// The operations of an event's block from which on it can be waited for.
fn after(kernel: &Kernel, event: ValueId) -> Vec<OpId> {
    kernel.block(kernel.home(event)).ops[begins(kernel, event)..].to_vec()
}

/// Follows an event to where `at` stands: the value that stands for it there, and the operation of its block that is
/// `at` or holds it.
fn in_reach(kernel: &Kernel, issued: ValueId, at: OpId) -> Option<(ValueId, OpId)> {
    let mut event = issued;
    for _ in 0..=kernel.block_count() {
        let home = kernel.home(event);
        let used = events::uses(kernel, event);
        let Some(access) = holder(kernel, home, at) else {
            event = used.iter().find_map(|used| leaves(kernel, *used, home))?;
            continue;
        };
        let here = position(kernel, access)?;
        let mut next = None;
        for used in used {
            match used {
                Use::Wait(_) => {}
                Use::Enters(carrier, n) => {
                    let enters = position(kernel, holder(kernel, home, carrier)?)?;
                    let op = kernel.op(carrier);
                    if enters > here {
                        continue;
                    }
                    if op.parent != home || op.code != Opcode::For {
                        return None;
                    }
                    next = Some(if enters == here { kernel.block(op.blocks[0]).args[n + 1] } else { op.results[n] });
                }
                Use::Yield(block, n) => {
                    let owner = kernel.op(kernel.block(block).owner?);
                    let is_argument = matches!(kernel.value(event).definition, Definition::Argument(..));
                    if block != home || owner.code != Opcode::For || is_argument {
                        return None;
                    }
                    next = next.or(Some(kernel.block(block).args[n + 1]));
                }
            }
        }
        match next {
            Some(value) => event = value,
            None => return (here >= begins(kernel, event)).then_some((event, access)),
        }
    }
    None
}

/// What an event becomes outside the block that it is passed on by.
fn leaves(kernel: &Kernel, used: Use, home: BlockId) -> Option<ValueId> {
    let Use::Yield(block, n) = used else { return None };
    let owner = kernel.op(kernel.block(block).owner?);
    (block == home && owner.code == Opcode::For).then(|| owner.results[n])
}

/// The waits that a wait at that place makes superfluous; `None` where the event would be waited for twice all the same,
/// or is passed on.
fn superfluous(kernel: &Kernel, event: ValueId, before: Option<OpId>) -> Option<Vec<OpId>> {
    let home = kernel.home(event);
    let here = before.map_or(Some(usize::MAX), |op| position(kernel, op))?;
    let mut waits = Vec::new();
    for used in events::uses(kernel, event) {
        let Use::Wait(wait) = used else { return None };
        if position(kernel, holder(kernel, home, wait)?)? < here {
            return None;
        }
        waits.push(wait);
    }
    Some(waits)
}

/// The last barrier between the event's beginning and an operation of its block.
fn barrier_before(kernel: &Kernel, event: ValueId, op: OpId) -> Option<OpId> {
    let between = after(kernel, event);
    let end = between.iter().position(|&other| other == op)?;
    between[..end].iter().rev().copied().find(|&other| kernel.op(other).code == Opcode::Barrier)
}

/// The first operation of the event's block that holds one that touches what the copy writes, or writes what it reads.
fn needs(kernel: &Kernel, event: ValueId, issue: OpId, counts: impl Fn(&Kernel, OpId) -> bool) -> Option<OpId> {
    let copy = kernel.op(issue).as_copy()?;
    let touches = |id: OpId| {
        let op = kernel.op(id);
        counts(kernel, id) && (op.memories.contains(&copy.dst) || op.writes(copy.src))
    };
    after(kernel, event).into_iter().find(|&op| inside(kernel, op).into_iter().any(&touches))
}

/// An operation and all in its blocks.
fn inside(kernel: &Kernel, op: OpId) -> Vec<OpId> {
    let mut found = vec![op];
    let mut next = 0;
    while let Some(&op) = found.get(next) {
        next += 1;
        found.extend(kernel.op(op).blocks.iter().flat_map(|&block| &kernel.block(block).ops));
    }
    found
}

fn waits_inside(kernel: &Kernel, op: OpId, event: ValueId) -> bool {
    inside(kernel, op).iter().any(|&op| {
        let op = kernel.op(op);
        op.code == Opcode::AsyncCopyWait && op.operands.contains(&event)
    })
}

/// Whether all that uses an event is waits in branches, of which a run may come by none.
fn is_waited_for_in_branches(kernel: &Kernel, event: ValueId) -> bool {
    let home = kernel.home(event);
    let in_branch = |used: &Use| match used {
        Use::Wait(wait) => kernel.op(*wait).parent != home,
        _ => false,
    };
    events::uses(kernel, event).iter().all(in_branch)
}
