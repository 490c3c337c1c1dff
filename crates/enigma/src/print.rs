//! Printing from a kernel.

use enigma_ir::{Arg, Opcode};

use crate::operand::Given;
use crate::trace;
use crate::value::Val;

/// Prints a line for each thread, when the CPU executes the kernel: `debug_print!("{} {:.3}", i, x)`. Threads print in their order,
/// threadgroup by threadgroup; of a launch 10,000 lines. Placeholders are those of Python's `str.format`; values are taken in
/// their order. With a condition first, only threads print where it holds: `debug_print!(if i.eq(0) => "{}", x)`.
///
/// ```
/// use enigma::prelude::*;
///
/// #[enigma::kernel]
/// fn halves(a: Buffer<f32>) {
///     let i = thread_position_in_grid();
///     debug_print!(if i.lt(2) => "a[{}] / 2 = {:.2f}", i, a.load(i) / 2.0);
/// }
///
/// halves().compile()?.launch(4, 4, (&[1.0, 2.0, 3.0, 4.0],))?;
/// # Ok::<(), Diagnostics>(())
/// ```
///
/// # Panics
///
/// Outside a kernel.
#[macro_export]
macro_rules! debug_print {
    (if $condition:expr => $format:literal $(, $value:expr)* $(,)?) => {
        $crate::__private::print($format, Some($condition), &[$( $crate::__private::printed($value) ),*])
    };
    ($format:literal $(, $value:expr)* $(,)?) => {
        $crate::__private::print($format, None, &[$( $crate::__private::printed($value) ),*])
    };
}

/// A value that is printed.
pub fn printed<T>(value: Val<T>) -> Given {
    value.into()
}

/// What [`debug_print`] does.
#[track_caller]
pub fn print(format: &str, condition: Option<Val<bool>>, values: &[Given]) {
    trace::with(|trace, span| {
        let condition = condition.map_or(Given::Missing, Given::from);
        let mut args = vec![Arg::Name(format.to_owned()), trace.given(condition, span)];
        args.extend(values.iter().map(|&value| trace.given(value, span)));
        trace.builder.call(Opcode::DebugPrint, &args, span);
    });
}
