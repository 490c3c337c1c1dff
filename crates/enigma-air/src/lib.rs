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
use enigma_ir::{DType, Diagnostic, Diagnostics, FunctionConstant, Kernel, Rule, Verified};

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

/// Kernels as a library, in the form in which Metal loads it from memory or from a `.metallib` file: in their order, each
/// lowered in its own way, all for the latest of the systems that they are for.
///
/// # Errors
///
/// As for [`module`]; `invalid-operand` for no kernels, for two of one name, and for what the container has no room for.
pub fn metallib(kernels: &[(&Verified<Kernel>, Options)]) -> Result<Vec<u8>, Diagnostics> {
    let system = kernels.iter().map(|(_, options)| options.target.system).max().unwrap_or_default();
    let functions = kernels.iter().map(|(kernel, options)| {
        let target = Target { system, ..options.target };
        function(kernel, &Options { target, ..*options })
    });
    let functions: Vec<metallib::Function> = functions.collect::<Result<_, _>>()?;
    metallib::write(&functions, system).map_err(|refused| {
        Diagnostic::placeless(Rule::InvalidOperand, refused.message()).with_help(refused.help()).into()
    })
}

/// The type by which a library takes a function constant of an element type: a `bfloat` by its bits, as `ushort`.
pub const fn constant_type(dtype: DType) -> DType {
    lower::held_as(dtype)
}

fn function(kernel: &Verified<Kernel>, options: &Options) -> Result<metallib::Function, Diagnostics> {
    let constants = kernel.function_constants().into_iter().map(|FunctionConstant { index, dtype, .. }| {
        metallib::Constant { name: lower::constant_name(index), index, dtype: constant_type(dtype) }
    });
    Ok(metallib::Function {
        name: kernel.name().to_owned(),
        bitcode: bitcode(kernel, options)?,
        constants: constants.collect(),
    })
}
