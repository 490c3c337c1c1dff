//! Waiting consumes the copy, and the event.
use enigma::prelude::*;

#[enigma::kernel]
fn twice(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let flight = tile.copy(Copy1d::from(a, 64));
    let tile = flight.wait();
    flight.wait();

    let event = async_copy_1d_d2t(&tile, Copy1d::from(a, 64));
    event.wait();
    async_copy_wait([event]);
    out.store(0, tile.load(0));
}

fn main() {}
