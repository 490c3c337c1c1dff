//! Memory: device buffers, threadgroup tiles, registers.

use std::marker::PhantomData;

use enigma_ir::{Arg, Literal, MemFlags, MemoryId, Opcode};

use crate::element::{Element, ValueType, Vector};
use crate::operand::{Index, Operand};
use crate::trace::{self, Handle};
use crate::value::Val;

/// Device memory: a parameter of the kernel, bound to a slice at launch.
pub struct Buffer<T> {
    pub(crate) handle: Handle<MemoryId>,
    element: PhantomData<fn() -> T>,
}

impl<T> Copy for Buffer<T> {}

impl<T> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

/// An array that a threadgroup shares, or (as [`Registers`]) that each thread has for itself.
///
/// A tile is owned. A copy takes it away and [`InFlight::wait`](crate::InFlight::wait) gives it back, so nothing can
/// touch it in between.
pub struct Tile<T, S = Threadgroup> {
    pub(crate) handle: Handle<MemoryId>,
    element: PhantomData<fn() -> (T, S)>,
}

/// An array that each thread has for itself.
pub type Registers<T> = Tile<T, Thread>;

/// Shared by the threads of a threadgroup.
pub enum Threadgroup {}

/// Private to a thread.
pub enum Thread {}

impl<T> Buffer<T> {
    pub(crate) fn new(handle: Handle<MemoryId>) -> Self {
        Buffer { handle, element: PhantomData }
    }
}

impl<T, S> Tile<T, S> {
    pub(crate) fn new(handle: Handle<MemoryId>) -> Self {
        Tile { handle, element: PhantomData }
    }
}

/// Allocates an array of `len` elements that the threadgroup shares. It starts uninitialised. A threadgroup has 32 KiB.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn threadgroup<T: Element>(len: usize) -> Tile<T> {
    trace::with(|trace, span| {
        let id = trace.builder.threadgroup_alloc(T::DTYPE, len as i128, None, None, span);
        trace.unnamed.push(id);
        Tile::new(trace.handle(id))
    })
}

/// Makes an array of `len` elements that each thread has for itself, every element `fill` at first.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn registers<T: Element>(len: usize, fill: impl Operand<T>) -> Registers<T> {
    trace::with(|trace, span| {
        let fill = trace.given(fill.given(), span);
        let id = trace.builder.register_tensor(T::DTYPE, len as i128, Some(fill), None, span);
        trace.unnamed.push(id);
        Tile::new(trace.handle(id))
    })
}

/// Memory that can be read. Indices count elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read",
    label = "no memory to read",
    note = "a tile that a copy is in flight into is away: `let tile = flight.wait();` gives it back",
    note = "a tile that a copy is in flight out of can be read through `flight.source()`"
)]
pub trait Readable {
    /// What it holds.
    type Element: Element;

    #[doc(hidden)]
    fn memory(&self) -> Handle<MemoryId>;

    /// Reads one element.
    #[track_caller]
    fn load(&self, index: impl Index) -> Val<Self::Element> {
        trace::with(|trace, span| {
            let args = [trace.arg(self.memory(), span), trace.given(index.given(), span)];
            trace.call(Opcode::Load, &args, span)
        })
    }

    /// Reads one element where `mask` holds, and touches no memory where it does not: there the result is `default`.
    #[track_caller]
    fn load_if(&self, index: impl Index, mask: Val<bool>, default: impl Operand<Self::Element>) -> Val<Self::Element> {
        trace::with(|trace, span| {
            let given = [index.given(), mask.into(), default.given()].map(|given| trace.given(given, span));
            let [index, mask, default] = given;
            let args = [trace.arg(self.memory(), span), index, mask, default];
            trace.call(Opcode::LoadIf, &args, span)
        })
    }

    /// Reads `N` consecutive elements from `index` on as a vector; any index will do.
    #[track_caller]
    fn vec_load<const N: usize>(&self, index: impl Index) -> Val<Vector<Self::Element, N>>
    where
        Vector<Self::Element, N>: ValueType,
    {
        trace::with(|trace, span| {
            let width = Literal::Int(N as i128).into();
            let args = [trace.arg(self.memory(), span), trace.given(index.given(), span), width];
            trace.call(Opcode::VecLoad, &args, span)
        })
    }
}

/// Memory that can be written. Indices count elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written",
    label = "no memory to write",
    note = "a tile is away while a copy is in flight into it or out of it: `let tile = flight.wait();` gives it back"
)]
pub trait Writable: Readable {
    /// Writes one element.
    #[track_caller]
    fn store(&self, index: impl Index, value: impl Operand<Self::Element>) {
        trace::with(|trace, span| {
            let args =
                [trace.arg(self.memory(), span), trace.given(index.given(), span), trace.given(value.given(), span)];
            trace.builder.call(Opcode::Store, &args, span);
        });
    }

    /// Writes one element where `mask` holds, and touches no memory where it does not.
    #[track_caller]
    fn store_if(&self, index: impl Index, value: impl Operand<Self::Element>, mask: Val<bool>) {
        trace::with(|trace, span| {
            let given = [index.given(), value.given(), mask.into()].map(|given| trace.given(given, span));
            let [index, value, mask] = given;
            let args = [trace.arg(self.memory(), span), index, value, mask];
            trace.builder.call(Opcode::StoreIf, &args, span);
        });
    }

    /// Writes the components of a vector to consecutive elements from `index` on; any index will do.
    #[track_caller]
    fn vec_store<const N: usize>(&self, index: impl Index, v: Val<Vector<Self::Element, N>>) {
        trace::with(|trace, span| {
            let args = [trace.arg(self.memory(), span), trace.given(index.given(), span), trace.given(v.into(), span)];
            trace.builder.call(Opcode::VecStore, &args, span);
        });
    }
}

/// Memory that all threads of a threadgroup see: a device buffer or a tile. Simdgroup matrices live there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not memory that the threads of a simdgroup share",
    note = "a `Buffer` is, and a `Tile` in threadgroup memory while no copy is in flight: `let tile = flight.wait();`"
)]
pub trait Shared: Readable {}

impl<T: Element> Readable for Buffer<T> {
    type Element = T;

    fn memory(&self) -> Handle<MemoryId> {
        self.handle
    }
}

impl<T: Element, S> Readable for Tile<T, S> {
    type Element = T;

    fn memory(&self) -> Handle<MemoryId> {
        self.handle
    }
}

impl<T: Element> Writable for Buffer<T> {}
impl<T: Element, S> Writable for Tile<T, S> {}
impl<T: Element> Shared for Buffer<T> {}
impl<T: Element> Shared for Tile<T> {}

macro_rules! barriers {
    ($( $(#[$doc:meta])* $name:ident $with:ident $code:ident; )*) => { $(
        $(#[$doc])*
        /// Orders threadgroup memory.
        ///
        /// # Panics
        ///
        /// Outside a kernel.
        #[track_caller]
        pub fn $name() {
            $with(MemFlags::Threadgroup);
        }

        $(#[$doc])*
        /// Orders the memory that `flags` name.
        ///
        /// # Panics
        ///
        /// Outside a kernel.
        #[track_caller]
        pub fn $with(flags: MemFlags) {
            trace::with(|trace, span| trace.builder.call(Opcode::$code, &[Arg::Name(flags.name().to_owned())], span));
        }
    )* };
}

barriers! {
    /// All threads of the threadgroup arrive before any goes on.
    barrier barrier_with Barrier;
    /// All lanes of the simdgroup arrive before any goes on.
    simd_barrier simd_barrier_with SimdBarrier;
}
