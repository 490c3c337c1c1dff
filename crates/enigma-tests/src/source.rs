//! From Metal source to C++ that clang++ takes.

/// The text with its parameters' attributes as default arguments, its threadgroup arrays shared, its function constants
/// as variables, and a mark around the calls of functions in which lanes meet.
pub(crate) fn adapted(metal: &str) -> String {
    let adapt = |line| bind_constant(line).unwrap_or_else(|| mark_call(share_array(&bind_attributes(line))));
    metal.lines().map(|line| adapt(line) + "\n").collect()
}

/// A statement that calls a lane function of 64-bit integers, which stands above the kernel.
fn mark_call(line: String) -> String {
    match line.contains("_64(") && line.ends_with(';') {
        true => format!("shim_calls(__LINE__); {line} shim_calls(0);"),
        false => line,
    }
}

/// `constant uint n [[function_constant(0)]];` becomes a variable, and its registration.
fn bind_constant(line: &str) -> Option<String> {
    let declaration = line.strip_prefix("constant ")?;
    let (variable, attribute) = declaration.split_once(" [[function_constant(")?;
    let (index, name) = (attribute.strip_suffix(")]];")?, variable.split_once(' ')?.1);
    Some(format!("static {variable}; static const shim::FunctionConstant {name}_bound({index}, {name});"))
}

/// `uint i [[thread_position_in_grid]]` becomes `uint i = shim::thread_position_in_grid()`.
fn bind_attributes(line: &str) -> String {
    let mut bound = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(" [[")
        && let Some((attribute, tail)) = after.split_once("]]")
    {
        let call = if attribute.ends_with(')') { attribute.to_owned() } else { format!("{attribute}()") };
        bound.push_str(&format!("{before} = shim::{call}"));
        rest = tail;
    }
    bound + rest
}

/// `threadgroup float tile[64];` becomes `static float tile[64];`.
fn share_array(line: &str) -> String {
    let declaration = line.trim_start();
    match declaration.starts_with("threadgroup ") && declaration.ends_with("];") {
        true => line.replacen("threadgroup ", "static ", 1),
        false => line.to_owned(),
    }
}

/// The name of the kernel in a Metal source.
pub(crate) fn kernel_name(metal: &str) -> Option<&str> {
    let (_, head) = metal.split_once("\nkernel void ")?;
    head.split_once('(').map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_become_default_arguments() {
        let line = "kernel void f(device int* A [[buffer(0)]], uint i [[thread_position_in_grid]]) {";
        let bound = "kernel void f(device int* A = shim::buffer(0), uint i = shim::thread_position_in_grid()) {";
        assert_eq!(bind_attributes(line), bound);
    }

    #[test]
    fn function_constants_become_variables() {
        let bound = "static uint n; static const shim::FunctionConstant n_bound(3, n);";
        assert_eq!(bind_constant("constant uint n [[function_constant(3)]];").as_deref(), Some(bound));
        assert_eq!(bind_constant("constant uint& n [[buffer(3)]]"), None);
    }

    #[test]
    fn only_declarations_of_arrays_are_shared() {
        assert_eq!(share_array("    threadgroup half tile[64];"), "    static half tile[64];");
        assert_eq!(share_array("    threadgroup void* dst, ulong n"), "    threadgroup void* dst, ulong n");
    }
}
