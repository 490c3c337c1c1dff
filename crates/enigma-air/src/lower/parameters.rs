//! The parameters of a kernel's function, its function constants, and how metadata describes both.
//!
//! Buffers come first, in the kernel's order: a device buffer as a pointer to device memory, a number as a pointer to
//! constant memory. The positions that the kernel asks for follow.

use std::collections::HashSet;

use enigma_ir::{Attr, Binding, DType, Dim, FunctionConstant, Kernel, Op, Opcode};
use smallvec::smallvec;

use super::Lowering;
use super::numbers::memory_type;
use crate::llvm::{
    Attribute, Builder, FunctionId, Global, Linkage, Literal, Metadata, MetadataId, Module, Shape, Type, Value, space,
};

/// Positions: those that are three numbers, then those that are one.
const POSITIONS: [(Opcode, u32); 11] = [
    (Opcode::ThreadPositionInGrid, 3),
    (Opcode::ThreadPositionInThreadgroup, 3),
    (Opcode::ThreadgroupPositionInGrid, 3),
    (Opcode::ThreadsPerThreadgroup, 3),
    (Opcode::ThreadsPerGrid, 3),
    (Opcode::ThreadgroupsPerGrid, 3),
    (Opcode::ThreadIndexInThreadgroup, 1),
    (Opcode::ThreadIndexInSimdgroup, 1),
    (Opcode::SimdgroupIndexInThreadgroup, 1),
    (Opcode::ThreadsPerSimdgroup, 1),
    (Opcode::SimdgroupsPerThreadgroup, 1),
];

/// What Apple's compiler says of a kernel that is not compiled for speed at any price.
const KERNEL_ATTRIBUTES: [Attribute; 7] = [
    Attribute::Convergent,
    Attribute::NoUnwind,
    Attribute::Text("frame-pointer", "none"),
    Attribute::Text("min-legal-vector-width", "0"),
    Attribute::Text("no-builtins", ""),
    Attribute::Text("no-trapping-math", "true"),
    Attribute::Text("stack-protector-buffer-size", "8"),
];

/// The function that sets function constants before a kernel runs, and the sections that Metal looks into for both.
const INITIALISER: &str = "_GLOBAL__sub_I_function_constants.metal";
const INITIALISER_SECTION: &str = "air.static_init";
const CONSTANT_SECTION: &str = "air.fc_initializer";

/// The function of a kernel.
pub(crate) struct Parameters {
    pub function: FunctionId,
    /// The positions that it asks for, in the order of their parameters.
    positions: Vec<(Opcode, u32)>,
    constants: Vec<Constant>,
}

/// A function constant.
struct Constant {
    constant: FunctionConstant,
    /// The variable that Metal sets.
    given: Value,
    /// The variable that the kernel reads.
    read: Value,
}

/// Declares the function of a kernel and the variables of its function constants.
pub(crate) fn declare(module: &mut Module, kernel: &Kernel) -> Parameters {
    let used: HashSet<Opcode> = kernel.walk().into_iter().map(|id| kernel.op(id).code).collect();
    let positions: Vec<(Opcode, u32)> = POSITIONS.into_iter().filter(|(code, _)| used.contains(code)).collect();
    let types = &mut module.types;
    let mut parameters: Vec<Type> = kernel
        .params()
        .iter()
        .map(|param| types.pointer(memory_type(param.dtype), address_space(param.binding)))
        .collect();
    parameters.extend(positions.iter().map(|&(_, width)| position_type(module, width)));
    let function = module.add_function(kernel.name(), Type::VOID, &parameters, &KERNEL_ATTRIBUTES);
    let declared = &mut module.functions[function.index()].parameters;
    for (n, param) in kernel.params().iter().enumerate() {
        declared[n].name.clone_from(&param.name);
        declared[n].attributes = vec![Attribute::NoCapture];
    }
    for (n, (code, _)) in positions.iter().enumerate() {
        code.info().name.clone_into(&mut declared[kernel.params().len() + n].name);
    }
    let constants = function_constants(module, kernel);
    Parameters { function, positions, constants }
}

fn address_space(binding: Binding) -> u32 {
    match binding {
        Binding::Buffer(_) => space::DEVICE,
        Binding::Scalar(_) => space::CONSTANT,
    }
}

