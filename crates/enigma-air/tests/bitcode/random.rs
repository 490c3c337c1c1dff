//! Random modules that LLVM's verifier takes: loops, branches, calls, blocks that stand before those that lead to them.

use enigma_air::llvm::{
    Attribute, BinaryOp, Builder, CastOp, FloatPredicate, FunctionId, IntPredicate, Literal, Metadata, MetadataId,
    Module, Operation, Type, Value, space,
};
use fastrand::Rng;

/// The module of this seed.
pub fn module(seed: u64) -> Module {
    let mut rng = Rng::with_seed(seed);
    let mut module = super::empty();
    let types = types(&mut module, &mut rng);
    let functions: Vec<FunctionId> = (0..rng.usize(2..7)).map(|n| declare(&mut module, &mut rng, &types, n)).collect();
    for &function in &functions[..functions.len() / 2 + 1] {
        let arguments = module.functions[function.index()].parameters.len() as u32;
        let mut body = Body {
            functions: &functions,
            types: &types,
            scope: (0..arguments).map(Value::Argument).collect(),
            out: Builder::new(&mut module, function),
            rng: &mut rng,
        };
        body.region(3);
        body.leave(function);
    }
    metadata(&mut module, &mut rng, &functions);
    module
}

const INTEGERS: [Type; 5] = [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64];
const FLOATS: [Type; 2] = [Type::HALF, Type::FLOAT];

/// Numbers, vectors, and pointers to both.
fn types(module: &mut Module, rng: &mut Rng) -> Vec<Type> {
    let numbers = [&INTEGERS[..], &FLOATS].concat();
    let mut types = numbers.clone();
    for &number in &numbers {
        if rng.bool() {
            types.push(module.types.vector(number, rng.u32(2..5)));
        }
        if rng.bool() {
            types.push(module.types.pointer(number, rng.u32(space::THREAD..=space::THREADGROUP)));
        }
    }
    types
}

fn name(rng: &mut Rng) -> String {
    let names = ["", "", "x", "index", "a name", "0", "größe", "air.kernel"];
    names[rng.usize(..names.len())].to_owned()
}

fn declare(module: &mut Module, rng: &mut Rng, types: &[Type], n: usize) -> FunctionId {
    let parameters: Vec<Type> = (0..rng.usize(..6)).map(|_| types[rng.usize(..types.len())]).collect();
    let result = if rng.bool() { Type::VOID } else { types[rng.usize(..types.len())] };
    let attributes = [Attribute::Convergent, Attribute::NoUnwind, Attribute::Text("key", "value")];
    let function = module.add_function(&format!("function {n}"), result, &parameters, &attributes[..rng.usize(..4)]);
    for parameter in &mut module.functions[function.index()].parameters {
        parameter.name = name(rng);
    }
    function
}

struct Body<'a> {
    functions: &'a [FunctionId],
    types: &'a [Type],
    /// What may be used in the block that instructions are added to.
    scope: Vec<Value>,
    out: Builder<'a>,
    rng: &'a mut Rng,
}

