//! What a kernel is told that only a run shows to be wrong: the places in the user's file, and remedies in Rust.

use enigma::Limits;
use enigma::prelude::*;

#[enigma::kernel]
fn shift(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i + 1));
}

#[enigma::kernel]
fn too_many(a: Buffer<f32>, count: Val<i32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64).copy(Copy1d::from(a, count)).wait();
    out.store(thread_index_in_simdgroup(), tile.load(thread_index_in_simdgroup()));
}

#[enigma::kernel]
fn too_wide(a: Buffer<f32>, rows: Val<i32>, pitch: Val<i32>, out: Buffer<f32>) {
    let transfer = Copy2d::from(a, At { offset: 0, pitch: 8 }, Size { cols: 8, rows }).tile_at(At { offset: 0, pitch });
    let tile = threadgroup::<f32>(64).copy(transfer).wait();
    out.store(thread_index_in_simdgroup(), tile.load(thread_index_in_simdgroup()));
}

#[enigma::kernel]
fn some_lanes(a: Buffer<f32>, flags: Buffer<bool>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    if_(flags.load(thread_index_in_threadgroup()), || {
        async_copy_1d_d2t(&tile, Copy1d::from(a, 32)).wait();
    });
    out.store(0, tile.load(0));
}

#[enigma::kernel]
fn lanes_disagree(a: Buffer<f32>, offsets: Buffer<u32>, out: Buffer<f32>) {
    let offset = offsets.load(thread_index_in_threadgroup());
    let tile = threadgroup::<f32>(64).copy(Copy1d::from(a, 8).tile_offset(offset)).wait();
    out.store(0, tile.load(0));
}

#[enigma::kernel]
fn some_threads(flags: Buffer<bool>, out: Buffer<u32>) {
    let i = thread_index_in_threadgroup();
    if_(flags.load(i), || barrier());
    out.store(i, i);
}

#[enigma::kernel]
fn spin(ready: Buffer<u32>, out: Buffer<u32>) {
    while_(|| ready.load(0).eq(0), || {});
    ready.store(0, 1);
    out.store(0, 1);
}

#[enigma::kernel]
fn count(step: Val<i32>, most: Val<i32>, out: Buffer<i32>) {
    range(val(0)..most).step(step).each(|i| out.store(0, i));
}

#[enigma::kernel]
fn early(a: Buffer<f32>, at: Val<u32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let ev = async_copy_1d_d2t(&tile, Copy1d::from(a, 32));
    out.store(thread_index_in_simdgroup(), tile.load(at));
    ev.wait();
}

#[enigma::kernel]
fn early_store(a: Buffer<f32>, at: Val<u32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let ev = async_copy_1d_d2t(&tile, Copy1d::from(a, 32));
    if_(thread_index_in_simdgroup().eq(0), || tile.store(at, 0.0));
    ev.wait();
    out.store(thread_index_in_simdgroup(), tile.load(thread_index_in_simdgroup()));
}

#[enigma::kernel]
fn overwritten(at: Val<u32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let lane = thread_index_in_simdgroup();
    tile.store(lane, 1.0);
    simd_barrier();
    let leaving = async_copy_1d_t2d(&tile, Copy1d::to(out, 32));
    if_(lane.eq(0), || tile.store(at, 2.0));
    leaving.wait();
}

#[enigma::kernel]
fn twice(a: Buffer<f32>, at: Val<u32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let one = async_copy_1d_d2t(&tile, Copy1d::from(a, 32));
    let two = async_copy_1d_d2t(&tile, Copy1d::from(a, 32).tile_offset(at));
    async_copy_wait([one, two]);
    out.store(thread_index_in_simdgroup(), tile.load(at));
}

#[enigma::kernel]
fn unpublished(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_index_in_threadgroup();
    let first = simdgroup_index_in_threadgroup().eq(0);
    let tile = threadgroup::<f32>(64).copy(Copy1d::from(a, 64).only_if(first)).wait();
    out.store(i, tile.load(63 - i));
}

#[enigma::kernel]
fn unsettled(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_index_in_threadgroup();
    let first = simdgroup_index_in_threadgroup().eq(0);
    let tile = threadgroup::<f32>(64);
    tile.store(i, a.load(i));
    let leaving = tile.copy(Copy1d::to(out, 64).only_if(first));
    leaving.wait();
}

#[enigma::kernel]
fn within_a_simdgroup(a: Buffer<f32>, out: Buffer<f32>) {
    let lane = thread_index_in_simdgroup();
    let tile = threadgroup::<f32>(32);
    tile.store(lane, a.load(lane));
    out.store(lane, tile.load(31 - lane));
}

