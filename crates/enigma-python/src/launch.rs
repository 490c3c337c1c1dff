//! Devices and launches.

use enigma_runtime as runtime;
use enigma_runtime::Launch;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::argument::describe;
use crate::binding::{Argument, bind};
use crate::check::{self, Report};
use crate::error::enigma_error;
use crate::trace::Compiled;

/// An open device.
#[pyclass(frozen, module = "enigma._core")]
pub struct Runtime {
    inner: runtime::Runtime,
}

#[pymethods]
impl Runtime {
    #[new]
    fn new(py: Python<'_>, device: &Bound<'_, PyAny>) -> PyResult<Runtime> {
        let name =
            device.cast::<PyString>().map_or_else(|_| describe(device), |name| name.to_string_lossy().into_owned());
        let inner = runtime::Runtime::new(&name).map_err(|found| enigma_error(py, &found))?;
        Ok(Runtime { inner })
    }

    /// What the device can do.
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities().into()
    }

    /// Runs a kernel: `grid` threads in threadgroups of `threads`, with one argument for each parameter. Other Python
    /// threads go on meanwhile.
    fn dispatch(
        &self,
        py: Python<'_>,
        kernel: &Compiled,
        grid: [u32; 3],
        threads: [u32; 3],
        arguments: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Statistics> {
        let bound = bind(kernel.inner.kernel(), &arguments).map_err(|found| enigma_error(py, &found))?;
        let launch = Launch { grid, threads };
        let printout = runtime::Printout::default();
        let done = py.detach(|| {
            let arguments: Vec<runtime::Argument<'_>> = bound.iter().map(lent).collect();
            self.inner.dispatch_into(&kernel.inner, &launch, &arguments, &printout)
        });
        print(py, &printout.lines())?;
        Ok(Statistics { inner: done.map_err(|found| enigma_error(py, &found))? })
    }

    /// Runs a kernel under the checker, on copies of its arguments. Other Python threads go on meanwhile.
    fn check(
        &self,
        py: Python<'_>,
        kernel: Py<Compiled>,
        grid: [u32; 3],
        threads: [u32; 3],
        arguments: Vec<Bound<'_, PyAny>>,
        order: &Bound<'_, PyAny>,
    ) -> PyResult<Report> {
        let order = check::parse(order)?;
        let compiled = &kernel.get().inner;
        let bound = bind(compiled.kernel(), &arguments).map_err(|found| enigma_error(py, &found))?;
        let launch = Launch { grid, threads };
        let done = py.detach(|| {
            let arguments: Vec<runtime::Argument<'_>> = bound.iter().map(lent).collect();
            self.inner.check(compiled, &launch, &arguments, order)
        });
        let inner = done.map_err(|found| enigma_error(py, &found))?;
        print(py, inner.printed())?;
        Ok(Report { inner, kernel: Some(kernel) })
    }
}

/// Writes what a kernel has printed to Python's `sys.stdout`, whatever that is just now.
fn print(py: Python<'_>, lines: &[String]) -> PyResult<()> {
    let stdout = py.import("sys")?.getattr("stdout")?;
    if lines.is_empty() || stdout.is_none() {
        return Ok(());
    }
    stdout.call_method1("write", (lines.join("\n") + "\n",)).map(drop)
}

fn lent(argument: &Argument) -> runtime::Argument<'_> {
    match argument {
        Argument::Scalar(literal) => runtime::Argument::Scalar(*literal),
        Argument::Buffer(array) => runtime::Argument::Buffer(array.lend()),
    }
}

/// What a launch did.
#[pyclass(frozen, module = "enigma", name = "Statistics")]
pub struct Statistics {
    inner: runtime::Statistics,
}

impl From<runtime::Statistics> for Statistics {
    fn from(inner: runtime::Statistics) -> Self {
        Statistics { inner }
    }
}

#[pymethods]
impl Statistics {
    /// Number of threadgroups that ran.
    #[getter]
    fn threadgroups(&self) -> u64 {
        self.inner.threadgroups
    }

    /// Number of asynchronous copies that were issued; None on a GPU, which counts nothing.
    #[getter]
    fn copies(&self) -> Option<u64> {
        self.inner.copies
    }

    /// Number of bytes that they moved; None on a GPU.
    #[getter]
    fn bytes_copied(&self) -> Option<u64> {
        self.inner.bytes_copied
    }

    /// The most copies that were in flight at a time in one threadgroup; None on a GPU.
    #[getter]
    fn max_in_flight(&self) -> Option<u64> {
        self.inner.max_in_flight
    }

    /// How many microseconds the GPU took; None on the CPU.
    #[getter]
    fn gpu_time_us(&self) -> Option<f64> {
        self.inner.gpu_time.map(|time| time.as_secs_f64() * 1e6)
    }

    fn __repr__(&self) -> String {
        let s = &self.inner;
        let counts = [("copies", s.copies), ("bytes_copied", s.bytes_copied), ("max_in_flight", s.max_in_flight)];
        let counts = counts.into_iter().filter_map(|(name, count)| Some(format!(", {name}={}", count?)));
        let time = self.gpu_time_us().map(|time| format!(", gpu_time_us={time:.1}"));
        format!("Statistics(threadgroups={}{})", s.threadgroups, counts.chain(time).collect::<String>())
    }
}

/// What a device can do.
#[pyclass(frozen, get_all, module = "enigma", name = "DeviceCapabilities")]
pub struct Capabilities {
    /// Its name, for people.
    device_name: String,
    /// The Apple GPU family (7 is M1); 0 for what is no Apple GPU.
    gpu_family: u32,
    /// Whether asynchronous copies run.
    supports_async_copy: bool,
    /// Whether simdgroup matrices run.
    supports_simdgroup_matrix: bool,
    /// Lanes of a simdgroup.
    simdgroup_size: u32,
    /// Bytes of threadgroup memory that a threadgroup may have.
    max_threadgroup_memory: u32,
    /// Threads that a threadgroup may have.
    max_threads_per_threadgroup: u32,
    /// Buffers that a kernel may have.
    max_buffers: u32,
}

impl From<runtime::Capabilities> for Capabilities {
    fn from(found: runtime::Capabilities) -> Self {
        Capabilities {
            device_name: found.device_name,
            gpu_family: found.gpu_family,
            supports_async_copy: found.supports_async_copy,
            supports_simdgroup_matrix: found.supports_simdgroup_matrix,
            simdgroup_size: found.simdgroup_size,
            max_threadgroup_memory: found.max_threadgroup_memory,
            max_threads_per_threadgroup: found.max_threads_per_threadgroup,
            max_buffers: found.max_buffers,
        }
    }
}

#[pymethods]
impl Capabilities {
    fn __repr__(&self) -> String {
        format!("<enigma.DeviceCapabilities of {}>", self.device_name)
    }
}

/// Examines the machine: gives what was found as text and as JSON, and whether launches work. Lowerings are tried that
/// never were; with `fresh`, all.
#[pyfunction]
pub fn examine(py: Python<'_>, fresh: bool) -> (String, String, bool) {
    let found = py.detach(|| runtime::doctor::examine(fresh));
    (found.to_string(), found.to_json().to_string(), found.ok())
}
