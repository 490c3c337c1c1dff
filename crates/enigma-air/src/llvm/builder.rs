//! Writes the body of a function, an instruction at the end of a block at a time.

use std::collections::HashMap;

use super::function::{
    BinaryOp, Block, BlockId, CastOp, FloatPredicate, Function, FunctionId, Instruction, InstructionId, IntPredicate,
    Operation, Value,
};
use super::types::Type;
use super::{Literal, Module};

/// Bytes of a name that are kept. LLVM cuts names in functions short, at 1024 bytes, and then takes two for one.
const NAME_LENGTH: usize = 200;

/// Writes one function of a module.
pub struct Builder<'m> {
    /// The module.
    pub module: &'m mut Module,
    function: FunctionId,
    block: BlockId,
    /// The place of each block in the text, once it was gone to.
    places: Vec<Option<BlockId>>,
    /// How many have one.
    placed: u32,
    /// What goes to the start of the first block: reservations of memory.
    reserved: Vec<InstructionId>,
    names: HashMap<String, u32>,
}

impl<'m> Builder<'m> {
    /// Begins the body of a function that has none: its first block is called `entry`.
    pub fn new(module: &'m mut Module, function: FunctionId) -> Builder<'m> {
        let mut builder = Builder {
            module,
            function,
            block: BlockId(0),
            places: Vec::new(),
            placed: 0,
            reserved: Vec::new(),
            names: HashMap::new(),
        };
        for n in 0..builder.body().parameters.len() {
            let name = std::mem::take(&mut builder.body().parameters[n].name);
            builder.body().parameters[n].name = builder.free_name(&name);
        }
        let entry = builder.add_block("entry");
        builder.go_to(entry);
        builder
    }

    fn body(&mut self) -> &mut Function {
        &mut self.module.functions[self.function.index()]
    }

    /// A name that nothing else in the function has; none stays none.
    fn free_name(&mut self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        let name = &name[..name.floor_char_boundary(NAME_LENGTH)];
        let mut candidate = name.to_owned();
        while let Some(uses) = self.names.get_mut(&candidate) {
            *uses += 1;
            candidate = format!("{name}.{uses}");
        }
        self.names.insert(candidate.clone(), 0);
        candidate
    }

    /// The type of a value.
    pub fn type_of(&self, value: Value) -> Type {
        self.module.type_of(self.function, value)
    }

    /// A new block. Nothing goes there yet.
    pub fn add_block(&mut self, name: &str) -> BlockId {
        let name = self.free_name(name);
        self.places.push(None);
        let body = self.body();
        body.blocks.push(Block { name, instructions: Vec::new() });
        BlockId(body.blocks.len() as u32 - 1)
    }

    /// The block that instructions are added to.
    pub fn block(&self) -> BlockId {
        self.block
    }

    /// Adds instructions to another block from here on. Blocks stand in the order in which they are first gone to.
    pub fn go_to(&mut self, block: BlockId) {
        self.block = block;
        let place = &mut self.places[block.index()];
        if place.is_none() {
            *place = Some(BlockId(self.placed));
            self.placed += 1;
        }
    }

    /// Ends the function: puts its blocks in order, and leaves out those that were never gone to.
    pub fn finish(mut self) {
        let (places, reserved) = (std::mem::take(&mut self.places), std::mem::take(&mut self.reserved));
        let mut blocks = vec![Block::default(); self.placed as usize];
        let body = self.body();
        body.blocks[0].instructions.splice(0..0, reserved);
        for (block, place) in body.blocks.drain(..).zip(&places) {
            if let Some(place) = place {
                blocks[place.index()] = block;
            }
        }
        body.blocks = blocks;
        let moved = |block: &mut BlockId| *block = places[block.index()].unwrap_or(*block);
        for instruction in &mut body.instructions {
            match &mut instruction.operation {
                Operation::Br(block) => moved(block),
                Operation::CondBr(_, yes, no) => [yes, no].into_iter().for_each(moved),
                Operation::Phi(incoming) => incoming.iter_mut().for_each(|(_, block)| moved(block)),
                _ => {}
            }
        }
    }

    /// Adds an instruction and gives its result.
    pub fn add(&mut self, ty: Type, operation: Operation) -> Value {
        let block = self.block;
        let body = self.body();
        let id = InstructionId(body.instructions.len() as u32);
        body.instructions.push(Instruction { ty, name: String::new(), operation });
        body.blocks[block.index()].instructions.push(id);
        Value::Local(id)
    }

    /// Gives the result of an instruction a name, if it has none.
    pub fn name(&mut self, value: Value, name: &str) {
        let Value::Local(id) = value else { return };
        if self.body().instructions[id.index()].name.is_empty() {
            self.body().instructions[id.index()].name = self.free_name(name);
        }
    }

    /// An integer, taken modulo the width of its type.
    pub fn int(&mut self, ty: Type, value: i128) -> Value {
        self.module.int(ty, value)
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> Value {
        self.module.int(Type::I1, value.into())
    }

    /// A `float`.
    pub fn float(&mut self, value: f32) -> Value {
        self.module.constant(Type::FLOAT, Literal::Float(value.to_bits()))
    }

    /// All zero.
    pub fn null(&mut self, ty: Type) -> Value {
        self.module.constant(ty, Literal::Null)
    }

    /// The integer that a constant is.
    pub fn known(&self, value: Value) -> Option<u64> {
        let Value::Constant(n) = value else { return None };
        match self.module.constants()[n as usize].literal {
            Literal::Int(number) => Some(number),
            _ => None,
        }
    }

    /// Computes a number from two of one type.
    pub fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        self.add(self.type_of(a), Operation::Binary(op, a, b))
    }

    /// Changes a float's sign: by a difference, since the reader of macOS 13 knows no `fneg`.
    pub fn negate(&mut self, a: Value) -> Value {
        let ty = self.type_of(a);
        let minus_zero = if ty == Type::HALF { 1 << 15 } else { 1 << 31 };
        let minus_zero = self.module.constant(ty, Literal::Float(minus_zero));
        self.binary(BinaryOp::FSub, minus_zero, a)
    }

    /// Compares two integers or pointers.
    pub fn compare(&mut self, predicate: IntPredicate, a: Value, b: Value) -> Value {
        self.add(Type::I1, Operation::ICmp(predicate, a, b))
    }

    /// Compares two floats.
    pub fn compare_floats(&mut self, predicate: FloatPredicate, a: Value, b: Value) -> Value {
        self.add(Type::I1, Operation::FCmp(predicate, a, b))
    }

    /// `yes` where the condition holds, else `no`.
    pub fn select(&mut self, condition: Value, yes: Value, no: Value) -> Value {
        self.add(self.type_of(yes), Operation::Select(condition, yes, no))
    }

    /// Converts to `ty`; a value of that type stays as it is.
    pub fn cast(&mut self, op: CastOp, value: Value, ty: Type) -> Value {
        if self.type_of(value) == ty {
            return value;
        }
        self.add(ty, Operation::Cast(op, value))
    }

    /// A value that depends on where the block was come from. Where that is known later, see
    /// [`add_incoming`](Self::add_incoming).
    pub fn phi(&mut self, ty: Type, incoming: &[(Value, BlockId)]) -> Value {
        self.add(ty, Operation::Phi(incoming.to_vec()))
    }

    /// Adds a way to come to a phi.
    pub fn add_incoming(&mut self, phi: Value, value: Value, block: BlockId) {
        let Value::Local(id) = phi else { return };
        if let Operation::Phi(incoming) = &mut self.body().instructions[id.index()].operation {
            incoming.push((value, block));
        }
    }

    /// Reserves a thread's own memory for an object, once a call of the function: the instruction goes to the first block.
    pub fn alloca(&mut self, of: Type, align: u32) -> Value {
        let ty = self.module.types.pointer(of, super::space::THREAD);
        let body = self.body();
        let id = InstructionId(body.instructions.len() as u32);
        body.instructions.push(Instruction { ty, name: String::new(), operation: Operation::Alloca { of, align } });
        self.reserved.push(id);
        Value::Local(id)
    }

    /// Reads what a pointer points to; `align` in bytes.
    pub fn load(&mut self, pointer: Value, align: u32) -> Value {
        let ty = self.pointee(pointer);
        self.add(ty, Operation::Load { pointer, align, volatile: false })
    }

    /// Reads what a pointer points to, even if nothing needs it.
    pub fn load_volatile(&mut self, pointer: Value, align: u32) -> Value {
        let ty = self.pointee(pointer);
        self.add(ty, Operation::Load { pointer, align, volatile: true })
    }

    /// Writes what a pointer points to; `align` in bytes.
    pub fn store(&mut self, value: Value, pointer: Value, align: u32) {
        self.add(Type::VOID, Operation::Store { value, pointer, align });
    }

    /// The address of object `index` of those that start where a pointer points.
    pub fn offset(&mut self, pointer: Value, index: Value) -> Value {
        let of = self.pointee(pointer);
        self.add(self.type_of(pointer), Operation::GetElementPtr { of, pointer, indices: vec![index] })
    }

    /// The address of the first element of the array that a pointer points to.
    pub fn first_element(&mut self, pointer: Value) -> Value {
        let of = self.pointee(pointer);
        let element = self.module.types.element(of).unwrap_or(of);
        let zero = self.int(Type::I32, 0);
        self.address(pointer, vec![zero, zero], element)
    }

    /// The address of the first element of an array that is member `member` of the structure that a pointer points to.
    pub fn first_of_member(&mut self, pointer: Value, member: usize) -> Value {
        let of = self.pointee(pointer);
        let array = self.module.types.member(of, member).unwrap_or(of);
        let element = self.module.types.element(array).unwrap_or(array);
        let [zero, member] = [0, member as i128].map(|n| self.int(Type::I32, n));
        self.address(pointer, vec![zero, member, zero], element)
    }

    /// The address of what the indices lead to, an object of type `to`.
    fn address(&mut self, pointer: Value, indices: Vec<Value>, to: Type) -> Value {
        let of = self.pointee(pointer);
        let space = self.space(pointer);
        let ty = self.module.types.pointer(to, space);
        self.add(ty, Operation::GetElementPtr { of, pointer, indices })
    }

    /// The pointer as one to something else, in the same address space.
    pub fn pointer_to(&mut self, pointer: Value, to: Type) -> Value {
        let space = self.space(pointer);
        let ty = self.module.types.pointer(to, space);
        self.cast(CastOp::BitCast, pointer, ty)
    }

    /// The address space of a pointer.
    pub fn space(&self, pointer: Value) -> u32 {
        match self.module.types.shape(self.type_of(pointer)) {
            super::Shape::Pointer { space, .. } => *space,
            _ => super::space::THREAD,
        }
    }

    /// What a pointer points to.
    pub fn pointee(&self, pointer: Value) -> Type {
        let ty = self.type_of(pointer);
        self.module.types.pointee(ty).unwrap_or(ty)
    }

    /// An element of a vector.
    pub fn extract(&mut self, vector: Value, element: u32) -> Value {
        let of = self.type_of(vector);
        let ty = self.module.types.element(of).unwrap_or(of);
        let element = self.int(Type::I32, element.into());
        self.add(ty, Operation::ExtractElement(vector, element))
    }

    /// The vector of some values of one type; there is at least one.
    pub fn vector(&mut self, elements: &[Value]) -> Value {
        let element = self.type_of(elements[0]);
        let ty = self.module.types.vector(element, elements.len() as u32);
        if elements.iter().all(|element| matches!(element, Value::Constant(_))) {
            return self.module.constant(ty, Literal::Aggregate(elements.to_vec()));
        }
        let mut vector = self.module.constant(ty, Literal::Undef);
        for (n, &element) in elements.iter().enumerate() {
            let n = self.int(Type::I32, n as i128);
            vector = self.add(ty, Operation::InsertElement(vector, element, n));
        }
        vector
    }

    /// Calls a function.
    pub fn call(&mut self, function: FunctionId, arguments: &[Value]) -> Value {
        let ty = self.module.function(function).ty;
        let result = self.module.types.result(ty).unwrap_or(Type::VOID);
        self.add(result, Operation::Call(function, arguments.to_vec()))
    }

    /// Goes on at a block.
    pub fn branch(&mut self, block: BlockId) {
        self.add(Type::VOID, Operation::Br(block));
    }

    /// Goes on at `yes` where the condition holds, else at `no`.
    pub fn branch_if(&mut self, condition: Value, yes: BlockId, no: BlockId) {
        self.add(Type::VOID, Operation::CondBr(condition, yes, no));
    }

    /// Returns.
    pub fn ret(&mut self, value: Option<Value>) {
        self.add(Type::VOID, Operation::Ret(value));
    }
}
