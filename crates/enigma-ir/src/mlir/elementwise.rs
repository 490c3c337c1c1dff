//! Arithmetic, comparisons and float functions, on scalars and component by component on vectors.
//!
//! Most are one MLIR operation; the rest are spelt out in a few.

use super::Writer;
use super::operation::{Outcome, zero};
use super::types::{constant, value_type};
use crate::kernel::{Op, ValueId};
use crate::table::Opcode;
use crate::types::{DType, Literal, Type};

/// The MLIR operation that does all that an operation of ours does, for floats, signed and unsigned integers
/// (`bool` among the latter). A comparison's name ends with a comma, which sets its predicate off.
fn mnemonic(code: Opcode, dtype: DType) -> Option<&'static str> {
    const NONE: &str = "";
    let float = |name| [name, NONE, NONE];
    let [for_float, signed, unsigned] = match code {
        Opcode::Add => ["arith.addf", "arith.addi", "arith.addi"],
        Opcode::Sub => ["arith.subf", "arith.subi", "arith.subi"],
        Opcode::Mul => ["arith.mulf", "arith.muli", "arith.muli"],
        Opcode::Div => float("arith.divf"),
        Opcode::Rem | Opcode::Fmod => float("arith.remf"),
        Opcode::Neg => float("arith.negf"),
        Opcode::And => ["arith.andi"; 3],
        Opcode::Or => ["arith.ori"; 3],
        Opcode::Xor => ["arith.xori"; 3],
        Opcode::CmpEq => ["arith.cmpf oeq,", "arith.cmpi eq,", "arith.cmpi eq,"],
        Opcode::CmpNe => ["arith.cmpf une,", "arith.cmpi ne,", "arith.cmpi ne,"],
        Opcode::CmpLt => ["arith.cmpf olt,", "arith.cmpi slt,", "arith.cmpi ult,"],
        Opcode::CmpLe => ["arith.cmpf ole,", "arith.cmpi sle,", "arith.cmpi ule,"],
        Opcode::CmpGt => ["arith.cmpf ogt,", "arith.cmpi sgt,", "arith.cmpi ugt,"],
        Opcode::CmpGe => ["arith.cmpf oge,", "arith.cmpi sge,", "arith.cmpi uge,"],
        Opcode::CmpUlt => ["arith.cmpi ult,"; 3],
        Opcode::CmpUle => ["arith.cmpi ule,"; 3],
        Opcode::CmpUgt => ["arith.cmpi ugt,"; 3],
        Opcode::CmpUge => ["arith.cmpi uge,"; 3],
        Opcode::Abs => ["math.absf", "math.absi", NONE],
        Opcode::Sqrt => float("math.sqrt"),
        Opcode::Rsqrt => float("math.rsqrt"),
        Opcode::Ceil => float("math.ceil"),
        Opcode::Floor => float("math.floor"),
        Opcode::Round => float("math.round"),
        Opcode::Trunc => float("math.trunc"),
        Opcode::Exp => float("math.exp"),
        Opcode::Exp2 => float("math.exp2"),
        Opcode::Log => float("math.log"),
        Opcode::Log2 => float("math.log2"),
        Opcode::Log10 => float("math.log10"),
        Opcode::Sin => float("math.sin"),
        Opcode::Cos => float("math.cos"),
        Opcode::Tan => float("math.tan"),
        Opcode::Asin => float("math.asin"),
        Opcode::Acos => float("math.acos"),
        Opcode::Atan => float("math.atan"),
        Opcode::Sinh => float("math.sinh"),
        Opcode::Cosh => float("math.cosh"),
        Opcode::Tanh => float("math.tanh"),
        Opcode::IsNan => float("arith.cmpf uno,"),
        Opcode::Fmin => float("arith.minnumf"),
        Opcode::Fmax => float("arith.maxnumf"),
        Opcode::Pow => float("math.powf"),
        Opcode::Atan2 => float("math.atan2"),
        Opcode::CopySign => float("math.copysign"),
        Opcode::Fma => float("math.fma"),
        Opcode::Imin => [NONE, "arith.minsi", "arith.minui"],
        Opcode::Imax => [NONE, "arith.maxsi", "arith.maxui"],
        Opcode::Popcount => ["math.ctpop"; 3],
        Opcode::Clz => ["math.ctlz"; 3],
        Opcode::Ctz => ["math.cttz"; 3],
        _ => return None,
    };
    let name = match dtype {
        d if d.is_float() => for_float,
        d if d.is_signed_integer() => signed,
        _ => unsigned,
    };
    (name != NONE).then_some(name)
}

