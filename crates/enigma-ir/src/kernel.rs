//! The kernel as data: parameters, memories, values, and operations in nested blocks.
//!
//! A kernel is typed SSA with structured control flow. Ids print as they appear in the text form:
//! `v3`, `m0`, `b2`. A kernel is made by a [`Builder`](crate::Builder) only, and is accepted by a target
//! only as [`Verified<Kernel>`](crate::Verified).

use smallvec::SmallVec;
use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::span::{SourceFiles, Span};
use crate::table::{Kind, Opcode, Param};
use crate::types::{DType, Literal, Type};

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident $prefix:literal; )*) => { $(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Position in the kernel's arena.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    )* };
}

ids! {
    /// An SSA value.
    ValueId "v";
    /// A memory: a device buffer, a threadgroup array or a register array.
    MemoryId "m";
    /// An operation.
    OpId "op";
    /// A block of operations.
    BlockId "b";
}

/// Where a memory lives.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Space {
    /// A kernel parameter; its length is known when the kernel is launched.
    Device,
    /// Shared by a threadgroup.
    Threadgroup {
        /// Number of elements.
        len: u64,
    },
    /// Private to a thread.
    Register {
        /// Number of elements.
        len: u64,
    },
}

impl Space {
    /// Number of elements, where it is known when the kernel is traced.
    pub const fn length(self) -> Option<u64> {
        match self {
            Space::Device => None,
            Space::Threadgroup { len } | Space::Register { len } => Some(len),
        }
    }

    /// How messages call it.
    pub const fn describe(self) -> &'static str {
        match self {
            Space::Device => "device memory",
            Space::Threadgroup { .. } => "threadgroup memory",
            Space::Register { .. } => "register memory",
        }
    }
}

/// An array of elements that operations read and write.
#[derive(Clone, Debug)]
pub struct Memory {
    /// The user's name for it, unique in the kernel.
    pub name: String,
    /// Where it lives.
    pub space: Space,
    /// Type of its elements.
    pub dtype: DType,
    /// Where it was declared.
    pub span: Span,
}

/// A kernel parameter, in the order of the signature.
#[derive(Clone, Debug)]
pub struct KernelParam {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: DType,
    /// What it is bound to.
    pub binding: Binding,
    /// Where it was declared.
    pub span: Span,
}

/// What a parameter is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Binding {
    /// A device buffer.
    Buffer(MemoryId),
    /// A number, the same for the whole grid.
    Scalar(ValueId),
}

/// Where a value comes from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Definition {
    /// The result of an operation (its position among the results).
    Result(OpId, u32),
    /// An argument of a block: an induction variable or a carried value.
    Argument(BlockId, u32),
    /// A `Scalar` parameter of the kernel.
    Parameter(u32),
}

/// An SSA value.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its type.
    pub ty: Type,
    /// Where it comes from.
    pub definition: Definition,
    /// The name the user gave it, if any.
    pub name: Option<String>,
    /// Where it was made.
    pub span: Span,
}

/// A position's dimension.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)]
pub enum Dim {
    X,
    Y,
    Z,
}

impl Dim {
    /// `"x"`, `"y"` or `"z"`.
    pub const fn name(self) -> &'static str {
        ["x", "y", "z"][self as usize]
    }
}

/// Which memory a barrier orders.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)]
pub enum MemFlags {
    None,
    Device,
    Threadgroup,
    DeviceAndThreadgroup,
    Texture,
}

impl MemFlags {
    /// The names the kernel language takes, in the order of the variants.
    pub const NAMES: [&'static str; 5] =
        ["mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup", "mem_texture"];

    /// The kernel language's name.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// How an atomic operation orders the accesses around it.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub enum MemoryOrder {
    /// Not at all.
    Relaxed,
    /// What follows comes after it.
    Acquire,
    /// What precedes comes before it.
    Release,
    /// Both.
    AcqRel,
}

impl MemoryOrder {
    /// Every order.
    pub const ALL: [MemoryOrder; 4] =
        [MemoryOrder::Relaxed, MemoryOrder::Acquire, MemoryOrder::Release, MemoryOrder::AcqRel];

    /// The kernel language's name.
    pub const fn name(self) -> &'static str {
        ["relaxed", "acquire", "release", "acq_rel"][self as usize]
    }

    /// Whether what follows the operation comes after it.
    pub const fn acquires(self) -> bool {
        matches!(self, MemoryOrder::Acquire | MemoryOrder::AcqRel)
    }

    /// Whether what precedes the operation comes before it.
    pub const fn releases(self) -> bool {
        matches!(self, MemoryOrder::Release | MemoryOrder::AcqRel)
    }
}

/// What fills the part of a tile that its source does not have.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub enum Fill {
    /// Zero.
    Zero,
    /// The nearest valid element; zero where there is none.
    Edge,
}

