//! Random use of the builder: whatever it is given, a kernel comes out that the verifier judges, nothing panics, and the
//! MLIR text of a right kernel is accepted.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
mod common;

use common::tools;
use enigma_ir::table::TABLE;
use enigma_ir::{Arg, Builder, DType, Literal, MemoryId, Span, ValueId, mlir, print, verify};

/// A small generator of pseudo-random numbers (Knuth's 64-bit linear congruential one); a seed gives the same kernel for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

struct Tracer {
    random: Random,
    builder: Builder,
    values: Vec<ValueId>,
    memories: Vec<MemoryId>,
    line: u32,
    /// Which kind of block is open, innermost last.
    open: Vec<Open>,
}

#[derive(Copy, Clone)]
enum Open {
    Then,
    Otherwise,
    For(usize),
    Head(usize),
    Body(usize),
}

const NAMES: [&str; 12] = ["x", "w", "zero", "edge", "float", "half", "A", "t", "mem_device", "mem_none", "q", "uint"];
const NUMBERS: [i128; 9] = [0, 1, 2, 8, 31, 64, -1, i128::MAX, 1 << 40];

impl Tracer {
    fn new(seed: u64) -> Tracer {
        let mut builder = Builder::new("random", "random.py", None, [1, 1, 1, 2]);
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let memories = vec![
            builder.buffer_param("A", DType::F32, span),
            builder.buffer_param("H", DType::F16, span),
            builder.threadgroup_alloc(DType::F32, 64, Some("t"), None, span),
            builder.register_tensor(DType::I32, 4, None, None, span),
        ];
        let values = vec![builder.scalar_param("n", DType::U32, span), builder.scalar_param("c", DType::Bool, span)];
        Tracer { random: Random(seed), builder, values, memories, line: 1, open: Vec::new() }
    }

    fn span(&mut self) -> Span {
        self.line += 1;
        Span { file: 0, line: self.line, column: 1, end_line: self.line, end_column: 9 }
    }

    fn arg(&mut self) -> Arg {
        match self.random.below(12) {
            0 => Arg::Missing,
            1 => Arg::Literal(Literal::Float(0.5)),
            2 => Arg::Literal(Literal::Bool(true)),
            3 => Arg::Name((*self.random.pick(&NAMES)).to_owned()),
            4 => Arg::DType(*self.random.pick(&DType::ALL)),
            5 => Arg::Other("a list".to_owned()),
            6 | 7 => Arg::Literal(Literal::Int(*self.random.pick(&NUMBERS))),
            8 => Arg::Memory(*self.random.pick(&self.memories.clone())),
            _ => Arg::Value(*self.random.pick(&self.values.clone())),
        }
    }

    fn args(&mut self, count: usize) -> Vec<Arg> {
        (0..count).map(|_| self.arg()).collect()
    }

    fn step(&mut self) {
        let span = self.span();
        match self.random.below(24) {
            0 => {
                let cond = self.arg();
                self.builder.begin_if(&cond, span);
                self.open.push(Open::Then);
            }
            1 => {
                let (bounds, carries) = (self.args(3), self.random.below(3));
                let init = self.args(carries);
                let dtype = *self.random.pick(&[DType::I32, DType::U32, DType::U8]);
                let (i, carried) = self.builder.begin_for([&bounds[0], &bounds[1], &bounds[2]], dtype, &init, span);
                self.values.push(i);
                self.values.extend(carried);
                self.open.push(Open::For(carries));
            }
            2 => {
                let carries = self.random.below(3);
                let init = self.args(carries);
                let carried = self.builder.begin_while(&init, span);
                self.values.extend(carried);
                self.open.push(Open::Head(carries));
            }
            3..6 => self.close(),
            6 => {
                let fill = self.arg();
                let made = self.builder.register_tensor(DType::F32, 4, Some(fill), None, span);
                self.memories.push(made);
            }
            7 => {
                let end = self.random.below(5);
                self.out_of_place(end, span);
            }
            _ => {
                let row = self.random.pick(TABLE);
                let count = self.random.below(row.signature.params.len() + 2);
                let args = self.plausible(row.signature.params.len(), count);
                if row.signature.params.is_empty() && row.msl.is_empty() && row.code as u16 <= 4 {
                    return;
                }
                self.values.extend(self.builder.call(row.code, &args, span));
            }
        }
    }

    /// Ends something that may not be open.
    fn out_of_place(&mut self, end: usize, span: Span) {
        if !self.open.is_empty() {
            return;
        }
        let yields = self.args(1);
        match end {
            0 => self.builder.begin_else(&yields, span),
            1 => drop(self.builder.end_if(&yields, span)),
            2 => drop(self.builder.end_for(&yields, span)),
            3 => drop(self.builder.begin_while_body(&yields[0], span)),
            _ => drop(self.builder.end_while(&yields, span)),
        }
    }

    /// Mostly as many arguments as there are parameters.
    fn plausible(&mut self, params: usize, count: usize) -> Vec<Arg> {
        let count = if self.random.below(4) == 0 { count } else { params };
        self.args(count)
    }

    fn close(&mut self) {
        let span = self.span();
        let Some(open) = self.open.pop() else { return };
        match open {
            Open::Then => {
                let yields = self.random.below(2);
                let yields = self.args(yields);
                self.builder.begin_else(&yields, span);
                self.open.push(Open::Otherwise);
            }
            Open::Otherwise => {
                let yields = self.random.below(2);
                let yields = self.args(yields);
                let results = self.builder.end_if(&yields, span);
                self.values.extend(results);
            }
            Open::For(carries) => {
                let yields = self.args(carries);
                let results = self.builder.end_for(&yields, span);
                self.values.extend(results);
            }
            Open::Head(carries) => {
                let cond = self.arg();
                let carried = self.builder.begin_while_body(&cond, span);
                self.values.extend(carried);
                self.open.push(Open::Body(carries));
            }
            Open::Body(carries) => {
                let yields = self.args(carries);
                let results = self.builder.end_while(&yields, span);
                self.values.extend(results);
            }
        }
    }
}

#[test]
fn nothing_panics() {
    let mut accepted = Vec::new();
    for seed in 0..20_000 {
        let mut tracer = Tracer::new(seed);
        let steps = 1 + tracer.random.below(12);
        for _ in 0..steps {
            tracer.step();
        }
        if tracer.random.below(8) > 0 {
            while !tracer.open.is_empty() {
                tracer.close();
            }
        }
        let kernel = tracer.builder.finish();
        assert!(!print(&kernel).is_empty());
        match verify(kernel) {
            Ok(kernel) => accepted.push(mlir(&kernel)),
            Err(errors) => {
                assert!(!errors.items().is_empty());
                assert!(errors.items().iter().all(|d| !d.labels.is_empty()), "an error without a place:\n{errors}");
                assert!(!errors.to_string().is_empty());
            }
        }
    }
    let right = accepted.len();
    assert!(right > 200, "only {right} kernels were right: the generator is too wild to tell much");
    tools::run("mlir-opt", &["--allow-unregistered-dialect", "--split-input-file"], accepted.join("\n// -----\n"));
}