#[enigma::kernel]
fn across(out: Buffer<f32>) {
    out.store(thread_index_in_threadgroup(), 1.0);
}

#[enigma::kernel]
fn by_each(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_index_in_threadgroup();
    let tile = threadgroup::<f32>(64).copy(Copy1d::from(a, 64)).wait();
    barrier();
    out.store(i, tile.load(i));
}

#[enigma::kernel]
fn unset(out: Buffer<f32>) {
    let i = thread_index_in_simdgroup();
    out.store(i, threadgroup::<f32>(32).load(i));
}

#[enigma::kernel]
fn cautious(a: Buffer<f32>, none: Val<u32>, out: Buffer<f32>) {
    let i = thread_index_in_threadgroup();
    let tile = threadgroup::<f32>(64);
    let ev = async_copy_1d_d2t(&tile, Copy1d::from(a, none));
    let x = a.load(i) + 1.0;
    ev.wait();
    barrier();
    out.store(i, x);
}

/// The report on a kernel, for so many threads in threadgroups of at most 64.
macro_rules! report {
    ($kernel:expr, $threads:literal, $($argument:expr),*) => {
        $kernel.compile().unwrap().check($threads, 64.min($threads), ($($argument,)*)).unwrap()
    };
}

/// A snapshot for each kernel, by its name.
macro_rules! messages {
    ($( $kernel:ident $threads:literal $arguments:tt; )*) => { $( messages!(@ $kernel $threads $arguments); )* };
    (@ $kernel:ident $threads:literal ($($argument:expr),*)) => {
        insta::assert_snapshot!(stringify!($kernel), report!($kernel(), $threads, $($argument),*))
    };
}

#[test]
fn messages() {
    let (a, out, n) = (vec![1.0; 64], vec![0.0; 64], vec![0; 64]);
    let flags: Vec<bool> = (0..64).map(|i| i % 7 != 3).collect();
    let offsets: Vec<u32> = (0..32).map(|i| u32::from(i == 9)).collect();
    messages! {
        shift 64 (&a, &out);
        too_many 32 (&a, 65, &out);
        too_wide 32 (&a, 9, 8, &out);
        some_lanes 64 (&a, &flags, &out);
        lanes_disagree 32 (&a, &offsets, &out);
        some_threads 64 (&flags, &n);
        spin 64 (&n, &n);
        count 1 (0, 10, &[0]);
        early 32 (&a, 3, &out);
        early_store 32 (&a, 3, &out);
        overwritten 32 (3, &out);
        twice 32 (&a, 3, &out);
        unpublished 64 (&a, &out);
        unsettled 64 (&a, &out);
        within_a_simdgroup 32 (&a, &out);
        across 128 (&out);
        by_each 64 (&a, &out);
        unset 32 (&out);
        cautious 64 (&a, 0, &out);
    }
    insta::assert_snapshot!("too_few", report!(too_many(), 32, &a, -1, &out));
    insta::assert_snapshot!("rows_over_each_other", report!(too_wide(), 32, &a, 2, 7, &out));
}

#[test]
fn a_loop_that_reaches_the_limit() {
    let cpu = Runtime::new("cpu").unwrap().with_limits(Limits { steps: 1000 });
    let stopped = count().compile().unwrap().launch_on(&cpu, 1, 1, (1, 2000, &mut [0]));
    insta::assert_snapshot!(stopped.unwrap_err());
}

#[test]
fn a_launch_that_cannot_be_is_refused_and_nothing_runs() {
    let kernel = across().compile().unwrap();
    for (grid, threads) in [(0, 1), (64, 2048)] {
        assert!(kernel.check(grid, threads, (&[0.0; 64],)).is_err());
    }
}

#[test]
fn written_buffers_come_back_as_what_they_hold() {
    let compare = enigma::build("compare", ["a", "out"], |a: Buffer<f16>, out: Buffer<bool>| {
        let i = thread_position_in_grid();
        out.store(i, a.load(i).gt(f16::ONE));
    });
    let (a, out) = ([0.0, 1.0, 2.0].map(f16::from_f32), [true; 3]);
    let report = compare.compile().unwrap().check(3, 3, (&a, &out)).unwrap();
    assert_eq!(report.buffer::<bool>(1).unwrap(), [false, false, true]);
    assert_eq!(report.buffer::<u8>(1), None, "the elements are `bool`");
    assert_eq!(report.buffer::<f16>(0), None, "the kernel does not write it");
    assert_eq!(report.buffer::<bool>(2), None, "there are two parameters");
    assert_eq!(out, [true; 3]);
}
