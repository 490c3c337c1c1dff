//! A kernel, and what is made of it.

use std::sync::OnceLock;

use enigma_cpu::Program;
use enigma_ir::{Diagnostics, Kernel, Verified, passes};

/// A verified kernel with what the targets make of it, each made when it is first asked for. What is emitted and what
/// runs has been through the [`passes`]; the checker runs the kernel as it was written.
#[derive(Debug)]
pub struct Compiled {
    kernel: Verified<Kernel>,
    optimised: OnceLock<Verified<Kernel>>,
    program: OnceLock<Program>,
    checked_program: OnceLock<Program>,
}

impl Compiled {
    /// Verifies a kernel.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the kernel.
    pub fn new(kernel: Kernel) -> Result<Compiled, Diagnostics> {
        Ok(Compiled {
            kernel: enigma_ir::verify(kernel)?,
            optimised: OnceLock::new(),
            program: OnceLock::new(),
            checked_program: OnceLock::new(),
        })
    }

    /// The kernel, as it was written.
    pub fn kernel(&self) -> &Verified<Kernel> {
        &self.kernel
    }

    /// The kernel, as it is carried out.
    pub fn optimised(&self) -> &Verified<Kernel> {
        self.optimised.get_or_init(|| passes::optimise(&self.kernel))
    }

    /// The kernel as Metal source.
    pub fn metal_source(&self, options: &enigma_msl::Options) -> String {
        enigma_msl::emit(self.optimised(), options)
    }

    /// The kernel as MLIR text.
    pub fn mlir_source(&self) -> String {
        enigma_ir::mlir(&self.kernel)
    }

    /// The kernel as the CPU runs it.
    pub(crate) fn program(&self) -> &Program {
        self.program.get_or_init(|| Program::new(self.optimised()))
    }

    /// The kernel as the checker runs it.
    pub(crate) fn checked_program(&self) -> &Program {
        self.checked_program.get_or_init(|| Program::new(&self.kernel))
    }
}
