//! Atomic operations, and the fences that their orders ask for.
//!
//! Metal's atomic operations are relaxed; what orders the memory around them is a fence, of one strength. Metal's
//! atomic floats are in device memory only: in threadgroup memory their bits are exchanged.

use enigma_ir::{Attr, DType, MemFlags, MemoryOrder, Op, Opcode, Space, Type};

use crate::body::{Emitter, mem_flags};
use crate::expression::Expression;
use crate::helpers::Helper;

const FLOAT: Type = Type::Scalar(DType::F32);
const BITS: Type = Type::Scalar(DType::U32);

impl<'k> Emitter<'k> {
    /// Whether an atomic operation orders memory between threadgroups.
    pub fn orders_device_memory(&self) -> bool {
        let kernel = self.kernel;
        self.live_operations().iter().any(|op| {
            let in_device = op.memories.iter().any(|&m| kernel.memory(m).space == Space::Device);
            in_device && orders(op).any(|order| order != MemoryOrder::Relaxed)
        })
    }

    pub fn atomic(&mut self, op: &'k Op) {
        if orders(op).any(MemoryOrder::releases) {
            self.fence(op);
        }
        let call = self.atomic_call(op);
        match op.results.first() {
            Some(&result) if self.plan.needs(result) => self.define(result, &call),
            _ => self.out.line(&format!("{};", call.text)),
        }
        if orders(op).any(MemoryOrder::acquires) {
            self.fence(op);
        }
    }

    fn fence(&mut self, op: &Op) {
        let kernel = self.kernel;
        let tiles = kernel.memories().any(|(_, memory)| matches!(memory.space, Space::Threadgroup { .. }));
        let flags = mem_flags(if tiles { MemFlags::DeviceAndThreadgroup } else { MemFlags::Device });
        let scope = match kernel.memory(op.memories[0]).space {
            Space::Threadgroup { .. } => "thread_scope_threadgroup",
            _ => "thread_scope_device",
        };
        self.out.line(&format!("atomic_thread_fence({flags}, memory_order_seq_cst, {scope});"));
    }

    fn atomic_call(&mut self, op: &Op) -> Expression {
        let memory = op.memories[0];
        let (dtype, space) = (self.kernel.memory(memory).dtype, self.kernel.memory(memory).space);
        let as_bits = dtype == DType::F32 && space != Space::Device;
        if as_bits && matches!(op.code, Opcode::AtomicFetchAdd | Opcode::AtomicFetchSub) {
            return self.add_to_float(op);
        }
        let index = self.plain(op.operands[0]);
        let element = self.element(memory, &index);
        let number = if as_bits { BITS } else { Type::Scalar(dtype) };
        // Atomic operations need no coherent buffer, and take no pointer to one.
        let space = self.address_space(memory).trim_start_matches("coherent(device) ");
        let object = format!("({space} atomic_{number}*)&{element}");
        let mut arguments = vec![Expression::primary(object)];
        let values: Vec<Expression> = op.operands[1..].iter().map(|&v| self.value(v)).collect();
        arguments.extend(values.into_iter().map(|value| if as_bits { reinterpreted(BITS, value) } else { value }));
        if op.code == Opcode::AtomicCompareExchangeWeak {
            // What was expected is overwritten where it was not found.
            let expected = self.names.declare("expected");
            self.out.line(&format!("{number} {expected} = {};", arguments[1].text));
            arguments[1] = Expression::primary(format!("&{expected}"));
        }
        arguments.extend(orders(op).map(|_| Expression::primary("memory_order_relaxed")));
        let call = Expression::call(&format!("{}_explicit", op.code.info().name), &arguments);
        let gives_float = as_bits && matches!(op.code, Opcode::AtomicLoad | Opcode::AtomicExchange);
        if gives_float { reinterpreted(FLOAT, call) } else { call }
    }

    fn add_to_float(&mut self, op: &Op) -> Expression {
        self.helpers.need(Helper::AtomicAdd);
        let target = self.pointer(op.memories[0], op.operands[0]);
        let value = self.value(op.operands[1]);
        let value = if op.code == Opcode::AtomicFetchSub { Expression::unary('-', &value) } else { value };
        Expression::call(Helper::AtomicAdd.name(), &[target, value])
    }
}

fn orders(op: &Op) -> impl Iterator<Item = MemoryOrder> {
    op.attrs.iter().filter_map(|attr| match attr {
        Attr::MemoryOrder(order) => Some(*order),
        _ => None,
    })
}

fn reinterpreted(ty: Type, value: Expression) -> Expression {
    Expression::call(&format!("as_type<{ty}>"), &[value])
}
