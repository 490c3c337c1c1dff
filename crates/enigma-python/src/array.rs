//! Memory of Python objects, lent to a launch. One of the two places of this crate with unsafe code; the other is
//! [`dlpack`](crate::dlpack).
#![allow(unsafe_code)]

use enigma_ir::DType;
use enigma_runtime::Buffer;
use pyo3::prelude::*;

/// An array in memory that the processor can read.
pub struct Array {
    /// Type of its elements.
    pub dtype: DType,
    /// Where the first lies.
    pub address: usize,
    /// How many there are, one after the other.
    pub elements: usize,
    /// Whether it must not be written.
    pub read_only: bool,
    /// Keeps the memory alive.
    #[expect(dead_code, reason = "held, not read")]
    pub owner: Py<PyAny>,
}

impl Array {
    /// The array as device memory of one launch.
    pub fn lend(&self) -> Buffer<'_> {
        // SAFETY: `owner` is the object that said what the other fields hold, and while it lives the memory does. That
        // no other thread uses the memory during the launch is up to the caller, as it is with every operation on a
        // NumPy array.
        unsafe { Buffer::from_raw(self.dtype, self.address as *mut u8, self.elements, !self.read_only) }
    }

    /// Writes all elements anew. Panics when there are not as many bytes, or the array must not be written.
    pub fn overwrite(&self, bytes: &[u8]) {
        assert!(!self.read_only && bytes.len() == self.elements * self.dtype.size(), "not what this array holds");
        // SAFETY: as in `lend`; the assertion holds the bytes to the array's size, and they are memory of Rust's own.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.address as *mut u8, bytes.len()) }
    }
}
