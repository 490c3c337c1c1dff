//! A kernel from the builder to its result, through the runtime.

use enigma_ir::target::System;
use enigma_ir::{Arg, Builder, DType, Kernel, Literal, Opcode, Span};
use enigma_runtime::{Argument, Buffer, Choice, Code, Compiled, Constant, Emission, Launch, Limits, Lowering, Runtime};

/// `y[i] = x[i] * a`
fn scale() -> Kernel {
    let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 6 };
    let mut b = Builder::new("scale", "scale.py", Some("scale\n".into()), [1, 1, 1, 6]);
    let (x, y) = (b.buffer_param("x", DType::F32, span), b.buffer_param("y", DType::F32, span));
    let a = b.scalar_param("a", DType::F32, span);
    let i = b.value(Opcode::ThreadPositionInGrid, &[], span);
    let number = b.value(Opcode::Load, &[x.into(), i.into()], span);
    let product = b.value(Opcode::Mul, &[number.into(), a.into()], span);
    b.call(Opcode::Store, &[y.into(), i.into(), product.into()], span);
    b.finish()
}

const LAUNCH: Launch = Launch { grid: [100, 1, 1], threads: [32, 1, 1] };

#[test]
fn runs_on_the_device_that_there_is() {
    let runtime = Runtime::new("auto").unwrap();
    let kernel = Compiled::new(scale()).unwrap();
    let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
    let mut y = vec![0.0f32; 100];
    for factor in [2.0, 3.0] {
        let arguments = [
            Argument::Buffer(Buffer::read(DType::F32, &x)),
            Argument::Buffer(Buffer::write(DType::F32, &mut y)),
            Argument::Scalar(Literal::Float(factor)),
        ];
        let statistics = runtime.dispatch(&kernel, &LAUNCH, &arguments).unwrap();
        assert_eq!(statistics.threadgroups, 4);
        assert!(x.iter().zip(&y).all(|(x, y)| x * factor as f32 == *y));
    }
}

#[test]
fn refuses_bindings_before_anything_runs() {
    let kernel = Compiled::new(scale()).unwrap();
    let y = vec![7.0f32; 100];
    let arguments = [
        Argument::Buffer(Buffer::read(DType::F32, &y)),
        Argument::Buffer(Buffer::read(DType::F32, &y)),
        Argument::Scalar(Literal::Float(1.0)),
    ];
    let refused = Runtime::new("cpu").unwrap().dispatch(&kernel, &LAUNCH, &arguments).unwrap_err();
    assert!(refused.to_string().contains("the kernel writes `y`"), "{refused}");
    assert!(y.iter().all(|&y| y == 7.0));
}

#[test]
fn limits_are_the_runtimes() {
    let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 5 };
    let mut b = Builder::new("spin", "spin.py", Some("spin\n".into()), [1, 1, 1, 5]);
    let n = b.scalar_param("n", DType::I32, span);
    let [lo, step] = [0, 1].map(|v| Arg::Literal(Literal::Int(v)));
    b.begin_for([&lo, &n.into(), &step], DType::I32, &[], span);
    // What does nothing would be dropped.
    b.call(Opcode::SimdBarrier, &[], span);
    b.end_for(&[], span);
    let kernel = Compiled::new(b.finish()).unwrap();
    let runtime = Runtime::new("cpu").unwrap().with_limits(Limits { steps: 10 });
    let run = |n| runtime.dispatch(&kernel, &LAUNCH, &[Argument::Scalar(Literal::Int(n))]);
    assert!(run(10).is_ok());
    assert!(run(11).unwrap_err().to_string().contains("no-progress"));
}

#[test]
fn texts_are_of_the_kernel() {
    let kernel = Compiled::new(scale()).unwrap();
    assert!(kernel.metal_source(&enigma_msl::Options::default()).unwrap().contains("scale"));
    assert!(kernel.mlir_source().contains("scale"));
}

#[test]
fn a_mac_is_given_what_was_asked_for() {
    let emitted = |lowering, system| {
        let emission = Emission { choice: Choice::Fixed(lowering), system: Some(system), ..Emission::default() };
        Compiled::new(scale()).unwrap().emitted(emission)
    };
    let kernel = emitted(Lowering::Cooperative, System::MacOs14);
    let Code::Source { text, language } = kernel.code().unwrap() else { panic!("it is source") };
    assert_eq!(text.lines().next(), Some(format!("// language: metal{language}").as_str()));
    assert_eq!(*language, System::MacOs14.language());
    let kernel = emitted(Lowering::Air, System::MacOs26);
    let Code::Library(bytes) = kernel.code().unwrap() else { panic!("it is a library") };
    assert!(bytes.starts_with(b"MTLB"));
}

#[test]
fn a_gpu_is_given_function_constants_apart() {
    let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
    let mut b = Builder::new("k", "k.py", Some("k".into()), [1, 1, 1, 2]);
    let y = b.buffer_param("y", DType::U32, span);
    let number = [Arg::DType(DType::U32), Arg::Literal(Literal::Int(2))];
    let number = b.value(Opcode::FunctionConstant, &number, span);
    let i = b.value(Opcode::ThreadPositionInGrid, &[], span);
    b.call(Opcode::Store, &[y.into(), i.into(), number.into()], span);
    let kernel = Compiled::new(b.finish()).unwrap();
    let text = |kernel: &Compiled| kernel.generic().0.code().unwrap().clone();
    let with = |value| {
        let constant = Constant { index: 2, dtype: DType::U32, value: Literal::Int(value) };
        let specialised = kernel.specialise(&[constant]).unwrap();
        assert_eq!(specialised.generic().1, [constant]);
        text(&specialised)
    };
    assert_eq!(with(4), with(5), "the compiler is given the same again");
    assert_eq!(with(4), text(&kernel));
    assert!(kernel.generic().1.is_empty());
}

#[test]
fn joined_accesses_are_for_buffers_that_do_not_overlap() {
    let kernel = Compiled::new(scale()).unwrap().widened(4).unwrap();
    let mut memory = [0u8; 800];
    let parts = |starts: [usize; 2]| starts.map(|start| (DType::F32, start, 100)).into_iter();
    for (starts, overlap) in [([0, 400], false), ([0, 396], true), ([0, 0], true)] {
        let lent = enigma_cpu::lend_parts(&mut memory, parts(starts));
        let arguments: Vec<Argument<'_>> = lent.map(Argument::Buffer).collect();
        assert_eq!(kernel.narrowed_for(&arguments).is_some(), overlap, "{starts:?}");
        assert!(Compiled::new(scale()).unwrap().narrowed_for(&arguments).is_none());
    }
}
