//! Arrays, loads and stores.

use std::cmp::Reverse;

use enigma_ir::{DType, MemoryId, Op, Opcode, Space, ValueId};
use smallvec::smallvec;

use super::numbers::memory_type;
use super::{Components, Lowering};
use crate::llvm::{BinaryOp, Global, Linkage, Literal, Shape, Type, Value, space};

/// The one variable that all threadgroup arrays are in. Apple's compiler is reported to give two variables the same place
/// where it sees no access to one of them, and it does not look into copies.
const THREADGROUP_MEMORY: &str = "threadgroup.memory";

/// In bytes: no element and no vector asks for more.
const THREADGROUP_ALIGNMENT: u32 = 16;

impl Lowering<'_, '_> {
    /// Declares the threadgroup arrays: those of the widest elements first, so that nothing is lost between them.
    pub fn threadgroup_arrays(&mut self) {
        let kernel = self.kernel;
        let arrays = kernel.memories().filter_map(|(id, memory)| match memory.space {
            Space::Threadgroup { len } => Some((id, memory, len)),
            _ => None,
        });
        let mut arrays: Vec<_> = arrays.collect();
        arrays.sort_by_key(|(_, memory, _)| Reverse(memory.dtype.size()));
        if arrays.is_empty() {
            return;
        }
        let types = &mut self.out.module.types;
        let members = arrays.iter().map(|(_, memory, len)| types.array(memory_type(memory.dtype), *len)).collect();
        let structure = types.intern(Shape::Struct(members));
        let address = types.pointer(structure, space::THREADGROUP);
        let undefined = self.out.module.constant(structure, Literal::Undef);
        let variable = self.out.module.add_global(Global {
            name: THREADGROUP_MEMORY.to_owned(),
            address,
            linkage: Linkage::Internal,
            initial: Some(undefined),
            align: THREADGROUP_ALIGNMENT,
            constant: false,
            externally_initialized: false,
            section: String::new(),
        });
        for (member, (id, memory, _)) in arrays.into_iter().enumerate() {
            let first = self.out.first_of_member(variable, member);
            self.out.name(first, &memory.name);
            self.memories[id.index()] = Some(first);
        }
    }

    /// The address of a memory's first element.
    pub fn memory(&self, memory: MemoryId) -> Value {
        self.memories[memory.index()]
            .expect("the verifier has seen to it that a register array is filled before its use")
    }

    /// The address of an element.
    pub fn place(&mut self, memory: MemoryId, index: ValueId) -> Value {
        let index = self.widened(index);
        self.element_at(self.memory(memory), index)
    }

    /// The address of an element by its number, from the first one's.
    pub fn element_at(&mut self, first: Value, index: Value) -> Value {
        if self.out.known(index) == Some(0) { first } else { self.out.offset(first, index) }
    }

    fn dtype(&self, memory: MemoryId) -> DType {
        self.kernel.memory(memory).dtype
    }

    /// Reads an element.
    pub fn read(&mut self, memory: MemoryId, index: ValueId) -> Value {
        let index = self.widened(index);
        let stored = self.fetch(memory, index);
        self.loaded(stored, self.dtype(memory))
    }

    fn write(&mut self, memory: MemoryId, index: ValueId, value: Value) {
        let stored = self.stored(value, self.dtype(memory));
        let index = self.widened(index);
        self.put(memory, stored, index);
    }

    /// What memory holds for an element, by its number.
    pub fn fetch(&mut self, memory: MemoryId, index: Value) -> Value {
        if self.coherence.is_shared(memory) {
            return self.shared_load(memory, index);
        }
        let place = self.element_at(self.memory(memory), index);
        self.out.load(place, self.dtype(memory).size() as u32)
    }

    /// Writes what memory is to hold for an element, by its number.
    pub fn put(&mut self, memory: MemoryId, stored: Value, index: Value) {
        if self.coherence.is_shared(memory) {
            return self.shared_store(memory, stored, index);
        }
        let place = self.element_at(self.memory(memory), index);
        self.out.store(stored, place, self.dtype(memory).size() as u32);
    }

