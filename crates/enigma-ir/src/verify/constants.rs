//! Function constants: an index stands for one number, which has one type.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{FunctionConstant, Kernel};

pub(super) fn check(kernel: &Kernel, found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<u32, FunctionConstant> = HashMap::new();
    for constant in kernel.walk().into_iter().filter_map(|id| FunctionConstant::of(kernel.op(id))) {
        let before = *first.entry(constant.index).or_insert(constant);
        if before.dtype != constant.dtype {
            let message = format!(
                "the function constant {} is of type {}, and is asked for as {}",
                constant.index, before.dtype, constant.dtype
            );
            found.push(
                Diagnostic::new(Rule::InvalidOperand, message, constant.span, format!("as {}", constant.dtype))
                    .with_label(before.span, format!("as {}", before.dtype))
                    .with_help(
                        "give each function constant an index of its own, and cast where another type is wanted",
                    ),
            );
        }
    }
}
