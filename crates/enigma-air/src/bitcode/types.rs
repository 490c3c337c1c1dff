//! The table of types.

use super::bitstream::Bitstream;
use super::codes::{block, ty};
use super::numbers::Numbers;
use crate::llvm::{Shape, Type};

pub(super) fn write(out: &mut Bitstream, numbers: &Numbers) {
    out.block(block::TYPE, 4, |out| {
        out.record(ty::NUMENTRY, &[numbers.shapes().count() as u64]);
        for shape in numbers.shapes() {
            write_shape(out, numbers, shape);
        }
    });
}

fn write_shape(out: &mut Bitstream, numbers: &Numbers, shape: &Shape) {
    let list = |first: &[u64], types: &[Type]| -> Vec<u64> {
        first.iter().copied().chain(types.iter().map(|&part| numbers.ty(part))).collect()
    };
    match shape {
        Shape::Void => out.record(ty::VOID, &[]),
        Shape::Int(bits) => out.record(ty::INTEGER, &[u64::from(*bits)]),
        Shape::Half => out.record(ty::HALF, &[]),
        Shape::BFloat => out.record(ty::BFLOAT, &[]),
        Shape::Float => out.record(ty::FLOAT, &[]),
        Shape::Pointer { to, space } => out.record(ty::POINTER, &[numbers.ty(*to), u64::from(*space)]),
        Shape::Vector { of, len } => out.record(ty::VECTOR, &[u64::from(*len), numbers.ty(*of)]),
        Shape::Array { of, len } => out.record(ty::ARRAY, &[*len, numbers.ty(*of)]),
        Shape::Opaque(name) => {
            out.text(ty::STRUCT_NAME, &[], name);
            out.record(ty::OPAQUE, &[UNPACKED]);
        }
        Shape::Struct(members) => out.record(ty::STRUCT_ANON, &list(&[UNPACKED], members)),
        Shape::Function { result, parameters } => {
            out.record(ty::FUNCTION, &list(&[FIXED_PARAMETERS, numbers.ty(*result)], parameters));
        }
    }
}

/// Members of a structure are aligned.
const UNPACKED: u64 = 0;
/// A function takes no more arguments than it has parameters.
const FIXED_PARAMETERS: u64 = 0;
