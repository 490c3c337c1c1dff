//! Atomic operations, and the fences that their orders ask for.
//!
//! AIR's atomic operations are relaxed; what orders the memory around them is a fence. They are of 32-bit integers: floats
//! are exchanged as bits, and added in device memory by a function of its own, in threadgroup memory by a loop.

use enigma_ir::{DType, MemFlags, Op, Opcode, Space};
use smallvec::smallvec;

use super::barriers::Scope;
use super::numbers::suffix;
use super::{Effect, Lowering};
use crate::llvm::{BinaryOp, CastOp, IntPredicate, Type, Value};

/// As AIR numbers the order that orders nothing.
const RELAXED: i128 = 0;

/// Where the object of an atomic operation is.
#[derive(Copy, Clone)]
pub(crate) struct Object {
    /// Its address.
    pub place: Value,
    /// Of the memory that it is in.
    pub scope: Scope,
}

impl Lowering<'_, '_> {
    pub fn atomic(&mut self, op: &Op) {
        let memory = op.memories[0];
        let kernel = self.kernel;
        let scope = match kernel.memory(memory).space {
            Space::Device => Scope::Device,
            _ => Scope::Threadgroup,
        };
        if op.releases() {
            self.fence_around(scope);
        }
        let object = Object { place: self.place(memory, op.operands[0]), scope };
        let values: Vec<Value> = op.operands[1..].iter().map(|&value| self.number(value)).collect();
        let held = match kernel.memory(memory).dtype {
            DType::F32 => self.atomic_of_float(op.code, object, &values),
            dtype => self.atomic_of_integer(op.code, dtype, object, &values),
        };
        if let Some(&result) = op.results.first() {
            self.define(result, smallvec![held]);
        }
        if op.acquires() {
            self.fence_around(scope);
        }
    }

    fn fence_around(&mut self, scope: Scope) {
        let tiles = self.kernel.memories().any(|(_, memory)| matches!(memory.space, Space::Threadgroup { .. }));
        self.fence(if tiles { MemFlags::DeviceAndThreadgroup } else { MemFlags::Device }, scope);
    }

    fn atomic_of_float(&mut self, code: Opcode, object: Object, values: &[Value]) -> Value {
        match (code, object.scope) {
            (Opcode::AtomicFetchAdd, Scope::Device) => return self.atomic_call("add.f32", Type::FLOAT, object, values),
            (Opcode::AtomicFetchSub, Scope::Device) => return self.atomic_call("sub.f32", Type::FLOAT, object, values),
            _ => {}
        }
        let bits = Object { place: self.out.pointer_to(object.place, Type::I32), ..object };
        match code {
            Opcode::AtomicFetchAdd => self.add_in_a_loop(bits, BinaryOp::FAdd, values[0]),
            Opcode::AtomicFetchSub => self.add_in_a_loop(bits, BinaryOp::FSub, values[0]),
            _ => {
                let values: Vec<Value> =
                    values.iter().map(|&value| self.out.cast(CastOp::BitCast, value, Type::I32)).collect();
                let held = self.atomic_of_integer(code, DType::U32, bits, &values);
                match code {
                    Opcode::AtomicLoad | Opcode::AtomicExchange => self.out.cast(CastOp::BitCast, held, Type::FLOAT),
                    _ => held,
                }
            }
        }
    }

    fn atomic_of_integer(&mut self, code: Opcode, dtype: DType, object: Object, values: &[Value]) -> Value {
        let fetch = match code {
            Opcode::AtomicLoad => return self.atomic_call("load.i32", Type::I32, object, values),
            Opcode::AtomicStore => return self.atomic_call("store.i32", Type::VOID, object, values),
            Opcode::AtomicExchange => return self.atomic_call("xchg.i32", Type::I32, object, values),
            Opcode::AtomicCompareExchangeWeak => {
                let held = self.compare_exchange(object, values[0], values[1]);
                return self.out.compare(IntPredicate::Eq, held, values[0]);
            }
            Opcode::AtomicFetchAdd => "add",
            Opcode::AtomicFetchSub => "sub",
            Opcode::AtomicFetchMin => "min",
            Opcode::AtomicFetchMax => "max",
            Opcode::AtomicFetchAnd => "and",
            Opcode::AtomicFetchOr => "or",
            _ => "xor",
        };
        self.atomic_call(&format!("{fetch}.{}", suffix(dtype)), Type::I32, object, values)
    }

    /// What the object held: `desired` was written if that is what was expected.
    fn compare_exchange(&mut self, object: Object, expected: Value, desired: Value) -> Value {
        let bytes = DType::U32.size() as u32;
        let place = self.out.alloca(Type::I32, bytes);
        self.out.name(place, "expected");
        self.out.store(expected, place, bytes);
        // The order where it fails; that where it succeeds follows, as for every function.
        let failure = self.out.int(Type::I32, RELAXED);
        self.atomic_call("cmpxchg.weak.i32", Type::I32, object, &[place, desired, failure])
    }

    /// Exchanges the sum, until no other thread came between.
    fn add_in_a_loop(&mut self, object: Object, operation: BinaryOp, value: Value) -> Value {
        let first = self.atomic_call("load.i32", Type::I32, object, &[]);
        let [head, again, done] = ["exchange", "again", "exchanged"].map(|name| self.out.add_block(name));
        let expected = self.enter_loop(head, &[first]);
        let held = self.out.cast(CastOp::BitCast, expected[0], Type::FLOAT);
        let sum = self.out.binary(operation, held, value);
        let sum = self.out.cast(CastOp::BitCast, sum, Type::I32);
        let found = self.compare_exchange(object, expected[0], sum);
        let exchanged = self.out.compare(IntPredicate::Eq, found, expected[0]);
        self.out.branch_if(exchanged, done, again);
        self.out.go_to(again);
        self.repeat_loop(head, &expected, &[found]);
        self.out.go_to(done);
        held
    }

    /// A function of AIR, told after its own operands of the order, the scope, and that it happens.
    pub fn atomic_call(&mut self, function: &str, result: Type, object: Object, operands: &[Value]) -> Value {
        let memory = if object.scope == Scope::Device { "global" } else { "local" };
        let mut arguments = vec![object.place];
        arguments.extend(operands);
        arguments.extend([RELAXED, object.scope as i128].map(|n| self.out.int(Type::I32, n)));
        arguments.push(self.out.bool(true));
        self.air(&format!("atomic.{memory}.{function}"), Effect::Memory, result, &arguments)
    }
}
