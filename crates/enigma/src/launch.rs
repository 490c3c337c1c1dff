//! Compiled kernels, and launching them with slices and numbers whose types the compiler checks.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::OnceLock;

use enigma_ir::{Diagnostic, Diagnostics, Rule};
use enigma_runtime::{Argument, Constant, Emission, Launch, Order, Report, Runtime, Statistics};

use crate::element::Element;
use crate::memory::Buffer;
use crate::value::Val;

/// A verified kernel whose parameters are `P`, ready to launch. It derefs to the untyped
/// [`enigma_runtime::Compiled`], which gives its Metal source.
pub struct Compiled<P> {
    untyped: enigma_runtime::Compiled,
    params: PhantomData<fn(P)>,
}

impl<P> Compiled<P> {
    pub(crate) fn new(untyped: enigma_runtime::Compiled) -> Self {
        Compiled { untyped, params: PhantomData }
    }

    /// The kernel with numbers in the place of its function constants; see [`function_constant`](crate::function_constant).
    ///
    /// # Errors
    ///
    /// `invalid-binding` when they are not one number of the right type for each function constant; and what they make
    /// wrong with the kernel.
    pub fn specialise(&self, constants: &[Constant]) -> Result<Compiled<P>, Diagnostics> {
        self.untyped.specialise(constants).map(Compiled::new)
    }

    /// The kernel with accesses of `width` consecutive elements joined; see
    /// [`enigma_runtime::Compiled::widened`].
    ///
    /// # Errors
    ///
    /// `invalid-operand` for a width other than 0 to 4.
    pub fn widened(&self, width: u32) -> Result<Compiled<P>, Diagnostics> {
        self.untyped.widened(width).map(Compiled::new)
    }

    /// The kernel emitted for Metal in that way; see [`enigma_runtime::Compiled::emitted`].
    ///
    /// ```
    /// use enigma::prelude::*;
    /// use enigma::{Choice, Emission, Lowering, target::System};
    ///
    /// #[enigma::kernel]
    /// fn double(x: Buffer<f32>) {
    ///     let i = thread_position_in_grid();
    ///     x.store(i, x.load(i) * 2.0);
    /// }
    ///
    /// let choice = Choice::Fixed(Lowering::Air);
    /// let emission = Emission { choice, system: Some(System::MacOs26), ..Emission::default() };
    /// let kernel = double().compile()?.emitted(emission);
    /// assert_eq!(kernel.lowering()?.lowering, Lowering::Air);
    /// assert!(kernel.metallib()?.starts_with(b"MTLB"));
    /// # Ok::<(), Diagnostics>(())
    /// ```
    #[must_use]
    pub fn emitted(&self, emission: Emission) -> Compiled<P> {
        Compiled::new(self.untyped.emitted(emission))
    }

    /// Runs the kernel on the default device: `grid` threads, in threadgroups of `threads`. `arguments` is a tuple with
    /// one argument for each parameter, in order: slices for buffers (`&mut` for those that the kernel writes), numbers
    /// for values.
    ///
    /// # Errors
    ///
    /// When an argument does not fit its parameter (`invalid-binding`), when the launch is more than the device has
    /// (`resource-limit`), and when the kernel does something wrong while it runs.
    pub fn launch<'a>(
        &self,
        grid: impl Into<Extent>,
        threads: impl Into<Extent>,
        arguments: impl Arguments<'a, P>,
    ) -> Result<Statistics, Diagnostics> {
        self.launch_on(default_runtime()?, grid, threads, arguments)
    }

    /// As [`launch`](Compiled::launch), on the device that `runtime` has open.
    ///
    /// # Errors
    ///
    /// As for [`launch`](Compiled::launch).
    pub fn launch_on<'a>(
        &self,
        runtime: &Runtime,
        grid: impl Into<Extent>,
        threads: impl Into<Extent>,
        arguments: impl Arguments<'a, P>,
    ) -> Result<Statistics, Diagnostics> {
        runtime.dispatch(&self.untyped, &shape(grid, threads)?, &arguments.bind())
    }

    /// Runs the kernel under the checker, on the CPU, and reports every misuse of a copy in flight and all else that is wrong
    /// with what it does. The arguments are those of a [`launch`](Compiled::launch). They stay as they are, so that `&`
    /// will do for what the kernel writes: that is in the report.
    ///
    /// What is wrong on every run does not come so far: [`Kernel::compile`](crate::Kernel::compile) refuses it.
    ///
    /// ```
    /// use enigma::prelude::*;
    ///
    /// #[enigma::kernel]
    /// fn mirror(a: Buffer<f32>, out: Buffer<f32>) {
    ///     let tile = threadgroup::<f32>(64);
    ///     let i = thread_index_in_threadgroup();
    ///     tile.store(i, a.load(i));
    ///     out.store(i, tile.load(63 - i)); // which another thread has stored, or will
    /// }
    ///
    /// let a: Vec<f32> = (0..64).map(|i| i as f32).collect();
    /// let report = mirror().compile()?.check(64, 64, (&a, &vec![0.0; 64]))?;
    /// let race = &report.findings()[0];
    /// assert_eq!(race.diagnostic.rule, Rule::DataRace);
    /// assert_eq!(race.diagnostic.help, ["put a barrier between the two: barrier()"]);
    /// assert_eq!(race.count, 64);
    /// # Ok::<(), Diagnostics>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid-binding` and `resource-limit`, before anything runs. What the kernel does wrong is in the report;
    /// [`Report::errors`] makes an error of it.
    pub fn check<'a>(
        &self,
        grid: impl Into<Extent>,
        threads: impl Into<Extent>,
        arguments: impl Arguments<'a, P>,
    ) -> Result<Report, Diagnostics> {
        self.check_in(Order::default(), grid, threads, arguments)
    }

    /// As [`check`](Compiled::check), with copies in flight that move their elements when `order` says, in place of
    /// [`Order::Late`]. The findings are the same in every order; what a wrong kernel computes is not.
    ///
    /// # Errors
    ///
    /// As for [`check`](Compiled::check).
    pub fn check_in<'a>(
        &self,
        order: Order,
        grid: impl Into<Extent>,
        threads: impl Into<Extent>,
        arguments: impl Arguments<'a, P>,
    ) -> Result<Report, Diagnostics> {
        let report = default_runtime()?.check(&self.untyped, &shape(grid, threads)?, &arguments.bind(), order)?;
        report.printed().iter().for_each(|line| println!("{line}"));
        Ok(report)
    }
}

