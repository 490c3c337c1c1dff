//! Which values share one variable.
//!
//! A loop's carried value is one variable from its initial value to its result; what the body computes for the next
//! iteration goes straight into it where nothing needs the old value any more. The same holds for a value that the
//! user gave the name of an earlier one.

use std::collections::{HashMap, HashSet};

use enigma_ir::{BlockId, Definition, Kernel, Opcode, Type, ValueId};

use crate::plan::Plan;

/// The text by which each value is read.
pub(crate) struct Variables<'k> {
    kernel: &'k Kernel,
    names: Vec<Option<String>>,
    /// The variables of the text that may be assigned to; parameters and induction variables are none.
    variables: HashMap<String, Variable>,
}

/// A variable, which holds values of one type.
struct Variable {
    ty: Type,
    /// The values that live in it.
    occupants: Vec<ValueId>,
    /// The blocks that make them, and the innermost one that encloses all of these.
    homes: HashSet<BlockId>,
    scope: BlockId,
    /// What may still be read in each block that has been asked about.
    open: HashMap<BlockId, Open>,
}

/// Of the first `seen` occupants those that are made, or read, at or behind position `from` of a block. It spares asking
/// each occupant of a variable that is assigned to thousands of times, each time again.
#[derive(Clone, Default)]
struct Open {
    occupants: Vec<ValueId>,
    seen: usize,
    from: usize,
}

impl Variable {
    fn new(kernel: &Kernel, value: ValueId) -> Self {
        Variable {
            ty: kernel.ty(value),
            occupants: Vec::new(),
            homes: HashSet::new(),
            scope: kernel.home(value),
            open: HashMap::new(),
        }
    }

    fn put(&mut self, kernel: &Kernel, value: ValueId) {
        if self.occupants.contains(&value) {
            return;
        }
        let home = kernel.home(value);
        self.occupants.push(value);
        self.homes.insert(home);
        while !kernel.encloses(self.scope, home) {
            self.scope = kernel.block(self.scope).owner.map_or(Kernel::BODY, |owner| kernel.op(owner).parent);
        }
    }

    /// The occupants that may be made or read at or behind a position of a block.
    fn open_at(&mut self, kernel: &Kernel, plan: &Plan, block: BlockId, position: usize) -> &mut Open {
        let mut open = self.known_open(kernel, plan, block, position);
        open.occupants.extend(&self.occupants[open.seen..]);
        open.seen = self.occupants.len();
        self.open.insert(block, open);
        self.open.entry(block).or_default()
    }

    /// What is known of a position, by that block or else by those around it: what is over there is over inside.
    fn known_open(&mut self, kernel: &Kernel, plan: &Plan, mut block: BlockId, mut position: usize) -> Open {
        if self.open.get(&block).is_some_and(|open| open.from <= position) {
            return self.open.remove(&block).unwrap_or_default();
        }
        while let Some(owner) = kernel.block(block).owner {
            (block, position) = (kernel.op(owner).parent, plan.index(owner));
            if let Some(open) = self.open.get(&block).filter(|open| open.from <= position) {
                return open.clone();
            }
        }
        Open::default()
    }
}

impl<'k> Variables<'k> {
    pub fn new(kernel: &'k Kernel) -> Self {
        Variables { kernel, names: vec![None; kernel.value_count()], variables: HashMap::new() }
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
        let kernel = self.kernel;
        let variable = self.variables.entry(variable.to_owned()).or_insert_with(|| Variable::new(kernel, value));
        variable.put(kernel, value);
    }

    /// Forgets what an earlier variable of this name held, in a scope that has ended.
    pub fn declare(&mut self, variable: &str) {
        self.variables.remove(variable);
    }

    /// The variable that a value lives in, if it is one that may be assigned to.
    pub fn variable_of(&self, value: ValueId) -> Option<&str> {
        self.name_of(value).filter(|name| self.variables.get(*name).is_some_and(|v| v.occupants.contains(&value)))
    }

    /// Whether the variable of this name holds values of type `ty` in `block`, and perhaps in loops and branches there.
    pub fn holds(&self, name: &str, ty: Type, block: BlockId) -> bool {
        let fits = |variable: &Variable| {
            variable.ty == ty && variable.homes.contains(&block) && self.kernel.encloses(block, variable.scope)
        };
        self.variables.get(name).is_some_and(fits)
    }

    /// Whether `value` may be written to `variable` where it is made: no value that lives there is read later.
    pub fn can_hold(&mut self, plan: &Plan, variable: &str, value: ValueId) -> bool {
        let kernel = self.kernel;
        let Some(variable) = self.variables.get_mut(variable) else { return true };
        let Definition::Result(op, _) = kernel.value(value).definition else {
            return variable.occupants.iter().all(|&other| other == value);
        };
        let (block, made) = (kernel.home(value), plan.index(op));
        let open = variable.open_at(kernel, plan, block, made);
        let free = open.occupants.iter().all(|&other| other == value || !interferes(kernel, plan, other, value));
        open.occupants.retain(|&other| !is_over(kernel, plan, other, block, made));
        open.from = made;
        free
    }
}

/// Whether a value is neither made nor read at or behind a position of a block.
fn is_over(kernel: &Kernel, plan: &Plan, value: ValueId, block: BlockId, position: usize) -> bool {
    let mut reads = plan.uses(value).iter().filter_map(|used| plan.position_in(block, used.block, used.index));
    kernel_position(kernel, plan, value, block).is_none_or(|made| made < position) && reads.all(|read| read < position)
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
