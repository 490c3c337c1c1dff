//! What an integer is in one given thread, where that can be told.
//!
//! The thread is one of the first simdgroup of the first threadgroup, which every launch has. It is taken to be a
//! whole simdgroup of 32 lanes. Its first lane is at position 0 in every dimension. The position of the other lanes is known
//! only when nothing but `x` tells threads apart: then threads that differ in another dimension would do the same
//! work twice, so there are none.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::arithmetic::compute;
use crate::kernel::{Attr, Dim, Kernel, ValueId};
use crate::table::{Group, Opcode};
use crate::types::{Literal, Type};

/// How many operations one evaluation looks at before it gives up: it bounds both time and depth.
const FUEL: u32 = 256;

/// Which thread is asked for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Thread {
    /// All of them: what depends on the position is unknown.
    Every,
    /// That lane of the first simdgroup of the first threadgroup.
    Lane(u32),
}

/// Evaluates integers and truth values.
#[derive(Debug)]
pub struct Evaluator<'k> {
    kernel: &'k Kernel,
    one_dimensional: bool,
    /// What loop variables are at the moment.
    bindings: HashMap<ValueId, i128>,
}

impl<'k> Evaluator<'k> {
    /// An evaluator that knows nothing of loop variables.
    pub fn new(kernel: &'k Kernel) -> Self {
        let one_dimensional = kernel.ops.iter().all(|op| match op.code {
            Opcode::ThreadPositionInGrid | Opcode::ThreadPositionInThreadgroup => op.attrs[..] == [Attr::Dim(Dim::X)],
            Opcode::ThreadIndexInThreadgroup | Opcode::ThreadIndexInSimdgroup | Opcode::SimdgroupIndexInThreadgroup => {
                false
            }
            _ => true,
        });
        Evaluator { kernel, one_dimensional, bindings: HashMap::new() }
    }

    /// Says what a loop variable is for the time being; `None` forgets it.
    pub fn bind(&mut self, value: ValueId, is: Option<i128>) {
        match is {
            Some(number) => self.bindings.insert(value, number),
            None => self.bindings.remove(&value),
        };
    }

    /// The value in that thread, if it can be told. Truth values are 0 and 1.
    pub fn evaluate(&self, value: ValueId, thread: Thread) -> Option<i128> {
        self.eval(value, thread, &mut { FUEL })
    }

    fn eval(&self, value: ValueId, thread: Thread, fuel: &mut u32) -> Option<i128> {
        *fuel = fuel.checked_sub(1)?;
        if let Some(&bound) = self.bindings.get(&value) {
            return Some(bound);
        }
        let Type::Scalar(dtype) = self.kernel.ty(value) else { return None };
        if dtype.is_float() {
            return None;
        }
        let op = self.kernel.defining_op(value)?;
        match op.code {
            Opcode::Constant => return self.kernel.integer(value),
            _ if op.code.info().group == Group::Position => return self.position(op.code, thread),
            _ if !op.code.info().signature.is_pure() => return None,
            _ => {}
        }
        if op.code == Opcode::Select {
            let cond = self.eval(op.operands[2], thread, fuel)?;
            return self.eval(op.operands[usize::from(cond != 0)], thread, fuel);
        }
        let operand_type = self.kernel.ty(*op.operands.first()?).scalar()?;
        let mut operands: SmallVec<[Literal; 2]> = SmallVec::new();
        for &operand in &op.operands {
            operands.push(Literal::Int(self.eval(operand, thread, fuel)?));
        }
        compute(op.code, operand_type, dtype, &operands)?.as_int()
    }

    fn position(&self, code: Opcode, thread: Thread) -> Option<i128> {
        if code == Opcode::ThreadsPerSimdgroup {
            return Some(32);
        }
        let Thread::Lane(lane) = thread else { return None };
        match code {
            Opcode::ThreadIndexInThreadgroup | Opcode::ThreadIndexInSimdgroup => Some(i128::from(lane)),
            Opcode::ThreadPositionInGrid | Opcode::ThreadPositionInThreadgroup => {
                (lane == 0 || self.one_dimensional).then_some(i128::from(lane))
            }
            Opcode::ThreadgroupPositionInGrid | Opcode::SimdgroupIndexInThreadgroup => Some(0),
            _ => None,
        }
    }
}
