//! The kernel that is being traced: what free functions such as `barrier()` add to.
//!
//! A kernel's body runs once, on the thread that traces it, and every operation it performs goes to the innermost
//! trace of that thread. Handles (values, buffers, tiles) carry the number of their trace; one that is used in
//! another trace is refused with `foreign-value` instead of meaning something else there.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

use enigma_ir::{Arg, Builder, Diagnostic, Kernel, MemoryId, Opcode, Rule, Span, Type};

use crate::element::ValueType;
use crate::operand::Given;
use crate::value::Val;

thread_local! {
    static TRACES: RefCell<Vec<Trace>> = const { RefCell::new(Vec::new()) };
}

static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A kernel in the making.
#[doc(hidden)]
pub struct Trace {
    pub(crate) builder: Builder,
    number: u64,
    /// Allocations that still go by a name the builder gave them.
    pub(crate) unnamed: Vec<MemoryId>,
}

/// Something of a trace, and which trace that is.
#[doc(hidden)]
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Handle<Id> {
    pub(crate) id: Id,
    trace: u64,
}

impl Trace {
    /// The place in the source as a span of this kernel. Rust tells where an expression starts, not where it ends.
    pub(crate) fn span(&mut self, place: &Location<'_>) -> Span {
        let file = self.builder.files_mut().intern(place.file(), || None);
        Span { file, line: place.line(), column: place.column(), end_line: place.line(), end_column: 0 }
    }

    pub(crate) fn handle<Id>(&self, id: Id) -> Handle<Id> {
        Handle { id, trace: self.number }
    }

    /// The handle as an argument. One of another trace is refused.
    pub(crate) fn arg<Id: Into<Arg>>(&mut self, handle: Handle<Id>, span: Span) -> Arg {
        if handle.trace == self.number {
            return handle.id.into();
        }
        self.refuse_foreign(span);
        self.builder.invalid(span).into()
    }

    /// An operand as an argument.
    pub(crate) fn given(&mut self, given: Given, span: Span) -> Arg {
        match given {
            Given::Missing => Arg::Missing,
            Given::Literal(literal) => literal.into(),
            Given::Value(handle) => self.arg(handle, span),
        }
    }

    /// What the handle stands for, unless it is of another trace; that is refused.
    pub(crate) fn own<Id: Copy>(&mut self, handle: Handle<Id>, span: Span) -> Option<Id> {
        if handle.trace == self.number {
            return Some(handle.id);
        }
        self.refuse_foreign(span);
        None
    }

    fn refuse_foreign(&mut self, span: Span) {
        let message = "this belongs to another kernel, or to an earlier trace of this one";
        self.builder.refuse(
            Diagnostic::new(Rule::ForeignValue, message, span, "used here")
                .with_help("a value lives as long as the trace that made it: pass data between kernels in buffers"),
        );
    }

    /// Performs an operation that has a result of type `T`. Rust's operators keep their type where the kernel
    /// language promotes narrow integers to `int`, so the result is brought back to it.
    pub(crate) fn call<T: ValueType>(&mut self, code: Opcode, args: &[Arg], span: Span) -> Val<T> {
        let mut value = self.builder.value(code, args, span);
        let made = self.builder.kernel().ty(value);
        if let (true, Some(dtype)) = (made != T::TYPE && made != Type::Invalid, T::TYPE.dtype()) {
            value = self.builder.value(Opcode::Cast, &[value.into(), Arg::DType(dtype)], span);
        }
        Val::new(self.handle(value))
    }
}

/// Adds to the kernel that is being traced, at the place of the caller.
///
/// # Panics
///
/// Outside a kernel: there is nothing to add to.
#[track_caller]
pub(crate) fn with<R>(add: impl FnOnce(&mut Trace, Span) -> R) -> R {
    at(Location::caller(), add)
}

/// As [`with`], at another place than the caller's.
#[track_caller]
pub(crate) fn at<R>(place: &Location<'_>, add: impl FnOnce(&mut Trace, Span) -> R) -> R {
    TRACES.with_borrow_mut(|traces| match traces.last_mut() {
        Some(trace) => {
            let span = trace.span(place);
            add(trace, span)
        }
        None => panic!(
            "the kernel language is used outside a kernel, at {place}: call this in a function under `#[enigma::kernel]`, \
             or in a closure that is given to `enigma::build`"
        ),
    })
}

/// Adds to the kernel that is being traced if that is the one the handle is of.
pub(crate) fn if_current<Id>(handle: Handle<Id>, add: impl FnOnce(&mut Trace)) {
    TRACES.with_borrow_mut(|traces| match traces.last_mut() {
        Some(trace) if trace.number == handle.trace => add(trace),
        _ => {}
    });
}

/// Runs `body` with a trace of its own, and returns the kernel that it built.
pub(crate) fn trace(name: &str, place: &'static Location<'static>, body: impl FnOnce()) -> Kernel {
    let builder = Builder::new(name, place.file(), None, [place.line(), place.column(), place.line(), 0]);
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    let trace = Trace { builder, number, unnamed: Vec::new() };
    TRACES.with_borrow_mut(|traces| traces.push(trace));
    let open = Open;
    body();
    open.close().builder.finish()
}

/// The innermost trace of this thread; it ends also when the kernel's body panics.
struct Open;

impl Open {
    fn close(self) -> Trace {
        std::mem::forget(self);
        TRACES.with_borrow_mut(Vec::pop).expect("traces end in the reverse order of their beginnings")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        TRACES.with_borrow_mut(Vec::pop);
    }
}
