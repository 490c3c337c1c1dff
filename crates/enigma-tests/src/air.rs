//! AIR texts, compiled in batches.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use enigma_air::Options;
use enigma_ir::target::{System, Target};
use enigma_ir::{Diagnostics, Kernel, Verified};

use crate::host::{cache_directory, shim_directory};

/// The AIR of a kernel for a target; of one that needs more than the system has, for the next that has it.
///
/// # Errors
/// Why even the latest system refuses the kernel.
pub fn air_text(kernel: &Verified<Kernel>, options: &Options) -> Result<String, Diagnostics> {
    let target = |system| Target { system, ..options.target };
    let text = |system| enigma_air::air_text(kernel, &Options { target: target(system), ..*options });
    let later = System::ALL.into_iter().filter(|&system| system > options.target.system);
    later.fold(text(options.target.system), |found, system| found.or_else(|_| text(system)))
}

/// AIR texts, compiled by `tests/air_shim/air_build.py`; returns the shared object.
pub(crate) fn build(texts: &[String]) -> Result<PathBuf, String> {
    static BATCHES: AtomicU32 = AtomicU32::new(0);
    let batch = BATCHES.fetch_add(1, Ordering::Relaxed);
    let work = cache_directory().join(format!("air-{}-{batch}", std::process::id()));
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let built = build_in(&work, texts);
    // What is left behind does no harm.
    let _ = fs::remove_dir_all(&work);
    built
}

fn build_in(work: &Path, texts: &[String]) -> Result<PathBuf, String> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(&python);
    command.env("ENIGMA_METAL_CACHE", cache_directory()).arg(shim_directory().join("air_shim/air_build.py"));
    for (n, text) in texts.iter().enumerate() {
        let file = work.join(format!("{n}.ll"));
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        command.arg(file);
    }
    let output =
        command.output().map_err(|error| format!("{python}: {error}; set PYTHON to a Python 3.11 or later"))?;
    match output.status.success() {
        true => Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
