//! The types that values have: the twelve element types, and vectors of them.

use std::marker::PhantomData;

use enigma_ir::{Literal, Type};
use half::{bf16, f16};

mod sealed {
    pub trait Sealed {}
}

/// A type that a [`Val`](crate::Val) can have: an [`Element`], or a [`Vector`] of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of the kernel language",
    note = "the types are bool, i8 to i64, u8 to u64, f16, bf16, f32 and vectors of them, as `Vec4<f32>`"
)]
pub trait ValueType: Copy + 'static + sealed::Sealed {
    /// The type in the kernel.
    const TYPE: Type;
    /// The type of one component.
    type Element: Element;
    /// The same shape with components of another type.
    type With<U: Element>: ValueType;
}

/// An element type: what a buffer or a tile holds. Each is the Rust type of that name; `f16` and `bf16` are
/// those of the [`half`] crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element type of the kernel language",
    note = "the element types are bool, i8 to i64, u8 to u64, f16, bf16 and f32"
)]
pub trait Element: ValueType<Element = Self> + enigma_runtime::Element {
    /// The number, as a literal of the kernel language.
    fn literal(self) -> Literal;
}

/// Integers and floats, and vectors of them: what can be added.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    note = "arithmetic takes integers and floats, and vectors of them; `bool` has `&`, `|`, `^` and `!`"
)]
pub trait Number: ValueType {}

/// Floats, and vectors of them: what has a square root.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a float",
    note = "float functions take f32, f16 and bf16, and vectors of them: convert with `.cast::<f32>()`"
)]
pub trait Float: Number {}

/// Integers, and vectors of them: what can be shifted.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an integer")]
pub trait Integer: Number {
    /// The unsigned integer of the same width.
    type Unsigned: Element;
}

/// Integers and `bool`, and vectors of them: what has bits.
#[diagnostic::on_unimplemented(message = "`{Self}` has no bits to work on: it is neither an integer nor `bool`")]
pub trait Bits: ValueType {}

/// Vectors of floats: what has a length.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a vector of floats")]
pub trait FloatVector: Float {}

/// What a [`Mat`](crate::Mat) is made of: `f32` or `f16`.
#[diagnostic::on_unimplemented(message = "there are no matrices of `{Self}`, only of f32 and f16")]
pub trait MatElement: Element + Float {}

/// `N` components of type `T`: two, three or four.
pub struct Vector<T, const N: usize>(PhantomData<T>);

/// Two components.
pub type Vec2<T> = Vector<T, 2>;
/// Three components.
pub type Vec3<T> = Vector<T, 3>;
/// Four components.
pub type Vec4<T> = Vector<T, 4>;

impl<T, const N: usize> Copy for Vector<T, N> {}

impl<T, const N: usize> Clone for Vector<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Element, const N: usize> ValueType for Vector<T, N> {
    const TYPE: Type = {
        assert!(2 <= N && N <= 4, "a vector has two, three or four components");
        Type::Vector(T::DTYPE, N as u8)
    };
    type Element = T;
    type With<U: Element> = Vector<U, N>;
}

impl<T, const N: usize> sealed::Sealed for Vector<T, N> {}
impl<T: Element + Number, const N: usize> Number for Vector<T, N> {}
impl<T: Element + Float, const N: usize> Float for Vector<T, N> {}
impl<T: Element + Float, const N: usize> FloatVector for Vector<T, N> {}
impl<T: Element + Bits, const N: usize> Bits for Vector<T, N> {}

impl<T: Element + Integer, const N: usize> Integer for Vector<T, N> {
    type Unsigned = T::Unsigned;
}

impl MatElement for f32 {}
impl MatElement for f16 {}

macro_rules! elements {
    ($( $element:ident [$($class:ident)*] $literal:expr; )*) => { $(
        impl ValueType for $element {
            const TYPE: Type = Type::Scalar(<$element as enigma_runtime::Element>::DTYPE);
            type Element = $element;
            type With<U: Element> = U;
        }

        impl Element for $element {
            fn literal(self) -> Literal {
                let literal: fn($element) -> Literal = $literal;
                literal(self)
            }
        }

        impl sealed::Sealed for $element {}
        $( impl $class for $element {} )*
    )* };
}

elements! {
    bool [Bits] Literal::Bool;
    i8 [Number Bits] |v| Literal::Int(v.into());
    u8 [Number Bits] |v| Literal::Int(v.into());
    i16 [Number Bits] |v| Literal::Int(v.into());
    u16 [Number Bits] |v| Literal::Int(v.into());
    i32 [Number Bits] |v| Literal::Int(v.into());
    u32 [Number Bits] |v| Literal::Int(v.into());
    i64 [Number Bits] |v| Literal::Int(v.into());
    u64 [Number Bits] |v| Literal::Int(v.into());
    f16 [Number Float] |v| Literal::Float(v.into());
    bf16 [Number Float] |v| Literal::Float(v.into());
    f32 [Number Float] |v| Literal::Float(v.into());
}

macro_rules! integers {
    ($( $integer:ident $unsigned:ident; )*) => { $(
        impl Integer for $integer {
            type Unsigned = $unsigned;
        }
    )* };
}

integers! {
    i8 u8;
    u8 u8;
    i16 u16;
    u16 u16;
    i32 u32;
    u32 u32;
    i64 u64;
    u64 u64;
}
