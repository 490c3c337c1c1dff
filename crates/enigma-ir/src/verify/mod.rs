//! Judges a kernel.
use crate::diagnostic::{Diagnostics, Severity};
use crate::kernel::{Kernel, Verified};

/// Judges a kernel: returns it as verified, or everything that is wrong with it.
pub fn verify(kernel: Kernel) -> Result<Verified<Kernel>, Diagnostics> {
    let found = kernel.refused.clone();
    if found.iter().any(|d| d.severity() == Severity::Error) {
        return Err(Diagnostics::new(found, kernel.files));
    }
    Ok(Verified { inner: kernel, remarks: found })
}
