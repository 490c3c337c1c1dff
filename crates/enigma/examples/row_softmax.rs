//! The softmax of each row of a matrix: one simdgroup a row, whose lanes share the work and reduce together.

use enigma::prelude::*;

const LANES: u32 = 32;
const ROWS_PER_THREADGROUP: usize = 4;

#[enigma::kernel]
fn row_softmax(x: Buffer<f32>, cols: Val<u32>, out: Buffer<f32>) {
    let row = thread_position_in_grid() / LANES;
    let lane = thread_index_in_simdgroup();
    let start = row * cols;

    let greatest = range(lane..cols)
        .step(LANES)
        .carry(val(f32::NEG_INFINITY), |col, greatest| greatest.fmax(x.load(start + col)))
        .simd_max();
    let sum = range(lane..cols)
        .step(LANES)
        .carry(val(0.0), |col, sum| sum + (x.load(start + col) - greatest).exp())
        .simd_sum();
    range(lane..cols).step(LANES).each(|col| {
        out.store(start + col, (x.load(start + col) - greatest).exp() / sum);
    });
}

fn main() -> Result<(), Diagnostics> {
    let (rows, cols) = (256, 1000);
    let x: Vec<f32> = (0..rows * cols).map(|i| (i * 7919 % 1009) as f32 / 100.0).collect();
    let mut out = vec![0.0; x.len()];

    let lanes = LANES as usize;
    row_softmax().compile()?.launch(rows * lanes, ROWS_PER_THREADGROUP * lanes, (&x, cols as u32, &mut out))?;

    let expected = x.chunks(cols).flat_map(softmax);
    let difference =
        out.iter().zip(expected).map(|(&got, expected)| (f64::from(got) - expected).abs()).fold(0.0, f64::max);
    assert!(difference < 1e-7, "largest difference {difference:e}");
    println!("row_softmax: {rows} rows of {cols}; largest difference to Rust's {difference:.1e}");
    Ok(())
}

/// The softmax of a row, in double precision.
fn softmax(row: &[f32]) -> Vec<f64> {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = row.iter().map(|&x| f64::from(x - greatest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}
