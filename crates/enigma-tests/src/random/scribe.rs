//! The builder with a source text that grows along: every operation has a line of its own, so that findings show where they are.

use std::fmt::Write;

use enigma_ir::passes::Constant;
use enigma_ir::{Arg, Builder, DType, Kernel, Literal, MemFlags, MemoryId, Opcode, Span, Type, ValueId};

use super::Change;

/// A wait or a barrier, which can be left out.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sync {
    /// `async_copy_wait`.
    Wait,
    /// `barrier`.
    Barrier,
    /// `simd_barrier`.
    SimdBarrier,
}

/// An integer literal as an argument.
pub fn int(value: i64) -> Arg {
    Arg::Literal(Literal::Int(value.into()))
}

/// Writes a kernel down, with one change to it.
pub struct Scribe {
    builder: Builder,
    change: Change,
    path: String,
    text: String,
    line: u32,
    depth: usize,
    /// The parameter that is 0 when the sync of [`Change::Skip`] is to be left out.
    keep: ValueId,
    syncs: Vec<Sync>,
    copies: usize,
    atomics: usize,
}

/// A kernel, and what it was written with.
pub struct Written {
    pub kernel: Kernel,
    pub syncs: Vec<Sync>,
    pub copies: usize,
    pub atomics: usize,
}

