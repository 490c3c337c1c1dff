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
