//! Makes kernels, one operation at a time, as a front end traces them.
//!
//! What an operation takes is read off its row of the operation table. An argument that it cannot take is
//! recorded with its place, the operation is left out, and its result is a value of type
//! [`Type::Invalid`], which everything accepts in silence: one mistake is reported once, and all mistakes are
//! reported together when the kernel is verified.

mod arguments;
mod call;
mod control;
mod join;

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{
    Attr, Binding, Block, BlockId, Definition, Kernel, KernelParam, Memory, MemoryId, Op, OpId, Space, Value, ValueId,
};
use crate::span::{SourceFiles, Span};
use crate::table::Opcode;
use crate::types::{DType, Literal, Type};

pub use arguments::Arg;
use control::Frame;
pub use join::{Checkpoint, Joined};

/// Builds one [`Kernel`].
#[derive(Debug)]
pub struct Builder {
    kernel: Kernel,
    /// The block that operations go into.
    block: BlockId,
    /// The loops and branches that are open, outermost first.
    frames: Vec<Frame>,
    /// Parameters and explicitly named allocations.
    names: HashMap<String, MemoryId>,
    /// The block in which a register tensor was made.
    register_homes: HashMap<MemoryId, BlockId>,
}

/// How many operations and findings there were at one moment; see [`Builder::mark`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BuilderMark {
    ops: usize,
    refused: usize,
}

impl Builder {
    /// Starts a kernel of that name. `path` and `text` are of the file that it is declared in; `span` is
    /// given its place in it, as line, column, end line, end column.
    pub fn new(name: impl Into<String>, path: &str, text: Option<Arc<str>>, span: [u32; 4]) -> Self {
        let mut files = SourceFiles::default();
        let file = files.intern(path, || text);
        let [line, column, end_line, end_column] = span;
        let kernel = Kernel {
            name: name.into(),
            span: Span { file, line, column, end_line, end_column },
            params: Vec::new(),
            memories: Vec::new(),
            values: Vec::with_capacity(64),
            ops: Vec::with_capacity(64),
            blocks: vec![Block::default()],
            files,
            texts: Vec::new(),
            refused: Vec::new(),
        };
        Builder {
            kernel,
            block: Kernel::BODY,
            frames: Vec::new(),
            names: HashMap::new(),
            register_homes: HashMap::new(),
        }
    }

    /// What has been built so far.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The files that spans point into; front ends add theirs here.
    pub fn files_mut(&mut self) -> &mut SourceFiles {
        &mut self.kernel.files
    }

    /// Where the builder stands: two equal marks mean that nothing was built or refused in between.
    pub fn mark(&self) -> BuilderMark {
        BuilderMark { ops: self.kernel.ops.len(), refused: self.kernel.refused.len() }
    }

    /// Whether no loop and no branch can be opened any more, since too many are.
    pub fn is_full(&self) -> bool {
        self.frames.len() >= control::MAX_DEPTH
    }

    /// Where the loops and branches that are open were written, outermost first.
    pub fn open_spans(&self) -> impl Iterator<Item = Span> {
        self.frames.iter().map(|frame| self.kernel.op(frame.op).span)
    }

    /// Ends the kernel. A loop or branch that is still open is closed, and is an error, which the verifier reports.
    pub fn finish(mut self) -> Kernel {
        let open: Vec<OpId> = self.frames.iter().map(|f| f.op).collect();
        while !self.frames.is_empty() {
            self.abandon();
        }
        if let Some(&op) = open.last() {
            let span = self.kernel.op(op).span;
            let message = "the kernel ends inside a loop or a branch";
            self.refuse(Diagnostic::new(Rule::InvalidKernel, message, span, "this was not closed"));
        }
        self.kernel
    }

    /// Records a finding of the front end's own.
    pub fn refuse(&mut self, diagnostic: Diagnostic) {
        self.kernel.refused.push(diagnostic);
    }

    /// What was refused so far.
    pub fn refused(&self) -> &[Diagnostic] {
        &self.kernel.refused
    }

    /// Whether anything was refused so far.
    pub fn has_refused(&self) -> bool {
        !self.kernel.refused.is_empty()
    }

    /// Adds a device buffer to the parameters.
    pub fn buffer_param(&mut self, name: &str, dtype: DType, span: Span) -> MemoryId {
        let memory = self.add_memory(Memory { name: name.to_owned(), space: Space::Device, dtype, span });
        self.declare(name, memory, span);
        self.add_param(name, dtype, Binding::Buffer(memory), span);
        memory
    }

    /// Adds a `Scalar` parameter: a number that is the same for the whole grid.
    pub fn scalar_param(&mut self, name: &str, dtype: DType, span: Span) -> ValueId {
        let index = self.kernel.params.len() as u32;
        let value = self.add_value(Type::Scalar(dtype), Definition::Parameter(index), span);
        self.name_value(value, name);
        self.add_param(name, dtype, Binding::Scalar(value), span);
        value
    }

    fn add_param(&mut self, name: &str, dtype: DType, binding: Binding, span: Span) {
        self.kernel.params.push(KernelParam { name: name.to_owned(), dtype, binding, span });
    }

    /// Allocates an array that the threadgroup shares. `name` is the user's; `hint` is what to call it
    /// without one.
    pub fn threadgroup_alloc(
        &mut self,
        dtype: DType,
        len: i128,
        name: Option<&str>,
        hint: Option<&str>,
        span: Span,
    ) -> MemoryId {
        let len = self.array_length(len, "threadgroup_alloc", span);
        let fallback = name.or(hint).unwrap_or("tile");
        let memory = Memory { name: self.unique_name(fallback), space: Space::Threadgroup { len }, dtype, span };
        let id = self.add_memory(memory);
        if let Some(name) = name {
            self.declare(name, id, span);
        }
        id
    }

    /// Allocates an array that each thread has for itself. Every element is `fill` at first; with `None` the
    /// array starts uninitialised.
    pub fn register_tensor(
        &mut self,
        dtype: DType,
        len: i128,
        fill: Option<Arg>,
        hint: Option<&str>,
        span: Span,
    ) -> MemoryId {
        let len = self.array_length(len, "register_tensor", span);
        let memory =
            Memory { name: self.unique_name(hint.unwrap_or("regs")), space: Space::Register { len }, dtype, span };
        let id = self.add_memory(memory);
        self.register_homes.insert(id, self.block);
        let operands: SmallVec<[ValueId; 4]> =
            fill.and_then(|fill| self.element(Opcode::RegisterFill, "fill", &fill, dtype, span)).into_iter().collect();
        self.push_op(Opcode::RegisterFill, operands, SmallVec::from_slice(&[id]), SmallVec::new(), None, span);
        id
    }

    fn array_length(&mut self, len: i128, what: &str, span: Span) -> u64 {
        if (1..=1 << 32).contains(&len) {
            return len as u64;
        }
        let message = format!("`{what}` takes a size of at least 1 element, not {len}");
        self.refuse(
            Diagnostic::new(Rule::InvalidOperand, message, span, "this size")
                .with_help("the size counts elements and is fixed when the kernel is traced"),
        );
        1
    }

    fn declare(&mut self, name: &str, id: MemoryId, span: Span) {
        let Some(&before) = self.names.get(name) else {
            self.names.insert(name.to_owned(), id);
            return;
        };
        let first = self.kernel.memory(before).span;
        self.refuse(
            Diagnostic::new(
                Rule::InvalidOperand,
                format!("the name `{name}` is taken"),
                span,
                format!("a second `{name}`"),
            )
            .with_label(first, "the first")
            .with_help("give each parameter and each named allocation a name of its own"),
        );
    }

    fn unique_name(&self, base: &str) -> String {
        let taken = |name: &str| {
            self.kernel.memories.iter().any(|m| m.name == name) || self.kernel.params.iter().any(|p| p.name == name)
        };
        if !taken(base) {
            return base.to_owned();
        }
        (2..).map(|n| format!("{base}_{n}")).find(|name| !taken(name)).unwrap_or_default()
    }

    fn add_memory(&mut self, memory: Memory) -> MemoryId {
        self.kernel.memories.push(memory);
        MemoryId(self.kernel.memories.len() as u32 - 1)
    }

    fn add_value(&mut self, ty: Type, definition: Definition, span: Span) -> ValueId {
        self.kernel.values.push(Value { ty, definition, name: None, span });
        ValueId(self.kernel.values.len() as u32 - 1)
    }

    /// Gives a value the user's name for it, unless it has one.
    pub fn name_value(&mut self, value: ValueId, name: &str) {
        let slot = &mut self.kernel.values[value.index()].name;
        if slot.is_none() {
            *slot = Some(name.to_owned());
        }
    }

    /// Gives a memory the user's name for it, in the place of the one that it was allocated under.
    pub fn name_memory(&mut self, memory: MemoryId, name: &str) {
        if self.kernel.memory(memory).name != name {
            let name = self.unique_name(name);
            self.kernel.memories[memory.index()].name = name;
        }
    }

    /// A constant of that type; the literal must fit it.
    pub fn constant(&mut self, literal: Literal, dtype: DType, span: Span) -> ValueId {
        let attrs = SmallVec::from_slice(&[Attr::Literal(literal)]);
        let ty = Some(Type::Scalar(dtype));
        self.push_op(Opcode::Constant, SmallVec::new(), SmallVec::new(), attrs, ty, span).unwrap_or(ValueId(0))
    }

    /// A value that silences what follows from it.
    pub fn invalid(&mut self, span: Span) -> ValueId {
        let attrs = SmallVec::from_slice(&[Attr::Literal(Literal::Int(0))]);
        let ty = Some(Type::Invalid);
        self.push_op(Opcode::Constant, SmallVec::new(), SmallVec::new(), attrs, ty, span).unwrap_or(ValueId(0))
    }

    fn push_op(
        &mut self,
        code: Opcode,
        operands: SmallVec<[ValueId; 4]>,
        memories: SmallVec<[MemoryId; 2]>,
        attrs: SmallVec<[Attr; 2]>,
        result: Option<Type>,
        span: Span,
    ) -> Option<ValueId> {
        let id = OpId(self.kernel.ops.len() as u32);
        let value = result.map(|ty| self.add_value(ty, Definition::Result(id, 0), span));
        self.kernel.ops.push(Op {
            code,
            operands,
            memories,
            attrs,
            results: value.into_iter().collect(),
            blocks: SmallVec::new(),
            parent: self.block,
            span,
        });
        self.kernel.blocks[self.block.index()].ops.push(id);
        value
    }
}
