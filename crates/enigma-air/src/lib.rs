//! AIR, the LLVM IR of Metal, from verified kernels, without Apple's compiler and without LLVM.
//!
//! ```text
//! lower       from kernels to LLVM modules
//! llvm        LLVM IR as data, and as text
//! bitcode     LLVM IR as LLVM 14 would write it
//! metallib    the container that Metal loads
//! ```

pub mod bitcode;
pub mod llvm;
mod lower;
pub mod metallib;

use enigma_ir::target::Target;
use enigma_ir::{FunctionConstant, Kernel, Verified};

/// Who carries out asynchronous copies.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Hash)]
pub enum Copies {
    /// The hardware's copy, `air.simdgroup_async_copy_*`.
    #[default]
    Hardware,
    /// The lanes of the simdgroup, each a part: needs nothing that Metal does not document.
    Cooperative,
}

/// How a kernel is lowered.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Hash)]
pub struct Options {
    /// Who carries out asynchronous copies.
    pub copies: Copies,
    /// What the kernel is lowered for: the system, whose version of AIR is kept to, and the GPU.
    pub target: Target,
}

/// The kernel as a module.
pub fn module(kernel: &Verified<Kernel>, options: &Options) -> llvm::Module {
    lower::lower(kernel, options)
}

/// The kernel as the text of LLVM IR, as LLVM 14 reads it.
pub fn air_text(kernel: &Verified<Kernel>, options: &Options) -> String {
    module(kernel, options).to_string()
}

/// The kernel as bitcode, as LLVM 14 writes it.
pub fn bitcode(kernel: &Verified<Kernel>, options: &Options) -> Vec<u8> {
    bitcode::write(&module(kernel, options))
}

/// The kernels as a library, in the form in which Metal loads it from memory or from a `.metallib` file.
///
/// # Errors
///
/// Where the container has no room for the kernels: see [`metallib::Error`].
pub fn metallib(kernels: &[&Verified<Kernel>], options: &Options) -> Result<Vec<u8>, metallib::Error> {
    let functions: Vec<metallib::Function> = kernels.iter().map(|kernel| function(kernel, options)).collect();
    metallib::write(&functions, options.target.system)
}

fn function(kernel: &Verified<Kernel>, options: &Options) -> metallib::Function {
    let constants = kernel.function_constants().into_iter().map(|FunctionConstant { index, dtype, .. }| {
        metallib::Constant { name: lower::constant_name(index), index, dtype }
    });
    metallib::Function {
        name: kernel.name().to_owned(),
        bitcode: bitcode(kernel, options),
        constants: constants.collect(),
    }
}
