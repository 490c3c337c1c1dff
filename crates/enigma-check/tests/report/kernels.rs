//! What is checked. The messages show these lines.

use enigma::prelude::*;

/// Wrong in several ways, in loops.
#[enigma::kernel]
pub fn muddle(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let unread = threadgroup::<f32>(16);
    let i = thread_index_in_threadgroup();
    let first = simdgroup_index_in_threadgroup().eq(0);
    range(0..3u32).each(|k| {
        let ev = async_copy_1d_d2t(&tile, Copy1d::from(a, 64).offset(k * 64).only_if(first));
        let aside = async_copy_1d_d2t(&unread, Copy1d::from(a, 16).only_if(first));
        async_copy_wait([ev, aside]);
        range(0..2u32).each(|half| {
            out.store(k * 2 + half, tile.load(i));
        });
        barrier();
    });
    out.store(i + 5, 0.0);
}

/// Reads `n` times what may be in flight: whether it is, depends on `at`.
#[enigma::kernel]
pub fn early(a: Buffer<u32>, at: Val<u32>, n: Val<u32>, out: Buffer<u32>) {
    let tile = threadgroup::<u32>(64);
    range(..n).each(|k| {
        let ev = async_copy_1d_d2t(&tile, Copy1d::from(a, 32));
        let x = tile.load(at);
        ev.wait();
        if_(thread_index_in_simdgroup().eq(0), || out.store(k, x));
        simd_barrier_with(MemFlags::DeviceAndThreadgroup);
    });
}

/// Threads whose flag is not set do not come to the barrier.
#[enigma::kernel]
pub fn meet(flags: Buffer<bool>, out: Buffer<u32>) {
    let i = thread_position_in_grid();
    if_(flags.load(i), barrier);
    out.store(i, i);
}

#[enigma::kernel]
pub fn scale(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i) * 2.0);
}

#[enigma::kernel]
pub fn narrow(a: Buffer<f32>, out: Buffer<f16>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i).cast::<f16>());
}

/// Passes its elements through a tile: a copy in, and a copy out.
#[enigma::kernel]
pub fn ferry(a: Buffer<u32>, out: Buffer<u32>) {
    let from = threadgroup_position_in_grid() * 4;
    let tile = threadgroup::<u32>(4).copy(Copy1d::from(a, 4).offset(from)).wait();
    let lane = thread_index_in_simdgroup();
    tile.store(lane, tile.load(lane) + 1);
    tile.copy(Copy1d::to(out, 4).offset(from)).wait();
}

/// Issues its copies by one line, and reads them by one.
#[enigma::kernel]
pub fn by_one_line(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let i = thread_index_in_threadgroup();
    let first = simdgroup_index_in_threadgroup().eq(0);
    for k in 0..2 {
        barrier();
        async_copy_1d_d2t(&tile, Copy1d::from(a, 64).offset(k * 64).only_if(first)).wait();
        out.store(i + k * 64, tile.load(i));
    }
}
