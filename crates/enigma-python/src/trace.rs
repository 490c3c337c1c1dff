//! The kernels being traced on this thread, and the way from a Python function to a verified kernel.
//!
//! No Python code runs while the stack of tracers is borrowed: arguments and places are read before, objects are
//! made after.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use enigma_ir::{Binding, Builder, DType, Diagnostic, Diagnostics, Kernel, Rule, SourceFiles, Span, Type, ValueId};
use pyo3::exceptions::{PyAttributeError, PyException, PyNotImplementedError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyType};

use crate::argument::dtype;
use crate::constants;
use crate::emission;
use crate::error::{enigma_error, error_at, is_enigma_error};
use crate::locked;
use crate::place::Place;
use crate::tensor::{Memory, Tensor};
use crate::value::wrap;

/// A kernel that is being traced.
pub struct Tracer {
    /// Tells its values from those of other kernels.
    pub kernel: u64,
    /// What makes it.
    pub builder: Builder,
    /// The loops and branches that are open, outermost first.
    open: Vec<u64>,
}

impl Tracer {
    /// A place as a span of this kernel.
    pub fn span(&mut self, place: &Place) -> Span {
        place.span(self.builder.files_mut())
    }

    /// Notes that a loop or branch was opened; returns a number of its own.
    pub fn open(&mut self) -> u64 {
        let number = unique();
        self.open.push(number);
        number
    }

    /// Whether that loop or branch is the innermost open one; anything else is refused.
    pub fn innermost(&mut self, number: u64, span: Span) -> bool {
        if self.open.last() == Some(&number) {
            return true;
        }
        let message = "a loop or branch is left that is not the innermost open one";
        self.builder.refuse(
            Diagnostic::new(Rule::InvalidKernel, message, span, "this one")
                .with_help("open and close it by a `with` statement"),
        );
        false
    }

    /// Notes that a loop or branch is closed, if it is the innermost open one.
    pub fn close(&mut self, number: u64, span: Span) -> bool {
        let innermost = self.innermost(number, span);
        if innermost {
            self.open.pop();
        }
        innermost
    }
}

/// A number that was not given before.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

thread_local! {
    static TRACERS: RefCell<Vec<Tracer>> = const { RefCell::new(Vec::new()) };
}

/// Does something to the kernel being traced; `what` names it for the error that is raised when there is none.
pub fn with<R>(py: Python<'_>, place: &Place, what: &str, act: impl FnOnce(&mut Tracer, Span) -> R) -> PyResult<R> {
    let done = TRACERS.with_borrow_mut(|tracers| {
        let tracer = tracers.last_mut()?;
        let span = tracer.span(place);
        Some(act(tracer, span))
    });
    done.ok_or_else(|| {
        let message = format!("`{what}` is used outside a kernel");
        let help =
            "it records an operation of the kernel being traced: call it in a function decorated with `@enigma.kernel`";
        error_at(py, place, Rule::InvalidKernel, message, "no kernel is being traced here", help)
    })
}

/// Records a finding of the kernel being traced and makes the exception that stops the tracing.
pub fn refuse(py: Python<'_>, rule: Rule, message: String, label: &str, help: &str) -> PyResult<PyErr> {
    let place = Place::of_caller(py)?;
    TRACERS.with_borrow_mut(|tracers| {
        if let Some(tracer) = tracers.last_mut() {
            let span = tracer.span(&place);
            tracer.builder.refuse(Diagnostic::new(rule, message.clone(), span, label).with_help(help));
        }
    });
    Ok(error_at(py, &place, rule, message, label, help))
}

/// Records a finding of the kernel being traced, if one is.
pub fn note(make: impl Fn(&mut SourceFiles) -> Diagnostic) {
    TRACERS.with_borrow_mut(|tracers| {
        if let Some(tracer) = tracers.last_mut() {
            let diagnostic = make(tracer.builder.files_mut());
            tracer.builder.refuse(diagnostic);
        }
    });
}

