//! Elements as they lie in memory, and the numbers that are computed with.
//!
//! `half` and `bfloat` are computed in `f32` and rounded after each operation. Since an `f32` has more than twice
//! their bits and two more, `+ - * /` and `sqrt` round as if once; what does not is computed in round-to-odd
//! ([`enigma_ir::round_to_odd`]), from which the last rounding is right.

use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};

/// Lanes of a simdgroup, and the number of elements that a loop works on at a time.
pub const SIMDGROUP: usize = 32;

/// A `bool` in memory: one byte, of which anything but 0 is true.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct Truth(pub u8);

/// An element type.
pub trait Lane: Pod {
    /// What is computed with.
    type Wide: Copy;

    /// The number that an element is.
    fn wide(self) -> Self::Wide;

    /// The element that a number becomes, rounded to nearest even.
    fn narrow(wide: Self::Wide) -> Self;
}

/// A float type.
pub trait Float: Lane<Wide = f32> {
    /// The greatest number below 1.
    const BELOW_ONE: f32;
    /// The least positive number that is not denormal.
    const MIN_NORMAL: f32;
}

macro_rules! plain {
    ($($t:ty)*) => { $(
        impl Lane for $t {
            type Wide = $t;

            #[inline(always)]
            fn wide(self) -> $t {
                self
            }

            #[inline(always)]
            fn narrow(wide: $t) -> $t {
                wide
            }
        }
    )* };
}

plain!(i8 u8 i16 u16 i32 u32 i64 u64 f32);

impl Lane for Truth {
    type Wide = bool;

    #[inline(always)]
    fn wide(self) -> bool {
        self.0 != 0
    }

    #[inline(always)]
    fn narrow(wide: bool) -> Self {
        Truth(u8::from(wide))
    }
}

impl Lane for f16 {
    type Wide = f32;

    /// Without a branch, so that loops over it vectorise.
    #[inline(always)]
    fn wide(self) -> f32 {
        let bits = u32::from(self.to_bits());
        let magnitude = (bits & 0x7fff) << 13;
        // The exponent is rebased by a multiplication, which normalises denormals on the way.
        let rebased = (f32::from_bits(magnitude) * f32::from_bits(0x7780_0000)).to_bits();
        let special = if magnitude >= 0x0f80_0000 { 0x7f80_0000 } else { 0 };
        f32::from_bits((bits & 0x8000) << 16 | rebased | special)
    }

    /// Without a branch, so that loops over it vectorise.
    #[inline(always)]
    fn narrow(wide: f32) -> Self {
        let bits = wide.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        let special = if magnitude > 0x7f80_0000 { 0x7e00 } else { 0x7c00 };
        // Adding one half brings a denormal's bits to the end of the fraction, rounded by the addition.
        let denormal = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0x3f00_0000);
        let odd = (magnitude >> 13) & 1;
        let normal = magnitude.wrapping_sub(0x3800_0000).wrapping_add(0xfff + odd) >> 13;
        let finite = if magnitude < 0x3880_0000 { denormal } else { normal };
        let rounded = if magnitude >= 0x4780_0000 { special } else { finite };
        f16::from_bits(((bits >> 16) & 0x8000 | rounded) as u16)
    }
}

impl Lane for bf16 {
    type Wide = f32;

    #[inline(always)]
    fn wide(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    #[inline(always)]
    fn narrow(wide: f32) -> Self {
        let bits = wide.to_bits();
        let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
        let nan = bits >> 16 | 0x40;
        bf16::from_bits(if bits & 0x7fff_ffff > 0x7f80_0000 { nan } else { rounded } as u16)
    }
}

impl Float for f32 {
    const BELOW_ONE: f32 = 1.0 - f32::EPSILON / 2.0;
    const MIN_NORMAL: f32 = f32::MIN_POSITIVE;
}

impl Float for f16 {
    const BELOW_ONE: f32 = 1.0 - 1.0 / 2048.0;
    const MIN_NORMAL: f32 = 1.0 / 16384.0;
}

impl Float for bf16 {
    const BELOW_ONE: f32 = 1.0 - 1.0 / 256.0;
    const MIN_NORMAL: f32 = f32::MIN_POSITIVE;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_half_widens_exactly() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            let brain = bf16::from_bits(bits);
            assert!(half.wide().to_bits() == half.to_f32_const().to_bits() || half.is_nan() && half.wide().is_nan());
            assert!(
                brain.wide().to_bits() == brain.to_f32_const().to_bits() || brain.is_nan() && brain.wide().is_nan()
            );
            assert!(f16::narrow(half.wide()) == half || half.is_nan());
            assert!(bf16::narrow(brain.wide()) == brain || brain.is_nan());
        }
    }

    /// The midpoints between neighbours, and the floats next to them.
    #[test]
    fn ties_go_to_even() {
        for bits in 0..0x7c00u16 {
            let (low, high) = (f16::from_bits(bits), f16::from_bits(bits + 1));
            let upper = if bits + 1 == 0x7c00 { 65536.0 } else { high.wide() };
            let middle = (low.wide() + upper) / 2.0;
            let even = if bits & 1 == 0 { low } else { high };
            assert_eq!(f16::narrow(middle), even);
            assert_eq!(f16::narrow(f32::from_bits(middle.to_bits() - 1)), low);
            assert_eq!(f16::narrow(f32::from_bits(middle.to_bits() + 1)), high);
            assert_eq!(f16::narrow(-middle), -even);
        }
    }

    proptest! {
        #[test]
        fn narrowing_agrees_with_the_half_crate(bits: u32) {
            let x = f32::from_bits(bits);
            let (half, brain) = (f16::narrow(x), bf16::narrow(x));
            prop_assert!(half == f16::from_f32_const(x) || x.is_nan() && half.is_nan());
            prop_assert!(brain == bf16::from_f32_const(x) || x.is_nan() && brain.is_nan());
        }
    }
}
