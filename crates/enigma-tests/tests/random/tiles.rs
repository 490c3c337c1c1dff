//! What is said to be read and followed by a barrier is so on a run.

use enigma_cpu::observer::Transfer;
use enigma_ir::analysis::ReadBack;
use enigma_ir::{Kernel, MemoryId, Opcode, Space};

use crate::trace::{Step, Trace};

/// The first copy to threadgroup memory whose tile no thread reads after its wait, or no barrier follows, and for which
/// nothing is `left` to do at the kernel's end.
pub fn unread(kernel: &Kernel, trace: &Trace, left: &ReadBack) -> Option<String> {
    trace.values().find_map(|steps| {
        steps.iter().enumerate().find_map(|(n, step)| {
            let Step::Wait { event, .. } = step else { return None };
            // Where nothing of the source exists, the lanes fill the tile.
            let tile = issued(steps, *event).filter(|transfer| !transfer.valid.contains(&0))?.dst;
            let rest = &steps[n..];
            let is_tile = matches!(kernel.memory(tile).space, Space::Threadgroup { .. });
            let is_left = left.elements.iter().any(|(memory, _)| *memory == tile);
            let barrier = |step: &Step| matches!(step, Step::Barrier { code: Opcode::Barrier, .. });
            match is_tile {
                true if !is_left && !rest.iter().any(|step| reads(step, tile)) => Some("is not read"),
                true if !left.barrier && !rest.iter().any(barrier) => Some("no barrier follows"),
                _ => None,
            }
            .map(|wrong| format!("`{}` {wrong}", kernel.memory(tile).name))
        })
    })
}

fn issued(steps: &[Step], event: u32) -> Option<&Transfer> {
    steps.iter().find_map(|step| match step {
        Step::Issue(transfer) if transfer.event == event => Some(transfer),
        _ => None,
    })
}

fn reads(step: &Step, tile: MemoryId) -> bool {
    match step {
        Step::Access { memory, access, elements, .. } => *memory == tile && access.reads() && !elements.is_empty(),
        Step::Matrix { memory, write, .. } => *memory == tile && !write,
        Step::Issue(transfer) => transfer.src == tile,
        _ => false,
    }
}
