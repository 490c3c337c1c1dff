//! Element types, value types and literals.

use std::fmt;

/// The twelve element types of the kernel language.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum DType {
    /// `bool`, one byte in memory.
    Bool,
    /// `char`, 8-bit signed.
    I8,
    /// `uchar`, 8-bit unsigned.
    U8,
    /// `short`, 16-bit signed.
    I16,
    /// `ushort`, 16-bit unsigned.
    U16,
    /// `int`, 32-bit signed.
    I32,
    /// `uint`, 32-bit unsigned.
    U32,
    /// `long`, 64-bit signed.
    I64,
    /// `ulong`, 64-bit unsigned.
    U64,
    /// `half`, IEEE binary16.
    F16,
    /// `bfloat`, the upper half of a binary32.
    BF16,
    /// `float`, IEEE binary32.
    F32,
}

impl DType {
    /// Every element type, in the order of their declaration.
    pub const ALL: [DType; 12] = [
        DType::Bool,
        DType::I8,
        DType::U8,
        DType::I16,
        DType::U16,
        DType::I32,
        DType::U32,
        DType::I64,
        DType::U64,
        DType::F16,
        DType::BF16,
        DType::F32,
    ];

    /// The name in the Metal Shading Language, which is also the dtype string of the kernel language.
    pub const fn msl(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "char",
            DType::U8 => "uchar",
            DType::I16 => "short",
            DType::U16 => "ushort",
            DType::I32 => "int",
            DType::U32 => "uint",
            DType::I64 => "long",
            DType::U64 => "ulong",
            DType::F16 => "half",
            DType::BF16 => "bfloat",
            DType::F32 => "float",
        }
    }

    /// The short name used by annotations (`enigma.f32`) and by MLIR-like text.
    pub const fn short(self) -> &'static str {
        match self {
            DType::Bool => "b1",
            DType::I8 => "i8",
            DType::U8 => "u8",
            DType::I16 => "i16",
            DType::U16 => "u16",
            DType::I32 => "i32",
            DType::U32 => "u32",
            DType::I64 => "i64",
            DType::U64 => "u64",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::F32 => "f32",
        }
    }

    /// Looks up a dtype by its MSL name or its short name.
    pub fn parse(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.msl() == name || d.short() == name)
    }

    /// Size of one element in bytes.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 | DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 => 8,
        }
    }

    /// Width in bits; 1 for `bool`.
    pub const fn bits(self) -> u32 {
        match self {
            DType::Bool => 1,
            _ => self.size() as u32 * 8,
        }
    }

    /// True for `half`, `bfloat` and `float`.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F16 | DType::BF16 | DType::F32)
    }

    /// True for the eight integer types; `bool` is none of them.
    pub const fn is_integer(self) -> bool {
        !self.is_float() && !matches!(self, DType::Bool)
    }

    /// True for the four signed integer types.
    pub const fn is_signed_integer(self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64)
    }

    /// Smallest and largest value of an integer type (or of `bool`); `None` for floats.
    pub const fn integer_range(self) -> Option<(i128, i128)> {
        if self.is_float() {
            return None;
        }
        let bits = self.bits();
        if self.is_signed_integer() {
            return Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1));
        }
        Some((0, (1 << bits) - 1))
    }

    /// Brings an integer into this type's range the way the hardware does: modulo its width.
    pub const fn wrap(self, value: i128) -> i128 {
        let bits = self.bits();
        let low = value & ((1 << bits) - 1);
        if self.is_signed_integer() && low >> (bits - 1) != 0 {
            return low - (1 << bits);
        }
        low
    }

    /// The type that `int`-like operands of an arithmetic operator are brought to (C++ integral promotion).
    pub const fn promoted(self) -> DType {
        match self {
            DType::Bool | DType::I8 | DType::U8 | DType::I16 | DType::U16 => DType::I32,
            other => other,
        }
    }

    /// The unsigned integer type of the same width; floats have none.
    pub const fn unsigned(self) -> Option<DType> {
        match self {
            DType::I8 | DType::U8 => Some(DType::U8),
            DType::I16 | DType::U16 => Some(DType::U16),
            DType::I32 | DType::U32 => Some(DType::U32),
            DType::I64 | DType::U64 => Some(DType::U64),
            DType::Bool | DType::F16 | DType::BF16 | DType::F32 => None,
        }
    }

    /// The common type of two operands under the usual arithmetic conversions, without promotion of
    /// a type that both already share.
    pub fn common(self, other: DType) -> DType {
        if self == other {
            return self;
        }
        match (self.is_float(), other.is_float()) {
            (true, true) => return DType::F32,
            (true, false) => return self,
            (false, true) => return other,
            (false, false) => {}
        }
        let (a, b) = (self.promoted(), other.promoted());
        let wider = if b.bits() > a.bits() { b } else { a };
        if a.bits() == b.bits() && a != b {
            return if a.is_signed_integer() { b } else { a };
        }
        wider
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.msl())
    }
}

