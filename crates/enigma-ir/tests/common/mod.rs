//! Kernels for the tests, written with as few words as a front end would take.

pub mod tools;

use enigma_ir::{Arg, Builder, DType, Kernel, Literal, MemoryId, Opcode, Span, ValueId, Verified, verify};

/// A builder whose every call stands on a line of its own in `kernel.py`.
pub struct Sketch {
    pub builder: Builder,
    line: u32,
}

impl Sketch {
    pub fn new(name: &str) -> Self {
        Sketch { builder: Builder::new(name, "kernel.py", None, [1, 1, 1, 1]), line: 1 }
    }

    pub fn here(&mut self) -> Span {
        self.line += 1;
        Span { file: 0, line: self.line, column: 5, end_line: self.line, end_column: 9 }
    }

    pub fn buffer(&mut self, name: &str, dtype: DType) -> MemoryId {
        let span = self.here();
        self.builder.buffer_param(name, dtype, span)
    }

    pub fn scalar(&mut self, name: &str, dtype: DType) -> ValueId {
        let span = self.here();
        self.builder.scalar_param(name, dtype, span)
    }

    pub fn tile(&mut self, name: &str, dtype: DType, len: i128) -> MemoryId {
        let span = self.here();
        self.builder.threadgroup_alloc(dtype, len, Some(name), None, span)
    }

    pub fn registers(&mut self, name: &str, dtype: DType, len: i128, fill: Option<Arg>) -> MemoryId {
        let span = self.here();
        self.builder.register_tensor(dtype, len, fill, Some(name), span)
    }

    pub fn call(&mut self, code: Opcode, args: &[Arg]) -> Option<ValueId> {
        let span = self.here();
        self.builder.call(code, args, span)
    }

    pub fn value(&mut self, code: Opcode, args: &[Arg]) -> ValueId {
        let span = self.here();
        self.builder.value(code, args, span)
    }

    /// A value under a name.
    pub fn named(&mut self, name: &str, code: Opcode, args: &[Arg]) -> ValueId {
        let value = self.value(code, args);
        self.builder.name_value(value, name);
        value
    }

    pub fn begin_for(&mut self, lo: Arg, hi: Arg, step: Arg, dtype: DType, init: &[Arg]) -> (ValueId, Vec<ValueId>) {
        let span = self.here();
        self.builder.begin_for([&lo, &hi, &step], dtype, init, span)
    }

    pub fn end_for(&mut self, yields: &[Arg]) -> Vec<ValueId> {
        let span = self.here();
        self.builder.end_for(yields, span)
    }

    pub fn begin_if(&mut self, condition: ValueId) {
        let span = self.here();
        self.builder.begin_if(&condition.into(), span);
    }

    pub fn begin_else(&mut self, yields: &[Arg]) {
        let span = self.here();
        self.builder.begin_else(yields, span);
    }

    pub fn end_if(&mut self, yields: &[Arg]) -> Vec<ValueId> {
        let span = self.here();
        self.builder.end_if(yields, span)
    }

    pub fn finish(self) -> Verified<Kernel> {
        verify(self.builder.finish()).unwrap_or_else(|found| panic!("the kernel is correct:\n{found}"))
    }
}

pub fn int(v: i128) -> Arg {
    Arg::Literal(Literal::Int(v))
}

pub fn float(v: f64) -> Arg {
    Arg::Literal(Literal::Float(v))
}

pub fn name(s: &str) -> Arg {
    Arg::Name(s.to_owned())
}

/// One tile in, doubled, one tile out.
pub fn tiled_load() -> Verified<Kernel> {
    let mut k = Sketch::new("tiled_load");
    let (a, b) = (k.buffer("A", DType::F32), k.buffer("B", DType::F32));
    let tile = k.tile("tile", DType::F32, 64);
    let group = k.named("group", Opcode::ThreadgroupPositionInGrid, &[]);
    let base = k.named("base", Opcode::Mul, &[group.into(), int(64)]);
    let copy = [tile.into(), int(0), a.into(), base.into(), int(64)];
    let event = k.named("ev", Opcode::AsyncCopy1dD2t, &copy);
    k.call(Opcode::AsyncCopyWait, &[event.into()]);
    k.call(Opcode::Barrier, &[]);
    let lane = k.named("lane", Opcode::ThreadIndexInThreadgroup, &[]);
    let x = k.named("x", Opcode::Load, &[tile.into(), lane.into()]);
    let doubled = k.value(Opcode::Mul, &[x.into(), float(2.0)]);
    let place = k.value(Opcode::Add, &[base.into(), lane.into()]);
    k.call(Opcode::Store, &[b.into(), place.into(), doubled.into()]);
    k.finish()
}

