//! Functions of floats.

use enigma_ir::{DType, Op, Opcode};
use smallvec::SmallVec;

use super::numbers::{register_type, suffix};
use super::{Components, Effect, Lowering};
use crate::llvm::{BinaryOp, CastOp, FloatPredicate, IntPredicate, Type, Value};

/// AIR's name of a function that takes and gives floats of one type.
fn function(code: Opcode) -> Option<&'static str> {
    let name = match code {
        Opcode::Sqrt => "sqrt",
        Opcode::Rsqrt => "rsqrt",
        Opcode::Abs => "fabs",
        Opcode::Ceil => "ceil",
        Opcode::Floor => "floor",
        Opcode::Round => "round",
        Opcode::Trunc => "trunc",
        Opcode::Exp => "exp",
        Opcode::Exp2 => "exp2",
        Opcode::Log => "log",
        Opcode::Log2 => "log2",
        Opcode::Log10 => "log10",
        Opcode::Sin => "sin",
        Opcode::Cos => "cos",
        Opcode::Tan => "tan",
        Opcode::Asin => "asin",
        Opcode::Acos => "acos",
        Opcode::Atan => "atan",
        Opcode::Sinh => "sinh",
        Opcode::Cosh => "cosh",
        Opcode::Tanh => "tanh",
        Opcode::Fmin => "fmin",
        Opcode::Fmax => "fmax",
        Opcode::Pow => "pow",
        Opcode::Fmod => "fmod",
        Opcode::Atan2 => "atan2",
        Opcode::Fma => "fma",
        _ => return None,
    };
    Some(name)
}

/// The bits of a float in a register, as an integer of its width.
struct Layout {
    integer: Type,
    sign: i128,
    infinity: i128,
    /// The smallest number that is not denormal.
    normal: i128,
}

impl Layout {
    fn of(dtype: DType) -> Layout {
        match dtype {
            DType::F16 => Layout { integer: Type::I16, sign: 0x8000, infinity: 0x7C00, normal: 0x0400 },
            _ => Layout { integer: Type::I32, sign: 0x8000_0000, infinity: 0x7F80_0000, normal: 0x0080_0000 },
        }
    }
}

impl Lowering<'_, '_> {
    pub fn float_function(&mut self, op: &Op) {
        match op.code {
            Opcode::IsNan | Opcode::IsInf | Opcode::IsFinite | Opcode::SignBit | Opcode::IsNormal => {
                self.each(op, |this, dtype, x| this.float_test(op.code, dtype, x[0]));
            }
            Opcode::Mix => self.in_float(op, |this, x| this.mix(x[0], x[1], x[2])),
            Opcode::SmoothStep => self.in_float(op, |this, x| this.smoothstep(x[0], x[1], x[2])),
            _ => self.compute(op, |this, dtype, x| match op.code {
                Opcode::Abs if dtype.is_integer() => this.magnitude(dtype, x[0]),
                Opcode::Fma if dtype == DType::BF16 => this.fma_to_odd(x[0], x[1], x[2]),
                Opcode::Sign => this.sign(dtype, x[0]),
                Opcode::Saturate => {
                    let [zero, one] = [0.0, 1.0].map(|n| this.float(dtype, n));
                    this.clamp(dtype, x[0], zero, one)
                }
                Opcode::Fract => this.fraction(dtype, x[0]),
                Opcode::CopySign => this.copysign(dtype, x[0], x[1]),
                Opcode::Step => this.step(dtype, x[0], x[1]),
                code => match function(code) {
                    Some(name) => this.float_call(name, dtype, x),
                    None => this.clamp(dtype, x[0], x[1], x[2]),
                },
            }),
        }
    }

    /// A float of type `dtype`.
    pub fn float(&mut self, dtype: DType, value: f64) -> Value {
        self.literal(enigma_ir::Literal::Float(value), dtype)
    }

