//! Operations on several numbers of a thread at once: vectors and matrices.
//!
//! As the elementwise ones they work on chunks of 32 threads. Floats of every type are computed in `f64`, and what comes
//! out is rounded once ([`Number::rounded`]).

use std::array;
use std::marker::PhantomData;

use enigma_ir::{DType, Opcode, round_to_odd};
use half::{bf16, f16};
use pulp::{Arch, Simd, WithSimd};

use super::{Chunks, Source, chunks_mut, geometry, pack};
use crate::lane::{Lane, SIMDGROUP};
use crate::slot::Line;

/// An operation on vectors, for a number of threads, of which whole chunks are computed. Results and operands are
/// one per component; vector operands follow each other.
pub type VectorMap = fn(Arch, &mut [Vec<Line>], &[Source<'_>], usize);

/// A function of `K` vectors of `N` numbers, which gives `M` numbers.
pub trait Function<A, R, const K: usize, const N: usize, const M: usize> {
    fn apply(vectors: [[A; N]; K]) -> [R; M];
}

/// An element type, and what these functions compute with.
pub trait Number: Lane {
    type Exact: Copy;

    /// The number that an element is.
    fn exact(self) -> Self::Exact;

    /// The nearest element, ties to even.
    fn rounded(exact: Self::Exact) -> Self;
}

impl Number for u32 {
    type Exact = u32;

    #[inline(always)]
    fn exact(self) -> u32 {
        self
    }

    #[inline(always)]
    fn rounded(exact: u32) -> u32 {
        exact
    }
}

impl Number for f32 {
    type Exact = f64;

    #[inline(always)]
    fn exact(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn rounded(exact: f64) -> f32 {
        exact as f32
    }
}

macro_rules! narrow_floats {
    ($($t:ty)*) => { $(
        impl Number for $t {
            type Exact = f64;

            #[inline(always)]
            fn exact(self) -> f64 {
                f64::from(self.wide())
            }

            #[inline(always)]
            fn rounded(exact: f64) -> $t {
                <$t>::narrow(round_to_odd(exact, 0.0))
            }
        }
    )* };
}

narrow_floats!(f16 bf16);

struct Loop<'a, F, A, R, const K: usize, const N: usize, const M: usize> {
    results: [&'a mut [[R; SIMDGROUP]]; M],
    vectors: [[Chunks<'a, A>; N]; K],
    function: PhantomData<F>,
}

impl<F, A, R, const K: usize, const N: usize, const M: usize> WithSimd for Loop<'_, F, A, R, K, N, M>
where
    F: Function<A::Exact, R::Exact, K, N, M>,
    A: Number,
    R: Number,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        for chunk in 0..self.results[0].len() {
            let vectors = self.vectors.each_mut().map(|vector| vector.each_mut().map(|chunks| chunks.at(chunk)));
            for i in 0..SIMDGROUP {
                let results = F::apply(vectors.map(|vector| vector.map(|component| component[i].exact())));
                for (result, number) in self.results.iter_mut().zip(results) {
                    result[chunk][i] = R::rounded(number);
                }
            }
        }
    }
}

/// Carries out a [`Function`].
fn carry_out<F, A, R, const K: usize, const N: usize, const M: usize>(
    arch: Arch,
    results: &mut [Vec<Line>],
    sources: &[Source<'_>],
    elements: usize,
) where
    F: Function<A::Exact, R::Exact, K, N, M>,
    A: Number,
    R: Number,
{
    let mut results = results.iter_mut();
    let results = array::from_fn(|_| results.next().map_or(&mut [][..], |lines| chunks_mut::<R>(lines, elements)));
    let vectors = array::from_fn(|k| array::from_fn(|n| Chunks::<A>::new(&sources[k * N + n])));
    arch.dispatch(Loop { results, vectors, function: PhantomData::<F> });
}

/// For each float type, under the name `$T`, and each number of components, under the name `$N`.
macro_rules! for_vectors {
    ($dtype:expr, $components:expr, $T:ident, $N:ident => $map:expr; $($n:literal)*) => {
        match ($dtype, $components) {
            $(
                (DType::F32, $n) => { type $T = f32; const $N: usize = $n; Some($map as VectorMap) }
                (DType::F16, $n) => { type $T = f16; const $N: usize = $n; Some($map as VectorMap) }
                (DType::BF16, $n) => { type $T = bf16; const $N: usize = $n; Some($map as VectorMap) }
            )*
            _ => None,
        }
    };
}

macro_rules! vectors {
    ($dtype:expr, $components:expr, $T:ident, $N:ident => $map:expr) => {
        for_vectors!($dtype, $components, $T, $N => $map; 2 3 4)
    };
}

/// The loop of an operation on vectors of that many components, or on a square matrix of that many columns.
pub fn vector(code: Opcode, dtype: DType, components: usize) -> Option<VectorMap> {
    match code {
        Opcode::Dot => vectors!(dtype, components, T, N => carry_out::<geometry::Dot, T, T, 2, N, 1>),
        Opcode::Length => vectors!(dtype, components, T, N => carry_out::<geometry::Length, T, T, 1, N, 1>),
        Opcode::Distance => vectors!(dtype, components, T, N => carry_out::<geometry::Distance, T, T, 2, N, 1>),
        Opcode::Cross => for_vectors!(dtype, components, T, N => carry_out::<geometry::Cross, T, T, 2, N, N>; 3),
        Opcode::Normalize => vectors!(dtype, components, T, N => carry_out::<geometry::Normalize, T, T, 1, N, N>),
        Opcode::Reflect => vectors!(dtype, components, T, N => carry_out::<geometry::Reflect, T, T, 2, N, N>),
        Opcode::Refract => vectors!(dtype, components, T, N => carry_out::<geometry::Refract, T, T, 3, N, N>),
        Opcode::FaceForward => vectors!(dtype, components, T, N => carry_out::<geometry::FaceForward, T, T, 3, N, N>),
        Opcode::Determinant => vectors!(dtype, components, T, N => carry_out::<geometry::Determinant, T, T, N, N, 1>),
        _ => packing(code),
    }
}

fn packing(code: Opcode) -> Option<VectorMap> {
    let map: VectorMap = match code {
        Opcode::PackSnorm4x8 => carry_out::<pack::Snorm<8>, f32, u32, 1, 4, 1>,
        Opcode::PackSnorm2x16 => carry_out::<pack::Snorm<16>, f32, u32, 1, 2, 1>,
        Opcode::PackUnorm4x8 => carry_out::<pack::Unorm<8>, f32, u32, 1, 4, 1>,
        Opcode::PackUnorm2x16 => carry_out::<pack::Unorm<16>, f32, u32, 1, 2, 1>,
        Opcode::PackUnorm10a2 => carry_out::<pack::Unorm10a2, f32, u32, 1, 4, 1>,
        Opcode::PackSrgbUnorm4x8 => carry_out::<pack::Srgb, f32, u32, 1, 4, 1>,
        Opcode::UnpackSnorm4x8 => carry_out::<pack::Snorm<8>, u32, f32, 1, 1, 4>,
        Opcode::UnpackSnorm2x16 => carry_out::<pack::Snorm<16>, u32, f32, 1, 1, 2>,
        Opcode::UnpackUnorm4x8 => carry_out::<pack::Unorm<8>, u32, f32, 1, 1, 4>,
        Opcode::UnpackUnorm2x16 => carry_out::<pack::Unorm<16>, u32, f32, 1, 1, 2>,
        Opcode::UnpackUnorm10a2 => carry_out::<pack::Unorm10a2, u32, f32, 1, 1, 4>,
        Opcode::UnpackSrgbUnorm4x8 => carry_out::<pack::Srgb, u32, f32, 1, 1, 4>,
        _ => return None,
    };
    Some(map)
}
