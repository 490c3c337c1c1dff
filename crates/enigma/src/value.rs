//! Values of the kernel: numbers that exist when it runs.

use std::fmt;
use std::marker::PhantomData;
use std::ops;

use enigma_ir::{Arg, Literal, Opcode, ValueId};
use half::{bf16, f16};

use crate::element::{Bits, Element, Integer, Number, ValueType, Vector};
use crate::operand::{Given, Operand};
use crate::trace::{self, Handle};

/// A number of type `T` that exists when the kernel runs, one for each thread.
///
/// Values are `Copy` and take the usual operators, with values and with literals on either side: `2.0 * x + y`. Two
/// values of different types do not mix; convert one with [`cast`](Val::cast). Comparisons are methods
/// ([`lt`](Val::lt), [`eq`](Val::eq) …) because Rust's own must give a `bool` at once; `if` on a traced
/// condition is [`if_`](crate::if_) or [`select`](Val::select).
///
/// As a parameter of a kernel, `Val<T>` is a number that is passed at launch.
pub struct Val<T> {
    pub(crate) handle: Handle<ValueId>,
    ty: PhantomData<fn() -> T>,
}

impl<T> Val<T> {
    pub(crate) fn new(handle: Handle<ValueId>) -> Self {
        Val { handle, ty: PhantomData }
    }
}

impl<T> Copy for Val<T> {}

impl<T> Clone for Val<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> From<Val<T>> for Given {
    fn from(value: Val<T>) -> Self {
        Given::Value(value.handle)
    }
}

impl<T> fmt::Debug for Val<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.handle.id)
    }
}

/// Performs an operation that takes values and gives one.
#[track_caller]
pub(crate) fn call<R: ValueType, const N: usize>(code: Opcode, operands: [Given; N]) -> Val<R> {
    trace::with(|trace, span| {
        let args = operands.map(|operand| trace.given(operand, span));
        trace.call(code, &args, span)
    })
}

/// A number written in the source, as a value of the kernel: what a loop starts to carry, or the first operand of
/// a function.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn val<T: Element>(number: T) -> Val<T> {
    trace::with(|trace, span| {
        let id = trace.builder.constant(number.literal(), T::DTYPE, span);
        Val::new(trace.handle(id))
    })
}

/// `if_true` where `condition` holds, else `if_false`; both are computed.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn select<T: ValueType>(condition: Val<bool>, if_true: Val<T>, if_false: impl Operand<T>) -> Val<T> {
    call(Opcode::Select, [if_false.given(), if_true.into(), condition.into()])
}

impl Val<bool> {
    /// `if_true` where this condition holds, else `if_false`; both are computed.
    #[track_caller]
    pub fn select<T: ValueType>(self, if_true: Val<T>, if_false: impl Operand<T>) -> Val<T> {
        select(self, if_true, if_false)
    }
}

impl<T: ValueType> Val<T> {
    /// Converts as C++'s `static_cast` does: integers wrap, floats truncate, and a float that does not fit an integer
    /// saturates (NaN becomes 0). A vector stays a vector.
    #[track_caller]
    pub fn cast<U: Element>(self) -> Val<T::With<U>> {
        trace::with(|trace, span| {
            let args = [trace.arg(self.handle, span), Arg::DType(U::DTYPE)];
            trace.call(Opcode::Cast, &args, span)
        })
    }

    /// The same bits as another type of the same width; another width is refused when the kernel is compiled. A vector
    /// stays a vector.
    #[track_caller]
    pub fn as_type<U: Element>(self) -> Val<T::With<U>> {
        trace::with(|trace, span| {
            let args = [trace.arg(self.handle, span), Arg::DType(U::DTYPE)];
            trace.call(Opcode::AsType, &args, span)
        })
    }
}

