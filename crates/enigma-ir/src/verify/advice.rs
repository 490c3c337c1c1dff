//! `no-overlap` and `late-wait-possible`: what a right kernel leaves on the table.
//!
//! Looks at issue and wait in one block only; what lies in different blocks is overlapped on purpose.

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Kernel, Op, OpId};
use crate::table::{Flight, Group, Opcode};

pub(super) fn check(kernel: &Kernel, found: &mut Vec<Diagnostic>) {
    for block in &kernel.blocks {
        for (at, &id) in block.ops.iter().enumerate() {
            let op = kernel.op(id);
            if op.code.info().signature.flight != Flight::Awaits {
                continue;
            }
            found.extend(no_overlap(kernel, &block.ops[..at], op));
            found.extend(late_wait(kernel, &block.ops[at + 1..], op));
        }
    }
}

/// Whether an operation takes time that a copy could hide in.
fn is_work(op: &Op) -> bool {
    let info = op.code.info();
    !op.blocks.is_empty()
        || matches!(info.group, Group::Memory | Group::Simdgroup | Group::SimdgroupMatrix | Group::Float)
}

fn no_overlap(kernel: &Kernel, before: &[OpId], wait: &Op) -> Option<Diagnostic> {
    let issue = wait.operands.first().and_then(|&event| kernel.defining_op(event)).filter(|op| op.code.is_copy())?;
    let issued = before.iter().position(|&id| std::ptr::eq(kernel.op(id), issue))?;
    if before[issued..].iter().any(|&id| is_work(kernel.op(id))) {
        return None;
    }
    Some(
        Diagnostic::new(
            Rule::NoOverlap,
            "the copy is waited for at once and hides nothing",
            wait.span,
            "waited for here",
        )
        .with_label(issue.span, "issued here")
        .with_help("do work between issue and wait that does not need the tile, or issue the copy earlier"),
    )
}

fn late_wait(kernel: &Kernel, after: &[OpId], wait: &Op) -> Option<Diagnostic> {
    let copies: Option<Vec<_>> =
        wait.operands.iter().map(|&event| kernel.defining_op(event).and_then(Op::as_copy)).collect();
    let copies = copies?;
    let touches = |op: &Op| {
        let written = op.code.info().signature.memories().any(|(access, _)| access.writes());
        let needs = |m| copies.iter().any(|c| c.dst == m || (c.src == m && written));
        op.memories.iter().any(|&m| needs(m))
    };
    let stops = |op: &Op| {
        let synchronises = matches!(op.code, Opcode::Barrier | Opcode::SimdBarrier | Opcode::AsyncCopyWait);
        touches(op) || synchronises || !op.blocks.is_empty()
    };
    let first = after.iter().position(|&id| stops(kernel.op(id)))?;
    if !after[..first].iter().any(|&id| is_work(kernel.op(id))) {
        return None;
    }
    Some(
        Diagnostic::new(Rule::LateWaitPossible, "the wait can move down", wait.span, "waits here")
            .with_label(kernel.op(after[first]).span, "and is needed only here")
            .with_help("what lies in between does not need the tile: let the copy go on behind it"),
    )
}
