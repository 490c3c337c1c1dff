//! The one diagnostic type, its rendering and its JSON form.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use serde_json::{Value as Json, json};

use crate::repair::{Edit, Repair};
use crate::span::{SourceFiles, Span, offset};

/// How bad a finding is.
#[derive(Copy, Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Severity {
    /// The kernel is right, and could be better.
    Advice,
    /// The kernel may be right.
    Warning,
    /// The kernel is wrong.
    Error,
}

impl Severity {
    /// `"error"`, `"warning"` or `"advice"`.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

macro_rules! rules {
    ($( $rule:ident $name:literal $severity:ident $doc:literal; )*) => {
        /// What can be wrong with a kernel or with a launch. The name of a rule is the same in code,
        /// messages, documentation and tests.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub enum Rule {
            $( #[doc = $doc] $rule, )*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$rule),*];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name),* }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Rule::$rule => Severity::$severity),* }
            }

            /// What it means, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Rule::$rule => $doc),* }
            }

            /// Its page in the documentation, as Markdown: what goes wrong, an example, the message, the mend.
            pub const fn page(self) -> &'static str {
                match self { $(Rule::$rule => include_str!(concat!("../../../docs/rules/", $name, ".md"))),* }
            }
        }
    };
}

rules! {
    WrongDirection "wrong-direction" Error "A d2t copy needs a device source and a threadgroup destination; a t2d copy the reverse.";
    TypeMismatch "type-mismatch" Error "The two sides of a copy, or a matrix and its memory, have different element types.";
    UnknownBuffer "unknown-buffer" Error "No parameter and no allocation has that name.";
    NotAnEvent "not-an-event" Error "`async_copy_wait` was given something that is no event.";
    EventEscapes "event-escapes" Error "An event is used outside the loop or branch that made it, without being carried out.";
    NeverWaited "never-waited" Error "A copy is still in flight when its event goes out of reach or the kernel ends.";
    WaitedTwice "waited-twice" Error "The event was already waited for.";
    DivergentCopy "divergent-copy" Error "Not all lanes of the simdgroup reach the copy or the wait, or they pass different operands.";
    DivergentBarrier "divergent-barrier" Error "Not all threads of the threadgroup reach the barrier.";
    OutOfBounds "out-of-bounds" Error "An access or a copy leaves its buffer.";
    ReadBeforeWait "read-before-wait" Error "The destination of a copy is read while the copy may be in flight.";
    WriteBeforeWait "write-before-wait" Error "The destination of a copy is written while the copy may be in flight.";
    SourceOverwritten "source-overwritten" Error "The source of a copy is written while the copy may be in flight.";
    OverlappingCopies "overlapping-copies" Error "Two copies in flight conflict.";
    MissingBarrier "missing-barrier" Error "Another simdgroup uses what a copy moves without a barrier between the two: after the wait, or before the issue.";
    DataRace "data-race" Error "Two threads touch the same element, one of them writes it, and nothing orders the two.";
    UninitializedRead "uninitialized-read" Error "Threadgroup or register memory is read before anything wrote it.";
    ResourceLimit "resource-limit" Error "More than 32 KiB of threadgroup memory, 1024 threads in a threadgroup or 31 buffers.";
    NoProgress "no-progress" Error "A loop does not come to an end.";
    InvalidOperand "invalid-operand" Error "An operation was given an argument that it cannot take.";
    LiteralOutOfRange "literal-out-of-range" Error "A literal does not fit the type it is to take.";
    ValueEscapes "value-escapes" Error "A value is used outside the loop or branch that made it, without being carried out.";
    ForeignValue "foreign-value" Error "A value is used outside the kernel that made it.";
    InvalidKernel "invalid-kernel" Error "The kernel cannot be traced: its signature or its Python code has no meaning in the kernel language.";
    InvalidBinding "invalid-binding" Error "An argument of a launch does not fit the kernel's parameter.";
    DeviceUnavailable "device-unavailable" Error "The device that was asked for is not there, or does not do what is asked of it.";
    Unsupported "unsupported" Error "What a kernel is emitted for lacks something that the kernel needs.";
    RedundantCopy "redundant-copy" Warning "Several simdgroups issue the same copy.";
    UnreadCopy "unread-copy" Warning "A tile is copied in and never read.";
    NoOverlap "no-overlap" Advice "The wait follows the issue with no work in between, so the copy hides nothing.";
    LateWaitPossible "late-wait-possible" Advice "The wait can move down, past work that does not need the tile.";
    RedundantWait "redundant-wait" Advice "The wait waits for nothing.";
    RedundantBarrier "redundant-barrier" Advice "The barrier orders nothing that anything needs ordered.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place that a diagnostic speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One finding: a rule, a message, a primary place, further places, remedies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Which rule was broken.
    pub rule: Rule,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The places; the first is the primary one. Empty only for what has no place in any source, as a launch's arguments.
    pub labels: Vec<Label>,
    /// What else is to be known: where it happened first, how often.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// A change of the source that mends it.
    pub repair: Option<Repair>,
}

impl Diagnostic {
    /// A finding at its primary place.
    pub fn new(rule: Rule, message: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let labels = vec![Label { span, text: text.into() }];
        Diagnostic { rule, message: message.into(), labels, notes: Vec::new(), help: Vec::new(), repair: None }
    }

    /// A finding that has no place in the source.
    pub fn placeless(rule: Rule, message: impl Into<String>) -> Self {
        Diagnostic {
            rule,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            repair: None,
        }
    }

    /// Adds a further place.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds what else is to be known.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }

