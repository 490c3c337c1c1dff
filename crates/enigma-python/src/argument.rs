//! Python objects as arguments of operations.

use enigma_ir::{Arg, Builder, DType, Diagnostic, Literal, Rule, Span};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyType};

use crate::tensor::{RegisterTensor, Tensor};
use crate::value::{Event, Value};

/// An argument before it is known which kernel it is for.
#[derive(Clone)]
pub enum Given {
    /// What belongs to no kernel in particular.
    Free(Arg),
    /// What one kernel made: only that kernel may use it.
    Owned(u64, Arg),
}

impl Given {
    /// Nothing was given.
    pub const MISSING: Given = Given::Free(Arg::Missing);

    /// Reads a Python object.
    pub fn read(object: &Bound<'_, PyAny>) -> Given {
        if let Ok(value) = object.cast::<Value>() {
            let value = value.get();
            return Given::Owned(value.kernel, Arg::Value(value.id));
        }
        if let Ok(tensor) = object.cast::<Tensor>() {
            let tensor = tensor.get();
            return Given::Owned(tensor.memory.kernel, Arg::Memory(tensor.memory.id));
        }
        if let Ok(event) = object.cast::<Event>() {
            let event = event.get();
            return Given::Owned(event.kernel, Arg::Value(event.id));
        }
        if let Ok(tensor) = object.cast::<RegisterTensor>() {
            let tensor = tensor.get();
            return Given::Owned(tensor.memory.kernel, Arg::Memory(tensor.memory.id));
        }
        Given::Free(plain(object))
    }

    /// The argument for the kernel `kernel`; another kernel's is refused, and silences what follows from it.
    pub fn resolve(self, kernel: u64, builder: &mut Builder, span: Span) -> Arg {
        match self {
            Given::Free(arg) => arg,
            Given::Owned(owner, Arg::Memory(id))
                if owner == kernel && id.index() >= builder.kernel().memories().len() =>
            {
                let message = "this tensor was made in an iteration that was taken back to record the loop";
                builder.refuse(
                    Diagnostic::new(Rule::ValueEscapes, message, span, "used here")
                        .with_help("make it before the loop"),
                );
                Arg::Value(builder.invalid(span))
            }
            Given::Owned(owner, arg) if owner == kernel => arg,
            Given::Owned(_, arg) => {
                let what = if matches!(arg, Arg::Memory(_)) { "tensor" } else { "value" };
                let message = format!("this {what} belongs to another kernel");
                builder.refuse(
                    Diagnostic::new(Rule::ForeignValue, message, span, "used here").with_help(
                        "a kernel uses its own values only: pass data between kernels through device buffers",
                    ),
                );
                Arg::Value(builder.invalid(span))
            }
        }
    }
}

/// An argument that no kernel made.
fn plain(object: &Bound<'_, PyAny>) -> Arg {
    if let Some(literal) = number(object) {
        return Arg::Literal(literal);
    }
    if let Ok(name) = object.cast::<PyString>() {
        return Arg::Name(name.to_string_lossy().into_owned());
    }
    if let Some(dtype) = dtype(object) {
        return Arg::DType(dtype);
    }
    Arg::Other(describe(object))
}

/// A Python or NumPy number.
pub fn number(object: &Bound<'_, PyAny>) -> Option<Literal> {
    if object.is_instance_of::<PyBool>() {
        return object.extract().ok().map(Literal::Bool);
    }
    if object.is_instance_of::<PyInt>() {
        return object.extract().ok().map(Literal::Int);
    }
    if object.is_instance_of::<PyFloat>() {
        return object.extract().ok().map(Literal::Float);
    }
    let class = object.get_type();
    let is_scalar = class.hasattr(intern!(object.py(), "dtype")).ok()?
        && class.hasattr(intern!(object.py(), "item")).ok()?
        && object.getattr(intern!(object.py(), "ndim")).ok()?.extract::<usize>().ok()? == 0;
    if !is_scalar {
        return None;
    }
    let item = object.call_method0(intern!(object.py(), "item")).ok()?;
    let plain = item.is_instance_of::<PyInt>() || item.is_instance_of::<PyFloat>();
    plain.then(|| number(&item)).flatten()
}

/// An element type: one of the package's classes, or a name.
pub fn dtype(object: &Bound<'_, PyAny>) -> Option<DType> {
    if let Ok(name) = object.cast::<PyString>() {
        return DType::parse(&name.to_string_lossy());
    }
    let class = object.cast::<PyType>().ok()?;
    let name = class.getattr(intern!(object.py(), "_msl")).ok()?;
    DType::parse(name.cast::<PyString>().ok()?.to_str().ok()?)
}

/// How a message calls an object that no operation takes.
pub fn describe(object: &Bound<'_, PyAny>) -> String {
    if object.is_none() {
        return "None".to_owned();
    }
    if object.is_instance_of::<PyInt>() {
        return object
            .str()
            .map_or_else(|_| "a number of very many digits".to_owned(), |digits| format!("the number {digits}"));
    }
    let name = object.get_type().name().map_or_else(|_| "object".to_owned(), |n| n.to_string());
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {name}")
}
