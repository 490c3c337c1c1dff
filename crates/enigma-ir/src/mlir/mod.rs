//! The kernel as MLIR text, for MLIR's own tools (`mlir-opt --allow-unregistered-dialect`).
//!
//! What the dialects `func`, `arith`, `math`, `scf`, `memref`, `vector` and `linalg` can say is said in them. All else is an
//! `enigma.*` operation in generic form, written from its row of the operation table: the name, the
//! operands in the order of the parameters, the attributes under the parameters' names.
//!
//! | kernel | MLIR |
//! |---|---|
//! | device buffer | `func.func` argument `memref<?xf32, 1>` |
//! | `threadgroup_alloc` | `memref.alloca() : memref<64xf32, 3>`; address space 3 is shared by the threadgroup |
//! | `register_tensor` | `memref.alloca() : memref<4xf32>`, private to the thread |
//! | `Scalar` parameter | a plain argument |
//! | vector | `vector<4xf32>` |
//! | simdgroup matrix | `!enigma.simdgroup_matrix<8x8xf32>` |
//! | event | `!enigma.event` |
//!
//! Integers have no sign in MLIR, so the sign picks the operation (`divsi`, `divui`); arguments, arrays and
//! generic operations say it in an attribute. Indices, offsets and extents are of type `index`.
//!
//! What the kernel language defines and `arith` calls undefined or poison is spelt out: divisors that may be 0 or
//! -1 are replaced and shift counts are masked. Conversion from float to integer, which saturates,
//! stays the generic `enigma.metal_cast`.
//!
//! A value keeps the user's name, else it is `%v3`; a value with a bare number (`%7`) was added by the
//! translation, and so were the constants of type `index` (`%c64`). Every operation has the user's place as its location.

mod control;
mod elementwise;
mod names;
mod operation;
mod types;
mod vector;

use std::fmt::{Display, Write};

use crate::kernel::{Argument, Binding, BlockId, Kernel, MemoryId, Op, OpId, Space, ValueId, Verified};
use crate::span::Span;
use crate::table::{Class, Kind, Opcode};
use control::{Counting, counting};
use names::{Names, quoted, symbol};
use types::{memory_type, value_type};

/// The kernel as MLIR text: a module of one function.
pub fn mlir(kernel: &Verified<Kernel>) -> String {
    let mut writer = Writer::new(kernel);
    writer.function();
    writer.module()
}

/// Writes one kernel.
struct Writer<'k> {
    kernel: &'k Kernel,
    names: Names,
    /// The function, line by line.
    text: String,
    depth: usize,
    /// Whether anything reads the value as it is; a constant that is only an index is one of `indices`.
    read: Vec<bool>,
    /// The constants of type `index`, each with its name: all stand at the top of the function.
    indices: Vec<(i128, String)>,
    /// How many values the translation has added.
    added: usize,
    /// The place of the operation that is being written.
    span: Span,
    /// The places that were mentioned: `#loc3` is the fourth.
    places: Vec<Span>,
}

impl<'k> Writer<'k> {
    fn new(kernel: &'k Kernel) -> Self {
        Writer {
            kernel,
            names: Names::new(kernel),
            read: read_values(kernel),
            indices: Vec::new(),
            text: String::new(),
            depth: 1,
            added: 0,
            span: kernel.span(),
            places: Vec::new(),
        }
    }

    /// The finished module: the function between the module's braces, then the places.
    fn module(self) -> String {
        let mut module = format!("module {{\n{}}}\n", self.text);
        for (i, &span) in self.places.iter().enumerate() {
            let path = quoted(&self.kernel.files().file(span).path);
            // Writing to a `String` cannot fail.
            let _ = writeln!(module, "#loc{i} = loc({path}:{}:{})", span.line, span.column);
        }
        module
    }

