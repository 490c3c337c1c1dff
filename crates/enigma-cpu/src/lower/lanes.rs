//! Lowers what threads do with each other, and with memory one element or several at a time: reductions, scans, shuffles, atomic
//! operations, conditional and vector accesses, printing.

use enigma_ir::{Attr, DType, Op, OpId, Opcode, format};

use super::Lowering;
use crate::lane::SIMDGROUP;
use crate::plan::{
    AccessNode, AtomicNode, Block, Combine, IfNode, Node, Pass, PrintNode, ReduceNode, Reg, Shape, Share, ShuffleNode,
    Way,
};

/// Lanes of a quad.
const QUAD: usize = 4;

/// What a reduction or a scan does, and over how many lanes.
pub(super) fn reduction(code: Opcode) -> Option<(Combine, Share, usize)> {
    use Opcode::*;
    Some(match code {
        SimdSum => (Combine::Sum, Share::All, SIMDGROUP),
        SimdProduct => (Combine::Product, Share::All, SIMDGROUP),
        SimdMin => (Combine::Min, Share::All, SIMDGROUP),
        SimdMax => (Combine::Max, Share::All, SIMDGROUP),
        SimdAnd => (Combine::And, Share::All, SIMDGROUP),
        SimdOr => (Combine::Or, Share::All, SIMDGROUP),
        SimdXor => (Combine::Xor, Share::All, SIMDGROUP),
        SimdPrefixExclusiveSum => (Combine::Sum, Share::Below, SIMDGROUP),
        SimdPrefixInclusiveSum => (Combine::Sum, Share::UpToItself, SIMDGROUP),
        SimdPrefixExclusiveProduct => (Combine::Product, Share::Below, SIMDGROUP),
        SimdPrefixInclusiveProduct => (Combine::Product, Share::UpToItself, SIMDGROUP),
        QuadSum => (Combine::Sum, Share::All, QUAD),
        QuadProduct => (Combine::Product, Share::All, QUAD),
        QuadMin => (Combine::Min, Share::All, QUAD),
        QuadMax => (Combine::Max, Share::All, QUAD),
        QuadAnd => (Combine::And, Share::All, QUAD),
        QuadOr => (Combine::Or, Share::All, QUAD),
        QuadXor => (Combine::Xor, Share::All, QUAD),
        QuadPrefixExclusiveSum => (Combine::Sum, Share::Below, QUAD),
        QuadPrefixInclusiveSum => (Combine::Sum, Share::UpToItself, QUAD),
        _ => return None,
    })
}

/// From where a shuffle has its values, and among how many lanes.
pub(super) fn shuffle(code: Opcode) -> Option<(Way, usize)> {
    use Opcode::*;
    Some(match code {
        SimdShuffle => (Way::From, SIMDGROUP),
        SimdShuffleUp => (Way::Up, SIMDGROUP),
        SimdShuffleDown => (Way::Down, SIMDGROUP),
        SimdShuffleXor => (Way::Xor, SIMDGROUP),
        SimdBroadcast => (Way::Broadcast, SIMDGROUP),
        QuadShuffle => (Way::From, QUAD),
        QuadShuffleUp => (Way::Up, QUAD),
        QuadShuffleDown => (Way::Down, QUAD),
        QuadShuffleXor => (Way::Xor, QUAD),
        QuadBroadcast => (Way::Broadcast, QUAD),
        _ => return None,
    })
}

impl Lowering<'_> {
    /// A reduction or a scan, once per component.
    pub(super) fn reduce(&mut self, op: &Op, (combine, share, lanes): (Combine, Share, usize), nodes: &mut Vec<Node>) {
        let dtype = self.dtype(op.operands[0]);
        let operands = self.values[op.operands[0].index()].clone();
        let results = self.define(op.results[0]);
        for (&operand, &result) in operands.iter().zip(&results) {
            nodes.push(Node::Reduce(ReduceNode { combine, share, lanes, dtype, operand, result }));
        }
    }

    /// A shuffle, once per component.
    pub(super) fn shuffle(&mut self, op: &Op, (way, lanes): (Way, usize), nodes: &mut Vec<Node>) {
        let values = self.values[op.operands[0].index()].clone();
        let by = self.operand(op.operands[1]);
        let results = self.define(op.results[0]);
        for (&value, &result) in values.iter().zip(&results) {
            nodes.push(Node::Shuffle(ShuffleNode { way, lanes, value, by, result }));
        }
    }

    pub(super) fn access(&self, site: OpId, op: &Op, value: Reg) -> AccessNode {
        let index = self.operand(op.operands[0]);
        AccessNode { site, memory: op.memories[0], index: index.reg, index_dtype: index.dtype, offset: 0, value }
    }

    /// A load where a condition holds is a branch: the load on one side, the default on the other.
    pub(super) fn load_if(&mut self, site: OpId, op: &Op) -> Node {
        let [condition, default] = [1, 2].map(|n| self.reg(op.operands[n]));
        let loaded = self.register(Shape::Lanes(self.dtype(op.results[0])));
        let result = self.define(op.results[0])[0];
        let then = Block {
            nodes: vec![Node::Load(self.access(site, op, loaded))],
            passes: vec![Pass { from: loaded, to: result, swap: true }],
            ..Block::default()
        };
        let otherwise = Block { passes: vec![Pass { from: default, to: result, swap: false }], ..Block::default() };
        Node::If(Box::new(IfNode { condition, blocks: [then, otherwise] }))
    }

    pub(super) fn store_if(&mut self, site: OpId, op: &Op) -> Node {
        let [value, condition] = [1, 2].map(|n| self.reg(op.operands[n]));
        let then = Block { nodes: vec![Node::Store(self.access(site, op, value))], ..Block::default() };
        Node::If(Box::new(IfNode { condition, blocks: [then, Block::default()] }))
    }

    /// The load or the store of a vector: of one component after another.
    pub(super) fn vector_access(&mut self, site: OpId, op: &Op, nodes: &mut Vec<Node>) {
        let loads = op.code == Opcode::VecLoad;
        let regs = match loads {
            true => self.define(op.results[0]),
            false => self.values[op.operands[1].index()].clone(),
        };
        for (offset, &reg) in (0..).zip(&regs) {
            let access = AccessNode { offset, ..self.access(site, op, reg) };
            nodes.push(if loads { Node::Load(access) } else { Node::Store(access) });
        }
    }

    pub(super) fn atomic(&mut self, site: OpId, op: &Op) -> Node {
        let dtype = self.kernel.memory(op.memories[0]).dtype;
        // A store has no operand beyond its value, and a load none.
        let none = self.constant(DType::U32, 0);
        let operands = [1, 2].map(|n| op.operands.get(n).map_or(none, |&value| self.reg(value)));
        let result = match op.results.first() {
            Some(&result) => self.define(result)[0],
            None => self.register(Shape::Lanes(dtype)),
        };
        Node::Atomic(Box::new(AtomicNode { code: op.code, access: self.access(site, op, result), dtype, operands }))
    }

    pub(super) fn print(&self, op: &Op) -> Option<Node> {
        let Some(Attr::Text(text)) = op.attrs.first() else { return None };
        // The builder has seen that it is a format.
        let pieces = format::parse(self.kernel.text(*text)).ok()?;
        let (condition, values) = op.operands.split_first()?;
        let values = values.iter().map(|&value| {
            let dtype = self.kernel.ty(value).dtype().unwrap_or(DType::U32);
            (dtype, self.values[value.index()].as_slice().into())
        });
        Some(Node::Print(Box::new(PrintNode { pieces, condition: self.reg(*condition), values: values.collect() })))
    }
}
