//! Where values live while a threadgroup runs.

use bytemuck::{Pod, Zeroable};
use enigma_ir::DType;
use smallvec::SmallVec;

use crate::lane::{Lane, SIMDGROUP, Truth};

/// A cache line: what values and threadgroup memory are made of, so that vector loads are aligned.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Line([u8; 64]);

/// Lines for that many bytes, all zero.
pub fn lines(bytes: usize) -> Vec<Line> {
    vec![Line::zeroed(); bytes.div_ceil(size_of::<Line>())]
}

/// Lines as elements.
#[inline(always)]
pub fn cells<T: Pod>(lines: &[Line]) -> &[T] {
    bytemuck::cast_slice(lines)
}

/// Lines as elements, to be written.
#[inline(always)]
pub fn cells_mut<T: Pod>(lines: &mut [Line]) -> &mut [T] {
    bytemuck::cast_slice_mut(lines)
}

/// How a value differs from thread to thread. The order is that of generality: an operation's result is as general as its
/// most general operand, but for [`join`](Self::join).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// One number.
    Uniform,
    /// One number per simdgroup.
    Grouped,
    /// Integers: one number, and what is added to it from each thread to the next.
    Affine,
    /// Integers: one number per simdgroup, and what is added to it from each lane to the next.
    Laned,
    /// One number per thread.
    Varying,
}

impl Form {
    /// The least general form that both are cases of.
    pub fn join(self, other: Form) -> Form {
        match (self.min(other), self.max(other)) {
            (Form::Grouped, Form::Affine) => Form::Laned,
            (_, greater) => greater,
        }
    }

    /// Whether the numbers grow evenly, and are to be spelt out before anything else looks at them.
    #[inline(always)]
    pub fn grows(self) -> bool {
        matches!(self, Form::Affine | Form::Laned)
    }
}

/// A value of a threadgroup. The numbers lie from the start of `data` on: one, one per simdgroup, or one per thread, as
/// `form` says; of a matrix 64 per simdgroup, whatever `form` says.
#[derive(Debug)]
pub struct Slot {
    pub data: Vec<Line>,
    pub form: Form,
    /// What an affine or a laned value grows by from thread to thread, modulo its width.
    pub stride: i64,
}

impl Slot {
    pub fn new(bytes: usize) -> Self {
        Slot { data: lines(bytes), form: Form::Uniform, stride: 0 }
    }

    /// Makes it one number.
    pub fn set_uniform<T: Pod>(&mut self, number: T) {
        cells_mut::<T>(&mut self.data)[0] = number;
        self.form = Form::Uniform;
    }

    /// Makes it an affine number, or a uniform one where `stride` is 0.
    pub fn set_affine<T: Pod>(&mut self, base: T, stride: i64) {
        self.set_uniform(base);
        if stride != 0 {
            self.form = Form::Affine;
            self.stride = stride;
        }
    }

    /// The number of a thread, of a value that does not grow.
    #[inline(always)]
    pub fn of<T: Pod>(&self, thread: usize) -> T {
        let cells = cells::<T>(&self.data);
        match self.form {
            Form::Uniform | Form::Affine => cells[0],
            Form::Grouped | Form::Laned => cells[thread / SIMDGROUP],
            Form::Varying => cells[thread],
        }
    }

    /// What the numbers of an affine or a uniform integer go through, first and last, when none wraps.
    pub fn ends(&self, dtype: DType, threads: usize) -> Option<(i128, i128)> {
        let first = integer(&self.data, 0, dtype);
        match self.form {
            Form::Uniform => Some((first, first)),
            Form::Affine => {
                let last = first + i128::from(self.stride) * (threads as i128 - 1);
                let (least, greatest) = dtype.integer_range()?;
                (least <= last && last <= greatest).then_some((first, last))
            }
            Form::Grouped | Form::Laned | Form::Varying => None,
        }
    }

