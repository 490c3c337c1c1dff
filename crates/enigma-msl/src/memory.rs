//! Loads and stores: under a mask, of vectors, and the names of what they reach.

use enigma_ir::{DType, MemoryId, Op, Space, Type, ValueId};

use crate::body::Emitter;
use crate::expression::{Expression, Precedence, conditional};

/// Components of vectors.
pub(crate) const COMPONENTS: [&str; 4] = ["x", "y", "z", "w"];

impl<'k> Emitter<'k> {
    /// How the text calls a memory.
    pub fn memory_name(&self, memory: MemoryId) -> &str {
        &self.memory_names[memory.index()]
    }

    /// One element of a memory.
    pub fn element(&self, memory: MemoryId, index: &Expression) -> String {
        format!("{}[{}]", self.memory_name(memory), index.text)
    }

    /// A pointer to an element of a memory, as an argument.
    pub fn pointer(&mut self, memory: MemoryId, offset: ValueId) -> Expression {
        let base = Expression::primary(self.memory_name(memory));
        match self.kernel.integer(offset) {
            Some(0) => base,
            _ => {
                let offset = self.plain(offset);
                Expression::binary(&base, "+", &offset)
            }
        }
    }

    /// The address space of a memory, as declarations and casts name it. Ordered atomic operations make what other
    /// threadgroups write visible only in coherent buffers.
    pub fn address_space(&self, memory: MemoryId) -> &'static str {
        match self.kernel.memory(memory).space {
            Space::Device if !self.kernel.writes(memory) => "const device",
            Space::Device if self.orders_device_memory() => "coherent(device) device",
            Space::Device => "device",
            Space::Threadgroup { .. } => "threadgroup",
            Space::Register { .. } => "thread",
        }
    }

    pub fn store(&mut self, op: &Op) {
        let index = self.plain(op.operands[0]);
        let target = self.element(op.memories[0], &index);
        let value = self.plain(op.operands[1]);
        let line = self.assignment(&target, op.operands[1], &value);
        self.out.line(&line);
    }

    /// Where the mask does not hold, the element is not touched.
    pub fn load_if(&mut self, op: &Op) -> Expression {
        let index = self.plain(op.operands[0]);
        let element = Expression::primary(self.element(op.memories[0], &index));
        let mask = self.value(op.operands[1]);
        let default = self.value(op.operands[2]);
        conditional(&mask, &element, &default)
    }

    pub fn store_if(&mut self, op: &Op) {
        let mask = self.condition(op.operands[2]);
        self.out.open(&format!("if ({}) {{", mask.text));
        self.store(op);
        self.out.close("}");
    }

    /// Consecutive elements as a vector: through a packed vector, which is aligned as its components are.
    pub fn vector_load(&mut self, op: &Op, ty: Type) -> Expression {
        let memory = op.memories[0];
        if let Some(packed) = packed_type(ty) {
            let place = self.packed_place(memory, &packed, op.operands[0]);
            return Expression::call(&ty.to_string(), &[place]);
        }
        let elements: Vec<Expression> =
            (0..ty.width()).map(|n| Expression::primary(self.element_after(memory, op.operands[0], n))).collect();
        Expression::call(&ty.to_string(), &elements)
    }

    pub fn vector_store(&mut self, op: &Op) {
        let (memory, index, vector) = (op.memories[0], op.operands[0], op.operands[1]);
        let ty = self.kernel.ty(vector);
        if let Some(packed) = packed_type(ty) {
            let place = self.packed_place(memory, &packed, index);
            let vector = self.value(vector);
            return self.out.line(&format!("{} = {};", place.text, vector.text));
        }
        // The first store may change what index and vector are made of.
        let [index, vector] = [index, vector].map(|value| self.settled(value));
        for (n, component) in COMPONENTS.iter().enumerate().take(ty.width()) {
            let target = self.element_after(memory, index, n);
            let vector = self.value(vector);
            self.out.line(&format!("{target} = {}.{component};", vector.text));
        }
    }

    /// `*(device packed_float4*)(A + i)`.
    fn packed_place(&mut self, memory: MemoryId, packed: &str, index: ValueId) -> Expression {
        let pointer = self.pointer(memory, index).within(Precedence::Unary);
        let text = format!("*({} {packed}*){pointer}", self.address_space(memory));
        Expression { text, precedence: Precedence::Unary }
    }

    /// The element `n` after that at an index.
    fn element_after(&mut self, memory: MemoryId, index: ValueId, n: usize) -> String {
        let index = match (self.kernel.integer(index), n) {
            (Some(first), _) => Expression::number((first + n as i128).to_string()),
            (None, 0) => self.plain(index),
            (None, _) => Expression::binary(&self.plain(index), "+", &Expression::number(n.to_string())),
        };
        self.element(memory, &index)
    }

    /// The value, computed and kept in a variable if it was not yet.
    fn settled(&mut self, value: ValueId) -> ValueId {
        if self.kernel.literal(value).is_none() && self.variables.name_of(value).is_none() {
            let expression = self.value(value);
            self.define(value, &expression);
        }
        value
    }
}

/// The packed form of a vector type, where Metal has one.
fn packed_type(ty: Type) -> Option<String> {
    let has = !matches!(ty.dtype(), None | Some(DType::Bool | DType::U64));
    has.then(|| format!("packed_{ty}"))
}
