//! The MLIR text means what the kernel means: it is lowered to LLVM by `mlir-opt`, run by `mlir-cpu-runner`, and
//! the results are compared bit by bit. What is an operation of ours has no meaning there and is left out.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
mod common;

use std::fmt::Write;

use common::{Sketch, int, tools};
use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode, mlir};

const LOWERING: [&str; 12] = [
    "--allow-unregistered-dialect",
    "--convert-linalg-to-loops",
    "--convert-scf-to-cf",
    "--arith-expand",
    "--convert-math-to-llvm",
    "--convert-math-to-libm",
    "--convert-vector-to-llvm",
    "--convert-arith-to-llvm",
    "--finalize-memref-to-llvm",
    "--convert-func-to-llvm",
    "--convert-cf-to-llvm",
    "--reconcile-unrealized-casts",
];

/// One result that is known.
struct Case {
    what: String,
    expected: Option<Literal>,
    dtype: DType,
    place: usize,
}

/// A kernel that computes every case from what its buffers hold, and the program that fills them and compares.
struct Program {
    sketch: Sketch,
    /// For each dtype, the buffer of inputs and that of results.
    buffers: Vec<(DType, MemoryId, MemoryId)>,
    inputs: Vec<(DType, Literal)>,
    cases: Vec<Case>,
}

impl Program {
    fn new() -> Self {
        let mut sketch = Sketch::new("cases");
        let buffers = DType::ALL
            .into_iter()
            .map(|d| {
                let names = ["in", "out"].map(|side| format!("{side}_{}", d.short()));
                (d, sketch.buffer(&names[0], d), sketch.buffer(&names[1], d))
            })
            .collect();
        Program { sketch, buffers, inputs: Vec::new(), cases: Vec::new() }
    }

    fn buffer(&self, dtype: DType) -> (MemoryId, MemoryId) {
        let found = self.buffers.iter().find(|(d, ..)| *d == dtype);
        found.map(|&(_, input, output)| (input, output)).expect("every dtype has its buffers")
    }

    /// A value that is known at run time only.
    fn input(&mut self, dtype: DType, number: Literal) -> Arg {
        let (buffer, _) = self.buffer(dtype);
        let place = int(self.inputs.len() as i128);
        self.inputs.push((dtype, number));
        self.sketch.value(Opcode::Load, &[buffer.into(), place]).into()
    }

    /// Demands that `result`, converted to `dtype`, is `expected`; with `None` it only has to be computed.
    fn demand(&mut self, what: String, result: Arg, dtype: DType, expected: Option<Literal>) {
        let place = self.cases.len();
        let (_, buffer) = self.buffer(dtype);
        self.sketch.call(Opcode::Store, &[buffer.into(), int(place as i128), result]);
        self.cases.push(Case { what, expected, dtype, place });
    }

    fn op(&mut self, code: Opcode, dtype: DType, inputs: &[Literal], result: DType, expected: Option<Literal>) {
        let args: Vec<Arg> = inputs.iter().map(|&number| self.input(dtype, number)).collect();
        let value = self.sketch.value(code, &args);
        let what = format!("{} of {inputs:?} as {dtype}", code.info().name);
        self.demand(what, value.into(), result, expected);
    }

    fn integers(&mut self, code: Opcode, dtype: DType, inputs: &[i128], expected: i128) {
        let inputs: Vec<Literal> = inputs.iter().map(|&v| Literal::Int(v)).collect();
        self.op(code, dtype, &inputs, dtype, Some(Literal::Int(expected)));
    }