/// Two halves of one tile in turn: the copy of step k + 1 is in flight while step k is used. The event, a
/// matrix and a number are carried.
pub fn pipeline() -> Verified<Kernel> {
    let mut k = Sketch::new("pipeline");
    let (a, b) = (k.buffer("A", DType::F32), k.buffer("B", DType::F32));
    let steps = k.scalar("steps", DType::U32);
    let tile = k.tile("tile", DType::F32, 128);
    let copy_2d = |dst: Arg, src: Arg, wanted: Arg| {
        let eight = int(8);
        [tile.into(), dst, eight.clone(), a.into(), src, eight.clone(), eight.clone(), eight, wanted]
    };
    let zero = k.value(Opcode::MakeFilledSimdgroupMatrix, &[float(0.0)]);
    let any = k.value(Opcode::CmpGt, &[steps.into(), int(0)]);
    let first = k.named("ev", Opcode::AsyncCopy2dD2t, &copy_2d(int(0), int(0), any.into()));
    let init = [first.into(), zero.into(), float(0.0)];
    let (i, carried) = k.begin_for(int(0), steps.into(), int(1), DType::U32, &init);
    k.builder.name_value(i, "i");
    let [event, matrix, sum] = carried[..] else { panic!("three values are carried") };
    for (value, name) in [(event, "ev"), (matrix, "acc"), (sum, "sum")] {
        k.builder.name_value(value, name);
    }
    k.call(Opcode::AsyncCopyWait, &[event.into()]);
    k.call(Opcode::Barrier, &[]);
    let next = k.named("next", Opcode::Add, &[i.into(), int(1)]);
    let half = k.value(Opcode::And, &[next.into(), int(1)]);
    let to = k.value(Opcode::Mul, &[half.into(), int(64)]);
    let from = k.value(Opcode::Mul, &[next.into(), int(64)]);
    let more = k.value(Opcode::CmpLt, &[next.into(), steps.into()]);
    let started = k.value(Opcode::AsyncCopy2dD2t, &copy_2d(to.into(), from.into(), more.into()));
    let this_half = k.value(Opcode::And, &[i.into(), int(1)]);
    let at = k.value(Opcode::Mul, &[this_half.into(), int(64)]);
    let load = [tile.into(), int(8), Arg::Missing, Arg::Missing, Arg::Missing, at.into()];
    let loaded = k.value(Opcode::SimdgroupMatrixLoad, &load);
    let product = [loaded.into(), loaded.into(), matrix.into()];
    let product = k.value(Opcode::SimdgroupMultiplyAccumulate, &product);
    let one = k.value(Opcode::Load, &[tile.into(), at.into()]);
    let total = k.value(Opcode::Add, &[sum.into(), one.into()]);
    let results = k.end_for(&[started.into(), product.into(), total.into()]);
    k.call(Opcode::AsyncCopyWait, &[results[0].into()]);
    k.call(Opcode::SimdgroupMatrixStore, &[results[1].into(), b.into(), int(8)]);
    k.call(Opcode::Store, &[b.into(), int(64), results[2].into()]);
    k.finish()
}

/// A branch that yields, a branch without an end, a `while` that carries, a loop that counts down.
pub fn branches_and_loops() -> Verified<Kernel> {
    let mut k = Sketch::new("branches_and_loops");
    let out = k.buffer("out", DType::I32);
    let n = k.scalar("n", DType::I32);
    let regs = k.registers("acc", DType::I32, 4, Some(int(0)));
    let position = k.value(Opcode::ThreadPositionInGrid, &[name("x")]);
    let gid = k.named("gid", Opcode::Cast, &[position.into(), name("int")]);
    let inside = k.named("inside", Opcode::CmpLt, &[gid.into(), n.into()]);
    k.begin_if(inside);
    k.begin_else(&[n.into()]);
    let less = k.value(Opcode::Sub, &[n.into(), int(1)]);
    let limit = k.end_if(&[less.into()])[0];
    k.builder.name_value(limit, "limit");
    let span = k.here();
    let x = k.builder.begin_while(&[limit.into()], span)[0];
    let goes_on = k.value(Opcode::CmpGt, &[x.into(), int(1)]);
    let span = k.here();
    let x = k.builder.begin_while_body(&goes_on.into(), span)[0];
    let half = k.value(Opcode::Shr, &[x.into(), int(1)]);
    let span = k.here();
    let log = k.builder.end_while(&[half.into()], span)[0];
    let (i, _) = k.begin_for(int(3), int(-1), int(-1), DType::I32, &[]);
    k.begin_if(inside);
    k.call(Opcode::Store, &[regs.into(), i.into(), log.into()]);
    k.end_if(&[]);
    k.end_for(&[]);
    let last = k.value(Opcode::Load, &[regs.into(), int(3)]);
    k.call(Opcode::Store, &[out.into(), gid.into(), last.into()]);
    k.finish()
}
