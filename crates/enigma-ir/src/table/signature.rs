//! The vocabulary of the operation table: parameter kinds, type classes, effects.

use crate::types::DType;

/// A section of the reference page.
#[derive(Copy, Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Group {
    /// Built by the builder itself: constants, register tensors, control flow.
    Structure,
    /// Positions and sizes.
    Position,
    /// Operators.
    Arithmetic,
    /// Comparisons.
    Comparison,
    /// Selection and conversion.
    Conversion,
    /// Float functions.
    Float,
    /// Functions of integers and their bits.
    Integer,
    /// Vectors.
    Vector,
    /// Geometry of float vectors.
    Geometry,
    /// Floats packed into integers.
    Pack,
    /// Small matrices, each in one thread.
    Matrix,
    /// Function constants.
    Constant,
    /// Loads and stores.
    Memory,
    /// Atomic operations.
    Atomic,
    /// Barriers.
    Barrier,
    /// Asynchronous copies.
    AsyncCopy,
    /// Simdgroup functions.
    Simdgroup,
    /// Quad functions.
    Quad,
    /// Simdgroup matrices.
    SimdgroupMatrix,
    /// Debugging aids.
    Debug,
}

/// A set of value types.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Class {
    /// Scalars and vectors of any element type.
    Any,
    /// Scalars and vectors of integers or floats.
    Number,
    /// Scalars and vectors of floats.
    Float,
    /// Scalars and vectors of integers.
    Integer,
    /// Scalars and vectors of integers or `bool`.
    Bits,
    /// Scalars of any element type.
    Scalar,
    /// Vectors of any element type.
    Vector,
    /// An integer scalar: an index, an offset, an extent, in elements.
    Index,
    /// A `bool` scalar.
    Condition,
    /// An event.
    Event,
    /// A simdgroup matrix.
    SimdgroupMatrix,
    /// Vectors of floats.
    FloatVector,
    /// Vectors of three floats.
    Vector3,
    /// `float2`.
    Float2,
    /// `float4`.
    Float4,
    /// A `uint` scalar.
    UInt,
    /// A column of a matrix: a vector of `float` or `half`.
    MatrixColumn,
    /// A matrix.
    Matrix,
    /// A matrix, or a vector of `float` or `half`.
    MatrixOrVector,
    /// A 32-bit scalar: what atomic operations work on.
    Word,
    /// A 32-bit integer scalar.
    WordInteger,
}

impl Class {
    /// How a message names the class.
    pub const fn describe(self) -> &'static str {
        match self {
            Class::Any => "a scalar or a vector",
            Class::Number => "integers or floats",
            Class::Float => "floats (float, half or bfloat)",
            Class::Integer => "integers",
            Class::Bits => "integers or bool",
            Class::Scalar => "a scalar",
            Class::Vector => "a vector",
            Class::Index => "an integer scalar",
            Class::Condition => "a bool scalar",
            Class::Event => "an event",
            Class::SimdgroupMatrix => "a simdgroup matrix",
            Class::FloatVector => "a vector of floats",
            Class::Vector3 => "a vector of three floats",
            Class::Float2 => "a float2",
            Class::Float4 => "a float4",
            Class::UInt => "a uint",
            Class::MatrixColumn => "a vector of float or half",
            Class::Matrix => "a matrix",
            Class::MatrixOrVector => "a matrix, or a vector of float or half",
            Class::Word => "int, uint or float",
            Class::WordInteger => "int or uint",
        }
    }

    /// Whether values of that many components are in the class: 1 is a scalar, 2 to 4 a vector.
    pub const fn admits_width(self, width: u8) -> bool {
        match self {
            Class::Any | Class::Number | Class::Float | Class::Integer | Class::Bits => true,
            Class::Scalar | Class::Index | Class::Condition | Class::UInt | Class::Word | Class::WordInteger => {
                width == 1
            }
            Class::Vector | Class::FloatVector | Class::MatrixColumn | Class::MatrixOrVector => width > 1,
            Class::Float2 => width == 2,
            Class::Vector3 => width == 3,
            Class::Float4 => width == 4,
            Class::Event | Class::SimdgroupMatrix | Class::Matrix => false,
        }
    }

    /// Whether a scalar element type is in the class.
    pub const fn admits_dtype(self, dtype: DType) -> bool {
        match self {
            Class::Any | Class::Scalar | Class::Vector => true,
            Class::Number => !matches!(dtype, DType::Bool),
            Class::Float | Class::FloatVector | Class::Vector3 => dtype.is_float(),
            Class::Integer | Class::Index => dtype.is_integer(),
            Class::Bits => !dtype.is_float(),
            Class::Condition => matches!(dtype, DType::Bool),
            Class::Float2 | Class::Float4 => matches!(dtype, DType::F32),
            Class::MatrixColumn | Class::Matrix | Class::MatrixOrVector => matches!(dtype, DType::F32 | DType::F16),
            Class::UInt => matches!(dtype, DType::U32),
            Class::Word => matches!(dtype, DType::I32 | DType::U32 | DType::F32),
            Class::WordInteger => matches!(dtype, DType::I32 | DType::U32),
            Class::Event | Class::SimdgroupMatrix => false,
        }
    }
}

