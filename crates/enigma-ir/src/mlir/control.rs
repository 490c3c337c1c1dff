//! Branches and loops as `scf` operations.
//!
//! `scf.for` compares with sign and wants a positive step. A loop whose step is a positive constant
//! becomes one: as it stands when it counts in a signed type, and over `index` when it counts in an unsigned type that
//! `index` holds. Every other loop (counting down, counting in `ulong`, with a step known only at run
//! time) becomes an `scf.while` that carries its induction variable.

use super::Writer;
use super::types::value_type;
use crate::kernel::{BlockId, Kernel, Op, ValueId};
use crate::types::DType;

/// The form that a counted loop takes.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Counting {
    /// `scf.for` over the loop's own type.
    Signed,
    /// `scf.for` over `index`.
    Unsigned,
    /// `scf.while`.
    While,
}

/// Which form a counted loop takes.
pub(super) fn counting(kernel: &Kernel, op: &Op) -> Counting {
    let step = kernel.integer(op.operands[2]);
    match (step, kernel.ty(op.operands[0]).dtype()) {
        (Some(1..), Some(dtype)) if dtype.is_signed_integer() => Counting::Signed,
        (Some(1..), Some(DType::U8 | DType::U16 | DType::U32)) => Counting::Unsigned,
        _ => Counting::While,
    }
}

