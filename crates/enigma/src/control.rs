//! Branches and loops that exist when the kernel runs.
//!
//! A Rust `if` or `for` in a kernel's body decides while the kernel is traced: a `for` unrolls. What is decided when the
//! kernel runs is written with these functions; the closures they take are traced once each.

use std::ops::{Range, RangeTo};

use crate::carried::Carried;
use crate::element::{Element, Integer};
use crate::operand::{Given, Operand};
use crate::trace;
use crate::value::Val;

/// Runs `then` where the condition holds.
///
/// Nothing that `then` makes can be used outside; what a branch is to yield goes through [`if_else`], and a copy
/// that is to be issued under a condition through [`only_if`](crate::Copy1d::only_if).
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn if_(condition: Val<bool>, then: impl FnOnce()) {
    trace::with(|trace, span| {
        let condition = trace.arg(condition.handle, span);
        trace.builder.begin_if(&condition, span);
    });
    then();
    trace::with(|trace, span| {
        trace.builder.end_if(&[], span);
    });
}

/// Runs `then` where the condition holds and `otherwise` where it does not, and yields what they return:
/// `let x = if_else(c, || a.load(i), || val(0.0));`.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn if_else<R: Carried>(condition: Val<bool>, then: impl FnOnce() -> R, otherwise: impl FnOnce() -> R) -> R {
    trace::with(|trace, span| {
        let condition = trace.arg(condition.handle, span);
        trace.builder.begin_if(&condition, span);
    });
    let yielded = then();
    let memories = trace::with(|trace, span| {
        let (values, memories) = trace.take_apart(yielded, span);
        trace.builder.begin_else(&values, span);
        memories
    });
    let yielded = otherwise();
    trace::with(|trace, span| {
        let (values, others) = trace.take_apart(yielded, span);
        trace.same_memories(&memories, &others, span);
        let results = trace.builder.end_if(&values, span);
        trace.put_together(results, &memories, span)
    })
}

/// What a loop counts over: `0..8`, `lo..hi` or `..n`, from the first number up to, not including, the last.
/// Numbers in the source count as `u32`.
#[diagnostic::on_unimplemented(
    message = "a loop cannot count over `{Self}`",
    note = "give two literals, two values of one integer type, or only the end: `0..8`, `lo..hi`, `..n`"
)]
pub trait Bounds {
    /// The type of the loop's counter.
    type Counter: Element + Integer;

    #[doc(hidden)]
    fn given(self) -> [Given; 2];
}

impl Bounds for Range<u32> {
    type Counter = u32;

    fn given(self) -> [Given; 2] {
        [self.start, self.end].map(Operand::<u32>::given)
    }
}

impl<T: Element + Integer> Bounds for Range<Val<T>> {
    type Counter = T;

    fn given(self) -> [Given; 2] {
        [self.start.into(), self.end.into()]
    }
}

impl Bounds for RangeTo<u32> {
    type Counter = u32;

    fn given(self) -> [Given; 2] {
        (0..self.end).given()
    }
}

impl<T: Element + Integer> Bounds for RangeTo<Val<T>> {
    type Counter = T;

    fn given(self) -> [Given; 2] {
        [Given::ZERO, self.end.into()]
    }
}

/// A loop in the making: see [`range`].
#[derive(Debug)]
#[must_use = "this describes a loop: give it a body with `.each(...)` or `.carry(...)`"]
pub struct Loop<T> {
    bounds: [Given; 2],
    step: Given,
    counter: std::marker::PhantomData<fn() -> T>,
}

/// Starts a loop that counts: `range(..n).step(4).carry(val(0.0), |i, sum| sum + a.load(i))`.
pub fn range<B: Bounds>(bounds: B) -> Loop<B::Counter> {
    Loop { bounds: bounds.given(), step: Given::ONE, counter: std::marker::PhantomData }
}

/// Runs `body` for each number of a range; short for `range(bounds).each(body)`.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn for_range<B: Bounds>(bounds: B, body: impl FnOnce(Val<B::Counter>)) {
    range(bounds).each(body);
}

impl<T: Element + Integer> Loop<T> {
    /// Counts in steps of `step` instead of ones. A negative literal counts down, to above the end.
    pub fn step(mut self, step: impl Operand<T>) -> Self {
        self.step = step.given();
        self
    }

