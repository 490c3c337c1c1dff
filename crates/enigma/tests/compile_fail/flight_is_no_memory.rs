//! A tile in flight can be neither read nor written.
use enigma::prelude::*;

#[enigma::kernel]
fn touched(a: Buffer<f32>, out: Buffer<f32>) {
    let flight = threadgroup::<f32>(64).copy(Copy1d::from(a, 64));
    flight.store(0, 1.0);
    let x = flight.load(1);
    let m = Matrix::load(&flight, 0, 8);
    flight.wait();
    out.store(0, x);
    m.store(&out, 0, 8);
}

fn main() {}
