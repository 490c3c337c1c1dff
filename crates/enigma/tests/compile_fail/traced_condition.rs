//! Rust's `if` decides while the kernel is traced.
use enigma::prelude::*;

#[enigma::kernel]
fn decided(x: Val<f32>, out: Buffer<f32>) {
    if x.lt(1.0) {
        out.store(0, x);
    }
    if x < 1.0 {
        out.store(0, x);
    }
}

fn main() {}