impl Writer<'_> {
    /// The operation in standard dialects; `None` when they do not have it.
    pub(super) fn elementwise(&mut self, op: &Op) -> Option<Outcome> {
        let ty = self.kernel.ty(*op.operands.first()?);
        let dtype = ty.dtype()?;
        let mut operands = self.values(&op.operands);
        if op.code == Opcode::IsNan {
            operands.push(operands[0].clone());
        }
        if let Some(name) = mnemonic(op.code, dtype) {
            return Some(Outcome::Operation(format!("{name} {} : {}", operands.join(", "), value_type(ty))));
        }
        let expression = Expression { writer: self, ty, dtype };
        let operation = match (op.code, operands.as_slice()) {
            (Opcode::Abs, [x]) => return Some(Outcome::Same(x.clone())),
            (Opcode::Div | Opcode::FloorDiv | Opcode::Rem, [x, y]) => {
                expression.division(op.code, x, y, op.operands[1])
            }
            (Opcode::Shl | Opcode::Shr, [x, count]) => expression.shift(op.code, x, count, op.operands[1]),
            (Opcode::Neg, [x]) => expression.negation(x),
            (Opcode::Not, [x]) => expression.complement(x),
            (Opcode::Select, [otherwise, then, condition]) => {
                let shape = expression.writer.kernel.ty(op.operands[2]);
                expression.select_on(condition, shape, then, otherwise)
            }
            (Opcode::Sign, [x]) => expression.sign(x),
            (Opcode::Saturate, [x]) => expression.saturate(x),
            (Opcode::Fract, [x]) => expression.fract(x),
            (Opcode::IsInf, [x]) => expression.magnitude_against("oeq", x),
            (Opcode::IsFinite, [x]) => expression.magnitude_against("olt", x),
            (Opcode::IsNormal, [x]) => expression.normal(x),
            (Opcode::SignBit, [x]) => expression.sign_bit(x),
            (Opcode::Step, [edge, x]) => expression.step(edge, x),
            (Opcode::Clamp, [x, lo, hi]) => expression.clamp(x, lo, hi),
            (Opcode::Mix, [a, b, t]) => expression.mix(a, b, t),
            (Opcode::SmoothStep, [e0, e1, x]) => expression.smoothstep(e0, e1, x),
            (Opcode::Iclamp, [x, lo, hi]) => expression.integer_clamp(x, lo, hi),
            (Opcode::AbsDiff, [x, y]) => expression.distance(x, y),
            (Opcode::AddSat | Opcode::SubSat, [x, y]) if !dtype.is_signed_integer() => {
                expression.saturated(op.code, x, y)
            }
            (Opcode::MulHi, [x, y]) => return Some(Outcome::Same(expression.upper_half(x, y))),
            (Opcode::Rotate, [x, count]) => expression.rotation(x, count),
            _ => return None,
        };
        Some(Outcome::Operation(operation))
    }
}

/// Writes what takes more than one MLIR operation. Each method writes all but the last, which it returns.
struct Expression<'w, 'k> {
    writer: &'w mut Writer<'k>,
    /// The type of the operands.
    ty: Type,
    dtype: DType,
}

impl Expression<'_, '_> {
    /// An operation on operands of the common type.
    fn op(&self, name: &str, operands: &[&str]) -> String {
        format!("{name} {} : {}", operands.join(", "), value_type(self.ty))
    }

    fn add(&mut self, name: &str, operands: &[&str]) -> String {
        let operation = self.op(name, operands);
        self.writer.add(operation)
    }

    fn number(&mut self, literal: Literal) -> String {
        self.writer.add(constant(literal, self.ty))
    }

    fn float(&mut self, v: f64) -> String {
        self.number(Literal::Float(v))
    }

    fn int(&mut self, v: i128) -> String {
        self.number(Literal::Int(v))
    }

    fn select_on(&self, condition: &str, shape: Type, then: &str, otherwise: &str) -> String {
        let ty = value_type(self.ty);
        match shape {
            Type::Vector(..) => format!("arith.select {condition}, {then}, {otherwise} : {}, {ty}", value_type(shape)),
            _ => format!("arith.select {condition}, {then}, {otherwise} : {ty}"),
        }
    }

    /// As [`select_on`](Self::select_on), with a condition of the operands' shape.
    fn select(&self, condition: &str, then: &str, otherwise: &str) -> String {
        self.select_on(condition, self.ty.with_dtype(DType::Bool), then, otherwise)
    }

    fn add_select(&mut self, condition: &str, then: &str, otherwise: &str) -> String {
        let operation = self.select(condition, then, otherwise);
        self.writer.add(operation)
    }

