//! AIR, the LLVM IR of Metal, from verified kernels, without Apple's compiler and without LLVM.
//!
//! ```text
//! llvm        LLVM IR as data, and as text
//! ```

pub mod llvm;
