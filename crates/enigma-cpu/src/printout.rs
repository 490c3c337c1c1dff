//! The lines that a launch prints.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Takes the lines of `debug_print` in, and gives them out in the order of the threadgroups, in which they need not have come.
#[derive(Debug)]
pub struct Printout {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By the number of the threadgroup.
    lines: BTreeMap<u64, Vec<String>>,
    count: usize,
    omitted: u64,
}

impl Default for Printout {
    /// Keeps [`Printout::MOST`] lines.
    fn default() -> Self {
        Printout::of_at_most(Self::MOST)
    }
}

impl Printout {
    /// The lines that are kept of a launch, the first ones.
    pub const MOST: usize = 10_000;

    /// Keeps so many lines, the first ones; of the others it knows how many there were.
    pub fn of_at_most(most: usize) -> Self {
        Printout { most, kept: Mutex::default() }
    }

    /// The most lines of one threadgroup that it is worth to keep.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Takes in the first lines of a threadgroup, and the number of those that were left out.
    pub(crate) fn add(&self, threadgroup: u64, lines: Vec<String>, omitted: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += lines.len();
        kept.omitted += omitted;
        kept.lines.insert(threadgroup, lines);
        while kept.count > self.most {
            let Some((last, mut lines)) = kept.lines.pop_last() else { break };
            let excess = (kept.count - self.most).min(lines.len());
            lines.truncate(lines.len() - excess);
            kept.count -= excess;
            kept.omitted += excess as u64;
            if !lines.is_empty() {
                kept.lines.insert(last, lines);
            }
        }
    }

    /// The lines, the first threadgroup's first. Where some were left out, a last line says how many.
    pub fn lines(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> = kept.lines.values().flatten().cloned().collect();
        if kept.omitted > 0 {
            lines.push(format!("... and {} more lines", kept.omitted));
        }
        lines
    }

    /// Writes the lines to standard output.
    pub fn print(&self) {
        let mut out = std::io::stdout().lock();
        // Where nobody reads any more there is nobody to tell.
        let _ = self.lines().iter().try_for_each(|line| writeln!(out, "{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_kept_in_the_order_of_the_threadgroups() {
        let line = |n: u64| (0..3).map(|i| format!("{n}.{i}")).collect::<Vec<_>>();
        let printout = Printout::of_at_most(5);
        for threadgroup in [2, 0, 3, 1] {
            printout.add(threadgroup, line(threadgroup), 0);
        }
        assert_eq!(printout.lines(), ["0.0", "0.1", "0.2", "1.0", "1.1", "... and 7 more lines"]);
        assert_eq!(Printout::default().lines(), [""; 0]);
    }
}
