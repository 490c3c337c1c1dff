//! Metal Shading Language source from verified kernels, as a person would have written it.
//!
//! ```text
//! plan        which operations live, which values fold into the expression that uses them
//! names       identifiers that neither Metal nor the kernel has taken
//! signature   the kernel's parameters and its position attributes
//! body        statements: declarations, loops, branches
//! variables   which values share one variable
//! expression  values as C++ expressions, with the parentheses they need
//! literal     numbers
//! integers    functions of integers and their bits
//! memory      loads and stores, masked ones and those of vectors
//! atomics     atomic operations, and fences
//! lanes       what simdgroups and quads do together
//! copies      asynchronous copies, under three lowerings
//! helpers     the functions that stand above the kernel, where it calls them
//! language    which version of the language the text needs
//! ```
//!
//! # What the text leaves to Metal
//!
//! Signed integers are added, subtracted and multiplied with the plain operators: the text takes Metal's integers to
//! wrap. A float outside the range of the integer type it is cast to saturates by the rules of the kernel
//! language; Metal's own cast leaves that case open. A shuffle's lane, distance or mask that is no constant is
//! passed on as it is: Metal takes it modulo 2^16.
//!
//! `docs/targets.md` says which version of Metal the text needs for what.

mod atomics;
mod body;
mod control;
mod copies;
mod expression;
mod helpers;
mod integers;
mod lanes;
mod language;
mod literal;
mod memory;
mod names;
mod plan;
mod signature;
mod variables;
mod writer;

use std::sync::LazyLock;

use enigma_ir::target::Target;
use enigma_ir::{Diagnostics, Kernel, Verified};

/// How asynchronous copies are carried out.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum AsyncLowering {
    /// Calls the hardware's copy through `__asm("air.…")` declarations, which Apple's toolchains accept up to Xcode 16.
    #[default]
    Asm,
    /// The same under the label `"\001air.…"`, which the compiler of macOS 26 is reported to accept.
    AsmEscaped,
    /// The lanes of the simdgroup copy; needs nothing that Metal does not document.
    Cooperative,
}

impl AsyncLowering {
    /// Every lowering.
    pub const ALL: [AsyncLowering; 3] = [AsyncLowering::Asm, AsyncLowering::AsmEscaped, AsyncLowering::Cooperative];

    /// Its name in options: `asm`, `asm-escaped` or `cooperative`.
    pub const fn name(self) -> &'static str {
        match self {
            AsyncLowering::Asm => "asm",
            AsyncLowering::AsmEscaped => "asm-escaped",
            AsyncLowering::Cooperative => "cooperative",
        }
    }

    /// The lowering with this name.
    pub fn parse(name: &str) -> Option<AsyncLowering> {
        AsyncLowering::ALL.into_iter().find(|lowering| lowering.name() == name)
    }
}

/// How a kernel is emitted.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// How asynchronous copies are carried out.
    pub async_lowering: AsyncLowering,
    /// What it is emitted for: the system, whose version of the language the text keeps to, and the GPU.
    pub target: Target,
}

/// The kernel as Metal source.
///
/// # Errors
///
/// `unsupported` where the kernel needs a version of the language that the target's system does not have, at the first
/// place that does.
pub fn emit(kernel: &Verified<Kernel>, options: &Options) -> Result<String, Diagnostics> {
    body::Emitter::new(kernel, *options).file()
}

/// The name of the kernel's function in the Metal source: its own, unless Metal reserves that or has a function of that
/// name.
pub fn function_name(kernel: &Kernel) -> String {
    static METAL: LazyLock<names::Names> = LazyLock::new(|| {
        let mut names = names::Names::default();
        for row in enigma_ir::table::TABLE {
            let function = row.msl.split('(').next().unwrap_or_default();
            names.reserve(function.trim_start_matches("precise::"));
        }
        names
    });
    METAL.free(kernel.name())
}
