//! The plan of a kernel: what the executor runs. Values are registers, vectors are taken apart into one
//! register per component, and every elementwise operation knows its loop.

use enigma_ir::format::Piece;
use enigma_ir::{DType, Dim, Fill, MemFlags, MemoryId, OpId, Opcode};
use smallvec::SmallVec;

use crate::map::{Map, VectorMap};

/// A register: a slot of the threadgroup's values.
pub type Reg = u32;

/// What a register holds.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// Elements of that type, one per thread at most.
    Lanes(DType),
    /// A matrix of that type per simdgroup.
    Matrix(DType),
    /// An event per thread at most, as a number (see [`crate::machine`]).
    Event,
}

impl Shape {
    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Shape::Lanes(dtype) | Shape::Matrix(dtype) => dtype.size(),
            Shape::Event => 4,
        }
    }

    /// The type under which elements are moved and spelt out.
    pub const fn dtype(self) -> DType {
        match self {
            Shape::Lanes(dtype) | Shape::Matrix(dtype) => dtype,
            Shape::Event => DType::U32,
        }
    }
}

/// A kernel, lowered.
#[derive(Debug, Default)]
pub struct Plan {
    /// What each register holds.
    pub registers: Vec<Shape>,
    /// Registers that hold one number throughout, by its bits.
    pub constants: Vec<(Reg, u64)>,
    /// Registers that hold a `Scalar` parameter, by its place in the signature.
    pub scalars: Vec<(Reg, usize)>,
    /// The kernel's body.
    pub body: Vec<Node>,
}

/// An operation.
#[derive(Debug)]
pub enum Node {
    Map(MapNode),
    Vector(VectorNode),
    Position(Opcode, Dim, Reg),
    RegisterFill { memory: MemoryId, value: Option<Reg> },
    Load(AccessNode),
    Store(AccessNode),
    Barrier { site: OpId, code: Opcode, flags: MemFlags },
    Copy(Box<CopyNode>),
    Wait { site: OpId, events: Box<[Reg]> },
    Reduce(ReduceNode),
    Shuffle(ShuffleNode),
    Atomic(Box<AtomicNode>),
    Print(Box<PrintNode>),
    MatrixLoad(MatrixNode),
    MatrixStore(MatrixNode),
    MatrixMultiply(MultiplyNode),
    MatrixFill { dtype: DType, value: Reg, result: Reg },
    If(Box<IfNode>),
    For(Box<ForNode>),
    While(Box<WhileNode>),
}

impl Node {
    /// Whether it computes, or touches memory itself: what a copy in flight can hide behind.
    pub fn is_work(&self) -> bool {
        !matches!(
            self,
            Node::Barrier { .. }
                | Node::Copy(_)
                | Node::Wait { .. }
                | Node::Print(_)
                | Node::If(_)
                | Node::For(_)
                | Node::While(_)
        )
    }
}

/// An elementwise operation.
#[derive(Debug)]
pub struct MapNode {
    pub map: Map,
    pub operands: [Reg; 3],
    pub arity: u8,
    pub result: Reg,
    /// The element type of the operands.
    pub dtype: DType,
    /// What it does to affine operands.
    pub affine: Affine,
}

/// An operation on vectors or matrices as wholes.
#[derive(Debug)]
pub struct VectorNode {
    pub map: VectorMap,
    /// The components of the operands, one operand after the other.
    pub operands: SmallVec<[Reg; 8]>,
    /// The components of the result.
    pub results: SmallVec<[Reg; 4]>,
}

/// What an elementwise operation makes of affine integers.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Affine {
    /// Nothing: they are spelt out.
    No,
    /// The strides add up.
    Add,
    /// The strides are subtracted.
    Sub,
    /// A uniform factor multiplies the stride.
    Mul,
    /// A uniform count shifts the stride.
    Shl,
    /// The stride is negated.
    Negate,
    /// The stride stays, as long as nothing wraps where the result is wider.
    Cast,
    /// An ordering: where the first and the last thread agree, all do.
    Order,
}

/// A load or a store.
#[derive(Debug)]
pub struct AccessNode {
    pub site: OpId,
    pub memory: MemoryId,
    pub index: Reg,
    pub index_dtype: DType,
    /// What is added to the index: the components of a vector lie one after another.
    pub offset: i64,
    /// The result of a load, the operand of a store.
    pub value: Reg,
}

/// An atomic operation.
#[derive(Debug)]
pub struct AtomicNode {
    pub code: Opcode,
    /// Where, and the result: it is a 32-bit word, or, of a compare-exchange, a `bool`.
    pub access: AccessNode,
    pub dtype: DType,
    /// The value; or what is expected, and what is desired.
    pub operands: [Reg; 2],
}