fn position_type(module: &mut Module, width: u32) -> Type {
    if width == 1 { Type::I32 } else { module.types.vector(Type::I32, width) }
}

/// As Metal's compiler does it: a variable for each that Metal sets, another that the kernel reads, and a function that
/// copies the one to the other before the kernel runs.
fn function_constants(module: &mut Module, kernel: &Kernel) -> Vec<Constant> {
    let constants: Vec<Constant> =
        kernel.function_constants().into_iter().map(|constant| declare_constant(module, constant)).collect();
    if constants.is_empty() {
        return constants;
    }
    let initialiser = module.add_function(INITIALISER, Type::VOID, &[], &[Attribute::NoUnwind]);
    module.functions[initialiser.index()].linkage = Linkage::Internal;
    INITIALISER_SECTION.clone_into(&mut module.functions[initialiser.index()].section);
    let mut builder = Builder::new(module, initialiser);
    for Constant { constant, given, read } in &constants {
        let align = constant.dtype.size() as u32;
        let value = builder.load(*given, align);
        builder.store(value, *read, align);
    }
    builder.ret(None);
    builder.finish();
    run_first(module, initialiser);
    constants
}

fn declare_constant(module: &mut Module, constant: FunctionConstant) -> Constant {
    let FunctionConstant { index, dtype, .. } = constant;
    let ty = memory_type(dtype);
    let address = module.types.pointer(ty, space::CONSTANT);
    let undefined = module.constant(ty, Literal::Undef);
    let name = constant_name(index);
    let variable = Global {
        name: format!("_ZL{}{name}.read", name.len()),
        address,
        linkage: Linkage::Internal,
        initial: Some(undefined),
        align: dtype.size() as u32,
        constant: false,
        externally_initialized: false,
        section: String::new(),
    };
    let given = module.add_global(Global {
        name: format!("_Z{}{name}.MTL_FC_INIT_{index}_{}", name.len(), mangled(dtype)),
        constant: true,
        externally_initialized: true,
        section: CONSTANT_SECTION.to_owned(),
        ..variable.clone()
    });
    let read = module.add_global(variable);
    Constant { constant, given, read }
}

/// The name that Metal knows a function constant by; programs choose it by its index.
pub(crate) fn constant_name(index: u32) -> String {
    format!("function_constant_{index}")
}

/// The type in a mangled name of C++.
fn mangled(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "b",
        DType::I8 => "a",
        DType::U8 => "h",
        DType::I16 => "s",
        DType::U16 | DType::BF16 => "t",
        DType::I32 => "i",
        DType::U32 => "j",
        DType::I64 => "l",
        DType::U64 => "m",
        DType::F16 => "Dh",
        DType::F32 => "f",
    }
}

/// Has a function run before all others, as constructors of C++ do.
fn run_first(module: &mut Module, function: FunctionId) {
    let address = module.function(function).address;
    let data = module.types.pointer(Type::I8, space::THREAD);
    let entry = module.types.intern(Shape::Struct(vec![Type::I32, address, data]));
    let list = module.types.array(entry, 1);
    let priority = module.int(Type::I32, 65535);
    let nothing = module.constant(data, Literal::Null);
    let entry = module.constant(entry, Literal::Aggregate(vec![priority, Value::Function(function), nothing]));
    let initial = module.constant(list, Literal::Aggregate(vec![entry]));
    let address = module.types.pointer(list, space::THREAD);
    module.add_global(Global {
        name: "llvm.global_ctors".to_owned(),
        address,
        linkage: Linkage::Appending,
        initial: Some(initial),
        align: 0,
        constant: false,
        externally_initialized: false,
        section: String::new(),
    });
}

impl Lowering<'_, '_> {
    /// Binds what the kernel is given to its names.
    pub fn bind(&mut self, parameters: &Parameters) {
        let kernel = self.kernel;
        for (n, param) in kernel.params().iter().enumerate() {
            let argument = Value::Argument(n as u32);
            match param.binding {
                Binding::Buffer(memory) => self.memories[memory.index()] = Some(argument),
                Binding::Scalar(value) => {
                    let stored = self.out.load(argument, param.dtype.size() as u32);
                    let number = self.loaded(stored, param.dtype);
                    self.define(value, smallvec![number]);
                }
            }
        }
        for (n, (code, _)) in parameters.positions.iter().enumerate() {
            self.positions.insert(*code, Value::Argument((kernel.params().len() + n) as u32));
        }
        for Constant { constant, read, .. } in &parameters.constants {
            let stored = self.out.load(*read, constant.dtype.size() as u32);
            self.out.name(stored, &constant_name(constant.index));
            let number = self.loaded(stored, constant.dtype);
            self.constants.insert(constant.index, number);
        }
        self.threadgroup_arrays();
    }

