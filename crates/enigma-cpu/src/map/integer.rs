//! Functions of integers and their bits: what each does to one element.

use super::{Binary, Ternary, Unary};

pub struct Min;
pub struct Max;
pub struct Clamp;
pub struct AbsDiff;
pub struct AddSat;
pub struct SubSat;
pub struct MulHi;
pub struct MadSat;
pub struct Rotate;
pub struct Popcount;
pub struct Clz;
pub struct Ctz;
pub struct ReverseBits;
pub struct ExtractBits;
pub struct Mask;
pub struct Merge;

/// What the sign makes a difference to. The second type is twice as wide and holds every `a * b + c` of the first.
macro_rules! signed_and_unsigned {
    ($($t:ident $double:ident)*) => { $(
        impl Binary<$t, $t> for Min {
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                x.min(y)
            }
        }

        impl Binary<$t, $t> for Max {
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                x.max(y)
            }
        }

        impl Ternary<$t, $t, $t> for Clamp {
            #[inline(always)]
            fn apply(x: $t, lo: $t, hi: $t) -> $t {
                x.max(lo).min(hi)
            }
        }

        impl Binary<$t, $t> for AbsDiff {
            /// The bits of the unsigned distance.
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                x.abs_diff(y) as $t
            }
        }

        impl Binary<$t, $t> for AddSat {
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                x.saturating_add(y)
            }
        }

        impl Binary<$t, $t> for SubSat {
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                x.saturating_sub(y)
            }
        }

        impl Binary<$t, $t> for MulHi {
            #[inline(always)]
            fn apply(x: $t, y: $t) -> $t {
                (($double::from(x) * $double::from(y)) >> $t::BITS) as $t
            }
        }

        impl Ternary<$t, $t, $t> for MadSat {
            #[inline(always)]
            fn apply(a: $t, b: $t, c: $t) -> $t {
                let exact = $double::from(a) * $double::from(b) + $double::from(c);
                exact.clamp($t::MIN.into(), $t::MAX.into()) as $t
            }
        }

        impl Ternary<$t, $t, $t> for ExtractBits {
            /// Of an offset and a number of bits from 0 to the width.
            #[inline(always)]
            fn apply(x: $t, offset: $t, bits: $t) -> $t {
                let (offset, width) = (offset as u32, $t::BITS);
                let bits = (bits as u32).min(width - offset);
                // Up to the top, which leaves out what is above, and down again, which repeats the sign.
                let raised = x.wrapping_shl(width - offset - bits);
                if bits == 0 { 0 } else { raised.wrapping_shr(width - bits) }
            }
        }
    )* };
}

signed_and_unsigned!(i8 i16 u8 u16 i16 i32 u16 u32 i32 i64 u32 u64 i64 i128 u64 u128);

/// What is the same for both kinds of integers.
macro_rules! unsigned {
    ($($t:ident)*) => { $(
        impl Binary<$t, $t> for Rotate {
            #[inline(always)]
            fn apply(x: $t, count: $t) -> $t {
                x.rotate_left(count as u32 % $t::BITS)
            }
        }

        impl Unary<$t, $t> for Popcount {
            #[inline(always)]
            fn apply(x: $t) -> $t {
                x.count_ones() as $t
            }
        }

        impl Unary<$t, $t> for Clz {
            #[inline(always)]
            fn apply(x: $t) -> $t {
                x.leading_zeros() as $t
            }
        }

        impl Unary<$t, $t> for Ctz {
            #[inline(always)]
            fn apply(x: $t) -> $t {
                x.trailing_zeros() as $t
            }
        }

        impl Unary<$t, $t> for ReverseBits {
            #[inline(always)]
            fn apply(x: $t) -> $t {
                x.reverse_bits()
            }
        }

        impl Binary<$t, $t> for Mask {
            /// Ones from bit `offset` on, `bits` of them as far as there is room, both from 0 to the width.
            #[inline(always)]
            fn apply(offset: $t, bits: $t) -> $t {
                let (offset, width) = (offset as u32, $t::BITS);
                let bits = (bits as u32).min(width - offset);
                let ones = $t::MAX.wrapping_shr(width - bits).wrapping_shl(offset);
                if bits == 0 { 0 } else { ones }
            }
        }

        impl Ternary<$t, $t, $t> for Merge {
            /// The bits of `insert` where the mask is 1, those of `base` where it is 0.
            #[inline(always)]
            fn apply(base: $t, insert: $t, mask: $t) -> $t {
                base & !mask | insert & mask
            }
        }
    )* };
}

unsigned!(u8 u16 u32 u64);
