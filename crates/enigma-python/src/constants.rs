//! Numbers for function constants, as Python gives them: `{index: (type, number)}`.

use enigma_ir::Rule;
use enigma_ir::passes::Constant;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::argument::{describe, dtype, number};
use crate::error::error_at;
use crate::place::Place;

/// Reads a dictionary of numbers for function constants.
pub fn read(py: Python<'_>, constants: &Bound<'_, PyAny>) -> PyResult<Vec<Constant>> {
    let refuse = |what: String| -> PyResult<PyErr> {
        let help = "give a dictionary of index, type and number: `constants={0: (\"uint\", 4)}`";
        Ok(error_at(py, &Place::of_caller(py)?, Rule::InvalidBinding, what, "in this call", help))
    };
    let Ok(entries) = constants.cast::<PyDict>() else {
        return Err(refuse(format!("`constants` is {}", describe(constants)))?);
    };
    let mut read = Vec::with_capacity(entries.len());
    for (index, given) in entries.iter() {
        match constant(&index, &given) {
            Some(constant) => read.push(constant),
            None => return Err(refuse(format!("`constants` has the entry {}", shown(&index, &given)))?),
        }
    }
    Ok(read)
}

fn constant(index: &Bound<'_, PyAny>, given: &Bound<'_, PyAny>) -> Option<Constant> {
    let pair = given.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
    let (ty, value) = (pair.get_item(0).ok()?, pair.get_item(1).ok()?);
    Some(Constant { index: index.extract().ok()?, dtype: dtype(&ty)?, value: number(&value)? })
}

/// An entry as Python would show it, as far as its objects let themselves be shown.
fn shown(index: &Bound<'_, PyAny>, given: &Bound<'_, PyAny>) -> String {
    let text = |object: &Bound<'_, PyAny>| object.repr().map_or_else(|_| describe(object), |text| text.to_string());
    format!("{}: {}", text(index), text(given))
}