    /// Runs `body` for each number.
    ///
    /// # Panics
    ///
    /// Outside a kernel.
    #[track_caller]
    pub fn each(self, body: impl FnOnce(Val<T>)) {
        self.carry((), |counter, ()| body(counter));
    }

    /// Runs `body` for each number with what the last iteration returned, `initial` at first; gives what the last
    /// of all returned.
    ///
    /// A copy stays in flight from one iteration to the next by being carried. Here two halves of one tile take
    /// turns: while one is summed, the next is on its way into the other. Which half that is depends on the run, so
    /// the copies are followed by their events, and the verifier looks after the tile.
    ///
    /// ```
    /// use enigma::prelude::*;
    ///
    /// #[enigma::kernel]
    /// fn sum_of_tiles(a: Buffer<f32>, tiles: Val<u32>, out: Buffer<f32>) {
    ///     let halves = threadgroup::<f32>(2 * 32);
    ///     let issue = |k: Val<u32>| {
    ///         let copy = Copy1d::from(a, 32).offset(k * 32).tile_offset(k % 2 * 32);
    ///         async_copy_1d_d2t(&halves, copy.only_if(k.lt(tiles)))
    ///     };
    ///     let lane = thread_index_in_simdgroup();
    ///     let (last, sum) = range(..tiles).carry((issue(val(0)), val(0.0)), |k, (landing, sum)| {
    ///         landing.wait();
    ///         let next = issue(k + 1);
    ///         (next, sum + halves.load(k % 2 * 32 + lane))
    ///     });
    ///     last.wait();
    ///     out.store(lane, sum);
    /// }
    ///
    /// let a: Vec<f32> = (0..96).map(|i| i as f32).collect();
    /// let mut out = [0.0; 32];
    /// let done = sum_of_tiles().compile()?.launch(32, 32, (&a, 3, &mut out))?;
    /// assert_eq!(out[1], 1.0 + 33.0 + 65.0);
    /// assert_eq!(done.copies, Some(3));
    /// # Ok::<(), Diagnostics>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a kernel.
    #[track_caller]
    pub fn carry<C: Carried>(self, initial: C, body: impl FnOnce(Val<T>, C) -> C) -> C {
        let (counter, carried, memories) = trace::with(|trace, span| {
            let [lo, hi, step] = [self.bounds[0], self.bounds[1], self.step].map(|bound| trace.given(bound, span));
            let (initial, memories) = trace.take_apart(initial, span);
            let (counter, carried) = trace.builder.begin_for([&lo, &hi, &step], T::DTYPE, &initial, span);
            let carried = trace.put_together(carried, &memories, span);
            (Val::new(trace.handle(counter)), carried, memories)
        });
        let next = body(counter, carried);
        trace::with(|trace, span| {
            let (next, others) = trace.take_apart(next, span);
            trace.same_memories(&memories, &others, span);
            let last = trace.builder.end_for(&next, span);
            trace.put_together(last, &memories, span)
        })
    }
}

/// Runs `body` as long as the condition holds, which is computed anew before each iteration.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn while_(condition: impl FnOnce() -> Val<bool>, body: impl FnOnce()) {
    while_carry((), |()| condition(), |()| body());
}

/// Runs `body` as long as the condition holds, with what the last iteration returned, `initial` at first; gives what
/// the last of all returned: `while_carry(val(1), |x| x.lt(limit), |x| x * 2)`.
///
/// # Panics
///
/// Outside a kernel.
#[track_caller]
pub fn while_carry<C: Carried>(initial: C, condition: impl FnOnce(&C) -> Val<bool>, body: impl FnOnce(C) -> C) -> C {
    let (carried, memories) = trace::with(|trace, span| {
        let (initial, memories) = trace.take_apart(initial, span);
        let carried = trace.builder.begin_while(&initial, span);
        (trace.put_together(carried, &memories, span), memories)
    });
    let condition = condition(&carried);
    let carried = trace::with(|trace, span| {
        let condition = trace.arg(condition.handle, span);
        let carried = trace.builder.begin_while_body(&condition, span);
        trace.put_together(carried, &memories, span)
    });
    let next = body(carried);
    trace::with(|trace, span| {
        let (next, others) = trace.take_apart(next, span);
        trace.same_memories(&memories, &others, span);
        let last = trace.builder.end_while(&next, span);
        trace.put_together(last, &memories, span)
    })
}