/// Whether a kernel is being traced on this thread.
#[pyfunction]
pub fn is_tracing() -> bool {
    TRACERS.with_borrow(|tracers| !tracers.is_empty())
}

/// The type of a value, when its kernel is the one being traced.
pub fn type_of(kernel: u64, id: ValueId) -> Option<Type> {
    TRACERS.with_borrow(|tracers| {
        let tracer = tracers.last().filter(|tracer| tracer.kernel == kernel)?;
        Some(tracer.builder.kernel().ty(id))
    })
}

/// A parameter as the package's Python code read it off the signature: its name, its element type, whether it is
/// a `Scalar`, and its line, column, end line and end column.
#[derive(FromPyObject)]
pub struct Parameter<'py>(String, Bound<'py, PyType>, bool, [u32; 4]);

/// Traces a function into a verified kernel.
///
/// `path` and `text` are of the file that declares it (`text` is `None` when it is on disk), `span` is its place
/// there: line, column, end line, end column. Raises `EnigmaError` with everything that is wrong with the kernel.
#[pyfunction]
pub fn trace(
    py: Python<'_>,
    function: &Bound<'_, PyAny>,
    name: &str,
    path: &str,
    text: Option<&str>,
    span: [u32; 4],
    parameters: Vec<Parameter<'_>>,
) -> PyResult<Compiled> {
    let builder = Builder::new(name, path, text.map(Into::into), span);
    let mut tracer = Tracer { kernel: unique(), builder, open: Vec::new() };
    let arguments = arguments(py, &mut tracer, parameters)?;
    let opened = Opened::push(tracer);
    let outcome = function.call1(arguments);
    let builder = opened.pop();
    let builder = match (outcome, builder) {
        (Ok(returned), Some(builder)) => nothing_returned(&returned, builder),
        (Err(raised), Some(builder)) => return Err(explained(py, raised, builder)),
        (Err(raised), None) => return Err(raised),
        (Ok(_), None) => unreachable!("the tracer that was pushed is popped here and nowhere else"),
    };
    Compiled::new(py, builder.finish())
}

fn arguments<'py>(
    py: Python<'py>,
    tracer: &mut Tracer,
    parameters: Vec<Parameter<'py>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let file = tracer.builder.kernel().span().file;
    let mut arguments = Vec::with_capacity(parameters.len());
    for Parameter(name, class, is_scalar, [line, column, end_line, end_column]) in parameters {
        let span = Span { file, line, column, end_line, end_column };
        let dtype = dtype(class.as_any()).unwrap_or(DType::F32);
        arguments.push(match is_scalar {
            true => wrap(py, tracer.kernel, tracer.builder.scalar_param(&name, dtype, span), false)?,
            false => {
                let id = tracer.builder.buffer_param(&name, dtype, span);
                let memory = Memory { kernel: tracer.kernel, id, name, dtype, length: None };
                Py::new(py, Tensor { memory })?.into_any()
            }
        });
    }
    PyTuple::new(py, arguments)
}

fn nothing_returned(returned: &Bound<'_, PyAny>, mut builder: Builder) -> Builder {
    if !returned.is_none() {
        let span = builder.kernel().span();
        let message = format!("the kernel `{}` returns a value", builder.kernel().name());
        builder.refuse(
            Diagnostic::new(Rule::InvalidKernel, message, span, "this kernel")
                .with_help("a kernel returns nothing: write results to a buffer, `Out[i] = value`"),
        );
    }
    builder
}

/// What to raise when the kernel's code raised: everything refused so far, if anything was, since that is the
/// likelier cause; else the exception itself. What Python refuses to do with objects is a finding like any other.
fn explained(py: Python<'_>, raised: PyErr, mut builder: Builder) -> PyErr {
    let ordinary = raised.is_instance_of::<PyException>(py);
    if ordinary && !builder.has_refused() && is_about_objects(py, &raised) {
        let finding = refused_by_python(py, &raised, &mut builder);
        builder.refuse(finding);
    }
    if !ordinary || !builder.has_refused() {
        return raised;
    }
    let kernel = builder.kernel();
    let error = enigma_error(py, &Diagnostics::new(builder.refused().to_vec(), kernel.files().clone()));
    if !is_enigma_error(py, &raised) {
        error.set_cause(py, Some(raised));
    }
    error
}

