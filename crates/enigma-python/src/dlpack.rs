//! Arrays of other libraries, through the DLPack protocol, without copying.
//!
//! The capsule that the producer hands over is left as it is and kept for as long as the memory is used: its own
//! destructor gives the memory back. The only place of this crate with unsafe code besides [`array`](crate::array).
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};

use enigma_ir::DType;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyDict};

use crate::array::Array;

const LEGACY: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";

/// Memory that the processor can read: plain, or pinned by CUDA or ROCm.
const HOST_DEVICES: [i32; 3] = [1, 3, 11];

/// Set in the flags of a versioned tensor that must not be written.
const READ_ONLY: u64 = 1;

#[repr(C)]
struct DlTensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *const i64,
    strides: *const i64,
    byte_offset: u64,
}

#[repr(C)]
struct DlManagedTensorVersioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: *mut c_void,
    flags: u64,
    tensor: DlTensor,
}

/// The memory of an object that speaks DLPack; in words what hinders, if something does.
pub fn array(object: &Bound<'_, PyAny>) -> Result<Array, String> {
    let refused = |error: PyErr| format!("its `__dlpack__` raised {error}");
    let (device, _): (i32, i32) =
        object.call_method0(intern!(object.py(), "__dlpack_device__")).and_then(|d| d.extract()).map_err(refused)?;
    if !HOST_DEVICES.contains(&device) {
        return Err(format!("it lies on another device (DLPack device type {device}): copy it to the CPU first"));
    }
    let capsule = export(object).map_err(refused)?;
    let (tensor, read_only) = tensor(&capsule).map_err(refused)?;
    let Some(dtype) = element_type(tensor) else {
        return Err(format!(
            "its elements (DLPack type code {}, {} bits) are no dtype of Enigma's",
            tensor.code, tensor.bits
        ));
    };
    let elements =
        contiguous_elements(tensor).ok_or_else(|| "it is not C-contiguous: pass a contiguous copy".to_owned())?;
    let address = tensor.data as usize + tensor.byte_offset as usize;
    Ok(Array { dtype, address, elements, read_only, owner: capsule.into_any().unbind() })
}

fn export<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyCapsule>> {
    let py = object.py();
    let name = intern!(py, "__dlpack__");
    let versioned = PyDict::new(py);
    versioned.set_item("max_version", (1, 0))?;
    let capsule = match object.call_method(name, (), Some(&versioned)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => object.call_method0(name)?,
        other => other?,
    };
    Ok(capsule.cast_into::<PyCapsule>()?)
}

/// The tensor in a capsule, and whether it must not be written. Producers that speak the protocol's first
/// version cannot say so.
fn tensor<'a>(capsule: &'a Bound<'_, PyCapsule>) -> PyResult<(&'a DlTensor, bool)> {
    if capsule.is_valid_checked(Some(VERSIONED)) {
        let pointer = capsule.pointer_checked(Some(VERSIONED))?;
        // SAFETY: a capsule of this name holds this structure, which lives as long as the capsule does.
        let managed = unsafe { pointer.cast::<DlManagedTensorVersioned>().as_ref() };
        return Ok((&managed.tensor, managed.flags & READ_ONLY != 0));
    }
    let pointer = capsule.pointer_checked(Some(LEGACY))?;
    // SAFETY: a capsule of this name holds a structure that begins with the tensor, and lives as long as the capsule does.
    Ok((unsafe { pointer.cast::<DlTensor>().as_ref() }, false))
}

fn element_type(tensor: &DlTensor) -> Option<DType> {
    if tensor.lanes != 1 {
        return None;
    }
    Some(match (tensor.code, tensor.bits) {
        (0, 8) => DType::I8,
        (0, 16) => DType::I16,
        (0, 32) => DType::I32,
        (0, 64) => DType::I64,
        (1, 8) => DType::U8,
        (1, 16) => DType::U16,
        (1, 32) => DType::U32,
        (1, 64) => DType::U64,
        (2, 16) => DType::F16,
        (2, 32) => DType::F32,
        (4, 16) => DType::BF16,
        (6, 8) => DType::Bool,
        _ => return None,
    })
}

/// The number of elements, when they lie one after the other in row-major order.
fn contiguous_elements(tensor: &DlTensor) -> Option<usize> {
    let rank = usize::try_from(tensor.ndim).ok()?;
    if rank == 0 {
        return Some(1);
    }
    // SAFETY: `shape` has `ndim` entries, and so has `strides` where it is not null, as the protocol says.
    let (shape, strides) = unsafe {
        let shape = std::slice::from_raw_parts(tensor.shape, rank);
        (shape, (!tensor.strides.is_null()).then(|| std::slice::from_raw_parts(tensor.strides, rank)))
    };
    let elements: usize = shape.iter().try_fold(1usize, |n, &extent| n.checked_mul(usize::try_from(extent).ok()?))?;
    let mut expected = 1i64;
    for axis in (0..rank).rev() {
        let stride = strides.map_or(expected, |strides| strides[axis]);
        if elements > 0 && shape[axis] != 1 && stride != expected {
            return None;
        }
        expected = expected.checked_mul(shape[axis])?;
    }
    Some(elements)
}