    /// The finding as a JSON object.
    pub fn to_json(&self, files: &SourceFiles) -> Json {
        let labels: Vec<Json> = self
            .labels
            .iter()
            .map(|label| {
                let Span { line, column, end_line, end_column, .. } = label.span;
                json!({
                    "file": files.file(label.span).path, "line": line, "column": column,
                    "end_line": end_line, "end_column": end_column, "text": label.text,
                })
            })
            .collect();
        json!({
            "rule": self.rule.name(), "severity": self.severity().name(), "message": self.message,
            "labels": labels, "notes": self.notes, "help": self.help, "repair": self.repair.as_ref().map(|r| r.to_json(files)),
        })
    }

    /// The finding as a compiler would print it.
    pub fn render(&self, files: &SourceFiles, style: Style) -> String {
        let level = match self.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Advice => Level::INFO.with_name("advice"),
        };
        let texts: Vec<_> = self.labels.iter().map(|l| (l, files.file(l.span).read())).collect();
        let mut main = Group::with_title(level.primary_title(self.message.as_str()).id(self.rule.name()));
        for (path, spot) in by_file(&texts, files) {
            main = match spot {
                Some(text) => main.element(snippet(path, text, &texts, files)),
                None => texts.iter().filter(|(l, _)| files.file(l.span).path == path).fold(main, |group, (l, _)| {
                    group.element(Level::NOTE.message(format!("{}: {}", files.place(l.span), l.text)))
                }),
            };
        }
        for note in &self.notes {
            main = main.element(Level::NOTE.message(note.as_str()));
        }
        let repair = self.repair.as_ref().and_then(|repair| Some((repair, files.file(repair.span()?))));
        let text = repair.and_then(|(_, file)| file.read());
        // The first remedy is what the repair does: it stands above the changed lines.
        let (done, told) = self.help.split_at(usize::from(text.is_some()).min(self.help.len()));
        for help in told {
            main = main.element(Level::HELP.message(help.as_str()));
        }
        let mut groups = vec![main];
        if let (Some((repair, file)), Some(text), [title]) = (repair, &text, done) {
            let change = |edit: &'_ Edit| {
                let patch = Patch::new(edit.range(text), edit.text.clone());
                Snippet::source(&**text).path(file.path.as_str()).fold(true).patch(patch)
            };
            groups.push(Level::HELP.secondary_title(title.as_str()).elements(repair.edits.iter().map(change)));
        }
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Colour => Renderer::styled(),
        };
        renderer.render(&groups)
    }
}

type LabelText<'a> = (&'a Label, Option<std::sync::Arc<str>>);

/// The files that the labels lie in, each once, the primary label's first, with the text where it can be had.
fn by_file<'a>(texts: &'a [LabelText<'a>], files: &'a SourceFiles) -> Vec<(&'a str, Option<&'a str>)> {
    let mut seen: Vec<(&str, Option<&str>)> = Vec::new();
    for (label, text) in texts {
        let path = files.file(label.span).path.as_str();
        if !seen.iter().any(|(known, _)| *known == path) {
            let reaches = |t: &&str| label.span.line as usize <= t.lines().count();
            seen.push((path, text.as_deref().filter(reaches)));
        }
    }
    seen
}

fn snippet<'a>(
    path: &'a str,
    text: &'a str,
    texts: &'a [LabelText<'a>],
    files: &SourceFiles,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(text).path(path).fold(true);
    for (i, (label, _)) in texts.iter().enumerate() {
        if files.file(label.span).path != path {
            continue;
        }
        let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        snippet = snippet.annotation(kind.span(byte_range(text, label.span)).label(label.text.as_str()));
    }
    snippet
}

/// The bytes of `text` that a span covers. A span whose end is not known reaches to the end of the
/// expression that starts there; one that reaches over several lines is cut at the end of its first.
fn byte_range(text: &str, span: Span) -> std::ops::Range<usize> {
    let start = offset(text, span.line, span.column);
    let rest = text[start..].lines().next().unwrap_or("");
    let end = match (span.end_column, span.end_line == span.line) {
        (0, _) => start + expression_len(rest),
        (column, true) => offset(text, span.line, column).max(start),
        (_, false) => start + rest.trim_end().len(),
    };
    start..end
}

/// The length of the call or name that `text` starts with: up to the end of its identifier, and
/// through its balanced brackets where the line holds them.
fn expression_len(text: &str) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let tail = &text[name..];
    if !tail.starts_with('(') {
        return name.max(text.chars().next().map_or(0, char::len_utf8));
    }
    let mut depth = 0;
    for (i, c) in tail.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return name + i + 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.trim_end().len()
}

/// How a diagnostic is rendered.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI colours.
    Colour,
}

/// Everything that was found, with the files that the findings point into. This is the error type of
/// every fallible call of the project.
#[derive(Clone)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    files: SourceFiles,
}

impl Diagnostics {
    /// Bundles findings with their files.
    pub fn new(items: Vec<Diagnostic>, files: SourceFiles) -> Self {
        Diagnostics { items, files }
    }

    /// The findings, in the order they were made.
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// The files that the findings point into.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// All findings as a compiler would print them.
    pub fn render(&self, style: Style) -> String {
        let rendered: Vec<String> = self.items.iter().map(|d| d.render(&self.files, style)).collect();
        rendered.join("\n\n")
    }

    /// All findings as a JSON array.
    pub fn to_json(&self) -> Json {
        self.items.iter().map(|d| d.to_json(&self.files)).collect()
    }
}

impl From<Diagnostic> for Diagnostics {
    /// For a finding without places.
    fn from(diagnostic: Diagnostic) -> Self {
        debug_assert!(diagnostic.labels.is_empty(), "a finding with places needs its files");
        Diagnostics::new(vec![diagnostic], SourceFiles::default())
    }
}

impl fmt::Debug for Diagnostics {
    /// As `Display`: this is what a `main` or a test that ends with an error prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for Diagnostics {}
