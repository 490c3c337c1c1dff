//! What is known of values before the kernel runs.
//!
//! * [`Uniformity`]: over which part of the grid a value is the same.
//! * [`evaluate`]: what an integer is in one given thread, where that can be told.
//! * [`linear`]: an index as a constant plus multiples of unknown values, so that two can be compared.

pub mod evaluate;
pub mod linear;
mod uniformity;

pub use uniformity::{Uniformity, uniformity};
