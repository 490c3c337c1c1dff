//! Reductions and scans over the lanes of a simdgroup, or of a quad, that take part.
//!
//! The order of a reduction is a tree: of 32 lanes, lane `i` with lane `i + 16`, then `i + 8`, and so on; of a quad, `i + 2`, then `i + 1`.
//! Lanes that do not take part count for nothing. A scan goes from the first lane to the last. `half` and `bfloat` are
//! computed in `float` and rounded once, at the end.

use enigma_ir::DType;
use half::{bf16, f16};

use super::Machine;
use crate::lane::{Lane, SIMDGROUP};
use crate::observer::Observer;
use crate::plan::{Combine, ReduceNode, Share};
use crate::slot::{Form, Slot, cells, cells_mut, lanes};

impl<O: Observer> Machine<'_, O> {
    pub(super) fn reduce(&mut self, node: &ReduceNode) {
        macro_rules! integers {
            ($($d:ident $t:ident),*) => {
                match node.dtype {
                    $( DType::$d => match node.combine {
                        Combine::Sum => self.fold::<$t>(node, 0, $t::wrapping_add),
                        Combine::Product => self.fold::<$t>(node, 1, $t::wrapping_mul),
                        Combine::Min => self.fold::<$t>(node, $t::MAX, $t::min),
                        Combine::Max => self.fold::<$t>(node, $t::MIN, $t::max),
                        Combine::And => self.fold::<$t>(node, !0, |x, y| x & y),
                        Combine::Or => self.fold::<$t>(node, 0, |x, y| x | y),
                        Combine::Xor => self.fold::<$t>(node, 0, |x, y| x ^ y),
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
        match node.combine {
            // What counts for nothing leaves a negative zero as it is; the sum of no lane is 0.
            Combine::Sum if node.share == Share::All => self.fold::<T>(node, -0.0, |x, y| x + y),
            Combine::Sum => self.fold::<T>(node, 0.0, |x, y| x + y),
            Combine::Product => self.fold::<T>(node, 1.0, |x, y| x * y),
            // A NaN gives way to the other number.
            Combine::Min => self.fold::<T>(node, f32::NAN, f32::min),
            _ => self.fold::<T>(node, f32::NAN, f32::max),
        }
    }

    fn fold<T: Lane>(&mut self, node: &ReduceNode, nothing: T::Wide, both: impl Fn(T::Wide, T::Wide) -> T::Wide) {
        self.spell_out(&[node.operand]);
        let mask = self.mask;
        let mut data = std::mem::take(&mut self.slot_mut(node.result).data);
        let results = cells_mut::<T>(&mut data);
        // One number does for a simdgroup that is reduced as a whole.
        let one = node.share == Share::All && node.lanes == SIMDGROUP;
        for group in 0..self.simdgroups {
            let slot = self.slot(node.operand);
            let word = mask.0[group];
            let mut numbers: [T::Wide; SIMDGROUP] = match slot.form {
                Form::Varying => cells::<T>(&slot.data).as_chunks().0[group].map(T::wide),
                _ => [slot.of::<T>(group * SIMDGROUP).wide(); SIMDGROUP],
            };
            if word != u32::MAX {
                for lane in (0..SIMDGROUP).filter(|lane| word >> lane & 1 == 0) {
                    numbers[lane] = nothing;
                }
            }
            for (n, team) in numbers.chunks_exact_mut(node.lanes).enumerate() {
                match node.share {
                    Share::All => total(team, &both),
                    share => scan::<T>(team, mask.0[group] >> (n * node.lanes), share, nothing, &both),
                }
            }
            match one {
                true => results[group] = T::narrow(numbers[0]),
                false => {
                    let cells = &mut results.as_chunks_mut::<SIMDGROUP>().0[group];
                    *cells = numbers.map(T::narrow);
                }
            }
        }
        let form = match (one, self.simdgroups) {
            (true, 1) => Form::Uniform,
            (true, _) => Form::Grouped,
            (false, _) => Form::Varying,
        };
        *self.slot_mut(node.result) = Slot { data, form, stride: 0 };
    }
}

/// Makes each number the total of all.
fn total<W: Copy>(numbers: &mut [W], both: &impl Fn(W, W) -> W) {
    let mut width = numbers.len();
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            numbers[lane] = both(numbers[lane], numbers[lane + width]);
        }
    }
    numbers.fill(numbers[0]);
}

/// Makes each number that takes part the total of those below it, with it or without.
fn scan<T: Lane>(
    numbers: &mut [T::Wide],
    mask: u32,
    share: Share,
    nothing: T::Wide,
    both: &impl Fn(T::Wide, T::Wide) -> T::Wide,
) {
    let (mut below, end) = (None, numbers.len());
    for lane in lanes(mask).take_while(|&lane| lane < end) {
        let through = below.map_or(numbers[lane], |below| both(below, numbers[lane]));
        numbers[lane] = if share == Share::Below { below.unwrap_or(nothing) } else { through };
        below = Some(through);
    }
}
