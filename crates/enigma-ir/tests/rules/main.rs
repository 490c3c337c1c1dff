//! Every rule that the builder and the verifier enforce: a kernel that breaks it, with its message as the snapshot,
//! and look-alikes that are right.

mod accesses;
mod bounds;
mod divergence;
mod flight;
mod limits;
mod loops;
mod operands;

use std::panic::Location;

use enigma_ir::{Arg, Builder, DType, Diagnostics, Kernel, Literal, MemoryId, Opcode, Rule, Span, ValueId, verify};

/// A tracer whose operations are placed where the test calls them.
struct Trace {
    builder: Builder,
    a: MemoryId,
    tile: MemoryId,
}

fn int(v: i128) -> Arg {
    Arg::Literal(Literal::Int(v))
}

fn name(s: &str) -> Arg {
    Arg::Name(s.to_owned())
}

impl Trace {
    /// A kernel with a device buffer `A` and a tile of 64, both of floats.
    #[track_caller]
    fn new() -> Trace {
        let place = Location::caller();
        let span = [place.line(), place.column(), place.line(), 0];
        let mut builder = Builder::new("example", place.file(), None, span);
        let at = here(place);
        let a = builder.buffer_param("A", DType::F32, at);
        let tile = builder.threadgroup_alloc(DType::F32, 64, Some("tile"), None, at);
        Trace { builder, a, tile }
    }

    #[track_caller]
    fn call(&mut self, code: Opcode, args: &[Arg]) -> Option<ValueId> {
        self.builder.call(code, args, here(Location::caller()))
    }

    #[track_caller]
    fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        self.builder.value(code, args, here(Location::caller()))
    }

    #[track_caller]
    fn copy_into(&mut self, tile_offset: impl Into<Arg>, count: impl Into<Arg>) -> ValueId {
        let args = [self.tile.into(), tile_offset.into(), self.a.into(), int(0), count.into()];
        let event = self.builder.value(Opcode::AsyncCopy1dD2t, &args, here(Location::caller()));
        self.builder.name_value(event, "ev");
        event
    }

    #[track_caller]
    fn copy_out(&mut self, count: i128) -> ValueId {
        let args = [self.a.into(), int(0), self.tile.into(), int(0), int(count)];
        self.builder.value(Opcode::AsyncCopy1dT2d, &args, here(Location::caller()))
    }

    #[track_caller]
    fn wait(&mut self, event: ValueId) {
        self.builder.call(Opcode::AsyncCopyWait, &[event.into()], here(Location::caller()));
    }

    #[track_caller]
    fn load(&mut self, memory: MemoryId, index: impl Into<Arg>) -> ValueId {
        self.builder.value(Opcode::Load, &[memory.into(), index.into()], here(Location::caller()))
    }

    #[track_caller]
    fn store(&mut self, memory: MemoryId, index: impl Into<Arg>) {
        let one = Arg::Literal(Literal::Float(1.0));
        self.builder.call(Opcode::Store, &[memory.into(), index.into(), one], here(Location::caller()));
    }

    #[track_caller]
    fn begin_if(&mut self, cond: impl Into<Arg>) {
        self.builder.begin_if(&cond.into(), here(Location::caller()));
    }

    #[track_caller]
    fn begin_else(&mut self) {
        self.builder.begin_else(&[], here(Location::caller()));
    }

    #[track_caller]
    fn end_if(&mut self) {
        self.builder.end_if(&[], here(Location::caller()));
    }

    #[track_caller]
    fn begin_for(&mut self, hi: impl Into<Arg>, init: &[ValueId]) -> (ValueId, Vec<ValueId>) {
        let init: Vec<Arg> = init.iter().map(|&v| v.into()).collect();
        self.builder.begin_for([&int(0), &hi.into(), &int(1)], DType::U32, &init, here(Location::caller()))
    }

    #[track_caller]
    fn end_for(&mut self, yields: &[ValueId]) -> Vec<ValueId> {
        let yields: Vec<Arg> = yields.iter().map(|&v| v.into()).collect();
        self.builder.end_for(&yields, here(Location::caller()))
    }

    /// A `Scalar` parameter, of which nothing is known.
    #[track_caller]
    fn scalar(&mut self) -> ValueId {
        self.builder.scalar_param("n", DType::U32, here(Location::caller()))
    }

    /// A device buffer.
    #[track_caller]
    fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        self.builder.buffer_param(name, dtype, here(Location::caller()))
    }

    /// A threadgroup array.
    #[track_caller]
    fn alloc(&mut self, name: &str, dtype: DType, len: i128) -> MemoryId {
        self.builder.threadgroup_alloc(dtype, len, Some(name), None, here(Location::caller()))
    }

    /// Four floats in registers, uninitialised.
    #[track_caller]
    fn registers(&mut self) -> MemoryId {
        self.builder.register_tensor(DType::F32, 4, None, Some("regs"), here(Location::caller()))
    }

    #[track_caller]
    fn lane_below(&mut self, limit: i128) -> ValueId {
        let lane = self.value(Opcode::ThreadIndexInSimdgroup, &[]);
        self.value(Opcode::CmpLt, &[lane.into(), int(limit)])
    }

    fn finish(self) -> Kernel {
        self.builder.finish()
    }

    fn errors(self) -> Diagnostics {
        match verify(self.finish()) {
            Ok(_) => panic!("a wrong kernel was accepted"),
            Err(errors) => errors,
        }
    }

    /// Asserts that just these rules are broken, and gives the message.
    fn breaks(self, rules: &[Rule]) -> String {
        let errors = self.errors();
        let found: Vec<Rule> = errors.items().iter().map(|d| d.rule).filter(|r| !is_advice(*r)).collect();
        assert_eq!(found, rules, "\n{errors}");
        errors.to_string()
    }

    fn passes(self) {
        if let Err(errors) = verify(self.finish()) {
            panic!("a right kernel was refused:\n{errors}");
        }
    }
}

fn is_advice(rule: Rule) -> bool {
    rule.severity() != enigma_ir::Severity::Error
}

fn here(place: &Location<'_>) -> Span {
    Span { file: 0, line: place.line(), column: place.column(), end_line: place.line(), end_column: 0 }
}
