//! From kernels to LLVM modules.
//!
//! A value of the kernel is its *components*: one LLVM value for a number, as many as it has elements for a vector or a
//! matrix, column by column. So everything is said of numbers, and of AIR's functions only those of numbers are called.
//!
//! ```text
//! module            what surrounds the kernel: data layout, metadata, versions
//! features          what a kernel needs that not every system has
//! parameters        the function's parameters and their metadata; function constants
//! numbers           types, literals, conversions; `bfloat`, which is computed in `float`
//! memory            arrays, loads and stores
//! control           branches and loops
//! arithmetic        operators, comparisons
//! conversion        selections, conversions between element types
//! float             functions of floats
//! integer           functions of integers
//! product           of those, what needs products of double width
//! vector            vectors and matrices, put together and taken apart
//! geometry          functions of vectors, products of matrices
//! pack              floats packed into integers
//! atomics           atomic operations
//! barriers          barriers and fences
//! coherence         device memory that threadgroups share while a kernel runs
//! copies            asynchronous copies
//! lanes             what simdgroups and quads do together
//! simdgroup_matrix  matrices that the lanes of a simdgroup hold together
//! ```

mod arithmetic;
mod atomics;
mod barriers;
mod coherence;
mod control;
mod conversion;
mod copies;
mod features;
mod float;
mod geometry;
mod integer;
mod lanes;
mod memory;
mod module;
mod numbers;
mod pack;
mod parameters;
mod product;
mod simdgroup_matrix;
mod vector;

use std::collections::HashMap;

use enigma_ir::table::{Error, Group};
use enigma_ir::target::Target;
use enigma_ir::{BlockId, DType, Diagnostics, Kernel, Op, Opcode, Type as Kind, ValueId, Verified};
use smallvec::SmallVec;

use self::coherence::Coherence;
use self::copies::Events;
use crate::llvm::{Attribute, Builder, Module, Type, Value};

use crate::{Copies, Options};
pub(crate) use parameters::{constant_name, held_as};

/// The LLVM values that a value of the kernel is.
pub(crate) type Components = SmallVec<[Value; 4]>;

/// A kernel as a module.
pub(crate) fn lower(kernel: &Verified<Kernel>, options: &Options) -> Result<Module, Diagnostics> {
    let Options { copies, target } = *options;
    features::check(kernel, target.system)?;
    let mut module = module::surroundings(kernel.name(), target.system);
    let parameters = parameters::declare(&mut module, kernel);
    let function = parameters.function;
    let mut lowering = Lowering {
        kernel,
        target,
        copies,
        events: Events::of(kernel, copies),
        coherence: Coherence::of(kernel),
        out: Builder::new(&mut module, function),
        values: vec![Components::new(); kernel.value_count()],
        memories: vec![None; kernel.memories().len()],
        positions: HashMap::new(),
        constants: HashMap::new(),
    };
    lowering.bind(&parameters);
    lowering.block(Kernel::BODY);
    lowering.read_back();
    lowering.out.ret(None);
    lowering.out.finish();
    module::describe(&mut module, kernel, target.system, &parameters);
    Ok(module)
}

/// Writes the function of a kernel.
pub(crate) struct Lowering<'k, 'm> {
    pub kernel: &'k Kernel,
    pub target: Target,
    pub copies: Copies,
    pub events: Events,
    pub coherence: Coherence,
    pub out: Builder<'m>,
    /// The components of each value, once it is made.
    values: Vec<Components>,
    /// The address of the first element of each memory.
    memories: Vec<Option<Value>>,
    /// The parameters that positions come in, by the operation that asks for them.
    positions: HashMap<Opcode, Value>,
    /// The function constants, by their indices.
    constants: HashMap<u32, Value>,
}

/// What a function of AIR does besides giving a result; decides the attributes of its declaration.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// Lanes meet in it.
    Convergent,
    /// Reads and writes memory that its arguments point to, for this thread alone.
    Memory,
}

impl Effect {
    fn attributes(self) -> &'static [Attribute] {
        match self {
            Effect::None => &[Attribute::NoUnwind, Attribute::ReadNone],
            Effect::Convergent => &[Attribute::Convergent, Attribute::NoUnwind],
            Effect::Memory => &[Attribute::NoUnwind],
        }
    }
}

