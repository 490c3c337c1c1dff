//! What is known of a kernel before it runs.
//!
//! * [`Uniformity`]: over which part of the grid a value is the same.
//! * `effects`: what operations do beyond giving their results.
//! * `needed`: the operations and values that are no dead code.
//! * [`read_back()`]: the copied tiles that nothing reads.
//! * `events`: the values that stand for an event after loops and branches have passed it on.
//! * `arithmetic`: what operations on constants give.
//! * [`evaluate`]: what an integer is in one given thread, where that can be told.
//! * [`linear`]: an index as a constant plus multiples of unknown values, so that two can be compared.

pub(crate) mod arithmetic;
mod effects;
pub mod evaluate;
pub(crate) mod events;
pub mod linear;
pub(crate) mod needed;
mod read_back;
mod uniformity;

pub use read_back::{ReadBack, read_back};
pub use uniformity::{Uniformity, uniformity};
