//! AIR, the LLVM IR of Metal, from verified kernels, without Apple's compiler and without LLVM.
//!
//! ```text
//! lower       from kernels to LLVM modules
//! llvm        LLVM IR as data, and as text
//! metallib    the container that Metal loads
//! ```

pub mod llvm;
mod lower;
pub mod metallib;

use enigma_ir::target::Target;
use enigma_ir::{Kernel, Verified};

/// The kernel as a module.
pub fn module(kernel: &Verified<Kernel>, target: &Target) -> llvm::Module {
    lower::lower(kernel, target)
}

/// The kernel as the text of LLVM IR, as LLVM 14 reads it.
pub fn air_text(kernel: &Verified<Kernel>, target: &Target) -> String {
    module(kernel, target).to_string()
}