/// Whether Python found that an object cannot do what is asked of it, rather than the program's own `raise`.
fn is_about_objects(py: Python<'_>, raised: &PyErr) -> bool {
    let kind = raised.is_instance_of::<PyTypeError>(py)
        || raised.is_instance_of::<PyAttributeError>(py)
        || raised.is_instance_of::<PyNotImplementedError>(py);
    kind && !Place::of_raise(py, raised).ok().flatten().is_some_and(|place| place.raises(py).unwrap_or(false))
}

/// What there is in place of something that Python's own operators and functions do not do with traced values: a piece
/// of Python's message, and the remedy.
const REMEDIES: [(&str, &str); 4] = [
    ("for @:", "write `enigma.matmul(a, b)`"),
    ("divmod()", "write `x // y` and `x % y`"),
    ("__round__", "write `enigma.round(x)`"),
    ("'enigma.Tensor'", "a tensor is read element by element: `A[i]`"),
];

fn refused_by_python(py: Python<'_>, raised: &PyErr, builder: &mut Builder) -> Diagnostic {
    let place = Place::of_raise(py, raised).ok().flatten();
    let span = place.map_or(builder.kernel().span(), |place| place.span(builder.files_mut()));
    let message = raised
        .value(py)
        .str()
        .map_or_else(|_| raised.get_type(py).to_string(), |text| text.to_string_lossy().into_owned());
    let remedy = REMEDIES.iter().find(|(part, _)| message.contains(part)).map(|(_, remedy)| *remedy);
    let finding =
        Diagnostic::new(Rule::InvalidKernel, message, span, "Python cannot do this while the kernel is traced");
    match remedy {
        Some(remedy) => finding.with_help(remedy),
        None => finding,
    }
}

/// A tracer on the stack; it leaves the stack whatever happens.
struct Opened {
    depth: usize,
}

impl Opened {
    fn push(tracer: Tracer) -> Opened {
        TRACERS.with_borrow_mut(|tracers| {
            tracers.push(tracer);
            Opened { depth: tracers.len() }
        })
    }

    fn pop(self) -> Option<Builder> {
        TRACERS.with_borrow_mut(|tracers| {
            tracers.truncate(self.depth);
            tracers.pop().map(|tracer| tracer.builder)
        })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        TRACERS.with_borrow_mut(|tracers| tracers.truncate(self.depth - 1));
    }
}

/// A verified kernel.
#[pyclass(frozen, module = "enigma._core")]
pub struct Compiled {
    /// What the runtime takes.
    pub inner: enigma_runtime::Compiled,
    /// The same kernel with numbers for its function constants, by how these are written.
    specialised: Mutex<HashMap<String, Py<Compiled>>>,
}

impl Compiled {
    fn new(py: Python<'_>, kernel: Kernel) -> PyResult<Compiled> {
        Compiled::of(py, enigma_runtime::Compiled::new(kernel))
    }

    fn of(py: Python<'_>, made: Result<enigma_runtime::Compiled, Diagnostics>) -> PyResult<Compiled> {
        let inner = made.map_err(|found| enigma_error(py, &found))?;
        Ok(Compiled { inner, specialised: Mutex::default() })
    }

    /// Whether the kernel writes it, for each parameter.
    pub fn written(&self) -> impl Iterator<Item = bool> {
        let kernel = self.inner.kernel();
        kernel.params().iter().map(|param| match param.binding {
            Binding::Scalar(_) => false,
            Binding::Buffer(memory) => kernel.writes(memory),
        })
    }
}

#[pymethods]
impl Compiled {
    /// The kernel's name.
    #[getter]
    fn name(&self) -> &str {
        self.inner.kernel().name()
    }

