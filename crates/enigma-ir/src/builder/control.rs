//! Loops and branches.

use smallvec::SmallVec;

use super::Builder;
use super::arguments::Arg;
use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Attr, Block, BlockId, Definition, Op, OpId, ValueId};
use crate::span::Span;
use crate::table::{Class, Opcode};
use crate::types::{DType, Type};

/// How deep loops and branches nest at most. Compilers of the emitted text have such a limit too, and what goes through
/// a kernel by recursion relies on it.
pub(super) const MAX_DEPTH: usize = 128;

/// A loop or branch that is open.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) op: OpId,
    /// The block to return to.
    pub(super) outer: BlockId,
}

impl Builder {
    /// Opens a branch; what follows is run where `cond` holds.
    pub fn begin_if(&mut self, cond: &Arg, span: Span) {
        let cond = self
            .own(Opcode::If, "cond", Class::Condition, cond, span)
            .unwrap_or_else(|| self.constant(crate::Literal::Bool(true), DType::Bool, span));
        self.open(Opcode::If, SmallVec::from_slice(&[cond]), span);
        self.enter_block(&[], span);
    }

    /// Ends the first block of a branch, which yields `yields`, and opens the one that is run where the condition does not hold.
    pub fn begin_else(&mut self, yields: &[Arg], span: Span) {
        if self.expect_open(Opcode::If, 1..2, span).is_none() {
            return;
        }
        let yields = self.plain_values(yields, span);
        self.kernel.blocks[self.block.index()].yields = yields;
        self.enter_block(&[], span);
    }

    /// Closes a branch. Both blocks must yield values of the same types; returns the results.
    /// A branch that was given no second block gets an empty one.
    pub fn end_if(&mut self, yields: &[Arg], span: Span) -> Vec<ValueId> {
        let Some(op) = self.expect_open(Opcode::If, 1..3, span) else { return Vec::new() };
        let yields = self.plain_values(yields, span);
        if self.kernel.op(op).blocks.len() == 1 {
            self.kernel.blocks[self.block.index()].yields = yields.clone();
            self.enter_block(&[], span);
            if !yields.is_empty() {
                self.refuse_yields(span);
            }
            return self.close(&[], span);
        }
        let first = self.kernel.block(self.kernel.op(op).blocks[0]).yields.clone();
        let types: Vec<Type> = first.iter().map(|&v| self.kernel.ty(v)).collect();
        let same = first.len() == yields.len() && yields.iter().zip(&types).all(|(&v, &t)| self.kernel.ty(v) == t);
        if !same {
            let refused_before = first.iter().chain(&yields).any(|&v| self.kernel.ty(v) == Type::Invalid);
            if !refused_before {
                self.refuse_yields(span);
            }
            return self.close(&[], span);
        }
        self.kernel.blocks[self.block.index()].yields = yields;
        self.close(&types, span)
    }

    /// The innermost open operation, if it is of this kind and has entered so many of its blocks; else what the front
    /// end does next has no meaning, and is refused.
    pub(super) fn expect_open(&mut self, code: Opcode, blocks: std::ops::Range<usize>, span: Span) -> Option<OpId> {
        let open = self.frames.last().map(|f| f.op);
        let expected = |&op: &OpId| {
            let op = self.kernel.op(op);
            op.code == code && blocks.contains(&op.blocks.len())
        };
        let found = open.filter(expected);
        if found.is_none() {
            let message = format!("this belongs to a `{}` that is not open", code.info().name);
            self.refuse(Diagnostic::new(Rule::InvalidKernel, message, span, "out of place"));
        }
        found
    }

    fn refuse_yields(&mut self, span: Span) {
        self.refuse(Diagnostic::new(
            Rule::InvalidKernel,
            "both branches must yield values of the same types",
            span,
            "this branch",
        ));
    }

    /// Opens a loop over `lo <= i < hi` in steps of `step`, counted in `dtype`; a negative constant step counts
    /// down, `lo >= i > hi`. Returns the induction variable and the carried values.
    pub fn begin_for(
        &mut self,
        [lo, hi, step]: [&Arg; 3],
        dtype: DType,
        init: &[Arg],
        span: Span,
    ) -> (ValueId, Vec<ValueId>) {
        let mut operands: SmallVec<[ValueId; 4]> = SmallVec::new();
        for (name, arg) in [("lo", lo), ("hi", hi), ("step", step)] {
            let bound = self.bound(name, arg, dtype, span);
            operands.push(bound);
        }
        if self.kernel.integer(operands[2]) == Some(0) {
            self.refuse(
                Diagnostic::new(Rule::InvalidOperand, "`for_range` takes a step other than 0", span, "never ends")
                    .with_help("leave the step out to count in ones"),
            );
        }
        let init = self.carried(init, span);
        operands.extend(init.iter().copied());
        self.open(Opcode::For, operands, span);
        let mut types = vec![Type::Scalar(dtype)];
        types.extend(init.iter().map(|&v| self.kernel.ty(v)));
        let mut args = self.enter_block(&types, span);
        let carries = args.split_off(1);
        (args[0], carries)
    }

