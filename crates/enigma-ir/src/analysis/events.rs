//! What becomes of an event: the values that stand for it after loops and branches have passed it on.

use std::collections::HashMap;

use crate::kernel::{BlockId, Definition, Kernel, OpId, ValueId};
use crate::table::{Flight, Opcode};
use crate::types::Type;

/// How an event is used.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// An operation waits for it.
    Wait(OpId),
    /// A loop starts with it, as this carried value.
    Enters(OpId, usize),
    /// A block passes it on at its end, in this place.
    Yield(BlockId, usize),
}

/// Every use of every event of a kernel.
pub(crate) struct Uses<'k> {
    kernel: &'k Kernel,
    by_event: HashMap<ValueId, Vec<Use>>,
}

impl<'k> Uses<'k> {
    pub(crate) fn new(kernel: &'k Kernel) -> Self {
        let mut uses = Uses { kernel, by_event: HashMap::new() };
        for id in kernel.walk() {
            let op = kernel.op(id);
            let waits = op.code.info().signature.flight == Flight::Awaits;
            let carries = if op.code == Opcode::For { 3 } else { 0 };
            for (n, &operand) in op.operands.iter().enumerate().filter(|&(_, &operand)| is_event(kernel, operand)) {
                uses.add(operand, if waits { Use::Wait(id) } else { Use::Enters(id, n - carries) });
            }
        }
        for (n, block) in kernel.blocks.iter().enumerate() {
            for (place, &yielded) in block.yields.iter().enumerate().filter(|&(_, &yielded)| is_event(kernel, yielded))
            {
                uses.add(yielded, Use::Yield(BlockId(n as u32), place));
            }
        }
        uses
    }

    fn add(&mut self, event: ValueId, used: Use) {
        self.by_event.entry(event).or_default().push(used);
    }

    /// The uses of an event, in the order of the operations, then of the blocks.
    pub(crate) fn of(&self, event: ValueId) -> &[Use] {
        self.by_event.get(&event).map_or(&[], Vec::as_slice)
    }

    /// The event and every value that may stand for it, the event first.
    pub(crate) fn aliases(&self, event: ValueId) -> Vec<ValueId> {
        let mut found = vec![event];
        let mut next = 0;
        while let Some(&event) = found.get(next) {
            next += 1;
            for value in self.of(event).iter().flat_map(|&used| becomes(self.kernel, used)) {
                if !found.contains(&value) {
                    found.push(value);
                }
            }
        }
        found
    }
}

fn is_event(kernel: &Kernel, value: ValueId) -> bool {
    kernel.ty(value) == Type::Event
}

/// Every use of an event, in the order of the operations, then of the blocks.
pub(crate) fn uses(kernel: &Kernel, event: ValueId) -> Vec<Use> {
    Uses::new(kernel).of(event).to_vec()
}

/// The values that the use makes of the event.
fn becomes(kernel: &Kernel, used: Use) -> Vec<ValueId> {
    let carried_by = |op: OpId, n: usize| {
        let op = kernel.op(op);
        match op.code {
            Opcode::For => vec![kernel.block(op.blocks[0]).args[n + 1], op.results[n]],
            Opcode::While => {
                vec![kernel.block(op.blocks[0]).args[n], kernel.block(op.blocks[1]).args[n], op.results[n]]
            }
            _ => vec![op.results[n]],
        }
    };
    match used {
        Use::Wait(_) => Vec::new(),
        Use::Enters(op, n) => carried_by(op, n),
        Use::Yield(block, n) => kernel.block(block).owner.map_or(Vec::new(), |owner| carried_by(owner, n)),
    }
}

/// The values that may stand for the event and that nothing uses: there it is lost.
pub(crate) fn lost(kernel: &Kernel, event: ValueId) -> Vec<ValueId> {
    let uses = Uses::new(kernel);
    uses.aliases(event).into_iter().filter(|&alias| uses.of(alias).is_empty()).collect()
}

/// The loop or branch at whose end the copy can no longer be waited for; `None` where that is the kernel's end.
pub(crate) fn goes_out_of_reach(kernel: &Kernel, event: ValueId) -> Option<OpId> {
    let last = lost(kernel, event).first().copied().unwrap_or(event);
    let home = match kernel.value(last).definition {
        Definition::Argument(block, _) => block,
        _ => kernel.home(last),
    };
    kernel.block(home).owner
}
