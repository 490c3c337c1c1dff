//! Device memory: the buffers that a launch is given. The only place of the executor with unsafe code.
//!
//! A buffer is a pointer and a length; all access goes through [`Device`], whose every method checks its bounds and
//! copies plain numbers through the raw pointer. No reference into a buffer is ever made while a kernel runs.
//!
//! **Racy kernels.** Threadgroups run in parallel. When a kernel lets two of them touch the same element without
//! atomics, one of them writing, what is read is unspecified, as it is on a GPU: it may be the old
//! number, the new one, or on targets that tear wide accesses a mixture of their bytes. Every element type is plain numbers
//! (`bool` is read as "not zero"), so that no such mixture breaks anything beyond the value itself. Host code
//! must not touch the buffers of a launch until it returns; the lifetimes of [`Buffer::read`] and [`Buffer::write`] see to it.
//!
//! **Atomic operations** are the machine's own, on aligned 32-bit words, which the binding of a launch sees to. Each acquires and releases,
//! whatever order the kernel asks for.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

use bytemuck::Pod;
use enigma_ir::{DType, Literal};
use half::{bf16, f16};

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that elements of a buffer may have.
pub trait Element: sealed::Sealed + Copy {
    /// The element type that it is.
    const DTYPE: DType;

    /// The elements that these bytes are; a rest that is no whole element is dropped.
    fn from_bytes(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! elements {
    ($($t:ty = $d:ident),*) => { $(
        impl sealed::Sealed for $t {}

        impl Element for $t {
            const DTYPE: DType = DType::$d;

            fn from_bytes(bytes: &[u8]) -> Vec<Self> {
                bytes.chunks_exact(size_of::<$t>()).map(bytemuck::pod_read_unaligned).collect()
            }
        }
    )* };
}

impl sealed::Sealed for bool {}

impl Element for bool {
    const DTYPE: DType = DType::Bool;

    fn from_bytes(bytes: &[u8]) -> Vec<Self> {
        bytes.iter().map(|&byte| byte != 0).collect()
    }
}

elements!(
    i8 = I8,
    u8 = U8,
    i16 = I16,
    u16 = U16,
    i32 = I32,
    u32 = U32,
    i64 = I64,
    u64 = U64,
    f16 = F16,
    bf16 = BF16,
    f32 = F32
);

/// The element type of a buffer of `T` that is said to hold `dtype`: the same bits, where they have the same width.
/// Otherwise it is `T`'s own, which the launch then refuses as not what the parameter takes.
fn seen_as<T: Element>(dtype: DType) -> DType {
    let same_width = size_of::<T>() == dtype.size();
    let same_bool = (T::DTYPE == DType::Bool) == (dtype == DType::Bool);
    if same_width && same_bool { dtype } else { T::DTYPE }
}

/// Device memory for one launch: a borrowed array of elements.
#[derive(Debug)]
pub struct Buffer<'a> {
    dtype: DType,
    data: *mut u8,
    len: usize,
    writable: bool,
    borrow: PhantomData<&'a mut [u8]>,
}

impl<'a> Buffer<'a> {
    /// A buffer that the kernel only reads. `dtype` is what its elements are; it must be as wide as `T`
    /// (`u16` may hold `half`), else the launch refuses the buffer.
    pub fn read<T: Element>(dtype: DType, data: &'a [T]) -> Self {
        let pointer = data.as_ptr().cast_mut().cast();
        Buffer { dtype: seen_as::<T>(dtype), data: pointer, len: data.len(), writable: false, borrow: PhantomData }
    }

    /// A buffer that the kernel may write. `dtype` as for [`read`](Self::read).
    pub fn write<T: Element>(dtype: DType, data: &'a mut [T]) -> Self {
        let pointer = data.as_mut_ptr().cast();
        Buffer { dtype: seen_as::<T>(dtype), data: pointer, len: data.len(), writable: true, borrow: PhantomData }
    }

    /// A buffer of `elements` elements from `data` on, which need not be aligned.
    ///
    /// # Safety
    ///
    /// For `'a`, the memory must be valid for reads, and for writes if `writable`, and nobody else may write it while a launch
    /// runs, nor read it if `writable`. Two buffers of one launch may overlap; what a kernel then sees of one
    /// through the other is unspecified where it races.
    pub unsafe fn from_raw(dtype: DType, data: *mut u8, elements: usize, writable: bool) -> Self {
        Buffer { dtype, data, len: elements, writable, borrow: PhantomData }
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the kernel may write it.
    pub fn writable(&self) -> bool {
        self.writable
    }

    /// The addresses of its bytes.
    pub fn addresses(&self) -> std::ops::Range<usize> {
        let start = self.data as usize;
        start..start + self.len * self.dtype.size()
    }

    /// The same memory once more, to be read only.
    pub fn share(&self) -> Buffer<'_> {
        Buffer { dtype: self.dtype, data: self.data, len: self.len, writable: false, borrow: PhantomData }
    }

    /// A copy of its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let len = self.len * self.dtype.size();
        let mut bytes = vec![0; len];
        Device { data: self.data, len, size: 1 }.read(0, &mut bytes);
        bytes
    }

