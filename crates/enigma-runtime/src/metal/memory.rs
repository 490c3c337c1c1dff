//! Buffers: the caller's own memory, or copies of it.
//!
//! Metal takes memory as it is where it begins and ends at the border of a page, and the GPU then works in place. Everything else
//! is copied into a buffer of Metal's, and back where the kernel may have written it.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::NonNull;

use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2_foundation::NSPageSize;
use objc2_metal::{MTLBuffer, MTLDevice, MTLResourceOptions};

use crate::failure::Failure;
use crate::regions::Region;

/// Metal makes no buffer of no bytes.
const LEAST: usize = 16;

/// Whether a GPU may work in the caller's memory.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Where it begins and ends at the border of a page, and may be written.
    WherePossible,
    /// Nowhere.
    Never,
}

/// A region of the caller's memory, as a buffer of Metal's.
pub struct Bound<'a> {
    region: &'a Region,
    buffer: Retained<ProtocolObject<dyn MTLBuffer>>,
    /// Whether it is a copy.
    copied: bool,
}

impl<'a> Bound<'a> {
    /// Makes the buffer, which holds what the memory holds.
    ///
    /// # Safety
    ///
    /// The region's memory must be valid for reads, and for writes if it is writable, and nobody else may use it, until the
    /// buffer is dropped and, with [`Sharing::WherePossible`], the GPU is done with it.
    ///
    /// # Errors
    ///
    /// [`Failure::OutOfMemory`].
    pub unsafe fn new(
        device: &ProtocolObject<dyn MTLDevice>,
        region: &'a Region,
        sharing: Sharing,
    ) -> Result<Bound<'a>, Failure> {
        if sharing == Sharing::WherePossible {
            // SAFETY: as the caller promises.
            if let Some(buffer) = unsafe { in_place(device, region) } {
                return Ok(Bound { region, buffer, copied: false });
            }
        }
        let length = region.addresses.len();
        let buffer = device.newBufferWithLength_options(length.max(LEAST), MTLResourceOptions::StorageModeShared);
        let buffer = buffer.ok_or_else(|| Failure::OutOfMemory(format!("no buffer of {length} bytes can be had")))?;
        let bound = Bound { region, buffer, copied: true };
        // SAFETY: the memory is valid for reads of `length` bytes, as the caller promises; the buffer has as many, and is new.
        unsafe { std::ptr::copy_nonoverlapping(bound.host(), bound.contents(), length) };
        Ok(bound)
    }

    /// As Metal's encoders take it.
    pub fn buffer(&self) -> &ProtocolObject<dyn MTLBuffer> {
        &self.buffer
    }

    /// Brings what the GPU wrote into the caller's memory.
    ///
    /// # Safety
    ///
    /// The GPU must be done with the buffer, and the memory as [`new`](Self::new) demands.
    pub unsafe fn write_back(&self) {
        if self.copied && self.region.writable {
            // SAFETY: the memory is valid for writes of that many bytes, and no part of the buffer, which is Metal's own.
            unsafe { std::ptr::copy_nonoverlapping(self.contents(), self.host(), self.region.addresses.len()) }
        }
    }

    fn contents(&self) -> *mut u8 {
        self.buffer.contents().as_ptr().cast()
    }

    fn host(&self) -> *mut u8 {
        self.region.addresses.start as *mut u8
    }
}

/// The memory itself as a buffer, where Metal takes it. Memory that must not be written may be mapped so that a GPU cannot
/// have it; it is copied.
///
/// # Safety
///
/// As for [`Bound::new`].
unsafe fn in_place(
    device: &ProtocolObject<dyn MTLDevice>,
    region: &Region,
) -> Option<Retained<ProtocolObject<dyn MTLBuffer>>> {
    let (start, length, page) = (region.addresses.start, region.addresses.len(), NSPageSize());
    if !region.writable || length == 0 || !start.is_multiple_of(page) || !length.is_multiple_of(page) {
        return None;
    }
    let pointer = NonNull::new(start as *mut c_void)?;
    let options = MTLResourceOptions::StorageModeShared;
    // SAFETY: the memory is valid for as long as the buffer is used, as the caller promises; without a deallocator Metal
    // does not free it.
    unsafe { device.newBufferWithBytesNoCopy_length_options_deallocator(pointer, length, options, None) }
}
