//! Bits: as another type, taken out, put in.

use enigma_ir::{DType, Op, Opcode, ValueId};

use super::Lowering;
use crate::map::{self, BitMaps, Map};
use crate::plan::{Affine, MapNode, Node, Reg, Shape};

impl Lowering<'_> {
    pub(super) fn as_type(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let [from, to] = [op.operands[0], op.results[0]].map(|value| self.dtype(value));
        let affine = if from.is_integer() && to.is_integer() { Affine::Cast } else { Affine::No };
        let operands = self.values[op.operands[0].index()].clone();
        for (operand, result) in operands.into_iter().zip(self.define(op.results[0])) {
            let operands = [operand, 0, 0];
            nodes.push(Node::Map(MapNode {
                map: map::same_bits(from),
                operands,
                arity: 1,
                result,
                dtype: from,
                affine,
            }));
        }
    }

    pub(super) fn extract_bits(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let dtype = self.dtype(op.operands[0]);
        let [offset, bits] = [1, 2].map(|n| self.bit_count(op.operands[n], dtype, nodes));
        let values = self.values[op.operands[0].index()].clone();
        let results = self.define(op.results[0]);
        // Every integer type has the loop.
        let Some(extract) = map::operation(Opcode::ExtractBits, dtype) else { return };
        for (value, result) in values.into_iter().zip(results) {
            nodes.push(plain(extract, dtype, &[value, offset, bits], result));
        }
    }

    /// Brings what is inserted to its place, and takes it where a mask is 1.
    pub(super) fn insert_bits(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let dtype = self.dtype(op.operands[0]);
        let [offset, bits] = [2, 3].map(|n| self.bit_count(op.operands[n], dtype, nodes));
        let [bases, inserts] = [0, 1].map(|n| self.values[op.operands[n].index()].clone());
        let results = self.define(op.results[0]);
        // Every integer type has the loops.
        let (Some(maps), Some(shift)) = (BitMaps::new(dtype), map::operation(Opcode::Shl, dtype)) else { return };
        let mask = self.register(Shape::Lanes(dtype));
        nodes.push(plain(maps.mask, dtype, &[offset, bits], mask));
        for ((base, insert), result) in bases.into_iter().zip(inserts).zip(results) {
            // A shift by the whole width changes nothing, and then the mask is 0.
            let shifted = self.register(Shape::Lanes(dtype));
            nodes.push(plain(shift, dtype, &[insert, offset], shifted));
            nodes.push(plain(maps.merge, dtype, &[base, shifted, mask], result));
        }
    }

    /// An integer of any type, held between 0 and the width of `dtype`, as one of that type.
    fn bit_count(&mut self, value: ValueId, dtype: DType, nodes: &mut Vec<Node>) -> Reg {
        let from = self.dtype(value);
        let [zero, width] = [0, dtype.bits()].map(|bound| self.constant(from, bound.into()));
        let [held, count] = [from, dtype].map(|dtype| self.register(Shape::Lanes(dtype)));
        // Every integer type has the loops.
        if let (Some(clamp), Some(cast)) = (map::operation(Opcode::Iclamp, from), map::cast(from, dtype)) {
            nodes.push(plain(clamp, from, &[self.reg(value), zero, width], held));
            nodes.push(plain(cast, from, &[held], count));
        }
        count
    }
}

/// An elementwise operation that keeps no affine value.
fn plain(map: Map, dtype: DType, given: &[Reg], result: Reg) -> Node {
    let mut operands = [0; 3];
    operands[..given.len()].copy_from_slice(given);
    Node::Map(MapNode { map, operands, arity: given.len() as u8, result, dtype, affine: Affine::No })
}
