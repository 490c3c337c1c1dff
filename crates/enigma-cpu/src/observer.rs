//! What looks on while a kernel runs.
//!
//! Everything that touches memory, and everything that orders it, is announced to an [`Observer`] before it is done: with the
//! operation that does it, the memory, the threads that take part and the elements. The executor is generic over the
//! observer, and [`Unobserved`], the observer of a plain run, compiles to nothing.
//!
//! An observer may also take charge of *when* a copy moves its elements: [`Observer::issue`] may keep the transfer, and
//! [`Observer::complete`] hand it back at the wait. What is announced has passed the bounds checks.

use enigma_ir::{MemFlags, MemoryId, OpId, Opcode};

pub use crate::machine::{Indices, PER_LANE, Transfer};
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

/// Looks on while a threadgroup runs; one per worker, told when the next threadgroup begins.
pub trait Observer: Send {
    /// A threadgroup begins; its number counts x fastest.
    #[inline(always)]
    fn begin(&mut self, _threadgroup: u64) {}

    /// Elements are about to be read.
    #[inline(always)]
    fn load(&mut self, _touch: Touch<'_>) {}

    /// Elements are about to be written.
    #[inline(always)]
    fn store(&mut self, _touch: Touch<'_>) {}

    /// A matrix is about to be read.
    #[inline(always)]
    fn matrix_load(&mut self, _touch: MatrixTouch) {}

    /// A matrix is about to be written.
    #[inline(always)]
    fn matrix_store(&mut self, _touch: MatrixTouch) {}

    /// A copy is issued. Returns it if it is to be carried out at once, which is so by default.
    #[inline(always)]
    fn issue(&mut self, transfer: Transfer) -> Option<Transfer> {
        Some(transfer)
    }

    /// The copy of an event is waited for, by the simdgroup whose first thread is given, or, where the event has
    /// [`PER_LANE`], by that thread alone. Returns the copy if it was kept at its issue and is to be carried out now.
    #[inline(always)]
    fn complete(&mut self, _site: OpId, _event: u32, _thread: usize) -> Option<Transfer> {
        None
    }

    /// The threads that take part arrive at a barrier, of the threadgroup or of each simdgroup.
    #[inline(always)]
    fn barrier(&mut self, _site: OpId, _code: Opcode, _flags: MemFlags, _mask: &Mask) {}
}

/// Looks on at nothing.
#[derive(Copy, Clone, Default, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}