    /// A float function, in each float type.
    fn floats(&mut self, code: Opcode, inputs: &[f64], expected: f64) {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let inputs: Vec<Literal> = inputs.iter().map(|&v| Literal::Float(v)).collect();
            self.op(code, dtype, &inputs, dtype, Some(Literal::Float(expected)));
        }
    }

    /// A float test, in each float type.
    fn tests(&mut self, code: Opcode, x: f64, expected: bool) {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            self.op(code, dtype, &[Literal::Float(x)], DType::Bool, Some(Literal::Bool(expected)));
        }
    }

    fn compare(&mut self, code: Opcode, dtype: DType, [x, y]: [i128; 2], expected: bool) {
        let inputs = [x, y].map(|v| Literal::Int(v).fit(dtype).expect("the operands fit"));
        self.op(code, dtype, &inputs, DType::Bool, Some(Literal::Bool(expected)));
    }

    fn cast(&mut self, from: DType, number: Literal, to: DType, expected: Literal) {
        let x = self.input(from, number);
        let value = self.sketch.value(Opcode::Cast, &[x, Arg::DType(to)]);
        self.demand(format!("{number} of {from} as {to}"), value.into(), to, Some(expected));
    }

    /// A loop that counts its iterations; a step that is `None` here is 2, known at run time only.
    fn iterations(&mut self, dtype: DType, lo: i128, hi: i128, step: Option<i128>, expected: i128) {
        let [lo_value, hi_value] = [lo, hi].map(|v| self.input(dtype, Literal::Int(v)));
        let step_value = match step {
            Some(step) => int(step),
            None => self.input(dtype, Literal::Int(2)),
        };
        let (_, carried) = self.sketch.begin_for(lo_value, hi_value, step_value, dtype, &[int(0)]);
        let next = self.sketch.value(Opcode::Add, &[carried[0].into(), int(1)]);
        let count = self.sketch.end_for(&[next.into()])[0];
        let what = format!("iterations from {lo} to {hi} by {step:?} in {dtype}");
        self.demand(what, count.into(), DType::U32, Some(Literal::Int(expected)));
    }

    /// Runs the program; panics with the first case whose result is another one.
    fn run(self) {
        let Program { sketch, buffers, inputs, cases } = self;
        let kernel = sketch.finish();
        let module = mlir(&kernel);
        let (function, places) = module.split_once("\n}\n#loc").expect("a module, then the places");
        let main = main_function(&buffers, &inputs, &cases);
        let text = format!("{function}\n{main}}}\n#loc{places}");
        let lowered = tools::run("mlir-opt", &LOWERING, text);
        let printed = tools::run("mlir-cpu-runner", &["-e", "main", "-entry-point-result=i32"], lowered);
        let wrong: usize = printed.trim().parse().expect("main returns a number");
        assert!(wrong == 0, "{} is not {:?}", cases[wrong - 1].what, cases[wrong - 1].expected);
    }
}

fn element(dtype: DType) -> String {
    match dtype {
        DType::Bool => "i1".to_owned(),
        d if d.is_float() => d.short().to_owned(),
        d => format!("i{}", d.bits()),
    }
}

/// A constant, by its bits.
fn constant(number: Literal, dtype: DType) -> String {
    let bits = match (number, dtype) {
        (Literal::Float(v), DType::F32) => u64::from((v as f32).to_bits()),
        (Literal::Float(v), DType::BF16) => u64::from((v as f32).to_bits() >> 16),
        (Literal::Float(v), _) => u64::from(half_bits(v)),
        (other, _) => return format!("arith.constant {other} : {}", element(dtype)).replace("e : i1", "e"),
    };
    format!("arith.constant {bits:#X} : {}", element(dtype))
}

/// The bits of a number that a binary16 holds exactly.
fn half_bits(v: f64) -> u16 {
    let sign = if v.is_sign_negative() { 0x8000 } else { 0 };
    let magnitude = match v.abs() {
        m if m.is_nan() => 0x7E00,
        m if m.is_infinite() => 0x7C00,
        m if m < 0.5_f64.powi(14) => (m * 2.0_f64.powi(24)) as u16,
        m => {
            let exponent = m.log2().floor() as i32;
            let fraction = (m / 2.0_f64.powi(exponent) - 1.0) * 1024.0;
            ((exponent + 15) as u16) << 10 | fraction as u16
        }
    };
    sign | magnitude
}

