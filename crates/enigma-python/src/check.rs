//! Checked runs: what the checker reports, for Python.

use enigma_ir::{Diagnostics, Style};
use enigma_runtime as runtime;
use enigma_runtime::{Launch, Order};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::binding::{Argument, bind};
use crate::error::{enigma_error, findings_of};
use crate::launch::Statistics;
use crate::place::Place;
use crate::trace::Compiled;

/// What a check found.
#[pyclass(frozen, module = "enigma._core")]
pub struct Report {
    /// What the checker says.
    pub inner: runtime::Report,
    /// The kernel that ran; `None` for one that was refused.
    pub kernel: Option<Py<Compiled>>,
}

#[pymethods]
impl Report {
    /// The report as a JSON object.
    fn json(&self) -> String {
        self.inner.to_json().to_string()
    }

    /// The report as a compiler would print it.
    fn render(&self, colour: bool) -> String {
        self.inner.render(if colour { Style::Colour } else { Style::Plain })
    }

    /// The report as a piece of HTML.
    fn html(&self) -> String {
        self.inner.to_html()
    }

    /// The course of one threadgroup, as a page.
    fn timeline_html(&self) -> String {
        self.inner.timeline().to_html()
    }

    /// The course of one threadgroup, as a drawing.
    fn timeline_svg(&self) -> String {
        self.inner.timeline().to_svg()
    }

    /// The course of one threadgroup, in the trace format of Perfetto and Chrome.
    fn timeline_trace(&self) -> String {
        self.inner.timeline().to_trace().to_string()
    }

    /// The bytes of each parameter's buffer after the run, None for a `Scalar`. Nothing for a kernel that did not run.
    fn buffers<'py>(&self, py: Python<'py>) -> Vec<Option<Bound<'py, PyByteArray>>> {
        let bytes = |buffer: &Option<Vec<u8>>| buffer.as_deref().map(|bytes| PyByteArray::new(py, bytes));
        self.inner.buffers().iter().map(bytes).collect()
    }

    /// What the run did, as a launch reports it.
    fn statistics(&self) -> Statistics {
        runtime::Statistics::from(self.inner.figures()).into()
    }

    /// Raises `EnigmaError` with all errors, if there are any.
    fn raise_if_errors(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.errors().map_err(|found| enigma_error(py, &found))
    }

    /// Writes what the kernel wrote into the arguments that the run was given, as a launch does.
    fn write_back(&self, py: Python<'_>, arguments: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let Some(kernel) = self.kernel.as_ref().map(Py::get) else { return Ok(()) };
        let bound = bind(kernel.inner.kernel(), &arguments).map_err(|found| enigma_error(py, &found))?;
        for ((argument, bytes), is_written) in bound.iter().zip(self.inner.buffers()).zip(kernel.written()) {
            if let (Argument::Buffer(array), Some(bytes), true) = (argument, bytes, is_written) {
                array.overwrite(bytes);
            }
        }
        Ok(())
    }
}

/// The report on a kernel that was refused when it was traced, made of the exception that said so.
#[pyfunction]
pub fn refused(
    error: &Bound<'_, PyAny>,
    kernel: &str,
    grid: [u32; 3],
    threads: [u32; 3],
    order: &Bound<'_, PyAny>,
) -> PyResult<Report> {
    let order = parse(order)?;
    let Some(found) = findings_of(error) else { return Err(PyErr::from_value(error.clone())) };
    let inner = runtime::Report::refused(kernel, Launch { grid, threads }, order, &found);
    Ok(Report { inner, kernel: None })
}

/// Refuses what is no completion order.
#[pyfunction]
pub fn check_order(order: &Bound<'_, PyAny>) -> PyResult<()> {
    parse(order).map(|_| ())
}

/// Reads a completion order; what is none is refused at the place of the user's code that gave it.
pub fn parse(order: &Bound<'_, PyAny>) -> PyResult<Order> {
    let py = order.py();
    match Order::parse(&order.str()?.to_string_lossy()) {
        Ok(order) => Ok(order),
        Err(refusal) => {
            let mut files = enigma_ir::SourceFiles::default();
            let span = Place::of_caller(py)?.span(&mut files);
            let found = Diagnostics::new(vec![refusal.with_label(span, "asked for here")], files);
            Err(enigma_error(py, &found))
        }
    }
}
