//! How a kernel's asynchronous copies reach Apple's hardware, and which of the ways is taken.
//!
//! The copy of the hardware is not documented, and which of the ways to it work depends on the compiler and the system. So the
//! user names one, or leaves it to [`choose`]: on a Mac the fastest of those that come out right there, elsewhere what is
//! usual for the system that the kernel is for. Whichever it is, [`Chosen`] says it and says why; nothing is put in the place
//! of another silently.
//!
//! ```text
//! emission    what a user says of how a kernel is emitted
//! choice      which lowering is taken, and why
//! candidate   what can be tried on a Mac, and what came of it
//! bench       the self-test: a candidate tried on a device
//! trial       the kernels of the self-test, and what must come out
//! ledger      verdicts on disk
//! machine     what a verdict holds for
//! ```
//!
//! None of it is Metal's: the device is a [`Bench`], and the tests have their own.

mod bench;
mod candidate;
mod choice;
mod emission;
mod ledger;
mod machine;
mod trial;

use enigma_ir::target::System;
use enigma_msl::AsyncLowering;

pub use bench::{Bench, try_out};
pub use candidate::{Candidate, Verdict};
pub use choice::{Chosen, Here, Mac, Verdicts, choose, settled};
pub use emission::{Emission, GPU_FAMILIES};
pub use ledger::{CACHE_DIR, Ledger, directory};
pub use machine::Machine;
pub use trial::Trial;

/// A way for asynchronous copies to reach the hardware.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Lowering {
    /// Metal source that declares the hardware's copy by `__asm("air.…")`, which Apple's compilers take up to macOS 15.
    Asm,
    /// The same under the label `"\001air.…"`, which the compiler of macOS 26 is reported to take.
    AsmEscaped,
    /// Metal source in which the lanes of the simdgroup copy. It needs nothing that Metal does not document.
    Cooperative,
    /// A `.metallib` of our own making, which no compiler of Apple's sees.
    Air,
}

impl Lowering {
    /// Every lowering.
    pub const ALL: [Lowering; 4] = [Lowering::Asm, Lowering::AsmEscaped, Lowering::Cooperative, Lowering::Air];

    /// Its name in options: `asm`, `asm-escaped`, `cooperative` or `air`.
    pub const fn name(self) -> &'static str {
        match self {
            Lowering::Air => "air",
            _ => self.source().name(),
        }
    }

    /// The lowering with this name.
    pub fn parse(name: &str) -> Option<Lowering> {
        Lowering::ALL.into_iter().find(|lowering| lowering.name() == name)
    }

    /// What the Metal source of the kernel looks like. Under [`Lowering::Air`] it is there to be read, spelt as `asm`.
    pub const fn source(self) -> AsyncLowering {
        match self {
            Lowering::Asm | Lowering::Air => AsyncLowering::Asm,
            Lowering::AsmEscaped => AsyncLowering::AsmEscaped,
            Lowering::Cooperative => AsyncLowering::Cooperative,
        }
    }

    /// What is usual for a system: its compiler is known to take it, or nothing else is known to work there.
    pub const fn usual(system: System) -> Lowering {
        match system {
            System::MacOs13 | System::MacOs14 | System::MacOs15 => Lowering::Asm,
            System::MacOs26 => Lowering::Air,
        }
    }
}

/// Who chooses the lowering.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Choice {
    /// [`choose`] does.
    #[default]
    Auto,
    /// The user did.
    Fixed(Lowering),
}

impl Choice {
    /// The names that [`parse`](Self::parse) knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once("auto").chain(Lowering::ALL.map(Lowering::name))
    }

    /// The choice with this name: `auto`, or that of a lowering.
    pub fn parse(name: &str) -> Option<Choice> {
        match name {
            "auto" => Some(Choice::Auto),
            _ => Lowering::parse(name).map(Choice::Fixed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for lowering in Lowering::ALL {
            assert_eq!(Lowering::parse(lowering.name()), Some(lowering));
            assert_eq!(Choice::parse(lowering.name()), Some(Choice::Fixed(lowering)));
        }
        assert_eq!(Choice::parse("auto"), Some(Choice::Auto));
        assert_eq!(Choice::parse("dma"), None);
        assert_eq!(Choice::names().collect::<Vec<_>>(), ["auto", "asm", "asm-escaped", "cooperative", "air"]);
    }
}
