//! Values that are read in the place of others.

use crate::kernel::{Kernel, OpId, ValueId};

/// For each value the one to read instead, itself at first.
pub(super) struct Replacements {
    instead: Vec<ValueId>,
}

impl Replacements {
    pub(super) fn new(kernel: &Kernel) -> Self {
        Replacements { instead: (0..kernel.value_count() as u32).map(ValueId).collect() }
    }

    /// The value to read instead of that one.
    pub(super) fn of(&self, value: ValueId) -> ValueId {
        self.instead[value.index()]
    }

    /// From here on, `new` is read instead of `old`, and takes over the user's name if it has none.
    pub(super) fn replace(&mut self, kernel: &mut Kernel, old: ValueId, new: ValueId) {
        let new = self.of(new);
        self.instead[old.index()] = new;
        if kernel.values[new.index()].name.is_none() && kernel.literal(new).is_none() {
            kernel.values[new.index()].name = kernel.values[old.index()].name.clone();
        }
    }

    /// The same for several values at once.
    pub(super) fn replace_all(&mut self, kernel: &mut Kernel, old: &[ValueId], new: &[ValueId]) {
        for (&old, &new) in old.iter().zip(new) {
            self.replace(kernel, old, new);
        }
    }

    /// Has an operation read what is to be read.
    pub(super) fn rewrite(&self, kernel: &mut Kernel, op: OpId) {
        for operand in &mut kernel.ops[op.index()].operands {
            *operand = self.of(*operand);
        }
    }

    /// Has values be what is to be read instead.
    pub(super) fn rewrite_all(&self, values: &mut [ValueId]) {
        for value in values {
            *value = self.of(*value);
        }
    }
}
