//! Device buffers, threadgroup arrays and register arrays.

use enigma_ir::{Arg, DType, Diagnostic, Literal, MemoryId, Opcode, Rule};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyString, PyTuple};

use crate::argument::{self, Given};
use crate::call::{Operands, atomic_method, perform};
use crate::place::Place;
use crate::trace;
use crate::value::spread;

/// A memory of one kernel.
pub struct Memory {
    /// The kernel that declares it.
    pub kernel: u64,
    /// Which of its memories.
    pub id: MemoryId,
    /// The user's name for it.
    pub name: String,
    /// Type of its elements.
    pub dtype: DType,
    /// Number of elements; `None` for a device buffer.
    pub length: Option<usize>,
}

impl Memory {
    fn given(&self) -> Given {
        Given::Owned(self.kernel, self.id.into())
    }

    fn load(&self, py: Python<'_>, index: Given) -> PyResult<Py<PyAny>> {
        perform(py, Opcode::Load, Operands::from_iter([self.given(), index]))
    }

    fn store(&self, py: Python<'_>, index: Given, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = Given::read(value);
        perform(py, Opcode::Store, Operands::from_iter([self.given(), index, value])).map(drop)
    }
}

/// A device buffer or a threadgroup array of one kernel: `A[i]` loads, `A[i] = value` stores.
///
/// Indices count elements. A stored value is converted to the element type.
#[pyclass(frozen, module = "enigma", name = "Tensor")]
pub struct Tensor {
    /// What it stands for.
    pub memory: Memory,
}

#[pymethods]
impl Tensor {
    /// Makes NumPy leave operators on tensors to Python, which refuses them.
    #[classattr]
    #[pyo3(name = "__array_ufunc__")]
    fn array_ufunc(py: Python<'_>) -> Py<PyAny> {
        py.None()
    }

    fn __getitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.memory.load(py, Given::read(index))
    }

    fn __setitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.memory.store(py, Given::read(index), value)
    }

    /// The atomic operations are methods: `A.atomic_fetch_add(i, value)`.
    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyCFunction>> {
        let missing = || PyAttributeError::new_err(format!("'Tensor' object has no attribute '{name}'"));
        atomic_method(slf.py(), slf.clone().into_any().unbind(), name).unwrap_or_else(|| Err(missing()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.known_length(py)
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let message = format!("`{}` cannot be iterated over in Python", self.memory.name);
        let help = "loop over its indices: `for i in enigma.range(n):`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "iterated over here", help)?)
    }

    /// Its extent, `(elements,)`; of threadgroup arrays only.
    #[getter]
    fn shape(&self, py: Python<'_>) -> PyResult<(usize,)> {
        self.known_length(py).map(|length| (length,))
    }

    /// The MSL name of the element type, as `"float"`.
    #[getter]
    fn dtype(&self) -> &'static str {
        self.memory.dtype.msl()
    }

    /// The name of the parameter, or of the allocation.
    #[getter]
    fn name(&self) -> &str {
        &self.memory.name
    }

    fn __repr__(&self) -> String {
        match self.memory.length {
            Some(length) => {
                format!("<enigma.Tensor {}: threadgroup {}[{length}]>", self.memory.name, self.memory.dtype)
            }
            None => format!("<enigma.Tensor {}: device {}*>", self.memory.name, self.memory.dtype),
        }
    }
}

impl Tensor {
    fn known_length(&self, py: Python<'_>) -> PyResult<usize> {
        if let Some(length) = self.memory.length {
            return Ok(length);
        }
        let message = format!("the length of the device buffer `{}` is known only at launch", self.memory.name);
        let help = "pass it to the kernel as a parameter: `n: enigma.Scalar[enigma.u32]`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "asked for here", help)?)
    }
}

/// An array that each thread has for itself: `r[i, j]` loads, `r[i, j] = value` stores.
///
/// There is one index for each dimension, a number or a traced value; elements lie in row-major order.
#[pyclass(frozen, module = "enigma", name = "RegisterTensor")]
pub struct RegisterTensor {
    /// What it stands for.
    pub memory: Memory,
    shape: Vec<usize>,
}

#[pymethods]
impl RegisterTensor {
    /// Makes NumPy leave operators on tensors to Python, which refuses them.
    #[classattr]
    #[pyo3(name = "__array_ufunc__")]
    fn array_ufunc(py: Python<'_>) -> Py<PyAny> {
        py.None()
    }

