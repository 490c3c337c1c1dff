//! What the emitter writes, kernel by kernel: the snapshots are to read as a person would have written them.

use enigma_ir::passes::optimise;
use enigma_msl::{AsyncLowering, Options, emit};
use enigma_tests::{Make, kernels};

fn text(build: fn(&mut Make), name: &str, async_lowering: AsyncLowering) -> String {
    let kernel = optimise(&Make::kernel(name, build));
    emit(&kernel, &Options { async_lowering, ..Options::default() }).expect("macOS 15 has what it needs")
}

macro_rules! snapshots {
    ($($name:ident $lowering:ident;)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(text(kernels::$name, stringify!($name), AsyncLowering::$lowering));
        }
    )* };
}

snapshots! {
    vector_add Asm;
    tiled_load Asm;
    reverse Asm;
    row_softmax Asm;
    async_gemm Asm;
    edges Asm;
    predicate Asm;
    register_copies Asm;
    branches Asm;
    loops Asm;
    numbers Asm;
    histogram Asm;
    last_group Asm;
    compare_exchange Asm;
    lanes Asm;
    transform Asm;
    bits_and_directions Asm;
}

#[test]
fn tiled_load_escaped() {
    insta::assert_snapshot!(text(kernels::tiled_load, "tiled_load", AsyncLowering::AsmEscaped));
}

#[test]
fn edges_cooperative() {
    insta::assert_snapshot!(text(kernels::edges, "edges", AsyncLowering::Cooperative));
}

#[test]
fn async_gemm_cooperative() {
    insta::assert_snapshot!(text(kernels::async_gemm, "async_gemm", AsyncLowering::Cooperative));
}