/// A reduction or a scan over lanes.
#[derive(Debug)]
pub struct ReduceNode {
    pub combine: Combine,
    pub share: Share,
    /// How many lanes are reduced together: those of a simdgroup, or of a quad.
    pub lanes: usize,
    pub dtype: DType,
    pub operand: Reg,
    pub result: Reg,
}

/// How two numbers are made one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Combine {
    Sum,
    Product,
    Min,
    Max,
    And,
    Or,
    Xor,
}

/// Over which of the lanes each has its result.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Share {
    All,
    Below,
    UpToItself,
}

/// Values passed from lane to lane.
#[derive(Debug)]
pub struct ShuffleNode {
    pub way: Way,
    /// How many lanes there are to pass among: those of a simdgroup, or of a quad.
    pub lanes: usize,
    pub value: Reg,
    /// The lane, the distance or the mask.
    pub by: Operand,
    pub result: Reg,
}

/// From which lane each has its value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Way {
    From,
    Up,
    Down,
    Xor,
    Broadcast,
}

/// A line that is printed for each thread.
#[derive(Debug)]
pub struct PrintNode {
    pub pieces: Vec<Piece>,
    pub condition: Reg,
    /// The values in their order, each with the registers of its components.
    pub values: Vec<(DType, Box<[Reg]>)>,
}

/// The load or the store of a simdgroup matrix.
#[derive(Debug)]
pub struct MatrixNode {
    pub site: OpId,
    pub memory: MemoryId,
    pub pitch: Operand,
    pub offset: Operand,
    pub transpose: bool,
    pub matrix: Reg,
}

/// `result = a * b + c`, on simdgroup matrices.
#[derive(Debug)]
pub struct MultiplyNode {
    pub a: Reg,
    pub b: Reg,
    pub c: Reg,
    pub result: Reg,
    /// Makes `float` of the factors, where they are none.
    pub widen_factor: Option<Map>,
    /// Makes `float` of the addend, where it is none.
    pub widen_sum: Option<Map>,
    /// Makes the sum's type of `float`, where it is another.
    pub narrow_sum: Option<Map>,
}

/// An integer operand that a whole simdgroup passes.
#[derive(Copy, Clone, Debug)]
pub struct Operand {
    pub reg: Reg,
    pub dtype: DType,
}

/// An asynchronous copy.
#[derive(Debug)]
pub struct CopyNode {
    pub site: OpId,
    pub dst: MemoryId,
    pub src: MemoryId,
    /// Whether the tile is register memory, which makes the copy one of each lane.
    pub per_lane: bool,
    /// Whether the destination is device memory.
    pub to_device: bool,
    /// In the order of [`CopyOperand`].
    pub operands: [Operand; CopyOperand::COUNT],
    pub fill: Fill,
    pub event: Reg,
}

/// The operands of a copy. A linear copy is a tile of one row.
#[derive(Copy, Clone, Debug)]
pub enum CopyOperand {
    Predicate,
    DstOffset,
    SrcOffset,
    DstPitch,
    SrcPitch,
    Cols,
    Rows,
    ValidCols,
    ValidRows,
}

impl CopyOperand {
    /// Number of operands.
    pub const COUNT: usize = 9;
}

/// A value passed from one register to another at the end of a block.
#[derive(Copy, Clone, Debug)]
pub struct Pass {
    pub from: Reg,
    pub to: Reg,
    /// Whether `from` is not needed any more, so that the two may change places instead.
    pub swap: bool,
}

/// A branch.
#[derive(Debug)]
pub struct IfNode {
    pub condition: Reg,
    /// The two blocks, the one for `true` first.
    pub blocks: [Block; 2],
}

/// Operations, and what they pass on at their end.
#[derive(Debug, Default)]
pub struct Block {
    pub nodes: Vec<Node>,
    /// Done first, all at once: what must be set aside because `passes` overwrites it.
    pub asides: Vec<Pass>,
    pub passes: Vec<Pass>,
}

/// A counted loop.
#[derive(Debug)]
pub struct ForNode {
    pub site: OpId,
    pub dtype: DType,
    pub lo: Reg,
    pub hi: Reg,
    pub step: Reg,
    /// Whether it counts down: the step is a negative constant.
    pub down: bool,
    /// What the body sees.
    pub induction: Reg,
    /// Where the next value of the induction variable is kept.
    pub cursor: Reg,
    /// Makes `spare` of `cursor` and the step.
    pub advance: MapNode,
    pub init: Vec<Pass>,
    pub body: Block,
}

/// A loop under a condition.
#[derive(Debug)]
pub struct WhileNode {
    pub site: OpId,
    pub init: Vec<Pass>,
    pub condition: Vec<Node>,
    /// The condition's result.
    pub holds: Reg,
    pub body: Block,
}