    /// Name, dtype, whether it is a `Scalar`, and whether the kernel writes it, for each parameter.
    #[getter]
    fn parameters(&self) -> Vec<(String, &'static str, bool, bool)> {
        let describe = |(p, is_written): (&enigma_ir::KernelParam, bool)| {
            (p.name.clone(), p.dtype.msl(), matches!(p.binding, Binding::Scalar(_)), is_written)
        };
        self.inner.kernel().params().iter().zip(self.written()).map(describe).collect()
    }

    /// The same kernel, in which accesses of so many consecutive elements are joined.
    fn widened(&self, py: Python<'_>, width: u32) -> PyResult<Compiled> {
        Compiled::of(py, self.inner.widened(width))
    }

    /// The same kernel with numbers in the place of its function constants, `{index: (type, number)}`; made once for the
    /// same numbers.
    fn specialise(&self, py: Python<'_>, constants: &Bound<'_, PyAny>) -> PyResult<Py<Compiled>> {
        let constants = constants::read(py, constants)?;
        let written = format!("{constants:?}");
        if let Some(made) = locked(&self.specialised).get(&written) {
            return Ok(made.clone_ref(py));
        }
        let made = Py::new(py, Compiled::of(py, self.inner.specialise(&constants))?)?;
        locked(&self.specialised).insert(written, made.clone_ref(py));
        Ok(made)
    }

    /// Warnings and advice, as a JSON array.
    fn remarks(&self) -> String {
        let kernel = self.inner.kernel();
        Diagnostics::new(kernel.remarks().to_vec(), kernel.files().clone()).to_json().to_string()
    }

    /// The same kernel, emitted for Metal as these options of `enigma.compile` say.
    fn emitted(
        &self,
        py: Python<'_>,
        async_lowering: &Bound<'_, PyAny>,
        target_os: &Bound<'_, PyAny>,
        gpu_family: &Bound<'_, PyAny>,
        linear_copy: &Bound<'_, PyAny>,
        read_back: &Bound<'_, PyAny>,
    ) -> PyResult<Compiled> {
        let options = emission::Options { async_lowering, target_os, gpu_family, linear_copy, read_back };
        Compiled::of(py, Ok(self.inner.emitted(options.read(py)?)))
    }

    /// The name of the lowering of asynchronous copies, and why it is that one.
    fn lowering(&self, py: Python<'_>) -> PyResult<(&'static str, &str)> {
        let chosen = py.detach(|| self.inner.lowering()).map_err(|found| enigma_error(py, &found))?;
        Ok((chosen.lowering.name(), &chosen.reason))
    }

    /// The kernel in the Metal Shading Language, under the lowering that was taken.
    fn metal_source(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.inner.chosen_source()).map_err(|found| enigma_error(py, &found))
    }

    /// The kernel as the text of LLVM IR, in the dialect of Metal.
    fn air_source(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.inner.air_source()).map_err(|found| enigma_error(py, &found))
    }

    /// The kernel as a `.metallib`.
    fn metallib<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        library(py, &[&self.inner])
    }

    /// The kernel as an MLIR module.
    fn mlir_source(&self) -> String {
        self.inner.mlir_source()
    }

    /// The kernel as text for people.
    fn ir(&self) -> String {
        enigma_ir::print(self.inner.kernel())
    }
}

/// Kernels as one `.metallib`, in their order.
#[pyfunction]
pub fn metallib<'py>(py: Python<'py>, kernels: Vec<Bound<'py, Compiled>>) -> PyResult<Bound<'py, PyBytes>> {
    let kernels: Vec<&enigma_runtime::Compiled> = kernels.iter().map(|kernel| &kernel.get().inner).collect();
    library(py, &kernels)
}

fn library<'py>(py: Python<'py>, kernels: &[&enigma_runtime::Compiled]) -> PyResult<Bound<'py, PyBytes>> {
    let library = py.detach(|| enigma_runtime::metallib(kernels)).map_err(|found| enigma_error(py, &found))?;
    Ok(PyBytes::new(py, &library))
}