/// Something about an operation that is fixed when the kernel is traced.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Attr {
    /// Of a position.
    Dim(Dim),
    /// Of a barrier.
    MemFlags(MemFlags),
    /// Of a copy from device memory.
    Fill(Fill),
    /// Of a cast or a matrix.
    DType(DType),
    /// Transposition.
    Flag(bool),
    /// A vector's component, a matrix's column or extent, a width, the index of a function constant.
    Number(u32),
    /// Of an atomic operation.
    MemoryOrder(MemoryOrder),
    /// A text, by its place among the kernel's; see [`Kernel::text`].
    Text(u32),
    /// The value of a constant, or of a register tensor's fill, fitted to its type.
    Literal(Literal),
}

/// One operation. What `operands`, `memories` and `attrs` hold follows from its row: the value, memory
/// and attribute parameters of the signature, each in order, with every default filled in.
///
/// | operation | operands | blocks |
/// |---|---|---|
/// | `if` | condition | then, otherwise: no arguments; both yield the results |
/// | `for` | lo, hi, step, initial carries | body: arguments are the induction variable and the carries; yields the next carries |
/// | `while` | initial carries | condition: arguments are the carries; yields one `bool`. body: arguments are the carries; yields the next carries |
#[derive(Clone, Debug)]
pub struct Op {
    /// Which operation.
    pub code: Opcode,
    /// Value operands.
    pub operands: SmallVec<[ValueId; 4]>,
    /// Memory operands.
    pub memories: SmallVec<[MemoryId; 2]>,
    /// Attributes.
    pub attrs: SmallVec<[Attr; 2]>,
    /// Results.
    pub results: SmallVec<[ValueId; 1]>,
    /// Nested blocks.
    pub blocks: SmallVec<[BlockId; 2]>,
    /// The block it stands in.
    pub parent: BlockId,
    /// Where it was written.
    pub span: Span,
}

/// A sequence of operations, ending by yielding values to the operation that owns it.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Its arguments.
    pub args: Vec<ValueId>,
    /// Its operations, in order.
    pub ops: Vec<OpId>,
    /// What it passes on at its end.
    pub yields: Vec<ValueId>,
    /// The operation that owns it; `None` for the body of the kernel.
    pub owner: Option<OpId>,
}

/// A kernel: what the builder makes and the verifier judges.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) params: Vec<KernelParam>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) values: Vec<Value>,
    pub(crate) ops: Vec<Op>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) files: SourceFiles,
    /// Texts that operations refer to.
    pub(crate) texts: Vec<String>,
    /// What the builder refused; the verifier reports it together with what it finds itself.
    pub(crate) refused: Vec<Diagnostic>,
}

impl Kernel {
    /// The block that is the kernel's body.
    pub const BODY: BlockId = BlockId(0);

    /// The kernel's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the kernel was declared.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The parameters, in order.
    pub fn params(&self) -> &[KernelParam] {
        &self.params
    }

    /// The files that spans point into.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// The text of an [`Attr::Text`].
    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// Every memory with its id, in the order of declaration.
    pub fn memories(&self) -> impl ExactSizeIterator<Item = (MemoryId, &Memory)> {
        self.memories.iter().enumerate().map(|(i, m)| (MemoryId(i as u32), m))
    }

    /// A memory.
    pub fn memory(&self, id: MemoryId) -> &Memory {
        &self.memories[id.index()]
    }

    /// A value.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// Number of values; ids run below it.
    pub fn value_count(&self) -> usize {
        self.values.len()
    }

    /// Number of blocks; ids run below it.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Number of operations; ids run below it.
    pub fn op_count(&self) -> usize {
        self.ops.len()
    }

    /// The type of a value.
    pub fn ty(&self, id: ValueId) -> Type {
        self.value(id).ty
    }

    /// An operation.
    pub fn op(&self, id: OpId) -> &Op {
        &self.ops[id.index()]
    }

    /// A block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// The operation that makes a value, if one does.
    pub fn defining_op(&self, id: ValueId) -> Option<&Op> {
        match self.value(id).definition {
            Definition::Result(op, _) => Some(self.op(op)),
            Definition::Argument(..) | Definition::Parameter(_) => None,
        }
    }

    /// The literal that a value is, when it is a constant.
    pub fn literal(&self, id: ValueId) -> Option<Literal> {
        let op = self.defining_op(id)?;
        match (op.code, op.attrs.first()) {
            (Opcode::Constant, Some(Attr::Literal(literal))) => Some(*literal),
            _ => None,
        }
    }

    /// The integer that a value is, when it is an integer constant.
    pub fn integer(&self, id: ValueId) -> Option<i128> {
        self.literal(id)?.as_int()
    }

    /// Every operation in program order, each before those nested in it.
    pub fn walk(&self) -> Vec<OpId> {
        let mut order = Vec::with_capacity(self.ops.len());
        self.walk_block(Self::BODY, &mut order);
        order
    }

    fn walk_block(&self, block: BlockId, order: &mut Vec<OpId>) {
        for &id in &self.block(block).ops {
            order.push(id);
            for &nested in &self.op(id).blocks {
                self.walk_block(nested, order);
            }
        }
    }

