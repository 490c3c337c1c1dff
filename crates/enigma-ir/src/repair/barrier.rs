//! Where a barrier belongs between two operations, as a change of the source.

use super::Repair;
use super::editor::{Editor, text_at};
use super::outline::Index;
use super::target::{holder, position};
use crate::analysis::{Uniformity, uniformity};
use crate::dialect::Dialect;
use crate::kernel::{Attr, BlockId, Kernel, MemFlags, MemoryId, OpId, Space};
use crate::table::Opcode;

/// The repair that puts a barrier of that kind between two operations, for the memory that both touch.
///
/// It goes before the second, in the innermost block that holds both. All threads (or, of a `simd_barrier`, all lanes)
/// must come by there.
pub(super) fn between(kernel: &Kernel, code: Opcode, first: OpId, second: OpId, memory: MemoryId) -> Option<Repair> {
    let block = common_block(kernel, first, second)?;
    let (first, second) = (holder(kernel, block, first)?, holder(kernel, block, second)?);
    let space = kernel.memory(memory).space;
    if first == second || stands_between(kernel, code, space, block, first, second) {
        return None;
    }
    let place = kernel.op(second).span;
    let text = text_at(kernel, place)?;
    let editor = Editor::new(kernel, place, &text);
    let in_order = position(kernel, first)? < position(kernel, second)?;
    if !in_order && !is_repeated(kernel, block) {
        return None;
    }
    let anchor = anchor(&editor, first, second, in_order)?;
    if !all_come_by(kernel, code, second) {
        return None;
    }
    let statement = editor.call(&editor.dialect.barrier(code, space))?;
    let end = if editor.dialect == Dialect::Rust { ";" } else { "" };
    Some(editor.insert_before(anchor, statement + end))
}

/// The innermost block that holds both.
fn common_block(kernel: &Kernel, first: OpId, second: OpId) -> Option<BlockId> {
    blocks_around(kernel, kernel.op(first).parent).find(|&block| kernel.encloses(block, kernel.op(second).parent))
}

/// Whether the block is run several times, so that what stands at its end comes before what stands at its beginning.
fn is_repeated(kernel: &Kernel, block: BlockId) -> bool {
    blocks_around(kernel, block)
        .filter_map(|inner| kernel.block(inner).owner)
        .any(|owner| matches!(kernel.op(owner).code, Opcode::For | Opcode::While))
}

/// A block and those that it is nested in.
fn blocks_around(kernel: &Kernel, block: BlockId) -> impl Iterator<Item = BlockId> {
    std::iter::successors(Some(block), |&inner| Some(kernel.op(kernel.block(inner).owner?).parent))
}

/// Whether such a barrier stands between the two already, so that another would mend nothing. Where the second comes
/// earlier in the block, the way from one to the other is over the block's end.
fn stands_between(kernel: &Kernel, code: Opcode, space: Space, block: BlockId, first: OpId, second: OpId) -> bool {
    let (Some(from), Some(to)) = (position(kernel, first), position(kernel, second)) else { return true };
    let ops = &kernel.block(block).ops;
    let on_the_way = |at: usize| if from < to { from < at && at < to } else { at < to || from < at };
    ops.iter().enumerate().any(|(at, &id)| {
        let op = kernel.op(id);
        let strong = op.code == Opcode::Barrier || op.code == code;
        on_the_way(at) && strong && matches!(op.attrs.first(), Some(Attr::MemFlags(flags)) if orders(*flags, space))
    })
}

fn orders(flags: MemFlags, space: Space) -> bool {
    match space {
        Space::Device => matches!(flags, MemFlags::Device | MemFlags::DeviceAndThreadgroup),
        _ => matches!(flags, MemFlags::Threadgroup | MemFlags::DeviceAndThreadgroup),
    }
}

/// The statement that the barrier goes before: in the sequence of statements, of the kernel's own text, in which the two
/// operations stand side by side.
fn anchor(editor: &Editor<'_>, first: OpId, second: OpId, in_order: bool) -> Option<Index> {
    let (from, to) = (editor.statement(first)?, editor.statement(second)?);
    let outline = &editor.outline;
    let kernel = outline.function(from)?;
    let own = kernel == outline.function(to)? && editor.is_kernel(kernel);
    let deferred = |op: OpId, statement: Index| editor.kernel.op(op).blocks.is_empty() && outline.defers(statement);
    if !own || deferred(first, from) || deferred(second, to) {
        return None;
    }
    let (from, to) = outline.around(from).find_map(|outer| {
        let suite = outline.statement(outer).suite;
        outline.around(to).find(|&n| outline.statement(n).suite == suite).map(|inner| (outer, inner))
    })?;
    let anchor = outline.lead(to);
    let between = if in_order { from < anchor } else { anchor != from };
    (between && outline.statement(anchor).alone).then_some(anchor)
}

/// Whether no thread is missing where the operation stands, wherever its text was traced.
fn all_come_by(kernel: &Kernel, code: Opcode, op: OpId) -> bool {
    let levels = uniformity(kernel);
    let limit = if code == Opcode::Barrier { Uniformity::Threadgroup } else { Uniformity::Simdgroup };
    let place = kernel.op(op).span;
    let uniform = |inner: BlockId| {
        let owner = kernel.block(inner).owner.map(|owner| kernel.op(owner));
        let deciding = match owner {
            None => return true,
            Some(owner) if owner.code == Opcode::If => &owner.operands[..1],
            Some(owner) if owner.code == Opcode::For => &owner.operands[..3],
            Some(owner) if owner.blocks[0] == inner => return false,
            Some(owner) => &kernel.block(owner.blocks[0]).yields[..1],
        };
        deciding.iter().all(|value| levels[value.index()] <= limit)
    };
    kernel.ops.iter().filter(|other| other.span == place).all(|other| blocks_around(kernel, other.parent).all(uniform))
}
