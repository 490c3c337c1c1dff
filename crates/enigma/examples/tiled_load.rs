//! Copies a tile into threadgroup memory, computes something meanwhile, waits, and uses the tile.

use enigma::prelude::*;

const TILE: u32 = 64;
const LANES: u32 = 32;

/// Writes each tile of `a` to `out`, back to front. One simdgroup a tile.
#[enigma::kernel]
fn tiled_load<T: Element>(a: Buffer<T>, out: Buffer<T>) {
    let tile = threadgroup::<T>(TILE as usize);
    let first = threadgroup_position_in_grid() * TILE;

    let flight = tile.copy(Copy1d::from(a, TILE).offset(first));
    let lane = thread_index_in_simdgroup(); // computed while the copy is in flight
    let mirrored = TILE - 1 - lane;
    let tile = flight.wait();

    out.store(first + lane, tile.load(mirrored));
    out.store(first + lane + LANES, tile.load(mirrored - LANES));
}

fn main() -> Result<(), Diagnostics> {
    let tiles = 4;
    let a: Vec<f32> = (0..tiles * TILE).map(|i| i as f32).collect();
    let mut out = vec![0.0; a.len()];

    let kernel = tiled_load::<f32>().compile()?;
    let done = kernel.launch((tiles * LANES) as usize, LANES as usize, (&a, &mut out))?;

    let expected: Vec<f32> = a.chunks(TILE as usize).flat_map(|tile| tile.iter().rev().copied()).collect();
    assert_eq!(out, expected);
    println!("tiled_load: every tile of {} threadgroups holds what the buffer held", done.threadgroups);
    // A GPU counts no copies.
    if let (Some(copies), Some(bytes)) = (done.copies, done.bytes_copied) {
        println!("            {copies} copies brought {bytes} bytes");
    }
    println!("\n{}", kernel.metal_source(&Default::default())?);
    Ok(())
}
