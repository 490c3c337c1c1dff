//! Functions: instructions in basic blocks.

use super::types::Type;

/// What an instruction works on.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// A constant of the module.
    Constant(u32),
    /// The address of a global variable of the module.
    Global(u32),
    /// A function of the module.
    Function(FunctionId),
    /// An argument of the function it stands in.
    Argument(u32),
    /// The result of an instruction of the function it stands in.
    Local(InstructionId),
}

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub(super) u32);

        impl $name {
            /// Position among its kind.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )* };
}

ids! {
    /// A function of a module.
    FunctionId;
    /// A basic block of a function.
    BlockId;
    /// An instruction of a function.
    InstructionId;
    /// A metadata string, value or node of a module.
    MetadataId;
}

/// Who sees a function or a variable.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Linkage {
    /// Everybody.
    External,
    /// This module only.
    Internal,
    /// Of an array: what other modules put into one of that name is added to it.
    Appending,
}

/// What is known of a function or of a parameter: what the oldest reader, that of macOS 13, knows.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Attribute {
    /// May not be made to depend on more conditions: lanes meet in it.
    Convergent,
    /// Of a function: throws nothing.
    NoUnwind,
    /// Touches no memory.
    ReadNone,
    /// Of a parameter: the pointer is not kept.
    NoCapture,
    /// Of which LLVM knows nothing: a name, and a value that may be empty.
    Text(&'static str, &'static str),
}

/// A parameter of a function; its type is the function type's.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    /// Its name; empty for none.
    pub name: String,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
}

/// A function: a declaration when it has no blocks.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// The type of its address.
    pub address: Type,
    /// Who sees it.
    pub linkage: Linkage,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The section it is put in; empty for none.
    pub section: String,
    /// Its instructions, in the order of their making.
    pub instructions: Vec<Instruction>,
    /// Its blocks; the first is where it begins.
    pub blocks: Vec<Block>,
}

impl Function {
    /// An instruction.
    pub fn instruction(&self, id: InstructionId) -> &Instruction {
        &self.instructions[id.index()]
    }

    /// Every block with its id, in the order of the text.
    pub fn blocks(&self) -> impl Iterator<Item = (BlockId, &Block)> {
        self.blocks.iter().enumerate().map(|(n, block)| (BlockId(n as u32), block))
    }

    /// Whether it is defined elsewhere.
    pub fn is_declaration(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// Instructions in a row, of which the last says where it goes on.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Its name, unique among the names of its function; empty for none.
    pub name: String,
    /// Its instructions.
    pub instructions: Vec<InstructionId>,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// Type of its result: void for none.
    pub ty: Type,
    /// Name of its result, unique among the names of its function; empty for none.
    pub name: String,
    /// What it does.
    pub operation: Operation,
}

/// What an instruction does.
#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    /// Computes a number from two.
    Binary(BinaryOp, Value, Value),
    /// Compares two integers or pointers.
    ICmp(IntPredicate, Value, Value),
    /// Compares two floats.
    FCmp(FloatPredicate, Value, Value),
    /// The second where the first holds, else the third.
    Select(Value, Value, Value),
    /// Converts to the type of the result.
    Cast(CastOp, Value),
    /// The value that belongs to the block that was left last.
    Phi(Vec<(Value, BlockId)>),
    /// Reserves a thread's own memory for one object.
    Alloca {
        /// Type of the object.
        of: Type,
        /// In bytes.
        align: u32,
    },
    /// Reads memory.
    Load {
        /// From where.
        pointer: Value,
        /// In bytes.
        align: u32,
        /// Whether it is done even if nothing needs the result.
        volatile: bool,
    },
    /// Writes memory.
    Store {
        /// What.
        value: Value,
        /// Where.
        pointer: Value,
        /// In bytes.
        align: u32,
    },
    /// The address of an element.
    GetElementPtr {
        /// What the pointer points to.
        of: Type,
        /// From where.
        pointer: Value,
        /// How many objects on, then the way into the object.
        indices: Vec<Value>,
    },
    /// An element of a vector.
    ExtractElement(Value, Value),
    /// A vector (the first) with one element (the second) in the place of another (the third is its number).
    InsertElement(Value, Value, Value),
    /// A member of a structure.
    ExtractValue(Value, u32),
    /// Calls a function.
    Call(FunctionId, Vec<Value>),
    /// Goes on elsewhere.
    Br(BlockId),
    /// Goes on at the first block where the condition holds, else at the second.
    CondBr(Value, BlockId, BlockId),
    /// Returns, with a value or without.
    Ret(Option<Value>),
}

macro_rules! named {
    ($( $(#[$doc:meta])* $enum:ident { $( $variant:ident $name:literal; )* } )*) => { $(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs, reason = "LLVM's own names")]
        pub enum $enum { $( $variant, )* }

        impl $enum {
            /// Every one.
            pub const ALL: &[$enum] = &[$( $enum::$variant, )*];

            /// LLVM's name.
            pub const fn name(self) -> &'static str {
                match self { $( $enum::$variant => $name, )* }
            }
        }
    )* };
}

named! {
    /// Computes a number from two.
    BinaryOp {
        Add "add"; Sub "sub"; Mul "mul"; UDiv "udiv"; SDiv "sdiv"; URem "urem"; SRem "srem";
        Shl "shl"; LShr "lshr"; AShr "ashr"; And "and"; Or "or"; Xor "xor";
        FAdd "fadd"; FSub "fsub"; FMul "fmul"; FDiv "fdiv"; FRem "frem";
    }
    /// Compares two integers.
    IntPredicate {
        Eq "eq"; Ne "ne"; Ugt "ugt"; Uge "uge"; Ult "ult"; Ule "ule"; Sgt "sgt"; Sge "sge"; Slt "slt"; Sle "sle";
    }
    /// Compares two floats: ordered (false of a NaN) or unordered.
    FloatPredicate {
        Oeq "oeq"; Ogt "ogt"; Oge "oge"; Olt "olt"; Ole "ole"; One "one"; Ord "ord";
        Uno "uno"; Ueq "ueq"; Ugt "ugt"; Uge "uge"; Ult "ult"; Ule "ule"; Une "une";
    }
    /// Converts a value.
    CastOp {
        Trunc "trunc"; ZExt "zext"; SExt "sext"; FpToUi "fptoui"; FpToSi "fptosi"; UiToFp "uitofp"; SiToFp "sitofp";
        FpTrunc "fptrunc"; FpExt "fpext"; PtrToInt "ptrtoint"; IntToPtr "inttoptr"; BitCast "bitcast";
        AddrSpaceCast "addrspacecast";
    }
}
