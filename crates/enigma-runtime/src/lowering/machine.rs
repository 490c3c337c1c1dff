//! The Mac that candidates are tried on.

use std::fmt;

use enigma_ir::target::System;
use serde::{Deserialize, Serialize};

/// A GPU and the system that drives it: what a verdict holds for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The GPU's name, as Metal gives it.
    pub gpu: String,
    /// Its Apple GPU family; 0 for what is no Apple GPU.
    pub gpu_family: u32,
    /// The version of macOS: `15.1`.
    pub macos: String,
    /// The build of macOS, which changes with each update of its compiler: `24B83`.
    pub build: String,
}

impl Machine {
    /// A version as Apple writes it: without a last number that is 0.
    pub fn version([major, minor, patch]: [isize; 3]) -> String {
        match patch {
            0 => format!("{major}.{minor}"),
            _ => format!("{major}.{minor}.{patch}"),
        }
    }

    /// The build in how macOS describes itself, `Version 15.1 (Build 24B83)`; all of the description where there is none.
    pub fn build_of(description: &str) -> &str {
        let build = description.rsplit_once("(Build ").map(|(_, build)| build.trim_end_matches(')'));
        build.unwrap_or(description)
    }

    /// The system as a target; `None` before macOS 13.
    pub fn system(&self) -> Option<System> {
        let major = self.macos.split('.').next().and_then(|major| major.parse().ok());
        major.and_then(System::of_macos)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, macOS {}", self.gpu, self.macos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_builds_are_read() {
        assert_eq!(Machine::version([15, 1, 0]), "15.1");
        assert_eq!(Machine::version([26, 0, 2]), "26.0.2");
        assert_eq!(Machine::build_of("Version 15.1 (Build 24B83)"), "24B83");
        assert_eq!(Machine::build_of("Version 15.1"), "Version 15.1");
    }

    #[test]
    fn the_system_is_that_of_the_major_version() {
        let system = |macos: &str| {
            Machine { gpu: "Apple M2".to_owned(), gpu_family: 8, macos: macos.to_owned(), build: String::new() }
                .system()
        };
        assert_eq!(system("15.1"), Some(System::MacOs15));
        assert_eq!(system("26.0.1"), Some(System::MacOs26));
        assert_eq!(system("27.0"), Some(System::MacOs26));
        assert_eq!(system("16"), Some(System::MacOs15));
        assert_eq!(system("12.7"), None);
        assert_eq!(system("unknown"), None);
    }
}