    /// Calls a function that takes and gives floats of one type, `float` for `bfloat`, in its precise form.
    pub fn float_call(&mut self, name: &str, dtype: DType, x: &[Value]) -> Value {
        self.air(&format!("{name}.{}", suffix(dtype)), Effect::None, register_type(dtype), x)
    }

    /// As [`each`](Self::each), computed in `float` from operands as they are, and rounded once.
    fn in_float(&mut self, op: &Op, mut f: impl FnMut(&mut Self, &[Value]) -> Value) {
        self.each(op, |this, dtype, operands| {
            let wide: SmallVec<[Value; 4]> = operands.iter().map(|&x| this.float_of(x, dtype)).collect();
            let result = f(this, &wide);
            this.rounded(result, dtype)
        });
    }

    /// The components of a value as `float`s.
    pub fn floats(&mut self, value: enigma_ir::ValueId) -> Components {
        let dtype = self.element_type(value);
        let components = self.components(value).clone();
        components.into_iter().map(|x| self.float_of(x, dtype)).collect()
    }

    /// By the bits, since a compiler may take it for granted that there are no NaNs.
    fn float_test(&mut self, code: Opcode, dtype: DType, x: Value) -> Value {
        let Layout { integer, sign, infinity, normal } = Layout::of(dtype);
        let out = &mut self.out;
        let [zero, magnitudes, infinity, normal] = [0, sign - 1, infinity, normal].map(|bits| out.int(integer, bits));
        let bits = out.cast(CastOp::BitCast, x, integer);
        if code == Opcode::SignBit {
            return out.compare(IntPredicate::Slt, bits, zero);
        }
        let magnitude = out.binary(BinaryOp::And, bits, magnitudes);
        match code {
            Opcode::IsNan => out.compare(IntPredicate::Ugt, magnitude, infinity),
            Opcode::IsInf => out.compare(IntPredicate::Eq, magnitude, infinity),
            Opcode::IsFinite => out.compare(IntPredicate::Ult, magnitude, infinity),
            _ => {
                let is_large = out.compare(IntPredicate::Uge, magnitude, normal);
                let is_finite = out.compare(IntPredicate::Ult, magnitude, infinity);
                out.binary(BinaryOp::And, is_large, is_finite)
            }
        }
    }

    fn copysign(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let Layout { integer, sign, .. } = Layout::of(dtype);
        let [magnitude, sign] = [(x, sign - 1), (y, sign)].map(|(value, mask)| {
            let bits = self.out.cast(CastOp::BitCast, value, integer);
            let mask = self.out.int(integer, mask);
            self.out.binary(BinaryOp::And, bits, mask)
        });
        let bits = self.out.binary(BinaryOp::Or, magnitude, sign);
        self.out.cast(CastOp::BitCast, bits, register_type(dtype))
    }

    /// 1, -1, the zero itself, or 0 for NaN.
    fn sign(&mut self, dtype: DType, x: Value) -> Value {
        let [zero, one, minus_one] = [0.0, 1.0, -1.0].map(|n| self.float(dtype, n));
        let out = &mut self.out;
        let [is_zero, is_positive, is_negative] = [FloatPredicate::Oeq, FloatPredicate::Ogt, FloatPredicate::Olt]
            .map(|predicate| out.compare_floats(predicate, x, zero));
        let rest = out.select(is_zero, x, zero);
        let negative = out.select(is_negative, minus_one, rest);
        out.select(is_positive, one, negative)
    }

    /// The functions drop NaN, so that what is none remains.
    fn clamp(&mut self, dtype: DType, x: Value, lo: Value, hi: Value) -> Value {
        let raised = self.float_call("fmax", dtype, &[x, lo]);
        self.float_call("fmin", dtype, &[raised, hi])
    }

