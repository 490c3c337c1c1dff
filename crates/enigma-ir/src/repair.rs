//! Repairs: changes of the user's source that mend a finding.

use serde_json::{Value as Json, json};

use crate::span::{SourceFiles, Span};

/// A change of the source that mends a finding: edits of one file that do not overlap, in the order of their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair {
    /// The statement that is inserted, without indentation: `enigma.async_copy_wait(ev)`.
    pub statement: String,
    /// The line that it is inserted before, counted from 1.
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

impl Repair {
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
