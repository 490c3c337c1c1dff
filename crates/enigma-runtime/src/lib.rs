//! Devices and dispatch: [`Compiled`] is a kernel with what the targets make of it, [`Runtime`] an open device that runs it.

mod compiled;
mod device;
pub mod doctor;
mod failure;
mod library;
pub mod lowering;
#[cfg(target_os = "macos")]
mod metal;
#[cfg(any(target_os = "macos", test))]
mod regions;
mod statistics;

pub use compiled::{Code, Compiled};
pub use device::{Capabilities, DEVICES, Runtime, STAND_IN};
pub use enigma_check::{Figures, Finding, Instance, Order, Report, Runs, Timeline};
pub use enigma_cpu::{Argument, Buffer, Element, Launch, Limits, Printout};
pub use enigma_ir::passes::Constant;
pub use failure::Failure;
pub use library::metallib;
pub use lowering::{Choice, Chosen, Emission, GPU_FAMILIES, Lowering};
pub use statistics::Statistics;