impl Writer<'_> {
    pub(super) fn branch(&mut self, op: &Op) {
        let condition = self.value(op.operands[0]);
        let results = self.results(op);
        let types = match op.results.is_empty() {
            true => String::new(),
            false => format!(" -> ({})", self.types(&op.results)),
        };
        self.raw(format_args!("{results}scf.if {condition}{types} {{"));
        self.region(op.blocks[0], op);
        let otherwise = self.kernel.block(op.blocks[1]);
        if !otherwise.ops.is_empty() || !otherwise.yields.is_empty() {
            self.raw("} else {");
            self.region(op.blocks[1], op);
        }
        self.close(op);
    }

    pub(super) fn counted_loop(&mut self, op: &Op) {
        match counting(self.kernel, op) {
            Counting::Signed => self.signed_for(op),
            Counting::Unsigned => self.unsigned_for(op),
            Counting::While => self.for_as_while(op),
        }
    }

    fn signed_for(&mut self, op: &Op) {
        let bounds = self.values(&op.operands[..3]);
        let index = self.value(self.induction(op));
        let ty = value_type(self.kernel.ty(op.operands[0]));
        self.open_for(op, &index, &bounds, &format!(" : {ty}"));
        self.region(op.blocks[0], op);
        self.close(op);
    }

    fn unsigned_for(&mut self, op: &Op) {
        let bounds: Vec<String> = op.operands[..3].iter().map(|&v| self.index(v)).collect();
        let (induction, counter) = (self.induction(op), self.fresh());
        self.open_for(op, &counter, &bounds, "");
        self.depth += 1;
        let (name, ty) = (self.value(induction), value_type(self.kernel.ty(induction)));
        self.line(format_args!("{name} = arith.index_castui {counter} : index to {ty}"));
        self.depth -= 1;
        self.region(op.blocks[0], op);
        self.close(op);
    }

    fn open_for(&mut self, op: &Op, index: &str, bounds: &[String], ty: &str) {
        let results = self.results(op);
        let carries = match op.results.is_empty() {
            true => String::new(),
            false => {
                let carries = self.carries(&self.kernel.block(op.blocks[0]).args[1..], &op.operands[3..]);
                format!(" iter_args({carries}) -> ({})", self.types(&op.results))
            }
        };
        let [lo, hi, step] = [0, 1, 2].map(|i| &bounds[i]);
        self.raw(format_args!("{results}scf.for {index} = {lo} to {hi} step {step}{carries}{ty} {{"));
    }

    /// A counted loop that `scf.for` cannot express.
    fn for_as_while(&mut self, op: &Op) {
        let counted = self.kernel.ty(op.operands[0]);
        let ty = value_type(counted);
        let carried: Vec<String> = op.operands[3..].iter().map(|&v| value_type(self.kernel.ty(v))).collect();
        let types = [vec![ty.clone()], carried].concat();
        let before: Vec<String> = types.iter().map(|_| self.fresh()).collect();
        let mut results = vec![self.fresh()];
        results.extend(self.values(&op.results));
        let mut initial = vec![self.value(op.operands[0])];
        initial.extend(self.values(&op.operands[3..]));
        let pairs: Vec<String> = before.iter().zip(&initial).map(|(b, v)| format!("{b} = {v}")).collect();
        let list = types.join(", ");
        self.raw(format_args!("{} = scf.while ({}) : ({list}) -> ({list}) {{", results.join(", "), pairs.join(", ")));
        self.depth += 1;
        let counts_down = matches!(self.kernel.integer(op.operands[2]), Some(..0));
        let sign = if counted.dtype().is_some_and(DType::is_signed_integer) { 's' } else { 'u' };
        let order = if counts_down { "gt" } else { "lt" };
        let end = self.value(op.operands[1]);
        let goes_on = self.add(format_args!("arith.cmpi {sign}{order}, {}, {end} : {ty}", before[0]));
        self.line(format_args!("scf.condition({goes_on}) {} : {list}", before.join(", ")));
        self.depth -= 1;
        self.while_body(op, op.blocks[0]);
        self.depth += 1;
        let (index, step) = (self.value(self.induction(op)), self.value(op.operands[2]));
        let mut next = vec![self.add(format_args!("arith.addi {index}, {step} : {ty}"))];
        next.extend(self.values(&self.kernel.block(op.blocks[0]).yields));
        self.line(format_args!("scf.yield {} : {list}", next.join(", ")));
        self.depth -= 1;
        self.close(op);
    }

    pub(super) fn while_loop(&mut self, op: &Op) {
        let kernel = self.kernel;
        let (condition, body) = (kernel.block(op.blocks[0]), kernel.block(op.blocks[1]));
        let results = self.results(op);
        let types = self.types(&condition.args);
        let carries = match condition.args.is_empty() {
            true => String::new(),
            false => format!("({}) ", self.carries(&condition.args, &op.operands)),
        };
        self.raw(format_args!("{results}scf.while {carries}: ({types}) -> ({types}) {{"));
        self.depth += 1;
        self.operations(op.blocks[0]);
        self.span = op.span;
        let (goes_on, passed) = (self.value(condition.yields[0]), self.passed(&condition.args));
        self.line(format_args!("scf.condition({goes_on}){passed}"));
        self.depth -= 1;
        self.while_body(op, op.blocks[1]);
        self.depth += 1;
        let passed = self.passed(&body.yields);
        self.line(format_args!("scf.yield{passed}"));
        self.depth -= 1;
        self.close(op);
    }

    /// `} do {`, the block's arguments and its operations, without the yield.
    fn while_body(&mut self, op: &Op, block: BlockId) {
        self.raw("} do {");
        let kernel = self.kernel;
        let args: Vec<String> = kernel
            .block(block)
            .args
            .iter()
            .map(|&v| format!("{}: {}", self.names.value(v), value_type(kernel.ty(v))))
            .collect();
        if !args.is_empty() {
            self.raw(format_args!("^bb0({}):", args.join(", ")));
        }
        self.depth += 1;
        self.operations(block);
        self.depth -= 1;
        self.span = op.span;
    }

    /// A block's operations and its yield, which MLIR adds where it is empty.
    fn region(&mut self, block: BlockId, op: &Op) {
        self.depth += 1;
        self.operations(block);
        self.span = op.span;
        let yields = &self.kernel.block(block).yields;
        if !yields.is_empty() {
            let passed = self.passed(yields);
            self.line(format_args!("scf.yield{passed}"));
        }
        self.depth -= 1;
    }

    fn close(&mut self, op: &Op) {
        self.span = op.span;
        self.line("}");
    }

    fn induction(&self, op: &Op) -> ValueId {
        self.kernel.block(op.blocks[0]).args[0]
    }

    /// `%a, %b = `, or nothing.
    fn results(&self, op: &Op) -> String {
        match op.results.is_empty() {
            true => String::new(),
            false => format!("{} = ", self.values(&op.results).join(", ")),
        }
    }

    /// ` %a, %b : f32, i32`, or nothing.
    fn passed(&self, ids: &[ValueId]) -> String {
        match ids.is_empty() {
            true => String::new(),
            false => format!(" {} : {}", self.values(ids).join(", "), self.types(ids)),
        }
    }

    fn carries(&self, args: &[ValueId], initial: &[ValueId]) -> String {
        let pairs: Vec<String> = args
            .iter()
            .zip(initial)
            .map(|(&a, &v)| format!("{} = {}", self.names.value(a), self.names.value(v)))
            .collect();
        pairs.join(", ")
    }
}
