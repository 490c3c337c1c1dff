//! Checks what a launch is given against what the kernel declares, before anything runs.

use enigma_ir::{Binding, Diagnostic, Diagnostics, Dialect, Kernel, KernelParam, Literal, MemoryId, Rule, Space};

use crate::device::{Argument, Buffer};
use crate::grid::Launch;

/// Threads that a threadgroup may have.
pub const MAX_THREADS: u64 = 1024;

/// Bytes of register memory that one threadgroup may take on this machine.
pub const MAX_REGISTER_BYTES: u64 = 1 << 28;

/// What a device has for one threadgroup.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Threads.
    pub threads: u64,
    /// Bytes of register memory; `None` where the device's compiler judges.
    pub register_bytes: Option<u64>,
}

impl Bounds {
    /// What the executor has.
    pub const EXECUTOR: Bounds = Bounds { threads: MAX_THREADS, register_bytes: Some(MAX_REGISTER_BYTES) };
}

/// Refuses a launch that does not fit the kernel, or a device with these bounds.
///
/// # Errors
///
/// `invalid-binding` and `resource-limit`, all that apply.
pub fn check_launch(
    kernel: &Kernel,
    launch: &Launch,
    arguments: &[Argument<'_>],
    bounds: &Bounds,
) -> Result<(), Diagnostics> {
    let mut found = Vec::new();
    check_shape(kernel, launch, bounds, &mut found);
    check_count(kernel, arguments, &mut found);
    for (param, argument) in kernel.params().iter().zip(arguments) {
        found.extend(check_argument(kernel, param, argument));
    }
    if found.is_empty() { Ok(()) } else { Err(Diagnostics::new(found, kernel.files().clone())) }
}

fn check_shape(kernel: &Kernel, launch: &Launch, bounds: &Bounds, found: &mut Vec<Diagnostic>) {
    let Launch { grid, threads } = launch;
    let name = kernel.name();
    for (what, extent) in [("grid", grid), ("threads", threads)] {
        if extent.contains(&0) {
            let message = format!("`{what}` is {extent:?}, and no extent may be 0");
            found.push(
                Diagnostic::new(Rule::InvalidBinding, message, kernel.span(), format!("launching `{name}`")).with_help(
                    Dialect::of(kernel).say(
                        "both count threads in x, y and z: grid=(1024, 1, 1), threads=(256, 1, 1)",
                        "both count threads in x, y and z: launch((64, 64), (16, 16), ...)",
                    ),
                ),
            );
        }
    }
    let count = threads.iter().fold(1u64, |count, &n| count.saturating_mul(u64::from(n)));
    if count > bounds.threads {
        let most = bounds.threads;
        let message = format!("a threadgroup of {threads:?} has {count} threads, and {most} is the most");
        found.push(
            Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), format!("launching `{name}`"))
                .with_help("make `threads` smaller; the grid stays as it is, and has more threadgroups"),
        );
    }
    if let Some(most) = bounds.register_bytes {
        check_registers(kernel, count, most, found);
    }
}

fn check_registers(kernel: &Kernel, count: u64, most: u64, found: &mut Vec<Diagnostic>) {
    let registers = || {
        kernel.memories().filter_map(|(_, memory)| match memory.space {
            Space::Register { len } => Some((memory, len.saturating_mul(memory.dtype.size() as u64))),
            _ => None,
        })
    };
    let total = registers().fold(0u64, |total, (_, bytes)| total.saturating_add(bytes)).saturating_mul(count);
    if let (true, Some((greatest, bytes))) = (total > most, registers().max_by_key(|(_, bytes)| *bytes)) {
        let message = format!(
            "the register tensors of a threadgroup of {count} threads take {total} bytes, and {most} is the most"
        );
        found.push(
            Diagnostic::new(Rule::ResourceLimit, message, greatest.span, format!("{bytes} bytes per thread"))
                .with_help("make the register tensor smaller, or launch threadgroups of fewer threads"),
        );
    }
}

fn check_count(kernel: &Kernel, arguments: &[Argument<'_>], found: &mut Vec<Diagnostic>) {
    let params = kernel.params();
    let (wanted, given) = (params.len(), arguments.len());
    if wanted == given {
        return;
    }
    let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    let message =
        format!("`{}` takes {wanted} arguments ({}), and {given} were given", kernel.name(), names.join(", "));
    found.push(Diagnostic::new(Rule::InvalidBinding, message, kernel.span(), "declared here"));
}

fn check_argument(kernel: &Kernel, param: &KernelParam, argument: &Argument<'_>) -> Option<Diagnostic> {
    let KernelParam { name, dtype, .. } = param;
    let refuse = |message: String, label: String| Diagnostic::new(Rule::InvalidBinding, message, param.span, label);
    match (param.binding, argument) {
        (Binding::Buffer(memory), Argument::Buffer(buffer)) => check_buffer(kernel, memory, param, buffer),
        (Binding::Buffer(_), Argument::Scalar(literal)) => Some(refuse(
            format!("`{name}` is a buffer of {dtype}, and was given the number {literal}"),
            format!("a device buffer of {dtype}"),
        )),
        (Binding::Scalar(_), Argument::Buffer(buffer)) => Some(refuse(
            format!(
                "`{name}` is a Scalar of {dtype}, and was given a buffer of {} elements of {}",
                buffer.len(),
                buffer.dtype()
            ),
            format!("one number of {dtype}"),
        )),
        (Binding::Scalar(_), Argument::Scalar(literal)) => {
            if literal.fit(*dtype).is_some() {
                return None;
            }
            let found = refuse(
                format!("`{name}` is a Scalar of {dtype}, which the number {literal} does not fit"),
                format!("one number of {dtype}"),
            );
            Some(match (dtype.integer_range(), literal) {
                (Some((least, greatest)), Literal::Int(_)) => {
                    found.with_help(format!("{dtype} holds {least} to {greatest}"))
                }
                (Some(_), _) => found.with_help(format!("{dtype} takes an integer")),
                (None, _) => found,
            })
        }
    }
}

fn check_buffer(kernel: &Kernel, memory: MemoryId, param: &KernelParam, buffer: &Buffer<'_>) -> Option<Diagnostic> {
    let KernelParam { name, dtype, .. } = param;
    if buffer.dtype() != *dtype {
        let message = format!("`{name}` takes elements of {dtype}, and was given a buffer of {}", buffer.dtype());
        let found = Diagnostic::new(Rule::InvalidBinding, message, param.span, format!("a device buffer of {dtype}"));
        return Some(found.with_help("a launch converts nothing: pass an array of the declared element type"));
    }
    if kernel.writes(memory) && !buffer.writable() {
        let message = format!("the kernel writes `{name}`, and was given a buffer that is read-only");
        let found = Diagnostic::new(Rule::InvalidBinding, message, param.span, "written by the kernel");
        let remedy = Dialect::of(kernel).say("pass an array that may be written", "pass it as `&mut`");
        return Some(found.with_help(remedy));
    }
    let start = buffer.addresses().start;
    if kernel.is_atomic(memory) && !buffer.is_empty() && !start.is_multiple_of(dtype.size()) {
        let message = format!(
            "the kernel accesses `{name}` atomically, and was given memory at {start:#x}, which is not aligned to {} bytes",
            dtype.size()
        );
        let found = Diagnostic::new(Rule::InvalidBinding, message, param.span, "accessed atomically by the kernel");
        return Some(found.with_help("pass a copy of the array, which begins at an aligned address"));
    }
    None
}
