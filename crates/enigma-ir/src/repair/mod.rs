//! Repairs: changes of the user's source that mend a finding.
//!
//! A repair is worked out from the kernel, which says where a wait or a barrier belongs, and from the source text, which
//! says where a statement may stand and what the event is called there. Where either leaves a doubt there is no repair.
//!
//! | module | |
//! |---|---|
//! | `outline` | the statements of a source file |
//! | `editor` | changes of a source file, statement by statement |
//! | `target` | where in the kernel the wait for a copy belongs |
//! | `wait` | the wait as a change of the source |
//! | `barrier` | where a barrier belongs, as a change of the source |

mod barrier;
mod editor;
mod outline;
mod target;
mod wait;

use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::hazard::Hazard;
use crate::kernel::Kernel;
use crate::span::{SourceFiles, Span, offset};
use crate::table::Opcode;

/// A change of the source that mends a finding: edits of one file that do not overlap, in the order of their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair {
    /// The statement that is inserted, without indentation: `enigma.async_copy_wait(ev)`.
    pub statement: String,
    /// The line that it is inserted before, counted from 1; one more than the file has where it comes last.
    pub before_line: u32,
    /// The edits, the insertion among them.
    pub edits: Vec<Edit>,
}

/// A piece of text put in the place of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced; it is empty where text is inserted, and then the text goes before it.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// The repair of a hazard, if a wait that comes earlier or a barrier mends it and there is a place for it.
pub(crate) fn of(hazard: &Hazard, kernel: &Kernel) -> Option<Repair> {
    match *hazard {
        Hazard::InFlight { at, issue, across: false, .. } => {
            wait::first_that_fits(kernel, issue, target::before_access(kernel, issue, at))
        }
        // One copy that conflicts with itself may be several simdgroups', which no wait keeps apart.
        Hazard::Overlap { at, issue, across: false, .. } if at != issue => {
            wait::first_that_fits(kernel, issue, target::before_access(kernel, issue, at))
        }
        Hazard::NeverWaited { issue } => wait::first_that_fits(kernel, issue, target::of_lost(kernel, issue)),
        Hazard::Unpublished { at, wait, memory, .. } => barrier::between(kernel, Opcode::Barrier, wait, at, memory),
        Hazard::Unsettled { at, access, memory } => barrier::between(kernel, Opcode::Barrier, access, at, memory),
        Hazard::Race { at, other, memory, across: false, simdgroup } => {
            let code = if simdgroup { Opcode::SimdBarrier } else { Opcode::Barrier };
            barrier::between(kernel, code, other, at, memory)
        }
        _ => None,
    }
}

impl Repair {
    /// The text of the file with the repair made.
    pub fn apply(&self, text: &str) -> String {
        let mut repaired = text.to_owned();
        for edit in self.edits.iter().rev() {
            repaired.replace_range(edit.range(text), &edit.text);
        }
        repaired
    }

    /// The place of its first edit; it tells the file.
    pub(crate) fn span(&self) -> Option<Span> {
        self.edits.first().map(|edit| edit.span)
    }

    /// The repair as a JSON object.
    pub fn to_json(&self, files: &SourceFiles) -> Json {
        let edits: Vec<Json> = self
            .edits
            .iter()
            .map(|edit| {
                let Span { line, column, end_line, end_column, .. } = edit.span;
                json!({
                    "file": files.file(edit.span).path, "line": line, "column": column,
                    "end_line": end_line, "end_column": end_column, "text": edit.text,
                })
            })
            .collect();
        json!({ "statement": self.statement, "before_line": self.before_line, "edits": edits })
    }
}

impl Edit {
    /// The bytes of the file's text that are replaced.
    pub(crate) fn range(&self, text: &str) -> Range<usize> {
        let Span { line, column, end_line, end_column, .. } = self.span;
        let start = offset(text, line, column);
        start..offset(text, end_line, end_column).max(start)
    }
}
