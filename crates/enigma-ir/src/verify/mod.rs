//! Judges a kernel: everything that is wrong on every run that reaches the place is found here, and all of it
//! is returned at once.
//!
//! | module | rules |
//! |---|---|
//! | [`structure`] | `invalid-kernel`: the representation's own invariants |
//! | [`limits`] | `resource-limit` |
//! | [`constants`] | `invalid-operand`: function constants of two types |
//! | [`bounds`] | `out-of-bounds`, where the extents are constant |
//! | [`divergence`] | `divergent-copy`, `divergent-barrier`, where the lanes are known to disagree |
//! | [`flight`] | `never-waited`, `waited-twice`, `read-before-wait`, `write-before-wait`, `source-overwritten`, `overlapping-copies` |
//! | [`advice`] | `no-overlap`, `late-wait-possible` |
//!
//! The rules on operands (`wrong-direction`, `type-mismatch`, `unknown-buffer`, `not-an-event`, `event-escapes` …) are the
//! builder's: it has recorded them by the time a kernel gets here.

mod advice;
mod bounds;
mod constants;
mod divergence;
mod extent;
mod flight;
mod limits;
mod structure;

use crate::analysis::arithmetic::trip_count;
use crate::analysis::evaluate::{Evaluator, Thread};
use crate::analysis::{Uniformity, uniformity};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::kernel::{BlockId, Kernel, Op, Verified};
use crate::table::Opcode;

/// A kernel and what is known of it, for the rules to look at.
struct Subject<'k> {
    kernel: &'k Kernel,
    levels: Vec<Uniformity>,
    evaluator: Evaluator<'k>,
}

impl Subject<'_> {
    /// The blocks of a branch or a loop that some run may enter.
    fn entered<'o>(&self, op: &'o Op) -> &'o [BlockId] {
        let known = |value| self.evaluator.evaluate(value, Thread::Every);
        match op.code {
            Opcode::If => match known(op.operands[0]) {
                Some(0) => &op.blocks[1..],
                Some(_) => &op.blocks[..1],
                None => &op.blocks,
            },
            Opcode::For if self.trips(op, Thread::Every) == Some(0) => &[],
            Opcode::While if known(self.kernel.block(op.blocks[0]).yields[0]) == Some(0) => &op.blocks[..1],
            _ => &op.blocks,
        }
    }

    /// How often a `for` loop runs in that thread, if it can be told. A step counts down only where it is a constant.
    fn trips(&self, op: &Op, thread: Thread) -> Option<i128> {
        let [lo, hi, step] = [0, 1, 2].map(|n| self.evaluator.evaluate(op.operands[n], thread));
        let counts_up = |step: &i128| *step > 0 || self.kernel.integer(op.operands[2]).is_some();
        trip_count(lo?, hi?, step.filter(counts_up)?)
    }
}

/// Judges a kernel: returns it as verified, or everything that is wrong with it.
///
/// # Errors
///
/// All findings of severity error, in the order of their places. Advice is given on right kernels only.
pub fn verify(kernel: Kernel) -> Result<Verified<Kernel>, Diagnostics> {
    let mut found = kernel.refused.clone();
    let malformed = structure::check(&kernel);
    if malformed.is_empty() {
        judge(&kernel, &mut found);
    }
    found.extend(malformed);
    found.sort_by_key(place);
    if found.iter().any(|d| d.severity() == Severity::Error) {
        return Err(Diagnostics::new(found, kernel.files));
    }
    Ok(Verified { inner: kernel, remarks: found })
}

fn judge(kernel: &Kernel, found: &mut Vec<Diagnostic>) {
    let mut subject = Subject { kernel, levels: uniformity(kernel), evaluator: Evaluator::new(kernel) };
    limits::check(kernel, found);
    constants::check(kernel, found);
    bounds::check(&subject, found);
    divergence::check(&subject, found);
    flight::check(&mut subject, found);
    if !found.iter().any(|d| d.severity() == Severity::Error) {
        advice::check(kernel, found);
    }
}

/// Findings are told in the order of the source: by the primary place.
fn place(diagnostic: &Diagnostic) -> (u32, u32, u32) {
    diagnostic.labels.first().map_or((0, 0, 0), |l| (l.span.file, l.span.line, l.span.column))
}
