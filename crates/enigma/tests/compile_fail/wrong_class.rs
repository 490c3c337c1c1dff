//! Functions take the values they are made for.
use enigma::prelude::*;

#[enigma::kernel]
fn classes(i: Val<u32>, b: Val<bool>, x: Val<f32>, out: Buffer<f32>) {
    out.store(0, i.sqrt());
    out.store(1, b + b);
    out.store(2, x & x);
    out.store(3, -b);
}

fn main() {}
