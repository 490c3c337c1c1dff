//! The kernel as text, for people.
use crate::kernel::Kernel;

/// The kernel as text, for people.
pub fn print(_kernel: &Kernel) -> String {
    todo!()
}
