//! Elementwise operations: what each does to one element.

use std::marker::PhantomData;

use enigma_ir::round_to_odd;

use super::{Binary, Ternary, Unary};
use crate::lane::Float;
use crate::math;

macro_rules! unary {
    ($( $name:ident: $($a:ty),* => |$x:ident| $body:expr; )*) => { $($(
        impl Unary<$a, $a> for $name {
            #[inline(always)]
            fn apply($x: $a) -> $a {
                $body
            }
        }
    )*)* };
}

macro_rules! binary {
    ($( $name:ident: $($a:ty),* => |$x:ident, $y:ident| $body:expr; )*) => { $($(
        impl Binary<$a, $a> for $name {
            #[inline(always)]
            fn apply($x: $a, $y: $a) -> $a {
                $body
            }
        }
    )*)* };
}

macro_rules! comparisons {
    ($( $name:ident $operator:tt; )*) => { $(
        pub struct $name;

        impl<A: PartialOrd> Binary<A, bool> for $name {
            #[inline(always)]
            fn apply(x: A, y: A) -> bool {
                x $operator y
            }
        }
    )* };
}

macro_rules! float_functions {
    (unary { $($u:ident $uf:path;)* } binary { $($b:ident $bf:path;)* } ternary { $($t:ident $tf:path;)* }) => {
        $(
            pub struct $u;

            impl Unary<f32, f32> for $u {
                #[inline(always)]
                fn apply(x: f32) -> f32 {
                    $uf(x)
                }
            }
        )*
        $(
            pub struct $b;

            impl Binary<f32, f32> for $b {
                #[inline(always)]
                fn apply(x: f32, y: f32) -> f32 {
                    $bf(x, y)
                }
            }
        )*
        $(
            pub struct $t;

            impl Ternary<f32, f32, f32> for $t {
                #[inline(always)]
                fn apply(x: f32, y: f32, z: f32) -> f32 {
                    $tf(x, y, z)
                }
            }
        )*
    };
}

pub struct Neg;
pub struct Abs;
pub struct Not;
pub struct Add;
pub struct Sub;
pub struct Mul;
pub struct Div;
pub struct FloorDiv;
pub struct Rem;
pub struct Shl;
pub struct Shr;
pub struct And;
pub struct Or;
pub struct Xor;

unary! {
    Neg: u8, u16, u32, u64 => |x| x.wrapping_neg();
    Neg: f32 => |x| -x;
    Abs: i8, i16, i32, i64 => |x| x.wrapping_abs();
    Abs: f32 => |x| x.abs();
    Not: bool, u8, u16, u32, u64 => |x| !x;
}

// What is the same for both kinds of integers is defined for the unsigned ones. A division by zero gives 0, and its remainder is 0.
binary! {
    Add: u8, u16, u32, u64 => |x, y| x.wrapping_add(y);
    Add: f32 => |x, y| x + y;
    Sub: u8, u16, u32, u64 => |x, y| x.wrapping_sub(y);
    Sub: f32 => |x, y| x - y;
    Mul: u8, u16, u32, u64 => |x, y| x.wrapping_mul(y);
    Mul: f32 => |x, y| x * y;
    Div: i8, u8, i16, u16, i32, u32, i64, u64 => |x, y| if y == 0 { 0 } else { x.wrapping_div(y) };
    Div: f32 => |x, y| x / y;
    FloorDiv: u8, u16, u32, u64 => |x, y| x.checked_div(y).unwrap_or(0);
    FloorDiv: i8, i16, i32, i64 => |x, y| {
        if y == 0 {
            return 0;
        }
        let rest = x.wrapping_rem(y);
        let down = rest != 0 && (rest < 0) != (y < 0);
        x.wrapping_div(y).wrapping_sub(down.into())
    };
    Rem: i8, u8, i16, u16, i32, u32, i64, u64 => |x, y| if y == 0 { 0 } else { x.wrapping_rem(y) };
    Rem: f32 => |x, y| math::fmod(x, y);
    Shl: u8, u16, u32, u64 => |x, y| x.wrapping_shl(y as u32);
    Shr: i8, u8, i16, u16, i32, u32, i64, u64 => |x, y| x.wrapping_shr(y as u32);
    And: bool, u8, u16, u32, u64 => |x, y| x & y;
    Or: bool, u8, u16, u32, u64 => |x, y| x | y;
    Xor: bool, u8, u16, u32, u64 => |x, y| x ^ y;
}

comparisons! {
    Eq ==;
    Ne !=;
    Lt <;
    Le <=;
    Gt >;
    Ge >=;
}

