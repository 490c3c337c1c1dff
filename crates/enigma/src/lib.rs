//! GPU kernels in Rust, in which a copy in flight is a value that the compiler checks.
//!
//! # The copy in flight
//!
//! An asynchronous copy takes the tile that it writes, and gives back an [`InFlight`] tile: it cannot be read and cannot
//! be written. Only waiting returns the tile.
//!
//! ```
//! use enigma::prelude::*;
//!
//! #[enigma::kernel]
//! fn tiled_load(a: Buffer<f32>, out: Buffer<f32>) {
//!     let tile = threadgroup::<f32>(64);
//!     let flight = tile.copy(Copy1d::from(a, 64)); // the tile is away
//!     let i = thread_position_in_threadgroup();
//!     let tile = flight.wait(); //                    and back
//!     barrier();
//!     out.store(i, tile.load(i));
//! }
//!
//! let a: Vec<f32> = (0..64).map(|i| i as f32).collect();
//! let mut out = vec![0.0; 64];
//! tiled_load().compile()?.launch(64, 64, (&a, &mut out))?;
//! assert_eq!(out, a);
//! # Ok::<(), Diagnostics>(())
//! ```
//!
//! Using the tile early is a use of a moved value, which does not compile:
//!
//! ```compile_fail,E0382
//! # use enigma::prelude::*;
//! # #[enigma::kernel]
//! # fn early(a: Buffer<f32>, out: Buffer<f32>) {
//! let tile = threadgroup::<f32>(64);
//! let flight = tile.copy(Copy1d::from(a, 64));
//! out.store(0, tile.load(0));
//! # flight.wait();
//! # }
//! ```
//!
//! What the compiler cannot see, because it depends on offsets or on the way through the kernel, the verifier checks when the
//! kernel is [compiled](Kernel::compile); its message shows both places, the copy and the use. How to keep a
//! copy in flight across the iterations of a loop: see [`Loop::carry`].
//!
//! # A tour
//!
//! * A kernel is a function under [`#[enigma::kernel]`](macro@kernel), or a closure given to [`build`]. Its parameters are
//!   [`Buffer`]s and [`Val`]s. [`Kernel::compile`] verifies it, [`Compiled::launch`] runs it with slices and numbers of the
//!   right types, [`Compiled::check`] runs it under the checker, `metal_source` shows the Metal source.
//! * A [`Val<T>`](Val) is a number that exists when the kernel runs. It takes operators, with literals too, and the functions of
//!   the kernel language as methods: `(2.0 * x).exp()`. Two types do not mix: `i.cast::<f32>() * x`.
//! * Memory is a [`Buffer`], a [`threadgroup`] tile or an array of [`registers`]; [`Readable::load`] and
//!   [`Writable::store`] take any integer as index.
//! * A Rust `for` unrolls and a Rust `if` decides while tracing. What is decided when the kernel runs is
//!   [`for_range`], [`range`], [`while_`], [`if_`], [`if_else`] and [`select`].
//! * Copies are described by [`Copy1d`] and [`Copy2d`] and issued by [`Tile::copy`]; where part of a tile is copied
//!   while another is used, by [`async_copy_2d_d2t`] and its siblings, which give an [`Event`].
//! * [`Vec3<f32>`](Vec3) and its siblings are vectors, with operators and functions of their own: `v.normalize()`. [`Mat`] is a small
//!   matrix of one thread: `mat_make([x, y, z]) * v`. [`Matrix`] is an 8x8 matrix that a simdgroup holds together.
//!
//! All of these panic outside a kernel, naming the place. Everything else that is wrong with a kernel comes back from
//! [`Kernel::compile`] as [`Diagnostics`], all of it at once, with the source lines.

/// The examples of the README and of the checker's page run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../docs/checker.md")]
struct Pages;

mod arity;
mod atomic;
mod carried;
mod constants;
mod control;
mod element;
mod flight;
mod functions;
mod kernel;
mod launch;
mod mat;
mod matrix;
mod memory;
mod name;
mod operand;
mod print;
mod trace;
mod value;

pub use enigma_ir::target;
pub use enigma_ir::{Diagnostic, Diagnostics, Fill, MemFlags, MemoryOrder, Rule, Severity, Style};
pub use enigma_macros::kernel;
pub use enigma_msl::{AsyncLowering, Options};
pub use enigma_runtime::{
    Capabilities, Choice, Chosen, Constant, Emission, Figures, Finding, Instance, Limits, Lowering, Order, Report,
    Runs, Runtime, Statistics, Timeline,
};
pub use half::{bf16, f16};

pub use atomic::{Atomic, Word};
pub use carried::Carried;
pub use constants::{constant, function_constant};
pub use control::{Bounds, Loop, for_range, if_, if_else, range, while_, while_carry};
pub use element::{
    Bits, Element, Float, FloatVector, Integer, MatElement, Number, ValueType, Vec2, Vec3, Vec4, Vector,
};
pub use flight::{
    At, Copy1d, Copy2d, Direction, Event, Flights, InFlight, Incoming, Outgoing, Size, Source, Transfer,
    async_copy_1d_d2t, async_copy_1d_t2d, async_copy_2d_d2t, async_copy_2d_t2d, async_copy_wait, wait_all,
};
#[allow(deprecated)] // the legacy names are exported for kernels that use them
pub use flight::{async_copy_commit, async_copy_to_threadgroup};
pub use functions::x::*;
pub use functions::*;
pub use kernel::{Body, Kernel, Param, Params, build};
pub use launch::{Arguments, Bind, Compiled, Extent};
pub use mat::{Mat, Mat2, Mat3, Mat4, mat_make};
pub use matrix::Matrix;
pub use memory::{
    Buffer, Readable, Registers, Shared, Thread, Threadgroup, Tile, Writable, barrier, barrier_with, registers,
    simd_barrier, simd_barrier_with, threadgroup,
};
pub use operand::{Index, Operand};
pub use value::{Val, make_vec, select, val, vec_extract};

pub mod prelude {
    //! What kernels use: `use enigma::prelude::*;`.
    pub use crate::functions::x::*;
    pub use crate::functions::*;
    pub use crate::{
        At, Atomic, Buffer, Carried, Compiled, Copy1d, Copy2d, Diagnostics, Element, Event, Fill, Float, InFlight,
        Integer, Kernel, Mat, Mat2, Mat3, Mat4, Matrix, MemFlags, MemoryOrder, Number, Operand, Order, Readable,
        Registers, Report, Rule, Runtime, Size, Tile, Val, Vec2, Vec3, Vec4, Writable, async_copy_1d_d2t,
        async_copy_1d_t2d, async_copy_2d_d2t, async_copy_2d_t2d, async_copy_wait, barrier, barrier_with, bf16,
        constant, debug_print, f16, for_range, function_constant, if_, if_else, make_vec, mat_make, range, registers,
        select, simd_barrier, simd_barrier_with, threadgroup, val, wait_all, while_, while_carry,
    };
}

/// What the code that `#[enigma::kernel]` makes refers to.
#[doc(hidden)]
pub mod __private {
    pub use crate::kernel::ParamName;
    pub use crate::name::{Names, Probe, Unnamed};
    pub use crate::print::{print, printed};
}