    /// What the numbers of each simdgroup go through, first and last, of a value that is not varying, when none wraps.
    pub fn ends_of_lanes(&self, dtype: DType, threads: usize) -> Option<Ends> {
        let (least, greatest) = dtype.integer_range()?;
        let per_lane = if self.form.grows() { i128::from(self.stride) } else { 0 };
        let per_group = if self.form == Form::Affine { per_lane * SIMDGROUP as i128 } else { 0 };
        let several = matches!(self.form, Form::Grouped | Form::Laned);
        let mut ends = Ends::new();
        for (group, thread) in (0..threads).step_by(SIMDGROUP).enumerate() {
            let base = integer(&self.data, if several { group } else { 0 }, dtype);
            let lanes = SIMDGROUP.min(threads - thread) as i128;
            let first = base + per_group * group as i128;
            let last = first + per_lane * (lanes - 1);
            if first.min(last) < least || greatest < first.max(last) {
                return None;
            }
            ends.push((first, last));
        }
        Some(ends)
    }

    /// Makes a laned value of an affine one.
    pub fn cut_up(&mut self, dtype: DType, simdgroups: usize) {
        if self.form == Form::Affine {
            let stride = self.stride.wrapping_mul(SIMDGROUP as i64);
            spell_out(&mut self.data, dtype, simdgroups, |_| 0, |group| (group as i64).wrapping_mul(stride));
            self.form = Form::Laned;
        }
    }

    /// Writes a value that grows out, one number per thread.
    pub fn spell_out(&mut self, dtype: DType, threads: usize) {
        let stride = self.stride;
        match self.form {
            Form::Affine => spell_out(&mut self.data, dtype, threads, |_| 0, |t| (t as i64).wrapping_mul(stride)),
            Form::Laned => {
                let grown = |t: usize| ((t % SIMDGROUP) as i64).wrapping_mul(stride);
                spell_out(&mut self.data, dtype, threads, |t| t / SIMDGROUP, grown);
            }
            Form::Uniform | Form::Grouped | Form::Varying => return,
        }
        self.form = Form::Varying;
    }
}

/// First and last numbers, one pair per simdgroup.
pub type Ends = SmallVec<[(i128, i128); SIMDGROUP]>;

/// Writes out `count` numbers: to the one at `from` of each, which does not lie after it, is added what `grown` says.
#[inline(always)]
fn spell_out(
    data: &mut [Line],
    dtype: DType,
    count: usize,
    from: impl Fn(usize) -> usize,
    grown: impl Fn(usize) -> i64,
) {
    macro_rules! write {
        ($t:ty) => {{
            let cells = cells_mut::<$t>(data);
            // From the end, so that no number is overwritten before it is used.
            for at in (0..count).rev() {
                cells[at] = cells[from(at)].wrapping_add(grown(at) as $t);
            }
        }};
    }
    match dtype.size() {
        1 => write!(u8),
        2 => write!(u16),
        4 => write!(u32),
        _ => write!(u64),
    }
}

/// The integer (or `bool`) at a place.
pub fn integer(data: &[Line], at: usize, dtype: DType) -> i128 {
    match dtype {
        DType::Bool => i128::from(cells::<Truth>(data)[at].wide()),
        DType::I8 => i128::from(cells::<i8>(data)[at]),
        DType::U8 => i128::from(cells::<u8>(data)[at]),
        DType::I16 => i128::from(cells::<i16>(data)[at]),
        DType::U16 => i128::from(cells::<u16>(data)[at]),
        DType::I32 => i128::from(cells::<i32>(data)[at]),
        DType::U32 => i128::from(cells::<u32>(data)[at]),
        DType::I64 => i128::from(cells::<i64>(data)[at]),
        DType::U64 => i128::from(cells::<u64>(data)[at]),
        DType::F16 | DType::BF16 | DType::F32 => 0,
    }
}

/// The integer (or `bool`) at a place as an index; one that is too great for any memory as the greatest.
pub fn index(data: &[Line], at: usize, dtype: DType) -> i64 {
    match dtype {
        DType::I32 => i64::from(cells::<i32>(data)[at]),
        DType::U32 => i64::from(cells::<u32>(data)[at]),
        dtype => i64::try_from(integer(data, at, dtype)).unwrap_or(i64::MAX),
    }
}

/// Which threads of a threadgroup take part: one word per simdgroup, one bit per lane.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Mask(pub [u32; SIMDGROUP]);

impl Mask {
    /// The first `threads` threads.
    pub fn first(threads: usize) -> Self {
        Mask(std::array::from_fn(|group| match threads.saturating_sub(group * SIMDGROUP) {
            0 => 0,
            lanes @ 1..SIMDGROUP => (1 << lanes) - 1,
            _ => u32::MAX,
        }))
    }

