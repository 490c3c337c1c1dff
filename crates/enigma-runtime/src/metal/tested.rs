//! The self-test of lowerings on the GPU.

use std::sync::PoisonError;
use std::time::Duration;

use enigma_ir::target::LinearCopy;
use objc2::rc::autoreleasepool;

use super::Gpu;
use super::command::Job;
use super::memory::Sharing;
use crate::failure::Failure;
use crate::lowering::{Bench, Candidate, Choice, Emission, Ledger, Mac, Machine, Trial, Verdicts, directory, settled};
use crate::regions::Regions;

/// How long a trial may take. Each is over in milliseconds, once it is compiled.
const PATIENCE: Duration = Duration::from_secs(5);

impl Bench for Gpu {
    fn run(&self, trial: &Trial, candidate: Candidate) -> Result<(Vec<u8>, Duration), Failure> {
        let choice = Choice::Fixed(candidate.lowering);
        let emission = Emission { choice, linear_copy: candidate.linear_copy, ..Emission::default() };
        let kernel = trial.kernel.emitted(emission);
        let refused = |found: enigma_ir::Diagnostics| Failure::Rejected(found.to_string());
        autoreleasepool(|_| {
            let pipeline = self.pipeline(&kernel).map_err(refused)??;
            trial.on(|arguments| {
                let regions = Regions::of(kernel.kernel(), arguments).map_err(refused)?;
                let kernel = kernel.kernel();
                let job = Job { kernel, pipeline: &pipeline, launch: &trial.launch, arguments, regions: &regions };
                // A kernel that does not end keeps its memory: it must not be ours.
                job.run(self, Sharing::Never, Some(PATIENCE))
            })
        })
    }
}

impl Mac for Gpu {
    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn verdicts(&self, linear_copy: LinearCopy, fresh: bool) -> Verdicts {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = ledger.get_or_insert_with(|| Ledger::open(directory().as_deref(), &self.machine));
        settled(ledger, &self.machine, self, linear_copy, fresh)
    }
}
