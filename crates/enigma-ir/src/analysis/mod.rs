//! What is known of values before the kernel runs.
//!
//! * [`Uniformity`]: over which part of the grid a value is the same.
//! * `events`: the values that stand for an event after loops and branches have passed it on.
//! * `arithmetic`: what operations on constants give.
//! * [`evaluate`]: what an integer is in one given thread, where that can be told.
//! * [`linear`]: an index as a constant plus multiples of unknown values, so that two can be compared.

pub(crate) mod arithmetic;
pub mod evaluate;
pub(crate) mod events;
pub mod linear;
mod uniformity;

pub use uniformity::{Uniformity, uniformity};
