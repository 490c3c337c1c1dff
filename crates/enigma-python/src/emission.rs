//! How a kernel is emitted for Metal, as the options of `enigma.compile` say.

use enigma_ir::Rule;
use enigma_ir::target::{LinearCopy, System};
use enigma_runtime::{Choice, Emission, GPU_FAMILIES};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};

use crate::argument::describe;
use crate::error::error_at;
use crate::place::Place;

/// The options, each as it was given.
pub struct Options<'a, 'py> {
    pub async_lowering: &'a Bound<'py, PyAny>,
    pub target_os: &'a Bound<'py, PyAny>,
    pub gpu_family: &'a Bound<'py, PyAny>,
    pub linear_copy: &'a Bound<'py, PyAny>,
    pub read_back: &'a Bound<'py, PyAny>,
}

impl Options<'_, '_> {
    /// Reads them; what one of them cannot be is refused.
    pub fn read(&self, py: Python<'_>) -> PyResult<Emission> {
        Ok(Emission {
            choice: named(py, "async_lowering", self.async_lowering, Choice::parse, Choice::names())?,
            system: optional(self.target_os, |given| {
                named(py, "target_os", given, System::parse, System::ALL.map(System::name).into_iter())
            })?,
            gpu_family: optional(self.gpu_family, |given| gpu_family(py, given))?,
            linear_copy: named(
                py,
                "linear_copy",
                self.linear_copy,
                LinearCopy::parse,
                LinearCopy::ALL.map(LinearCopy::name).into_iter(),
            )?,
            read_back: optional(self.read_back, |given| {
                let flag = given.cast::<PyBool>().map(|flag| flag.is_true());
                flag.or_else(|_| Err(refuse(py, "read_back", given, "give True or False, or leave it out".to_owned())?))
            })?,
        })
    }
}

/// What stands for `None`, or what `read` makes of anything else.
fn optional<'py, T>(
    given: &Bound<'py, PyAny>,
    read: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    if given.is_none() { Ok(None) } else { read(given).map(Some) }
}

/// The one of several things that is named.
fn named<T>(
    py: Python<'_>,
    option: &str,
    given: &Bound<'_, PyAny>,
    parse: impl Fn(&str) -> Option<T>,
    names: impl Iterator<Item = &'static str>,
) -> PyResult<T> {
    let name = given.cast::<PyString>().ok().map(|name| name.to_string_lossy().into_owned());
    match name.and_then(|name| parse(&name)) {
        Some(found) => Ok(found),
        None => {
            let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
            Err(refuse(py, option, given, format!("give one of {}", names.join(", ")))?)
        }
    }
}

fn gpu_family(py: Python<'_>, given: &Bound<'_, PyAny>) -> PyResult<u32> {
    let number = given.cast::<PyInt>().ok().and_then(|number| number.extract().ok());
    match number.filter(|family| GPU_FAMILIES.contains(family)) {
        Some(family) => Ok(family),
        None => {
            let help = "give one of Apple's GPU families: 7 (M1), 8 (M2), 9 (M3 and M4) or 10 (M5)";
            Err(refuse(py, "gpu_family", given, help.to_owned())?)
        }
    }
}

fn refuse(py: Python<'_>, option: &str, given: &Bound<'_, PyAny>, help: String) -> PyResult<PyErr> {
    let given = match given.cast::<PyString>() {
        Ok(name) => format!("\"{}\"", name.to_string_lossy()),
        Err(_) => describe(given),
    };
    let message = format!("`{option}` cannot be {given}");
    Ok(error_at(py, &Place::of_caller(py)?, Rule::InvalidOperand, message, "asked for here", &help))
}
