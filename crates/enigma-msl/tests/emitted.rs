//! What the emitter writes, kernel by kernel: the snapshots are to read as a person would have written them.

mod kernels;

use enigma_ir::{Builder, verify};
use enigma_msl::{AsyncLowering, Options, emit};

fn text(build: fn(&mut Builder), name: &str, async_lowering: AsyncLowering) -> String {
    let mut builder = Builder::new(name, file!(), None, [1, 1, 1, 1]);
    build(&mut builder);
    let kernel = verify(builder.finish()).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    emit(&kernel, &Options { async_lowering })
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