fn default_runtime() -> Result<&'static Runtime, Diagnostics> {
    static DEFAULT: OnceLock<Result<Runtime, Diagnostics>> = OnceLock::new();
    DEFAULT.get_or_init(|| Runtime::new("auto")).as_ref().map_err(Clone::clone)
}

fn shape(grid: impl Into<Extent>, threads: impl Into<Extent>) -> Result<Launch, Diagnostics> {
    Ok(Launch { grid: grid.into().count("grid")?, threads: threads.into().count("threads")? })
}

impl<P> Deref for Compiled<P> {
    type Target = enigma_runtime::Compiled;

    fn deref(&self) -> &Self::Target {
        &self.untyped
    }
}

impl<P> fmt::Debug for Compiled<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&enigma_ir::print(self.kernel()))
    }
}

/// A number of threads in up to three dimensions: `4096`, `(64, 64)` or `(8, 8, 8)`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Extent([usize; 3]);

impl Extent {
    fn count(self, what: &str) -> Result<[u32; 3], Diagnostics> {
        let [x, y, z] = self.0.map(u32::try_from);
        match (x, y, z) {
            (Ok(x), Ok(y), Ok(z)) => Ok([x, y, z]),
            _ => {
                let message = format!("`{what}` is {:?}: no dimension may exceed {}", self.0, u32::MAX);
                Err(Diagnostic::placeless(Rule::InvalidBinding, message).into())
            }
        }
    }
}

impl From<usize> for Extent {
    fn from(x: usize) -> Self {
        Extent([x, 1, 1])
    }
}

impl From<(usize, usize)> for Extent {
    fn from((x, y): (usize, usize)) -> Self {
        Extent([x, y, 1])
    }
}

impl From<(usize, usize, usize)> for Extent {
    fn from((x, y, z): (usize, usize, usize)) -> Self {
        Extent([x, y, z])
    }
}

/// The arguments of a launch of a kernel with parameters `P`: a tuple with one argument for each.
#[diagnostic::on_unimplemented(
    message = "these arguments do not fit the kernel's parameters",
    label = "expected one argument for each of `{P}`",
    note = "a `Buffer<T>` takes `&[T]`, or `&mut [T]` if the kernel writes it; a `Val<T>` takes a `T`; one argument alone is `(&x,)`"
)]
pub trait Arguments<'a, P> {
    #[doc(hidden)]
    fn bind(self) -> Vec<Argument<'a>>;
}

/// What a parameter `P` can be bound to: a [`Buffer<T>`](Buffer) to a slice, array or `Vec` of `T`, borrowed mutably if the
/// kernel writes it; a [`Val<T>`](Val) to a `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a parameter `{P}`",
    note = "a `Buffer<T>` takes `&[T]`, or `&mut [T]` if the kernel writes it; a `Val<T>` takes a `T`"
)]
pub trait Bind<'a, P> {
    #[doc(hidden)]
    fn bind(self) -> Argument<'a>;
}

impl<'a, T: Element> Bind<'a, Val<T>> for T {
    fn bind(self) -> Argument<'a> {
        Argument::Scalar(self.literal())
    }
}

macro_rules! buffers {
    ($( [$($generics:tt)*] $data:ty; )*) => { $(
        impl<'a, T: Element, $($generics)*> Bind<'a, Buffer<T>> for &'a $data {
            fn bind(self) -> Argument<'a> {
                Argument::Buffer(enigma_runtime::Buffer::read(T::DTYPE, self))
            }
        }

        impl<'a, T: Element, $($generics)*> Bind<'a, Buffer<T>> for &'a mut $data {
            fn bind(self) -> Argument<'a> {
                Argument::Buffer(enigma_runtime::Buffer::write(T::DTYPE, self))
            }
        }
    )* };
}

buffers! {
    [] [T];
    [] Vec<T>;
    [const N: usize] [T; N];
}
