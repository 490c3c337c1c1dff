//! Types of LLVM 14: pointers say what they point to.

use std::collections::HashMap;

/// A type of a module: a number that stands for a [`Shape`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Type(u32);

impl Type {
    /// No value.
    pub const VOID: Type = Type(0);
    /// A truth value.
    pub const I1: Type = Type(1);
    /// An integer of 8 bits.
    pub const I8: Type = Type(2);
    /// An integer of 16 bits.
    pub const I16: Type = Type(3);
    /// An integer of 32 bits.
    pub const I32: Type = Type(4);
    /// An integer of 64 bits.
    pub const I64: Type = Type(5);
    /// An IEEE 754 float of 16 bits.
    pub const HALF: Type = Type(6);
    /// The upper half of a `float`.
    pub const BFLOAT: Type = Type(7);
    /// An IEEE 754 float of 32 bits.
    pub const FLOAT: Type = Type(8);

    const BASIC: [Shape; 9] = [
        Shape::Void,
        Shape::Int(1),
        Shape::Int(8),
        Shape::Int(16),
        Shape::Int(32),
        Shape::Int(64),
        Shape::Half,
        Shape::BFloat,
        Shape::Float,
    ];

    /// Position in the module's table of types.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a type is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// No value.
    Void,
    /// An integer of so many bits.
    Int(u32),
    /// An IEEE 754 float of 16 bits.
    Half,
    /// The upper half of a `float`.
    BFloat,
    /// An IEEE 754 float of 32 bits.
    Float,
    /// A pointer into an address space.
    Pointer {
        /// What it points to.
        to: Type,
        /// The address space: see [`space`].
        space: u32,
    },
    /// A vector.
    Vector {
        /// Type of its elements.
        of: Type,
        /// Number of elements.
        len: u32,
    },
    /// An array in memory.
    Array {
        /// Type of its elements.
        of: Type,
        /// Number of elements.
        len: u64,
    },
    /// A structure by this name of which nothing is known.
    Opaque(String),
    /// A structure.
    Struct(Vec<Type>),
    /// A function.
    Function {
        /// Type of its result.
        result: Type,
        /// Types of its parameters.
        parameters: Vec<Type>,
    },
}

/// Address spaces of AIR.
pub mod space {
    /// A thread's own memory.
    pub const THREAD: u32 = 0;
    /// Device memory.
    pub const DEVICE: u32 = 1;
    /// Memory that nothing writes while a kernel runs.
    pub const CONSTANT: u32 = 2;
    /// Threadgroup memory.
    pub const THREADGROUP: u32 = 3;
}

/// The types of a module, each once.
#[derive(Clone, Debug)]
pub struct Types {
    shapes: Vec<Shape>,
    numbers: HashMap<Shape, Type>,
}

impl Default for Types {
    fn default() -> Types {
        let mut types = Types { shapes: Vec::new(), numbers: HashMap::new() };
        for shape in Type::BASIC {
            types.intern(shape);
        }
        types
    }
}

impl Types {
    /// The type of that shape.
    pub fn intern(&mut self, shape: Shape) -> Type {
        if let Some(&ty) = self.numbers.get(&shape) {
            return ty;
        }
        let ty = Type(self.shapes.len() as u32);
        self.shapes.push(shape.clone());
        self.numbers.insert(shape, ty);
        ty
    }

    /// What a type is.
    pub fn shape(&self, ty: Type) -> &Shape {
        &self.shapes[ty.index()]
    }

    /// Every shape; a type's comes after those it is made of.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// A pointer to `to`.
    pub fn pointer(&mut self, to: Type, space: u32) -> Type {
        self.intern(Shape::Pointer { to, space })
    }

    /// A vector of `len` elements.
    pub fn vector(&mut self, of: Type, len: u32) -> Type {
        self.intern(Shape::Vector { of, len })
    }

    /// An array of `len` elements.
    pub fn array(&mut self, of: Type, len: u64) -> Type {
        self.intern(Shape::Array { of, len })
    }

    /// A function.
    pub fn function(&mut self, result: Type, parameters: &[Type]) -> Type {
        self.intern(Shape::Function { result, parameters: parameters.to_vec() })
    }

    /// What a pointer points to.
    pub fn pointee(&self, pointer: Type) -> Option<Type> {
        match self.shape(pointer) {
            Shape::Pointer { to, .. } => Some(*to),
            _ => None,
        }
    }

    /// The type of a vector's or an array's elements.
    pub fn element(&self, ty: Type) -> Option<Type> {
        match self.shape(ty) {
            Shape::Vector { of, .. } | Shape::Array { of, .. } => Some(*of),
            _ => None,
        }
    }

    /// The type of a structure's member.
    pub fn member(&self, ty: Type, member: usize) -> Option<Type> {
        match self.shape(ty) {
            Shape::Struct(members) => members.get(member).copied(),
            _ => None,
        }
    }

    /// The result of a function type.
    pub fn result(&self, function: Type) -> Option<Type> {
        match self.shape(function) {
            Shape::Function { result, .. } => Some(*result),
            _ => None,
        }
    }

    /// The parameters of a function type.
    pub fn parameters(&self, function: Type) -> &[Type] {
        match self.shape(function) {
            Shape::Function { parameters, .. } => parameters,
            _ => &[],
        }
    }

    /// Bits of an integer type.
    pub fn bits(&self, ty: Type) -> Option<u32> {
        match self.shape(ty) {
            Shape::Int(bits) => Some(*bits),
            _ => None,
        }
    }
}