    fn bound(&mut self, name: &str, arg: &Arg, dtype: DType, span: Span) -> ValueId {
        let converted = match arg {
            Arg::Literal(literal) => self.fitted(*literal, dtype, span),
            _ => self.own(Opcode::For, name, Class::Index, arg, span).map(|v| self.convert(v, dtype, span)),
        };
        converted.unwrap_or_else(|| self.constant(crate::Literal::Int(1), dtype, span))
    }

    /// Closes a loop whose next carried values are `yields`; returns the values after the last iteration.
    pub fn end_for(&mut self, yields: &[Arg], span: Span) -> Vec<ValueId> {
        match self.expect_open(Opcode::For, 1..2, span) {
            Some(_) => self.end_loop(1, yields, span),
            None => Vec::new(),
        }
    }

    /// Opens a `while` loop; what follows computes its condition from the carried values that this returns.
    pub fn begin_while(&mut self, init: &[Arg], span: Span) -> Vec<ValueId> {
        let init = self.carried(init, span);
        let types: Vec<Type> = init.iter().map(|&v| self.kernel.ty(v)).collect();
        self.open(Opcode::While, SmallVec::from_vec(init), span);
        self.enter_block(&types, span)
    }

    /// Ends the condition of a `while` loop and opens its body; returns the carried values.
    pub fn begin_while_body(&mut self, cond: &Arg, span: Span) -> Vec<ValueId> {
        if self.expect_open(Opcode::While, 1..2, span).is_none() {
            return Vec::new();
        }
        let cond = self
            .own(Opcode::While, "cond", Class::Condition, cond, span)
            .unwrap_or_else(|| self.constant(crate::Literal::Bool(false), DType::Bool, span));
        let block = &mut self.kernel.blocks[self.block.index()];
        block.yields = vec![cond];
        let args = block.args.clone();
        let types: Vec<Type> = args.iter().map(|&v| self.kernel.ty(v)).collect();
        self.enter_block(&types, span)
    }

    /// Closes a `while` loop; returns the carried values after its end.
    pub fn end_while(&mut self, yields: &[Arg], span: Span) -> Vec<ValueId> {
        match self.expect_open(Opcode::While, 2..3, span) {
            Some(_) => self.end_loop(0, yields, span),
            None => Vec::new(),
        }
    }

    fn end_loop(&mut self, skip: usize, yields: &[Arg], span: Span) -> Vec<ValueId> {
        let carries: Vec<ValueId> = self.kernel.block(self.block).args[skip..].to_vec();
        let types: Vec<Type> = carries.iter().map(|&v| self.kernel.ty(v)).collect();
        if carries.len() != yields.len() {
            let message = format!("the loop carries {} values, and {} were passed on", carries.len(), yields.len());
            self.refuse(Diagnostic::new(Rule::InvalidKernel, message, span, "this loop"));
        }
        let passed: Vec<ValueId> = carries
            .iter()
            .zip(&types)
            .enumerate()
            .map(|(n, (&carry, &ty))| self.next_carry(n, carry, ty, yields.get(n), span))
            .collect();
        self.kernel.blocks[self.block.index()].yields = passed;
        self.close(&types, span)
    }

    /// What the carry is in the next iteration, converted to the carry's type.
    fn next_carry(&mut self, n: usize, carry: ValueId, ty: Type, given: Option<&Arg>, span: Span) -> ValueId {
        let Some(given) = given else { return carry };
        let accepted = match (given, ty) {
            (Arg::Literal(literal), Type::Scalar(dtype)) => self.fitted(*literal, dtype, span),
            (Arg::Value(value), _) => match (self.kernel.ty(*value), self.reachable(*value, span)) {
                (Type::Invalid, _) | (_, None) => return carry,
                (Type::Scalar(_) | Type::Vector(..), Some(v)) if self.kernel.ty(v).width() == ty.width() => {
                    ty.dtype().map(|dtype| self.convert(v, dtype, span))
                }
                (given_ty, Some(v)) if given_ty == ty => Some(v),
                _ => self.refuse_carry(n, carry, ty, given, span),
            },
            _ => self.refuse_carry(n, carry, ty, given, span),
        };
        accepted.unwrap_or(carry)
    }

    fn refuse_carry(&mut self, n: usize, carry: ValueId, ty: Type, given: &Arg, span: Span) -> Option<ValueId> {
        let given = self.describe(given);
        let made = self.kernel.value(carry).span;
        let name = self.kernel.value(carry).name.clone().unwrap_or_else(|| format!("carry[{n}]"));
        self.refuse(
            Diagnostic::new(
                Rule::InvalidOperand,
                format!("`{name}` is carried as {ty} and cannot become {given}"),
                span,
                "at the end of this loop's body",
            )
            .with_label(made, format!("carried as {ty}"))
            .with_help("a carried value keeps its type from one iteration to the next"),
        );
        None
    }

