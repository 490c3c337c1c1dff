//! Names: of SSA values and memories, of functions, of files.

use std::collections::HashSet;
use std::fmt::Write;

use super::operation::keeps_bits;
use crate::kernel::{Kernel, MemoryId, ValueId};
use crate::table::Opcode;

/// The SSA names of a kernel's memories and values, each unique in the function.
pub(super) struct Names {
    memories: Vec<String>,
    values: Vec<String>,
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn new(kernel: &Kernel) -> Self {
        let mut taken = HashSet::new();
        let memories = kernel.memories().map(|(id, m)| unique(Some(&m.name), id, &mut taken)).collect();
        let given = given_names(kernel);
        let values = given.iter().zip(0..).map(|(name, id)| unique(*name, ValueId(id), &mut taken)).collect();
        Names { memories, values, taken }
    }

    /// A further name, or that name with underscores after it where it is taken.
    pub(super) fn reserve(&mut self, name: &str) -> String {
        let mut candidate = format!("%{name}");
        while !self.taken.insert(candidate.clone()) {
            candidate.push('_');
        }
        candidate
    }

    pub(super) fn memory(&self, id: MemoryId) -> &str {
        &self.memories[id.index()]
    }

    pub(super) fn value(&self, id: ValueId) -> &str {
        &self.values[id.index()]
    }

    /// Makes a value another name for one that was written before.
    pub(super) fn alias(&mut self, id: ValueId, written: String) {
        self.values[id.index()] = written;
    }
}

/// The user's name for each value. An unnamed value takes the name of a cast that MLIR does not have, which becomes
/// another name for it: `i = metal_cast(thread_position_in_grid, "int")` is `%i`.
fn given_names(kernel: &Kernel) -> Vec<Option<&str>> {
    let mut given: Vec<Option<&str>> =
        (0..kernel.value_count() as u32).map(|id| kernel.value(ValueId(id)).name.as_deref()).collect();
    for id in kernel.walk().into_iter().rev() {
        let op = kernel.op(id);
        if op.code != Opcode::Cast {
            continue;
        }
        let (from, to) = (op.operands[0], op.results[0]);
        let (Some(source), Some(target)) = (kernel.ty(from).dtype(), kernel.ty(to).dtype()) else { continue };
        if keeps_bits(source, target) && kernel.value(from).name.is_none() && given[to.index()].is_some() {
            given[from.index()] = given[to.index()].take();
        }
    }
    given
}

/// The user's name where it is valid and not taken, the name with the id after it where it is taken, else the id.
fn unique(name: Option<&str>, id: impl std::fmt::Display, taken: &mut HashSet<String>) -> String {
    let base = match name {
        Some(name) if is_identifier(name) => name.to_owned(),
        _ => id.to_string(),
    };
    let mut candidate = format!("%{base}");
    while !taken.insert(candidate.clone()) {
        let _ = write!(candidate, "_{id}");
    }
    candidate
}

/// Whether MLIR takes the name without quotes; names that begin with a digit are the translation's own.
fn is_identifier(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(inner) && name.starts_with(|c: char| inner(c) && !c.is_ascii_digit())
}

/// A function's name.
pub(super) fn symbol(name: &str) -> String {
    match is_identifier(name) {
        true => format!("@{name}"),
        false => format!("@{}", quoted(name)),
    }
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..=0x1F | 0x7F.. => {
                let _ = write!(quoted, "\\{byte:02X}");
            }
            _ => quoted.push(char::from(byte)),
        }
    }
    quoted.push('"');
    quoted
}
