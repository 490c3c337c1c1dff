//! What a launch did.

use std::time::Duration;

use crate::Figures;

/// What a launch did. A GPU counts no copies, and the CPU keeps no time of its own.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Threadgroups that ran.
    pub threadgroups: u64,
    /// Asynchronous copies that moved or filled something.
    pub copies: Option<u64>,
    /// Bytes that they moved; what was filled is not counted.
    pub bytes_copied: Option<u64>,
    /// The most copies that one threadgroup had issued and not yet waited for, at one time.
    pub max_in_flight: Option<u64>,
    /// How long the GPU took, from the kernel's first thread to its last.
    pub gpu_time: Option<Duration>,
}

impl From<enigma_cpu::Statistics> for Statistics {
    fn from(counted: enigma_cpu::Statistics) -> Statistics {
        Statistics {
            threadgroups: counted.threadgroups,
            copies: Some(counted.copies),
            bytes_copied: Some(counted.bytes_copied),
            max_in_flight: Some(counted.max_in_flight),
            gpu_time: None,
        }
    }
}

impl From<&Figures> for Statistics {
    fn from(figures: &Figures) -> Statistics {
        Statistics {
            threadgroups: figures.threadgroups,
            copies: Some(figures.copies),
            bytes_copied: Some(figures.bytes_copied),
            max_in_flight: Some(figures.max_in_flight),
            gpu_time: None,
        }
    }
}
