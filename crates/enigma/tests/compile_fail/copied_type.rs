//! A copy converts nothing, and `fill` is for tiles.
use enigma::prelude::*;

#[enigma::kernel]
fn copied(a: Buffer<f16>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let tile = tile.copy(Copy1d::from(a, 64)).wait();
    let at = At { offset: 0, pitch: 8 };
    tile.copy(Copy2d::to(out, at, Size { cols: 8, rows: 8 }).fill(Fill::Edge)).wait();
}

fn main() {}
