//! What a kernel is emitted for: the system, the GPU, and what is asked of both.
//!
//! Versions are Apple's own: each release of macOS brings a version of the Metal Shading Language and of AIR, its compiled
//! form. A later system takes what was made for an earlier one.

use crate::diagnostic::{Diagnostic, Diagnostics, Rule};
use crate::kernel::Kernel;
use crate::span::Span;

/// A version number.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Version {
    /// What stands before the point.
    pub major: u16,
    /// What stands after it.
    pub minor: u16,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A release of macOS.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub enum System {
    /// Ventura, of 2022.
    MacOs13,
    /// Sonoma, of 2023.
    MacOs14,
    /// Sequoia, of 2024.
    #[default]
    MacOs15,
    /// Tahoe, of 2025.
    MacOs26,
}

impl System {
    /// Every system, the earliest first.
    pub const ALL: [System; 4] = [System::MacOs13, System::MacOs14, System::MacOs15, System::MacOs26];

    /// Its name in options: `macos13`, `macos14`, `macos15` or `macos26`.
    pub const fn name(self) -> &'static str {
        match self {
            System::MacOs13 => "macos13",
            System::MacOs14 => "macos14",
            System::MacOs15 => "macos15",
            System::MacOs26 => "macos26",
        }
    }

    /// The system with this name.
    pub fn parse(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.name() == name)
    }

    /// The latest of these systems that a release of macOS is no earlier than, by its major version.
    pub fn of_macos(major: u16) -> Option<System> {
        System::ALL.into_iter().rev().find(|system| system.version().major <= major)
    }

    /// Of macOS.
    pub const fn version(self) -> Version {
        let major = match self {
            System::MacOs13 => 13,
            System::MacOs14 => 14,
            System::MacOs15 => 15,
            System::MacOs26 => 26,
        };
        Version { major, minor: 0 }
    }

    /// Of the Metal Shading Language that came with it.
    pub const fn language(self) -> Version {
        let (major, minor) = match self {
            System::MacOs13 => (3, 0),
            System::MacOs14 => (3, 1),
            System::MacOs15 => (3, 2),
            System::MacOs26 => (4, 0),
        };
        Version { major, minor }
    }

    /// Of AIR.
    pub const fn air(self) -> Version {
        let minor = match self {
            System::MacOs13 => 5,
            System::MacOs14 => 6,
            System::MacOs15 => 7,
            System::MacOs26 => 8,
        };
        Version { major: 2, minor }
    }
}

/// The hardware's operation that a 1D copy becomes.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Hash)]
pub enum LinearCopy {
    /// `air.simdgroup_async_copy_2d`, of a single row. Its operands are known from Apple's own libraries.
    #[default]
    Row,
    /// `air.simdgroup_async_copy_1d`. Public sources disagree about its operands.
    Linear,
}

impl LinearCopy {
    /// Both.
    pub const ALL: [LinearCopy; 2] = [LinearCopy::Row, LinearCopy::Linear];

    /// Its name in options: `row` or `1d`.
    pub const fn name(self) -> &'static str {
        match self {
            LinearCopy::Linear => "1d",
            LinearCopy::Row => "row",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<LinearCopy> {
        LinearCopy::ALL.into_iter().find(|copy| copy.name() == name)
    }
}

/// What a kernel is emitted for.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub struct Target {
    /// The earliest system that is to take it.
    pub system: System,
    /// The earliest Apple GPU family that is to run it: 7 is M1, 8 is M2, 9 is M3 and M4.
    pub gpu_family: u32,
    /// What a 1D copy becomes.
    pub linear_copy: LinearCopy,
    /// Whether each tile that a copy brings in is read, and a barrier follows, also where the kernel does neither. `None`:
    /// where the GPU needs it.
    pub read_back: Option<bool>,
}

impl Default for Target {
    fn default() -> Target {
        Target { system: System::default(), gpu_family: 7, linear_copy: LinearCopy::default(), read_back: None }
    }
}

impl Target {
    /// Whether tiles are read back: as was asked, else for families 7 and 8. A tile that was copied in and never read is
    /// reported to hang an M1.
    pub fn reads_back(&self) -> bool {
        self.read_back.unwrap_or(self.gpu_family <= 8)
    }
}

/// Something that came with a version of the Metal Shading Language, and with the AIR of that system.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// What messages call it.
    pub name: &'static str,
    /// The version of the language.
    pub since: Version,
}

impl Feature {
    /// Fences, `atomic_thread_fence`.
    pub const FENCES: Feature =
        Feature { name: "an atomic operation that acquires or releases", since: Version { major: 3, minor: 2 } };
}

impl System {
    /// Refuses a kernel that needs what this system does not have, at the first place that does.
    ///
    /// # Errors
    ///
    /// `unsupported`.
    pub fn provide(self, kernel: &Kernel, mut needs: impl Iterator<Item = (Feature, Span)>) -> Result<(), Diagnostics> {
        match needs.find(|(feature, _)| feature.since > self.language()) {
            Some((feature, span)) => Err(Diagnostics::new(vec![self.refusal(&feature, span)], kernel.files().clone())),
            None => Ok(()),
        }
    }

    fn refusal(self, Feature { name, since }: &Feature, span: Span) -> Diagnostic {
        let message = format!("{name} needs Metal {since}; {} has Metal {}", self.described(), self.language());
        let refused = Diagnostic::new(Rule::Unsupported, message, span, "needed here");
        match System::ALL.into_iter().find(|system| system.language() >= *since) {
            Some(later) => refused.with_help(format!(
                "emit for {} or later: `target_os=\"{}\"`; in Rust, `System::{later:?}`",
                later.described(),
                later.name()
            )),
            None => refused,
        }
    }

    fn described(self) -> String {
        format!("macOS {}", self.version().major)
    }
}
