//! The builder with shorter names, for kernels built by hand.

use enigma_ir::{Arg, Builder, DType, Kernel, Literal, MemoryId, Opcode, Span, Type, ValueId, Verified, verify};

const SPAN: Span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 1 };

/// Builds one kernel.
pub struct Make(Builder);

/// An integer literal as an argument.
pub fn int(value: i128) -> Arg {
    Arg::Literal(Literal::Int(value))
}

/// A float literal as an argument.
pub fn float(value: f64) -> Arg {
    Arg::Literal(Literal::Float(value))
}

/// A string as an argument.
pub fn name(text: &str) -> Arg {
    Arg::Name(text.to_owned())
}

impl Make {
    /// The verified kernel that `build` builds.
    ///
    /// # Panics
    /// Where the verifier refuses it.
    pub fn kernel(name: &str, build: impl FnOnce(&mut Make)) -> Verified<Kernel> {
        let mut make = Make(Builder::new(name, "built by hand", Some("".into()), [1, 1, 1, 1]));
        build(&mut make);
        verify(make.0.finish()).unwrap_or_else(|errors| panic!("{name}: {errors}"))
    }

    /// A device buffer parameter.
    pub fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        self.0.buffer_param(name, dtype, SPAN)
    }

    /// A scalar parameter.
    pub fn scalar(&mut self, name: &str, dtype: DType) -> ValueId {
        self.0.scalar_param(name, dtype, SPAN)
    }

    /// A threadgroup array.
    pub fn tile(&mut self, name: &str, dtype: DType, len: i128) -> MemoryId {
        self.0.threadgroup_alloc(dtype, len, Some(name), None, SPAN)
    }

    /// A register tensor.
    pub fn registers(&mut self, name: &str, dtype: DType, len: i128, fill: Option<Arg>) -> MemoryId {
        self.0.register_tensor(dtype, len, fill, Some(name), SPAN)
    }

    /// An operation with a result.
    pub fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        self.0.value(code, args, SPAN)
    }

    /// An operation whose result the user gave a name.
    pub fn named(&mut self, name: &str, code: Opcode, args: &[Arg]) -> ValueId {
        let value = self.value(code, args);
        self.call_it(value, name)
    }

    /// Gives a value a name.
    pub fn call_it(&mut self, value: ValueId, name: &str) -> ValueId {
        self.0.name_value(value, name);
        value
    }

    /// The type of a value.
    pub fn ty(&self, value: ValueId) -> Type {
        self.0.kernel().ty(value)
    }

    /// An operation without a result.
    pub fn does(&mut self, code: Opcode, args: &[Arg]) {
        self.0.call(code, args, SPAN);
    }

    /// Reads an element.
    pub fn load(&mut self, memory: MemoryId, index: impl Into<Arg>) -> ValueId {
        self.value(Opcode::Load, &[memory.into(), index.into()])
    }

    /// Writes an element.
    pub fn store(&mut self, memory: MemoryId, index: impl Into<Arg>, value: impl Into<Arg>) {
        self.does(Opcode::Store, &[memory.into(), index.into(), value.into()]);
    }

    /// Waits for events.
    pub fn wait(&mut self, events: &[ValueId]) {
        let events: Vec<Arg> = events.iter().map(|&e| e.into()).collect();
        self.does(Opcode::AsyncCopyWait, &events);
    }

    /// A barrier that orders threadgroup memory.
    pub fn barrier(&mut self) {
        self.does(Opcode::Barrier, &[]);
    }

    /// Opens a loop counted in `int`; returns its index and carries.
    pub fn begin_for(&mut self, [lo, hi, step]: [Arg; 3], init: &[Arg]) -> (ValueId, Vec<ValueId>) {
        self.0.begin_for([&lo, &hi, &step], DType::I32, init, SPAN)
    }

    /// Closes a loop.
    pub fn end_for(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let yields: Vec<Arg> = yields.iter().map(|&v| v.into()).collect();
        self.0.end_for(&yields, SPAN)
    }

    /// Opens the condition of a `while` loop.
    pub fn begin_while(&mut self, init: &[Arg]) -> Vec<ValueId> {
        self.0.begin_while(init, SPAN)
    }

    /// Opens the body of a `while` loop.
    pub fn begin_while_body(&mut self, condition: ValueId) -> Vec<ValueId> {
        self.0.begin_while_body(&condition.into(), SPAN)
    }

    /// Closes a `while` loop.
    pub fn end_while(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let yields: Vec<Arg> = yields.iter().map(|&v| v.into()).collect();
        self.0.end_while(&yields, SPAN)
    }

    /// Opens a branch.
    pub fn begin_if(&mut self, condition: ValueId) {
        self.0.begin_if(&condition.into(), SPAN);
    }

    /// Opens the other side of a branch.
    pub fn begin_else(&mut self, yields: &[Arg]) {
        self.0.begin_else(yields, SPAN);
    }

    /// Closes a branch.
    pub fn end_if(&mut self, yields: &[Arg]) -> Vec<ValueId> {
        self.0.end_if(yields, SPAN)
    }
}
