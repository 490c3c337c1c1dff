//! Candidates tried on devices that are right, wrong, slow, or break down.

use std::cell::Cell;
use std::time::Duration;

use enigma_runtime::lowering::{Trial, Verdict, try_out};
use enigma_runtime::{Failure, Lowering, Order, Runtime};

use crate::{Executor, Pretended, candidate};

const TIME: Duration = Duration::from_micros(50);

#[test]
fn the_executor_comes_out_right() {
    assert_eq!(try_out(&Executor, candidate(Lowering::Asm)), Verdict::Right { nanoseconds: 100_000 });
}

#[test]
fn the_trials_are_right_kernels() {
    let cpu = Runtime::new("cpu").unwrap();
    for trial in Trial::copies().chain([Trial::pace()]) {
        let (_, report) =
            trial.on(|arguments| cpu.check(&trial.kernel, &trial.launch, arguments, Order::Late)).unwrap();
        assert!(report.errors().is_ok(), "{}: {:?}", trial.name, report.findings());
    }
}

#[test]
fn every_trial_asks_for_something_of_its_own() {
    let trials: Vec<Trial> = Trial::copies().chain([Trial::pace()]).collect();
    for (n, trial) in trials.iter().enumerate() {
        assert_eq!(trial.first_wrong(&trial.expected), None);
        assert_eq!(trial.first_wrong(&trial.blank).is_some(), trial.blank != trial.expected, "{}", trial.name);
        assert!(trials[..n].iter().all(|other| other.expected != trial.expected), "{}", trial.name);
        assert!(trial.first_wrong(&trial.expected[..trial.expected.len() - 1]).is_some());
    }
}

#[test]
fn one_wrong_byte_is_enough() {
    for place in [0, 1000, 2047] {
        let bench = Pretended(|trial: &Trial, _| {
            let mut output = trial.expected.clone();
            if trial.name == "2D out" {
                output[place] ^= 1;
            }
            Ok((output, TIME))
        });
        let at = format!("2D out, element {} of the output", place / 4);
        assert_eq!(try_out(&bench, candidate(Lowering::Air)), Verdict::Wrong { at });
    }
}

#[test]
fn a_copy_that_does_nothing_is_found_out() {
    let bench = Pretended(|trial: &Trial, _| Ok((trial.blank.clone(), TIME)));
    assert!(matches!(try_out(&bench, candidate(Lowering::Asm)), Verdict::Wrong { .. }));
}

#[test]
fn the_time_is_the_median_after_warming_up() {
    // The first runs are slow, as where a GPU wakes up, and one later run is.
    let run = Cell::new(0);
    let bench = Pretended(|trial: &Trial, _| {
        let n = if trial.name == "pace" { run.replace(run.get() + 1) } else { 0 };
        let slow = n < 2 || n == 5;
        Ok((trial.expected.clone(), if slow { TIME * 100 } else { TIME + Duration::from_nanos(n) }))
    });
    let Verdict::Right { nanoseconds } = try_out(&bench, candidate(Lowering::Asm)) else { panic!("it is right") };
    assert!((50_006..50_009).contains(&nanoseconds), "{nanoseconds}");
}

/// The verdict when that becomes of one trial.
fn verdict(name: &str, failure: Failure) -> Verdict {
    let bench = Pretended(|trial: &Trial, _| match trial.name == name {
        true => Err(failure.clone()),
        false => Ok((trial.expected.clone(), TIME)),
    });
    try_out(&bench, candidate(Lowering::Asm))
}

#[test]
fn breaking_down_is_told_apart() {
    let log = "program_source:20:11: error: illegal string literal in 'asm'".to_owned();
    assert_eq!(verdict("1D in", Failure::Rejected(log.clone())), Verdict::Rejected { log });
    let stopped = |why: &str| Verdict::Stopped { why: why.to_owned() };
    assert_eq!(verdict("2D in", Failure::TimedOut), Verdict::Endless { at: "2D in".to_owned() });
    assert_eq!(verdict("pace", Failure::Stopped("Internal Error\n".to_owned())), stopped("pace: Internal Error"));
    assert_eq!(verdict("1D out", Failure::PageFault("a fault".to_owned())), stopped("1D out: a fault"));
    assert_eq!(verdict("1D out", Failure::OutOfMemory("no memory".to_owned())), stopped("1D out: no memory"));
}

#[test]
fn the_first_failure_ends_it() {
    let runs = Cell::new(0);
    let bench = Pretended(|_: &Trial, _| {
        runs.set(runs.get() + 1);
        Err(Failure::TimedOut)
    });
    try_out(&bench, candidate(Lowering::Asm));
    assert_eq!(runs.get(), 1);
}

#[test]
fn verdicts_read_well() {
    let rejected = Verdict::Rejected { log: "warning: unused\nerror: illegal string literal in 'asm'\n^".to_owned() };
    let silent = Verdict::Rejected { log: String::new() };
    assert_eq!(rejected.to_string(), "rejected by the compiler: error: illegal string literal in 'asm'");
    assert_eq!(silent.to_string(), "rejected by the compiler: it does not say why");
    assert_eq!(Verdict::Right { nanoseconds: 123_456 }.to_string(), "right, 123.5 us");
}

#[test]
fn whatever_is_not_right_has_a_remedy() {
    let text = || "x".to_owned();
    let failures = [
        Verdict::Wrong { at: text() },
        Verdict::Rejected { log: text() },
        Verdict::Stopped { why: text() },
        Verdict::Unfinished,
    ];
    for lowering in Lowering::ALL {
        assert_eq!(Verdict::Right { nanoseconds: 1 }.remedy(candidate(lowering)), None);
        assert!(failures.iter().all(|verdict| verdict.remedy(candidate(lowering)).is_some()));
    }
}
