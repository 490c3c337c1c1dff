//! The kernel language as data.
//!
//! # The copy in flight
//!
//! An *event* is a copy in flight: the value of type [`Type::Event`] that `async_copy_1d_d2t` and its three
//! siblings return. Three things are to be known of it, and each is enforced in one place:
//!
//! | | | enforced by |
//! |---|---|---|
//! | **what it is** | one copy, issued once by one simdgroup, all of whose lanes pass the same operands | the operation table ([`table`]: `Flight::Issues`, `Collective::Simdgroup`) and `verify::divergence` |
//! | **who may wait for it** | the simdgroup that issued it, exactly once, before the kernel ends; an event leaves a loop or a branch only by being carried out | the builder (`event-escapes`) and `verify::flight` (`never-waited`, `waited-twice`) |
//! | **what is forbidden until then** | nobody touches the destination, nobody writes the source | `verify::flight` (`read-before-wait`, `write-before-wait`, `source-overwritten`, `overlapping-copies`) |
//!
//! The verifier reports what happens on every run that reaches the place; what only some runs do is
//! the run-time checker's. It never refuses a correct kernel.
//!
//! # The way through the crate
//!
//! [`Builder`] makes a [`Kernel`], guided by the operation [`table`]; [`verify()`] turns it into
//! [`Verified<Kernel>`](Verified), the only thing that a target accepts, or returns *all* that is wrong with it as
//! [`Diagnostics`].

pub mod analysis;
mod builder;
mod copy;
mod diagnostic;
mod dialect;
pub mod format;
mod hazard;
mod kernel;
mod mlir;
pub mod passes;
mod print;
mod repair;
mod rounding;
mod span;
pub mod table;
pub mod target;
mod types;
mod verify;

pub use builder::{Arg, Builder, BuilderMark, Checkpoint, Joined};
pub use copy::{Copy, CopyShape};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Rule, Severity, Style};
pub use dialect::Dialect;
pub use hazard::Hazard;
pub use kernel::{
    Argument, Attr, Binding, Block, BlockId, Definition, Dim, Fill, FunctionConstant, Kernel, KernelParam, MemFlags,
    Memory, MemoryId, MemoryOrder, Op, OpId, Space, Value, ValueId, Verified,
};
pub use mlir::mlir;
pub use print::print;
pub use repair::{Edit, Repair};
pub use rounding::round_to_odd;
pub use span::{SourceFile, SourceFiles, Span};
pub use table::Opcode;
pub use types::{DType, Literal, Type};
pub use verify::verify;
