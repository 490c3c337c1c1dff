//! What can stand where the kernel language wants a value: values of the kernel, and Rust's numbers.

use enigma_ir::{Literal, ValueId};
use half::{bf16, f16};

use crate::element::{Element, Integer, ValueType, Vector};
use crate::trace::Handle;
use crate::value::Val;

/// What was given for an operand.
#[doc(hidden)]
#[derive(Copy, Clone, Debug)]
pub enum Given {
    /// Nothing: the default.
    Missing,
    /// A number in the source.
    Literal(Literal),
    /// A value of a kernel.
    Value(Handle<ValueId>),
}

/// What can stand where a value of type `T` is wanted: a [`Val<T>`](Val), a number of that type (for `f16` and `bf16`
/// also an `f32`, so that literals work), and for a vector also one component, which then stands in every place.
///
/// Two traced values of different types do not mix; convert one with [`cast`](Val::cast).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand where a value of type `{T}` is wanted",
    label = "not a `{T}`",
    note = "values of two types do not mix: convert one, as in `x.cast::<f32>()`",
    note = "a number in the source has the other operand's type: `x * 2.0` for a float `x`, `i * 2` for an integer `i`"
)]
pub trait Operand<T: ValueType>: Copy {
    #[doc(hidden)]
    fn given(self) -> Given;
}

impl<T: ValueType> Operand<T> for Val<T> {
    fn given(self) -> Given {
        Given::Value(self.handle)
    }
}

impl<T: Element, const N: usize> Operand<Vector<T, N>> for Val<T> {
    fn given(self) -> Given {
        Given::Value(self.handle)
    }
}

impl<T: Element> Operand<T> for T {
    fn given(self) -> Given {
        Given::Literal(self.literal())
    }
}

impl<T: Element, const N: usize> Operand<Vector<T, N>> for T {
    fn given(self) -> Given {
        Given::Literal(self.literal())
    }
}

/// What can stand where an index, an offset or an extent is wanted: a value of any integer type, or an integer.
/// All count elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no index",
    label = "not an integer",
    note = "indices, offsets and extents are integers: a `Val` of any integer type, or a Rust integer"
)]
pub trait Index: Copy {
    #[doc(hidden)]
    fn given(self) -> Given;
}

impl<T: Element + Integer> Index for Val<T> {
    fn given(self) -> Given {
        Given::Value(self.handle)
    }
}

macro_rules! literals {
    ($( $half:ident )*; $( $index:ident )*) => {
        $( impl Operand<$half> for f32 {
            fn given(self) -> Given {
                Given::Literal(Literal::Float(self.into()))
            }
        } )*
        $( impl Index for $index {
            fn given(self) -> Given {
                Given::Literal(Literal::Int(self as i128))
            }
        } )*
    };
}

literals! { f16 bf16; i32 u32 i64 u64 usize }

impl From<Handle<ValueId>> for Given {
    fn from(handle: Handle<ValueId>) -> Self {
        Given::Value(handle)
    }
}

impl Given {
    /// The integer 0.
    pub(crate) const ZERO: Given = Given::Literal(Literal::Int(0));
    /// The integer 1.
    pub(crate) const ONE: Given = Given::Literal(Literal::Int(1));
}
