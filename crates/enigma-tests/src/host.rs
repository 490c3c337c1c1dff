//! Kernels that were compiled for the CPU.

use std::path::{Path, PathBuf};

use crate::library::Library;
use crate::{air, metal};

/// Kernels compiled for the CPU.
pub struct Host {
    library: Library,
}

impl Host {
    /// Compiles Metal sources, each with one kernel; the kernel of `sources[i]` has the number `i`. What was compiled
    /// before, with the same shim, is taken from the target directory.
    ///
    /// # Errors
    /// What the compiler says, or why it could not be run.
    pub fn of_metal(sources: &[String]) -> Result<Host, String> {
        Ok(Host { library: Library::open(&metal::build(sources)?)? })
    }

    /// Compiles AIR texts, as [`of_metal`](Self::of_metal) does sources.
    ///
    /// # Errors
    /// What LLVM 14 says of the text, which functions AIR does not have, what GPUs do not take; or why Python or LLVM
    /// could not be run.
    pub fn of_air(texts: &[String]) -> Result<Host, String> {
        Ok(Host { library: Library::open(&air::build(texts)?)? })
    }

    /// Runs a kernel that has no function constants. `arguments` has the bytes of each buffer and each scalar, in the
    /// order of the parameters; buffers are changed in place. `grid` counts threads.
    ///
    /// # Errors
    /// What the runtime found: a barrier that not all reach, lanes that pass different operands to a copy, an empty
    /// copy, a copy never waited for or waited for twice, a tile without a barrier after its wait.
    pub fn run(
        &self,
        index: usize,
        arguments: &mut [Vec<u8>],
        grid: [u32; 3],
        threads: [u32; 3],
    ) -> Result<(), String> {
        self.run_with(index, arguments, &[], grid, threads)
    }

    /// As [`run`](Self::run), with function constants: the index of each, and its bytes in the low end of a word.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(
        &self,
        index: usize,
        arguments: &mut [Vec<u8>],
        constants: &[(u32, u64)],
        grid: [u32; 3],
        threads: [u32; 3],
    ) -> Result<(), String> {
        self.library.run(index, arguments, constants, grid, threads)
    }
}

/// The directory that holds `metal_shim` and `air_shim`.
pub(crate) fn shim_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests")
}

/// Where compiled batches are kept: beside the test that runs, in the target directory.
pub(crate) fn cache_directory() -> PathBuf {
    let test = std::env::current_exe().ok();
    let beside = test.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    beside.unwrap_or_else(std::env::temp_dir).join("metal-kernels")
}
