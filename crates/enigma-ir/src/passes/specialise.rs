//! Specialisation: numbers in the place of function constants.
//!
//! It comes before the kernel is verified and the other passes run, so that what depends on the numbers is judged, folded
//! and emitted as if they had been written in the source.

use smallvec::smallvec;

use crate::diagnostic::{Diagnostic, Diagnostics, Rule};
use crate::dialect::Dialect;
use crate::kernel::{Attr, FunctionConstant, Kernel};
use crate::table::Opcode;
use crate::types::{DType, Literal};

/// A number for a function constant.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Constant {
    /// Which one.
    pub index: u32,
    /// Its type.
    pub dtype: DType,
    /// The number.
    pub value: Literal,
}

/// The kernel with these numbers in the place of its function constants, to be verified.
///
/// # Errors
///
/// `invalid-binding`, all that apply: a function constant that is given no number, or one of another type, or one that
/// its type does not hold, or two; and a number for an index that no function constant has.
pub fn specialise(kernel: &Kernel, constants: &[Constant]) -> Result<Kernel, Diagnostics> {
    let declared = kernel.function_constants();
    let mut found: Vec<Diagnostic> = declared.iter().filter_map(|wanted| misfit(kernel, wanted, constants)).collect();
    let unknown = constants.iter().filter(|given| !declared.iter().any(|wanted| wanted.index == given.index));
    found.extend(unknown.map(|given| unknown_index(kernel, &declared, given.index)));
    if !found.is_empty() {
        return Err(Diagnostics::new(found, kernel.files.clone()));
    }
    let mut specialised = kernel.clone();
    for op in specialised.ops.iter_mut().filter(|op| op.code == Opcode::FunctionConstant) {
        let given = constants.iter().find(|given| op.attrs.contains(&Attr::Number(given.index)));
        let fitted = given.and_then(|given| given.value.fit(given.dtype));
        if let Some(literal) = fitted {
            op.code = Opcode::Constant;
            op.attrs = smallvec![Attr::Literal(literal)];
        }
    }
    Ok(specialised)
}

/// What is wrong with what a function constant is given.
fn misfit(kernel: &Kernel, wanted: &FunctionConstant, constants: &[Constant]) -> Option<Diagnostic> {
    let FunctionConstant { index, dtype, span } = *wanted;
    let refused = |message: String, help: String| {
        Some(Diagnostic::new(Rule::InvalidBinding, message, span, "this function constant").with_help(help))
    };
    let mut given = constants.iter().filter(|given| given.index == index);
    let Some(first) = given.next() else {
        let help = match Dialect::of(kernel) {
            Dialect::Python => format!("give it one: `constants={{{index}: (\"{dtype}\", ...)}}`"),
            Dialect::Rust => format!("give it one: `.specialise(&[constant({index}, ...)])`"),
        };
        return refused(format!("the function constant {index} is given no number"), help);
    };
    if given.next().is_some() {
        return refused(format!("the function constant {index} is given two numbers"), "give it one".to_owned());
    }
    if first.dtype != dtype {
        let message =
            format!("the function constant {index} is of type {dtype}, and is given a number of type {}", first.dtype);
        return refused(message, format!("give it a {dtype}"));
    }
    if first.value.fit(dtype).is_none() {
        let message = format!("the function constant {index} is of type {dtype}, which does not hold {}", first.value);
        return refused(message, format!("give it a number that {dtype} holds"));
    }
    None
}

fn unknown_index(kernel: &Kernel, declared: &[FunctionConstant], index: u32) -> Diagnostic {
    let known: Vec<String> = declared.iter().map(|known| format!("{} ({})", known.index, known.dtype)).collect();
    let known = match known.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has {}", known.join(", ")),
    };
    let message = format!("the kernel `{}` has no function constant {index}", kernel.name());
    Diagnostic::new(Rule::InvalidBinding, message, kernel.span(), "this kernel").with_help(known)
}
