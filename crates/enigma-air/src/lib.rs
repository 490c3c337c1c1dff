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
use enigma_ir::{Diagnostic, Diagnostics, FunctionConstant, Kernel, Rule, Verified};

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
///
/// # Errors
///
/// `unsupported` where the kernel needs what the target's system does not have, at the first place that does.
pub fn module(kernel: &Verified<Kernel>, options: &Options) -> Result<llvm::Module, Diagnostics> {
    lower::lower(kernel, options)
}

/// The kernel as the text of LLVM IR, as LLVM 14 reads it.
///
/// # Errors
///
/// As for [`module`].
pub fn air_text(kernel: &Verified<Kernel>, options: &Options) -> Result<String, Diagnostics> {
    Ok(module(kernel, options)?.to_string())
}

/// The kernel as bitcode, as LLVM 14 writes it.
///
/// # Errors
///
/// As for [`module`].
pub fn bitcode(kernel: &Verified<Kernel>, options: &Options) -> Result<Vec<u8>, Diagnostics> {
    Ok(bitcode::write(&module(kernel, options)?))
}

/// The kernels as a library, in the form in which Metal loads it from memory or from a `.metallib` file.
///
/// # Errors
///
/// As for [`module`]; and `unsupported` where the container has no room for the kernels: see [`metallib::Error`].
pub fn metallib(kernels: &[&Verified<Kernel>], options: &Options) -> Result<Vec<u8>, Diagnostics> {
    let functions: Result<Vec<_>, _> = kernels.iter().map(|kernel| function(kernel, options)).collect();
    metallib::write(&functions?, options.target.system)
        .map_err(|error| Diagnostic::placeless(Rule::Unsupported, error.to_string()).into())
}

fn function(kernel: &Verified<Kernel>, options: &Options) -> Result<metallib::Function, Diagnostics> {
    let constants = kernel.function_constants().into_iter().map(|FunctionConstant { index, dtype, .. }| {
        metallib::Constant { name: lower::constant_name(index), index, dtype }
    });
    Ok(metallib::Function {
        name: kernel.name().to_owned(),
        bitcode: bitcode(kernel, options)?,
        constants: constants.collect(),
    })
}