    fn carried(&mut self, init: &[Arg], span: Span) -> Vec<ValueId> {
        init.iter().map(|arg| self.plain_value(arg, span)).collect()
    }

    fn plain_values(&mut self, args: &[Arg], span: Span) -> Vec<ValueId> {
        args.iter().map(|arg| self.plain_value(arg, span)).collect()
    }

    fn plain_value(&mut self, arg: &Arg, span: Span) -> ValueId {
        match arg {
            Arg::Literal(literal) => match self.fitted(*literal, literal.default_dtype(), span) {
                Some(value) => value,
                None => self.invalid(span),
            },
            Arg::Value(value) => match self.reachable(*value, span) {
                Some(value) => value,
                None => self.invalid(span),
            },
            other => {
                let given = self.describe(other);
                let message = format!("a loop carries values and events, not {given}");
                self.refuse(
                    Diagnostic::new(Rule::InvalidOperand, message, span, "carried here")
                        .with_help("tensors need no carrying: loops read and write them in place"),
                );
                self.invalid(span)
            }
        }
    }

    /// Closes the innermost loop or branch as it stands, without a further word.
    pub(super) fn abandon(&mut self) {
        let Some(op) = self.frames.last().map(|f| f.op) else { return };
        let span = self.kernel.op(op).span;
        let carries: Vec<Arg> = self.kernel.block(self.block).args.iter().map(|&v| v.into()).collect();
        match (self.kernel.op(op).code, self.kernel.op(op).blocks.len()) {
            (Opcode::If, 1) => drop(self.end_if(&[], span)),
            (Opcode::If, _) => {
                let then = self.kernel.op(op).blocks[0];
                self.kernel.blocks[then.index()].yields.clear();
                self.end_if(&[], span);
            }
            (Opcode::For, _) => drop(self.end_for(&carries[1..], span)),
            (_, 1) => {
                let never = Arg::Literal(crate::Literal::Bool(false));
                self.begin_while_body(&never, span);
            }
            _ => drop(self.end_while(&carries, span)),
        }
    }

    /// Pushes an operation that owns blocks, and remembers where to go on after it. What is nested too deep is refused
    /// once, and is no part of the kernel.
    fn open(&mut self, code: Opcode, operands: SmallVec<[ValueId; 4]>, span: Span) {
        let id = OpId(self.kernel.ops.len() as u32);
        self.kernel.ops.push(Op {
            code,
            operands,
            memories: SmallVec::new(),
            attrs: SmallVec::<[Attr; 2]>::new(),
            results: SmallVec::new(),
            blocks: SmallVec::new(),
            parent: self.block,
            span,
        });
        if self.frames.len() < MAX_DEPTH {
            self.kernel.blocks[self.block.index()].ops.push(id);
        } else if self.frames.len() == MAX_DEPTH {
            let message = format!("loops and branches are nested more than {MAX_DEPTH} deep");
            self.refuse(
                Diagnostic::new(Rule::ResourceLimit, message, span, "one too deep")
                    .with_help("combine conditions with `&`, or let one loop count for several"),
            );
        }
        self.frames.push(Frame { op: id, outer: self.block });
    }

    /// Adds a block to the open operation and goes into it; returns its arguments.
    fn enter_block(&mut self, types: &[Type], span: Span) -> Vec<ValueId> {
        let Some(owner) = self.frames.last().map(|f| f.op) else { return Vec::new() };
        let id = BlockId(self.kernel.blocks.len() as u32);
        self.kernel.blocks.push(Block { owner: Some(owner), ..Block::default() });
        self.kernel.ops[owner.index()].blocks.push(id);
        let args: Vec<ValueId> = types
            .iter()
            .enumerate()
            .map(|(i, &ty)| self.add_value(ty, Definition::Argument(id, i as u32), span))
            .collect();
        self.kernel.blocks[id.index()].args.clone_from(&args);
        self.block = id;
        args
    }

    /// Gives a block one argument more.
    pub(super) fn add_argument(&mut self, block: BlockId, ty: Type, span: Span) {
        let n = self.kernel.block(block).args.len() as u32;
        let argument = self.add_value(ty, Definition::Argument(block, n), span);
        self.kernel.blocks[block.index()].args.push(argument);
    }

    /// Closes the open operation, whose results have these types.
    pub(super) fn close(&mut self, types: &[Type], span: Span) -> Vec<ValueId> {
        let Some(frame) = self.frames.pop() else { return Vec::new() };
        self.block = frame.outer;
        let results: Vec<ValueId> = types
            .iter()
            .enumerate()
            .map(|(i, &ty)| self.add_value(ty, Definition::Result(frame.op, i as u32), span))
            .collect();
        self.kernel.ops[frame.op.index()].results = SmallVec::from_slice(&results);
        results
    }
}
