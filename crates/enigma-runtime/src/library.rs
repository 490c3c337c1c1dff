//! Kernels in one file that Metal loads.

use enigma_ir::Diagnostics;

use crate::Compiled;

/// Kernels as one `.metallib`, in their order, for the latest of the systems that they are for; else each as it was
/// [emitted](Compiled::emitted).
///
/// # Errors
///
/// As for [`enigma_air::metallib`] and [`Compiled::lowering`].
pub fn metallib(kernels: &[&Compiled]) -> Result<Vec<u8>, Diagnostics> {
    let kernels = kernels.iter().map(|kernel| Ok((kernel.optimised(), kernel.air_options()?)));
    enigma_air::metallib(&kernels.collect::<Result<Vec<_>, Diagnostics>>()?)
}
