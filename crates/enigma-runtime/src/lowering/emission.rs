//! What a user says of how a kernel is emitted for Metal.

use enigma_ir::target::{LinearCopy, System, Target};

use super::Choice;

/// The Apple GPU families that a kernel can be emitted for: 7 is M1, 8 is M2, 9 is M3 and M4, 10 is M5.
pub const GPU_FAMILIES: std::ops::RangeInclusive<u32> = 7..=10;

/// How a kernel is emitted for Metal, as far as its user says.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Emission {
    /// The way of asynchronous copies.
    pub choice: Choice,
    /// The earliest system that is to take the kernel; `None` for the one that runs here, or [`System::default`].
    pub system: Option<System>,
    /// The earliest Apple GPU family that is to run it; `None` for the one that is here, or that of [`Target::default`].
    pub gpu_family: Option<u32>,
    /// What a 1D copy becomes.
    pub linear_copy: LinearCopy,
    /// As [`Target::read_back`].
    pub read_back: Option<bool>,
}

impl Emission {
    /// What the kernel is emitted for, where no Mac is.
    pub fn target(&self) -> Target {
        let usual = Target::default();
        Target {
            system: self.system.unwrap_or(usual.system),
            gpu_family: self.gpu_family.unwrap_or(usual.gpu_family),
            linear_copy: self.linear_copy,
            read_back: self.read_back,
        }
    }
}
