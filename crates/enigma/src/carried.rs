//! What a loop carries from one iteration to the next, and what a branch yields.

use enigma_ir::{Arg, Diagnostic, MemoryId, Rule, Span, ValueId};

use crate::element::ValueType;
use crate::flight::{Event, InFlight};
use crate::mat::Mat;
use crate::matrix::Matrix;
use crate::memory::Tile;
use crate::trace::{Handle, Trace};
use crate::value::Val;

/// What a loop can carry and a branch can yield: values, matrices, events, tiles (in flight or not), and tuples of
/// them. A number in the source is made a value by [`val`](crate::val): `carry(val(0.0), …)`.
///
/// A tile stays the same memory from one iteration to the next: two tiles cannot change places in a loop that exists
/// at run time. A double buffer is one tile of twice the size, and an offset.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be carried by a loop or yielded by a branch",
    label = "not a value of the kernel",
    note = "what can be: `Val`, `Matrix`, `Event`, `Tile`, `InFlight` and tuples of them; a number becomes a value by `val(0.0)`"
)]
pub trait Carried: Sized {
    #[doc(hidden)]
    fn give(self, parts: &mut Parts<'_>);

    #[doc(hidden)]
    fn take(parts: &mut Taken<'_>) -> Self;
}

/// The values that something carried is made of, and the memories that stay the same.
#[doc(hidden)]
pub struct Parts<'a> {
    trace: &'a mut Trace,
    span: Span,
    values: Vec<Arg>,
    memories: Vec<Handle<MemoryId>>,
}

/// The parts again, after they went through a loop or a branch.
#[doc(hidden)]
pub struct Taken<'a> {
    trace: &'a mut Trace,
    span: Span,
    values: std::vec::IntoIter<ValueId>,
    memories: std::slice::Iter<'a, Handle<MemoryId>>,
}

impl Trace {
    /// Takes something carried apart: its values, and its memories.
    pub(crate) fn take_apart(&mut self, carried: impl Carried, span: Span) -> (Vec<Arg>, Vec<Handle<MemoryId>>) {
        let mut parts = Parts { trace: self, span, values: Vec::new(), memories: Vec::new() };
        carried.give(&mut parts);
        (parts.values, parts.memories)
    }

    /// Puts something carried together.
    pub(crate) fn put_together<C: Carried>(
        &mut self,
        values: Vec<ValueId>,
        memories: &[Handle<MemoryId>],
        span: Span,
    ) -> C {
        C::take(&mut Taken { trace: self, span, values: values.into_iter(), memories: memories.iter() })
    }

    /// Refuses memories that changed on the way.
    pub(crate) fn same_memories(&mut self, before: &[Handle<MemoryId>], after: &[Handle<MemoryId>], span: Span) {
        let Some((was, is)) = before.iter().zip(after).find(|(was, is)| was != is) else { return };
        let (Some(was), Some(is)) = (self.own(*was, span), self.own(*is, span)) else { return };
        let name = |memory: MemoryId| self.builder.kernel().memory(memory).name.clone();
        let message = format!("a tile was exchanged for another: `{}` for `{}`", name(was), name(is));
        let refused = Diagnostic::new(Rule::InvalidOperand, message, span, "in this loop or branch")
            .with_label(self.builder.kernel().memory(was).span, "one tile")
            .with_label(self.builder.kernel().memory(is).span, "the other")
            .with_help("which memory a tile is cannot depend on the run: allocate one tile of twice the size, and carry an offset into it");
        self.builder.refuse(refused);
    }
}

impl Parts<'_> {
    fn value(&mut self, handle: Handle<ValueId>) {
        let arg = self.trace.arg(handle, self.span);
        self.values.push(arg);
    }
}

impl Taken<'_> {
    fn value(&mut self) -> Handle<ValueId> {
        let id = self.values.next().unwrap_or_else(|| self.trace.builder.invalid(self.span));
        self.trace.handle(id)
    }

    fn memory(&mut self) -> Handle<MemoryId> {
        *self.memories.next().expect("what was taken apart has the same shape as what is put together")
    }
}

impl<T: ValueType> Carried for Val<T> {
    fn give(self, parts: &mut Parts<'_>) {
        parts.value(self.handle);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        Val::new(parts.value())
    }
}

impl<T> Carried for Matrix<T> {
    fn give(self, parts: &mut Parts<'_>) {
        parts.value(self.handle);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        Matrix::new(parts.value())
    }
}

impl<T, const COLS: usize, const ROWS: usize> Carried for Mat<T, COLS, ROWS> {
    fn give(self, parts: &mut Parts<'_>) {
        parts.value(self.handle);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        Mat::new(parts.value())
    }
}

impl Carried for Event {
    fn give(self, parts: &mut Parts<'_>) {
        parts.value(self.handle);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        Event { handle: parts.value() }
    }
}

impl<T, S> Carried for Tile<T, S> {
    fn give(self, parts: &mut Parts<'_>) {
        parts.memories.push(self.handle);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        Tile::new(parts.memory())
    }
}

impl<M: Carried, D> Carried for InFlight<M, D> {
    fn give(self, parts: &mut Parts<'_>) {
        self.tile.give(parts);
        self.event.give(parts);
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        let tile = M::take(parts);
        InFlight { tile, event: Event::take(parts), direction: std::marker::PhantomData }
    }
}

impl<C: Carried, const N: usize> Carried for [C; N] {
    fn give(self, parts: &mut Parts<'_>) {
        for part in self {
            part.give(parts);
        }
    }

    fn take(parts: &mut Taken<'_>) -> Self {
        std::array::from_fn(|_| C::take(parts))
    }
}

macro_rules! tuples {
    ($( ($($part:ident)*) )*) => { $(
        impl<$($part: Carried),*> Carried for ($($part,)*) {
            #[allow(non_snake_case, unused_variables)] // the types' names serve as the parts'; () has no parts
            fn give(self, parts: &mut Parts<'_>) {
                let ($($part,)*) = self;
                $( $part.give(parts); )*
            }

            #[allow(unused_variables, clippy::unused_unit)] // () has no parts
            fn take(parts: &mut Taken<'_>) -> Self {
                ($($part::take(parts),)*)
            }
        }
    )* };
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }
