//! Where ways meet again: the two sides of a branch that both assign a variable, and what was tried and taken back.
//!
//! A front end that reads control flow off a program's text does not know beforehand what a branch yields. It builds
//! both sides, and then says what each variable became at the end of either one.

use smallvec::SmallVec;

use super::Builder;
use super::arguments::Arg;
use crate::kernel::{Block, BlockId, Op, OpId, ValueId};
use crate::span::Span;
use crate::table::Opcode;
use crate::types::{DType, Literal, Type};

/// A variable after a branch: its value, or what its two ends are where they have no common type.
pub type Joined = Result<ValueId, [String; 2]>;

/// How many operations a branch may be rid of by carrying them out in any case.
const MAX_SPECULATED: usize = 16;

/// A moment that the builder can go back to; see [`Builder::take_back`].
#[derive(Clone, Debug)]
pub struct Checkpoint {
    block: BlockId,
    block_ops: usize,
    ops: usize,
    memories: usize,
    refused: usize,
    frames: usize,
}

/// One variable's two ends, brought to one type.
enum Ends {
    /// The condition itself, or its complement.
    Condition(bool),
    Same(Type, [ValueId; 2]),
    Apart([String; 2]),
    Invalid,
}

impl Builder {
    /// Closes a branch after both of its blocks: `ends` holds what each variable is at the end of the first and at the
    /// end of the second. [`Arg::Missing`] stands for an end that nobody will look at.
    ///
    /// Values of different types are brought to their common type, and literals to that of the other end. With
    /// `speculate`, blocks that only compute are dissolved, and their results chosen between.
    pub fn join_if(&mut self, ends: &[[Arg; 2]], speculate: bool, span: Span) -> Vec<Joined> {
        let Some(op) = self.expect_open(Opcode::If, 2..3, span) else {
            return ends.iter().map(|_| Ok(self.invalid(span))).collect();
        };
        let blocks = [self.kernel.op(op).blocks[0], self.kernel.op(op).blocks[1]];
        let ends: Vec<Ends> = ends.iter().map(|pair| self.meet(pair, blocks, span)).collect();
        let same =
            || ends.iter().filter_map(|end| if let Ends::Same(ty, pair) = end { Some((*ty, *pair)) } else { None });
        let mut results = match speculate && self.only_computes(blocks) {
            true => self.dissolve(op, &same().map(|(_, pair)| pair).collect::<Vec<_>>(), span),
            false => {
                for (n, block) in blocks.into_iter().enumerate() {
                    self.kernel.blocks[block.index()].yields = same().map(|(_, pair)| pair[n]).collect();
                }
                let types: Vec<Type> = same().map(|(ty, _)| ty).collect();
                let results = self.close(&types, span);
                self.drop_if_idle(op);
                results
            }
        }
        .into_iter();
        let condition = self.kernel.op(op).operands[0];
        let mut joined = Vec::with_capacity(ends.len());
        for end in ends {
            joined.push(match end {
                Ends::Condition(true) => Ok(condition),
                Ends::Condition(false) => Ok(self.value(Opcode::Not, &[condition.into()], span)),
                Ends::Same(..) => Ok(results.next().unwrap_or(condition)),
                Ends::Apart(types) => Err(types),
                Ends::Invalid => Ok(self.invalid(span)),
            });
        }
        joined
    }

    /// Brings the two ends of a variable to one type, each in its own block.
    fn meet(&mut self, pair: &[Arg; 2], blocks: [BlockId; 2], span: Span) -> Ends {
        if let [Arg::Literal(Literal::Bool(a)), Arg::Literal(Literal::Bool(b))] = pair
            && a != b
        {
            return Ends::Condition(*a);
        }
        let Some(ty) = self.meeting_type(pair) else {
            return Ends::Apart(pair.each_ref().map(|arg| self.describe(arg)));
        };
        let brought = [0, 1].map(|n| {
            self.block = blocks[n];
            self.bring_to(&pair[n], ty, span)
        });
        match brought {
            [Some(a), Some(b)] => Ends::Same(ty, [a, b]),
            _ => Ends::Invalid,
        }
    }

    /// The type in which two ends of a variable meet. A literal takes the type of the other end, if it fits it.
    fn meeting_type(&self, pair: &[Arg; 2]) -> Option<Type> {
        match pair {
            [Arg::Value(a), Arg::Value(b)] => match (self.kernel.ty(*a), self.kernel.ty(*b)) {
                (a, b) if a == b => Some(a),
                (Type::Invalid, _) | (_, Type::Invalid) => Some(Type::Invalid),
                (Type::Scalar(a), Type::Scalar(b)) => Some(Type::Scalar(a.common(b))),
                (Type::Vector(a, n), Type::Vector(b, m)) if n == m => Some(Type::Vector(a.common(b), n)),
                _ => None,
            },
            [Arg::Literal(literal), Arg::Value(value)] | [Arg::Value(value), Arg::Literal(literal)] => {
                match self.kernel.ty(*value) {
                    Type::Invalid => Some(Type::Invalid),
                    Type::Scalar(DType::Bool) => Some(Type::Scalar(literal.default_dtype().common(DType::Bool))),
                    ty => literal.fit(ty.scalar()?).map(|_| ty),
                }
            }
            [Arg::Literal(a), Arg::Literal(b)] => {
                let dtype = a.default_dtype().common(b.default_dtype());
                let signed = [a, b].iter().all(|literal| literal.fit(DType::I32).is_some());
                Some(Type::Scalar(if dtype.is_integer() && signed && either_negative(a, b) {
                    DType::I32
                } else {
                    dtype
                }))
            }
            [Arg::Missing, Arg::Value(value)] | [Arg::Value(value), Arg::Missing] => {
                Some(self.kernel.ty(*value)).filter(|ty| has_zero(*ty) || *ty == Type::Invalid)
            }
            _ => None,
        }
    }

    /// One end of a variable as a value of the type in which it meets the other, made in the current block.
    pub(super) fn bring_to(&mut self, arg: &Arg, ty: Type, span: Span) -> Option<ValueId> {
        match (arg, ty) {
            (_, Type::Invalid) => None,
            (Arg::Missing, _) => {
                let zero = Arg::Literal(Literal::Int(0));
                self.bring(&zero, ty, span)
            }
            (Arg::Value(value), Type::Scalar(_) | Type::Vector(..)) => {
                let value = self.reachable(*value, span)?;
                self.bring(&value.into(), ty, span)
            }
            (Arg::Value(value), _) => self.reachable(*value, span),
            _ => self.bring(arg, ty, span),
        }
    }

    /// Whether the blocks of a branch compute and do nothing else, and little of it.
    fn only_computes(&self, blocks: [BlockId; 2]) -> bool {
        let pure =
            |op: &Op| op.code == Opcode::Constant || (op.blocks.is_empty() && op.code.info().signature.is_pure());
        let ops = blocks.map(|block| &self.kernel.block(block).ops);
        ops.iter().map(|ops| ops.len()).sum::<usize>() <= MAX_SPECULATED
            && ops.iter().all(|ops| ops.iter().all(|&id| pure(self.kernel.op(id))))
    }

    /// Carries out both blocks of the innermost branch in any case, in its place, and chooses between their results.
    fn dissolve(&mut self, op: OpId, pairs: &[[ValueId; 2]], span: Span) -> Vec<ValueId> {
        self.close(&[], span);
        let condition = self.kernel.op(op).operands[0];
        self.kernel.blocks[self.block.index()].ops.pop();
        for block in self.kernel.op(op).blocks.clone() {
            let moved = std::mem::take(&mut self.kernel.blocks[block.index()].ops);
            for &id in &moved {
                self.kernel.ops[id.index()].parent = self.block;
            }
            self.kernel.blocks[self.block.index()].ops.extend(moved);
        }
        pairs.iter().map(|&[then, otherwise]| self.choose(condition, then, otherwise, span)).collect()
    }

    /// `condition ? then : otherwise`, as a person would write it.
    fn choose(&mut self, condition: ValueId, then: ValueId, otherwise: ValueId, span: Span) -> ValueId {
        let is = |value: ValueId, b: bool| value == condition || self.kernel.literal(value) == Some(Literal::Bool(b));
        let boolean = self.kernel.ty(then) == Type::Scalar(DType::Bool);
        match (boolean && is(then, true), boolean && is(otherwise, false)) {
            (true, true) => condition,
            (false, true) => self.value(Opcode::And, &[condition.into(), then.into()], span),
            (true, false) => self.value(Opcode::Or, &[condition.into(), otherwise.into()], span),
            (false, false) => self.value(Opcode::Select, &[otherwise.into(), then.into(), condition.into()], span),
        }
    }

    /// Drops a branch that does nothing and results in nothing.
    fn drop_if_idle(&mut self, op: OpId) {
        let idle = self.kernel.op(op).results.is_empty()
            && self.kernel.op(op).blocks.iter().all(|&block| self.kernel.block(block).ops.is_empty());
        let ops = &mut self.kernel.blocks[self.block.index()].ops;
        if idle && ops.last() == Some(&op) {
            ops.pop();
        }
    }

    /// Lets the innermost open loop carry one value more, which it only defines: what the last iteration made of it
    /// is what the loop results in. Says whether there is such a value; it is passed on after the others.
    pub fn carry_out(&mut self, value: ValueId, span: Span) -> bool {
        let ty = self.kernel.ty(value);
        let Some(frame) = self.frames.last() else { return false };
        let (op, outer, body) = (frame.op, frame.outer, self.block);
        if !has_zero(ty) {
            return false;
        }
        self.block = outer;
        let before = self.kernel.block(outer).ops.len();
        let init = self.bring_to(&Arg::Missing, ty, span);
        self.block = body;
        let Some(init) = init else { return false };
        // What is carried at first is made before the loop, which was the last operation there.
        self.kernel.blocks[outer.index()].ops[before - 1..].rotate_left(1);
        self.kernel.ops[op.index()].operands.push(init);
        for block in self.kernel.op(op).blocks.clone() {
            self.add_argument(block, ty, span);
        }
        true
    }

    /// Where the builder stands, to come back to.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            block: self.block,
            block_ops: self.kernel.block(self.block).ops.len(),
            ops: self.kernel.ops.len(),
            memories: self.kernel.memories.len(),
            refused: self.kernel.refused.len(),
            frames: self.frames.len(),
        }
    }

    /// Undoes what was built since, all loops and branches of which are closed. Its values are reachable from nowhere.
    /// Says whether it could be done.
    pub fn take_back(&mut self, to: &Checkpoint) -> bool {
        if self.block != to.block || self.frames.len() != to.frames {
            return false;
        }
        let nowhere = BlockId(self.kernel.blocks.len() as u32);
        self.kernel.blocks.push(Block::default());
        for op in &mut self.kernel.ops[to.ops..] {
            op.memories = SmallVec::new();
            if op.parent == to.block {
                op.parent = nowhere;
            }
        }
        self.kernel.blocks[to.block.index()].ops.truncate(to.block_ops);
        self.kernel.memories.truncate(to.memories);
        self.kernel.refused.truncate(to.refused);
        self.names.retain(|_, id| id.index() < to.memories);
        self.register_homes.retain(|id, _| id.index() < to.memories);
        true
    }
}

fn either_negative(a: &Literal, b: &Literal) -> bool {
    [a, b].iter().any(|literal| literal.as_int().is_some_and(|v| v < 0))
}