float_functions! {
    unary {
    Sqrt math::sqrt;
    Rsqrt math::rsqrt;
    Ceil math::ceil;
    Floor math::floor;
    Round math::round;
    Trunc math::trunc;
    Sign math::sign;
    Saturate math::saturate;
    Exp math::exp;
    Exp2 math::exp2;
    Log math::log;
    Log2 math::log2;
    Log10 math::log10;
    Asin math::asin;
    Acos math::acos;
    Atan math::atan;
    Sinh math::sinh;
    Cosh math::cosh;
    Tanh math::tanh;
    }
    binary {
    Fmin math::fmin;
    Fmax math::fmax;
    Pow math::pow;
    Atan2 math::atan2;
    CopySign math::copysign;
    Step math::step;
    }
    ternary {
    Clamp math::clamp;
    Fma math::fma;
    FmaToOdd math::fma_to_odd;
    Mix math::mix;
    SmoothStep math::smoothstep;
    }
}

/// Functions of angles, of which those of far ones are rare, and take their time.
macro_rules! angle_functions {
    ($( $name:ident $near:path, $far:path; )*) => { $(
        pub struct $name;

        impl Unary<f32, f32> for $name {
            #[inline(always)]
            fn apply(x: f32) -> f32 {
                $near(x)
            }

            #[inline(always)]
            fn is_rare(x: f32) -> bool {
                math::is_far(x)
            }

            fn apply_rare(x: f32) -> f32 {
                $far(x)
            }
        }
    )* };
}

angle_functions! {
    Sin math::sin, math::sin_far;
    Cos math::cos, math::cos_far;
    Tan math::tan, math::tan_far;
}

/// `fract` in the type `T`.
pub struct Fract<T>(PhantomData<T>);

impl<T: Float> Unary<f32, f32> for Fract<T> {
    #[inline(always)]
    fn apply(x: f32) -> f32 {
        math::fract::<T>(x)
    }
}

/// `//` in the float type `T`.
pub struct FloatFloorDiv<T>(PhantomData<T>);

impl<T: Float> Binary<f32, f32> for FloatFloorDiv<T> {
    #[inline(always)]
    fn apply(x: f32, y: f32) -> f32 {
        math::floor_div::<T>(x, y)
    }
}

/// `isnormal` in the type `T`.
pub struct IsNormal<T>(PhantomData<T>);

impl<T: Float> Unary<f32, bool> for IsNormal<T> {
    #[inline(always)]
    fn apply(x: f32) -> bool {
        x.abs() >= T::MIN_NORMAL && x.is_finite()
    }
}

macro_rules! float_tests {
    ($( $name:ident $method:ident; )*) => { $(
        pub struct $name;

        impl Unary<f32, bool> for $name {
            #[inline(always)]
            fn apply(x: f32) -> bool {
                x.$method()
            }
        }
    )* };
}

float_tests! {
    IsNan is_nan;
    IsInf is_infinite;
    IsFinite is_finite;
    SignBit is_sign_negative;
}

/// The second where the third holds, else the first.
pub struct Select;

impl<A> Ternary<A, bool, A> for Select {
    #[inline(always)]
    fn apply(on_false: A, on_true: A, condition: bool) -> A {
        if condition { on_true } else { on_false }
    }
}

/// The C++ static cast; floats saturate.
pub struct Cast;

/// A cast to a float narrower than `f32`, for which integers are rounded to odd first.
pub struct CastToOdd;

macro_rules! casts {
    ($($a:ty),* => $all:tt) => { $( casts!(@from $a => $all); )* };
    (@from $a:ty => [$($r:ty),*]) => { $(
        impl Unary<$a, $r> for Cast {
            #[inline(always)]
            fn apply(x: $a) -> $r {
                x as $r
            }
        }
    )* };
}

macro_rules! casts_and_bool {
    ($($a:ty)*) => { $(
        impl Unary<$a, bool> for Cast {
            #[inline(always)]
            fn apply(x: $a) -> bool {
                x != <$a>::default()
            }
        }

        impl Unary<bool, $a> for Cast {
            #[inline(always)]
            fn apply(x: bool) -> $a {
                u8::from(x) as $a
            }
        }
    )* };
}

casts!(i8, u8, i16, u16, i32, u32, i64, u64 => [u8, u16, u32, u64, f32]);
casts!(f32 => [i8, u8, i16, u16, i32, u32, i64, u64, f32]);
casts_and_bool!(u8 u16 u32 u64 f32);

impl Unary<bool, bool> for Cast {
    #[inline(always)]
    fn apply(x: bool) -> bool {
        x
    }
}

macro_rules! casts_to_odd {
    ($($a:ty)*) => { $(
        impl Unary<$a, f32> for CastToOdd {
            #[inline(always)]
            fn apply(x: $a) -> f32 {
                // What an f64 cannot hold is below its last bit, and only its presence matters.
                let nearest = x as f64;
                round_to_odd(nearest, (i128::from(x) - nearest as i128) as f64)
            }
        }
    )* };
}

casts_to_odd!(i8 u8 i16 u16 i32 u32 i64 u64);
