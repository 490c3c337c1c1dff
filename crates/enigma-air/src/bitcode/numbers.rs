//! The numbers by which records refer to types, values and metadata.

use crate::llvm::{Metadata, MetadataId, Module, Operation, Shape, Type, Value};

/// The numbers of a module's parts. Variables, functions and constants are values, numbered in this order; what stands in a
/// function goes on from there.
pub(super) struct Numbers<'m> {
    pub module: &'m Module,
    /// Of the types that something has; the others are in no table.
    types: Vec<Option<u64>>,
    /// Texts come first.
    metadata: Vec<u64>,
}

impl<'m> Numbers<'m> {
    pub fn new(module: &'m Module) -> Numbers<'m> {
        let mut next = 0..;
        let types = used(module).into_iter().map(|used| if used { next.next() } else { None }).collect();
        Numbers { module, types, metadata: number_metadata(module) }
    }

    /// The number of a type that something has.
    pub fn ty(&self, ty: Type) -> u64 {
        self.types[ty.index()].expect("a type that is counted as used")
    }

    /// The shapes of the types in the table, in the order of their numbers.
    pub fn shapes(&self) -> impl Iterator<Item = &'m Shape> {
        let shapes = self.module.types.shapes().iter().zip(&self.types);
        shapes.filter(|(_, number)| number.is_some()).map(|(shape, _)| shape)
    }

    /// The number of a variable, a function or a constant. What stands in a function is numbered there.
    pub fn global(&self, value: Value) -> u32 {
        let (globals, functions) = (self.module.globals.len() as u32, self.module.functions.len() as u32);
        match value {
            Value::Global(n) => n,
            Value::Function(id) => globals + id.index() as u32,
            Value::Constant(n) => globals + functions + n,
            Value::Argument(_) | Value::Local(_) => unreachable!("{value:?} stands in a function"),
        }
    }

    /// The number of the constant after those of the module: an `i32` 1, which says of how many objects memory is reserved.
    pub fn one(&self) -> u32 {
        let module = self.module;
        (module.globals.len() + module.functions.len() + module.constants().len()) as u32
    }

    /// The number of the first value that stands in a function.
    pub fn first_local(&self) -> u32 {
        self.one() + 1
    }

    pub fn metadatum(&self, id: MetadataId) -> u64 {
        self.metadata[id.index()]
    }
}

/// Which types something has, or something that it is made of.
fn used(module: &Module) -> Vec<bool> {
    let mut used = vec![false; module.types.shapes().len()];
    let mut mark = |ty: Type| used[ty.index()] = true;
    mark(Type::I32);
    module.globals.iter().for_each(|global| mark(global.address));
    module.constants().iter().for_each(|constant| mark(constant.ty));
    for function in &module.functions {
        mark(function.address);
        for instruction in &function.instructions {
            mark(instruction.ty);
            match instruction.operation {
                Operation::Alloca { of, .. } | Operation::GetElementPtr { of, .. } => mark(of),
                _ => (),
            }
        }
    }
    // A type's number is above those of its parts.
    for (n, shape) in module.types.shapes().iter().enumerate().rev() {
        if used[n] {
            parts(shape).for_each(|part| used[part.index()] = true);
        }
    }
    used
}

/// What a type is made of.
fn parts(shape: &Shape) -> impl Iterator<Item = Type> {
    let (one, many): (Option<Type>, &[Type]) = match shape {
        Shape::Pointer { to: one, .. } | Shape::Vector { of: one, .. } | Shape::Array { of: one, .. } => {
            (Some(*one), &[])
        }
        Shape::Struct(members) => (None, members),
        Shape::Function { result, parameters } => (Some(*result), parameters),
        Shape::Void | Shape::Int(_) | Shape::Half | Shape::BFloat | Shape::Float | Shape::Opaque(_) => (None, &[]),
    };
    one.into_iter().chain(many.iter().copied())
}

/// Texts come first, then everything else, both in the order of the module.
fn number_metadata(module: &Module) -> Vec<u64> {
    let is_text = |metadata: &Metadata| matches!(metadata, Metadata::Text(_));
    let texts = module.metadata().iter().filter(|metadata| is_text(metadata)).count() as u64;
    let (mut text, mut other) = (0.., texts..);
    let number = |metadata| if is_text(metadata) { text.next() } else { other.next() };
    module.metadata().iter().filter_map(number).collect()
}
