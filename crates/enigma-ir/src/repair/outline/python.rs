//! Python's logical lines: a statement goes on over line ends in brackets, in triple quotes and after a backslash.

use super::{Index, Statement, first_word};

/// Keywords of statements that have a suite.
const COMPOUND: [&str; 13] =
    ["if", "elif", "else", "for", "while", "with", "try", "except", "finally", "def", "class", "match", "async"];

pub(super) fn statements(text: &str) -> (Vec<Statement>, Vec<Option<Index>>) {
    let mut statements: Vec<Statement> = Vec::new();
    let mut owners = vec![None];
    // The suites that are open, each with the width of its indentation.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut header = None;
    for line in LogicalLines::new(text) {
        let start = line.start;
        let width = start - text[..start].rfind('\n').map_or(0, |at| at + 1);
        if let Some(owner) = header.take() {
            owners.push(Some(owner));
            open.push((width, owners.len() - 1));
        }
        while open.len() > 1 && open.last().is_some_and(|&(indented, _)| width < indented) {
            open.pop();
        }
        let source = &text[line.start..line.end];
        let opens = source.ends_with(':');
        let alone = !line.several && (opens || !COMPOUND.contains(&first_word(source)));
        if opens {
            header = Some(statements.len());
        }
        let suite = open.last().map_or(0, |&(_, suite)| suite);
        statements.push(Statement { bytes: line.start..line.end, suite, alone });
    }
    (statements, owners)
}

/// A logical line without its indentation, its comment and its end.
struct Line {
    start: usize,
    end: usize,
    /// Whether a semicolon parts it.
    several: bool,
}

struct LogicalLines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> LogicalLines<'t> {
    fn new(text: &'t str) -> Self {
        LogicalLines { text, at: 0 }
    }

    /// The end of the string literal whose quote stands at `at`.
    fn string_end(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let quote = &self.text[at..=at];
        let triple = self.text[at..].starts_with(&quote.repeat(3));
        let close = if triple { quote.repeat(3) } else { quote.to_owned() };
        let mut next = at + close.len();
        while next < bytes.len() {
            match bytes[next] {
                b'\\' => next += 2,
                b'\n' if !triple => return next,
                _ if self.text.as_bytes()[next..].starts_with(close.as_bytes()) => return next + close.len(),
                _ => next += 1,
            }
        }
        bytes.len()
    }
}

impl Iterator for LogicalLines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let bytes = self.text.as_bytes();
        let (mut start, mut end) = (None, 0);
        let (mut depth, mut several) = (0_usize, false);
        while self.at < bytes.len() {
            let at = self.at;
            match bytes[at] {
                b'\n' if depth == 0 && start.is_some() => {
                    self.at += 1;
                    break;
                }
                b'#' => {
                    self.at += self.text[at..].find('\n').unwrap_or(self.text.len() - at);
                    continue;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'\x0c' => {
                    self.at += 1;
                    continue;
                }
                b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => {
                    let line_end = self.text[at..].find('\n').map_or(bytes.len(), |n| at + n + 1);
                    self.at = line_end;
                    continue;
                }
                b'"' | b'\'' => self.at = self.string_end(at),
                byte => {
                    match byte {
                        b'(' | b'[' | b'{' => depth += 1,
                        b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                        b';' if depth == 0 => several = true,
                        _ => {}
                    }
                    self.at += 1;
                }
            }
            start.get_or_insert(at);
            end = self.at;
        }
        start.map(|start| Line { start, end: end.min(bytes.len()), several })
    }
}
