//! What the in-flight analysis says.

use super::Walk;
use crate::diagnostic::{Diagnostic, Rule};
use crate::dialect::Dialect;
use crate::kernel::{MemoryId, OpId};
use crate::span::Span;
use crate::verify::event_name;

impl Walk<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic, at: OpId, issue: OpId) {
        if !self.silent && self.visits > 0 && self.reported.insert((diagnostic.rule, at, issue)) {
            self.found.push(diagnostic);
        }
    }

    fn span(&self, op: OpId) -> Span {
        self.subject.kernel.op(op).span
    }

    fn dialect(&self) -> Dialect {
        Dialect::of(self.subject.kernel)
    }

    /// The copy and its wait, in words: `` the copy `ev` `` and `async_copy_wait(ev)`.
    fn words(&self, issue: OpId) -> (String, String) {
        let event = self.subject.kernel.op(issue).results[0];
        match event_name(self.subject.kernel, event) {
            Some(name) => {
                (format!("the copy `{name}`"), format!("wait for `{name}` first: {}", self.dialect().wait(name)))
            }
            None => (
                "a copy".to_owned(),
                format!("keep what the copy returns, and wait for it first: {}", self.dialect().wait("event")),
            ),
        }
    }

    pub(super) fn report_access(&mut self, rule: Rule, at: OpId, issue: OpId, memory: MemoryId) {
        let name = self.subject.kernel.memory(memory).name.clone();
        let (copy, help) = self.words(issue);
        let (message, here) = match rule {
            Rule::ReadBeforeWait => (format!("`{name}` is read while {copy} into it is in flight"), "read here"),
            Rule::WriteBeforeWait => (format!("`{name}` is written while {copy} into it is in flight"), "written here"),
            _ => (format!("`{name}` is written while {copy} out of it is in flight"), "written here"),
        };
        let diagnostic = Diagnostic::new(rule, message, self.span(at), here)
            .with_label(self.span(issue), "the copy is issued here")
            .with_help(help);
        self.report(diagnostic, at, issue);
    }

    pub(super) fn report_overlap(&mut self, at: OpId, issue: OpId, memory: MemoryId) {
        let name = self.subject.kernel.memory(memory).name.clone();
        let (copy, help) = self.words(issue);
        let message = match at == issue {
            true => {
                format!("this copy is issued again while it is in flight, and both use the same elements of `{name}`")
            }
            false => format!("two copies are in flight, and both use the same elements of `{name}`"),
        };
        let diagnostic = Diagnostic::new(Rule::OverlappingCopies, message, self.span(at), "this copy is issued here")
            .with_label(self.span(issue), format!("{copy} is still in flight"))
            .with_help(help);
        self.report(diagnostic, at, issue);
    }

    /// Whether the copy's event was used out of its reach: then it is not lost besides.
    fn has_escaped(&self, issue: OpId) -> bool {
        let issued = self.span(issue);
        self.found.iter().any(|d| d.rule == Rule::EventEscapes && d.labels.iter().any(|l| l.span == issued))
    }

    pub(super) fn report_never_waited(&mut self, issue: OpId, end: Span, there: &str) {
        if self.has_escaped(issue) {
            return;
        }
        let (copy, _) = self.words(issue);
        let event = self.subject.kernel.op(issue).results[0];
        let name = event_name(self.subject.kernel, event).unwrap_or("ev");
        let diagnostic =
            Diagnostic::new(Rule::NeverWaited, format!("{copy} is never waited for"), self.span(issue), "issued here")
                .with_label(end, there)
                .with_help(format!("wait for it before its elements are used: {}", self.dialect().wait(name)));
        self.report(diagnostic, issue, issue);
    }

    pub(super) fn report_waited_twice(&mut self, at: OpId, first: OpId, issue: OpId) {
        let (copy, _) = self.words(issue);
        let message = format!("{copy} is waited for twice");
        let events = &self.subject.kernel.op(at).operands;
        let repeated = events.iter().enumerate().any(|(i, event)| events[..i].contains(event));
        let diagnostic = match (at == first, repeated) {
            (true, true) => Diagnostic::new(Rule::WaitedTwice, message, self.span(at), "named twice here"),
            (true, false) => {
                Diagnostic::new(Rule::WaitedTwice, message, self.span(at), "waited for in every iteration of the loop")
            }
            (false, _) => Diagnostic::new(Rule::WaitedTwice, message, self.span(at), "waited for again here")
                .with_label(self.span(first), "waited for here first"),
        };
        let diagnostic = diagnostic
            .with_label(self.span(issue), "the copy is issued here")
            .with_help("an event is waited for exactly once: remove one of the waits");
        self.report(diagnostic, at, issue);
    }
}
