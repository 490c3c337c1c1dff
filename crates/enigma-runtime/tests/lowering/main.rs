//! The self-test of lowerings and the ledger of its verdicts, on devices that are not Metal's: the executor, which is right,
//! and others, which are not.

mod kept;
mod tried;

use std::cell::RefCell;
use std::time::Duration;

use enigma_ir::target::LinearCopy;
use enigma_runtime::lowering::{Bench, Candidate, Machine, Trial};
use enigma_runtime::{Failure, Lowering, Runtime};

/// The executor, in the place of a GPU.
pub struct Executor;

impl Bench for Executor {
    fn run(&self, trial: &Trial, _: Candidate) -> Result<(Vec<u8>, Duration), Failure> {
        let cpu = Runtime::new("cpu").unwrap();
        let (output, _) = trial
            .on(|arguments| cpu.dispatch(&trial.kernel, &trial.launch, arguments))
            .map_err(|found| Failure::Stopped(found.to_string()))?;
        Ok((output, Duration::from_micros(100)))
    }
}

/// A device on which something becomes of a trial, given what must come out.
pub struct Pretended<F>(pub F);

impl<F: Fn(&Trial, Candidate) -> Result<(Vec<u8>, Duration), Failure>> Bench for Pretended<F> {
    fn run(&self, trial: &Trial, candidate: Candidate) -> Result<(Vec<u8>, Duration), Failure> {
        self.0(trial, candidate)
    }
}

/// A lowering as it is tried where nothing else is said.
pub fn candidate(lowering: Lowering) -> Candidate {
    Candidate { lowering, linear_copy: LinearCopy::Row }
}

/// A Mac that is nowhere.
pub fn machine() -> Machine {
    Machine { gpu: "Apple M2 Pro".to_owned(), gpu_family: 8, macos: "15.1".to_owned(), build: "24B83".to_owned() }
}

/// Notes what happens, in order.
#[derive(Default)]
pub struct Log(RefCell<Vec<String>>);

impl Log {
    /// Something happens.
    pub fn note(&self, what: impl ToString) {
        self.0.borrow_mut().push(what.to_string());
    }

    /// What happened so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}
