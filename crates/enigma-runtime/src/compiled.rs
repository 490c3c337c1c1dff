//! A kernel, and what is made of it.

use std::sync::OnceLock;

use enigma_cpu::Program;
use enigma_ir::{Diagnostics, Kernel, Verified};

/// A verified kernel with what the targets make of it, each made when it is first asked for.
#[derive(Debug)]
pub struct Compiled {
    kernel: Verified<Kernel>,
    program: OnceLock<Program>,
}

impl Compiled {
    /// Verifies a kernel.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the kernel.
    pub fn new(kernel: Kernel) -> Result<Compiled, Diagnostics> {
        Ok(Compiled { kernel: enigma_ir::verify(kernel)?, program: OnceLock::new() })
    }

    /// The kernel.
    pub fn kernel(&self) -> &Verified<Kernel> {
        &self.kernel
    }

    /// The kernel as Metal source.
    pub fn metal_source(&self, options: &enigma_msl::Options) -> String {
        enigma_msl::emit(&self.kernel, options)
    }

    /// The kernel as MLIR text.
    pub fn mlir_source(&self) -> String {
        enigma_ir::mlir(&self.kernel)
    }

    /// The kernel as the CPU runs it.
    pub(crate) fn program(&self) -> &Program {
        self.program.get_or_init(|| Program::new(&self.kernel))
    }
}
