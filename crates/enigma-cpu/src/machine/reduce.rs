//! Reductions over the lanes of a simdgroup that take part.
//!
//! The order is a tree: lane `i` with lane `i + 16`, then `i + 8`, and so on, lanes that do not take part counting
//! for nothing. `half` and `bfloat` are reduced in `float` and rounded once, at the end.

use enigma_ir::{DType, Opcode};
use half::{bf16, f16};

use super::Machine;
use crate::lane::{Lane, SIMDGROUP};
use crate::observer::Observer;
use crate::plan::{ReduceNode, Reg};
use crate::slot::{Slot, lanes};

impl<O: Observer> Machine<'_, O> {
    pub(super) fn reduce(&mut self, node: &ReduceNode) {
        macro_rules! integers {
            ($($d:ident $t:ident),*) => {
                match node.dtype {
                    $( DType::$d => match node.code {
                        Opcode::SimdSum => self.fold::<$t>(node, 0, $t::wrapping_add),
                        Opcode::SimdProduct => self.fold::<$t>(node, 1, $t::wrapping_mul),
                        Opcode::SimdMin => self.fold::<$t>(node, $t::MAX, $t::min),
                        Opcode::SimdMax => self.fold::<$t>(node, $t::MIN, $t::max),
                        Opcode::SimdAnd => self.fold::<$t>(node, !0, |x, y| x & y),
                        Opcode::SimdOr => self.fold::<$t>(node, 0, |x, y| x | y),
                        _ => self.fold::<$t>(node, 0, |x, y| x ^ y),
                    }, )*
                    DType::F16 => self.fold_floats::<f16>(node),
                    DType::BF16 => self.fold_floats::<bf16>(node),
                    DType::F32 | DType::Bool => self.fold_floats::<f32>(node),
                }
            };
        }
        integers!(I8 i8, U8 u8, I16 i16, U16 u16, I32 i32, U32 u32, I64 i64, U64 u64)
    }

    fn fold_floats<T: Lane<Wide = f32>>(&mut self, node: &ReduceNode) {
        match node.code {
            Opcode::SimdSum => self.fold::<T>(node, -0.0, |x, y| x + y),
            Opcode::SimdProduct => self.fold::<T>(node, 1.0, |x, y| x * y),
            // A NaN gives way to the other number.
            Opcode::SimdMin => self.fold::<T>(node, f32::NAN, f32::min),
            _ => self.fold::<T>(node, f32::NAN, f32::max),
        }
    }

    fn fold<T: Lane>(&mut self, node: &ReduceNode, nothing: T::Wide, both: impl Fn(T::Wide, T::Wide) -> T::Wide) {
        self.spell_out(&[node.operand]);
        let mask = self.mask;
        let operand: Reg = node.operand;
        let slot = std::mem::replace(&mut self.slots[operand as usize], Slot::new(0));
        self.per_simdgroup(node.result, |group| {
            let mut numbers = [nothing; SIMDGROUP];
            for lane in lanes(mask.0[group]) {
                numbers[lane] = slot.of::<T>(group * SIMDGROUP + lane).wide();
            }
            let mut width = SIMDGROUP;
            while width > 1 {
                width /= 2;
                for lane in 0..width {
                    numbers[lane] = both(numbers[lane], numbers[lane + width]);
                }
            }
            T::narrow(numbers[0])
        });
        self.slots[operand as usize] = slot;
    }
}
