//! What can be tried on a Mac, and what came of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use enigma_ir::target::LinearCopy;
use serde::{Deserialize, Serialize};

use super::Lowering;

/// A lowering, and what it makes of copies in 1D.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Candidate {
    /// The lowering.
    pub lowering: Lowering,
    /// What a 1D copy becomes; [`Lowering::Cooperative`] does not care.
    pub linear_copy: LinearCopy,
}

impl Candidate {
    /// What there is to be tried on a GPU of that family, where 1D copies become that. What needs nothing that Metal does
    /// not document comes first, and others behind what they resemble: of equals the first is taken.
    pub fn all(gpu_family: u32, linear_copy: LinearCopy) -> Vec<Candidate> {
        let of = |lowering| Candidate { lowering, linear_copy };
        let hardware = [Lowering::Asm, Lowering::AsmEscaped, Lowering::Air].map(of);
        let cooperative = Candidate { lowering: Lowering::Cooperative, linear_copy: LinearCopy::default() };
        // Only GPUs of Apple's have the hardware's copy.
        std::iter::once(cooperative).chain(hardware.into_iter().filter(|_| gpu_family > 0)).collect()
    }
}

/// `cooperative`, or the lowering and what becomes of 1D copies: `asm/row`.
impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lowering {
            Lowering::Cooperative => f.write_str(self.lowering.name()),
            _ => write!(f, "{}/{}", self.lowering.name(), self.linear_copy.name()),
        }
    }
}

impl FromStr for Candidate {
    type Err = String;

    fn from_str(text: &str) -> Result<Candidate, String> {
        let (lowering, linear_copy) = text.split_once('/').unwrap_or((text, LinearCopy::default().name()));
        let read = Lowering::parse(lowering).zip(LinearCopy::parse(linear_copy));
        let read = read.map(|(lowering, linear_copy)| Candidate { lowering, linear_copy });
        read.filter(|read| read.to_string() == text).ok_or_else(|| format!("there is no candidate \"{text}\""))
    }
}

impl TryFrom<String> for Candidate {
    type Error = String;

    fn try_from(text: String) -> Result<Candidate, String> {
        text.parse()
    }
}

impl From<Candidate> for String {
    fn from(candidate: Candidate) -> String {
        candidate.to_string()
    }
}

/// What came of trying a candidate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Verdict {
    /// Every trial came out right; the timed one took so many nanoseconds.
    Right {
        /// The median of the times that the GPU took.
        nanoseconds: u64,
    },
    /// A trial came out wrong.
    Wrong {
        /// Which, and where.
        at: String,
    },
    /// The system's compiler or loader did not take a kernel.
    Rejected {
        /// What it said.
        log: String,
    },
    /// The GPU stopped a kernel.
    Stopped {
        /// What is known of it.
        why: String,
    },
    /// A trial did not end.
    Endless {
        /// Which.
        at: String,
    },
    /// It was not tried: another did not end, and the GPU may be at that still.
    Untried,
    /// The process that tried it did not live to say.
    Unfinished,
}

impl Verdict {
    /// How long the timed trial took, if all was right.
    pub fn time(&self) -> Option<Duration> {
        match self {
            Verdict::Right { nanoseconds } => Some(Duration::from_nanos(*nanoseconds)),
            _ => None,
        }
    }

    /// What to do about it; nothing where it is right.
    pub fn remedy(&self, candidate: Candidate) -> Option<&'static str> {
        Some(match (self, candidate.lowering) {
            (Verdict::Right { .. }, _) => return None,
            (_, Lowering::Cooperative) => {
                "please report this: the lowering needs nothing that Metal does not document; the CPU runs every kernel"
            }
            (Verdict::Wrong { at }, _) if candidate.linear_copy == LinearCopy::Linear && at.starts_with("1D") => {
                "leave linear_copy at \"row\"; sources disagree about the operands of the hardware's 1D copy"
            }
            (Verdict::Wrong { .. }, _) => {
                "please report this: the hardware's copy does not do what Enigma takes it to do"
            }
            (Verdict::Rejected { .. }, Lowering::Asm) => {
                "nothing, where another is right: compilers from macOS 26 on refuse these declarations"
            }
            (Verdict::Rejected { .. }, _) => "nothing, where another is right; the message is worth a report",
            (Verdict::Stopped { .. }, _) => "nothing, where another is right; please report it",
            (Verdict::Endless { .. }, _) => "restart the Mac where its GPU hangs; please report it",
            (Verdict::Untried, _) => "run this again: what did not end is not tried again",
            (Verdict::Unfinished, _) => {
                "`enigma doctor --fresh` tries again; it may end this process too, or hang the GPU"
            }
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Right { nanoseconds } => write!(f, "right, {:.1} us", *nanoseconds as f64 / 1e3),
            Verdict::Wrong { at } => write!(f, "wrong: {at}"),
            Verdict::Rejected { log } => write!(f, "rejected by the compiler: {}", first_error(log)),
            Verdict::Stopped { why } => write!(f, "stopped: {why}"),
            Verdict::Endless { at } => write!(f, "did not end: {at}"),
            Verdict::Untried => f.write_str("not tried: another did not end, and the GPU may be at that still"),
            Verdict::Unfinished => f.write_str("unfinished: the process that tried it ended before the trial did"),
        }
    }
}

/// The line of a compiler's log that says what is wrong.
fn first_error(log: &str) -> &str {
    let mut lines = log.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().next().unwrap_or("it does not say why");
    lines.find(|line| line.contains("error:")).unwrap_or(first)
}
