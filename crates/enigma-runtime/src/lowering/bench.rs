//! The self-test: candidates tried on a device.

use std::time::Duration;

use super::candidate::{Candidate, Verdict};
use super::trial::Trial;
use crate::failure::Failure;

/// Runs of the timed trial whose time does not count.
const WARM_UP: usize = 2;
/// Runs of the timed trial whose times count.
const RUNS: usize = 9;

/// A device that runs trials.
pub trait Bench {
    /// Runs a trial's kernel under a candidate and gives the bytes of its output, and how long the device took for it.
    ///
    /// # Errors
    ///
    /// What hindered it. A kernel that does not end is to be given up, as [`Failure::TimedOut`].
    fn run(&self, trial: &Trial, candidate: Candidate) -> Result<(Vec<u8>, Duration), Failure>;
}

/// Tries a candidate: each kind of copy once, then the timed kernel several times.
pub fn try_out(bench: &dyn Bench, candidate: Candidate) -> Verdict {
    Trial::copies()
        .try_for_each(|trial| right(bench, &trial, candidate).map(drop))
        .and_then(|()| timed(bench, candidate))
        .unwrap_or_else(|verdict| verdict)
}

fn timed(bench: &dyn Bench, candidate: Candidate) -> Result<Verdict, Verdict> {
    let trial = Trial::pace();
    let mut times = Vec::with_capacity(WARM_UP + RUNS);
    for _ in 0..WARM_UP + RUNS {
        times.push(right(bench, &trial, candidate)?);
    }
    let counted = &mut times[WARM_UP..];
    counted.sort();
    Ok(Verdict::Right { nanoseconds: counted[RUNS / 2].as_nanos() as u64 })
}

/// How long a trial took that came out right; else what became of it.
fn right(bench: &dyn Bench, trial: &Trial, candidate: Candidate) -> Result<Duration, Verdict> {
    let (output, time) = bench.run(trial, candidate).map_err(|failure| verdict(failure, trial))?;
    match trial.first_wrong(&output) {
        None => Ok(time),
        Some(element) => Err(Verdict::Wrong { at: format!("{}, element {element} of the output", trial.name) }),
    }
}

fn verdict(failure: Failure, trial: &Trial) -> Verdict {
    let why = match failure {
        Failure::Rejected(log) => return Verdict::Rejected { log },
        Failure::TimedOut => return Verdict::Endless { at: trial.name.to_owned() },
        Failure::PageFault(said) | Failure::OutOfMemory(said) | Failure::Stopped(said) => said,
    };
    Verdict::Stopped { why: format!("{}: {}", trial.name, why.trim()) }
}
