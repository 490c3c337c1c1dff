//! Bitcode of modules made by hand and at random, as LLVM 14 reads it.

#[path = "../common/mod.rs"]
mod common;
mod random;
mod tools;

use enigma_air::llvm::{
    Attribute, BinaryOp, Builder, CastOp, FloatPredicate, FunctionId, Global, IntPredicate, Linkage, Literal, Metadata,
    Module, Operation, Shape, Type, Value, space,
};
use enigma_air::{Copies, Options, bitcode};
use enigma_ir::target::{System, Target};
use enigma_ir::{Kernel, Verified};
use enigma_tests::random::{Change, sample};
use enigma_tests::{Make, kernels};
use tools::assert_same;

fn empty() -> Module {
    Module::new("test.metal", "e-p:64:64:64-v96:128:128", "air64_v27-apple-macosx15.0.0".to_owned())
}

/// A module of one function with these parameters.
fn with_function(parameters: impl FnOnce(&mut Module) -> Vec<Type>) -> (Module, FunctionId) {
    let mut module = empty();
    let parameters = parameters(&mut module);
    let function = module.add_function("f", Type::VOID, &parameters, &[]);
    (module, function)
}

#[test]
fn an_empty_module() {
    assert_same(&empty());
}

#[test]
fn every_type() {
    let (mut module, function) = with_function(|module| {
        let types = &mut module.types;
        let mut parameters =
            vec![Type::I1, Type::I8, Type::I16, Type::I32, Type::I64, Type::HALF, Type::BFLOAT, Type::FLOAT];
        let event = types.intern(Shape::Opaque("struct._simdgroup_event_t".to_owned()));
        let odd = types.intern(Shape::Opaque("a name, with \"quotes\" and ä".to_owned()));
        let vector = types.vector(Type::HALF, 3);
        let array = types.array(vector, 1 << 40);
        let event_pointer = types.pointer(event, space::THREAD);
        let members = types.intern(Shape::Struct(vec![Type::I8, array, event_pointer]));
        let nothing = types.intern(Shape::Struct(Vec::new()));
        let callback = types.function(Type::VOID, &[vector, Type::I32]);
        for to in [event, odd, vector, array, members, nothing, callback] {
            for space in [space::THREAD, space::DEVICE, space::CONSTANT, space::THREADGROUP] {
                let pointer = types.pointer(to, space);
                parameters.push(pointer);
            }
        }
        parameters
    });
    Builder::new(&mut module, function).ret(None);
    assert_same(&module);
}

/// A reader may be older than a type, so what nothing has is not mentioned: `bfloat`, for one.
#[test]
fn types_that_nothing_has_are_left_out() {
    let (mut module, function) = with_function(|_| vec![Type::I64]);
    Builder::new(&mut module, function).ret(None);
    let without = bitcode::write(&module);
    let unused = module.types.vector(Type::BFLOAT, 4);
    assert_eq!(bitcode::write(&module), without);
    module.add_function("g", unused, &[], &[]);
    assert_ne!(bitcode::write(&module), without);
    assert_same(&module);
}

