//! The extension module `enigma._core`: Python objects in, kernel representation out.
//!
//! It converts and never decides. What an operation takes is the operation table's business, what a kernel may do the
//! builder's and the verifier's, what a launch may bind the runtime's. What is decided here is what only
//! Python has: which frame called, what the result is assigned to, which kernel is being traced on this thread.
//!
//! | module | holds |
//! |---|---|
//! | [`trace`] | the kernels being traced on this thread, and the way from a Python function to a verified kernel |
//! | [`place`] | which source text the user's code stands in |
//! | [`argument`] | Python objects as arguments of operations |
//! | [`call`] | kernel-language functions, all made from the operation table |
//! | [`flow`] | what plain `if`, `while` and `for` over values are rewritten into |
//! | [`value`], [`tensor`], [`control`] | the objects that a kernel's Python code handles |
//! | [`signature`] | the table's signatures and documentation as Python spells them |
//! | [`launch`], [`binding`] | devices, and what a launch binds to a kernel's parameters |
//! | [`constants`] | numbers for function constants |
//! | [`emission`] | how a kernel is emitted for Metal |
//! | [`check`] | checked runs, and their reports |
//! | [`array`], [`dlpack`] | the memory of arrays |
//! | [`error`] | diagnostics as `EnigmaError` |
//! | [`explain`] | the rules and their pages |

mod argument;
mod array;
mod binding;
mod call;
mod check;
mod constants;
mod control;
mod dlpack;
mod emission;
mod error;
mod explain;
mod flow;
mod launch;
mod place;
mod signature;
mod tensor;
mod trace;
mod value;

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

/// What a lock guards; nothing here is left in disorder by a panic.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<value::Value>()?;
    module.add_class::<value::Event>()?;
    module.add_class::<tensor::Tensor>()?;
    module.add_class::<tensor::RegisterTensor>()?;
    module.add_class::<control::ForRange>()?;
    module.add_class::<control::If>()?;
    module.add_class::<control::Branch>()?;
    module.add_class::<control::While>()?;
    module.add_class::<control::Carry>()?;
    module.add_class::<flow::Fork>()?;
    module.add_class::<flow::Loop>()?;
    module.add_class::<flow::Mark>()?;
    module.add_class::<error::Spot>()?;
    module.add_class::<trace::Compiled>()?;
    module.add_class::<launch::Runtime>()?;
    module.add_class::<launch::Capabilities>()?;
    module.add_class::<launch::Statistics>()?;
    module.add_class::<check::Report>()?;
    module.add_function(wrap_pyfunction!(launch::examine, module)?)?;
    module.add_function(wrap_pyfunction!(check::refused, module)?)?;
    module.add_function(wrap_pyfunction!(check::check_order, module)?)?;
    module.add_function(wrap_pyfunction!(trace::trace, module)?)?;
    module.add_function(wrap_pyfunction!(trace::metallib, module)?)?;
    module.add_function(wrap_pyfunction!(tensor::threadgroup_alloc, module)?)?;
    module.add_function(wrap_pyfunction!(tensor::register_tensor, module)?)?;
    module.add_function(wrap_pyfunction!(call::thread_position_in_grid, module)?)?;
    module.add_function(wrap_pyfunction!(error::refusal, module)?)?;
    module.add_function(wrap_pyfunction!(error::refusal_here, module)?)?;
    module.add_function(wrap_pyfunction!(error::refusal_at, module)?)?;
    module.add_function(wrap_pyfunction!(error::here, module)?)?;
    module.add_function(wrap_pyfunction!(flow::truth, module)?)?;
    module.add_function(wrap_pyfunction!(flow::negation, module)?)?;
    module.add_function(wrap_pyfunction!(flow::mark, module)?)?;
    module.add_function(wrap_pyfunction!(trace::is_tracing, module)?)?;
    module.add_function(wrap_pyfunction!(explain::rules, module)?)?;
    module.add_function(wrap_pyfunction!(explain::rule_page, module)?)?;
    module.add_class::<signature::Operation>()?;
    module.add_function(wrap_pyfunction!(signature::operations, module)?)?;
    module.add_function(wrap_pyfunction!(signature::operation_table, module)?)?;
    module.add("language", call::functions(module.py())?)
}
