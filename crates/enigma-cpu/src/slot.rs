//! Where values live while a threadgroup runs.

use bytemuck::{Pod, Zeroable};
use enigma_ir::DType;

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
/// most general operand.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// One number.
    Uniform,
    /// One number per simdgroup.
    Grouped,
    /// Integers: one number, and what is added to it from each thread to the next.
    Affine,
    /// One number per thread.
    Varying,
}

/// A value of a threadgroup. The numbers lie from the start of `data` on: one, one per simdgroup, or one per thread, as
/// `form` says; of a matrix 64 per simdgroup, whatever `form` says.
#[derive(Debug)]
pub struct Slot {
    pub data: Vec<Line>,
    pub form: Form,
    /// What an affine value grows by from thread to thread, modulo its width.
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

    /// The number of a thread, of a value that is not affine.
    #[inline(always)]
    pub fn of<T: Pod>(&self, thread: usize) -> T {
        let cells = cells::<T>(&self.data);
        match self.form {
            Form::Uniform | Form::Affine => cells[0],
            Form::Grouped => cells[thread / SIMDGROUP],
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
            Form::Grouped | Form::Varying => None,
        }
    }

    /// Writes an affine value out, one number per thread.
    pub fn spell_out(&mut self, dtype: DType, threads: usize) {
        if self.form != Form::Affine {
            return;
        }
        let stride = self.stride;
        match dtype.size() {
            1 => count_up::<u8>(&mut self.data, threads, |base, t| base.wrapping_add(t.wrapping_mul(stride) as u8)),
            2 => count_up::<u16>(&mut self.data, threads, |base, t| base.wrapping_add(t.wrapping_mul(stride) as u16)),
            4 => count_up::<u32>(&mut self.data, threads, |base, t| {
                base.wrapping_add((t as u32).wrapping_mul(stride as u32))
            }),
            _ => count_up::<u64>(&mut self.data, threads, |base, t| base.wrapping_add(t.wrapping_mul(stride) as u64)),
        }
        self.form = Form::Varying;
    }
}

fn count_up<T: Pod>(data: &mut [Line], threads: usize, at: impl Fn(T, i64) -> T) {
    let cells = cells_mut::<T>(data);
    let base = cells[0];
    for (t, cell) in cells[..threads].iter_mut().enumerate() {
        *cell = at(base, t as i64);
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
