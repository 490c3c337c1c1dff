//! What looks on while a kernel runs.
//!
//! Everything that touches memory, and everything that orders it, is announced to an [`Observer`] before it is done: with the
//! operation that does it, the memory, the threads that take part and the elements. The executor is generic over the
//! observer, and [`Unobserved`], the observer of a plain run, compiles to nothing. What is announced has passed the bounds checks.
//!
//! An observer may also take charge of two things:
//!
//! * *When a copy moves its elements.* [`Observer::issue`] may hold it, and [`Observer::due`], which is asked after every
//!   announcement and before the announced thing is done, hand it back to be carried out.
//! * *What becomes of a fault.* [`Observer::fault`] may take a load or store out of bounds, which then is not done, and the kernel goes
//!   on; [`Observer::stopped`] may take what ended a threadgroup, and the other threadgroups go on.

use enigma_ir::table::Access;
use enigma_ir::{MemFlags, MemoryId, OpId, Opcode};

pub use crate::machine::{Indices, PER_LANE, Stop, StopPlace, Transfer};
pub use crate::slot::Mask;

/// A load or a store that is about to be done.
#[derive(Copy, Clone, Debug)]
pub struct Touch<'a> {
    /// The operation.
    pub site: OpId,
    /// The memory that is touched.
    pub memory: MemoryId,
    /// The threads that take part.
    pub mask: &'a Mask,
    /// The element of each.
    pub indices: &'a Indices,
}

/// A simdgroup matrix that is about to be loaded or stored by one simdgroup.
#[derive(Copy, Clone, Debug)]
pub struct MatrixTouch {
    /// The operation.
    pub site: OpId,
    /// The memory that is touched.
    pub memory: MemoryId,
    /// The simdgroup.
    pub simdgroup: usize,
    /// The first element.
    pub offset: usize,
    /// Elements from one row of 8 to the next.
    pub pitch: i64,
}

/// When an issued copy moves its elements.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Landing {
    /// At once.
    Now,
    /// When [`Observer::due`] hands it back.
    Held {
        /// Whether the destination is filled with nonsense until then: NaN for floats, a striking pattern for integers.
        poison: bool,
    },
}

/// Looks on while a threadgroup runs; one per worker, told when the next threadgroup begins.
pub trait Observer: Send {
    /// Whether threadgroups that can tell each other something, through atomic operations on device memory, run one after another in the
    /// order of their numbers, so that what they do does not depend on the number of workers.
    const IN_ORDER: bool = false;

    /// A threadgroup of that many threads begins; its number counts x fastest.
    #[inline(always)]
    fn begin(&mut self, _threadgroup: u64, _threads: usize) {}

    /// The threadgroup has come to its end.
    #[inline(always)]
    fn end(&mut self) {}

    /// A load or a store leaves its memory. `Ok` if it is to be left out and the kernel to go on; a load then gives any number.
    /// A copy that does ends the threadgroup: too much comes of it.
    ///
    /// # Errors
    ///
    /// The fault, to stop the threadgroup.
    #[inline(always)]
    fn fault(&mut self, fault: Box<Stop>, _threads: usize) -> Result<(), Box<Stop>> {
        Err(fault)
    }

    /// The threadgroup does not come to its end. Returns what stopped it, if the whole launch is to end with it.
    #[inline(always)]
    fn stopped(&mut self, stop: Box<Stop>) -> Option<Box<Stop>> {
        Some(stop)
    }

    /// A register tensor comes into being for every thread, with a value or without.
    #[inline(always)]
    fn declare(&mut self, _memory: MemoryId, _filled: bool) {}

    /// Elements are about to be read.
    #[inline(always)]
    fn load(&mut self, _touch: Touch<'_>) {}

    /// Elements are about to be written.
    #[inline(always)]
    fn store(&mut self, _touch: Touch<'_>) {}

    /// Elements are about to be accessed atomically: read, written, or both as one. A compare-exchange is announced as a read, and
    /// once more, when it is done, as a write of the threads where it succeeded.
    #[inline(always)]
    fn atomic(&mut self, _touch: Touch<'_>, _access: Access) {}

    /// A matrix is about to be read.
    #[inline(always)]
    fn matrix_load(&mut self, _touch: MatrixTouch) {}

    /// A matrix is about to be written.
    #[inline(always)]
    fn matrix_store(&mut self, _touch: MatrixTouch) {}

    /// A copy is issued. Says when it is to be carried out; at once by default.
    #[inline(always)]
    fn issue(&mut self, _transfer: &Transfer) -> Landing {
        Landing::Now
    }

    /// A copy that moves nothing is issued: it has an event all the same, of the simdgroup whose first thread is given, or,
    /// where the event has [`PER_LANE`], of that thread.
    #[inline(always)]
    fn issue_nothing(&mut self, _site: OpId, _event: u32, _thread: usize) {}

    /// The copy of an event is waited for, by the simdgroup whose first thread is given, or, where the event has
    /// [`PER_LANE`], by that thread alone.
    #[inline(always)]
    fn complete(&mut self, _site: OpId, _event: u32, _thread: usize) {}

    /// A copy that was held and is to be carried out now. Asked until there is none.
    #[inline(always)]
    fn due(&mut self) -> Option<Transfer> {
        None
    }

    /// The threads that take part arrive at a barrier, of the threadgroup or of each simdgroup.
    #[inline(always)]
    fn barrier(&mut self, _site: OpId, _code: Opcode, _flags: MemFlags, _mask: &Mask) {}

    /// A loop begins.
    #[inline(always)]
    fn enter_loop(&mut self, _site: OpId) {}

    /// The innermost loop goes into that iteration, from 0.
    #[inline(always)]
    fn iterate(&mut self, _iteration: u64) {}

    /// The innermost loop is left.
    #[inline(always)]
    fn leave_loop(&mut self) {}

    /// The simdgroups of these bits carry out an operation that is no copy, wait, barrier, branch or loop.
    #[inline(always)]
    fn work(&mut self, _simdgroups: u32) {}
}

/// Looks on at nothing.
#[derive(Copy, Clone, Default, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}
