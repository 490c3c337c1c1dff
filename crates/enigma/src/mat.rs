//! Small matrices, each in one thread.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Mul;

use enigma_ir::{Arg, Literal, Opcode, ValueId};

use crate::element::{MatElement, Vector};
use crate::trace::{self, Handle};
use crate::value::{Val, call};

/// A matrix of two to four columns and rows, of `f32` or `f16`, one for each thread; the one that a simdgroup holds
/// together is a [`Matrix`](crate::Matrix).
///
/// Matrices multiply each other, column vectors on their right and row vectors on their left, by `*`.
pub struct Mat<T, const COLS: usize, const ROWS: usize> {
    pub(crate) handle: Handle<ValueId>,
    element: PhantomData<fn() -> T>,
}

/// Two columns and two rows.
pub type Mat2<T> = Mat<T, 2, 2>;
/// Three columns and three rows.
pub type Mat3<T> = Mat<T, 3, 3>;
/// Four columns and four rows.
pub type Mat4<T> = Mat<T, 4, 4>;

impl<T, const COLS: usize, const ROWS: usize> Copy for Mat<T, COLS, ROWS> {}

impl<T, const COLS: usize, const ROWS: usize> Clone for Mat<T, COLS, ROWS> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const COLS: usize, const ROWS: usize> fmt::Debug for Mat<T, COLS, ROWS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.handle.id)
    }
}

/// A matrix of its columns: `mat_make([x_axis, y_axis])`.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn mat_make<T: MatElement, const COLS: usize, const ROWS: usize>(
    columns: [Val<Vector<T, ROWS>>; COLS],
) -> Mat<T, COLS, ROWS> {
    Mat::of(Opcode::MatMake, columns.map(|column| column.handle))
}

impl<T, const COLS: usize, const ROWS: usize> Mat<T, COLS, ROWS> {
    pub(crate) fn new(handle: Handle<ValueId>) -> Self {
        Mat { handle, element: PhantomData }
    }

    #[track_caller]
    fn of<const N: usize>(code: Opcode, operands: [Handle<ValueId>; N]) -> Self {
        const { assert!(2 <= COLS && COLS <= 4, "a matrix has two, three or four columns") };
        trace::with(|trace, span| {
            let args = operands.map(|operand| trace.arg(operand, span));
            let id = trace.builder.value(code, &args, span);
            Mat::new(trace.handle(id))
        })
    }
}

impl<T: MatElement, const COLS: usize, const ROWS: usize> Mat<T, COLS, ROWS> {
    /// Column `column`, counted from 0. One that the matrix does not have is refused when the kernel is compiled.
    #[track_caller]
    pub fn column(self, column: u8) -> Val<Vector<T, ROWS>> {
        trace::with(|trace, span| {
            let args: [Arg; 2] = [trace.arg(self.handle, span), Literal::Int(column.into()).into()];
            trace.call(Opcode::MatColumn, &args, span)
        })
    }

    /// The matrix with rows and columns exchanged.
    #[track_caller]
    pub fn transpose(self) -> Mat<T, ROWS, COLS> {
        Mat::of(Opcode::MatTranspose, [self.handle])
    }
}

impl<T: MatElement, const N: usize> Mat<T, N, N> {
    /// The determinant.
    #[track_caller]
    pub fn determinant(self) -> Val<T> {
        call(Opcode::Determinant, [self.handle.into()])
    }
}

impl<T: MatElement, const COLS: usize, const INNER: usize, const ROWS: usize> Mul<Mat<T, COLS, INNER>>
    for Mat<T, INNER, ROWS>
{
    type Output = Mat<T, COLS, ROWS>;

    #[track_caller]
    fn mul(self, right: Mat<T, COLS, INNER>) -> Mat<T, COLS, ROWS> {
        Mat::of(Opcode::MatMul, [self.handle, right.handle])
    }
}

impl<T: MatElement, const COLS: usize, const ROWS: usize> Mul<Val<Vector<T, COLS>>> for Mat<T, COLS, ROWS> {
    type Output = Val<Vector<T, ROWS>>;

    #[track_caller]
    fn mul(self, column: Val<Vector<T, COLS>>) -> Val<Vector<T, ROWS>> {
        call(Opcode::MatMul, [self.handle.into(), column.into()])
    }
}

impl<T: MatElement, const COLS: usize, const ROWS: usize> Mul<Mat<T, COLS, ROWS>> for Val<Vector<T, ROWS>> {
    type Output = Val<Vector<T, COLS>>;

    #[track_caller]
    fn mul(self, matrix: Mat<T, COLS, ROWS>) -> Val<Vector<T, COLS>> {
        call(Opcode::MatMul, [self.into(), matrix.handle.into()])
    }
}