/// Fills the inputs, calls the kernel, and returns the number of the first case that is wrong, counted from 1.
fn main_function(buffers: &[(DType, MemoryId, MemoryId)], inputs: &[(DType, Literal)], cases: &[Case]) -> String {
    let mut text = String::from("  func.func @main() -> i32 {\n");
    let len = inputs.len().max(cases.len());
    let (mut arguments, mut types) = (Vec::new(), Vec::new());
    for (dtype, ..) in buffers {
        for side in ["in", "out"] {
            let (name, element) = (format!("%{side}_{}", dtype.short()), element(*dtype));
            let (fixed, open) = (format!("memref<{len}x{element}, 1>"), format!("memref<?x{element}, 1>"));
            let _ = writeln!(text, "    {name}_fixed = memref.alloca() : {fixed}");
            let _ = writeln!(text, "    {name} = memref.cast {name}_fixed : {fixed} to {open}");
            arguments.push(name);
            types.push(open);
        }
    }
    for (i, (dtype, number)) in inputs.iter().enumerate() {
        let _ = writeln!(text, "    %at{i} = arith.constant {i} : index");
        let _ = writeln!(text, "    %input{i} = {}", constant(*number, *dtype));
        let array = format!("%in_{}[%at{i}] : memref<?x{}, 1>", dtype.short(), element(*dtype));
        let _ = writeln!(text, "    memref.store %input{i}, {array}");
    }
    let _ = writeln!(text, "    func.call @cases({}) : ({}) -> ()", arguments.join(", "), types.join(", "));
    let _ = writeln!(text, "    %none = arith.constant 0 : i32");
    let mut first = "%none".to_owned();
    for case in cases.iter().rev() {
        let Some(expected) = case.expected else { continue };
        let (i, ty, bits) = (case.place, element(case.dtype), case.dtype.bits());
        let _ = writeln!(text, "    %place{i} = arith.constant {i} : index");
        let array = format!("%out_{}[%place{i}] : memref<?x{ty}, 1>", case.dtype.short());
        let _ = writeln!(text, "    %result{i} = memref.load {array}");
        let _ = writeln!(text, "    %expected{i} = {}", constant(expected, case.dtype));
        for side in ["result", "expected"] {
            let _ = writeln!(text, "    %{side}_bits{i} = arith.bitcast %{side}{i} : {ty} to i{bits}");
        }
        let _ = writeln!(text, "    %wrong{i} = arith.cmpi ne, %result_bits{i}, %expected_bits{i} : i{bits}");
        let _ = writeln!(text, "    %number{i} = arith.constant {} : i32", i + 1);
        let _ = writeln!(text, "    %first{i} = arith.select %wrong{i}, %number{i}, {first} : i32");
        first = format!("%first{i}");
    }
    let _ = writeln!(text, "    return {first} : i32\n  }}");
    text
}

#[test]
fn integers_divide_without_a_trap() {
    use Opcode::{Div, FloorDiv, Rem};
    let mut p = Program::new();
    for (dtype, least) in [(DType::I32, i128::from(i32::MIN)), (DType::I64, i128::from(i64::MIN))] {
        for (code, expected) in [(Div, -3), (FloorDiv, -4), (Rem, 1)] {
            p.integers(code, dtype, &[7, -2], expected);
        }
        for (code, expected) in [(Div, -3), (FloorDiv, -4), (Rem, -1)] {
            p.integers(code, dtype, &[-7, 2], expected);
        }
        for (code, expected) in [(Div, least), (FloorDiv, least), (Rem, 0)] {
            p.integers(code, dtype, &[least, -1], expected);
            p.op(code, dtype, &[Literal::Int(5), Literal::Int(0)], dtype, None);
        }
    }
    for (dtype, most) in [(DType::U32, i128::from(u32::MAX)), (DType::U64, i128::from(u64::MAX))] {
        for (code, expected) in [(Div, most / 2), (FloorDiv, most / 2), (Rem, 1)] {
            p.integers(code, dtype, &[most, 2], expected);
            p.op(code, dtype, &[Literal::Int(5), Literal::Int(0)], dtype, None);
        }
    }
    p.run();
}

