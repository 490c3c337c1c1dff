//! A tile is away while a copy is in flight into it.
use enigma::prelude::*;

#[enigma::kernel]
fn early(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let flight = tile.copy(Copy1d::from(a, 64));
    let x = tile.load(0);
    let tile = flight.wait();
    out.store(0, tile.load(0) + x);
}

fn main() {}
