//! Source places. Every operation has one; an error without a place is a bug.

use std::sync::Arc;

/// A range of source text. Lines count from 1, columns from 1 in characters.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Span {
    /// Which file; an index into [`SourceFiles`].
    pub file: u32,
    /// First line.
    pub line: u32,
    /// Column of the first character on `line`.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character on `end_line`; 0 when only the start is known
    /// (Rust's `Location` gives no end), then the renderer underlines to the end of the expression.
    pub end_column: u32,
}

/// One source file: its path, and its text when it is not (or no longer) to be read from disk, as in a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the front end knows it.
    pub path: String,
    /// The text, when the front end has it at hand.
    pub text: Option<Arc<str>>,
}

impl SourceFile {
    /// The text of the file: what the front end gave, else what is on disk. A relative path is looked for from the
    /// working directory upwards: Rust's compiler gives paths from the root of the workspace, and tests run below it.
    pub fn read(&self) -> Option<Arc<str>> {
        if let Some(text) = &self.text {
            return Some(text.clone());
        }
        let here = std::env::current_dir().ok()?;
        here.ancestors().find_map(|folder| std::fs::read_to_string(folder.join(&self.path)).ok()).map(Arc::from)
    }
}

/// The files that the spans of one kernel point into.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    files: Vec<SourceFile>,
}

impl SourceFiles {
    /// The number of the file with this path, added when it is new. `text` is called only then.
    pub fn intern(&mut self, path: &str, text: impl FnOnce() -> Option<Arc<str>>) -> u32 {
        if let Some(found) = self.files.iter().position(|f| f.path == path) {
            return found as u32;
        }
        self.files.push(SourceFile { path: path.to_owned(), text: text() });
        (self.files.len() - 1) as u32
    }

    /// The file that a span points into.
    pub fn file(&self, span: Span) -> &SourceFile {
        &self.files[span.file as usize]
    }

    /// `path:line:column`, as editors understand it.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}:{}", self.file(span).path, span.line, span.column)
    }
}

/// The byte of `text` at which a line and a column begin; the end of the line, or of the text, where it is shorter.
pub(crate) fn offset(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let rest = text[start..].lines().next().unwrap_or("");
    let before = (column as usize).saturating_sub(1);
    start + rest.char_indices().nth(before).map_or(rest.len(), |(at, _)| at)
}
