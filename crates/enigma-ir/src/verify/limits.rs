//! `resource-limit`: what the hardware has only so much of.

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Kernel, Space};

/// Bytes of threadgroup memory that a threadgroup may take.
const THREADGROUP_BYTES: u64 = 32 * 1024;
/// Arguments that a kernel may have.
const BUFFERS: usize = 31;

pub(super) fn check(kernel: &Kernel, found: &mut Vec<Diagnostic>) {
    let bytes = kernel.threadgroup_bytes();
    if bytes > THREADGROUP_BYTES {
        found.push(too_much_memory(kernel, bytes));
    }
    if let Some(param) = kernel.params().get(BUFFERS) {
        let message =
            format!("`{}` takes {} arguments; Metal binds at most {BUFFERS}", kernel.name(), kernel.params().len());
        found.push(
            Diagnostic::new(Rule::ResourceLimit, message, param.span, format!("`{}` is one too many", param.name))
                .with_help("put several numbers into one buffer"),
        );
    }
}

fn too_much_memory(kernel: &Kernel, bytes: u64) -> Diagnostic {
    let mut total = 0;
    let mut arrays = kernel.memories().filter_map(|(_, m)| match m.space {
        Space::Threadgroup { len } => {
            total += len * m.dtype.size() as u64;
            Some((m, len, total))
        }
        _ => None,
    });
    let message = format!("the kernel takes {bytes} bytes of threadgroup memory; there are {THREADGROUP_BYTES}");
    let label = |name: &str, len: u64, size: usize| format!("`{name}` takes {} bytes", len.saturating_mul(size as u64));
    let over = arrays.find(|(_, _, total)| *total > THREADGROUP_BYTES);
    let mut diagnostic = match over {
        Some((m, len, _)) => Diagnostic::new(Rule::ResourceLimit, message, m.span, label(&m.name, len, m.dtype.size())),
        None => Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), "this kernel"),
    };
    for (_, memory) in kernel.memories() {
        if let (Space::Threadgroup { len }, false) = (memory.space, memory.span == diagnostic.labels[0].span) {
            diagnostic = diagnostic.with_label(memory.span, label(&memory.name, len, memory.dtype.size()));
        }
    }
    diagnostic.with_help("make the tiles smaller, or let two of them share an allocation, with a barrier in between")
}
