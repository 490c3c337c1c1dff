//! Simdgroup matrices.

use std::marker::PhantomData;

use enigma_ir::{Arg, Literal, Opcode, ValueId};

use crate::element::{Element, Float};
use crate::memory::{Shared, Writable};
use crate::operand::{Index, Operand};
use crate::trace::{self, Handle};

/// An 8x8 matrix of floats that the 32 lanes of a simdgroup hold together. Its operations are the whole simdgroup's: all
/// lanes must reach them.
#[derive(Debug)]
pub struct Matrix<T> {
    pub(crate) handle: Handle<ValueId>,
    element: PhantomData<fn() -> T>,
}

impl<T> Copy for Matrix<T> {}

impl<T> Clone for Matrix<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Matrix<T> {
    pub(crate) fn new(handle: Handle<ValueId>) -> Self {
        Matrix { handle, element: PhantomData }
    }
}

impl<T: Element + Float> Matrix<T> {
    #[track_caller]
    fn call(code: Opcode, args: impl FnOnce(&mut trace::Trace, enigma_ir::Span) -> Vec<Arg>) -> Self {
        trace::with(|trace, span| {
            let args = args(trace, span);
            let id = trace.builder.value(code, &args, span);
            Matrix::new(trace.handle(id))
        })
    }

    /// A matrix with one value everywhere.
    #[track_caller]
    pub fn filled(value: impl Operand<T>) -> Self {
        Self::call(Opcode::MakeFilledSimdgroupMatrix, |trace, span| {
            vec![trace.given(value.given(), span), Arg::DType(T::DTYPE)]
        })
    }

    /// Loads a matrix whose rows lie `pitch` elements apart in `memory`, from element `offset` on.
    #[track_caller]
    pub fn load(memory: &impl Shared<Element = T>, offset: impl Index, pitch: impl Index) -> Self {
        Self::load_as(memory, offset, pitch, false)
    }

    /// As [`load`](Matrix::load), with rows and columns exchanged.
    #[track_caller]
    pub fn load_transposed(memory: &impl Shared<Element = T>, offset: impl Index, pitch: impl Index) -> Self {
        Self::load_as(memory, offset, pitch, true)
    }

    #[track_caller]
    fn load_as(memory: &impl Shared<Element = T>, offset: impl Index, pitch: impl Index, transpose: bool) -> Self {
        Self::call(Opcode::SimdgroupMatrixLoad, |trace, span| {
            vec![
                trace.arg(memory.memory(), span),
                trace.given(pitch.given(), span),
                Arg::Missing,
                Arg::Missing,
                Arg::Missing,
                trace.given(offset.given(), span),
                Literal::Bool(transpose).into(),
            ]
        })
    }

    /// Stores the matrix to rows that lie `pitch` elements apart in `memory`, from element `offset` on.
    #[track_caller]
    pub fn store(self, memory: &(impl Shared<Element = T> + Writable), offset: impl Index, pitch: impl Index) {
        trace::with(|trace, span| {
            let args = [
                trace.arg(self.handle, span),
                trace.arg(memory.memory(), span),
                trace.given(pitch.given(), span),
                trace.given(offset.given(), span),
            ];
            trace.builder.call(Opcode::SimdgroupMatrixStore, &args, span);
        });
    }

    /// `a * b + self`. The factors share an element type, which may be narrower than this one's.
    #[track_caller]
    pub fn multiply_accumulate<F: Element + Float>(self, a: Matrix<F>, b: Matrix<F>) -> Self {
        Self::call(Opcode::SimdgroupMultiplyAccumulate, |trace, span| {
            vec![trace.arg(a.handle, span), trace.arg(b.handle, span), trace.arg(self.handle, span)]
        })
    }
}