    /// A line as it stands.
    fn raw(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "{:1$}{line}", "", 2 * self.depth);
    }

    /// A line that ends an operation, which gets its location.
    fn line(&mut self, line: impl Display) {
        let location = self.location(self.span);
        self.raw(format_args!("{line} {location}"));
    }

    fn location(&mut self, span: Span) -> String {
        let start = (span.file, span.line, span.column);
        let known = self.places.iter().position(|p| (p.file, p.line, p.column) == start);
        let index = known.unwrap_or_else(|| {
            self.places.push(span);
            self.places.len() - 1
        });
        format!("loc(#loc{index})")
    }

    /// A new value of the translation's own.
    fn fresh(&mut self) -> String {
        self.added += 1;
        format!("%{}", self.added - 1)
    }

    /// Writes an operation that the translation adds; returns its result.
    fn add(&mut self, operation: impl Display) -> String {
        let name = self.fresh();
        self.line(format_args!("{name} = {operation}"));
        name
    }

    fn value(&self, id: ValueId) -> String {
        self.names.value(id).to_owned()
    }

    fn values(&self, ids: &[ValueId]) -> Vec<String> {
        ids.iter().map(|&v| self.value(v)).collect()
    }

    fn types(&self, ids: &[ValueId]) -> String {
        let types: Vec<String> = ids.iter().map(|&v| value_type(self.kernel.ty(v))).collect();
        types.join(", ")
    }

    fn function(&mut self) {
        self.raw(format_args!("func.func {}(", symbol(self.kernel.name())));
        self.depth += 1;
        let params: Vec<String> = self.kernel.params().iter().map(|p| self.param(p.binding, p.span)).collect();
        for (i, param) in params.iter().enumerate() {
            let comma = if i + 1 < params.len() { "," } else { "" };
            self.raw(format_args!("{param}{comma}"));
        }
        self.depth -= 1;
        self.raw(") attributes {enigma.kernel} {");
        self.depth += 1;
        let arrays: Vec<MemoryId> =
            self.kernel.memories().filter(|(_, m)| m.space != Space::Device).map(|(id, _)| id).collect();
        for array in arrays {
            self.allocation(array);
        }
        let top = self.text.len();
        self.operations(Kernel::BODY);
        self.span = self.kernel.span();
        self.line("return");
        let body = self.text.split_off(top);
        for (number, name) in std::mem::take(&mut self.indices) {
            self.line(format_args!("{name} = arith.constant {number} : index"));
        }
        self.text.push_str(&body);
        self.depth -= 1;
        self.line("}");
    }

    fn param(&mut self, binding: Binding, span: Span) -> String {
        let location = self.location(span);
        let (name, ty, dtype) = match binding {
            Binding::Buffer(id) => {
                let memory = self.kernel.memory(id);
                (self.names.memory(id), memory_type(memory), Some(memory.dtype))
            }
            Binding::Scalar(id) => {
                let ty = self.kernel.ty(id);
                (self.names.value(id), value_type(ty), ty.dtype())
            }
        };
        let dtype = dtype.map(|d| format!(" {{enigma.dtype = \"{d}\"}}")).unwrap_or_default();
        format!("{name}: {ty}{dtype} {location}")
    }

    fn allocation(&mut self, id: MemoryId) {
        let memory = self.kernel.memory(id);
        self.span = memory.span;
        let name = self.names.memory(id).to_owned();
        self.line(format_args!(
            "{name} = memref.alloca() {{enigma.dtype = \"{}\"}} : {}",
            memory.dtype,
            memory_type(memory)
        ));
    }

    /// The operations of a block, without what it yields.
    fn operations(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for &op in &kernel.block(block).ops {
            self.operation(op);
        }
    }

    fn operation(&mut self, id: OpId) {
        let kernel = self.kernel;
        let op = kernel.op(id);
        self.span = op.span;
        match op.code {
            Opcode::If => self.branch(op),
            Opcode::For => self.counted_loop(op),
            Opcode::While => self.while_loop(op),
            _ => self.simple(op),
        }
    }
}

/// For each value, whether an operation or a yield reads it other than as an index.
fn read_values(kernel: &Kernel) -> Vec<bool> {
    let mut read = vec![false; kernel.value_count()];
    let ops = kernel.walk();
    let operands = ops.iter().flat_map(|&id| plain_operands(kernel, kernel.op(id)));
    let yields = kernel.blocks.iter().flat_map(|block| block.yields.iter().copied());
    for value in operands.chain(yields) {
        read[value.index()] = true;
    }
    read
}

/// The operands that are written as they are, not as an index.
fn plain_operands(kernel: &Kernel, op: &Op) -> Vec<ValueId> {
    match op.code {
        Opcode::For if counting(kernel, op) == Counting::Unsigned => op.operands[3..].to_vec(),
        Opcode::For | Opcode::If | Opcode::While | Opcode::RegisterFill => op.operands.to_vec(),
        _ => op
            .arguments()
            .into_iter()
            .filter(|(param, _)| param.kind != Kind::Value(Class::Index))
            .filter_map(|(_, given)| match given {
                Argument::Value(v) => Some(v),
                Argument::Memory(_) | Argument::Attr(_) => None,
            })
            .collect(),
    }
}
