//! How a kernel's asynchronous copies reach Apple's hardware, and which of the ways is taken.
//!
//! None of the ways is documented by Apple but the last, and which of them work depends on the compiler and the system. So
//! the user names one, or leaves it to [`choose`]: on a Mac whatever is fastest of what comes out right there, elsewhere
//! what is usual for the system that the kernel is for. Whichever it is, [`Chosen`] says it and says why; nothing is put in
//! the place of another silently.
//!
//! ```text
//! mod         the ways, and the choice among them
//! emission    what a user says of how a kernel is emitted
//! ```

mod emission;

use enigma_ir::target::System;
use enigma_msl::AsyncLowering;

pub use emission::{Emission, GPU_FAMILIES};

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

/// The lowering that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// Which.
    pub lowering: Lowering,
    /// Why that one, for people.
    pub reason: String,
}

/// Takes a lowering for a kernel that is not run here, for the reason that is given.
pub fn choose(emission: &Emission, elsewhere: &str) -> Chosen {
    match emission.choice {
        Choice::Fixed(lowering) => Chosen { lowering, reason: "as was asked for".to_owned() },
        Choice::Auto => {
            let system = emission.target().system;
            let reason = format!("default for {}: {elsewhere}", system.name());
            Chosen { lowering: Lowering::usual(system), reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(choice: Choice, system: Option<System>) -> (Lowering, String) {
        let Chosen { lowering, reason } = choose(&Emission { choice, system, ..Emission::default() }, "no Mac here");
        (lowering, reason)
    }

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

    #[test]
    fn elsewhere_the_system_decides() {
        for system in [System::MacOs13, System::MacOs14, System::MacOs15] {
            assert_eq!(chosen(Choice::Auto, Some(system)).0, Lowering::Asm);
        }
        assert_eq!(chosen(Choice::Auto, None), (Lowering::Asm, "default for macos15: no Mac here".to_owned()));
        assert_eq!(
            chosen(Choice::Auto, Some(System::MacOs26)),
            (Lowering::Air, "default for macos26: no Mac here".to_owned())
        );
    }

    #[test]
    fn what_is_asked_for_is_taken() {
        for lowering in Lowering::ALL {
            let (taken, reason) = chosen(Choice::Fixed(lowering), Some(System::MacOs26));
            assert_eq!((taken, reason.as_str()), (lowering, "as was asked for"));
        }
    }
}
