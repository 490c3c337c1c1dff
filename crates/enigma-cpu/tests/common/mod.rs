//! Kernels for tests, written in a few lines.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod apply;
pub mod data;

use std::sync::Arc;

use enigma_cpu::{Argument, Buffer, Launch, Limits, Program, Statistics};
use enigma_ir::{Arg, Builder, DType, Diagnostics, Literal, MemoryId, Opcode, Span, Style, ValueId};

/// A builder with a source text, whose places are found by what stands there.
pub struct Sketch {
    pub b: Builder,
    text: Arc<str>,
    at: Span,
}

/// A literal argument.
pub fn int(v: i128) -> Arg {
    Arg::Literal(Literal::Int(v))
}

/// A literal argument.
pub fn float(v: f64) -> Arg {
    Arg::Literal(Literal::Float(v))
}

/// An attribute argument.
pub fn name(s: &str) -> Arg {
    Arg::Name(s.to_owned())
}

impl Sketch {
    /// A kernel that nobody reads messages of.
    pub fn new() -> Self {
        Self::of("kernel\n")
    }

    /// A kernel that was traced from this text.
    pub fn of(text: &str) -> Self {
        let text: Arc<str> = Arc::from(text);
        let b = Builder::new("kernel", "kernel.py", Some(text.clone()), [1, 1, 1, 7]);
        Sketch { b, text, at: Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 7 } }
    }

    /// What follows stands where the text says `needle`.
    pub fn at(&mut self, needle: &str) -> &mut Self {
        let start = self.text.find(needle).unwrap_or_else(|| panic!("no {needle:?}"));
        let line = self.text[..start].matches('\n').count() as u32 + 1;
        let column = (start - self.text[..start].rfind('\n').map_or(0, |i| i + 1)) as u32 + 1;
        self.at = Span { file: 0, line, column, end_line: line, end_column: column + needle.len() as u32 };
        self
    }

    pub fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        self.b.buffer_param(name, dtype, self.at)
    }

    pub fn scalar(&mut self, name: &str, dtype: DType) -> ValueId {
        self.b.scalar_param(name, dtype, self.at)
    }

    pub fn tile(&mut self, name: &str, dtype: DType, len: i128) -> MemoryId {
        self.b.threadgroup_alloc(dtype, len, Some(name), None, self.at)
    }

    pub fn registers(&mut self, name: &str, dtype: DType, len: i128, fill: Option<Arg>) -> MemoryId {
        self.b.register_tensor(dtype, len, fill, Some(name), self.at)
    }

    pub fn value<const N: usize>(&mut self, code: Opcode, args: [Arg; N]) -> ValueId {
        self.b.value(code, &args, self.at)
    }

    pub fn call<const N: usize>(&mut self, code: Opcode, args: [Arg; N]) {
        self.b.call(code, &args, self.at);
    }

    pub fn thread(&mut self) -> ValueId {
        self.value(Opcode::ThreadPositionInGrid, [])
    }

    pub fn load(&mut self, memory: MemoryId, index: impl Into<Arg>) -> ValueId {
        self.value(Opcode::Load, [memory.into(), index.into()])
    }

    pub fn store(&mut self, memory: MemoryId, index: impl Into<Arg>, value: impl Into<Arg>) {
        self.call(Opcode::Store, [memory.into(), index.into(), value.into()]);
    }

    pub fn wait(&mut self, event: ValueId) {
        self.call(Opcode::AsyncCopyWait, [event.into()]);
    }

    pub fn barrier(&mut self) {
        self.call(Opcode::Barrier, []);
    }

    /// Runs `then` where the condition holds.
    pub fn when(&mut self, cond: ValueId, then: impl FnOnce(&mut Self)) {
        self.b.begin_if(&cond.into(), self.at);
        then(self);
        self.b.end_if(&[], self.at);
    }

    /// One of two values.
    pub fn either(
        &mut self,
        cond: ValueId,
        then: impl FnOnce(&mut Self) -> Vec<ValueId>,
        otherwise: impl FnOnce(&mut Self) -> Vec<ValueId>,
    ) -> Vec<ValueId> {
        self.b.begin_if(&cond.into(), self.at);
        let yields: Vec<Arg> = then(self).into_iter().map(Arg::from).collect();
        self.b.begin_else(&yields, self.at);
        let yields: Vec<Arg> = otherwise(self).into_iter().map(Arg::from).collect();
        self.b.end_if(&yields, self.at)
    }

    /// A loop that carries values.
    pub fn count(
        &mut self,
        bounds: [Arg; 3],
        dtype: DType,
        init: &[Arg],
        body: impl FnOnce(&mut Self, ValueId, &[ValueId]) -> Vec<ValueId>,
    ) -> Vec<ValueId> {
        let [lo, hi, step] = &bounds;
        let place = self.at;
        let (i, carries) = self.b.begin_for([lo, hi, step], dtype, init, self.at);
        let yields: Vec<Arg> = body(self, i, &carries).into_iter().map(Arg::from).collect();
        self.b.end_for(&yields, place)
    }

    /// A loop under a condition.
    pub fn repeat(
        &mut self,
        init: &[Arg],
        cond: impl FnOnce(&mut Self, &[ValueId]) -> ValueId,
        body: impl FnOnce(&mut Self, &[ValueId]) -> Vec<ValueId>,
    ) -> Vec<ValueId> {
        let place = self.at;
        let carries = self.b.begin_while(init, self.at);
        let cond = cond(self, &carries);
        let carries = self.b.begin_while_body(&cond.into(), self.at);
        let yields: Vec<Arg> = body(self, &carries).into_iter().map(Arg::from).collect();
        self.b.end_while(&yields, place)
    }

    /// The kernel, made ready.
    pub fn program(self) -> Program {
        let verified = enigma_ir::verify(self.b.finish()).unwrap_or_else(|found| panic!("{found}"));
        Program::new(&verified)
    }
}

/// A launch in one dimension.
pub fn line(grid: u32, threads: u32) -> Launch {
    Launch { grid: [grid, 1, 1], threads: [threads, 1, 1] }
}

/// Runs a program that is meant to run.
pub fn run(program: &Program, launch: Launch, arguments: &[Argument<'_>]) -> Statistics {
    program.run(&launch, arguments, &Limits::default()).unwrap_or_else(|found| panic!("{found}"))
}

/// The message of a program that is meant to be stopped.
pub fn stopped(program: &Program, launch: Launch, arguments: &[Argument<'_>], limits: Limits) -> String {
    let outcome: Result<Statistics, Diagnostics> = program.run(&launch, arguments, &limits);
    outcome.expect_err("stopped").render(Style::Plain)
}

/// A buffer that is read.
pub fn input<T: enigma_cpu::Element>(data: &[T]) -> Argument<'_> {
    Argument::Buffer(Buffer::read(T::DTYPE, data))
}

/// A buffer that is written.
pub fn output<T: enigma_cpu::Element>(data: &mut [T]) -> Argument<'_> {
    Argument::Buffer(Buffer::write(T::DTYPE, data))
}
