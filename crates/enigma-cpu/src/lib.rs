//! The executor: runs verified kernels on the CPU.
//!
//! A threadgroup runs in lockstep: an operation is carried out for all its threads before the next one. A value is one
//! number for all threads, one per simdgroup, an integer that grows evenly from thread to thread, or an array over the threads,
//! whichever is enough, so that index arithmetic costs almost nothing and loads of consecutive elements are copies.
//! Divergence is a mask. Threadgroups run in parallel.
//!
//! # The way through the crate
//!
//! [`Program::new`] lowers a kernel to a plan (`plan`, `lower`), which takes microseconds: nothing is compiled. For a launch,
//! `bind` checks the arguments, and each worker thread has a `machine` that runs one threadgroup after another: `map` holds the loops of
//! elementwise operations with what they compute (`math`), `slot` the values, `device` the buffers, with the crate's only unsafe code.
//! All that touches memory is announced to an `observer`, the seam for a checker.
//!
//! # What is guaranteed
//!
//! Whatever a kernel does, no access leaves a buffer, and every launch ends: an access out of bounds, a copy that not all lanes of a
//! simdgroup reach, a barrier that not all threads reach and a loop without end stop the launch with a finding that names the place, the
//! thread and a remedy. Threadgroup and register memory that nothing wrote yet reads as zero. What racing
//! threads see of each other is unspecified, and nothing worse (see `device`).
//!
//! # What is left open by the language, and done so here
//!
//! | | |
//! |---|---|
//! | integer division by zero | gives 0, and so does its remainder |
//! | several threads store to one element at once | the last of them, in the order of the thread index, wins |
//! | floats reduced over a simdgroup | as a tree: lane `i` with lane `i + 16`, then `i + 8`, ...; over a quad, `i + 2`, then `i + 1` |
//! | a prefix of a simdgroup or a quad | from the first lane to the last |
//! | a shuffle from a lane that does not exist or does not take part | gives the lane's own value; a broadcast, that of the first lane |
//! | atomic operations | those of a threadgroup in the order of the thread index; a compare-exchange does not fail without a reason |
//! | `vec_load`, `vec_store` | one component after another |
//! | `simdgroup_multiply_accumulate` | a chain of fused multiply-adds in `float`, rounded to the result's type at the end |
//! | an asynchronous copy | is carried out when it is issued |

mod bind;
mod device;
mod grid;
mod lane;
mod lower;
mod machine;
mod map;
mod math;
pub mod observer;
mod plan;
mod printout;
mod program;
mod share;
mod slot;
mod standstill;

pub use bind::{Bounds, MAX_REGISTER_BYTES, MAX_THREADS, check_launch};
pub use device::{Argument, Buffer, Element, lend_parts};
pub use grid::{Launch, Threadgroup};
pub use lower::bits;
pub use printout::Printout;
pub use program::{Limits, Program, Statistics};