    /// Division. MLIR leaves a divisor of 0, and the smallest number divided by -1, undefined: any other
    /// divisor stands in for these, and for -1 the quotient is the negated dividend.
    fn division(mut self, code: Opcode, x: &str, y: &str, divisor: ValueId) -> String {
        if self.dtype.is_float() {
            let quotient = self.add("arith.divf", &[x, y]);
            return self.op("math.floor", &[&quotient]);
        }
        let signed = self.dtype.is_signed_integer();
        let name = match (code, signed) {
            (Opcode::Rem, true) => "arith.remsi",
            (Opcode::Rem, false) => "arith.remui",
            (Opcode::FloorDiv, true) => "arith.floordivsi",
            (_, true) => "arith.divsi",
            (_, false) => "arith.divui",
        };
        if self.writer.kernel.integer(divisor).is_some_and(|v| v != 0 && v != -1) {
            return self.op(name, &[x, y]);
        }
        let (zero, one) = (self.int(0), self.int(1));
        let by_zero = self.add("arith.cmpi eq,", &[y, &zero]);
        let nonzero = self.add_select(&by_zero, &one, y);
        if !signed {
            return self.op(name, &[x, &nonzero]);
        }
        let minus_one = self.int(-1);
        let by_minus_one = self.add("arith.cmpi eq,", &[y, &minus_one]);
        let safe = self.add_select(&by_minus_one, &one, &nonzero);
        if code == Opcode::Rem {
            return self.op(name, &[x, &safe]);
        }
        let quotient = self.add(name, &[x, &safe]);
        let negated = self.add("arith.subi", &[&zero, x]);
        self.select(&by_minus_one, &negated, &quotient)
    }

    /// A shift. MLIR makes a count that reaches the width poison: it is masked, unless it is a constant below it.
    fn shift(mut self, code: Opcode, x: &str, count: &str, given: ValueId) -> String {
        let name = match (code, self.dtype.is_signed_integer()) {
            (Opcode::Shl, _) => "arith.shli",
            (_, true) => "arith.shrsi",
            (_, false) => "arith.shrui",
        };
        let width = i128::from(self.dtype.bits());
        if self.writer.kernel.integer(given).is_some_and(|v| (0..width).contains(&v)) {
            return self.op(name, &[x, count]);
        }
        let mask = self.int(width - 1);
        let masked = self.add("arith.andi", &[count, &mask]);
        self.op(name, &[x, &masked])
    }

