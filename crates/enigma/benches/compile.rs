//! How long it takes from a Rust function to Metal source, and to a `.metallib`: tracing, verifying, optimising, emitting.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use enigma::Options;
use enigma::prelude::*;

#[enigma::kernel]
fn tiled_load(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let flight = tile.copy(Copy1d::from(a, 64));
    let i = thread_position_in_threadgroup();
    let tile = flight.wait();
    barrier();
    out.store(i, tile.load(i));
}

fn compile(c: &mut Criterion) {
    let compiled = tiled_load().compile().expect("the kernel is right");
    let mut group = c.benchmark_group("tiled_load");
    group.bench_function("trace", |b| b.iter(|| black_box(tiled_load())));
    group.bench_function("trace + verify", |b| b.iter(|| tiled_load().compile()));
    group.bench_function("optimise", |b| b.iter(|| enigma_ir::passes::optimise(compiled.kernel())));
    group.bench_function("emit", |b| b.iter(|| enigma_msl::emit(compiled.optimised(), &Options::default())));
    group.bench_function("trace + verify + optimise + emit", |b| {
        b.iter(|| tiled_load().compile().and_then(|kernel| kernel.metal_source(&Options::default())));
    });
    group.bench_function(".metallib", |b| b.iter(|| compiled.metallib()));
    group.bench_function("trace + verify + optimise + .metallib", |b| {
        b.iter(|| tiled_load().compile().and_then(|kernel| kernel.metallib()));
    });
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