#[test]
fn integers_wrap_and_shift() {
    use Opcode::{Abs, Add, Mul, Neg, Not, Shl, Shr, Sub, Xor};
    let mut p = Program::new();
    let least = i128::from(i32::MIN);
    p.integers(Add, DType::I32, &[i128::from(i32::MAX), 1], least);
    p.integers(Sub, DType::U32, &[0, 1], i128::from(u32::MAX));
    p.integers(Mul, DType::U64, &[1 << 63, 2], 0);
    p.integers(Neg, DType::I32, &[least], least);
    p.integers(Not, DType::I64, &[0], -1);
    p.integers(Abs, DType::I32, &[-5], 5);
    p.integers(Abs, DType::U32, &[5], 5);
    p.integers(Xor, DType::I32, &[6, 3], 5);
    p.integers(Shl, DType::I32, &[1, 33], 2);
    p.integers(Shl, DType::I32, &[1, -1], least);
    p.integers(Shl, DType::U64, &[1, 65], 2);
    p.integers(Shr, DType::I32, &[-8, 1], -4);
    p.integers(Shr, DType::I32, &[-8, 33], -4);
    p.integers(Shr, DType::U32, &[1 << 31, 31], 1);
    p.op(Not, DType::Bool, &[Literal::Bool(true)], DType::Bool, Some(Literal::Bool(false)));
    p.run();
}

#[test]
fn comparisons_know_the_sign() {
    use Opcode::{CmpEq, CmpGe, CmpGt, CmpLe, CmpLt, CmpNe, CmpUge, CmpUgt, CmpUle, CmpUlt};
    let mut p = Program::new();
    let big = i128::from(u32::MAX);
    for (code, signed, unsigned) in
        [(CmpLt, true, false), (CmpLe, true, false), (CmpGt, false, true), (CmpGe, false, true)]
    {
        p.compare(code, DType::I32, [-1, 1], signed);
        p.compare(code, DType::U32, [big, 1], unsigned);
        p.compare(code, DType::Bool, [0, 1], signed);
    }
    for (code, expected) in [(CmpUlt, false), (CmpUle, false), (CmpUgt, true), (CmpUge, true)] {
        p.compare(code, DType::I32, [-1, 1], expected);
    }
    p.compare(CmpEq, DType::I64, [5, 5], true);
    p.compare(CmpNe, DType::I64, [5, 5], false);
    let nan = [Literal::Float(f64::NAN); 2];
    for (code, expected) in [(CmpEq, false), (CmpNe, true), (CmpLt, false), (CmpGe, false)] {
        p.op(code, DType::F32, &nan, DType::Bool, Some(Literal::Bool(expected)));
    }
    p.run();
}

#[test]
fn float_functions() {
    let mut p = Program::new();
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    p.floats(Opcode::FloorDiv, &[7.0, -2.0], -4.0);
    p.floats(Opcode::Rem, &[-7.0, 2.0], -1.0);
    p.floats(Opcode::Fmod, &[7.5, -2.0], 1.5);
    p.floats(Opcode::Neg, &[0.0], -0.0);
    p.floats(Opcode::Abs, &[-2.5], 2.5);
    p.floats(Opcode::Round, &[2.5], 3.0);
    p.floats(Opcode::Round, &[-0.25], -0.0);
    p.floats(Opcode::Trunc, &[-2.5], -2.0);
    p.floats(Opcode::Floor, &[-2.5], -3.0);
    p.floats(Opcode::Ceil, &[2.25], 3.0);
    for (x, sign) in [(-3.0, -1.0), (0.5, 1.0), (-0.0, -0.0), (0.0, 0.0), (nan, 0.0), (-infinity, -1.0)] {
        p.floats(Opcode::Sign, &[x], sign);
    }
    for (x, saturated) in [(nan, 0.0), (2.0, 1.0), (-1.0, 0.0), (0.25, 0.25)] {
        p.floats(Opcode::Saturate, &[x], saturated);
    }
    p.floats(Opcode::Fract, &[2.25], 0.25);
    p.floats(Opcode::Fract, &[-2.25], 0.75);
    for (dtype, precision) in [(DType::F32, 24), (DType::F16, 11), (DType::BF16, 8)] {
        let below_one = Literal::Float(1.0 - 0.5_f64.powi(precision));
        p.op(Opcode::Fract, dtype, &[Literal::Float(-(0.5_f64.powi(24)))], dtype, Some(below_one));
    }
    p.floats(Opcode::Fmin, &[nan, 1.0], 1.0);
    p.floats(Opcode::Fmax, &[1.0, nan], 1.0);
    p.floats(Opcode::CopySign, &[3.0, -0.0], -3.0);
    p.floats(Opcode::Step, &[1.0, 0.5], 0.0);
    p.floats(Opcode::Step, &[1.0, 1.0], 1.0);
    p.floats(Opcode::Clamp, &[5.0, 0.0, 1.0], 1.0);
    p.floats(Opcode::Clamp, &[-5.0, 0.0, 1.0], 0.0);
    p.floats(Opcode::Mix, &[2.0, 4.0, 0.5], 3.0);
    p.floats(Opcode::SmoothStep, &[0.0, 2.0, 1.0], 0.5);
    p.floats(Opcode::SmoothStep, &[0.0, 2.0, 0.5], 0.15625);
    p.floats(Opcode::SmoothStep, &[0.0, 2.0, 3.0], 1.0);
    p.floats(Opcode::Fma, &[2.0, 3.0, 4.0], 10.0);
    p.floats(Opcode::Sqrt, &[2.25], 1.5);
    p.floats(Opcode::Pow, &[2.0, 10.0], 1024.0);
    p.floats(Opcode::Atan2, &[0.0, 1.0], 0.0);
    p.run();
}

