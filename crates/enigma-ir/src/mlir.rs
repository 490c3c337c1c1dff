//! The kernel as MLIR text.
use crate::kernel::{Kernel, Verified};

/// The kernel as MLIR text.
pub fn mlir(_kernel: &Verified<Kernel>) -> String {
    todo!()
}