/// Whether a zero of that type can stand where nobody will look.
fn has_zero(ty: Type) -> bool {
    matches!(ty, Type::Scalar(_) | Type::Vector(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify;

    const SPAN: Span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };

    fn int(v: i128) -> Arg {
        Arg::Literal(Literal::Int(v))
    }

    /// A builder inside both blocks of a branch, with an `int` and a `half` at hand.
    fn forked(b: &mut Builder) -> [ValueId; 3] {
        let values = [DType::Bool, DType::I32, DType::F16].map(|dtype| b.scalar_param(dtype.msl(), dtype, SPAN));
        b.begin_if(&values[0].into(), SPAN);
        b.begin_else(&[], SPAN);
        values
    }

    fn builder() -> Builder {
        Builder::new("k", "k.py", None, [1, 1, 1, 2])
    }

    fn joined(ends: impl Fn([Arg; 3]) -> [Arg; 2]) -> Result<Type, [String; 2]> {
        let mut b = builder();
        let values = forked(&mut b).map(Arg::from);
        let result = b.join_if(&[ends(values)], false, SPAN).remove(0);
        let kernel = b.finish();
        let ty = result.map(|value| kernel.ty(value));
        verify(kernel).expect("what is joined is well formed");
        ty
    }

    #[test]
    fn ends_meet_in_their_common_type() {
        assert_eq!(joined(|[_, i, h]| [i, h]), Ok(Type::Scalar(DType::F16)));
        assert_eq!(joined(|[c, i, _]| [c, i]), Ok(Type::Scalar(DType::I32)));
        assert_eq!(joined(|[_, i, _]| [int(-3), i]), Ok(Type::Scalar(DType::I32)));
        assert_eq!(joined(|_| [int(3), int(4)]), Ok(Type::Scalar(DType::U32)));
        assert_eq!(joined(|_| [int(3), int(-4)]), Ok(Type::Scalar(DType::I32)));
        assert_eq!(joined(|[_, _, h]| [Arg::Missing, h]), Ok(Type::Scalar(DType::F16)));
    }

    #[test]
    fn ends_without_a_common_type_are_described() {
        let apart = joined(|[_, i, _]| [i, Arg::Literal(Literal::Float(0.5))]);
        assert_eq!(apart, Err(["a value of type int".to_owned(), "the number 0.5".to_owned()]));
    }

    #[test]
    fn a_branch_that_sets_a_flag_is_its_condition() {
        let mut b = builder();
        let [cond, ..] = forked(&mut b);
        let flag = [true, false].map(|v| Arg::Literal(Literal::Bool(v)));
        assert_eq!(b.join_if(&[flag], false, SPAN), [Ok(cond)]);
        assert!(b.finish().walk().is_empty(), "nothing is left of the branch");
    }

    #[test]
    fn a_branch_that_only_computes_is_dissolved_on_request() {
        let mut b = builder();
        let [_, i, _] = forked(&mut b);
        let twice = b.value(Opcode::Add, &[i.into(), i.into()], SPAN);
        b.join_if(&[[i.into(), twice.into()]], true, SPAN);
        let kernel = b.finish();
        let codes: Vec<Opcode> = kernel.walk().into_iter().map(|id| kernel.op(id).code).collect();
        assert_eq!(codes, [Opcode::Add, Opcode::Select]);
        verify(kernel).expect("what is dissolved is well formed");
    }

    #[test]
    fn what_is_taken_back_is_out_of_reach() {
        let mut b = builder();
        let a = b.buffer_param("A", DType::I32, SPAN);
        let before = b.checkpoint();
        let tile = b.threadgroup_alloc(DType::F32, 64, Some("tile"), None, SPAN);
        let loaded = b.value(Opcode::Load, &[a.into(), int(0)], SPAN);
        b.call(Opcode::Store, &[a.into(), int(0), loaded.into()], SPAN);
        b.call(Opcode::Sqrt, &[Arg::Name("A".to_owned())], SPAN);
        assert!(b.take_back(&before));
        assert!(!b.has_refused());
        assert!(b.kernel().walk().is_empty() && !b.kernel().writes(a));
        assert_eq!(b.threadgroup_alloc(DType::F32, 64, Some("tile"), None, SPAN), tile, "its name is free again");
        b.value(Opcode::Neg, &[loaded.into()], SPAN);
        assert_eq!(b.refused()[0].rule, crate::Rule::ValueEscapes);
        b.begin_if(&Arg::Literal(Literal::Bool(true)), SPAN);
        assert!(!b.take_back(&before), "a branch is open that was not");
    }

    #[test]
    fn a_loop_hands_out_what_it_defines() {
        let mut b = builder();
        let out = b.buffer_param("Out", DType::I32, SPAN);
        let (i, _) = b.begin_for([&int(0), &int(4), &int(1)], DType::I32, &[], SPAN);
        let square = b.value(Opcode::Mul, &[i.into(), i.into()], SPAN);
        assert!(b.carry_out(square, SPAN));
        let results = b.end_for(&[square.into()], SPAN);
        b.call(Opcode::Store, &[out.into(), int(0), results[0].into()], SPAN);
        verify(b.finish()).expect("the loop is well formed");
    }
}
