//! Kernels: what can be traced and compiled.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use enigma_ir::Diagnostics;

use crate::element::Element;
use crate::launch::Compiled;
use crate::memory::Buffer;
use crate::trace::{self, Trace};
use crate::value::Val;

/// A traced kernel whose parameters are `P`, a tuple of [`Buffer`]s and [`Val`]s.
///
/// A function under [`#[enigma::kernel]`](macro@crate::kernel) returns one; [`build`] makes one from a closure.
#[derive(Clone)]
pub struct Kernel<P> {
    ir: enigma_ir::Kernel,
    params: PhantomData<fn(P)>,
}

impl<P> Kernel<P> {
    /// The kernel as data, before it is verified.
    pub fn ir(&self) -> &enigma_ir::Kernel {
        &self.ir
    }

    /// Verifies the kernel.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place in the source.
    pub fn compile(self) -> Result<Compiled<P>, Diagnostics> {
        enigma_runtime::Compiled::new(self.ir).map(Compiled::new)
    }
}

impl<P> fmt::Debug for Kernel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&enigma_ir::print(&self.ir))
    }
}

/// Traces a kernel that is made at run time: `body` may be generic over element types and may use what it captures,
/// as sizes. `names` names its parameters, in order.
///
/// ```
/// use enigma::prelude::*;
///
/// fn scale<T: Element + Number>(by: T) -> Kernel<(Buffer<T>, Buffer<T>)> {
///     enigma::build("scale", ["x", "out"], |x: Buffer<T>, out: Buffer<T>| {
///         let i = thread_position_in_grid();
///         out.store(i, x.load(i) * by);
///     })
/// }
/// # scale(2.0).compile().unwrap();
/// ```
#[track_caller]
pub fn build<P, N, const K: usize>(name: &str, names: [N; K], body: impl Body<P>) -> Kernel<P>
where
    P: Params<K>,
    N: Into<ParamName>,
{
    let place = Location::caller();
    let names = names.map(Into::into);
    let ir = trace::trace(name, place, || body.run(P::declare(names, place)));
    Kernel { ir, params: PhantomData }
}

/// What a parameter is called, and where that stands.
#[doc(hidden)]
#[derive(Copy, Clone, Debug)]
pub struct ParamName {
    pub(crate) name: &'static str,
    pub(crate) place: Option<&'static Location<'static>>,
}

impl ParamName {
    /// A parameter declared at the place of the caller.
    #[track_caller]
    pub fn here(name: &'static str) -> Self {
        ParamName { name, place: Some(Location::caller()) }
    }
}

impl From<&'static str> for ParamName {
    fn from(name: &'static str) -> Self {
        ParamName { name, place: None }
    }
}

/// What a kernel takes: a [`Buffer`] of device memory, or a [`Val`], a number that is the same for the whole grid.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a kernel",
    label = "not a parameter",
    note = "a kernel takes `Buffer<T>`, bound to a slice at launch, and `Val<T>`, bound to a number"
)]
pub trait Param: Sized {
    #[doc(hidden)]
    fn declare(trace: &mut Trace, name: &str, span: enigma_ir::Span) -> Self;
}

impl<T: Element> Param for Buffer<T> {
    fn declare(trace: &mut Trace, name: &str, span: enigma_ir::Span) -> Self {
        let id = trace.builder.buffer_param(name, T::DTYPE, span);
        Buffer::new(trace.handle(id))
    }
}

impl<T: Element> Param for Val<T> {
    fn declare(trace: &mut Trace, name: &str, span: enigma_ir::Span) -> Self {
        let id = trace.builder.scalar_param(name, T::DTYPE, span);
        Val::new(trace.handle(id))
    }
}

/// The parameters of a kernel: a tuple of `K` [`Param`]s, at most sixteen.
#[diagnostic::on_unimplemented(
    message = "{K} names for the parameters `{Self}`",
    note = "`build` takes one name for each parameter of the closure, whose types are given: |x: Buffer<f32>, n: Val<u32>|"
)]
pub trait Params<const K: usize>: Sized {
    #[doc(hidden)]
    fn declare(names: [ParamName; K], place: &'static Location<'static>) -> Self;
}

/// The body of a kernel: a closure of its parameters.
#[diagnostic::on_unimplemented(
    message = "this is not the body of a kernel",
    note = "the body is a closure that takes `Buffer`s and `Val`s, at most sixteen, and returns nothing"
)]
pub trait Body<P> {
    #[doc(hidden)]
    fn run(self, params: P);
}