/// The type of an SSA value.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// One number per thread.
    Scalar(DType),
    /// Two, three or four numbers per thread.
    Vector(DType, u8),
    /// A matrix of two to four columns and rows per thread: element type, columns, rows.
    Matrix(DType, u8, u8),
    /// An 8x8 matrix distributed over the lanes of a simdgroup.
    SimdgroupMatrix(DType),
    /// An asynchronous copy in flight; see the crate's front page.
    Event,
    /// What an operation yields whose operands were refused: it silences everything that follows from it.
    Invalid,
}

impl Type {
    /// The element type of a scalar, vector or matrix.
    pub const fn dtype(self) -> Option<DType> {
        match self {
            Type::Scalar(d) | Type::Vector(d, _) | Type::Matrix(d, ..) | Type::SimdgroupMatrix(d) => Some(d),
            Type::Event | Type::Invalid => None,
        }
    }

    /// The element type when this is a scalar.
    pub const fn scalar(self) -> Option<DType> {
        match self {
            Type::Scalar(d) => Some(d),
            _ => None,
        }
    }

    /// Numbers per thread: 1 for scalars, the width for vectors, 0 for all else.
    pub const fn width(self) -> usize {
        match self {
            Type::Scalar(_) => 1,
            Type::Vector(_, n) => n as usize,
            _ => 0,
        }
    }

    /// Numbers per thread, of a matrix too; 0 for what is none of a thread's own.
    pub const fn components(self) -> usize {
        match self {
            Type::Matrix(_, cols, rows) => cols as usize * rows as usize,
            other => other.width(),
        }
    }

    /// The same shape over another element type; scalars stay scalars, vectors vectors, matrices matrices.
    pub const fn with_dtype(self, dtype: DType) -> Type {
        match self {
            Type::Scalar(_) => Type::Scalar(dtype),
            Type::Vector(_, n) => Type::Vector(dtype, n),
            Type::Matrix(_, cols, rows) => Type::Matrix(dtype, cols, rows),
            Type::SimdgroupMatrix(_) => Type::SimdgroupMatrix(dtype),
            other => other,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Scalar(d) => write!(f, "{d}"),
            Type::Vector(d, n) => write!(f, "{d}{n}"),
            Type::Matrix(d, cols, rows) => write!(f, "{d}{cols}x{rows}"),
            Type::SimdgroupMatrix(d) => write!(f, "simdgroup_{d}8x8"),
            Type::Event => f.write_str("event"),
            Type::Invalid => f.write_str("<refused>"),
        }
    }
}

/// A number written in the source, before it has a type.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Literal {
    /// `True` or `False`.
    Bool(bool),
    /// An integer, wide enough for every integer type.
    Int(i128),
    /// A floating-point number.
    Float(f64),
}

impl Literal {
    /// The type a literal has when nothing else decides it: `uint` for a non-negative integer, `int`
    /// for a negative one, `float` for a float. A number too wide for 32 bits takes the 64-bit type.
    pub fn default_dtype(self) -> DType {
        match self {
            Literal::Bool(_) => DType::Bool,
            Literal::Float(_) => DType::F32,
            Literal::Int(v) if v < i32::MIN as i128 => DType::I64,
            Literal::Int(v) if v < 0 => DType::I32,
            Literal::Int(v) if v <= u32::MAX as i128 => DType::U32,
            Literal::Int(_) => DType::U64,
        }
    }

    /// The literal as a constant of `dtype`, or `None` when it does not fit: an integer out of range,
    /// a float for an integer type, a finite float that would become infinite.
    pub fn fit(self, dtype: DType) -> Option<Literal> {
        match (self, dtype) {
            (Literal::Bool(b), DType::Bool) => Some(Literal::Bool(b)),
            (Literal::Bool(b), d) if d.is_float() => Some(Literal::Float(f64::from(u8::from(b)))),
            (Literal::Bool(b), _) => Some(Literal::Int(i128::from(b))),
            (Literal::Int(v), DType::Bool) => match v {
                0 => Some(Literal::Bool(false)),
                1 => Some(Literal::Bool(true)),
                _ => None,
            },
            (Literal::Int(v), d) if d.is_float() => Literal::Float(v as f64).fit(d),
            (Literal::Int(v), d) => {
                let (lo, hi) = d.integer_range()?;
                (lo <= v && v <= hi).then_some(self)
            }
            (Literal::Float(v), d) if d.is_float() => {
                let limit = match d {
                    DType::F16 => 65520.0,
                    _ => f64::from(f32::MAX) * (1.0 + f64::EPSILON),
                };
                (!v.is_finite() || v.abs() < limit).then_some(self)
            }
            (Literal::Float(_), _) => None,
        }
    }

    /// The value as an integer, when it is one.
    pub fn as_int(self) -> Option<i128> {
        match self {
            Literal::Bool(b) => Some(i128::from(b)),
            Literal::Int(v) => Some(v),
            Literal::Float(_) => None,
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Bool(b) => write!(f, "{b}"),
            Literal::Int(v) => write!(f, "{v}"),
            Literal::Float(v) => write!(f, "{v:?}"),
        }
    }
}