    /// A load or a store.
    pub fn access(&mut self, op: &Op) {
        match op.code {
            Opcode::Load => self.load(op),
            Opcode::LoadIf => self.load_if(op),
            Opcode::Store => self.store(op),
            Opcode::StoreIf => self.store_if(op),
            Opcode::VecLoad => self.vector_load(op),
            _ => self.vector_store(op),
        }
    }

    fn load(&mut self, op: &Op) {
        let value = self.read(op.memories[0], op.operands[0]);
        self.define(op.results[0], smallvec![value]);
    }

    fn store(&mut self, op: &Op) {
        let value = self.number(op.operands[1]);
        self.write(op.memories[0], op.operands[0], value);
    }

    /// Where the mask does not hold, the element is not touched.
    fn load_if(&mut self, op: &Op) {
        let [mask, default] = [1, 2].map(|n| self.number(op.operands[n]));
        let result = self.guarded(mask, &[default], |this| smallvec![this.read(op.memories[0], op.operands[0])]);
        self.define(op.results[0], result);
    }

    fn store_if(&mut self, op: &Op) {
        let mask = self.number(op.operands[2]);
        self.guarded(mask, &[], |this| {
            this.store(op);
            Components::new()
        });
    }

    /// Consecutive elements as a vector, which is aligned as its components are.
    fn vector_load(&mut self, op: &Op) {
        let (memory, width) = (op.memories[0], self.kernel.ty(op.results[0]).components() as u32);
        let dtype = self.dtype(memory);
        let stored: Components = match self.coherence.is_shared(memory) {
            true => {
                let numbers = self.consecutive(op.operands[0], width);
                numbers.into_iter().map(|index| self.shared_load(memory, index)).collect()
            }
            false => {
                let place = self.vector_place(memory, op.operands[0], width);
                let vector = self.out.load(place, dtype.size() as u32);
                (0..width).map(|n| self.out.extract(vector, n)).collect()
            }
        };
        let components = stored.into_iter().map(|stored| self.loaded(stored, dtype)).collect();
        self.define(op.results[0], components);
    }

    fn vector_store(&mut self, op: &Op) {
        let memory = op.memories[0];
        let dtype = self.dtype(memory);
        let components = self.components(op.operands[1]).clone();
        let stored: Components = components.into_iter().map(|value| self.stored(value, dtype)).collect();
        if self.coherence.is_shared(memory) {
            let numbers = self.consecutive(op.operands[0], stored.len() as u32);
            return stored.into_iter().zip(numbers).for_each(|(stored, n)| self.shared_store(memory, stored, n));
        }
        let place = self.vector_place(memory, op.operands[0], stored.len() as u32);
        let vector = self.out.vector(&stored);
        self.out.store(vector, place, dtype.size() as u32);
    }

    /// So many numbers from one on.
    fn consecutive(&mut self, first: ValueId, count: u32) -> Components {
        let first = self.widened(first);
        (0..count)
            .map(|n| {
                let n = self.out.int(Type::I64, n.into());
                self.out.binary(BinaryOp::Add, first, n)
            })
            .collect()
    }

    fn vector_place(&mut self, memory: MemoryId, index: ValueId, width: u32) -> Value {
        let element = memory_type(self.dtype(memory));
        let vector = self.out.module.types.vector(element, width);
        let place = self.place(memory, index);
        self.out.pointer_to(place, vector)
    }

    /// A register tensor comes into being: each time the place is reached, every element holds the fill again.
    pub fn register_array(&mut self, op: &Op) {
        let id = op.memories[0];
        let memory = self.kernel.memory(id);
        let (dtype, len) = (memory.dtype, memory.space.length().unwrap_or(1));
        let array = self.out.module.types.array(memory_type(dtype), len);
        let variable = self.out.alloca(array, THREADGROUP_ALIGNMENT);
        self.out.name(variable, &memory.name);
        let first = self.out.first_element(variable);
        self.memories[id.index()] = Some(first);
        let Some(&fill) = op.operands.first() else { return };
        let fill = self.number(fill);
        let stored = self.stored(fill, dtype);
        self.repeat(len, |this, n| {
            let place = this.out.offset(first, n);
            this.out.store(stored, place, dtype.size() as u32);
        });
    }
}
