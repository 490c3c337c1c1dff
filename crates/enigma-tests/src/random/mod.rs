//! Random kernels that are right by construction, and the same kernels with one thing wrong.
//!
//! A seed gives a [`Sample`]: a kernel with its launch and its arguments. What it does is drawn at random (nested loops and branches, uniform and divergent;
//! tiles, registers and device memory; copies both ways, in one or two dimensions, clipped, under a predicate, carried through loops;
//! calculations of every kind whose results are exact; simdgroups and quads; masked, wide and atomic accesses; ragged grids), but every
//! access is first put to an ownership [`model`], which says what must come before it, and that is written first. So a
//! sample has no hazard, its results depend on no order, and most of its waits and barriers are needed.
//!
//! A [`Change`] spoils it in one place. The same seed draws the same kernel whatever the change.

mod accesses;
mod author;
mod calculations;
mod copies;
mod lanes;
mod model;
mod pipelines;
mod scribe;
mod shape;
mod values;

use enigma_ir::passes::Constant;
use enigma_ir::{DType, Kernel, Literal};

pub use scribe::Sync;

/// What is done to a kernel in one place.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing.
    None,
    /// The sync of that number is left out.
    Omit(usize),
    /// The sync of that number is passed over at run time, by a branch that the verifier cannot see through.
    Skip(usize),
    /// The sync of that number is done twice at run time.
    Double(usize),
    /// The copy of that number moves a little more, or from or to a place a little off.
    Distort(usize),
    /// The atomic update of that number is a load and a store.
    Plain(usize),
}

/// What a parameter is bound to.
#[derive(Clone, PartialEq, Debug)]
pub enum Given {
    /// The bytes of a buffer of such elements.
    Buffer(DType, Vec<u8>),
    /// A number.
    Scalar(Literal),
}

/// A kernel and its launch.
pub struct Sample {
    /// The kernel, to be verified.
    pub kernel: Kernel,
    /// Threads of the grid.
    pub grid: [u32; 3],
    /// Threads of a threadgroup.
    pub threads: [u32; 3],
    /// One per parameter.
    pub arguments: Vec<Given>,
    /// One per function constant.
    pub constants: Vec<Constant>,
    /// The waits and barriers, as they are written.
    pub syncs: Vec<Sync>,
    /// How many copies are written.
    pub copies: usize,
    /// How many atomic updates.
    pub atomics: usize,
}

/// The kernel of a seed, with one change.
pub fn sample(seed: u64, change: Change) -> Sample {
    sample_within(seed, change, u32::MAX)
}

/// The kernel of a seed, of which at most so many statements are written outside loops and branches: the first ones of [`sample`]'s, and
/// with the same syncs and copies, as far as they go.
pub fn sample_within(seed: u64, change: Change, statements: u32) -> Sample {
    author::Author::new(seed, change).write(statements)
}
