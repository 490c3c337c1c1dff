//! What a copy reads can be read meanwhile, and not written.
use enigma::prelude::*;

#[enigma::kernel]
fn overwritten(out: Buffer<f32>) {
    let flight = threadgroup::<f32>(64).copy(Copy1d::to(out, 64));
    flight.source().load(0);
    flight.source().store(0, 1.0);
    flight.wait();
}

fn main() {}
