//! Runs emitted Metal source on the CPU, for tests.
//!
//! [`MetalHost`] compiles kernels with clang++ against the stand-in for Metal's standard library in
//! `tests/metal_shim` and runs them there. The text is compiled as it was emitted but for two things that C++ cannot
//! say: a `[[attribute]]` of a parameter becomes its default argument, and a threadgroup array is `static`.
//!
//! The tests of this crate hold the Metal target to the executor and to expected values.

mod host;
pub mod kernels;
mod library;
pub mod make;
pub mod random;
mod source;

pub use host::MetalHost;
pub use make::Make;