#[test]
fn float_tests() {
    let mut p = Program::new();
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    for (x, is_nan, is_inf, is_finite, is_normal, sign_bit) in [
        (1.0, false, false, true, true, false),
        (-0.0, false, false, true, false, true),
        (-infinity, false, true, false, false, true),
        (nan, true, false, false, false, false),
    ] {
        p.tests(Opcode::IsNan, x, is_nan);
        p.tests(Opcode::IsInf, x, is_inf);
        p.tests(Opcode::IsFinite, x, is_finite);
        p.tests(Opcode::IsNormal, x, is_normal);
        p.tests(Opcode::SignBit, x, sign_bit);
    }
    for (dtype, denormal) in [(DType::F32, 0.5_f64.powi(127)), (DType::F16, 0.5_f64.powi(15))] {
        p.op(Opcode::IsNormal, dtype, &[Literal::Float(denormal)], DType::Bool, Some(Literal::Bool(false)));
        p.op(Opcode::IsNormal, dtype, &[Literal::Float(denormal * 2.0)], DType::Bool, Some(Literal::Bool(true)));
    }
    p.run();
}

#[test]
fn conversions() {
    use DType::{BF16, Bool, F16, F32, I8, I32, I64, U8, U32, U64};
    let (whole, real) = (Literal::Int, Literal::Float);
    let mut p = Program::new();
    p.cast(U32, whole(4_000_000_000), F32, real(4e9));
    p.cast(I32, whole(-3), F16, real(-3.0));
    p.cast(U64, whole(1 << 63), F32, real(2.0_f64.powi(63)));
    p.cast(I8, whole(-1), U32, whole(i128::from(u32::MAX)));
    p.cast(U8, whole(255), I32, whole(255));
    p.cast(I32, whole(300), U8, whole(44));
    p.cast(I64, whole(-1), I8, whole(-1));
    p.cast(U32, whole(i128::from(u32::MAX)), I32, whole(-1));
    p.cast(F32, real(0.5), Bool, Literal::Bool(true));
    p.cast(F32, real(-0.0), Bool, Literal::Bool(false));
    p.cast(F32, real(f64::NAN), Bool, Literal::Bool(true));
    p.cast(I32, whole(256), Bool, Literal::Bool(true));
    p.cast(Bool, Literal::Bool(true), F32, real(1.0));
    p.cast(Bool, Literal::Bool(true), I32, whole(1));
    p.cast(F16, real(1.5), BF16, real(1.5));
    p.cast(BF16, real(1.5), F16, real(1.5));
    p.cast(F32, real(1.0 + 0.5_f64.powi(8)), BF16, real(1.0));
    p.run();
}