impl Body<'_> {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// A value of that type: one that there is, or a constant.
    fn value(&mut self, ty: Type) -> Value {
        let fitting: Vec<Value> = self.scope.iter().copied().filter(|&value| self.out.type_of(value) == ty).collect();
        if !fitting.is_empty() && self.rng.u8(..8) > 0 {
            return self.pick(&fitting);
        }
        let module = &mut self.out.module;
        match module.types.bits(ty) {
            Some(_) => module.int(ty, self.rng.i64(..).into()),
            None if ty == Type::FLOAT => module.constant(ty, Literal::Float(self.rng.u32(..))),
            None if ty == Type::HALF => module.constant(ty, Literal::Float(self.rng.u16(..).into())),
            None => module.constant(ty, if self.rng.bool() { Literal::Null } else { Literal::Undef }),
        }
    }

    /// Adds an instruction, whose result may be used from here on.
    fn add(&mut self, ty: Type, operation: Operation) {
        let result = self.out.add(ty, operation);
        if ty != Type::VOID {
            self.out.name(result, &name(self.rng));
            self.scope.push(result);
        }
    }

    fn region(&mut self, depth: u32) {
        for _ in 0..self.rng.u32(2..10) {
            match self.rng.u32(..10) {
                0 if depth > 0 => self.branch(depth - 1),
                1 if depth > 0 => self.cycle(depth - 1),
                _ => self.instruction(),
            }
        }
    }

    /// Two ways that meet again. Where they meet may stand before them.
    fn branch(&mut self, depth: u32) {
        let ty = self.pick(self.types);
        let condition = self.value(Type::I1);
        let [yes, no, join] = ["yes", "no", ""].map(|name| self.out.add_block(name));
        self.out.branch_if(condition, yes, no);
        if self.rng.bool() {
            self.out.go_to(join);
        }
        let outside = self.scope.len();
        let ways = [yes, no].map(|block| {
            self.out.go_to(block);
            self.region(depth);
            let way = (self.value(ty), self.out.block());
            self.out.branch(join);
            self.scope.truncate(outside);
            way
        });
        self.out.go_to(join);
        self.add(ty, Operation::Phi(ways.to_vec()));
    }

    /// A loop. What follows it may stand before it.
    fn cycle(&mut self, depth: u32) {
        let ty = self.pick(self.types);
        let start = (self.value(ty), self.out.block());
        let [header, exit] = ["header", "exit"].map(|name| self.out.add_block(name));
        self.out.branch(header);
        if self.rng.bool() {
            self.out.go_to(exit);
        }
        self.out.go_to(header);
        let phi = self.out.phi(ty, &[start]);
        self.scope.push(phi);
        self.region(depth);
        let (next, again) = (self.value(ty), self.value(Type::I1));
        let latch = self.out.block();
        self.out.add_incoming(phi, next, latch);
        self.out.branch_if(again, header, exit);
        self.out.go_to(exit);
    }

    fn instruction(&mut self) {
        let (integer, float, any) = (self.pick(&INTEGERS), self.pick(&FLOATS), self.pick(self.types));
        match self.rng.u32(..11) {
            0 | 1 => {
                let op = self.pick(BinaryOp::ALL);
                let ty = if op.name().starts_with('f') { float } else { integer };
                let operation = Operation::Binary(op, self.value(ty), self.value(ty));
                self.add(ty, operation);
            }
            2 => {
                let operation = Operation::ICmp(self.pick(IntPredicate::ALL), self.value(integer), self.value(integer));
                self.add(Type::I1, operation);
            }
            3 => {
                let operation = Operation::FCmp(self.pick(FloatPredicate::ALL), self.value(float), self.value(float));
                self.add(Type::I1, operation);
            }
            4 => {
                let operation = Operation::Select(self.value(Type::I1), self.value(any), self.value(any));
                self.add(any, operation);
            }
            5 => {
                let op = self.pick(&[CastOp::FpToSi, CastOp::FpToUi]);
                let operation = Operation::Cast(op, self.value(float));
                self.add(integer, operation);
            }
            6 => {
                let op = self.pick(&[CastOp::SiToFp, CastOp::UiToFp]);
                let operation = Operation::Cast(op, self.value(integer));
                self.add(float, operation);
            }
            7 => {
                let align = 1 << self.rng.u32(..10);
                let slot = self.out.alloca(any, align);
                let value = self.value(any);
                self.out.store(value, slot, align);
                self.scope.push(self.out.load(slot, 1));
            }
            8 => self.access(),
            9 => self.element(),
            _ => self.call(),
        }
    }

    /// Goes some way from a pointer, reads and writes there.
    fn access(&mut self) {
        let pointer = |&ty: &Type| self.out.module.types.pointee(ty).is_some();
        let pointers: Vec<Type> = self.types.iter().copied().filter(pointer).collect();
        if pointers.is_empty() {
            return;
        }
        let ty = self.pick(&pointers);
        let of = self.out.module.types.pointee(ty).expect("a pointer");
        let index = self.pick(&[Type::I32, Type::I64]);
        let operation = Operation::GetElementPtr { of, pointer: self.value(ty), indices: vec![self.value(index)] };
        self.add(ty, operation);
        let pointer = self.value(ty);
        let operation = Operation::Load { pointer, align: 1 << self.rng.u32(..5), volatile: self.rng.bool() };
        self.add(of, operation);
        let (value, pointer) = (self.value(of), self.value(ty));
        self.out.store(value, pointer, 8);
    }

    /// Takes a number out of a vector, and puts one in.
    fn element(&mut self) {
        let vector = |&ty: &Type| self.out.module.types.element(ty).is_some();
        let vectors: Vec<Type> = self.types.iter().copied().filter(vector).collect();
        if vectors.is_empty() {
            return;
        }
        let ty = self.pick(&vectors);
        let of = self.out.module.types.element(ty).expect("a vector");
        let index = self.pick(&[Type::I32, Type::I64]);
        let operation = Operation::ExtractElement(self.value(ty), self.value(index));
        self.add(of, operation);
        let operation = Operation::InsertElement(self.value(ty), self.value(of), self.value(index));
        self.add(ty, operation);
    }

    fn call(&mut self) {
        let function = self.pick(self.functions);
        let ty = self.out.module.function(function).ty;
        let parameters = self.out.module.types.parameters(ty).to_vec();
        let arguments = parameters.into_iter().map(|ty| self.value(ty)).collect();
        let result = self.out.module.types.result(ty).expect("a function");
        self.add(result, Operation::Call(function, arguments));
    }

    fn leave(mut self, function: FunctionId) {
        let ty = self.out.module.function(function).ty;
        let result = self.out.module.types.result(ty).expect("a function");
        let value = (result != Type::VOID).then(|| self.value(result));
        self.out.ret(value);
        self.out.finish();
    }
}

fn metadata(module: &mut Module, rng: &mut Rng, functions: &[FunctionId]) {
    let mut all: Vec<MetadataId> = Vec::new();
    let mut nodes: Vec<MetadataId> = Vec::new();
    for _ in 0..rng.usize(..30) {
        let next = match rng.u32(..4) {
            0 => module.text(&name(rng)),
            1 => module.number(rng.u32(..)),
            2 => module.metadatum(Metadata::Value(Value::Function(functions[rng.usize(..functions.len())]))),
            _ => {
                let members: Vec<MetadataId> = all.iter().copied().filter(|_| rng.u8(..4) == 0).collect();
                let node = module.node(&members);
                nodes.push(node);
                node
            }
        };
        all.push(next);
    }
    for list in ["first", "second"] {
        let members = nodes.iter().copied().filter(|_| rng.bool()).collect();
        module.named_metadata.push((list.to_owned(), members));
    }
}
