//! Runs emitted Metal source on the CPU, for tests.
//!
//! [`MetalHost`] compiles kernels with clang++ against the stand-in for Metal's standard library in
//! `tests/metal_shim` and runs them there. The text is compiled as it was emitted but for three things that C++ cannot
//! say: a `[[attribute]]` of a parameter becomes its default argument, a threadgroup array is `static`, and a function
//! constant is a variable that is set when the kernel is launched.
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
