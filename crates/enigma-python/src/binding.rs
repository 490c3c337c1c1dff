//! The arguments of a launch: NumPy arrays, arrays of other libraries, and numbers, as a kernel's parameters take
//! them. Everything that does not fit is found before anything runs, and reported together.

use enigma_ir::{Binding, DType, Diagnostic, Diagnostics, Kernel, KernelParam, Literal, Rule};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::argument::{describe, number};
use crate::array::Array;
use crate::dlpack;

/// What one parameter is bound to.
pub enum Argument {
    /// Device memory.
    Buffer(Array),
    /// A number, fitted to the parameter's type.
    Scalar(Literal),
}

/// Binds one argument to each parameter of a kernel.
pub fn bind(kernel: &Kernel, arguments: &[Bound<'_, PyAny>]) -> Result<Vec<Argument>, Diagnostics> {
    let params = kernel.params();
    let mut found = Vec::new();
    if params.len() != arguments.len() {
        let names: Vec<&str> = params.iter().map(|p| p.name.as_str()).collect();
        let message =
            format!("the kernel `{}` takes {} arguments, not {}", kernel.name(), params.len(), arguments.len());
        found.push(
            Diagnostic::new(Rule::InvalidBinding, message, kernel.span(), "this kernel")
                .with_help(format!("its parameters are {}", names.join(", "))),
        );
    }
    let mut bound = Vec::with_capacity(params.len());
    for (param, argument) in params.iter().zip(arguments) {
        match bind_one(kernel, param, argument) {
            Ok(one) => bound.push(one),
            Err((message, help)) => {
                let label = format!("`{}` is declared here", param.name);
                found.push(Diagnostic::new(Rule::InvalidBinding, message, param.span, label).with_help(help));
            }
        }
    }
    match found.is_empty() {
        true => Ok(bound),
        false => Err(Diagnostics::new(found, kernel.files().clone())),
    }
}

/// One argument, or a message and a remedy.
fn bind_one(kernel: &Kernel, param: &KernelParam, argument: &Bound<'_, PyAny>) -> Result<Argument, (String, String)> {
    let KernelParam { name, dtype, .. } = param;
    let memory = match param.binding {
        Binding::Buffer(memory) => memory,
        Binding::Scalar(_) => {
            let fitted = number(argument).ok_or_else(|| describe(argument)).and_then(|literal| {
                literal.fit(*dtype).ok_or_else(|| format!("{literal}, which a {dtype} cannot hold"))
            });
            return fitted.map(Argument::Scalar).map_err(|given| {
                (
                    format!("`{name}` takes a number of type {dtype}, and is given {given}"),
                    "pass a Python number".to_owned(),
                )
            });
        }
    };
    let wanted = numpy_name(*dtype);
    let array = array(argument).map_err(|hindrance| {
        let message = format!("`{name}` takes an array of {wanted}, and cannot take this {}", class_name(argument));
        (message, hindrance)
    })?;
    if array.dtype != *dtype {
        let given = numpy_name(array.dtype);
        let message = format!("`{name}` takes an array of {wanted}, and is given one of {given}");
        return Err((
            message,
            format!(
                "convert it, `array.astype({})`, or declare the parameter as enigma.{}",
                numpy_path(*dtype),
                array.dtype.short()
            ),
        ));
    }
    if array.read_only && kernel.writes(memory) {
        let message = format!("the kernel writes `{name}`, and the array it is given is read-only");
        return Err((message, "pass an array that may be written, as `array.copy()`".to_owned()));
    }
    Ok(Argument::Buffer(array))
}

/// An object's memory; in words what hinders, if something does.
fn array(object: &Bound<'_, PyAny>) -> Result<Array, String> {
    let py = object.py();
    // Other objects that have this interface may make their memory as they are asked for it, and keep nothing of it.
    static NDARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if NDARRAY.import(py, "numpy", "ndarray").is_ok_and(|class| object.is_instance(class).unwrap_or(false)) {
        return numpy_array(object).map_err(|error| error.to_string())?;
    }
    if object.hasattr(intern!(py, "__dlpack__")).unwrap_or(false) {
        return dlpack::array(object);
    }
    Err("pass a NumPy array, or one of another library that speaks DLPack".to_owned())
}

fn numpy_array(object: &Bound<'_, PyAny>) -> PyResult<Result<Array, String>> {
    let py = object.py();
    let interface = object.getattr(intern!(py, "__array_interface__"))?;
    let interface = interface.cast::<PyDict>()?;
    let field =
        |name| interface.get_item(name)?.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err("__array_interface__"));
    let kind: String = field(intern!(py, "typestr"))?.extract()?;
    let swapped = if cfg!(target_endian = "little") { '>' } else { '<' };
    if kind.starts_with(swapped) {
        return Ok(Err(
            "its bytes are in the other order: pass `array.astype(array.dtype.newbyteorder(\"=\"))`".to_owned()
        ));
    }
    let Some(dtype) = element_type(object, kind.get(1..).unwrap_or_default())? else {
        let name = object.getattr(intern!(py, "dtype"))?;
        return Ok(Err(format!("its elements are {name}, which is no dtype of Enigma's")));
    };
    let strides = interface.get_item(intern!(py, "strides"))?;
    if strides.is_some_and(|strides| !strides.is_none()) {
        return Ok(Err("it is not C-contiguous: pass `numpy.ascontiguousarray(array)`".to_owned()));
    }
    let (address, read_only): (usize, bool) = field(intern!(py, "data"))?.extract()?;
    let shape: Vec<usize> = field(intern!(py, "shape"))?.extract()?;
    Ok(Ok(Array { dtype, address, elements: shape.iter().product(), read_only, owner: object.clone().unbind() }))
}

fn element_type(object: &Bound<'_, PyAny>, kind: &str) -> PyResult<Option<DType>> {
    Ok(Some(match kind {
        "b1" => DType::Bool,
        "i1" => DType::I8,
        "u1" => DType::U8,
        "i2" => DType::I16,
        "u2" => DType::U16,
        "i4" => DType::I32,
        "u4" => DType::U32,
        "i8" => DType::I64,
        "u8" => DType::U64,
        "f2" => DType::F16,
        "f4" => DType::F32,
        // NumPy does not know bfloat16; the type of ml_dtypes shows as two bytes of anything.
        "V2" => {
            let name = object.getattr(intern!(object.py(), "dtype"))?.getattr(intern!(object.py(), "name"))?;
            return Ok((name.extract::<String>()? == "bfloat16").then_some(DType::BF16));
        }
        _ => return Ok(None),
    }))
}

fn class_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}

/// What NumPy calls an element type.
fn numpy_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "bool",
        DType::I8 => "int8",
        DType::U8 => "uint8",
        DType::I16 => "int16",
        DType::U16 => "uint16",
        DType::I32 => "int32",
        DType::U32 => "uint32",
        DType::I64 => "int64",
        DType::U64 => "uint64",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::F32 => "float32",
    }
}

fn numpy_path(dtype: DType) -> String {
    let module = if dtype == DType::BF16 { "ml_dtypes" } else { "numpy" };
    format!("{module}.{}", numpy_name(dtype))
}
