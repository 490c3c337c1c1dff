//! The kernel as text, for people.
//!
//! One line an operation. A value is `v3`, or `v3.acc` when the user named it; a memory is `m0.tile`. Arguments
//! stand in the order of the operation's row, those that may be left out and those fixed at trace time
//! with their parameter's name:
//!
//! ```text
//! kernel reverse(m0.A: device float, v0.n: uint)
//!     m1.tile: threadgroup float[64]
//!
//!     v1.lid: uint = thread_index_in_threadgroup
//!     v2: float = load m0.A, v1.lid
//!     store m1.tile, v1.lid, v2
//!     barrier mem_flags=mem_threadgroup
//! ```

use std::fmt::{self, Display, Write};

use crate::kernel::{Argument, Attr, Binding, BlockId, Fill, Kernel, MemoryId, Op, Space, ValueId};
use crate::table::{AttrKind, Default, Kind, Opcode, Param};

/// The kernel as text, for people.
pub fn print(kernel: &Kernel) -> String {
    let mut printer = Printer { kernel, text: String::new(), depth: 1 };
    printer.head();
    printer.block(Kernel::BODY);
    printer.text
}

struct Printer<'k> {
    kernel: &'k Kernel,
    text: String,
    depth: usize,
}

impl Printer<'_> {
    fn line(&mut self, line: impl Display) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{:1$}{line}", "", 4 * self.depth);
    }

    fn head(&mut self) {
        let params: Vec<String> = self.kernel.params().iter().map(|p| self.param(p.binding)).collect();
        self.text = format!("kernel {}({})\n", self.kernel.name(), params.join(", "));
        let arrays: Vec<String> =
            self.kernel.memories().filter(|(_, m)| m.space != Space::Device).map(|(id, _)| self.array(id)).collect();
        for array in &arrays {
            self.line(array);
        }
        if !arrays.is_empty() {
            self.text.push('\n');
        }
    }

    fn param(&self, binding: Binding) -> String {
        match binding {
            Binding::Buffer(memory) => self.array(memory),
            Binding::Scalar(value) => self.typed(value),
        }
    }

    /// A memory and what it is: `m1.tile: threadgroup float[64]`.
    fn array(&self, id: MemoryId) -> String {
        let memory = self.kernel.memory(id);
        let (name, dtype) = (self.memory(id), memory.dtype);
        match memory.space {
            Space::Device => format!("{name}: device {dtype}"),
            Space::Threadgroup { len } => format!("{name}: threadgroup {dtype}[{len}]"),
            Space::Register { len } => format!("{name}: register {dtype}[{len}]"),
        }
    }

    fn memory(&self, id: MemoryId) -> String {
        format!("{id}.{}", self.kernel.memory(id).name)
    }

    fn value(&self, id: ValueId) -> String {
        match &self.kernel.value(id).name {
            Some(name) => format!("{id}.{name}"),
            None => id.to_string(),
        }
    }

    fn values(&self, ids: &[ValueId]) -> String {
        let values: Vec<String> = ids.iter().map(|&v| self.value(v)).collect();
        values.join(", ")
    }

    /// A value where it comes into being: `v3.acc: float`.
    fn typed(&self, id: ValueId) -> String {
        format!("{}: {}", self.value(id), self.kernel.ty(id))
    }

    fn typed_values(&self, ids: &[ValueId]) -> String {
        let values: Vec<String> = ids.iter().map(|&v| self.typed(v)).collect();
        values.join(", ")
    }

    fn block(&mut self, id: BlockId) {
        let kernel = self.kernel;
        for &op in &kernel.block(id).ops {
            self.op(kernel.op(op));
        }
        let yields = &kernel.block(id).yields;
        if !yields.is_empty() {
            let yields = self.values(yields);
            self.line(format_args!("yield {yields}"));
        }
    }

    fn nested(&mut self, id: BlockId) {
        self.depth += 1;
        self.block(id);
        self.depth -= 1;
    }

    fn op(&mut self, op: &Op) {
        let results = match op.results.is_empty() {
            true => String::new(),
            false => format!("{} = ", self.typed_values(&op.results)),
        };
        match op.code {
            Opcode::If => self.branch(op, &results),
            Opcode::For => self.counted_loop(op, &results),
            Opcode::While => self.while_loop(op, &results),
            _ => {
                let call = self.call(op);
                self.line(format_args!("{results}{call}"));
            }
        }
    }

    /// An operation without blocks: its name and its arguments.
    fn call(&self, op: &Op) -> String {
        let arguments: Vec<String> = match op.code {
            Opcode::Constant => op.attrs.iter().map(Attr::to_string).collect(),
            Opcode::RegisterFill => {
                let memories = op.memories.iter().map(|&m| self.memory(m));
                memories.chain(op.operands.iter().map(|&v| self.value(v))).collect()
            }
            _ => op.arguments().into_iter().map(|(param, given)| self.argument(param, given)).collect(),
        };
        let name = op.code.info().name;
        match arguments.is_empty() {
            true => name.to_owned(),
            false => format!("{name} {}", arguments.join(", ")),
        }
    }

    fn argument(&self, param: &Param, given: Argument) -> String {
        let text = match given {
            Argument::Value(v) => self.value(v),
            Argument::Memory(m) => self.memory(m),
            Argument::Attr(Attr::Text(number)) => format!("{:?}", self.kernel.text(number)),
            Argument::Attr(attr) => attr.to_string(),
        };
        match (param.kind, param.default) {
            (Kind::Attr(kind), Default::Required) if kind != AttrKind::Text => format!("{}={text}", param.name),
            (_, Default::Required) => text,
            _ => format!("{}={text}", param.name),
        }
    }

    fn branch(&mut self, op: &Op, results: &str) {
        let condition = self.values(&op.operands);
        self.line(format_args!("{results}if {condition} {{"));
        self.nested(op.blocks[0]);
        let otherwise = self.kernel.block(op.blocks[1]);
        if !otherwise.ops.is_empty() || !otherwise.yields.is_empty() {
            self.line("} else {");
            self.nested(op.blocks[1]);
        }
        self.line("}");
    }

    fn counted_loop(&mut self, op: &Op, results: &str) {
        let bounds = [0, 1, 2].map(|i| self.value(op.operands[i]));
        let [lo, hi, step] = bounds;
        let args = &self.kernel.block(op.blocks[0]).args;
        let carried = self.carried(&args[1..], &op.operands[3..]);
        let index = self.typed(args[0]);
        self.line(format_args!("{results}for {index} = {lo} until {hi} step {step}{carried} {{"));
        self.nested(op.blocks[0]);
        self.line("}");
    }

    fn while_loop(&mut self, op: &Op, results: &str) {
        let carried = self.carried(&self.kernel.block(op.blocks[0]).args, &op.operands);
        self.line(format_args!("{results}while{carried} {{"));
        self.nested(op.blocks[0]);
        let args = self.typed_values(&self.kernel.block(op.blocks[1]).args);
        let space = if args.is_empty() { "" } else { " " };
        self.line(format_args!("}} do{space}{args} {{"));
        self.nested(op.blocks[1]);
        self.line("}");
    }

    /// ` carrying v4.acc: float = v2, ...`, or nothing.
    fn carried(&self, args: &[ValueId], initial: &[ValueId]) -> String {
        let pairs: Vec<String> =
            args.iter().zip(initial).map(|(&a, &v)| format!("{} = {}", self.typed(a), self.value(v))).collect();
        match pairs.is_empty() {
            true => String::new(),
            false => format!(" carrying {}", pairs.join(", ")),
        }
    }
}

impl Display for Attr {
    /// As the kernel language spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attr::Dim(dim) => f.write_str(dim.name()),
            Attr::MemFlags(flags) => f.write_str(flags.name()),
            Attr::Fill(Fill::Zero) => f.write_str("zero"),
            Attr::Fill(Fill::Edge) => f.write_str("edge"),
            Attr::DType(dtype) => write!(f, "{dtype}"),
            Attr::Flag(flag) => write!(f, "{flag}"),
            Attr::Number(number) => write!(f, "{number}"),
            Attr::MemoryOrder(order) => f.write_str(order.name()),
            Attr::Text(number) => write!(f, "text {number}"),
            Attr::Literal(literal) => write!(f, "{literal}"),
        }
    }
}