impl Scribe {
    pub fn new(seed: u64, change: Change) -> Scribe {
        let name = format!("random_{seed}");
        let path = format!("{name}.kernel");
        let mut builder = Builder::new(&name, &format!("{name}.seed"), Some("".into()), [1, 1, 1, 1]);
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 1 };
        let keep = builder.scalar_param("keep", DType::U32, span);
        let text = String::new();
        Scribe { builder, change, path, text, line: 0, depth: 0, keep, syncs: Vec::new(), copies: 0, atomics: 0 }
    }

    pub fn finish(mut self) -> Written {
        self.builder.files_mut().intern(&self.path, || Some(self.text.into()));
        let Scribe { builder, syncs, copies, atomics, .. } = self;
        Written { kernel: builder.finish(), syncs, copies, atomics }
    }

    pub fn is_spoiled(&self) -> bool {
        self.change != Change::None
    }

    pub fn ty(&self, value: ValueId) -> Type {
        self.builder.kernel().ty(value)
    }

    fn span(&mut self, text: &str) -> Span {
        self.line += 1;
        let indent = 4 * self.depth;
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
        let (column, end_column) = (indent as u32 + 1, (indent + text.chars().count()) as u32 + 1);
        // File 1 is the text, which comes at the end.
        Span { file: 1, line: self.line, column, end_line: self.line, end_column }
    }

    fn describe(&self, arg: &Arg) -> String {
        match arg {
            Arg::Missing => "..".to_owned(),
            Arg::Value(value) => match &self.builder.kernel().value(*value).name {
                Some(name) => name.clone(),
                None => self.builder.kernel().integer(*value).map_or_else(|| value.to_string(), |n| n.to_string()),
            },
            Arg::Literal(literal) => literal.to_string(),
            Arg::Memory(memory) => self.builder.kernel().memory(*memory).name.clone(),
            Arg::Name(name) => name.clone(),
            Arg::DType(dtype) => dtype.to_string(),
            Arg::Other(other) => other.clone(),
        }
    }

    fn describe_all(&self, args: &[Arg]) -> String {
        args.iter().map(|arg| self.describe(arg)).collect::<Vec<_>>().join(", ")
    }

    pub fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        let span = self.span(&format!("{name}: device {dtype}"));
        self.builder.buffer_param(name, dtype, span)
    }

    pub fn scalar(&mut self, name: &str, dtype: DType) -> ValueId {
        let span = self.span(&format!("{name}: {dtype}"));
        self.builder.scalar_param(name, dtype, span)
    }

    pub fn tile(&mut self, name: &str, dtype: DType, len: u32) -> MemoryId {
        let span = self.span(&format!("{name} = threadgroup_alloc({dtype}, {len})"));
        self.builder.threadgroup_alloc(dtype, len.into(), Some(name), None, span)
    }

    pub fn registers(&mut self, name: &str, dtype: DType, len: u32, fill: Option<Arg>) -> MemoryId {
        let filled = fill.as_ref().map_or("none".to_owned(), |fill| self.describe(fill));
        let span = self.span(&format!("{name} = register_tensor({len}, {dtype}, fill={filled})"));
        self.builder.register_tensor(dtype, len.into(), fill, Some(name), span)
    }

    /// A function constant, with the number that it is given.
    pub fn constant(&mut self, given: &Constant) -> (ValueId, u32) {
        let value = self.value(Opcode::FunctionConstant, &[Arg::DType(given.dtype), int(given.index.into())]);
        (value, given.value.as_int().unwrap_or(0) as u32)
    }

    pub fn call_it(&mut self, value: ValueId, name: &str) -> ValueId {
        self.builder.name_value(value, name);
        value
    }

    pub fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        let next = self.builder.kernel().value_count();
        let span = self.span(&format!("v{next} = {}({})", code.info().name, self.describe_all(args)));
        self.builder.value(code, args, span)
    }

    pub fn does(&mut self, code: Opcode, args: &[Arg]) {
        let span = self.span(&format!("{}({})", code.info().name, self.describe_all(args)));
        self.builder.call(code, args, span);
    }

    /// The number of the copy that is written next, which [`Change::Distort`] names.
    pub fn next_copy(&mut self) -> usize {
        self.copies += 1;
        self.copies - 1
    }

    /// Whether this is the copy that is to be distorted.
    pub fn distorts(&self, copy: usize) -> bool {
        self.change == Change::Distort(copy)
    }

    /// An atomic operation without a result that is used, or what it does without being atomic.
    pub fn update(&mut self, atomic: Opcode, plain: Opcode, [memory, at, value, order]: [Arg; 4]) {
        self.atomics += 1;
        if self.change != Change::Plain(self.atomics - 1) {
            return self.does(atomic, &[memory, at, value, order]);
        }
        let before = self.value(Opcode::Load, &[memory.clone(), at.clone()]);
        let after = self.value(plain, &[before.into(), value]);
        self.does(Opcode::Store, &[memory, at, after.into()]);
    }

    /// Waits for events.
    pub fn wait(&mut self, events: &[ValueId]) {
        let events: Vec<Arg> = events.iter().map(|&event| event.into()).collect();
        self.sync(Sync::Wait, &|scribe| scribe.does(Opcode::AsyncCopyWait, &events));
    }

    /// A barrier of the threadgroup.
    pub fn barrier(&mut self, flags: MemFlags) {
        self.sync(Sync::Barrier, &|scribe| scribe.does(Opcode::Barrier, &[Arg::Name(flags.name().to_owned())]));
    }

    /// A barrier of each simdgroup.
    pub fn simd_barrier(&mut self, flags: MemFlags) {
        self.sync(Sync::SimdBarrier, &|scribe| scribe.does(Opcode::SimdBarrier, &[Arg::Name(flags.name().to_owned())]));
    }

    fn sync(&mut self, sync: Sync, write: &dyn Fn(&mut Scribe)) {
        let number = self.syncs.len();
        self.syncs.push(sync);
        match self.change {
            Change::Omit(omitted) if omitted == number => {
                // As many lines as with `Skip`, so that a place is the same place in both.
                for text in ["#", "# a sync is missing here", "#", "#"] {
                    self.span(text);
                }
            }
            Change::Skip(skipped) if skipped == number => {
                let wanted = self.value(Opcode::CmpNe, &[self.keep.into(), int(0)]);
                self.begin_if(wanted);
                write(self);
                self.end_if(&[]);
            }
            Change::Double(doubled) if doubled == number => {
                write(self);
                let wanted = self.value(Opcode::CmpEq, &[self.keep.into(), int(0)]);
                self.begin_if(wanted);
                write(self);
                self.end_if(&[]);
            }
            _ => write(self),
        }
    }

    pub fn begin_if(&mut self, condition: ValueId) {
        let text = format!("if {}:", self.describe(&condition.into()));
        let span = self.span(&text);
        self.depth += 1;
        self.builder.begin_if(&condition.into(), span);
    }

    pub fn begin_else(&mut self, yields: &[ValueId]) {
        self.depth -= 1;
        let span = self.span("else:");
        self.depth += 1;
        let yields: Vec<Arg> = yields.iter().map(|&v| v.into()).collect();
        self.builder.begin_else(&yields, span);
    }

    pub fn end_if(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let (yields, text) = self.passed(yields);
        let span = self.span(&text);
        self.depth -= 1;
        self.builder.end_if(&yields, span)
    }

    /// Opens a loop counted in `uint`.
    pub fn begin_for(&mut self, bounds: [Arg; 3], init: &[ValueId]) -> (ValueId, Vec<ValueId>) {
        let next = self.builder.kernel().value_count();
        let (init, _) = self.passed(init);
        let carried = self.describe_all(&init);
        let span = self.span(&format!("for v{next}.. in range({}) carrying {carried}:", self.describe_all(&bounds)));
        self.depth += 1;
        let [lo, hi, step] = &bounds;
        self.builder.begin_for([lo, hi, step], DType::U32, &init, span)
    }

    pub fn end_for(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let (yields, text) = self.passed(yields);
        let span = self.span(&text);
        self.depth -= 1;
        self.builder.end_for(&yields, span)
    }

    pub fn begin_while(&mut self, init: &[ValueId]) -> Vec<ValueId> {
        let (init, _) = self.passed(init);
        let span = self.span(&format!("while, carrying {}:", self.describe_all(&init)));
        self.depth += 1;
        self.builder.begin_while(&init, span)
    }

    pub fn begin_while_body(&mut self, condition: ValueId) -> Vec<ValueId> {
        let span = self.span("do:");
        self.builder.begin_while_body(&condition.into(), span)
    }

    pub fn end_while(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let (yields, text) = self.passed(yields);
        let span = self.span(&text);
        self.depth -= 1;
        self.builder.end_while(&yields, span)
    }

    fn passed(&self, values: &[ValueId]) -> (Vec<Arg>, String) {
        let args: Vec<Arg> = values.iter().map(|&v| v.into()).collect();
        let text = format!("pass {}", self.describe_all(&args));
        (args, text)
    }
}
