//! Functions of integers and their bits, where Metal leaves open what the kernel language says.

use enigma_ir::{DType, Literal, Op, Type, ValueId};

use crate::body::Emitter;
use crate::expression::{Expression, convert};
use crate::helpers::Helper;
use crate::literal;

impl Emitter<'_> {
    /// The same bits as another type.
    pub fn reinterpret(&mut self, op: &Op, from: Type, to: Type) -> Expression {
        let x = self.value(op.operands[0]);
        match from == to {
            true => x,
            false => Expression::call(&format!("as_type<{to}>"), &[x]),
        }
    }

    /// Metal's `clamp` leaves open what comes of limits that are the wrong way round.
    pub fn integer_clamp(&mut self, op: &Op) -> Expression {
        let [x, lo, hi] = [0, 1, 2].map(|n| self.value(op.operands[n]));
        let [low, high] = [1, 2].map(|n| self.kernel.integer(self.component_of(op.operands[n])));
        match (low, high) {
            (Some(low), Some(high)) if low <= high => Expression::call("clamp", &[x, lo, hi]),
            _ => Expression::call("min", &[Expression::call("max", &[x, lo]), hi]),
        }
    }

    /// The value that all components of a vector are, where it was made of one; else the value itself.
    fn component_of(&self, value: ValueId) -> ValueId {
        match self.kernel.defining_op(value) {
            Some(op) if op.code == enigma_ir::Opcode::MakeVec && op.operands.iter().all(|v| *v == op.operands[0]) => {
                op.operands[0]
            }
            _ => value,
        }
    }

    /// `rotate`, whose count must be below the width.
    pub fn rotation(&mut self, op: &Op) -> Expression {
        let x = self.value(op.operands[0]);
        let count = match self.constant_count(op.operands[1]) {
            Some((count, dtype)) => literal::typed(count, dtype),
            None => self.masked_count(op.operands[1]),
        };
        Expression::call("rotate", &[x, count])
    }

    /// A constant count modulo the width of its type.
    pub fn constant_count(&self, count: ValueId) -> Option<(Literal, DType)> {
        let dtype = self.kernel.ty(count).scalar()?;
        let constant = self.kernel.integer(count)?;
        Some((Literal::Int(constant.rem_euclid(i128::from(dtype.bits()))), dtype))
    }

    /// A count modulo the width of its type, which is a power of two.
    pub fn masked_count(&mut self, count: ValueId) -> Expression {
        let ty = self.kernel.ty(count);
        let x = self.value(count);
        let Some(dtype) = ty.dtype() else { return x };
        let mask = literal::typed(Literal::Int(i128::from(dtype.bits()) - 1), dtype);
        let mask = if ty.width() > 1 { convert(ty, mask) } else { mask };
        let masked = Expression::binary(&x, "&", &mask);
        // The operator promotes scalars that are narrower than `int`.
        if ty.width() == 1 && dtype.bits() < 32 { convert(ty, masked) } else { masked }
    }

    /// `extract_bits` and `insert_bits`, with what lies beyond the width left out: Metal leaves that case open.
    pub fn bit_field(&mut self, op: &Op, ty: Type, function: &str, helper: Helper) -> Expression {
        let values = op.operands.len() - 2;
        let mut arguments: Vec<Expression> = op.operands[..values].iter().map(|&v| self.value(v)).collect();
        let (offset, bits) = (op.operands[values], op.operands[values + 1]);
        let width = ty.dtype().map_or(32, DType::bits);
        let Some(first) = self.unsigned_constant(offset, width) else {
            self.helpers.need(helper);
            arguments.extend([offset, bits].map(|v| self.clamped(v)));
            arguments.push(Expression::primary(width.to_string()));
            return Expression::call(helper.name(), &arguments);
        };
        let room = width - first;
        arguments.push(Expression::primary(first.to_string()));
        arguments.push(match self.unsigned_constant(bits, room) {
            Some(bits) => Expression::primary(bits.to_string()),
            None => {
                let bits = self.clamped(bits);
                Expression::call("min", &[bits, Expression::primary(format!("{room}u"))])
            }
        });
        Expression::call(function, &arguments)
    }

    /// A constant, held between 0 and `limit`.
    fn unsigned_constant(&self, value: ValueId, limit: u32) -> Option<u32> {
        let constant = self.kernel.integer(value)?;
        Some(constant.clamp(0, i128::from(limit)) as u32)
    }

    /// An integer as a `uint`: a negative one counts as 0, one that is too wide as 64, which is no less than any width.
    fn clamped(&mut self, value: ValueId) -> Expression {
        if let Some(constant) = self.unsigned_constant(value, 64) {
            return Expression::primary(constant.to_string());
        }
        let x = self.value(value);
        let number = |text: &str| Expression::primary(text);
        let held = match self.kernel.ty(value).dtype() {
            Some(DType::U32) => return x,
            Some(DType::U64) => Expression::call("min", &[x, number("64ul")]),
            Some(DType::I64) => Expression::call("clamp", &[x, number("0L"), number("64L")]),
            Some(DType::I32) => Expression::call("max", &[x, number("0")]),
            Some(DType::I8 | DType::I16) => {
                Expression::call("max", &[convert(Type::Scalar(DType::I32), x), number("0")])
            }
            _ => x,
        };
        convert(Type::Scalar(DType::U32), held)
    }
}
