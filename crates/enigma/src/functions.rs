//! Functions of values, and where a thread stands: made from the rows of the operation table.
//!
//! What a function does stands in its row, and so do its name and its documentation; how it looks in Rust follows from
//! the row's signature, here. The functions of one value are methods too: `x.sqrt()` is `sqrt(x)`. All panic outside
//! a kernel.

use enigma_ir::{Arg, Opcode};

use crate::element::{Element, Float, FloatVector, Integer, Number, Vec2, Vec3, Vec4};
use crate::operand::{Index, Operand};
use crate::trace;
use crate::value::{Val, call};

/// `name(x, further operands) -> result`, as a function and as a method of `x`; `[order]` is the order of the row.
macro_rules! function {
    ($code:ident $name:ident $doc:literal $class:ident ($first:ident $(, $operand:ident)*) -> $result:ty, [$($order:ident)*]) => {
        impl<T: $class> Val<T> {
            #[doc = $doc]
            #[track_caller]
            pub fn $name(self $(, $operand: impl Operand<T>)*) -> Val<$result> {
                $name(self $(, $operand)*)
            }
        }

        #[doc = $doc]
        #[track_caller]
        pub fn $name<T: $class>($first: Val<T> $(, $operand: impl Operand<T>)*) -> Val<$result> {
            call(Opcode::$code, [$(Operand::<T>::given($order)),*])
        }
    };
}

/// As [`function!`], where operands and result have types of their own. The type variables stand in brackets.
macro_rules! typed_function {
    (
        $code:ident $name:ident $doc:literal
        [$($variables:tt)*] ($first:ident: $value:ty $(, $operand:ident: $kind:ty)*) -> $result:ty, [$($given:expr),*]
    ) => {
        impl<$($variables)*> Val<$value> {
            #[doc = $doc]
            #[track_caller]
            pub fn $name(self $(, $operand: $kind)*) -> Val<$result> {
                $name(self $(, $operand)*)
            }
        }

        #[doc = $doc]
        #[track_caller]
        pub fn $name<$($variables)*>($first: Val<$value> $(, $operand: $kind)*) -> Val<$result> {
            call(Opcode::$code, [$($given),*])
        }
    };
}

