//! Which values share one variable.
//!
//! A loop's carried value is one variable from its initial value to its result; what the body computes for the next
//! iteration goes straight into it where nothing needs the old value any more. The same holds for a value that the
//! user gave the name of an earlier one.

use std::collections::HashMap;

use enigma_ir::{BlockId, Definition, Kernel, Opcode, Type, ValueId};

use crate::plan::Plan;

/// The text by which each value is read.
pub(crate) struct Variables {
    names: Vec<Option<String>>,
    /// The values that live in a variable of the text; parameters and induction variables are none.
    occupants: HashMap<String, Vec<ValueId>>,
}

impl Variables {
    pub fn new(kernel: &Kernel) -> Self {
        Variables { names: vec![None; kernel.value_count()], occupants: HashMap::new() }
    }

    /// How a value is read, if it has a name.
    pub fn name_of(&self, value: ValueId) -> Option<&str> {
        self.names[value.index()].as_deref()
    }

    /// Gives a value a name that nothing may be assigned to.
    pub fn bind(&mut self, value: ValueId, name: &str) {
        self.names[value.index()] = Some(name.to_owned());
    }

    /// Puts a value into a variable.
    pub fn put(&mut self, value: ValueId, variable: &str) {
        self.bind(value, variable);
        let occupants = self.occupants.entry(variable.to_owned()).or_default();
        if !occupants.contains(&value) {
            occupants.push(value);
        }
    }

    /// Forgets what an earlier variable of this name held, in a scope that has ended.
    pub fn declare(&mut self, variable: &str) {
        self.occupants.remove(variable);
    }

    /// The variable that a value lives in, if it is one that may be assigned to.
    pub fn variable_of(&self, value: ValueId) -> Option<&str> {
        self.name_of(value).filter(|name| self.occupants.get(*name).is_some_and(|o| o.contains(&value)))
    }

    /// The variable of the user's name `name` that holds values of type `ty` in `block`, and perhaps in loops and
    /// branches there.
    pub fn named(&self, kernel: &Kernel, name: &str, ty: Type, block: BlockId) -> Option<&str> {
        let (variable, occupants) = self.occupants.get_key_value(name)?;
        let fits = |v: &ValueId| kernel.ty(*v) == ty && kernel.encloses(block, kernel.home(*v));
        let is_here = occupants.iter().any(|&v| kernel.home(v) == block);
        (is_here && occupants.iter().all(fits)).then_some(variable)
    }

    /// Whether `value` may be written to `variable` where it is made: no value that lives there is read later.
    pub fn can_hold(&self, kernel: &Kernel, plan: &Plan, variable: &str, value: ValueId) -> bool {
        let Some(occupants) = self.occupants.get(variable) else { return true };
        occupants.iter().all(|&other| other == value || !interferes(kernel, plan, other, value))
    }
}

/// Whether `other` is read after `value` is made, or the other way round, in the block that makes `value`.
fn interferes(kernel: &Kernel, plan: &Plan, other: ValueId, value: ValueId) -> bool {
    let block = kernel.home(value);
    let Definition::Result(op, k) = kernel.value(value).definition else { return true };
    let (op, made) = (kernel.op(op), plan.index(op));
    let reads = |v: ValueId| -> Vec<usize> {
        plan.uses(v).iter().filter_map(|use_| plan.position_in(block, use_.block, use_.index)).collect()
    };
    let other_reads = reads(other);
    if other_made_after(kernel, plan, other, block, made) {
        return reads(value)
            .into_iter()
            .any(|read| kernel_position(kernel, plan, other, block).is_some_and(|position| position < read));
    }
    let is_loop = matches!(op.code, Opcode::For | Opcode::While);
    let skip = if op.code == Opcode::For { 3 } else { 0 };
    let starts_it = is_loop && op.operands.get(skip + k as usize) == Some(&other);
    let at_loop = other_reads.iter().filter(|&&read| read == made).count();
    other_reads.iter().any(|&read| read > made) || (is_loop && at_loop > usize::from(starts_it))
}

fn other_made_after(kernel: &Kernel, plan: &Plan, other: ValueId, block: BlockId, made: usize) -> bool {
    kernel_position(kernel, plan, other, block).is_some_and(|position| position > made)
}

/// The position in `block` at which a value comes into being; `None` for its arguments and for what is outside.
fn kernel_position(kernel: &Kernel, plan: &Plan, value: ValueId, block: BlockId) -> Option<usize> {
    match kernel.value(value).definition {
        Definition::Result(op, _) => plan.position_in(block, kernel.op(op).parent, plan.index(op)),
        Definition::Argument(home, _) if home != block => plan.position_in(block, home, 0),
        _ => None,
    }
}
