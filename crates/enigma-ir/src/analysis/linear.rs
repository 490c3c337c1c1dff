//! Indices as a constant plus multiples of unknown values.
//!
//! Two indices differ by a known number when their forms differ only in the constant. Arithmetic that wraps is
//! followed modulo the width; a form is kept only through operations for which that is exact.

use smallvec::SmallVec;

use super::evaluate::{Evaluator, Thread};
use crate::kernel::{Attr, Kernel, ValueId};
use crate::table::Opcode;
use crate::types::DType;

/// How many operations are looked through for one form.
const FUEL: u32 = 64;

/// `constant + sum of (coefficient x value)`, the values in ascending order and each once.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Linear {
    constant: i128,
    terms: SmallVec<[(ValueId, i128); 2]>,
}

impl Linear {
    /// The form of an integer value. What cannot be looked through is a term of its own.
    pub fn of(kernel: &Kernel, evaluator: &Evaluator<'_>, value: ValueId) -> Linear {
        form(kernel, evaluator, value, &mut { FUEL })
    }

    /// A known number.
    pub fn constant(constant: i128) -> Linear {
        Linear { constant, terms: SmallVec::new() }
    }

    /// The number, when there are no terms.
    pub fn as_constant(&self) -> Option<i128> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// The values that the form depends on.
    pub fn values(&self) -> impl Iterator<Item = ValueId> {
        self.terms.iter().map(|&(value, _)| value)
    }

    /// `self - other`, when it is a known number.
    pub fn difference(&self, other: &Linear) -> Option<i128> {
        (self.terms == other.terms).then_some(self.constant - other.constant)
    }

    /// The form without its constant, and the constant.
    pub fn split(self) -> (Linear, i128) {
        (Linear { constant: 0, terms: self.terms }, self.constant)
    }

    fn term(value: ValueId) -> Linear {
        Linear { constant: 0, terms: SmallVec::from_slice(&[(value, 1)]) }
    }

    /// `self + factor * other`, if no coefficient grows beyond all reason.
    fn plus(mut self, other: &Linear, factor: i128) -> Option<Linear> {
        self.constant = self.constant.checked_add(other.constant.checked_mul(factor)?)?;
        for &(value, coefficient) in &other.terms {
            let added = coefficient.checked_mul(factor)?;
            match self.terms.binary_search_by_key(&value, |&(v, _)| v) {
                Ok(at) => self.terms[at].1 = self.terms[at].1.checked_add(added)?,
                Err(at) => self.terms.insert(at, (value, added)),
            }
        }
        self.terms.retain(|(_, coefficient)| *coefficient != 0);
        Some(self)
    }
}

fn form(kernel: &Kernel, evaluator: &Evaluator<'_>, value: ValueId, fuel: &mut u32) -> Linear {
    if let Some(number) = evaluator.evaluate(value, Thread::Every) {
        return Linear::constant(number);
    }
    looked_through(kernel, evaluator, value, fuel).unwrap_or_else(|| Linear::term(value))
}

fn looked_through(kernel: &Kernel, evaluator: &Evaluator<'_>, value: ValueId, fuel: &mut u32) -> Option<Linear> {
    *fuel = fuel.checked_sub(1)?;
    let op = kernel.defining_op(value)?;
    let dtype = kernel.ty(value).scalar()?;
    if !dtype.is_integer() {
        return None;
    }
    let mut operand = |n: usize| form(kernel, evaluator, op.operands[n], fuel);
    match op.code {
        Opcode::Add => operand(0).plus(&operand(1), 1),
        Opcode::Sub => operand(0).plus(&operand(1), -1),
        Opcode::Mul => {
            let (a, b) = (operand(0), operand(1));
            match (a.as_constant(), b.as_constant()) {
                (_, Some(factor)) => Linear::constant(0).plus(&a, factor),
                (Some(factor), _) => Linear::constant(0).plus(&b, factor),
                _ => None,
            }
        }
        Opcode::Cast => {
            let inner = operand(0);
            let from = kernel.ty(op.operands[0]).scalar()?;
            let Some(Attr::DType(to)) = op.attrs.first() else { return None };
            keeps_form(from, *to, &inner).then_some(inner)
        }
        _ => None,
    }
}

/// A cast between types of one width keeps the form modulo that width. A widening one keeps it only
/// where nothing can have wrapped before: of a plain value.
fn keeps_form(from: DType, to: DType, inner: &Linear) -> bool {
    let plain = inner.constant == 0 && matches!(inner.terms[..], [(_, 1)]);
    from.is_integer() && (from.bits() == to.bits() || (plain && to.bits() > from.bits() && !from.is_signed_integer()))
}
