//! Passes: kernels that do the same with less.
//!
//! | pass | what it does |
//! |---|---|
//! | [`fold`] | computes what is constant, drops what changes nothing, and goes into the branch that is always taken |
//! | [`hoist`] | computes before a loop what is the same in each of its iterations |
//! | [`share`] | computes once what would be computed twice |
//! | [`sweep`] | drops what nothing needs |
//! | [`widen()`] | reads and writes consecutive elements together |
//! | [`specialise()`] | puts numbers in the place of function constants |
//!
//! The verifier and the checker look at the kernel as the user wrote it; what is emitted and what runs is what
//! [`optimise`] makes of it. Values keep their ids, places and names.
//!
//! # What no pass does
//!
//! * Move or drop a barrier, a wait, a copy, an atomic, or a store that anyone could see.
//! * Move a load at all, or let a load stand for another across any of these.
//! * Change a result: integers wrap, floats are rounded in their type, and which NaN comes out is left to the device.
//!
//! What an operation does to memory is read off its row in the operation table (`analysis::effects`).

mod fold;
mod hoist;
mod identities;
mod replacements;
mod share;
mod specialise;
mod sweep;
mod widen;

pub use fold::fold;
pub use hoist::hoist;
pub use share::share;
pub use specialise::{Constant, specialise};
pub use sweep::sweep;
pub use widen::widen;

use crate::kernel::{Kernel, OpId, Verified};

/// The passes, in the order in which they run; each says whether it changed anything.
const PASSES: [fn(&mut Kernel) -> bool; 4] = [fold, hoist, share, sweep];

/// The kernel as targets carry it out: the passes are run until none finds anything to do.
pub fn optimise(kernel: &Verified<Kernel>) -> Verified<Kernel> {
    let mut optimised = kernel.clone();
    settle(&mut optimised.inner);
    optimised
}

/// As [`optimise`], with accesses of `width` consecutive elements joined, for a width of 2 to 4; see [`widen()`] for what
/// is to be seen to then.
pub fn optimise_wide(kernel: &Verified<Kernel>, width: u32) -> Verified<Kernel> {
    let mut optimised = optimise(kernel);
    if widen(&mut optimised.inner, width) {
        settle(&mut optimised.inner);
    }
    optimised
}

fn settle(kernel: &mut Kernel) {
    // Each change takes something away or moves it out of a loop, so that there is an end to it.
    while PASSES.map(|pass| pass(kernel)).contains(&true) {}
}

/// Has an operation that no block holds any more, and all that is nested in it, mention nothing.
fn forget(kernel: &mut Kernel, id: OpId) {
    let op = &mut kernel.ops[id.index()];
    op.operands.clear();
    op.memories.clear();
    for block in std::mem::take(&mut op.blocks) {
        let block = &mut kernel.blocks[block.index()];
        block.yields.clear();
        for id in std::mem::take(&mut block.ops) {
            forget(kernel, id);
        }
    }
}
