//! Functions of integers and their bits. What LLVM has no instruction for, and AIR no function that is certain to do it, is
//! spelt out.

use enigma_ir::{DType, Op, Opcode, ValueId};

use super::numbers::register_type;
use super::{Effect, Lowering};
use crate::llvm::{BinaryOp, IntPredicate, Value};

impl Lowering<'_, '_> {
    pub fn integer_function(&mut self, op: &Op) {
        if matches!(op.code, Opcode::ExtractBits | Opcode::InsertBits) {
            return self.bit_field(op);
        }
        self.each(op, |this, dtype, x| match op.code {
            Opcode::Imin => this.smaller(dtype, x[0], x[1]),
            Opcode::Imax => this.greater(dtype, x[0], x[1]),
            Opcode::Iclamp => {
                let raised = this.greater(dtype, x[0], x[1]);
                this.smaller(dtype, raised, x[2])
            }
            Opcode::AbsDiff => this.distance(dtype, x[0], x[1]),
            Opcode::AddSat => this.saturated_sum(dtype, x[0], x[1]),
            Opcode::SubSat => this.saturated_difference(dtype, x[0], x[1]),
            Opcode::MulHi => this.upper_half(dtype, x[0], x[1]),
            Opcode::MadSat => this.saturated_multiply_add(dtype, x[0], x[1], x[2]),
            Opcode::Rotate => this.rotation(dtype, x[0], x[1]),
            Opcode::Popcount => this.bits_call("popcount", dtype, &[x[0]]),
            Opcode::Clz => this.bit_count("clz", dtype, x[0]),
            Opcode::Ctz => this.bit_count("ctz", dtype, x[0]),
            _ => this.bits_call("reverse_bits", dtype, &[x[0]]),
        });
    }

    /// An integer of type `dtype`, modulo its width.
    pub fn integer(&mut self, dtype: DType, value: i128) -> Value {
        self.out.int(register_type(dtype), value)
    }

    /// The smallest number of an integer type.
    pub fn smallest(&mut self, dtype: DType) -> Value {
        self.integer(dtype, dtype.integer_range().map_or(0, |(least, _)| least))
    }

    /// The greatest number of an integer type.
    pub fn greatest(&mut self, dtype: DType) -> Value {
        self.integer(dtype, dtype.integer_range().map_or(0, |(_, greatest)| greatest))
    }

    /// Whether `x < y`.
    pub fn is_less(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let predicate = if dtype.is_signed_integer() { IntPredicate::Slt } else { IntPredicate::Ult };
        self.out.compare(predicate, x, y)
    }

    pub fn smaller(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let is_less = self.is_less(dtype, x, y);
        self.out.select(is_less, x, y)
    }

    pub fn greater(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let is_less = self.is_less(dtype, x, y);
        self.out.select(is_less, y, x)
    }

    /// The absolute value; the smallest signed integer stays itself.
    pub fn magnitude(&mut self, dtype: DType, x: Value) -> Value {
        if !dtype.is_signed_integer() {
            return x;
        }
        let is_negative = self.is_negative(dtype, x);
        let negated = self.negation(dtype, x);
        self.out.select(is_negative, negated, x)
    }

    /// Whether the highest bit is set.
    pub fn is_negative(&mut self, dtype: DType, x: Value) -> Value {
        let zero = self.integer(dtype, 0);
        self.out.compare(IntPredicate::Slt, x, zero)
    }

    /// A function of AIR for the bits of one integer.
    fn bits_call(&mut self, name: &str, dtype: DType, x: &[Value]) -> Value {
        self.air(&format!("{name}.i{}", dtype.bits()), Effect::None, register_type(dtype), x)
    }

    /// A function of AIR that counts zeros, of which there may be as many as bits.
    pub fn bit_count(&mut self, name: &str, dtype: DType, x: Value) -> Value {
        let undefined_for_zero = self.out.bool(false);
        self.bits_call(name, dtype, &[x, undefined_for_zero])
    }

    fn distance(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let is_less = self.is_less(dtype, x, y);
        let up = self.out.binary(BinaryOp::Sub, y, x);
        let down = self.out.binary(BinaryOp::Sub, x, y);
        self.out.select(is_less, up, down)
    }

    /// A signed sum overflows where both operands have the sign that it has not.
    fn saturated_sum(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let sum = self.out.binary(BinaryOp::Add, x, y);
        if !dtype.is_signed_integer() {
            let greatest = self.greatest(dtype);
            let overflows = self.is_less(dtype, sum, x);
            return self.out.select(overflows, greatest, sum);
        }
        let [from_x, from_y] = [x, y].map(|operand| self.out.binary(BinaryOp::Xor, sum, operand));
        self.unless_negative(dtype, x, sum, from_x, from_y)
    }