    fn __getitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let index = self.linear(index)?;
        self.memory.load(py, index)
    }

    fn __setitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let index = self.linear(index)?;
        self.memory.store(py, index, value)
    }

    fn __len__(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let message = format!("`{}` cannot be iterated over in Python", self.memory.name);
        let help = "loop over its indices: `for i in enigma.range_constexpr(n):`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "iterated over here", help)?)
    }

    /// Its extents.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.shape)
    }

    /// The MSL name of the element type, as `"float"`.
    #[getter]
    fn dtype(&self) -> &'static str {
        self.memory.dtype.msl()
    }

    /// The variable that it was assigned to.
    #[getter]
    fn name(&self) -> &str {
        &self.memory.name
    }

    fn __repr__(&self) -> String {
        format!("<enigma.RegisterTensor {}: {} of shape {:?}>", self.memory.name, self.memory.dtype, self.shape)
    }
}

impl RegisterTensor {
    /// The row-major index of one element, from one index for each dimension.
    fn linear(&self, index: &Bound<'_, PyAny>) -> PyResult<Given> {
        let py = index.py();
        let indices = match index.cast::<PyTuple>() {
            Ok(tuple) => tuple.iter().collect(),
            Err(_) => vec![index.clone()],
        };
        if indices.len() != self.shape.len() {
            let message = format!(
                "`{}` has {} dimensions and is given {} indices",
                self.memory.name,
                self.shape.len(),
                indices.len()
            );
            return self.refused(
                py,
                Rule::InvalidOperand,
                message,
                "these indices",
                "give one index for each dimension",
            );
        }
        if let [index] = indices.as_slice() {
            return Ok(Given::read(index));
        }
        let mut offset = 0i128;
        let mut traced: Option<Py<PyAny>> = None;
        for (axis, (index, &extent)) in indices.iter().zip(&self.shape).enumerate() {
            let stride = self.shape[axis + 1..].iter().fold(1usize, |stride, &extent| stride.saturating_mul(extent));
            match Given::read(index) {
                Given::Free(Arg::Literal(Literal::Int(i))) => {
                    if !(0..extent as i128).contains(&i) {
                        let message = format!(
                            "index {i} of dimension {axis} leaves `{}`, which has {extent} there",
                            self.memory.name
                        );
                        return self.refused(
                            py,
                            Rule::OutOfBounds,
                            message,
                            "this index",
                            "indices count from 0; none is negative",
                        );
                    }
                    offset = i.saturating_mul(stride as i128).saturating_add(offset);
                }
                given => {
                    let term = scaled(py, given, stride)?;
                    traced = Some(match traced {
                        None => term,
                        Some(sum) => binary(py, Opcode::Add, Given::read(sum.bind(py)), Given::read(term.bind(py)))?,
                    });
                }
            }
        }
        let offset = Given::Free(Arg::Literal(Literal::Int(offset)));
        match traced {
            None => Ok(offset),
            Some(sum) if matches!(offset, Given::Free(Arg::Literal(Literal::Int(0)))) => Ok(Given::read(sum.bind(py))),
            Some(sum) => Ok(Given::read(binary(py, Opcode::Add, Given::read(sum.bind(py)), offset)?.bind(py))),
        }
    }

    /// Records a finding, and gives an index that silences what follows from it.
    fn refused(&self, py: Python<'_>, rule: Rule, message: String, label: &str, help: &str) -> PyResult<Given> {
        let place = Place::of_caller(py)?;
        trace::with(py, &place, &self.memory.name, |tracer, span| {
            let mut diagnostic = Diagnostic::new(rule, message, span, label).with_help(help);
            let is_there = self.memory.id.index() < tracer.builder.kernel().memories().len();
            if tracer.kernel == self.memory.kernel && is_there {
                let declared = tracer.builder.kernel().memory(self.memory.id).span;
                diagnostic = diagnostic.with_label(declared, format!("of shape {:?}", self.shape));
            }
            tracer.builder.refuse(diagnostic);
            Given::Owned(tracer.kernel, tracer.builder.invalid(span).into())
        })
    }
}

fn scaled(py: Python<'_>, index: Given, stride: usize) -> PyResult<Py<PyAny>> {
    binary(py, Opcode::Mul, index, Given::Free(Arg::Literal(Literal::Int(stride as i128))))
}

fn binary(py: Python<'_>, code: Opcode, a: Given, b: Given) -> PyResult<Py<PyAny>> {
    perform(py, code, Operands::from_iter([a, b]))
}