    /// True when block `inner` is `outer` or nested in it.
    pub fn encloses(&self, outer: BlockId, inner: BlockId) -> bool {
        let mut block = inner;
        loop {
            if block == outer {
                return true;
            }
            match self.block(block).owner {
                Some(owner) => block = self.op(owner).parent,
                None => return false,
            }
        }
    }

    /// The block in which a value comes into being.
    pub fn home(&self, id: ValueId) -> BlockId {
        match self.value(id).definition {
            Definition::Result(op, _) => self.op(op).parent,
            Definition::Argument(block, _) => block,
            Definition::Parameter(_) => Self::BODY,
        }
    }

    /// Whether any operation writes this memory.
    pub fn writes(&self, memory: MemoryId) -> bool {
        self.ops.iter().any(|op| op.writes(memory))
    }

    /// Whether any operation accesses this memory atomically.
    pub fn is_atomic(&self, memory: MemoryId) -> bool {
        self.ops.iter().any(|op| op.code.info().signature.atomic && op.memories.contains(&memory))
    }

    /// The function constants that the kernel uses, each index once, in ascending order.
    pub fn function_constants(&self) -> Vec<FunctionConstant> {
        let mut found: Vec<FunctionConstant> = self.ops.iter().filter_map(FunctionConstant::of).collect();
        found.sort_by_key(|constant| constant.index);
        found.dedup_by_key(|constant| constant.index);
        found
    }

    /// Bytes of threadgroup memory that one threadgroup takes.
    pub fn threadgroup_bytes(&self) -> u64 {
        let arrays = self.memories.iter().filter_map(|m| match m.space {
            Space::Threadgroup { len } => Some(len.saturating_mul(m.dtype.size() as u64)),
            _ => None,
        });
        arrays.fold(0, u64::saturating_add)
    }
}

/// A number that is chosen when the kernel is specialised.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FunctionConstant {
    /// By which it is chosen.
    pub index: u32,
    /// Its type.
    pub dtype: DType,
    /// Where it is first used.
    pub span: Span,
}

impl FunctionConstant {
    /// The function constant that an operation is, if it is one.
    pub(crate) fn of(op: &Op) -> Option<FunctionConstant> {
        match (op.code, &op.attrs[..]) {
            (Opcode::FunctionConstant, &[Attr::DType(dtype), Attr::Number(index)]) => {
                Some(FunctionConstant { index, dtype, span: op.span })
            }
            _ => None,
        }
    }
}

/// What an operation was given for one parameter of its row.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Argument {
    /// For a value parameter.
    Value(ValueId),
    /// For a memory parameter.
    Memory(MemoryId),
    /// For an attribute parameter.
    Attr(Attr),
}

impl Op {
    /// Whether it writes this memory.
    pub fn writes(&self, memory: MemoryId) -> bool {
        let accesses = self.code.info().signature.memories();
        self.memories.iter().zip(accesses).any(|(&m, (access, _))| m == memory && access.writes())
    }

    /// The memory orders of an atomic operation.
    fn orders(&self) -> impl Iterator<Item = MemoryOrder> + '_ {
        self.attrs.iter().filter_map(|attr| match attr {
            Attr::MemoryOrder(order) => Some(*order),
            _ => None,
        })
    }

    /// Whether what follows it comes after it, as it does an atomic operation that acquires, perhaps only where it fails.
    pub fn acquires(&self) -> bool {
        self.orders().any(MemoryOrder::acquires)
    }

    /// Whether what precedes it comes before it, as it does an atomic operation that releases.
    pub fn releases(&self) -> bool {
        self.orders().any(MemoryOrder::releases)
    }

    /// What each parameter of the operation's row was given, in the order of the parameters; a variadic
    /// parameter comes once for each of its arguments. Empty for the operations of the group `Structure`.
    pub fn arguments(&self) -> Vec<(&'static Param, Argument)> {
        let mut values = self.operands.iter().map(|&v| Argument::Value(v));
        let mut memories = self.memories.iter().map(|&m| Argument::Memory(m));
        let mut attrs = self.attrs.iter().map(|&a| Argument::Attr(a));
        let mut found = Vec::new();
        for param in self.code.info().signature.params {
            let given: &mut dyn Iterator<Item = Argument> = match param.kind {
                Kind::Memory(..) => &mut memories,
                Kind::Attr(_) => &mut attrs,
                Kind::T | Kind::Value(_) | Kind::Element | Kind::Elements | Kind::ComponentOfT => &mut values,
            };
            let count = if param.variadic { usize::MAX } else { 1 };
            found.extend(given.take(count).map(|argument| (param, argument)));
        }
        found
    }
}

/// What has passed the verifier. A target accepts nothing else, and from here on nothing can fail on account of the
/// kernel, but that it may need what an older system lacks.
#[derive(Clone, Debug)]
pub struct Verified<K> {
    pub(crate) inner: K,
    pub(crate) remarks: Vec<Diagnostic>,
}

impl<K> Verified<K> {
    /// Warnings and advice: what the verifier noticed and does not refuse.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.remarks
    }
}

impl<K> std::ops::Deref for Verified<K> {
    type Target = K;

    fn deref(&self) -> &K {
        &self.inner
    }
}
