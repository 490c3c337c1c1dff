//! What a user says of how a kernel is emitted for Metal.

use enigma_ir::target::{LinearCopy, System, Target};

use super::{Choice, Machine};

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
    /// What the kernel is emitted for: where the user does not say, what is here.
    pub fn target(&self, here: Option<&Machine>) -> Target {
        let usual = Target::default();
        let (system, family) = (here.and_then(Machine::system), here.map(|here| here.gpu_family));
        let known = family.map(|family| family.clamp(*GPU_FAMILIES.start(), *GPU_FAMILIES.end()));
        Target {
            system: self.system.or(system).unwrap_or(usual.system),
            gpu_family: self.gpu_family.or(known).unwrap_or(usual.gpu_family),
            linear_copy: self.linear_copy,
            read_back: self.read_back,
        }
    }
}
