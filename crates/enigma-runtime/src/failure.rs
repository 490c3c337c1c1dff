//! What goes wrong on a GPU, and what is said of it.

use enigma_ir::{Diagnostic, Diagnostics, Dialect, Kernel, Rule};

use crate::lowering::{Chosen, Lowering};

/// Why a GPU did not run a kernel to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The system's compiler did not take the source, or its loader the library. What it said.
    Rejected(String),
    /// The kernel took longer than the GPU, or who waited for it, allows.
    TimedOut,
    /// The kernel touched memory that is not the GPU's.
    PageFault(String),
    /// There was not enough memory.
    OutOfMemory(String),
    /// Anything else that Metal says.
    Stopped(String),
}

/// What Metal calls the errors of a command buffer that are told apart here, as in `MTLCommandBuffer.h`.
pub mod code {
    /// `MTLCommandBufferErrorTimeout`.
    pub const TIMEOUT: usize = 2;
    /// `MTLCommandBufferErrorPageFault`.
    pub const PAGE_FAULT: usize = 3;
    /// `MTLCommandBufferErrorOutOfMemory`.
    pub const OUT_OF_MEMORY: usize = 8;
}

impl Failure {
    /// The failure that a command buffer ended with: the code of its error, and Metal's description of it.
    pub fn of_command_buffer(code: usize, description: String) -> Failure {
        match code {
            code::TIMEOUT => Failure::TimedOut,
            code::PAGE_FAULT => Failure::PageFault(description),
            code::OUT_OF_MEMORY => Failure::OutOfMemory(description),
            _ => Failure::Stopped(description),
        }
    }

    /// The failure as a finding about the kernel, which ran on that device under that lowering.
    pub fn diagnose(self, kernel: &Kernel, device: &str, chosen: &Chosen) -> Diagnostics {
        let name = kernel.name();
        let (rule, message, said) = match self {
            Failure::Rejected(log) => {
                (Rule::DeviceUnavailable, format!("{device} does not take the kernel `{name}`"), Some(log))
            }
            Failure::TimedOut => {
                (Rule::NoProgress, format!("the kernel `{name}` was stopped on {device}: it took too long"), None)
            }
            Failure::PageFault(said) => {
                let message =
                    format!("the kernel `{name}` was stopped on {device}: it touched memory that is not its own");
                (Rule::OutOfBounds, message, Some(said))
            }
            Failure::OutOfMemory(said) => {
                (Rule::ResourceLimit, format!("the kernel `{name}` needs more memory than {device} has"), Some(said))
            }
            Failure::Stopped(said) => {
                (Rule::DeviceUnavailable, format!("{device} stopped the kernel `{name}`"), Some(said))
            }
        };
        let label = format!("launched under \"{}\" ({})", chosen.lowering.name(), chosen.reason);
        let found =
            Diagnostic::new(rule, message, kernel.span(), label).with_help(remedy(rule, kernel, chosen.lowering));
        let found = match said {
            Some(said) => found.with_note(format!("Metal says: {}", said.trim())),
            None => found,
        };
        Diagnostics::new(vec![found], kernel.files().clone())
    }
}

/// What to do about it.
fn remedy(rule: Rule, kernel: &Kernel, lowering: Lowering) -> &'static str {
    let dialect = Dialect::of(kernel);
    match (rule, lowering) {
        (Rule::NoProgress | Rule::OutOfBounds, _) => dialect.say(
            "the checker finds where: enigma.check(kernel, ..., grid=, threads=)",
            "the checker finds where: kernel.check(grid, threads, ...)",
        ),
        (Rule::ResourceLimit, _) => "bind smaller buffers, or launch on the CPU",
        (_, Lowering::Cooperative) => "`enigma doctor` tries each lowering on this machine; the CPU runs every kernel",
        _ => {
            "`enigma doctor` tries each lowering on this machine; \"cooperative\" needs nothing that Metal does not document"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowering::Trial;
    use enigma_ir::Style;

    fn shown(failure: Failure, lowering: Lowering) -> String {
        let chosen = Chosen { lowering, reason: "as was asked for".to_owned() };
        failure.diagnose(Trial::pace().kernel.kernel(), "Apple M2", &chosen).render(Style::Plain)
    }

    #[test]
    fn each_failure_names_the_kernel_the_device_and_a_remedy() {
        let log = "program_source:20:11: error: illegal string literal in 'asm'\n";
        insta::assert_snapshot!(
            [
                shown(Failure::Rejected(log.to_owned()), Lowering::Asm),
                shown(Failure::TimedOut, Lowering::Cooperative),
                shown(Failure::PageFault("Caused GPU Address Fault Error".to_owned()), Lowering::Air),
                shown(Failure::OutOfMemory("Insufficient Memory".to_owned()), Lowering::Air),
                shown(Failure::Stopped("Internal Error".to_owned()), Lowering::Cooperative),
            ]
            .join("\n\n")
        );
    }

    #[test]
    fn codes_of_command_buffers_are_told_apart() {
        let failure = |code| Failure::of_command_buffer(code, "said".to_owned());
        assert_eq!(failure(2), Failure::TimedOut);
        assert_eq!(failure(3), Failure::PageFault("said".to_owned()));
        assert_eq!(failure(8), Failure::OutOfMemory("said".to_owned()));
        for other in [0, 1, 4, 7, 9, 11, 12, 99] {
            assert_eq!(failure(other), Failure::Stopped("said".to_owned()));
        }
    }
}
