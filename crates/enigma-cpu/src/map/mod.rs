//! Elementwise operations: the loops.
//!
//! There is one loop per number of operands. It is monomorphised for every operation and element type, and compiled for each
//! instruction set that `pulp` knows, of which the best is picked at run time. It works on chunks of 32
//! elements, whose number the compiler knows, so that it vectorises.

mod geometry;
mod integer;
mod ops;
mod pack;
mod table;
mod vector;

pub use table::{BitMaps, cast, operation, same_bits, select};
pub use vector::{VectorMap, vector};

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use crate::lane::{Lane, SIMDGROUP};
use crate::slot::{Line, cells, cells_mut};

/// An elementwise operation on a number of elements, of which whole chunks are computed.
pub type Map = fn(Arch, &mut [Line], &[Source<'_>], usize);

/// An operand.
#[derive(Copy, Clone)]
pub struct Source<'a> {
    pub data: &'a [Line],
    pub step: Step,
}

/// How an operand goes along with the result.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// One element for each of the result's.
    Element,
    /// One element for each chunk of the result's.
    Chunk,
    /// One element for all.
    Never,
}

/// An operation on one number.
pub trait Unary<A: Copy, R> {
    fn apply(a: A) -> R;

    /// Whether `apply` will not do for that number. A chunk with such a one in it goes by [`apply_rare`](Self::apply_rare).
    #[inline(always)]
    fn is_rare(_: A) -> bool {
        false
    }

    /// As `apply`, of any number, not made to vectorise.
    #[inline(always)]
    fn apply_rare(a: A) -> R {
        Self::apply(a)
    }
}

/// An operation on two numbers.
pub trait Binary<A, R> {
    fn apply(a: A, b: A) -> R;
}

/// An operation on three numbers.
pub trait Ternary<A, C, R> {
    fn apply(a: A, b: A, c: C) -> R;
}

/// An operand, a chunk at a time. It is made inside the loop's function: handing it over would cost more than many a loop.
struct Chunks<'a, T> {
    cells: &'a [T],
    step: Step,
    splat: [T; SIMDGROUP],
}

impl<'a, T: Lane> Chunks<'a, T> {
    #[inline(always)]
    fn new(source: &Source<'a>) -> Self {
        let cells = cells::<T>(source.data);
        Chunks { cells, step: source.step, splat: [cells[0]; SIMDGROUP] }
    }

    #[inline(always)]
    fn at(&mut self, chunk: usize) -> &[T; SIMDGROUP] {
        match self.step {
            Step::Element => &self.cells.as_chunks().0[chunk],
            Step::Chunk => {
                self.splat = [self.cells[chunk]; SIMDGROUP];
                &self.splat
            }
            Step::Never => &self.splat,
        }
    }
}

/// The chunks that hold `elements` elements.
#[inline(always)]
fn chunks_mut<R: Lane>(data: &mut [Line], elements: usize) -> &mut [[R; SIMDGROUP]] {
    &mut cells_mut::<R>(data).as_chunks_mut().0[..elements.div_ceil(SIMDGROUP)]
}

/// A chunk of what a function gives. It is written down where nothing else can lie, which a vectorised loop needs to know: short
/// functions then become straight code on whole vectors, and long ones a loop over vectors.
#[inline(always)]
fn numbers<R: Lane>(number: impl Fn(usize) -> R) -> [R; SIMDGROUP] {
    let mut numbers = [R::zeroed(); SIMDGROUP];
    for (i, place) in numbers.iter_mut().enumerate() {
        *place = number(i);
    }
    numbers
}

struct UnaryLoop<'a, O, A, R> {
    result: &'a mut [[R; SIMDGROUP]],
    sources: &'a [Source<'a>],
    operation: PhantomData<(O, A)>,
}

impl<O: Unary<A::Wide, R::Wide>, A: Lane, R: Lane> WithSimd for UnaryLoop<'_, O, A, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut a = Chunks::<A>::new(&self.sources[0]);
        for (chunk, result) in self.result.iter_mut().enumerate() {
            let a = a.at(chunk);
            if a.iter().fold(false, |rare, a| rare | O::is_rare(a.wide())) {
                *result = a.map(|a| R::narrow(O::apply_rare(a.wide())));
                continue;
            }
            *result = numbers(|i| R::narrow(O::apply(a[i].wide())));
        }
    }
}

/// Carries out a [`Unary`] operation.
fn unary<O: Unary<A::Wide, R::Wide>, A: Lane, R: Lane>(
    arch: Arch,
    result: &mut [Line],
    sources: &[Source<'_>],
    elements: usize,
) {
    let result = chunks_mut::<R>(result, elements);
    arch.dispatch(UnaryLoop { result, sources, operation: PhantomData::<(O, A)> });
}

struct BinaryLoop<'a, O, A, R> {
    result: &'a mut [[R; SIMDGROUP]],
    sources: &'a [Source<'a>],
    operation: PhantomData<(O, A)>,
}

impl<O: Binary<A::Wide, R::Wide>, A: Lane, R: Lane> WithSimd for BinaryLoop<'_, O, A, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut a = Chunks::<A>::new(&self.sources[0]);
        let mut b = Chunks::<A>::new(&self.sources[1]);
        for (chunk, result) in self.result.iter_mut().enumerate() {
            let (a, b) = (a.at(chunk), b.at(chunk));
            *result = numbers(|i| R::narrow(O::apply(a[i].wide(), b[i].wide())));
        }
    }
}

/// Carries out a [`Binary`] operation.
fn binary<O: Binary<A::Wide, R::Wide>, A: Lane, R: Lane>(
    arch: Arch,
    result: &mut [Line],
    sources: &[Source<'_>],
    elements: usize,
) {
    let result = chunks_mut::<R>(result, elements);
    arch.dispatch(BinaryLoop { result, sources, operation: PhantomData::<(O, A)> });
}

struct TernaryLoop<'a, O, A, C, R> {
    result: &'a mut [[R; SIMDGROUP]],
    sources: &'a [Source<'a>],
    operation: PhantomData<(O, A, C)>,
}

impl<O: Ternary<A::Wide, C::Wide, R::Wide>, A: Lane, C: Lane, R: Lane> WithSimd for TernaryLoop<'_, O, A, C, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut a = Chunks::<A>::new(&self.sources[0]);
        let mut b = Chunks::<A>::new(&self.sources[1]);
        let mut c = Chunks::<C>::new(&self.sources[2]);
        for (chunk, result) in self.result.iter_mut().enumerate() {
            let (a, b, c) = (a.at(chunk), b.at(chunk), c.at(chunk));
            *result = numbers(|i| R::narrow(O::apply(a[i].wide(), b[i].wide(), c[i].wide())));
        }
    }
}

/// Carries out a [`Ternary`] operation.
fn ternary<O: Ternary<A::Wide, C::Wide, R::Wide>, A: Lane, C: Lane, R: Lane>(
    arch: Arch,
    result: &mut [Line],
    sources: &[Source<'_>],
    elements: usize,
) {
    let result = chunks_mut::<R>(result, elements);
    arch.dispatch(TernaryLoop { result, sources, operation: PhantomData::<(O, A, C)> });
}
