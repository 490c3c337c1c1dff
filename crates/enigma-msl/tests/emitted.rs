//! What the emitter writes, kernel by kernel: the snapshots are to read as a person would have written them.

use std::time::{Duration, Instant};

use enigma_ir::passes::optimise;
use enigma_ir::target::{LinearCopy, System, Target};
use enigma_ir::{DType, Opcode};
use enigma_msl::{AsyncLowering, Options, emit};
use enigma_tests::make::{float, int};
use enigma_tests::{Make, kernels};

fn text(build: fn(&mut Make), name: &str, options: Options) -> String {
    let kernel = optimise(&Make::kernel(name, build));
    emit(&kernel, &options).unwrap_or_else(|refused| panic!("{refused}"))
}

fn lowered(async_lowering: AsyncLowering) -> Options {
    Options { async_lowering, ..Options::default() }
}

fn targeted(target: Target) -> Options {
    Options { target, ..Options::default() }
}

macro_rules! snapshots {
    ($($name:ident;)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(text(kernels::$name, stringify!($name), Options::default()));
        }
    )* };
}

snapshots! {
    vector_add;
    tiled_load;
    reverse;
    row_softmax;
    async_gemm;
    edges;
    predicate;
    register_copies;
    branches;
    loops;
    numbers;
    histogram;
    last_group;
    compare_exchange;
    lanes;
    transform;
    bits_and_directions;
    bfloat_square;
    unread;
}

#[test]
fn tiled_load_escaped() {
    insta::assert_snapshot!(text(kernels::tiled_load, "tiled_load", lowered(AsyncLowering::AsmEscaped)));
}

#[test]
fn edges_cooperative() {
    insta::assert_snapshot!(text(kernels::edges, "edges", lowered(AsyncLowering::Cooperative)));
}

#[test]
fn async_gemm_cooperative() {
    insta::assert_snapshot!(text(kernels::async_gemm, "async_gemm", lowered(AsyncLowering::Cooperative)));
}

#[test]
fn tiled_load_linear() {
    let target = Target { linear_copy: LinearCopy::Linear, ..Target::default() };
    insta::assert_snapshot!(text(kernels::tiled_load, "tiled_load", targeted(target)));
}

/// M3 and later: nothing is read back.
#[test]
fn unread_on_family_9() {
    insta::assert_snapshot!(text(kernels::unread, "unread", targeted(Target { gpu_family: 9, ..Target::default() })));
}

#[test]
fn what_was_asked_for_goes_before_the_family() {
    let with = |gpu_family, read_back| {
        text(kernels::unread, "unread", targeted(Target { gpu_family, read_back, ..Target::default() }))
    };
    assert_eq!(with(7, Some(false)), with(9, None));
    assert_eq!(with(9, Some(true)), with(8, None));
}

/// Lanes that copy hang no GPU.
#[test]
fn a_cooperative_copy_is_not_read_back() {
    let text = text(kernels::unread, "unread", lowered(AsyncLowering::Cooperative));
    assert!(!text.contains("volatile"), "{text}");
}

#[test]
fn the_first_line_names_the_language() {
    let first_line = |build: fn(&mut Make), system| {
        let text = text(build, "kernel", targeted(Target { system, ..Target::default() }));
        text.lines().next().unwrap_or_default().to_owned()
    };
    let languages = System::ALL.map(|system| first_line(kernels::edges, system));
    assert_eq!(languages, ["3.0", "3.1", "3.2", "4.0"].map(|version| format!("// language: metal{version}")));
}

#[test]
fn bfloat_square_on_macos14() {
    let target = Target { system: System::MacOs14, ..Target::default() };
    insta::assert_snapshot!(text(kernels::bfloat_square, "bfloat_square", targeted(target)));
}

/// A value under one name is one variable, however often it is assigned to, in the kernel's body or in its branches.
#[test]
fn a_name_is_one_variable_however_often_it_is_assigned_to() {
    fn build(k: &mut Make) {
        let a = k.buffer("A", DType::F32);
        let mut x = k.load(a, int(0));
        k.call_it(x, "x");
        for n in 0..8000 {
            let large = k.value(Opcode::CmpGt, &[x.into(), float(f64::from(n))]);
            k.begin_if(large);
            let y = k.load(a, int(n.into()));
            let inside = k.named("x", Opcode::Mul, &[x.into(), y.into()]);
            k.begin_else(&[inside.into()]);
            let results = k.end_if(&[x.into()]);
            k.call_it(results[0], "x");
            let y = k.load(a, int(1));
            x = k.named("x", Opcode::Add, &[results[0].into(), y.into()]);
            k.store(a, int(1), x);
        }
    }
    let began = Instant::now();
    let text = text(build, "assigned", Options::default());
    assert!(!text.contains("x_2"), "{text}");
    // Unoptimised, it takes less than a second, and took 48 when each value was held against all others.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