    /// Whether no thread takes part.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Whether a thread takes part.
    #[inline(always)]
    pub fn holds(&self, thread: usize) -> bool {
        self.0[thread / SIMDGROUP] >> (thread % SIMDGROUP) & 1 == 1
    }

    /// The same, with a thread more.
    pub fn add(&mut self, thread: usize) {
        self.0[thread / SIMDGROUP] |= 1 << (thread % SIMDGROUP);
    }

    /// The threads of both.
    pub fn and(&self, other: &Mask) -> Mask {
        Mask(std::array::from_fn(|group| self.0[group] & other.0[group]))
    }

    /// The threads of this one that are not of the other.
    pub fn without(&self, other: &Mask) -> Mask {
        Mask(std::array::from_fn(|group| self.0[group] & !other.0[group]))
    }

    /// The threads, in ascending order.
    pub fn threads(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(group, &word)| lanes(word).map(move |lane| group * SIMDGROUP + lane))
    }

    /// The first and the last thread of each simdgroup of which one takes part.
    pub fn spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.0.iter().enumerate().filter(|&(_, &word)| word != 0).map(|(group, &word)| {
            let first = group * SIMDGROUP;
            (first + word.trailing_zeros() as usize, first + word.ilog2() as usize)
        })
    }

    /// The first and the last thread of what takes part of each simdgroup, as long as they are neighbours.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.0.iter().enumerate().flat_map(|(group, &word)| {
            let mut word = word;
            std::iter::from_fn(move || {
                let start = (word != 0).then(|| word.trailing_zeros())?;
                let count = (word >> start).trailing_ones();
                // In 64 bits, where a shift by all 32 is one.
                word &= !((((1u64 << count) - 1) << start) as u32);
                let first = group * SIMDGROUP + start as usize;
                Some((first, first + count as usize - 1))
            })
        })
    }

    /// The first and the last thread, of at least one.
    pub fn range(&self) -> (usize, usize) {
        let first = self.0.iter().position(|&word| word != 0).unwrap_or(0);
        let last = self.0.iter().rposition(|&word| word != 0).unwrap_or(0);
        let low = self.0[first].trailing_zeros() as usize;
        let high = (u32::BITS - 1).saturating_sub(self.0[last].leading_zeros()) as usize;
        (first * SIMDGROUP + low, last * SIMDGROUP + high)
    }
}

/// The lanes of a word of a mask, in ascending order.
#[inline(always)]
pub fn lanes(mut word: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = (word != 0).then(|| word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        lane
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_laned_value_is_spelt_out_lane_by_lane() {
        let mut slot = Slot::new(4 * 100);
        cells_mut::<u32>(&mut slot.data)[..4].copy_from_slice(&[7, 1000, 0, 5]);
        (slot.form, slot.stride) = (Form::Laned, -2);
        slot.spell_out(DType::I32, 100);
        let numbers = &cells::<i32>(&slot.data)[..100];
        assert_eq!((slot.form, numbers[0], numbers[31]), (Form::Varying, 7, -55));
        assert_eq!((numbers[32], numbers[64], numbers[99]), (1000, 0, -1));
    }

    #[test]
    fn an_affine_value_cut_up_stays_what_it_is() {
        let mut slot = Slot::new(4 * 64);
        slot.set_affine(10u32, 3);
        slot.cut_up(DType::U32, 2);
        assert_eq!(slot.ends_of_lanes(DType::U32, 40).as_deref(), Some(&[(10, 103), (106, 127)][..]));
        slot.spell_out(DType::U32, 64);
        assert!((0..64).all(|t| cells::<u32>(&slot.data)[t] == 10 + 3 * t as u32));
    }

    #[test]
    fn ends_that_wrap_are_none() {
        let mut slot = Slot::new(4);
        slot.set_affine(-1i32, 1);
        assert!(slot.ends_of_lanes(DType::I32, 32).is_some());
        assert!(slot.ends_of_lanes(DType::U32, 32).is_none());
    }

    #[test]
    fn runs_are_of_neighbours_and_spans_are_not() {
        let mut mask = Mask([0; SIMDGROUP]);
        (mask.0[0], mask.0[2]) = (0b1011, u32::MAX);
        assert_eq!(mask.runs().collect::<Vec<_>>(), [(0, 1), (3, 3), (64, 95)]);
        assert_eq!(mask.spans().collect::<Vec<_>>(), [(0, 3), (64, 95)]);
    }
}
