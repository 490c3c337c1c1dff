//! 8x8 matrices that the lanes of a simdgroup hold together.
//!
//! A matrix is a vector of 64 elements, of which each lane holds its own two. `bfloat` is a type here: these functions know
//! no other for it.

use enigma_ir::target::Version;
use enigma_ir::{Attr, DType, Op, Opcode, ValueId};
use smallvec::smallvec;

use super::numbers::register_type;
use super::{Effect, Lowering};
use crate::llvm::{CastOp, Type, Value};

/// Rows and columns.
const SIZE: i128 = 8;

/// The first version of AIR that is told of a matrix in memory how many elements there are, and how far apart, in each
/// direction. Before, it was told of a row's length, and whether the matrix is transposed.
const STRIDES: Version = Version { major: 2, minor: 8 };

/// The type of a matrix's elements, and what the names of AIR's functions call it.
fn element(dtype: DType) -> (Type, &'static str) {
    match dtype {
        DType::F16 => (Type::HALF, "f16"),
        DType::BF16 => (Type::BFLOAT, "bf16"),
        _ => (Type::FLOAT, "f32"),
    }
}

impl Lowering<'_, '_> {
    pub fn simdgroup_matrix(&mut self, op: &Op) {
        match op.code {
            Opcode::SimdgroupMatrixLoad => self.matrix_load(op),
            Opcode::SimdgroupMatrixStore => self.matrix_store(op),
            Opcode::SimdgroupMultiplyAccumulate => self.multiply_accumulate(op),
            _ => self.filled_matrix(op),
        }
    }

    fn matrix_load(&mut self, op: &Op) {
        let [pitch, offset] = [op.operands[0], op.operands[1]];
        let (name, mut arguments) = self.matrix_in_memory(op, "load", offset);
        arguments.extend(self.layout(pitch, op.attrs.contains(&Attr::Flag(true))));
        self.matrix_call(op, &name, &arguments);
    }

    fn matrix_store(&mut self, op: &Op) {
        let [matrix, pitch, offset] = [op.operands[0], op.operands[1], op.operands[2]];
        let (name, pointer) = self.matrix_in_memory(op, "store", offset);
        let mut arguments = vec![self.number(matrix)];
        arguments.extend(pointer);
        arguments.extend(self.layout(pitch, false));
        self.air(&name, Effect::Convergent, Type::VOID, &arguments);
    }

    /// The name of a function, and where it finds the matrix: a pointer to the very type that the name says.
    fn matrix_in_memory(&mut self, op: &Op, function: &str, offset: ValueId) -> (String, Vec<Value>) {
        let (ty, name) = element(self.kernel.memory(op.memories[0]).dtype);
        let place = self.place(op.memories[0], offset);
        let pointer = self.out.pointer_to(place, ty);
        let space = self.out.space(pointer);
        (format!("simdgroup_matrix_8x8_{function}.v64{name}.p{space}{name}"), vec![pointer])
    }

    /// How a matrix lies in memory whose rows are `pitch` elements apart, from its origin on.
    fn layout(&mut self, pitch: ValueId, transposed: bool) -> Vec<Value> {
        let pitch = self.widened(pitch);
        let [size, one, zero] = [SIZE, 1, 0].map(|n| self.out.int(Type::I64, n));
        let origin = self.out.vector(&[zero, zero]);
        if self.target.system.air() < STRIDES {
            return vec![pitch, origin, self.out.bool(transposed)];
        }
        let [mut elements, mut strides] = [[pitch, size], [one, pitch]];
        if transposed {
            elements.reverse();
            strides.reverse();
        }
        vec![self.out.vector(&elements), self.out.vector(&strides), origin]
    }

    fn multiply_accumulate(&mut self, op: &Op) {
        let types = [op.results[0], op.operands[0], op.operands[1], op.operands[2]]
            .map(|matrix| format!(".v64{}", element(self.element_type(matrix)).1));
        let operands: Vec<Value> = op.operands.iter().map(|&matrix| self.number(matrix)).collect();
        self.matrix_call(op, &format!("simdgroup_matrix_8x8_multiply_accumulate{}", types.concat()), &operands);
    }

    fn filled_matrix(&mut self, op: &Op) {
        let dtype = self.element_type(op.results[0]);
        let (ty, name) = element(dtype);
        let value = self.number(op.operands[0]);
        let value = self.cast(value, self.element_type(op.operands[0]), dtype);
        let value = if ty == register_type(dtype) { value } else { self.bfloat(value) };
        self.matrix_call(op, &format!("simdgroup_matrix_8x8_init_filled.v64{name}.{name}"), &[value]);
    }

    /// A `bfloat` as LLVM's type.
    fn bfloat(&mut self, value: Value) -> Value {
        let bits = self.stored(value, DType::BF16);
        self.out.cast(CastOp::BitCast, bits, Type::BFLOAT)
    }

    fn matrix_call(&mut self, op: &Op, function: &str, arguments: &[Value]) {
        let (ty, _) = element(self.element_type(op.results[0]));
        let ty = self.out.module.types.vector(ty, 64);
        let matrix = self.air(function, Effect::Convergent, ty, arguments);
        self.define(op.results[0], smallvec![matrix]);
    }
}
