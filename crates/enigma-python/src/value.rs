//! Traced values.

use enigma_ir::{Arg, DType, Literal, Opcode, Rule, Type, ValueId};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyDict, PyIterator, PyTuple};

use crate::argument::{Given, number};
use crate::call::{Operands, perform};
use crate::place::Place;
use crate::trace;

/// A number (or a vector, or a simdgroup matrix) that each thread has when the kernel runs.
///
/// Operators on values record operations, and so do `if`, `while`, `and` and their like in the text of a kernel. While
/// the kernel is traced a value has no number: what needs one, as the index of a list, is an error.
#[pyclass(frozen, module = "enigma", name = "Value")]
pub struct Value {
    /// The kernel that made it.
    pub kernel: u64,
    /// Which of its values.
    pub id: ValueId,
}

/// An asynchronous copy in flight, as the four copies return it.
///
/// It is waited for exactly once, by `enigma.async_copy_wait`, and may be carried by a loop.
#[pyclass(frozen, module = "enigma", name = "Event")]
pub struct Event {
    /// The kernel that made it.
    pub kernel: u64,
    /// Which of its values.
    pub id: ValueId,
}

/// A value or an event, by its type.
pub fn wrap(py: Python<'_>, kernel: u64, id: ValueId, is_event: bool) -> PyResult<Py<PyAny>> {
    match is_event {
        true => Ok(Py::new(py, Event { kernel, id })?.into_any()),
        false => Ok(Py::new(py, Value { kernel, id })?.into_any()),
    }
}

/// NumPy's functions that stand for operators.
const UFUNCS: [(&str, Opcode); 16] = [
    ("add", Opcode::Add),
    ("subtract", Opcode::Sub),
    ("multiply", Opcode::Mul),
    ("divide", Opcode::Div),
    ("floor_divide", Opcode::FloorDiv),
    ("remainder", Opcode::Rem),
    ("left_shift", Opcode::Shl),
    ("right_shift", Opcode::Shr),
    ("bitwise_and", Opcode::And),
    ("bitwise_or", Opcode::Or),
    ("equal", Opcode::CmpEq),
    ("not_equal", Opcode::CmpNe),
    ("less", Opcode::CmpLt),
    ("less_equal", Opcode::CmpLe),
    ("greater", Opcode::CmpGt),
    ("greater_equal", Opcode::CmpGe),
];

/// The largest whole exponent that is multiplied out.
const MAX_EXPONENT: i128 = 64;

type Made = PyResult<Py<PyAny>>;
type Object<'py> = Bound<'py, PyAny>;

impl Value {
    fn given(&self) -> Given {
        Given::Owned(self.kernel, self.id.into())
    }

    fn unary(&self, py: Python<'_>, code: Opcode) -> Made {
        perform(py, code, Operands::from_iter([self.given()]))
    }

    fn binary(&self, code: Opcode, other: &Object<'_>) -> Made {
        perform(other.py(), code, Operands::from_iter([self.given(), Given::read(other)]))
    }

    fn reflected(&self, code: Opcode, other: &Object<'_>) -> Made {
        perform(other.py(), code, Operands::from_iter([Given::read(other), self.given()]))
    }

    /// 1, in the type that arithmetic gives.
    fn one(&self, py: Python<'_>) -> Made {
        let literal = |v| Given::Free(Arg::Literal(Literal::Int(v)));
        let zero = perform(py, Opcode::Mul, Operands::from_iter([self.given(), literal(0)]))?;
        perform(py, Opcode::Add, Operands::from_iter([Given::read(zero.bind(py)), literal(1)]))
    }

    /// The n-th power, n at least 1, by squaring.
    fn power(&self, py: Python<'_>, n: i128) -> Made {
        let times = |a: &Py<PyAny>, b: &Py<PyAny>| {
            perform(py, Opcode::Mul, Operands::from_iter([Given::read(a.bind(py)), Given::read(b.bind(py))]))
        };
        let mut square = wrap(py, self.kernel, self.id, false)?;
        let mut product: Option<Py<PyAny>> = None;
        let mut left = n;
        loop {
            if left & 1 == 1 {
                product = Some(match product {
                    Some(product) => times(&product, &square)?,
                    None => square.clone_ref(py),
                });
            }
            left >>= 1;
            match product {
                Some(product) if left == 0 => return Ok(product),
                _ => square = times(&square, &square)?,
            }
        }
    }

    fn component(&self, py: Python<'_>, lane: &str) -> Made {
        perform(
            py,
            Opcode::VecExtract,
            Operands::from_iter([self.given(), Given::Free(enigma_ir::Arg::Name(lane.to_owned()))]),
        )
    }