#[test]
fn loops_count_as_written() {
    let mut p = Program::new();
    p.iterations(DType::I32, 0, 10, Some(3), 4);
    p.iterations(DType::I32, -5, 5, Some(1), 10);
    p.iterations(DType::I32, 5, 0, Some(-2), 3);
    p.iterations(DType::I32, 5, 5, Some(1), 0);
    p.iterations(DType::U8, 250, 255, Some(1), 5);
    p.iterations(DType::U32, 0x7FFF_FFFE, 0x8000_0002, Some(1), 4);
    p.iterations(DType::U64, (1 << 63) - 2, (1 << 63) + 2, Some(1), 4);
    p.iterations(DType::U32, 0x7FFF_FFFE, 0x8000_0002, None, 2);
    p.iterations(DType::I64, -4, 3, None, 4);
    p.run();
}

#[test]
fn functions_of_integers() {
    use DType::{I8, I32, I64, U8, U16, U32, U64};
    let mut p = Program::new();
    let (least, most) = (i128::from(i32::MIN), i128::from(i32::MAX));
    p.integers(Opcode::Imin, I32, &[-1, 1], -1);
    p.integers(Opcode::Imin, U32, &[i128::from(u32::MAX), 1], 1);
    p.integers(Opcode::Imax, I64, &[-1, 1], 1);
    p.integers(Opcode::Iclamp, I32, &[9, -4, 4], 4);
    p.integers(Opcode::Iclamp, U8, &[2, 3, 200], 3);
    p.op(Opcode::AbsDiff, I32, &[least, most].map(Literal::Int), U32, Some(Literal::Int(i128::from(u32::MAX))));
    p.integers(Opcode::AbsDiff, U16, &[3, 5], 2);
    p.integers(Opcode::AddSat, U8, &[200, 100], 255);
    p.integers(Opcode::AddSat, U64, &[200, 100], 300);
    p.integers(Opcode::SubSat, U32, &[2, 3], 0);
    p.integers(Opcode::MulHi, I32, &[least, least], 1 << 30);
    p.integers(Opcode::MulHi, U32, &[i128::from(u32::MAX), 2], 1);
    p.integers(Opcode::MulHi, I8, &[-1, 1], -1);
    p.integers(Opcode::Rotate, U8, &[0x81, 1], 3);
    p.integers(Opcode::Rotate, I32, &[1, -1], least);
    p.integers(Opcode::Rotate, U64, &[5, 64], 5);
    p.integers(Opcode::Popcount, I8, &[-1], 8);
    p.integers(Opcode::Clz, U16, &[0], 16);
    p.integers(Opcode::Ctz, U32, &[1 << 20], 20);
    let one = p.input(DType::F32, Literal::Float(1.0));
    let bits = p.sketch.value(Opcode::AsType, &[one, Arg::DType(U32)]);
    p.demand("the bits of 1.0".to_owned(), bits.into(), U32, Some(Literal::Int(0x3f80_0000)));
    p.run();
}

/// `half` overflows where its squares are added up, and `f64` does not. The runner cannot round `f64` to `bfloat`.
#[test]
fn measures_of_vectors() {
    let mut p = Program::new();
    for dtype in [DType::F32, DType::F16] {
        let [x, y] = [3.0, 4.0].map(|v| p.input(dtype, Literal::Float(v * 256.0)));
        let vector = p.sketch.value(Opcode::MakeVec, &[x, y]);
        let [one, two] = [1.0, 2.0].map(|v| p.input(dtype, Literal::Float(v)));
        let other = p.sketch.value(Opcode::MakeVec, &[one, two]);
        for (code, operands, expected) in [
            (Opcode::Length, vec![vector.into()], 1280.0),
            (Opcode::Distance, vec![other.into(), other.into()], 0.0),
            (Opcode::Dot, vec![vector.into(), other.into()], 2816.0),
        ] {
            let value = p.sketch.value(code, &operands);
            p.demand(format!("{code:?} in {dtype}"), value.into(), dtype, Some(Literal::Float(expected)));
        }
    }
    p.run();
}