    /// The name of an operation that knows the sign.
    fn signed(&self, signed: &'static str, unsigned: &'static str) -> &'static str {
        if self.dtype.is_signed_integer() { signed } else { unsigned }
    }

    fn integer_clamp(mut self, x: &str, lo: &str, hi: &str) -> String {
        let raised = self.add(self.signed("arith.maxsi", "arith.maxui"), &[x, lo]);
        self.op(self.signed("arith.minsi", "arith.minui"), &[&raised, hi])
    }

    /// The greater less the smaller, which is right as an unsigned number.
    fn distance(mut self, x: &str, y: &str) -> String {
        let greater = self.add(self.signed("arith.maxsi", "arith.maxui"), &[x, y]);
        let smaller = self.add(self.signed("arith.minsi", "arith.minui"), &[x, y]);
        self.op("arith.subi", &[&greater, &smaller])
    }

    /// The room above x bounds what is added to it, and x what is subtracted from it.
    fn saturated(mut self, code: Opcode, x: &str, y: &str) -> String {
        if code == Opcode::SubSat {
            let part = self.add("arith.minui", &[x, y]);
            return self.op("arith.subi", &[x, &part]);
        }
        let ones = self.int(-1);
        let room = self.add("arith.xori", &[x, &ones]);
        let part = self.add("arith.minui", &[&room, y]);
        self.op("arith.addi", &[x, &part])
    }

    /// The second result of an extended multiplication, which is written here.
    fn upper_half(self, x: &str, y: &str) -> String {
        let operation = self.op(self.signed("arith.mulsi_extended", "arith.mului_extended"), &[x, y]);
        let halves = self.writer.fresh();
        self.writer.line(format_args!("{halves}:2 = {operation}"));
        format!("{halves}#1")
    }

    /// MLIR makes a count that reaches the width poison: both counts are masked.
    fn rotation(mut self, x: &str, count: &str) -> String {
        let (zero, mask) = (self.int(0), self.int(i128::from(self.dtype.bits()) - 1));
        let back = self.add("arith.subi", &[&zero, count]);
        let [left, right] = [count, &back].map(|count| self.add("arith.andi", &[count, &mask]));
        let high = self.add("arith.shli", &[x, &left]);
        let low = self.add("arith.shrui", &[x, &right]);
        self.op("arith.ori", &[&high, &low])
    }

    fn negation(mut self, x: &str) -> String {
        let zero = self.number(zero(self.dtype));
        self.op("arith.subi", &[&zero, x])
    }

    fn complement(mut self, x: &str) -> String {
        let ones = match self.dtype {
            DType::Bool => self.number(Literal::Bool(true)),
            _ => self.int(-1),
        };
        self.op("arith.xori", &[x, &ones])
    }

    /// ±1, the zero itself, or 0 for NaN.
    fn sign(mut self, x: &str) -> String {
        let (zero, one) = (self.float(0.0), self.float(1.0));
        let unit = self.add("math.copysign", &[&one, x]);
        let is_nan = self.add("arith.cmpf uno,", &[x, x]);
        let number = self.add_select(&is_nan, &zero, &unit);
        let is_zero = self.add("arith.cmpf oeq,", &[x, &zero]);
        self.select(&is_zero, x, &number)
    }

    /// `maxnumf` first: it takes NaN to 0.
    fn saturate(mut self, x: &str) -> String {
        let (zero, one) = (self.float(0.0), self.float(1.0));
        self.clamp(x, &zero, &one)
    }

    fn clamp(mut self, x: &str, lo: &str, hi: &str) -> String {
        let raised = self.add("arith.maxnumf", &[x, lo]);
        self.op("arith.minnumf", &[&raised, hi])
    }

    /// `x - floor(x)`, which rounds to 1 for a tiny negative x, so that the greatest number below 1 bounds it.
    fn fract(mut self, x: &str) -> String {
        let precision = match self.dtype {
            DType::F16 => 11,
            DType::BF16 => 8,
            _ => 24,
        };
        let floor = self.add("math.floor", &[x]);
        let rest = self.add("arith.subf", &[x, &floor]);
        let below_one = self.float(1.0 - 0.5_f64.powi(precision));
        self.op("arith.minimumf", &[&rest, &below_one])
    }

    /// `|x|` compared with infinity.
    fn magnitude_against(mut self, predicate: &str, x: &str) -> String {
        let magnitude = self.add("math.absf", &[x]);
        let infinity = self.float(f64::INFINITY);
        self.op(&format!("arith.cmpf {predicate},"), &[&magnitude, &infinity])
    }

    fn normal(mut self, x: &str) -> String {
        let smallest = match self.dtype {
            DType::F16 => 0.5_f64.powi(14),
            _ => f64::from(f32::MIN_POSITIVE),
        };
        let magnitude = self.add("math.absf", &[x]);
        let (smallest, infinity) = (self.float(smallest), self.float(f64::INFINITY));
        let not_small = self.add("arith.cmpf oge,", &[&magnitude, &smallest]);
        let finite = self.add("arith.cmpf olt,", &[&magnitude, &infinity]);
        format!("arith.andi {not_small}, {finite} : {}", value_type(self.ty.with_dtype(DType::Bool)))
    }

    fn sign_bit(self, x: &str) -> String {
        let bits = match self.dtype.bits() {
            16 => DType::I16,
            _ => DType::I32,
        };
        let (float, integer) = (value_type(self.ty), self.ty.with_dtype(bits));
        let pattern = self.writer.add(format_args!("arith.bitcast {x} : {float} to {}", value_type(integer)));
        let zero = self.writer.add(constant(Literal::Int(0), integer));
        format!("arith.cmpi slt, {pattern}, {zero} : {}", value_type(integer))
    }

    fn step(mut self, edge: &str, x: &str) -> String {
        let (zero, one) = (self.float(0.0), self.float(1.0));
        let below = self.add("arith.cmpf olt,", &[x, edge]);
        self.select(&below, &zero, &one)
    }

    fn mix(mut self, a: &str, b: &str, t: &str) -> String {
        let difference = self.add("arith.subf", &[b, a]);
        let part = self.add("arith.mulf", &[&difference, t]);
        self.op("arith.addf", &[a, &part])
    }

    /// `t * t * (3 - 2 * t)` of t, where t is how far x has come from e0 to e1, within 0 and 1.
    fn smoothstep(mut self, e0: &str, e1: &str, x: &str) -> String {
        let [zero, one, two, three] = [0.0, 1.0, 2.0, 3.0].map(|v| self.float(v));
        let done = self.add("arith.subf", &[x, e0]);
        let whole = self.add("arith.subf", &[e1, e0]);
        let ratio = self.add("arith.divf", &[&done, &whole]);
        let raised = self.add("arith.maxnumf", &[&ratio, &zero]);
        let t = self.add("arith.minnumf", &[&raised, &one]);
        let square = self.add("arith.mulf", &[&t, &t]);
        let double = self.add("arith.mulf", &[&two, &t]);
        let slope = self.add("arith.subf", &[&three, &double]);
        self.op("arith.mulf", &[&square, &slope])
    }
}
