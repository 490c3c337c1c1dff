//! A copy that nobody waits for.
#![deny(unused_must_use, unused_variables)]
use enigma::prelude::*;

#[enigma::kernel]
fn forgotten(a: Buffer<f32>, out: Buffer<f32>) {
    threadgroup::<f32>(64).copy(Copy1d::from(a, 64));
    async_copy_1d_d2t(&threadgroup::<f32>(64), Copy1d::from(a, 64));
    let flight = threadgroup::<f32>(64).copy(Copy1d::from(a, 64));
    Copy1d::to(out, 64);
    range(0..4);
}

fn main() {}
