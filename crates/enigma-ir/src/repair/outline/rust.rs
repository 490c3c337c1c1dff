//! Rust's statements: they end at a semicolon or at the brace that closes their block, and stand in blocks, those of
//! closures among them.

use std::ops::Range;

use super::{Index, Statement, first_word};

/// What begins a statement whose last `{` opens a block, whatever stands before it.
const ITEMS: [&str; 12] =
    ["fn", "pub", "impl", "struct", "enum", "trait", "mod", "if", "for", "while", "match", "unsafe"];

/// An open bracket.
enum Open {
    /// One that groups: a parenthesis, an index, the fields of a struct.
    Group,
    /// A block, with the statement that is under way in it.
    Block { suite: usize, current: Option<Index> },
}

struct Scanner<'t> {
    text: &'t str,
    statements: Vec<Statement>,
    owners: Vec<Option<Index>>,
    open: Vec<Open>,
    /// The end of the last token.
    end: usize,
}

pub(super) fn statements(text: &str) -> (Vec<Statement>, Vec<Option<Index>>) {
    let mut scanner = Scanner {
        text,
        statements: Vec::new(),
        owners: vec![None],
        open: vec![Open::Block { suite: 0, current: None }],
        end: 0,
    };
    let mut at = 0;
    while let Some(token) = next_token(text, at) {
        at = token.end;
        scanner.take(token);
    }
    let Scanner { mut statements, owners, .. } = scanner;
    for statement in &mut statements {
        statement.alone = is_alone(text, &statement.bytes);
    }
    (statements, owners)
}

/// Whether nothing but a comment shares the first and the last line of the statement.
fn is_alone(text: &str, bytes: &Range<usize>) -> bool {
    let before = text[..bytes.start].lines().next_back().unwrap_or("");
    let begins = text[..bytes.start].ends_with('\n') || before.trim().is_empty();
    let rest = text[bytes.end..].lines().next().unwrap_or("").trim_start();
    begins && (rest.is_empty() || rest.starts_with("//"))
}

impl Scanner<'_> {
    fn take(&mut self, token: Range<usize>) {
        let (start, end) = (token.start, token.end);
        let source = &self.text[token];
        if source == "}" || source == ")" || source == "]" {
            return self.close(start, end);
        }
        if let Some(Open::Block { suite, current: current @ None }) = self.open.last_mut() {
            *current = Some(self.statements.len());
            self.statements.push(Statement { bytes: start..end, suite: *suite, alone: false });
        }
        match source {
            "(" | "[" => self.open.push(Open::Group),
            "{" if self.opens_block() => {
                let owner = self.current();
                self.owners.push(owner);
                self.open.push(Open::Block { suite: self.owners.len() - 1, current: None });
            }
            "{" => self.open.push(Open::Group),
            ";" | "," => self.finish(end),
            _ => {}
        }
        self.end = end;
    }

    /// The statement under way in the innermost block.
    fn current(&self) -> Option<Index> {
        self.open.iter().rev().find_map(|open| match open {
            Open::Block { current, .. } => Some(*current),
            Open::Group => None,
        })?
    }

    /// Whether a `{` here opens a block, not the fields of a struct.
    fn opens_block(&self) -> bool {
        let before = self.text[..self.end].rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
        let statement = self.current().map_or("", |n| &self.text[self.statements[n].bytes.start..]);
        !before.starts_with(char::is_uppercase) || ITEMS.contains(&first_word(statement)) || statement.starts_with('#')
    }

    fn finish(&mut self, end: usize) {
        if let Some(Open::Block { current, .. }) = self.open.last_mut()
            && let Some(n) = current.take()
        {
            self.statements[n].bytes.end = end;
        }
    }

    fn close(&mut self, start: usize, end: usize) {
        let before = self.end;
        self.finish(before);
        let block = matches!(self.open.pop(), Some(Open::Block { .. }));
        if self.open.is_empty() {
            self.open.push(Open::Block { suite: 0, current: None });
        }
        self.end = end;
        if block && matches!(self.open.last(), Some(Open::Block { .. })) && !goes_on(&self.text[end..]) {
            self.finish(end);
        }
        debug_assert!(before <= start);
    }
}

/// Whether the statement whose block has just been closed goes on after it.
fn goes_on(rest: &str) -> bool {
    let Some(token) = next_token(rest, 0) else { return false };
    let next = &rest[token];
    next == "else" || next.starts_with(['.', '?', ';', ',', '=', '+', '-', '/', '<', '>', '|'])
}

/// The next word, literal or sign at or after `at`; white space and comments are none.
fn next_token(text: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            _ if rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            _ if rest.starts_with("/*") => {
                at += comment(rest);
                continue;
            }
            '"' => quoted(rest, '"'),
            '\'' => character(rest),
            c if c.is_alphanumeric() || c == '_' => word_or_raw_string(rest),
            c => c.len_utf8(),
        };
        return Some(at..at + length);
    }
}

/// The length of a comment in `/* */`, which may hold others.
fn comment(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        match (here.starts_with(b"/*"), here.starts_with(b"*/")) {
            (true, _) => (at, depth) = (at + 2, depth + 1),
            (_, true) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a literal between two such quotes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal, or of the quote of a lifetime or a label.
fn character(rest: &str) -> usize {
    let mut after = rest.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 1,
    }
}

/// The length of a word or a number, or of the raw string that `r` or `br` begins.
fn word_or_raw_string(rest: &str) -> usize {
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let hashes = rest[length..].len() - rest[length..].trim_start_matches('#').len();
    let raw = ["r", "br"].contains(&&rest[..length]) && rest[length + hashes..].starts_with('"');
    if !raw {
        return length;
    }
    let open = length + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len())
}
