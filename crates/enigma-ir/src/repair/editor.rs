//! Changes of a source file, statement by statement.

use std::ops::Range;
use std::sync::Arc;

use super::outline::{Index, Outline, words};
use super::{Edit, Repair};
use crate::dialect::Dialect;
use crate::kernel::{Kernel, OpId};
use crate::span::{Span, offset};

/// The text of the file that a place lies in.
pub(super) fn text_at(kernel: &Kernel, place: Span) -> Option<Arc<str>> {
    let text = kernel.files().file(place).read()?;
    (place.line as usize <= text.lines().count()).then_some(text)
}

/// A change of one file in the making.
pub(super) struct Editor<'k> {
    pub(super) kernel: &'k Kernel,
    pub(super) dialect: Dialect,
    pub(super) outline: Outline<'k>,
    file: u32,
    edits: Vec<Edit>,
}

impl<'k> Editor<'k> {
    /// For the file that `place` lies in, with this text.
    pub(super) fn new(kernel: &'k Kernel, place: Span, text: &'k str) -> Self {
        let dialect = Dialect::of(kernel);
        Editor { kernel, dialect, outline: Outline::new(text, dialect), file: place.file, edits: Vec::new() }
    }

    /// The first byte of the text that made an operation, if it stands in this file.
    fn start(&self, op: OpId) -> Option<usize> {
        let span = self.kernel.op(op).span;
        (span.file == self.file).then(|| offset(self.outline.text, span.line, span.column))
    }

    /// The source from an operation's place on.
    pub(super) fn from(&self, op: OpId) -> Option<&'k str> {
        Some(&self.outline.text[self.start(op)?..])
    }

    /// The statement that made an operation.
    pub(super) fn statement(&self, op: OpId) -> Option<Index> {
        self.outline.at(self.start(op)?)
    }

    /// Whether the statement is the one that declares the kernel.
    pub(super) fn is_kernel(&self, statement: Index) -> bool {
        let declared = self.kernel.span();
        let at = offset(self.outline.text, declared.line, declared.column);
        declared.file == self.file && self.outline.at(at) == Some(statement)
    }

    /// Whether the place made just one operation of this kind: it does not stand in a function that was called, or in
    /// a loop that was gone through, several times while the kernel was traced.
    pub(super) fn is_made_once(&self, op: OpId) -> bool {
        let this = self.kernel.op(op);
        self.kernel.ops.iter().filter(|other| other.code == this.code && other.span == this.span).count() == 1
    }

    /// How the source calls a function of the package: with what it says before the names of others, `enigma.`, `en.` or
    /// nothing. `None` where it is not to be seen that this would be found.
    pub(super) fn call(&self, statement: &str) -> Option<String> {
        let prefix = (0..self.kernel.op_count()).find_map(|n| self.prefix(OpId(n as u32)))?;
        let name = words(statement).next()?;
        let in_reach = !prefix.is_empty()
            || words(self.outline.text).any(|word| word == name)
            || ["import *", "prelude::*"].iter().any(|all| self.outline.text.contains(all));
        in_reach.then(|| format!("{prefix}{statement}"))
    }

    fn prefix(&self, op: OpId) -> Option<&'k str> {
        let source = self.from(op)?;
        let path = source.split(|c: char| !(c.is_alphanumeric() || "_.:".contains(c))).next()?;
        let prefix = path.strip_suffix(self.kernel.op(op).code.info().name)?;
        (prefix.is_empty() || prefix.ends_with(['.', ':'])).then_some(prefix)
    }

    /// A name that the file does not use yet.
    pub(super) fn free_name(&self, base: &str) -> String {
        let taken = |name: &str| words(self.outline.text).any(|word| word == name);
        let numbered = (2..).map(|n| format!("{base}_{n}"));
        std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    /// Puts text in the place of some bytes.
    pub(super) fn replace(&mut self, bytes: Range<usize>, text: impl Into<String>) {
        let (line, column) = self.place(bytes.start);
        let (end_line, end_column) = self.place(bytes.end);
        let span = Span { file: self.file, line, column, end_line, end_column };
        self.edits.push(Edit { span, text: text.into() });
    }

    fn place(&self, byte: usize) -> (u32, u32) {
        let before = &self.outline.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (self.outline.line(byte), before[line_start..].chars().count() as u32 + 1)
    }

    /// Takes out a statement with its lines. A suite that it leaves empty gets a `pass`.
    pub(super) fn remove(&mut self, index: Index) {
        let bytes = self.outline.statement(index).bytes.clone();
        if self.dialect == Dialect::Python && self.outline.siblings(index) == 1 {
            return self.replace(bytes, "pass");
        }
        let text = self.outline.text;
        let start = text[..bytes.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[bytes.end..].find('\n').map_or(text.len(), |at| bytes.end + at + 1);
        self.replace(start..end, "");
    }

    /// The repair that inserts a statement in front of another, besides the edits made so far.
    pub(super) fn insert_before(mut self, index: Index, statement: String) -> Repair {
        let indentation = self.outline.indentation(index);
        let at = self.outline.statement(index).bytes.start - indentation.len();
        self.replace(at..at, format!("{indentation}{statement}\n"));
        let before_line = self.outline.line(at);
        self.finish(statement, before_line)
    }

    /// The repair that inserts a statement after another and all that belongs to it.
    pub(super) fn insert_after(mut self, index: Index, statement: String) -> Repair {
        let indentation = self.outline.indentation(index);
        let end =
            self.outline.statement(self.outline.last(index)).bytes.end.max(self.outline.statement(index).bytes.end);
        let text = self.outline.text;
        let before_line = self.outline.line(end) + 1;
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        match line_end + 1 < text.len() {
            true => self.replace(line_end + 1..line_end + 1, format!("{indentation}{statement}\n")),
            false => self.replace(line_end..line_end, format!("\n{indentation}{statement}")),
        }
        self.finish(statement, before_line)
    }

    fn finish(mut self, statement: String, before_line: u32) -> Repair {
        self.edits.sort_by_key(|edit| edit.span);
        Repair { statement, before_line, edits: self.edits }
    }
}