    /// A number that is chosen when the kernel is specialised.
    pub fn function_constant(&mut self, op: &Op) {
        if let Some(constant) = op.attrs.iter().find_map(|attr| match attr {
            Attr::Number(index) => self.constants.get(index).copied(),
            _ => None,
        }) {
            self.define(op.results[0], smallvec![constant]);
        }
    }

    /// Where a thread is, or how many there are.
    pub fn position(&mut self, op: &Op) {
        let argument = self.positions[&op.code];
        let number = match op.attrs.first() {
            Some(Attr::Dim(dim)) => {
                let component = self.out.extract(argument, *dim as u32);
                let name = op.code.info().name;
                self.out.name(component, &format!("{name}.{}", Dim::name(*dim)));
                component
            }
            _ => argument,
        };
        self.define(op.results[0], smallvec![number]);
    }
}

impl Parameters {
    /// The list of the parameters as metadata.
    pub fn describe(&self, module: &mut Module, kernel: &Kernel) -> MetadataId {
        let mut nodes = Vec::new();
        for (n, param) in kernel.params().iter().enumerate() {
            let dtype = param.dtype;
            let mut node = Described::new(module, n);
            node.text("air.buffer");
            if matches!(param.binding, Binding::Scalar(_)) {
                node.text("air.buffer_size").number(dtype.size());
            }
            node.text("air.location_index").number(n).number(1);
            let written = matches!(param.binding, Binding::Buffer(memory) if kernel.writes(memory));
            node.text(if written { "air.read_write" } else { "air.read" });
            node.text("air.address_space").number(address_space(param.binding) as usize);
            node.text("air.arg_type_size").number(dtype.size());
            node.text("air.arg_type_align_size").number(dtype.size());
            node.text("air.arg_type_name").text(type_name(dtype)).text("air.arg_name").text(&param.name);
            nodes.push(node.finish());
        }
        for (n, (code, width)) in self.positions.iter().enumerate() {
            let name = code.info().name;
            let mut node = Described::new(module, kernel.params().len() + n);
            node.text(&format!("air.{name}")).text("air.arg_type_name");
            node.text(if *width == 1 { "uint" } else { "uint3" }).text("air.arg_name").text(name);
            nodes.push(node.finish());
        }
        module.node(&nodes)
    }

    /// The function constants as metadata, a node each.
    pub fn describe_constants(&self, module: &mut Module) -> Vec<MetadataId> {
        let mut nodes = Vec::new();
        for Constant { constant, given, .. } in &self.constants {
            let required = module.int(Type::I1, 1);
            let members = [
                module.metadatum(Metadata::Value(*given)),
                module.text(type_name(constant.dtype)),
                module.text(&constant_name(constant.index)),
                module.number(constant.index),
                module.metadatum(Metadata::Value(required)),
            ];
            nodes.push(module.node(&members));
        }
        nodes
    }
}

/// The name of an element type in metadata.
fn type_name(dtype: DType) -> &'static str {
    held_as(dtype).msl()
}

/// The element type that Metal takes a number for: a `bfloat`, which not every system knows, goes by its bits.
pub(crate) const fn held_as(dtype: DType) -> DType {
    match dtype {
        DType::BF16 => DType::U16,
        other => other,
    }
}

/// A node of metadata that describes a parameter.
struct Described<'m> {
    module: &'m mut Module,
    members: Vec<MetadataId>,
}

impl<'m> Described<'m> {
    /// It begins with the number of the parameter.
    fn new(module: &'m mut Module, parameter: usize) -> Self {
        let members = vec![module.number(parameter as u32)];
        Described { module, members }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.members.push(self.module.text(text));
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        self.members.push(self.module.number(number as u32));
        self
    }

    fn finish(self) -> MetadataId {
        self.module.node(&self.members)
    }
}