/// What a signature of the table looks like in Rust. Rows of other signatures have functions of their own.
macro_rules! signature {
    (FLOAT1 $($row:tt)*) => { function! { $($row)* Float (x) -> T, [x] } };
    (NUMBER1 $($row:tt)*) => { function! { $($row)* Number (x) -> T, [x] } };
    (FLOAT_TEST $($row:tt)*) => { function! { $($row)* Float (x) -> T::With<bool>, [x] } };
    (FLOAT2 $($row:tt)*) => { function! { $($row)* Float (x, y) -> T, [x y] } };
    (STEP $($row:tt)*) => { function! { $($row)* Float (x, edge) -> T, [edge x] } };
    (CLAMP $($row:tt)*) => { function! { $($row)* Float (x, lo, hi) -> T, [x lo hi] } };
    (FMA $($row:tt)*) => { function! { $($row)* Float (a, b, c) -> T, [a b c] } };
    (MIX $($row:tt)*) => { function! { $($row)* Float (a, b, t) -> T, [a b t] } };
    (SMOOTHSTEP $($row:tt)*) => { function! { $($row)* Float (x, e0, e1) -> T, [e0 e1 x] } };
    (INTEGER1 $($row:tt)*) => { function! { $($row)* Integer (x) -> T, [x] } };
    (INTEGER2 $($row:tt)*) => { function! { $($row)* Integer (x, y) -> T, [x y] } };
    (INTEGER_CLAMP $($row:tt)*) => { function! { $($row)* Integer (x, lo, hi) -> T, [x lo hi] } };
    (INTEGER_MAD $($row:tt)*) => { function! { $($row)* Integer (a, b, c) -> T, [a b c] } };
    (DIFFERENCE $($row:tt)*) => { function! { $($row)* Integer (x, y) -> T::With<T::Unsigned>, [x y] } };
    (ROTATE $($row:tt)*) => { function! { $($row)* Integer (x, count) -> T, [x count] } };
    (EXTRACT_BITS $($row:tt)*) => { typed_function! { $($row)*
        [T: Integer] (v: T, offset: impl Index, bits: impl Index) -> T, [v.into(), offset.given(), bits.given()]
    } };
    (INSERT_BITS $($row:tt)*) => { typed_function! { $($row)*
        [T: Integer] (base: T, insert: impl Operand<T>, offset: impl Index, bits: impl Index) -> T,
        [base.into(), insert.given(), offset.given(), bits.given()]
    } };
    (MEASURE1 $($row:tt)*) => { function! { $($row)* FloatVector (v) -> T::Element, [v] } };
    (MEASURE2 $($row:tt)*) => { function! { $($row)* FloatVector (x, y) -> T::Element, [x y] } };
    (NORMALIZE $($row:tt)*) => { function! { $($row)* FloatVector (v) -> T, [v] } };
    (REFLECT $($row:tt)*) => { function! { $($row)* FloatVector (i, n) -> T, [i n] } };
    (FACEFORWARD $($row:tt)*) => { function! { $($row)* FloatVector (n, i, nref) -> T, [n i nref] } };
    (REFRACT $($row:tt)*) => { typed_function! { $($row)*
        [T: FloatVector] (i: T, n: impl Operand<T>, eta: impl Operand<T::Element>) -> T,
        [i.into(), n.given(), eta.given()]
    } };
    (CROSS $($row:tt)*) => { typed_function! { $($row)*
        [T: Element + Float] (x: Vec3<T>, y: impl Operand<Vec3<T>>) -> Vec3<T>, [x.into(), y.given()]
    } };
    (PACK2 $($row:tt)*) => { typed_function! { $($row)* [] (v: Vec2<f32>) -> u32, [v.into()] } };
    (PACK4 $($row:tt)*) => { typed_function! { $($row)* [] (v: Vec4<f32>) -> u32, [v.into()] } };
    (UNPACK2 $($row:tt)*) => { typed_function! { $($row)* [] (x: u32) -> Vec2<f32>, [x.into()] } };
    (UNPACK4 $($row:tt)*) => { typed_function! { $($row)* [] (x: u32) -> Vec4<f32>, [x.into()] } };
    (SHUFFLE $($row:tt)*) => { typed_function! { $($row)*
        [T: Number] (v: T, lane: impl Index) -> T, [v.into(), lane.given()]
    } };
    (SHUFFLE_BY $($row:tt)*) => { typed_function! { $($row)*
        [T: Number] (v: T, delta: impl Index) -> T, [v.into(), delta.given()]
    } };
    (SHUFFLE_XOR $($row:tt)*) => { typed_function! { $($row)*
        [T: Number] (v: T, mask: impl Index) -> T, [v.into(), mask.given()]
    } };
    (REDUCE $($row:tt)*) => { function! { $($row)* Number (x) -> T, [x] } };
    (REDUCE_BITS $($row:tt)*) => { function! { $($row)* Integer (x) -> T, [x] } };
    (INDEX_OF $code:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        #[track_caller]
        pub fn $name() -> Val<u32> {
            call(Opcode::$code, [])
        }
    };
    ($($other:tt)*) => {};
}

macro_rules! functions {
    ($( $group:ident { $( $code:ident $name:ident $signature:ident $uniformity:ident $msl:literal $doc:literal; )* } )*) => {
        $($( signature! { $signature $code $name $doc } )*)*
    };
}

enigma_ir::operation_rows!(functions);

macro_rules! position {
    (POSITION $code:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        #[track_caller]
        pub fn $name() -> Val<u32> {
            super::position(Opcode::$code, DIM)
        }
    };
    ($($other:tt)*) => {};
}

macro_rules! positions {
    ($( $group:ident { $( $code:ident $name:ident $signature:ident $uniformity:ident $msl:literal $doc:literal; )* } )*) => {
        $($( position! { $signature $code $name $doc } )*)*
    };
}

macro_rules! dimensions {
    ($( $dim:ident $doc:literal; )*) => { $(
        #[doc = $doc]
        ///
        /// All panic outside a kernel.
        pub mod $dim {
            use enigma_ir::Opcode;

            use crate::value::Val;

            const DIM: &str = stringify!($dim);

            enigma_ir::operation_rows!(positions);
        }
    )* };
}

dimensions! {
    x "Positions and sizes in the first dimension; those that most kernels use, so the prelude has them without `x::` too.";
    y "Positions and sizes in the second dimension: `y::thread_position_in_grid()`.";
    z "Positions and sizes in the third dimension: `z::thread_position_in_grid()`.";
}

#[track_caller]
fn position(code: Opcode, dim: &str) -> Val<u32> {
    trace::with(|trace, span| trace.call(code, &[Arg::Name(dim.to_owned())], span))
}