#[test]
fn every_constant() {
    let mut module = empty();
    let mut constants = Vec::new();
    for ty in [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64] {
        let values = [0, 1, -1, 5, -5, 31, 32, i128::from(i8::MIN), i128::from(i32::MIN), i128::from(i64::MIN)];
        constants.extend(values.map(|value| module.int(ty, value)));
    }
    let floats = [0.0, -0.0, 1.5, -1e-40, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    constants.extend(floats.map(|value| module.constant(Type::FLOAT, Literal::Float(value.to_bits()))));
    constants.push(module.constant(Type::FLOAT, Literal::Float(0x7FA0_0001)));
    for ty in [Type::HALF, Type::BFLOAT] {
        constants.extend([0, 0x8000, 0x3C00, 0x7C00, 0x7E01].map(|bits| module.constant(ty, Literal::Float(bits))));
    }
    let pointer = module.types.pointer(Type::FLOAT, space::DEVICE);
    let pair = module.types.vector(Type::I32, 2);
    let pairs = module.types.array(pair, 2);
    let mixed = module.types.intern(Shape::Struct(vec![pairs, Type::HALF, pointer]));
    for ty in [Type::I32, Type::FLOAT, pointer, pair, pairs, mixed] {
        constants.push(module.constant(ty, Literal::Null));
        constants.push(module.constant(ty, Literal::Undef));
    }
    let numbers = [7, -7].map(|value| module.int(Type::I32, value));
    let vector = module.constant(pair, Literal::Aggregate(numbers.to_vec()));
    let undefined = module.constant(pair, Literal::Undef);
    let array = module.constant(pairs, Literal::Aggregate(vec![vector, undefined]));
    let half = module.constant(Type::HALF, Literal::Float(0x3C00));
    let null = module.constant(pointer, Literal::Null);
    constants.extend([vector, array, module.constant(mixed, Literal::Aggregate(vec![array, half, null]))]);

    for (n, &value) in constants.iter().enumerate() {
        let ty = module.type_of_global(value);
        let address = module.types.pointer(ty, space::CONSTANT);
        module.add_global(Global { constant: true, ..variable(&format!("c{n}"), address, Some(value)) });
    }
    assert_same(&module);
}

fn variable(name: &str, address: Type, initial: Option<Value>) -> Global {
    Global {
        name: name.to_owned(),
        address,
        linkage: Linkage::External,
        initial,
        align: 4,
        constant: false,
        externally_initialized: false,
        section: String::new(),
    }
}

/// As function constants need them: a variable that is set from without, one that a function sets before the kernel runs, and
/// the list of such functions.
#[test]
fn every_kind_of_variable() {
    let mut module = empty();
    let constant = module.types.pointer(Type::I32, space::CONSTANT);
    let undefined = module.constant(Type::I32, Literal::Undef);
    let outside = module.add_global(Global {
        linkage: Linkage::Internal,
        constant: true,
        externally_initialized: true,
        section: "air.fc_initializer".to_owned(),
        ..variable("_Z5width.MTL_FC_INIT_0_j", constant, Some(undefined))
    });
    let copy = module.add_global(Global { linkage: Linkage::Internal, ..variable("width", constant, Some(undefined)) });

    let set = module.add_function("set", Type::VOID, &[], &[]);
    module.functions[set.index()].linkage = Linkage::Internal;
    module.functions[set.index()].section = "air.static_init".to_owned();
    let mut body = Builder::new(&mut module, set);
    let value = body.load(outside, 4);
    body.store(value, copy, 4);
    body.ret(None);

    let bytes = module.types.pointer(Type::I8, space::THREAD);
    let callback = module.function(set).address;
    let entry = module.types.intern(Shape::Struct(vec![Type::I32, callback, bytes]));
    let list = module.types.array(entry, 1);
    let list_address = module.types.pointer(list, space::THREAD);
    let priority = module.int(Type::I32, 65535);
    let null = module.constant(bytes, Literal::Null);
    let first = module.constant(entry, Literal::Aggregate(vec![priority, Value::Function(set), null]));
    let all = module.constant(list, Literal::Aggregate(vec![first]));
    module.add_global(Global {
        linkage: Linkage::Appending,
        align: 8,
        ..variable("llvm.global_ctors", list_address, Some(all))
    });

    let tile = module.types.array(Type::FLOAT, 1024);
    let threadgroup = module.types.pointer(tile, space::THREADGROUP);
    let anything = module.constant(tile, Literal::Undef);
    module.add_global(Global {
        linkage: Linkage::Internal,
        align: 256,
        ..variable("tile 1", threadgroup, Some(anything))
    });
    module.add_global(Global { section: "air.fc_initializer".to_owned(), ..variable("elsewhere", constant, None) });
    let member = module.metadatum(Metadata::Value(outside));
    let node = module.node(&[member]);
    module.named_metadata.push(("air.function_constants".to_owned(), vec![node]));
    assert_same(&module);
}

#[test]
fn every_attribute() {
    let attributes = [
        Attribute::Convergent,
        Attribute::NoUnwind,
        Attribute::ReadNone,
        Attribute::Text("no-builtins", ""),
        Attribute::Text("frame-pointer", "all"),
    ];
    let mut module = empty();
    let pointer = module.types.pointer(Type::I8, space::DEVICE);
    for (n, &attribute) in attributes.iter().enumerate() {
        module.add_function(&format!("one{n}"), Type::VOID, &[], &[attribute]);
        module.add_function(&format!("same{n}"), Type::VOID, &[], &[attribute]);
    }
    let all = [Attribute::NoUnwind, Attribute::Convergent, attributes[3], attributes[4], Attribute::ReadNone];
    let many = module.add_function("many", Type::I32, &[pointer, Type::I32, pointer], &all);
    let parameters = &mut module.functions[many.index()].parameters;
    parameters[0].attributes = vec![Attribute::NoCapture, Attribute::ReadNone];
    parameters[2].attributes = vec![Attribute::Text("air-buffer-no-alias", ""), Attribute::NoCapture];
    assert_same(&module);
}

#[test]
fn every_operation() {
    let mut pointers = Vec::new();
    let (mut module, function) = with_function(|module| {
        let vector = module.types.vector(Type::FLOAT, 4);
        let array = module.types.array(Type::I16, 8);
        let to = [Type::I32, array, vector];
        pointers = vec![module.types.pointer(to[0], 1), module.types.pointer(to[1], 3), module.types.pointer(to[2], 2)];
        let mut parameters = vec![Type::I1, Type::I8, Type::I32, Type::I64, Type::HALF, Type::FLOAT, vector];
        parameters.extend(&pointers);
        parameters
    });
    let mut f = Builder::new(&mut module, function);
    let [truth, byte, int, long, half, float, vector, ints, array, vectors] =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(Value::Argument);
    let vector_type = f.type_of(vector);
    let is_float = |op: BinaryOp| op.name().starts_with('f');
    for &op in BinaryOp::ALL {
        for value in if is_float(op) { [half, float, vector] } else { [byte, int, long] } {
            let result = f.binary(op, value, value);
            f.binary(op, value, result);
        }
    }
    let mut truths = Vec::new();
    for &predicate in IntPredicate::ALL {
        truths.extend([byte, long, ints].map(|value| f.compare(predicate, value, value)));
    }
    for &predicate in FloatPredicate::ALL {
        truths.extend([half, float].map(|value| f.compare_floats(predicate, value, value)));
    }
    f.select(truths[0], int, int);
    f.select(truth, vector, vector);
    let device = f.module.types.pointer(Type::I8, space::DEVICE);
    let threads = f.module.types.pointer(Type::I32, space::THREAD);
    for &op in CastOp::ALL {
        let (value, ty) = match op {
            CastOp::Trunc => (long, Type::I8),
            CastOp::ZExt | CastOp::SExt => (byte, Type::I64),
            CastOp::FpToUi | CastOp::FpToSi => (half, Type::I32),
            CastOp::UiToFp | CastOp::SiToFp => (int, Type::HALF),
            CastOp::FpTrunc => (float, Type::HALF),
            CastOp::FpExt => (half, Type::FLOAT),
            CastOp::PtrToInt => (ints, Type::I64),
            CastOp::IntToPtr => (long, device),
            CastOp::BitCast => (ints, device),
            CastOp::AddrSpaceCast => (ints, threads),
        };
        let result = f.cast(op, value, ty);
        f.name(result, "cast");
    }
    for align in [1, 2, 4, 64, 4096, 1 << 29] {
        let slot = f.alloca(vector_type, align);
        f.store(vector, slot, align);
        f.load(slot, align);
        f.load_volatile(slot, align);
    }
    f.offset(ints, long);
    f.offset(vectors, int);
    f.first_element(array);
    let three = f.int(Type::I32, 3);
    f.add(Type::FLOAT, Operation::ExtractElement(vector, int));
    f.add(vector_type, Operation::InsertElement(vector, float, three));
    f.extract(vector, 2);
    f.vector(&[half, half, half]);

    let pair = f.module.types.intern(Shape::Struct(vec![Type::I32, Type::FLOAT]));
    let give = f.module.declare("give", pair, &[Type::I1], &[Attribute::Convergent]);
    let take = f.module.declare("take", Type::VOID, &[Type::FLOAT, vector_type], &[]);
    let given = f.call(give, &[truth]);
    let number = f.add(Type::FLOAT, Operation::ExtractValue(given, 1));
    f.call(take, &[number, vector]);
    f.call(function, &[truth, byte, int, long, half, number, vector, ints, array, vectors]);
    f.ret(None);
    f.finish();
    assert_same(&module);
}

/// A loop whose exit stands before what it uses: so operands of all kinds come later than the instruction.
#[test]
fn operands_that_come_later() {
    let mut module = empty();
    let vector = module.types.vector(Type::I32, 2);
    let pair = module.types.intern(Shape::Struct(vec![Type::I32, Type::FLOAT]));
    let pointer = module.types.pointer(Type::I32, space::DEVICE);
    let parameters = [Type::I32, pointer];
    let function = module.add_function("later", Type::I32, &parameters, &[]);
    module.functions[function.index()].parameters[0].name = "count".to_owned();
    let give = module.declare("give", pair, &[Type::I32], &[]);
    let take = module.declare("take", Type::VOID, &[Type::I32, vector], &[]);

    let mut f = Builder::new(&mut module, function);
    let (exit, header) = (f.add_block("exit"), f.add_block(""));
    let entry = f.block();
    f.branch(header);
    f.go_to(exit);
    f.go_to(header);
    let (zero, one) = (f.int(Type::I32, 0), f.int(Type::I32, 1));
    let index = f.phi(Type::I32, &[(zero, entry)]);
    f.name(index, "index");
    let next = f.binary(BinaryOp::Add, index, one);
    f.add_incoming(index, next, header);
    let done = f.compare(IntPredicate::Eq, next, Value::Argument(0));
    let element = f.offset(Value::Argument(1), next);
    let both = f.vector(&[index, next]);
    let given = f.call(give, &[next]);
    f.branch_if(done, exit, header);

    f.go_to(exit);
    let sum = f.binary(BinaryOp::Sub, next, index);
    f.name(sum, "größe");
    f.compare(IntPredicate::Slt, index, sum);
    f.cast(CastOp::ZExt, next, Type::I64);
    f.select(done, index, next);
    f.select(done, sum, next);
    let loaded = f.load(element, 4);
    f.store(next, element, 4);
    f.store(loaded, Value::Argument(1), 4);
    f.offset(element, next);
    f.offset(Value::Argument(1), next);
    f.add(Type::I32, Operation::ExtractElement(both, index));
    f.add(vector, Operation::InsertElement(both, next, index));
    f.add(Type::I32, Operation::ExtractValue(given, 0));
    f.call(take, &[next, both]);
    let last = f.add_block("last");
    f.branch_if(done, last, last);
    f.go_to(last);
    let from = f.phi(Type::I32, &[(next, exit), (next, exit)]);
    f.ret(Some(from));
    f.finish();
    assert_same(&module);
}

#[test]
fn every_kind_of_metadata() {
    let mut module = empty();
    let function = module.add_function("f", Type::VOID, &[], &[]);
    Builder::new(&mut module, function).ret(None);
    let texts =
        ["", "air.kernel", "with \"quotes\" and \\", "größer", &"long ".repeat(100)].map(|text| module.text(text));
    let number = module.number(u32::MAX);
    let none = module.node(&[]);
    let kernel = module.metadatum(Metadata::Value(Value::Function(function)));
    let inner = module.node(&[texts[1], number, kernel]);
    let outer = module.node(&[inner, none, inner, texts[4], texts[0], texts[2], texts[3]]);
    module.named_metadata.push(("air.kernel".to_owned(), vec![outer, none]));
    module.named_metadata.push(("inner".to_owned(), vec![inner, outer]));
    module.named_metadata.push(("empty".to_owned(), Vec::new()));
    let late = module.text("comes after nodes");
    let last = module.node(&[late]);
    module.named_metadata.push(("last".to_owned(), vec![last]));
    assert_same(&module);
}

/// Every system's AIR, copies by the hardware and by the lanes.
fn options() -> Vec<Options> {
    let systems = System::ALL.map(|system| Target { system, ..Target::default() });
    let both = |target| [Copies::Hardware, Copies::Cooperative].map(|copies| Options { copies, target });
    systems.map(both).concat()
}

/// The module of a kernel; of one that needs more than a system has, the module for the next that has it.
fn lowered(kernel: &Verified<Kernel>, options: &Options) -> Module {
    let later = System::ALL.into_iter().filter(|&system| system >= options.target.system);
    let mut modules = later
        .map(|system| enigma_air::module(kernel, &Options { target: Target { system, ..options.target }, ..*options }));
    modules.find_map(Result::ok).expect("macOS 26 has what every kernel needs")
}

#[test]
fn kernels_of_every_feature() {
    for (name, build) in kernels::ALL {
        let kernel = Make::kernel(name, build);
        for options in options() {
            assert_same(&lowered(&kernel, &options));
        }
    }
}

#[test]
fn random_kernels() {
    for (seed, options) in (0..24).zip(options().into_iter().cycle()) {
        let kernel = enigma_ir::verify(sample(seed, Change::None).kernel).expect("random kernels are right");
        assert_same(&lowered(&kernel, &options));
    }
}

#[test]
fn random_modules() {
    for seed in 0..24 {
        assert_same(&random::module(seed));
    }
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    let twice = [0, 1].map(|_| bitcode::write(&random::module(3)));
    assert_eq!(twice[0], twice[1]);
    assert_eq!(twice[0].len() % 4, 0);
}
