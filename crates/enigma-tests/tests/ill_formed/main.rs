//! Random use of the builder. Whatever it is given, a kernel comes out that the verifier judges; what it accepts, every
//! target takes, and the executor and the checker run to an end or an error.
//!
//! `ENIGMA_RANDOM_KERNELS` says how many kernels are drawn, and `ENIGMA_RANDOM_FIRST` with which seed they begin.

#[path = "../../../enigma-ir/tests/common/tools.rs"]
mod tools;
mod tracer;

use std::panic::{AssertUnwindSafe, catch_unwind};

use enigma_check::{Options, Order, check};
use enigma_cpu::{Argument, Buffer, Launch, Limits, Program};
use enigma_ir::{DType, Kernel, Literal, Verified, mlir, print, verify};
use enigma_msl::{AsyncLowering, emit};
use fastrand::Rng;

/// So many in a run of the test suite.
const KERNELS: u64 = 4_000;
/// Iterations that a loop may take: most that do not end soon do not end.
const STEPS: Limits = Limits { steps: 200 };

#[test]
fn nothing_panics() {
    let variable = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number of kernels"));
    let first = variable("ENIGMA_RANDOM_FIRST").unwrap_or(0);
    let seeds = first..first + variable("ENIGMA_RANDOM_KERNELS").unwrap_or(KERNELS);
    let drawn = seeds.end - seeds.start;
    let mut texts = Vec::new();
    for seed in seeds {
        let judged =
            catch_unwind(AssertUnwindSafe(|| accepted(tracer::kernel(seed)).map(|kernel| target(seed, &kernel))));
        texts.extend(judged.unwrap_or_else(|_| panic!("the kernel of seed {seed}:\n{}", print(&tracer::kernel(seed)))));
    }
    println!("{drawn} kernels, {} accepted", texts.len());
    assert!(texts.len() as u64 * 20 > drawn, "only {} kernels are right: the generator is too wild", texts.len());
    tools::run("mlir-opt", &["--allow-unregistered-dialect", "--split-input-file"], texts.join("\n// -----\n"));
}

/// What the verifier accepts; what it refuses has a place and a text.
fn accepted(kernel: Kernel) -> Option<Verified<Kernel>> {
    assert!(!print(&kernel).is_empty());
    match verify(kernel) {
        Ok(kernel) => Some(kernel),
        Err(errors) => {
            assert!(!errors.items().is_empty());
            assert!(errors.items().iter().all(|d| !d.labels.is_empty()), "an error without a place:\n{errors}");
            assert!(!errors.to_string().is_empty());
            None
        }
    }
}

/// Hands a kernel to every target; gives its MLIR text.
fn target(seed: u64, kernel: &Verified<Kernel>) -> String {
    for async_lowering in AsyncLowering::ALL {
        let options = enigma_msl::Options { async_lowering, ..Default::default() };
        assert!(emit(kernel, &options).is_ok_and(|text| !text.is_empty()));
    }
    let mut random = Rng::with_seed(seed);
    let program = Program::new(kernel);
    let launch = launch(&mut random);
    // Errors are what such kernels end with more often than not.
    let _ = memory(&mut random, |arguments| program.run(&launch, arguments, &STEPS).map(drop));
    let order = [Order::Late, Order::Eager, Order::Reverse, Order::Random(seed)][random.usize(..4)].clone();
    let options = Options { order, limits: STEPS };
    let report = memory(&mut random, |arguments| check(kernel, &program, &launch, arguments, &options));
    assert!(report.is_ok_and(|report| !report.render(enigma_ir::Style::Plain).is_empty()), "the launch is right");
    mlir(kernel)
}

/// A small launch in up to three dimensions, ragged as often as not.
fn launch(random: &mut Rng) -> Launch {
    let threads = [[32, 1, 1], [64, 1, 1], [1, 1, 1], [5, 3, 1], [8, 4, 2], [3, 5, 7]][random.usize(..6)];
    let grid = threads.map(|extent| extent * random.u32(1..3) - random.u32(..extent));
    Launch { grid, threads }
}

/// Arguments for the parameters of every random kernel.
fn memory<R>(random: &mut Rng, act: impl FnOnce(&[Argument<'_>]) -> R) -> R {
    let mut len = || [0, 1, 64, 300][random.usize(..4)];
    let (mut floats, mut more, mut halves) = (vec![1.5f32; len()], vec![0f32; len()], vec![0u16; len()]);
    let (mut ints, mut uints, mut bools) = (vec![7i32; len()], vec![9u32; len()], vec![true; len()]);
    act(&[
        Argument::Buffer(Buffer::write(DType::F32, &mut floats)),
        Argument::Buffer(Buffer::write(DType::F32, &mut more)),
        Argument::Buffer(Buffer::write(DType::F16, &mut halves)),
        Argument::Buffer(Buffer::write(DType::I32, &mut ints)),
        Argument::Buffer(Buffer::write(DType::U32, &mut uints)),
        Argument::Buffer(Buffer::write(DType::Bool, &mut bools)),
        Argument::Scalar(Literal::Int(random.i128(0..70))),
        Argument::Scalar(Literal::Bool(random.bool())),
    ])
}
