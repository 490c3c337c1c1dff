//! LLVM IR as data: as much of LLVM 14's language, whose pointers are typed, as AIR needs.
//!
//! ```text
//! types       types, each once in a module
//! function    functions, basic blocks, instructions
//! builder     writes the body of a function
//! print       the module as text
//! ```
//!
//! The bitcode writer ([`crate::bitcode()`]) reads the same data as the printer.

mod builder;
mod function;
mod print;
mod types;

use std::collections::HashMap;

pub use builder::Builder;
pub use function::{
    Attribute, BinaryOp, Block, BlockId, CastOp, FloatPredicate, Function, FunctionId, Instruction, InstructionId,
    IntPredicate, Linkage, MetadataId, Operation, Parameter, Value,
};
pub use types::{Shape, Type, Types, space};

/// A constant: a value of a type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Constant {
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub literal: Literal,
}

/// The value of a constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Literal {
    /// An integer, in as many of the lowest bits as its type has; the others are zero.
    Int(u64),
    /// The bits of a float, in as many of the lowest bits as its type has.
    Float(u32),
    /// All zero.
    Null,
    /// Nothing in particular.
    Undef,
    /// The elements of a vector or an array, or the members of a structure: constants and addresses of the module.
    Aggregate(Vec<Value>),
}

/// A global variable.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// Type of its address, which says where it lives and what it holds.
    pub address: Type,
    /// Who sees it.
    pub linkage: Linkage,
    /// What it holds at first; `None` for a variable that is defined elsewhere.
    pub initial: Option<Value>,
    /// In bytes.
    pub align: u32,
    /// Whether nothing writes it.
    pub constant: bool,
    /// Whether it is set from without before a function runs.
    pub externally_initialized: bool,
    /// The section it is put in; empty for none.
    pub section: String,
}

/// Metadata.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Metadata {
    /// A text.
    Text(String),
    /// A constant or a function.
    Value(Value),
    /// A list.
    Node(Vec<MetadataId>),
}

/// A module.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The name of the source file.
    pub source_filename: String,
    /// Sizes and alignments of types.
    pub data_layout: String,
    /// What it is compiled for.
    pub triple: String,
    /// Types.
    pub types: Types,
    /// Global variables.
    pub globals: Vec<Global>,
    /// Functions, declared and defined.
    pub functions: Vec<Function>,
    /// Constants, each once.
    constants: Vec<Constant>,
    constant_numbers: HashMap<Constant, u32>,
    /// Metadata, each once; a node's comes after that of its members.
    metadata: Vec<Metadata>,
    metadata_numbers: HashMap<Metadata, MetadataId>,
    /// Lists of nodes by name.
    pub named_metadata: Vec<(String, Vec<MetadataId>)>,
}

impl Module {
    /// An empty module, compiled for a system with these sizes and alignments.
    pub fn new(source_filename: &str, data_layout: &str, triple: String) -> Module {
        Module {
            source_filename: source_filename.to_owned(),
            data_layout: data_layout.to_owned(),
            triple,
            ..Module::default()
        }
    }

    /// Every constant, in the order of their numbers; an aggregate's comes after those it is made of.
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// Every piece of metadata, in the order of their numbers.
    pub fn metadata(&self) -> &[Metadata] {
        &self.metadata
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// Every function that is defined here.
    pub fn defined_functions(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        let functions = (0..).map(FunctionId).zip(&self.functions);
        functions.filter(|(_, function)| !function.is_declaration())
    }

    /// Adds a function, without blocks.
    pub fn add_function(
        &mut self,
        name: &str,
        result: Type,
        parameters: &[Type],
        attributes: &[Attribute],
    ) -> FunctionId {
        let ty = self.types.function(result, parameters);
        let address = self.types.pointer(ty, space::THREAD);
        self.functions.push(Function {
            name: name.to_owned(),
            ty,
            address,
            linkage: Linkage::External,
            attributes: attributes.to_vec(),
            parameters: vec![Parameter::default(); parameters.len()],
            section: String::new(),
            instructions: Vec::new(),
            blocks: Vec::new(),
        });
        FunctionId(self.functions.len() as u32 - 1)
    }

    /// The function of that name, declared if it is new.
    pub fn declare(&mut self, name: &str, result: Type, parameters: &[Type], attributes: &[Attribute]) -> FunctionId {
        match self.functions.iter().position(|function| function.name == name) {
            Some(n) => FunctionId(n as u32),
            None => self.add_function(name, result, parameters, attributes),
        }
    }

    /// Adds a variable and gives its address.
    pub fn add_global(&mut self, global: Global) -> Value {
        self.globals.push(global);
        Value::Global(self.globals.len() as u32 - 1)
    }

    /// A constant.
    pub fn constant(&mut self, ty: Type, literal: Literal) -> Value {
        let constant = Constant { ty, literal };
        if let Some(&n) = self.constant_numbers.get(&constant) {
            return Value::Constant(n);
        }
        let n = self.constants.len() as u32;
        self.constants.push(constant.clone());
        self.constant_numbers.insert(constant, n);
        Value::Constant(n)
    }

    /// An integer, taken modulo the width of its type.
    pub fn int(&mut self, ty: Type, value: i128) -> Value {
        let bits = self.types.bits(ty).unwrap_or(64);
        let mask = u64::MAX >> (64 - bits.clamp(1, 64));
        self.constant(ty, Literal::Int(value as u64 & mask))
    }

    /// A piece of metadata.
    pub fn metadatum(&mut self, metadata: Metadata) -> MetadataId {
        if let Some(&id) = self.metadata_numbers.get(&metadata) {
            return id;
        }
        let id = MetadataId(self.metadata.len() as u32);
        self.metadata.push(metadata.clone());
        self.metadata_numbers.insert(metadata, id);
        id
    }

    /// A text as metadata.
    pub fn text(&mut self, text: &str) -> MetadataId {
        self.metadatum(Metadata::Text(text.to_owned()))
    }

    /// An `i32` as metadata.
    pub fn number(&mut self, number: u32) -> MetadataId {
        let value = self.int(Type::I32, i128::from(number));
        self.metadatum(Metadata::Value(value))
    }

    /// A list as metadata.
    pub fn node(&mut self, members: &[MetadataId]) -> MetadataId {
        self.metadatum(Metadata::Node(members.to_vec()))
    }

    /// The type of a value that stands in a function.
    pub fn type_of(&self, function: FunctionId, value: Value) -> Type {
        match value {
            Value::Argument(n) => self.types.parameters(self.function(function).ty)[n as usize],
            Value::Local(id) => self.function(function).instruction(id).ty,
            other => self.type_of_global(other),
        }
    }

    /// The type of a constant, or of the address of a variable or a function; void for what stands in a function.
    pub fn type_of_global(&self, value: Value) -> Type {
        match value {
            Value::Constant(n) => self.constants[n as usize].ty,
            Value::Global(n) => self.globals[n as usize].address,
            Value::Function(id) => self.function(id).address,
            Value::Argument(_) | Value::Local(_) => Type::VOID,
        }
    }
}
