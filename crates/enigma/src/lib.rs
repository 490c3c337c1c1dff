//! Write GPU kernels in Rust, in which an asynchronous copy is a value that the compiler checks.
#![doc = ""]

mod carried;
mod control;
mod element;
mod flight;
mod functions;
mod kernel;
mod matrix;
mod memory;
mod name;
mod operand;
mod trace;
mod value;

pub use carried::Carried;
pub use control::{Bounds, Loop, for_range, if_, if_else, range, while_, while_carry};
pub use element::{Bits, Element, Float, Integer, Number, ValueType, Vec2, Vec3, Vec4, Vector};
pub use enigma_ir::{Diagnostic, Diagnostics, Fill, MemFlags, Rule};
pub use enigma_macros::kernel;
pub use flight::*;
pub use functions::x::*;
pub use functions::*;
pub use half::{bf16, f16};
pub use kernel::{Kernel, Param, Params, Body, build};
pub use matrix::Matrix;
pub use memory::*;
pub use operand::{Index, Operand};
pub use value::{Val, make_vec, select, val, vec_extract};

pub mod prelude {
    //! What a kernel uses.
    pub use crate::*;
}

/// What the code that `#[enigma::kernel]` makes refers to.
#[doc(hidden)]
pub mod __private {
    pub use crate::kernel::ParamName;
    pub use crate::name::{Names, Probe, Unnamed};
}