/// What an operation does to a memory operand.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// Reads elements.
    Read,
    /// Writes elements.
    Write,
    /// Reads elements and writes them, as one.
    Update,
}

impl Access {
    /// Whether elements are read.
    pub const fn reads(self) -> bool {
        matches!(self, Access::Read | Access::Update)
    }

    /// Whether elements are written.
    pub const fn writes(self) -> bool {
        matches!(self, Access::Write | Access::Update)
    }
}

/// Which address spaces a memory operand may be in.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Spaces {
    /// Device, threadgroup or register memory.
    Any,
    /// Device or threadgroup memory.
    Shared,
    /// Device memory: the far side of a copy.
    Device,
    /// Threadgroup or register memory: the near side of a copy.
    Tile,
}

/// What an attribute operand, fixed when the kernel is traced, may be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AttrKind {
    /// `"x"`, `"y"` or `"z"`.
    Dim,
    /// `mem_none`, `mem_device`, `mem_threadgroup`, `mem_device_and_threadgroup`, `mem_texture`.
    MemFlags,
    /// `"zero"` or `"edge"`.
    Fill,
    /// An element type.
    DType,
    /// The element type of the memory operand; giving another one is refused.
    ElementType,
    /// `True` or `False`.
    Flag,
    /// The number 8: simdgroup matrices have no other extent.
    Eight,
    /// A component of a vector, or a column of a matrix.
    Lane,
    /// Components of a vector: 2, 3 or 4.
    Width,
    /// The index of a function constant, 0 to 65535.
    ConstantIndex,
    /// `relaxed`, `acquire`, `release` or `acq_rel`, as far as they suit the operation.
    MemoryOrder(Orders),
    /// A text.
    Text,
}

/// Which memory orders an atomic operation takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Orders {
    /// It only reads: `relaxed` or `acquire`.
    Load,
    /// It only writes: `relaxed` or `release`.
    Store,
    /// It does both: any.
    Any,
}

/// What a parameter of an operation takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A value of the row's type variable: all such operands are brought to their common type.
    T,
    /// A value of that class, with a type of its own.
    Value(Class),
    /// An element: converted to the element type of the row's memory operand.
    Element,
    /// A vector of elements: converted to the element type of the row's memory operand.
    Elements,
    /// A scalar, converted to the element type of the row's type variable.
    ComponentOfT,
    /// A memory: a tensor, or its name.
    Memory(Access, Spaces),
    /// Something fixed at trace time.
    Attr(AttrKind),
}

/// What stands in for an argument that is not given.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Default {
    /// It must be given.
    Required,
    /// An integer.
    Int(i128),
    /// A truth value.
    Bool(bool),
    /// An attribute's name.
    Name(&'static str),
    /// What was given for that other parameter (its index in [`Signature::params`]).
    SameAs(usize),
    /// Left open: the builder takes it from the other operands.
    Open,
}

