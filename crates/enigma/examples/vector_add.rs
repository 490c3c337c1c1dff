//! Adds two vectors: one thread for each element.

use enigma::prelude::*;

#[enigma::kernel]
fn vector_add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i) + b.load(i));
}

fn main() -> Result<(), Diagnostics> {
    let n = 1 << 20;
    let a: Vec<f32> = (0..n).map(|i| i as f32).collect();
    let b: Vec<f32> = (0..n).map(|i| 0.5 * i as f32).collect();
    let mut out = vec![0.0; n];

    vector_add().compile()?.launch(n, 256, (&a, &b, &mut out))?;

    let expected: Vec<f32> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
    assert_eq!(out, expected);
    println!("vector_add: {n} sums, all equal to Rust's");
    Ok(())
}
