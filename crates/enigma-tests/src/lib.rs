//! Runs emitted Metal source and AIR on the CPU, for tests.
//!
//! A [`Host`] compiles Metal source with clang++ against the stand-in for Metal's standard library in
//! `tests/metal_shim`, as it was emitted but for three things that C++ cannot say: a `[[attribute]]` of a parameter
//! becomes its default argument, a threadgroup array is `static`, and a function constant is a variable that is set when
//! the kernel is launched. AIR it verifies and compiles with LLVM against the stand-ins for AIR's functions in
//! `tests/air_shim`.
//!
//! The tests of this crate hold the Metal target to the executor and to expected values.

mod air;
mod host;
pub mod kernels;
mod library;
pub mod make;
mod metal;
pub mod random;
mod source;

pub use air::air_text;
pub use host::Host;
pub use make::Make;
pub use metal::llvm_ir;