    /// The buffer as the executor sees it.
    pub(crate) fn device(&self) -> Device {
        Device { data: self.data, len: self.len, size: self.dtype.size() }
    }
}

/// Lends parts of `memory` to one launch, as buffers that the kernel may write: each of that element type, from that byte on, of
/// so many elements. Parts may overlap; they are cut off at the end of the memory.
pub fn lend_parts<'a>(
    memory: &'a mut [u8],
    parts: impl Iterator<Item = (DType, usize, usize)>,
) -> impl Iterator<Item = Buffer<'a>> {
    let (data, bytes) = (memory.as_mut_ptr(), memory.len());
    parts.map(move |(dtype, start, len)| {
        let start = start.min(bytes);
        let len = len.min((bytes - start) / dtype.size());
        // SAFETY: `start` is inside the memory, or just at its end.
        let data = unsafe { data.add(start) };
        Buffer { dtype, data, len, writable: true, borrow: PhantomData }
    })
}

/// What a kernel parameter is bound to, one per parameter, in order.
#[derive(Debug)]
pub enum Argument<'a> {
    /// Device memory.
    Buffer(Buffer<'a>),
    /// A number, for a `Scalar` parameter.
    Scalar(Literal),
}

/// A buffer while a kernel runs.
#[derive(Copy, Clone, Debug)]
pub struct Device {
    data: *mut u8,
    len: usize,
    size: usize,
}

// SAFETY: the pointer is only followed by the methods below, which copy plain numbers; that the memory may be read and written
// from any thread for the time of the launch is what the constructors of `Buffer` demand, and what races give is documented above.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Where `count` elements from `start` on lie. Panics when they are not all inside, or are no `T`: the executor checks both
    /// before, and this is the last line of defence.
    #[inline(always)]
    fn place<T: Pod>(&self, start: usize, count: usize) -> *mut T {
        assert!(size_of::<T>() == self.size && start <= self.len && count <= self.len - start, "outside a buffer");
        // SAFETY: `start` elements of this size are inside the memory, or just at its end.
        unsafe { self.data.cast::<T>().add(start) }
    }

    /// Reads one element.
    #[inline(always)]
    pub fn get<T: Pod>(&self, at: usize) -> T {
        let place = self.place::<T>(at, 1);
        // SAFETY: `place` is inside the memory, which is valid for reads; any bits are a `T`.
        unsafe { place.read_unaligned() }
    }

    /// Writes one element.
    #[inline(always)]
    pub fn set<T: Pod>(&self, at: usize, element: T) {
        let place = self.place::<T>(at, 1);
        // SAFETY: `place` is inside the memory, which is valid for writes: the launch refused a buffer that is written and not writable.
        unsafe { place.write_unaligned(element) }
    }

    /// Replaces a word by what `change` makes of it, if it makes anything, and returns what was there: all as one. `change` is
    /// called again when another thread was faster. Panics, as the last line of defence, where the word is not aligned.
    #[inline]
    pub fn update(&self, at: usize, change: impl FnMut(u32) -> Option<u32>) -> u32 {
        let place = self.place::<u32>(at, 1);
        assert!(place.is_aligned(), "an atomic operation on a word that is not aligned");
        // SAFETY: `place` is inside the memory, which is valid for reads, and for writes if `change` ever makes anything: the launch refused
        // a buffer that is written and not writable. It is aligned, and no reference to it is ever made.
        let word = unsafe { AtomicU32::from_ptr(place) };
        word.fetch_update(Ordering::AcqRel, Ordering::Acquire, change).unwrap_or_else(|was| was)
    }

    /// Reads `N` consecutive elements.
    #[inline(always)]
    pub fn row<T: Pod, const N: usize>(&self, start: usize) -> [T; N] {
        let place = self.place::<T>(start, N);
        // SAFETY: as in `get`, of `N` elements.
        unsafe { place.cast::<[T; N]>().read_unaligned() }
    }

    /// Writes `N` consecutive elements.
    #[inline(always)]
    pub fn set_row<T: Pod, const N: usize>(&self, start: usize, row: [T; N]) {
        let place = self.place::<T>(start, N);
        // SAFETY: as in `set`, of `N` elements.
        unsafe { place.cast::<[T; N]>().write_unaligned(row) }
    }

    /// Reads consecutive elements.
    #[inline(always)]
    pub fn read<T: Pod>(&self, start: usize, to: &mut [T]) {
        let place = self.place::<T>(start, to.len());
        // SAFETY: source and destination are valid for that many elements, and the executor's own memory, which `to` is, is no buffer.
        unsafe { std::ptr::copy_nonoverlapping(place.cast::<u8>(), to.as_mut_ptr().cast::<u8>(), size_of_val(to)) }
    }

    /// Writes consecutive elements.
    #[inline(always)]
    pub fn write<T: Pod>(&self, start: usize, from: &[T]) {
        let place = self.place::<T>(start, from.len());
        // SAFETY: as in `read`, and the memory is valid for writes as in `set`.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr().cast::<u8>(), place.cast::<u8>(), size_of_val(from)) }
    }
}
