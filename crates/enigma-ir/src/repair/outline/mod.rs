//! The statements of a source file: just enough of its grammar to know before which line a new one may stand.

mod python;
mod rust;

use std::ops::Range;

use crate::dialect::Dialect;

/// A statement, by its place among all of its file.
pub(super) type Index = usize;

/// One statement. The header of a compound statement is a statement, and those of its suite come after it.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// The bytes from its first character to after its last.
    pub(super) bytes: Range<usize>,
    /// Which sequence of statements it stands in.
    pub(super) suite: usize,
    /// Whether it shares no line with another statement.
    pub(super) alone: bool,
}

/// The statements of a file, in the order in which they begin.
#[derive(Debug)]
pub(super) struct Outline<'t> {
    pub(super) text: &'t str,
    dialect: Dialect,
    statements: Vec<Statement>,
    /// The statement that each suite belongs to; `None` for the file itself.
    owners: Vec<Option<Index>>,
}

impl<'t> Outline<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        let (statements, owners) = match dialect {
            Dialect::Python => python::statements(text),
            Dialect::Rust => rust::statements(text),
        };
        Outline { text, dialect, statements, owners }
    }

    pub(super) fn statement(&self, index: Index) -> &Statement {
        &self.statements[index]
    }

    pub(super) fn source(&self, index: Index) -> &'t str {
        &self.text[self.statement(index).bytes.clone()]
    }

    /// The innermost statement that holds that byte.
    pub(super) fn at(&self, byte: usize) -> Option<Index> {
        let begun = self.statements.partition_point(|s| s.bytes.start <= byte);
        (0..begun).rev().find(|&n| self.statements[n].bytes.contains(&byte))
    }

    /// The statement whose suite it stands in.
    pub(super) fn owner(&self, index: Index) -> Option<Index> {
        self.owners[self.statement(index).suite]
    }

    /// The statement and those that it stands in, the innermost first.
    pub(super) fn around(&self, index: Index) -> impl Iterator<Item = Index> {
        std::iter::successors(Some(index), |&inner| self.owner(inner))
    }

    /// The function that the statement stands in.
    pub(super) fn function(&self, index: Index) -> Option<Index> {
        self.around(index).skip(1).find(|&n| self.defines_function(n))
    }

    /// The statements that begin after one and before another.
    pub(super) fn between(&self, after: Index, before: Index) -> Range<Index> {
        after + 1..before.max(after + 1)
    }

    /// The last of the statements that belong to this one: itself, or the last in its suites.
    pub(super) fn last(&self, index: Index) -> Index {
        let inside = |&n: &Index| self.around(n).any(|outer| outer == index);
        (index..self.statements.len()).take_while(inside).last().unwrap_or(index)
    }

    /// Number of statements in the suite that the statement stands in.
    pub(super) fn siblings(&self, index: Index) -> usize {
        let suite = self.statement(index).suite;
        self.statements.iter().filter(|s| s.suite == suite).count()
    }

    /// The statement before which a new one may stand, so that it comes before this one: some go with the one before
    /// them, as an `else`.
    pub(super) fn lead(&self, index: Index) -> Index {
        let suite = self.statement(index).suite;
        let before = (0..index).rev().find(|&n| self.statements[n].suite == suite);
        let follows = |before: Index| match self.dialect {
            Dialect::Python => {
                let goes_on = ["else", "elif", "except", "finally"].contains(&first_word(self.source(index)));
                goes_on || self.source(before).starts_with('@')
            }
            Dialect::Rust => false,
        };
        match before {
            Some(before) if follows(before) => self.lead(before),
            _ => index,
        }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, byte: usize) -> u32 {
        self.text[..byte].matches('\n').count() as u32 + 1
    }

    /// The white space that the statement's first line begins with.
    pub(super) fn indentation(&self, index: Index) -> &'t str {
        let start = self.statement(index).bytes.start;
        &self.text[self.text[..start].rfind('\n').map_or(0, |at| at + 1)..start]
    }

    fn defines_function(&self, index: Index) -> bool {
        let source = self.source(index);
        match self.dialect {
            Dialect::Python => ["def", "class", "async"].contains(&first_word(source)),
            Dialect::Rust => {
                let header = source.split('{').next().unwrap_or(source);
                words(header).any(|word| word == "fn")
                    || (header.starts_with("let ") && header.trim_end().ends_with('|'))
            }
        }
    }

    /// Whether the statement holds code that is run elsewhere or not at all, so that its place says nothing of when.
    pub(super) fn defers(&self, index: Index) -> bool {
        match self.dialect {
            Dialect::Python => words(self.source(index)).any(|word| word == "lambda"),
            Dialect::Rust => self.around(index).skip(1).any(|n| first_word(self.source(n)) == "match"),
        }
    }

    /// Whether the statement gives a variable a new value, in whole or in part.
    pub(super) fn assigns(&self, index: Index, variable: &str) -> bool {
        let source = self.source(index);
        let mentions = |text: &str| words(text).any(|word| word == variable);
        match (self.dialect, first_word(source)) {
            (_, "for") | (Dialect::Python, "with" | "import" | "from" | "del" | "def" | "class" | "global") => {
                mentions(source)
            }
            (Dialect::Rust, "let") => mentions(source.split('=').next().unwrap_or(source)),
            (Dialect::Rust, _) => false,
            _ => source.contains(":=") && mentions(source) || targets(source).is_some_and(mentions),
        }
    }
}