    /// A signed difference overflows where the operands' signs differ, and its own is not the first's.
    fn saturated_difference(&mut self, dtype: DType, x: Value, y: Value) -> Value {
        let difference = self.out.binary(BinaryOp::Sub, x, y);
        if !dtype.is_signed_integer() {
            let zero = self.integer(dtype, 0);
            let overflows = self.is_less(dtype, x, y);
            return self.out.select(overflows, zero, difference);
        }
        let [from_difference, from_y] = [difference, y].map(|other| self.out.binary(BinaryOp::Xor, x, other));
        self.unless_negative(dtype, x, difference, from_difference, from_y)
    }

    /// The result, or where `a & b` is negative the end of the type on the side of x.
    fn unless_negative(&mut self, dtype: DType, x: Value, result: Value, a: Value, b: Value) -> Value {
        let signs = self.out.binary(BinaryOp::And, a, b);
        let overflows = self.is_negative(dtype, signs);
        let end = self.end_towards(dtype, x);
        self.out.select(overflows, end, result)
    }

    /// The smallest number where x is negative, else the greatest.
    pub fn end_towards(&mut self, dtype: DType, x: Value) -> Value {
        let [smallest, greatest] = [self.smallest(dtype), self.greatest(dtype)];
        let is_negative = self.is_negative(dtype, x);
        self.out.select(is_negative, smallest, greatest)
    }

    fn rotation(&mut self, dtype: DType, x: Value, count: Value) -> Value {
        let back = self.negation(dtype, count);
        let high = self.shift(BinaryOp::Shl, dtype, x, count);
        let low = self.shift(BinaryOp::LShr, dtype, x, back);
        self.out.binary(BinaryOp::Or, high, low)
    }

    /// `extract_bits` and `insert_bits`, with what lies beyond the width left out.
    fn bit_field(&mut self, op: &Op) {
        let (values, counts) = op.operands.split_at(op.operands.len() - 2);
        let dtype = self.element_type(values[0]);
        let width = self.integer(dtype, dtype.bits().into());
        let offset = self.bounded(counts[0], dtype);
        let bits = self.bounded(counts[1], dtype);
        let room = self.out.binary(BinaryOp::Sub, width, offset);
        let is_more = self.out.compare(IntPredicate::Ult, room, bits);
        let bits = self.out.select(is_more, room, bits);
        let field = Field { dtype, offset, bits, room };
        self.each(op, |this, _, x| match op.code {
            Opcode::ExtractBits => this.extracted(&field, x[0]),
            _ => this.inserted(&field, x[0], x[1]),
        });
    }

    /// An integer of any type as one of type `dtype`, held between 0 and its width.
    fn bounded(&mut self, count: ValueId, dtype: DType) -> Value {
        let from = self.element_type(count);
        let [least, greatest] = [0, dtype.bits().into()].map(|n| self.integer(from, n));
        let count = self.number(count);
        let raised = self.greater(from, count, least);
        let held = self.smaller(from, raised, greatest);
        self.resized(held, from, dtype)
    }

    /// Up to the top, which leaves out what is above, and down again, which repeats the sign.
    fn extracted(&mut self, field: &Field, x: Value) -> Value {
        let &Field { dtype, bits, room, .. } = field;
        let down = if dtype.is_signed_integer() { BinaryOp::AShr } else { BinaryOp::LShr };
        let above = self.out.binary(BinaryOp::Sub, room, bits);
        let rest = self.rest(field);
        let raised = self.shift(BinaryOp::Shl, dtype, x, above);
        let lowered = self.shift(down, dtype, raised, rest);
        self.unless_empty(field, lowered)
    }

    fn inserted(&mut self, field: &Field, base: Value, insert: Value) -> Value {
        let &Field { dtype, offset, .. } = field;
        let ones = self.integer(dtype, -1);
        let rest = self.rest(field);
        let lowest = self.shift(BinaryOp::LShr, dtype, ones, rest);
        let mask = self.shift(BinaryOp::Shl, dtype, lowest, offset);
        let mask = self.unless_empty(field, mask);
        let raised = self.shift(BinaryOp::Shl, dtype, insert, offset);
        let out = &mut self.out;
        let others = out.binary(BinaryOp::Xor, mask, ones);
        let kept = out.binary(BinaryOp::And, base, others);
        let put = out.binary(BinaryOp::And, raised, mask);
        out.binary(BinaryOp::Or, kept, put)
    }

    /// How many bits are not in the field.
    fn rest(&mut self, field: &Field) -> Value {
        let width = self.integer(field.dtype, field.dtype.bits().into());
        self.out.binary(BinaryOp::Sub, width, field.bits)
    }

    /// 0 for a field of no bits, for which a shift by the width was due.
    fn unless_empty(&mut self, field: &Field, value: Value) -> Value {
        let zero = self.integer(field.dtype, 0);
        let is_empty = self.out.compare(IntPredicate::Eq, field.bits, zero);
        self.out.select(is_empty, zero, value)
    }
}

/// Some consecutive bits of an integer.
struct Field {
    dtype: DType,
    /// Of the first, from 0 to the width.
    offset: Value,
    /// How many, from 0 to `room`.
    bits: Value,
    /// How many there are from the first on.
    room: Value,
}
