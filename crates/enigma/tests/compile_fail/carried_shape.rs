//! A loop carries as much out of an iteration as into it, and carries values of the kernel.
use enigma::prelude::*;

#[enigma::kernel]
fn carried(n: Val<u32>, out: Buffer<f32>) {
    let (x, y) = range(..n).carry((val(0.0), val(1.0)), |_, (x, y)| (y, x, y));
    out.store(0, x + y);
    let z = range(..n).carry(0.0, |_, z| z);
    out.store(0, z);
}

fn main() {}
