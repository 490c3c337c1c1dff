//! Values of two types do not mix.
use enigma::prelude::*;

#[enigma::kernel]
fn mixed(x: Val<f32>, i: Val<i32>, out: Buffer<f32>) {
    out.store(0, x + i);
    out.store(1, x * 2);
    out.store(2, x.fmax(i));
}

fn main() {}
