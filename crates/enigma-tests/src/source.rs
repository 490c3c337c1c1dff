//! From Metal source to C++ that clang++ takes.

/// The text with its parameters' attributes as default arguments and its threadgroup arrays shared.
pub(crate) fn adapted(metal: &str) -> String {
    let lines: Vec<String> = metal.lines().map(|line| share_array(&bind_attributes(line))).collect();
    lines.join("\n") + "\n"
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
    fn only_declarations_of_arrays_are_shared() {
        assert_eq!(share_array("    threadgroup half tile[64];"), "    static half tile[64];");
        assert_eq!(share_array("    threadgroup void* dst, ulong n"), "    threadgroup void* dst, ulong n");
    }
}