/// One parameter of an operation.
#[derive(Debug)]
pub struct Param {
    /// Its name, as keyword arguments spell it.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is when not given.
    pub default: Default,
    /// Whether it takes all arguments that remain (`async_copy_wait(*events)`).
    pub variadic: bool,
    /// Whether it is passed by keyword only.
    pub keyword: bool,
}

/// The type of an operation's result.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ResultRule {
    /// No result.
    None,
    /// The row's type variable.
    T,
    /// `bool`, of the shape of the row's type variable.
    Test,
    /// One component of the row's type variable.
    Component,
    /// A vector of as many components as operands were given.
    VectorOfT,
    /// The element type of the memory operand.
    Element,
    /// A `uint`.
    UInt,
    /// A `bool`.
    Truth,
    /// The unsigned integers of the same width as the row's type variable.
    Unsigned,
    /// A `float` vector of that many components.
    FloatVector(u8),
    /// The dtype attribute, in the shape of operand 0.
    CastTo,
    /// The dtype attribute, in the shape of operand 0, which must have the same width.
    BitsAs,
    /// A scalar of the dtype attribute.
    DTypeAttr,
    /// A vector of the memory operand's elements, as wide as the width attribute says.
    VectorOfElement,
    /// A matrix of as many columns as operands were given.
    MatrixOfColumns,
    /// One column of operand 0.
    Column,
    /// The product of operands 0 and 1.
    MatrixProduct,
    /// Operand 0 with rows and columns exchanged.
    Transposed,
    /// A scalar of the element type of operand 0, a square matrix.
    Determinant,
    /// An event.
    Event,
    /// A simdgroup matrix of the memory operand's element type.
    MatrixOfElement,
    /// A simdgroup matrix of the dtype attribute.
    MatrixOfAttr,
    /// The type of that operand.
    SameAs(usize),
}

/// Who must arrive at an operation together.
#[derive(Copy, Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Collective {
    /// Each thread for itself.
    None,
    /// All active lanes of a simdgroup take part; diverged lanes are left out.
    ActiveLanes,
    /// All lanes of a simdgroup, with the same operands.
    Simdgroup,
    /// All threads of a threadgroup.
    Threadgroup,
}

/// What an operation does to an asynchronous copy.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Flight {
    /// Nothing.
    None,
    /// Issues one: the result is its event.
    Issues,
    /// Completes those whose events it is given.
    Awaits,
}

/// Operands, result and effects: what several rows share.
#[derive(Debug)]
pub struct Signature {
    /// The parameters, in the order of the call.
    pub params: &'static [Param],
    /// What the type variable may be.
    pub t: Class,
    /// Whether the type variable undergoes integral promotion, as operators' operands do.
    pub promote: bool,
    /// The type of the result.
    pub result: ResultRule,
    /// Who must arrive together.
    pub collective: Collective,
    /// What happens to copies in flight.
    pub flight: Flight,
    /// Whether its memory is accessed atomically; its element type is then in the class `t`.
    pub atomic: bool,
}

impl Signature {
    /// True when the operation has no effect beyond its result and reads no memory: it may be folded, moved and dropped.
    pub fn is_pure(&self) -> bool {
        self.collective == Collective::None
            && self.flight == Flight::None
            && self.result != ResultRule::None
            && !self.params.iter().any(|p| matches!(p.kind, Kind::Memory(..)))
    }

    /// The access and the spaces of each memory parameter, in order.
    pub fn memories(&self) -> impl Iterator<Item = (Access, Spaces)> {
        self.params.iter().filter_map(|p| match p.kind {
            Kind::Memory(access, spaces) => Some((access, spaces)),
            _ => None,
        })
    }

    /// True when two memory operands must have the same element type and lie on the sides that the name says.
    pub fn is_copy(&self) -> bool {
        self.flight == Flight::Issues
    }
}