    /// A component of a vector, or a column of a matrix.
    fn part(&self, py: Python<'_>, number: Given) -> Made {
        let code = match trace::type_of(self.kernel, self.id) {
            Some(Type::Matrix(..)) => Opcode::MatColumn,
            _ => Opcode::VecExtract,
        };
        perform(py, code, Operands::from_iter([self.given(), number]))
    }

    /// Refuses the use of a value as a number of the tracing program.
    fn no_number<T>(&self, py: Python<'_>, what: &str, help: &str) -> PyResult<T> {
        let message = format!("a traced value has no {what} while the kernel is traced");
        Err(trace::refuse(py, Rule::InvalidKernel, message, "decided in Python here", help)?)
    }
}

#[pymethods]
impl Value {
    /// What NumPy does with a value: operators between a NumPy number and a value come here as its functions.
    #[pyo3(signature = (ufunc, method, *inputs, **options))]
    fn __array_ufunc__(
        &self,
        ufunc: &Object<'_>,
        method: &str,
        inputs: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> Made {
        let py = ufunc.py();
        let name: String = ufunc.getattr("__name__")?.extract()?;
        let operator = UFUNCS.iter().find(|(numpy, _)| *numpy == name).map(|(_, code)| *code);
        if let (Some(code), "__call__", None) = (operator, method, options) {
            return perform(py, code, inputs.iter().map(|input| Given::read(&input)).collect());
        }
        let message = format!("NumPy's `{name}` does not take traced values");
        let help = "NumPy computes while the kernel is traced: use the function of that name in `enigma`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "called here", help)?)
    }

    fn __add__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Add, other)
    }
    fn __radd__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Add, other)
    }
    fn __sub__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Sub, other)
    }
    fn __rsub__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Sub, other)
    }
    fn __mul__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Mul, other)
    }
    fn __rmul__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Mul, other)
    }
    fn __truediv__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Div, other)
    }
    fn __rtruediv__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Div, other)
    }
    fn __floordiv__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::FloorDiv, other)
    }
    fn __rfloordiv__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::FloorDiv, other)
    }
    fn __mod__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Rem, other)
    }
    fn __rmod__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Rem, other)
    }
    fn __lshift__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Shl, other)
    }
    fn __rlshift__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Shl, other)
    }
    fn __rshift__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Shr, other)
    }
    fn __rrshift__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Shr, other)
    }
    fn __and__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::And, other)
    }
    fn __rand__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::And, other)
    }
    fn __or__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Or, other)
    }
    fn __ror__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Or, other)
    }
    fn __xor__(&self, other: &Object<'_>) -> Made {
        self.binary(Opcode::Xor, other)
    }
    fn __rxor__(&self, other: &Object<'_>) -> Made {
        self.reflected(Opcode::Xor, other)
    }

    /// `value ** exponent`: of integers for small whole exponents, which are multiplied out; else `pow`.
    fn __pow__(slf: &Bound<'_, Self>, exponent: &Object<'_>, modulus: &Object<'_>) -> Made {
        let (py, value) = (slf.py(), slf.get());
        if !modulus.is_none() {
            return value.no_number(py, "modular power", "write `(base ** exponent) % modulus`");
        }
        let dtype = trace::type_of(value.kernel, value.id).and_then(Type::dtype);
        let is_float = dtype.is_some_and(DType::is_float);
        match number(exponent) {
            Some(Literal::Int(n)) if n == 2 || (!is_float && (1..=MAX_EXPONENT).contains(&n)) => value.power(py, n),
            Some(Literal::Int(0)) if !is_float => value.one(py),
            _ if is_float || dtype.is_none() => value.binary(Opcode::Pow, exponent),
            _ => {
                let help = format!(
                    "integers take a whole exponent of 0 to {MAX_EXPONENT} that Python knows; else cast: `enigma.pow(enigma.metal_cast(x, \"float\"), y)`"
                );
                let message = "an integer value is raised to a power that is not known while the kernel is traced";
                Err(trace::refuse(py, Rule::InvalidOperand, message.to_owned(), "raised here", &help)?)
            }
        }
    }
    fn __rpow__(&self, base: &Object<'_>, _modulus: &Object<'_>) -> Made {
        self.reflected(Opcode::Pow, base)
    }
    fn __neg__(&self, py: Python<'_>) -> Made {
        self.unary(py, Opcode::Neg)
    }
    fn __pos__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __invert__(&self, py: Python<'_>) -> Made {
        self.unary(py, Opcode::Not)
    }
    fn __abs__(&self, py: Python<'_>) -> Made {
        self.unary(py, Opcode::Abs)
    }

    fn __richcmp__(&self, other: &Object<'_>, op: CompareOp) -> Made {
        let code = match op {
            CompareOp::Eq => Opcode::CmpEq,
            CompareOp::Ne => Opcode::CmpNe,
            CompareOp::Lt => Opcode::CmpLt,
            CompareOp::Le => Opcode::CmpLe,
            CompareOp::Gt => Opcode::CmpGt,
            CompareOp::Ge => Opcode::CmpGe,
        };
        self.binary(code, other)
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        let place = Place::of_caller(py)?;
        let help = py.import("enigma._rewrite")?.call_method1("why_in_python", (place.code(),))?;
        self.no_number(py, "truth value", &help.extract::<String>()?)
    }

    fn __index__(&self, py: Python<'_>) -> PyResult<usize> {
        self.no_number(
            py,
            "number",
            "loop with `for i in enigma.range(n):`; sizes and `range_constexpr` take Python numbers",
        )
    }

    fn __int__(&self, py: Python<'_>) -> PyResult<usize> {
        self.no_number(py, "number", "convert with `enigma.metal_cast(value, \"int\")`")
    }

    fn __float__(&self, py: Python<'_>) -> PyResult<f64> {
        self.no_number(py, "number", "convert with `enigma.metal_cast(value, \"float\")`")
    }

    /// A component of a vector, or a column of a matrix; the index is a Python integer.
    fn __getitem__(&self, index: &Object<'_>) -> Made {
        self.part(index.py(), Given::read(index))
    }

    /// The components of a vector, or the columns of a matrix.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let count = match trace::type_of(self.kernel, self.id) {
            Some(Type::Vector(_, n) | Type::Matrix(_, n, _)) => n,
            _ => {
                return self.no_number(
                    py,
                    "parts",
                    "only vectors and matrices can be taken apart; loop with `for i in range(n):`",
                );
            }
        };
        let number = |n: u8| Given::Free(Arg::Literal(Literal::Int(n.into())));
        let parts = (0..count).map(|n| self.part(py, number(n))).collect::<PyResult<Vec<_>>>()?;
        PyTuple::new(py, parts)?.try_iter()
    }

    /// The first component of a vector.
    #[getter]
    fn x(&self, py: Python<'_>) -> Made {
        self.component(py, "x")
    }

    /// The second component of a vector.
    #[getter]
    fn y(&self, py: Python<'_>) -> Made {
        self.component(py, "y")
    }

    /// The third component of a vector.
    #[getter]
    fn z(&self, py: Python<'_>) -> Made {
        self.component(py, "z")
    }

    /// The fourth component of a vector.
    #[getter]
    fn w(&self, py: Python<'_>) -> Made {
        self.component(py, "w")
    }

    /// The MSL name of its element type, as `"float"`.
    #[getter]
    fn dtype(&self) -> PyResult<&'static str> {
        let ty = trace::type_of(self.kernel, self.id);
        ty.and_then(Type::dtype).map(enigma_ir::DType::msl).ok_or_else(|| {
            PyAttributeError::new_err(
                "this value has no element type: its kernel is not being traced, or the value was refused",
            )
        })
    }

    fn __repr__(&self) -> String {
        match trace::type_of(self.kernel, self.id) {
            Some(ty) => format!("<enigma.Value {} of type {ty}>", self.id),
            None => format!("<enigma.Value {} of a kernel that is not being traced>", self.id),
        }
    }
}

#[pymethods]
impl Event {
    /// Makes NumPy leave operators on events to Python, which refuses them.
    #[classattr]
    #[pyo3(name = "__array_ufunc__")]
    fn array_ufunc(py: Python<'_>) -> Py<PyAny> {
        py.None()
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        let message = "an event has no truth value while the kernel is traced".to_owned();
        let help = "whether a copy is done cannot be asked: wait for it with `enigma.async_copy_wait(event)`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "decided in Python here", help)?)
    }

    fn __repr__(&self) -> String {
        format!("<enigma.Event {}>", self.id)
    }
}

/// The values of a tuple or a list; anything else alone.
pub fn spread<'py>(object: &Object<'py>) -> PyResult<Vec<Object<'py>>> {
    if object.is_instance_of::<PyTuple>() || object.is_instance_of::<pyo3::types::PyList>() {
        return object.try_iter()?.collect();
    }
    Ok(vec![object.clone()])
}
