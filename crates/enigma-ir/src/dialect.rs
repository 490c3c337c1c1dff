//! The language that a kernel is written in: a remedy is spelled as its user would write it.

use crate::kernel::{Kernel, MemFlags, Space};
use crate::table::Opcode;

/// A front end's language.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// The package `enigma`.
    Python,
    /// The crate `enigma`.
    Rust,
}

impl Dialect {
    /// The language of the file that the kernel is declared in.
    pub fn of(kernel: &Kernel) -> Dialect {
        match kernel.files().file(kernel.span()).path.ends_with(".rs") {
            true => Dialect::Rust,
            false => Dialect::Python,
        }
    }

    /// What is said in one language or the other.
    pub fn say(self, python: &'static str, rust: &'static str) -> &'static str {
        match self {
            Dialect::Python => python,
            Dialect::Rust => rust,
        }
    }

    /// The statement that is a barrier of that kind for memory of that space.
    pub fn barrier(self, code: Opcode, space: Space) -> String {
        let name = code.info().name;
        match (self, space) {
            (Dialect::Python, Space::Device) => format!("{name}(\"{}\")", MemFlags::Device.name()),
            (Dialect::Rust, Space::Device) => format!("{name}_with(MemFlags::Device)"),
            _ => format!("{name}()"),
        }
    }

    /// The statement that waits for an event.
    pub fn wait(self, event: &str) -> String {
        match self {
            Dialect::Python => format!("async_copy_wait({event})"),
            Dialect::Rust => format!("{event}.wait()"),
        }
    }
}