/// What stands before the last `=` of an assignment, augmented ones included; `None` for other statements.
fn targets(source: &str) -> Option<&str> {
    let mut depth = 0;
    let mut last = None;
    let bytes = source.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' | b'\'' => break,
            b'=' if depth == 0 => {
                let beside = |n: Option<usize>| n.and_then(|n| bytes.get(n)).copied().unwrap_or(b' ');
                let compares =
                    matches!(beside(at.checked_sub(1)), b'=' | b'!' | b'<' | b'>') || beside(Some(at + 1)) == b'=';
                if !compares {
                    last = Some(&source[..at]);
                }
            }
            _ => {}
        }
    }
    last
}

/// The names and keywords of a piece of source, those in strings and comments among them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: &str = "import enigma\n\n@enigma.kernel\ndef k(A):  # α: \"\n    '''doc\n    string;'''\n    with f(\n        A,\n    ) as (i, carry):\n        x = A[i] + \\\n            1; y = 'ü\\'#'\n    if x: y = 2\n    else:\n        pass\nz = 3";

    #[test]
    fn statements_of_python_stand_in_suites() {
        let outline = Outline::new(PYTHON, Dialect::Python);
        let told: Vec<(&str, Option<Index>, bool)> = (0..outline.statements.len())
            .map(|n| (first_word(outline.source(n)), outline.owner(n), outline.statement(n).alone))
            .collect();
        let expected = [
            ("import", None, true),
            ("", None, true),
            ("def", None, true),
            ("", Some(2), true),
            ("with", Some(2), true),
            ("x", Some(4), false),
            ("if", Some(2), false),
            ("else", Some(2), true),
            ("pass", Some(7), true),
            ("z", None, true),
        ];
        assert_eq!(told, expected);
        assert_eq!(outline.lead(2), 1, "a decorator goes before its function");
        assert_eq!(outline.lead(7), 6, "an `else` goes after its `if`");
        assert_eq!(outline.last(2), 8);
    }

    #[test]
    fn text_that_is_cut_off_anywhere_has_an_outline() {
        for (text, dialect) in [(PYTHON, Dialect::Python), (include_str!("rust.rs"), Dialect::Rust)] {
            for (end, _) in text.char_indices() {
                let outline = Outline::new(&text[..end], dialect);
                for (n, statement) in outline.statements.iter().enumerate() {
                    assert!(statement.bytes.end <= end && !outline.source(n).is_empty());
                }
            }
        }
    }

    #[test]
    fn assignments_are_told_from_uses() {
        for (source, assigns) in [
            ("ev = f()", true),
            ("a, ev = f()", true),
            ("ev += 1", true),
            ("carry[ev] = 1", true),
            ("for ev in f():", true),
            ("g((ev := f()))", true),
            ("f(ev)", false),
            ("x = ev == 2", false),
            ("f(ev=1)", false),
            ("event = 1", false),
        ] {
            assert_eq!(Outline::new(source, Dialect::Python).assigns(0, "ev"), assigns, "{source}");
        }
    }
}
