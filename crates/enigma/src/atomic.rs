//! Atomic operations, as methods of the memory that they work on.

use enigma_ir::{Arg, MemoryOrder, Opcode};

use crate::element::{Element, Integer};
use crate::memory::Shared;
use crate::operand::{Given, Index, Operand};
use crate::trace;
use crate::value::Val;

/// A type that atomic operations work on: `i32`, `u32`, `f32`.
#[diagnostic::on_unimplemented(
    message = "atomic operations do not work on `{Self}`",
    note = "they work on `i32`, `u32` and `f32`"
)]
pub trait Word: Element {}

impl Word for i32 {}
impl Word for u32 {}
impl Word for f32 {}

/// What an operation is given after its memory and index: values, then memory orders.
fn arguments<M: Shared + ?Sized>(
    trace: &mut trace::Trace,
    span: enigma_ir::Span,
    (memory, index): (&M, Given),
    values: &[Given],
    orders: &[MemoryOrder],
) -> Vec<Arg> {
    let mut args = vec![trace.arg(memory.memory(), span), trace.given(index, span)];
    args.extend(values.iter().map(|&value| trace.given(value, span)));
    args.extend(orders.iter().map(|order| Arg::Name(order.name().to_owned())));
    args
}

/// Operations that change one element and give what it held, each with its own order and with `MemoryOrder::Relaxed`.
macro_rules! updates {
    ($( $name:ident $with:ident $code:ident ($($class:ident)?) $doc:literal; )*) => { $(
        #[doc = $doc]
        #[track_caller]
        fn $name(&self, index: impl Index, value: impl Operand<Self::Element>) -> Val<Self::Element>
        where
            Self::Element: Word $(+ $class)?,
        {
            self.$with(index, value, MemoryOrder::Relaxed)
        }

        #[doc = $doc]
        #[doc = ""]
        #[doc = "With a memory order."]
        #[track_caller]
        fn $with(
            &self,
            index: impl Index,
            value: impl Operand<Self::Element>,
            order: MemoryOrder,
        ) -> Val<Self::Element>
        where
            Self::Element: Word $(+ $class)?,
        {
            trace::with(|trace, span| {
                let args = arguments(trace, span, (self, index.given()), &[value.given()], &[order]);
                trace.call(Opcode::$code, &args, span)
            })
        }
    )* };
}

/// Atomic operations on memory that threads share. Indices count elements. Those without an order are
/// `MemoryOrder::Relaxed`: they order nothing else.
///
/// ```
/// use enigma::prelude::*;
///
/// #[enigma::kernel]
/// fn count(values: Buffer<u32>, counts: Buffer<u32>) {
///     counts.atomic_fetch_add(values.load(thread_position_in_grid()), 1);
/// }
///
/// let (values, mut counts) = (vec![2u32, 0, 2, 2], vec![0u32; 3]);
/// count().compile()?.launch(4, 4, (&values, &mut counts))?;
/// assert_eq!(counts, [1, 0, 3]);
/// # Ok::<(), Diagnostics>(())
/// ```
pub trait Atomic: Shared {
    /// Reads one element atomically.
    #[track_caller]
    fn atomic_load(&self, index: impl Index) -> Val<Self::Element>
    where
        Self::Element: Word,
    {
        self.atomic_load_with(index, MemoryOrder::Relaxed)
    }

    /// Reads one element atomically, with a memory order: `Relaxed` or `Acquire`.
    #[track_caller]
    fn atomic_load_with(&self, index: impl Index, order: MemoryOrder) -> Val<Self::Element>
    where
        Self::Element: Word,
    {
        trace::with(|trace, span| {
            let args = arguments(trace, span, (self, index.given()), &[], &[order]);
            trace.call(Opcode::AtomicLoad, &args, span)
        })
    }

    /// Writes one element atomically.
    #[track_caller]
    fn atomic_store(&self, index: impl Index, value: impl Operand<Self::Element>)
    where
        Self::Element: Word,
    {
        self.atomic_store_with(index, value, MemoryOrder::Relaxed);
    }

    /// Writes one element atomically, with a memory order: `Relaxed` or `Release`.
    #[track_caller]
    fn atomic_store_with(&self, index: impl Index, value: impl Operand<Self::Element>, order: MemoryOrder)
    where
        Self::Element: Word,
    {
        trace::with(|trace, span| {
            let args = arguments(trace, span, (self, index.given()), &[value.given()], &[order]);
            trace.builder.call(Opcode::AtomicStore, &args, span);
        });
    }

    updates! {
        atomic_exchange atomic_exchange_with AtomicExchange () "Writes one element atomically, and gives what it held.";
        atomic_fetch_add atomic_fetch_add_with AtomicFetchAdd () "Adds to one element atomically, and gives what it held; integers wrap.";
        atomic_fetch_sub atomic_fetch_sub_with AtomicFetchSub () "Subtracts from one element atomically, and gives what it held; integers wrap.";
        atomic_fetch_min atomic_fetch_min_with AtomicFetchMin (Integer) "Leaves the smaller of one element and `value` there atomically, and gives what it held.";
        atomic_fetch_max atomic_fetch_max_with AtomicFetchMax (Integer) "Leaves the greater of one element and `value` there atomically, and gives what it held.";
        atomic_fetch_and atomic_fetch_and_with AtomicFetchAnd (Integer) "Bitwise and with one element atomically; gives what it held.";
        atomic_fetch_or atomic_fetch_or_with AtomicFetchOr (Integer) "Bitwise or with one element atomically; gives what it held.";
        atomic_fetch_xor atomic_fetch_xor_with AtomicFetchXor (Integer) "Bitwise exclusive or with one element atomically; gives what it held.";
    }

    /// Writes `desired` to one element atomically where it holds `expected`, bit for bit, and says whether it did; it may fail
    /// without a reason, so call it in a loop.
    #[track_caller]
    fn atomic_compare_exchange_weak(
        &self,
        index: impl Index,
        expected: impl Operand<Self::Element>,
        desired: impl Operand<Self::Element>,
    ) -> Val<bool>
    where
        Self::Element: Word,
    {
        self.atomic_compare_exchange_weak_with(index, expected, desired, [MemoryOrder::Relaxed; 2])
    }

    /// As [`atomic_compare_exchange_weak`](Atomic::atomic_compare_exchange_weak), with memory orders: where it succeeds, and
    /// where it fails (`Relaxed` or `Acquire`).
    #[track_caller]
    fn atomic_compare_exchange_weak_with(
        &self,
        index: impl Index,
        expected: impl Operand<Self::Element>,
        desired: impl Operand<Self::Element>,
        orders: [MemoryOrder; 2],
    ) -> Val<bool>
    where
        Self::Element: Word,
    {
        trace::with(|trace, span| {
            let values = [expected.given(), desired.given()];
            let args = arguments(trace, span, (self, index.given()), &values, &orders);
            trace.call(Opcode::AtomicCompareExchangeWeak, &args, span)
        })
    }
}

impl<M: Shared> Atomic for M {}