macro_rules! comparisons {
    ($( $(#[$doc:meta])* $name:ident $code:ident $class:ident; )*) => { $(
        impl<T: $class> Val<T> {
            $(#[$doc])*
            #[track_caller]
            pub fn $name(self, other: impl Operand<T>) -> Val<T::With<bool>> {
                call(Opcode::$code, [self.into(), other.given()])
            }
        }
    )* };
}

comparisons! {
    /// True where both are equal.
    eq CmpEq ValueType;
    /// True where both differ; true for NaN.
    ne CmpNe ValueType;
    /// True where this is less.
    lt CmpLt ValueType;
    /// True where this is less or equal.
    le CmpLe ValueType;
    /// True where this is greater.
    gt CmpGt ValueType;
    /// True where this is greater or equal.
    ge CmpGe ValueType;
    /// True where this is less, both taken as unsigned.
    unsigned_lt CmpUlt Integer;
    /// True where this is less or equal, both taken as unsigned.
    unsigned_le CmpUle Integer;
    /// True where this is greater, both taken as unsigned.
    unsigned_gt CmpUgt Integer;
    /// True where this is greater or equal, both taken as unsigned.
    unsigned_ge CmpUge Integer;
}

impl<T: Number> Val<T> {
    /// Quotient rounded down, for integers and floats.
    #[track_caller]
    pub fn floordiv(self, divisor: impl Operand<T>) -> Val<T> {
        call(Opcode::FloorDiv, [self.into(), divisor.given()])
    }
}

/// The operators with a number on the left: Rust wants an implementation for each number type.
macro_rules! number_first {
    ($operator:ident $method:ident $code:ident: $($element:ident)*) => { $(
        impl ops::$operator<Val<$element>> for $element {
            type Output = Val<$element>;

            #[track_caller]
            fn $method(self, value: Val<$element>) -> Val<$element> {
                call(Opcode::$code, [Given::Literal(self.literal()), value.into()])
            }
        }

        impl<const N: usize> ops::$operator<Val<Vector<$element, N>>> for $element {
            type Output = Val<Vector<$element, N>>;

            #[track_caller]
            fn $method(self, value: Val<Vector<$element, N>>) -> Val<Vector<$element, N>> {
                call(Opcode::$code, [Given::Literal(self.literal()), value.into()])
            }
        }
    )* };
}

macro_rules! binary_operators {
    ($( $operator:ident $method:ident $assign:ident $assign_method:ident $code:ident $class:ident; )*) => { $(
        impl<T: $class, O: Operand<T>> ops::$operator<O> for Val<T> {
            type Output = Val<T>;

            #[track_caller]
            fn $method(self, other: O) -> Val<T> {
                call(Opcode::$code, [self.into(), other.given()])
            }
        }

        impl<T: $class, O: Operand<T>> ops::$assign<O> for Val<T> {
            #[track_caller]
            fn $assign_method(&mut self, other: O) {
                *self = call(Opcode::$code, [(*self).into(), other.given()]);
            }
        }

        binary_operators! { @$class $operator $method $code }
    )* };
    (@Number $($row:ident)*) => { number_first! { $($row)*: i8 u8 i16 u16 i32 u32 i64 u64 f16 bf16 f32 } };
    (@Integer $($row:ident)*) => { number_first! { $($row)*: i8 u8 i16 u16 i32 u32 i64 u64 } };
    (@Bits $($row:ident)*) => { number_first! { $($row)*: bool i8 u8 i16 u16 i32 u32 i64 u64 } };
}

binary_operators! {
    Add add AddAssign add_assign Add Number;
    Sub sub SubAssign sub_assign Sub Number;
    Mul mul MulAssign mul_assign Mul Number;
    Div div DivAssign div_assign Div Number;
    Rem rem RemAssign rem_assign Rem Number;
    Shl shl ShlAssign shl_assign Shl Integer;
    Shr shr ShrAssign shr_assign Shr Integer;
    BitAnd bitand BitAndAssign bitand_assign And Bits;
    BitOr bitor BitOrAssign bitor_assign Or Bits;
    BitXor bitxor BitXorAssign bitxor_assign Xor Bits;
}

macro_rules! unary_operators {
    ($( $operator:ident $method:ident $class:ident; )*) => { $(
        impl<T: $class> ops::$operator for Val<T> {
            type Output = Val<T>;

            #[track_caller]
            fn $method(self) -> Val<T> {
                call(Opcode::$operator, [self.into()])
            }
        }
    )* };
}

unary_operators! {
    Neg neg Number;
    Not not Bits;
}

/// Makes a vector of its components: `make_vec([x, y, z])`.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn make_vec<T: Element, const N: usize>(components: [Val<T>; N]) -> Val<Vector<T, N>> {
    call(Opcode::MakeVec, components.map(Given::from))
}

macro_rules! components {
    ($( $width:literal: $($name:ident $lane:literal $doc:literal),*; )*) => { $(
        impl<T: Element> Val<Vector<T, $width>> { $(
            #[doc = $doc]
            #[track_caller]
            pub fn $name(self) -> Val<T> {
                vec_extract(self, $lane)
            }
        )* }
    )* };
}

components! {
    2: x 0 "The first component.", y 1 "The second component.";
    3: x 0 "The first component.", y 1 "The second component.", z 2 "The third component.";
    4: x 0 "The first component.", y 1 "The second component.", z 2 "The third component.", w 3 "The fourth component.";
}

/// Component `lane` of a vector, counted from 0. A lane that the vector does not have is refused when the kernel is
/// compiled.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn vec_extract<T: Element, const N: usize>(vector: Val<Vector<T, N>>, lane: u8) -> Val<T> {
    trace::with(|trace, span| {
        let args = [trace.arg(vector.handle, span), Literal::Int(lane.into()).into()];
        trace.call(Opcode::VecExtract, &args, span)
    })
}