    /// Of a tiny negative number it rounds to 1: the greatest number below 1 bounds it.
    fn fraction(&mut self, dtype: DType, x: Value) -> Value {
        let digits = match dtype {
            DType::F16 => 11,
            DType::BF16 => 8,
            _ => 24,
        };
        let bound = self.float(dtype, 1.0 - 0.5_f64.powi(digits));
        let floor = self.float_call("floor", dtype, &[x]);
        let fraction = self.out.binary(BinaryOp::FSub, x, floor);
        let exceeds = self.out.compare_floats(FloatPredicate::Ogt, fraction, bound);
        self.out.select(exceeds, bound, fraction)
    }

    fn step(&mut self, dtype: DType, edge: Value, x: Value) -> Value {
        let [zero, one] = [0.0, 1.0].map(|n| self.float(dtype, n));
        let is_less = self.out.compare_floats(FloatPredicate::Olt, x, edge);
        self.out.select(is_less, zero, one)
    }

    /// `a + (b - a) * t`.
    fn mix(&mut self, a: Value, b: Value, t: Value) -> Value {
        let out = &mut self.out;
        let distance = out.binary(BinaryOp::FSub, b, a);
        let part = out.binary(BinaryOp::FMul, distance, t);
        out.binary(BinaryOp::FAdd, a, part)
    }

    /// `t * t * (3 - 2 * t)`, where t is the place of x between the edges.
    fn smoothstep(&mut self, e0: Value, e1: Value, x: Value) -> Value {
        let [zero, one, two, three] = [0.0, 1.0, 2.0, 3.0].map(|n| self.out.float(n));
        let beyond = self.out.binary(BinaryOp::FSub, x, e0);
        let distance = self.out.binary(BinaryOp::FSub, e1, e0);
        let place = self.out.binary(BinaryOp::FDiv, beyond, distance);
        let t = self.clamp(DType::F32, place, zero, one);
        let out = &mut self.out;
        let square = out.binary(BinaryOp::FMul, t, t);
        let twice = out.binary(BinaryOp::FMul, two, t);
        let rest = out.binary(BinaryOp::FSub, three, twice);
        out.binary(BinaryOp::FMul, square, rest)
    }

    /// `a * b + c` of three `bfloat`s, rounded to odd, so that rounding it to `bfloat` gives what rounding once would have
    /// given. The product is exact in `float`, and so is what its sum with c loses.
    fn fma_to_odd(&mut self, a: Value, b: Value, c: Value) -> Value {
        let sum = self.float_call("fma", DType::F32, &[a, b, c]);
        let (zero, [none, one]) = (self.out.float(0.0), [0, 1].map(|n| self.out.int(Type::I32, n)));
        let out = &mut self.out;
        let product = out.binary(BinaryOp::FMul, a, b);
        let grown = out.binary(BinaryOp::FSub, sum, product);
        let kept = out.binary(BinaryOp::FSub, sum, grown);
        let of_product = out.binary(BinaryOp::FSub, product, kept);
        let of_c = out.binary(BinaryOp::FSub, c, grown);
        let lost = out.binary(BinaryOp::FAdd, of_product, of_c);

        let bits = out.cast(CastOp::BitCast, sum, Type::I32);
        let last = out.binary(BinaryOp::And, bits, one);
        let is_even = out.compare(IntPredicate::Eq, last, none);
        let is_inexact = out.compare_floats(FloatPredicate::One, lost, zero);
        let changes = out.binary(BinaryOp::And, is_even, is_inexact);
        let is_negative = out.compare(IntPredicate::Slt, bits, none);
        let lost_below = out.compare_floats(FloatPredicate::Olt, lost, zero);
        let inwards = out.binary(BinaryOp::Xor, is_negative, lost_below);
        let smaller = out.binary(BinaryOp::Sub, bits, one);
        let greater = out.binary(BinaryOp::Add, bits, one);
        let odd = out.select(inwards, smaller, greater);
        let bits = out.select(changes, odd, bits);
        out.cast(CastOp::BitCast, bits, Type::FLOAT)
    }
}