impl<'k> Lowering<'k, '_> {
    /// All operations of a block.
    pub fn block(&mut self, block: BlockId) {
        for &id in &self.kernel.block(block).ops {
            self.operation(self.kernel.op(id));
        }
    }

    fn operation(&mut self, op: &'k Op) {
        match op.code.info().group {
            Group::Structure => self.structure(op),
            Group::Position => self.position(op),
            Group::Arithmetic => self.arithmetic(op),
            Group::Comparison => self.comparison(op),
            Group::Conversion => self.conversion(op),
            Group::Float => self.float_function(op),
            Group::Integer => self.integer_function(op),
            Group::Vector => self.arrangement(op),
            Group::Geometry => self.geometry(op),
            Group::Pack => self.packing(op),
            Group::Matrix if matches!(op.code, Opcode::MatMul | Opcode::Determinant) => self.geometry(op),
            Group::Matrix => self.arrangement(op),
            Group::Constant => self.function_constant(op),
            Group::Memory => self.access(op),
            Group::Atomic => self.atomic(op),
            Group::Barrier => self.barrier(op),
            Group::AsyncCopy if op.code == Opcode::AsyncCopyWait => self.wait(op),
            Group::AsyncCopy => self.copy(op),
            Group::Simdgroup | Group::Quad => self.lane_function(op),
            Group::SimdgroupMatrix => self.simdgroup_matrix(op),
            Group::Debug => {}
        }
    }

    fn structure(&mut self, op: &'k Op) {
        match op.code {
            Opcode::Constant => self.constant(op),
            Opcode::RegisterFill => self.register_array(op),
            Opcode::If => self.branch(op),
            Opcode::For => self.for_loop(op),
            _ => self.while_loop(op),
        }
    }

    /// How many LLVM values a value is.
    pub fn component_count(&self, value: ValueId) -> usize {
        match self.kernel.ty(value) {
            Kind::Event => self.events.components,
            Kind::SimdgroupMatrix(_) => 1,
            ty => ty.components(),
        }
    }

    /// The components of a value.
    pub fn components(&self, value: ValueId) -> &Components {
        &self.values[value.index()]
    }

    /// The one component of a number.
    pub fn number(&self, value: ValueId) -> Value {
        self.values[value.index()][0]
    }

    /// Says what a value is. Its name goes to what has none yet.
    pub fn define(&mut self, value: ValueId, components: Components) {
        if let Some(name) = &self.kernel.value(value).name {
            for &component in &components {
                self.out.name(component, name);
            }
        }
        self.values[value.index()] = components;
    }

    /// The result of an operation, component by component: `f` gets the operands' and the element type of the first. An
    /// operand of one component stands for as many as are needed.
    pub fn each(&mut self, op: &Op, mut f: impl FnMut(&mut Self, DType, &[Value]) -> Value) {
        let result = op.results[0];
        let dtype = self.element_type(op.operands[0]);
        let components = (0..self.kernel.ty(result).components())
            .map(|n| {
                let operands: SmallVec<[Value; 4]> = op
                    .operands
                    .iter()
                    .map(|&operand| {
                        let components = self.components(operand);
                        components[n.min(components.len() - 1)]
                    })
                    .collect();
                f(self, dtype, &operands)
            })
            .collect();
        self.define(result, components);
    }

    /// As [`each`](Self::each), with results that may need it rounded to the element type: `bfloat` is computed in `float`.
    pub fn compute(&mut self, op: &Op, mut f: impl FnMut(&mut Self, DType, &[Value]) -> Value) {
        let rounds = self.element_type(op.results[0]) == DType::BF16 && op.code.error() != Error::Exact;
        self.each(op, |this, dtype, operands| {
            let result = f(this, dtype, operands);
            if rounds { this.round_to_bfloat(result) } else { result }
        });
    }

    /// The element type of a number, a vector or a matrix.
    pub fn element_type(&self, value: ValueId) -> DType {
        self.kernel.ty(value).dtype().unwrap_or(DType::U32)
    }

    /// Calls a function of AIR, which is declared where it is not yet.
    pub fn air(&mut self, name: &str, effect: Effect, result: Type, arguments: &[Value]) -> Value {
        let parameters: SmallVec<[Type; 8]> = arguments.iter().map(|&argument| self.out.type_of(argument)).collect();
        let function = self.out.module.declare(&format!("air.{name}"), result, &parameters, effect.attributes());
        self.out.call(function, arguments)
    }
}
