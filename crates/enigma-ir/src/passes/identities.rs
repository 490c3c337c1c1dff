//! Operations that give one of their operands back, or a constant whatever the operand is.
//!
//! For floats only what holds for the zeros of both signs, the infinities and NaN: `x * 1` and `x / 1`, and neither
//! `x + 0` nor `x * 0` nor `x - x`.

use crate::kernel::{Attr, Kernel, Op, ValueId};
use crate::table::Opcode;
use crate::types::{DType, Literal};

/// What an operation comes to.
pub(super) enum Simpler {
    /// This value.
    Value(ValueId),
    /// This constant.
    Constant(Literal),
    /// The same operation on this operand.
    Of(ValueId),
}

/// What is simpler than an operation and gives the same.
pub(super) fn simpler(kernel: &Kernel, op: &Op) -> Option<Simpler> {
    match op.code {
        Opcode::Select => selected(kernel, op).map(Simpler::Value),
        Opcode::Cast => converted(kernel, op),
        Opcode::VecExtract => component(kernel, op).map(Simpler::Value),
        Opcode::MakeVec => put_together(kernel, op).map(Simpler::Value),
        Opcode::Not => {
            let inner = kernel.defining_op(op.operands[0]).filter(|inner| inner.code == Opcode::Not)?;
            Some(Simpler::Value(inner.operands[0]))
        }
        _ => of_two(kernel, op),
    }
}

fn selected(kernel: &Kernel, op: &Op) -> Option<ValueId> {
    let [no, yes, condition] = op.operands[..] else { return None };
    match kernel.integer(condition) {
        Some(0) => Some(no),
        Some(_) => Some(yes),
        None => (no == yes).then_some(no),
    }
}

fn component(kernel: &Kernel, op: &Op) -> Option<ValueId> {
    let vector = kernel.defining_op(op.operands[0]).filter(|made| made.code == Opcode::MakeVec)?;
    match op.attrs.first() {
        Some(Attr::Number(lane)) => vector.operands.get(*lane as usize).copied(),
        _ => None,
    }
}

/// The vector whose components are put together again, all and in order.
fn put_together(kernel: &Kernel, op: &Op) -> Option<ValueId> {
    let component = |(n, &value): (usize, &ValueId)| {
        let taken = kernel.defining_op(value).filter(|taken| taken.code == Opcode::VecExtract)?;
        (taken.attrs[..] == [Attr::Number(n as u32)]).then(|| taken.operands[0])
    };
    let mut vectors = op.operands.iter().enumerate().map(component);
    let first = vectors.next()??;
    let whole = kernel.ty(first) == kernel.ty(op.results[0]) && vectors.all(|vector| vector == Some(first));
    whole.then_some(first)
}

/// A cast to the type itself, or of a cast that lost nothing that this one keeps.
fn converted(kernel: &Kernel, op: &Op) -> Option<Simpler> {
    let to = kernel.ty(op.results[0]).dtype()?;
    let through = kernel.ty(op.operands[0]).dtype()?;
    if through == to {
        return Some(Simpler::Value(op.operands[0]));
    }
    let inner = kernel.defining_op(op.operands[0]).filter(|inner| inner.code == Opcode::Cast)?;
    let from = kernel.ty(inner.operands[0]).dtype()?;
    let integers = from.is_integer() && through.is_integer() && to.is_integer();
    let narrows = integers && to.bits() <= through.bits();
    if !narrows && !holds_every(through, from) {
        return None;
    }
    match from == to {
        true => Some(Simpler::Value(inner.operands[0])),
        false => Some(Simpler::Of(inner.operands[0])),
    }
}

/// Whether each number of type `from` is one of type `to`.
fn holds_every(to: DType, from: DType) -> bool {
    match (from.integer_range(), to.integer_range()) {
        (Some((lo, hi)), Some((least, greatest))) => least <= lo && hi <= greatest,
        // All integers that a float has the bits for.
        (Some(_), None) => from.bits() <= significant_bits(to),
        (None, Some(_)) => false,
        (None, None) => from == to || to == DType::F32,
    }
}

const fn significant_bits(float: DType) -> u32 {
    match float {
        DType::F16 => 11,
        DType::BF16 => 8,
        _ => 24,
    }
}

fn of_two(kernel: &Kernel, op: &Op) -> Option<Simpler> {
    let [x, y] = op.operands[..] else { return None };
    let dtype = kernel.ty(x).dtype()?;
    let [a, b] = [x, y].map(|value| splat(kernel, value));
    if dtype.is_float() {
        let is_one = |literal: Option<Literal>| literal.is_some_and(|l| l.rounded(dtype) == Literal::Float(1.0));
        return match op.code {
            Opcode::Mul if is_one(a) => Some(Simpler::Value(y)),
            Opcode::Mul | Opcode::Div if is_one(b) => Some(Simpler::Value(x)),
            _ => None,
        };
    }
    let [a, b] = [a, b].map(|literal| literal.and_then(Literal::as_int));
    let found = of_integers(op.code, dtype, [(x, a), (y, b)])?;
    // A constant of a vector type would have to be made component by component.
    let fits = !matches!(found, Simpler::Constant(_)) || kernel.ty(op.results[0]).scalar().is_some();
    fits.then_some(found)
}

/// The number in every component of a value.
fn splat(kernel: &Kernel, value: ValueId) -> Option<Literal> {
    let op = kernel.defining_op(value)?;
    if op.code != Opcode::MakeVec {
        return kernel.literal(value);
    }
    let first = *op.operands.first()?;
    op.operands.iter().all(|&component| component == first).then(|| kernel.literal(first))?
}

/// Operands are given with the number that each is, where it is known.
fn of_integers(code: Opcode, dtype: DType, [(x, a), (y, b)]: [(ValueId, Option<i128>); 2]) -> Option<Simpler> {
    let zero = match dtype {
        DType::Bool => Literal::Bool(false),
        _ => Literal::Int(0),
    };
    let (none, ones) = (Some(0), Some(dtype.wrap(-1)));
    match code {
        Opcode::Add | Opcode::Or | Opcode::Xor if a == none => Some(Simpler::Value(y)),
        Opcode::Add | Opcode::Sub | Opcode::Or | Opcode::Xor if b == none => Some(Simpler::Value(x)),
        Opcode::Sub | Opcode::Xor if x == y => Some(Simpler::Constant(zero)),
        Opcode::Mul if a == Some(1) => Some(Simpler::Value(y)),
        Opcode::Mul | Opcode::Div | Opcode::FloorDiv if b == Some(1) => Some(Simpler::Value(x)),
        Opcode::Rem if b == Some(1) => Some(Simpler::Constant(zero)),
        Opcode::Mul | Opcode::And if a == none || b == none => Some(Simpler::Constant(zero)),
        Opcode::Shl | Opcode::Shr if b.is_some_and(|count| count.rem_euclid(dtype.bits().into()) == 0) => {
            Some(Simpler::Value(x))
        }
        Opcode::And if a == ones => Some(Simpler::Value(y)),
        Opcode::And if b == ones => Some(Simpler::Value(x)),
        Opcode::And | Opcode::Or if x == y => Some(Simpler::Value(x)),
        Opcode::Or if a == ones => Some(Simpler::Value(x)),
        Opcode::Or if b == ones => Some(Simpler::Value(y)),
        _ => None,
    }
}
