//! Function constants: numbers that are chosen when the kernel is specialised, after it was traced and before it runs.

use enigma_ir::{Arg, Opcode};
use enigma_runtime::Constant;

use crate::element::Element;
use crate::trace;
use crate::value::Val;

/// The function constant of that index, 0 to 65535: the same number for the whole grid, which
/// [`Compiled::specialise`](crate::Compiled::specialise) chooses. Panics outside a kernel.
///
/// ```
/// use enigma::prelude::*;
///
/// #[enigma::kernel]
/// fn scale(x: Buffer<f32>) {
///     let by = function_constant::<f32>(0);
///     let i = thread_position_in_grid();
///     x.store(i, x.load(i) * by);
/// }
///
/// let mut x = [1.0f32, 2.0, 3.0, 4.0];
/// let doubled = scale().compile()?.specialise(&[constant(0, 2.0f32)])?;
/// doubled.launch(4, 4, (&mut x,))?;
/// assert_eq!(x, [2.0, 4.0, 6.0, 8.0]);
/// assert!(doubled.metal_source(&Default::default())?.contains("x[i] *= 2.0f"));
/// # Ok::<(), Diagnostics>(())
/// ```
#[track_caller]
pub fn function_constant<T: Element>(index: u32) -> Val<T> {
    let index = Arg::Literal(enigma_ir::Literal::Int(index.into()));
    trace::with(|trace, span| trace.call(Opcode::FunctionConstant, &[Arg::DType(T::DTYPE), index], span))
}

/// A number for the function constant of that index.
pub fn constant<T: Element>(index: u32, value: T) -> Constant {
    Constant { index, dtype: T::DTYPE, value: value.literal() }
}
