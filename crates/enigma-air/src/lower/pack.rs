//! Floats packed into a `uint`, and unpacked again: by AIR's functions, which alone take vectors.

use enigma_ir::{Op, Opcode, ValueId};
use smallvec::smallvec;

use super::{Components, Effect, Lowering};
use crate::llvm::Type;

/// What AIR calls the format, without the vector.
fn format(code: Opcode) -> &'static str {
    match code {
        Opcode::PackSnorm4x8 | Opcode::UnpackSnorm4x8 => "snorm4x8",
        Opcode::PackUnorm4x8 | Opcode::UnpackUnorm4x8 => "unorm4x8",
        Opcode::PackSnorm2x16 | Opcode::UnpackSnorm2x16 => "snorm2x16",
        Opcode::PackUnorm2x16 | Opcode::UnpackUnorm2x16 => "unorm2x16",
        Opcode::PackSrgbUnorm4x8 | Opcode::UnpackSrgbUnorm4x8 => "unorm4x8.srgb",
        _ => "unorm.rgb10a2",
    }
}

impl Lowering<'_, '_> {
    pub fn packing(&mut self, op: &Op) {
        let (operand, result) = (op.operands[0], op.results[0]);
        let components = match self.components(operand).len() {
            1 => self.unpacked(format(op.code), operand, self.kernel.ty(result).components() as u32),
            _ => self.packed(format(op.code), operand),
        };
        self.define(result, components);
    }

    fn packed(&mut self, format: &str, operand: ValueId) -> Components {
        let components = self.components(operand).clone();
        let vector = self.out.vector(&components);
        let name = format!("pack.{format}.v{}f32", components.len());
        smallvec![self.air(&name, Effect::None, Type::I32, &[vector])]
    }

    fn unpacked(&mut self, format: &str, operand: ValueId, width: u32) -> Components {
        let word = self.number(operand);
        let ty = self.out.module.types.vector(Type::FLOAT, width);
        let vector = self.air(&format!("unpack.{format}.v{width}f32"), Effect::None, ty, &[word]);
        (0..width).map(|n| self.out.extract(vector, n)).collect()
    }
}
