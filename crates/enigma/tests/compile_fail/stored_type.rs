//! What is stored has the memory's element type.
use enigma::prelude::*;

#[enigma::kernel]
fn stored(x: Val<f32>, out: Buffer<i32>) {
    out.store(0, x);
    out.store(1, 0.5);
    out.store(x, 1);
}

fn main() {}