/// Allocates an array in threadgroup memory, shared by the threads of a threadgroup.
///
/// Args:
///     dtype: the element type, a string or one of the dtype classes.
///     size: number of elements, at least 1; a Python number, fixed when the kernel is traced.
///     name: a name by which copies may refer to it; without one it is called as the variable it is assigned to.
///
/// Returns:
///     A tensor of that many elements, uninitialised.
///
/// Raises:
///     EnigmaError: for an unknown dtype, a size below 1, a name that is taken, or, when the kernel is compiled, more
///         than 32 KiB of threadgroup memory in all.
///
/// MSL: `threadgroup T name[size]`.
#[pyfunction]
#[pyo3(signature = (dtype, size, name=None))]
pub fn threadgroup_alloc(
    py: Python<'_>,
    dtype: &Bound<'_, PyAny>,
    size: &Bound<'_, PyAny>,
    name: Option<&Bound<'_, PyAny>>,
) -> PyResult<Tensor> {
    let place = Place::of_caller(py)?;
    let size = extent(py, "threadgroup_alloc", size)?;
    let element = element_type(py, "threadgroup_alloc", dtype)?;
    let name = match name.map(|name| name.cast::<PyString>()) {
        None => None,
        Some(Ok(name)) => Some(name.to_string_lossy().into_owned()),
        Some(Err(_)) => {
            let message = "`threadgroup_alloc` takes a string as `name`".to_owned();
            return Err(trace::refuse(
                py,
                Rule::InvalidOperand,
                message,
                "this call",
                "leave it out, or pass name=\"tile\"",
            )?);
        }
    };
    let memory = trace::with(py, &place, "threadgroup_alloc", |tracer, span| {
        let id = tracer.builder.threadgroup_alloc(element, size, name.as_deref(), place.target(), span);
        let length = Some(size.max(1) as usize);
        let name = tracer.builder.kernel().memory(id).name.clone();
        Memory { kernel: tracer.kernel, id, name, dtype: element, length }
    })?;
    Ok(Tensor { memory })
}

/// Allocates an array that each thread has for itself, in registers.
///
/// Args:
///     shape: the extents, a Python number or a tuple of them, each at least 1.
///     dtype: the element type, a string or one of the dtype classes.
///     fill: what every element holds at first: a number or a value; None leaves the array uninitialised.
///
/// Returns:
///     A register tensor of that shape, indexed with one index for each dimension.
///
/// Raises:
///     EnigmaError: for an unknown dtype, an extent below 1, or a fill that does not fit the element type.
///
/// MSL: `thread T name[size]`.
#[pyfunction]
#[pyo3(signature = (shape, dtype=None, fill=Fill::Zero))]
pub fn register_tensor(
    py: Python<'_>,
    shape: &Bound<'_, PyAny>,
    dtype: Option<&Bound<'_, PyAny>>,
    fill: Fill<'_>,
) -> PyResult<RegisterTensor> {
    let place = Place::of_caller(py)?;
    let mut extents = Vec::new();
    for object in spread(shape)? {
        extents.push(extent(py, "register_tensor", &object)?);
    }
    let element = dtype.map_or(Ok(DType::F32), |dtype| element_type(py, "register_tensor", dtype))?;
    let fill = match fill {
        Fill::Zero => Some(Given::Free(Arg::Literal(Literal::Int(0)))),
        Fill::Given(object) if object.is_none() => None,
        Fill::Given(object) => Some(Given::read(&object)),
    };
    let length = match extents.iter().all(|&extent| extent >= 1) {
        true => extents.iter().try_fold(1i128, |product, &extent| product.checked_mul(extent)).unwrap_or(i128::MAX),
        false => extents.iter().copied().find(|&extent| extent < 1).unwrap_or(0),
    };
    let memory = trace::with(py, &place, "register_tensor", |tracer, span| {
        let fill = fill.map(|fill| fill.resolve(tracer.kernel, &mut tracer.builder, span));
        let id = tracer.builder.register_tensor(element, length, fill, place.target(), span);
        let name = tracer.builder.kernel().memory(id).name.clone();
        Memory { kernel: tracer.kernel, id, name, dtype: element, length: Some(length.max(1) as usize) }
    })?;
    Ok(RegisterTensor {
        memory,
        shape: extents.iter().map(|&extent| usize::try_from(extent.max(1)).unwrap_or(usize::MAX)).collect(),
    })
}

/// The `fill` of a register tensor: zero when not given, since None says "uninitialised".
pub enum Fill<'py> {
    /// Not given.
    Zero,
    /// What was given.
    Given(Bound<'py, PyAny>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Fill<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Fill::Given(object.to_owned()))
    }
}

fn extent(py: Python<'_>, what: &str, object: &Bound<'_, PyAny>) -> PyResult<i128> {
    if let Some(Literal::Int(extent)) = argument::number(object) {
        return Ok(extent);
    }
    let given = argument::describe(object);
    let message = format!("`{what}` takes a Python integer as its size, not {given}");
    let help = "a size counts elements and is fixed when the kernel is traced";
    Err(trace::refuse(py, Rule::InvalidOperand, message, "this size", help)?)
}

fn element_type(py: Python<'_>, what: &str, object: &Bound<'_, PyAny>) -> PyResult<DType> {
    if let Some(dtype) = argument::dtype(object) {
        return Ok(dtype);
    }
    let given = argument::describe(object);
    let message = format!("`{what}` takes a dtype, not {given}");
    let help = format!("the dtypes are {}", DType::ALL.map(DType::msl).join(", "));
    Err(trace::refuse(py, Rule::InvalidOperand, message, "this call", &help)?)
}
