//! Checks a pipelined kernel from which a barrier is missing, and then the right one.
//!
//! A threadgroup of two simdgroups adds up the tiles of an array. The first simdgroup copies tile k + 1 while both add
//! tile k. Without the barrier the second reads a tile that only the first has waited for. The sums are right all the same in
//! most runs; the checker says what is wrong in each.
//!
//! Run it: `cargo run --release -p enigma --example check`. It writes the course of the right kernel to
//! `out/timeline.html`.

use std::fs;

use enigma::prelude::*;

const THREADS: usize = 64;
const TILES: usize = 6;

/// Adds up element i of all tiles in `out[i]`.
#[enigma::kernel]
fn tile_sums<const BARRIER: bool>(a: Buffer<f32>, out: Buffer<f32>) {
    let (width, tiles) = (THREADS as u32, TILES as u32);
    let halves = threadgroup::<f32>(2 * THREADS);
    let i = thread_index_in_threadgroup();
    let first = simdgroup_index_in_threadgroup().eq(0);

    let issue = |tile: Val<u32>| {
        let transfer = Copy1d::from(a, width).offset(tile * width).tile_offset(tile % 2 * width);
        async_copy_1d_d2t(&halves, transfer.only_if(first & tile.lt(tiles)))
    };
    let (ahead, sum) = range(..tiles).carry((issue(val(0)), val(0.0)), |tile, (ahead, sum)| {
        ahead.wait();
        if BARRIER {
            barrier();
        }
        let ahead = issue(tile + 1);
        (ahead, sum + halves.load(tile % 2 * width + i))
    });
    ahead.wait();
    out.store(i, sum);
}

fn main() -> Result<(), Diagnostics> {
    let a: Vec<f32> = (0..THREADS * TILES).map(|i| i as f32).collect();
    let out = vec![0.0; THREADS];

    let report = tile_sums::<false>().compile()?.check(THREADS, THREADS, (&a, &out))?;
    println!("{report}\n");
    assert!(report.findings().iter().any(|finding| finding.diagnostic.rule == Rule::MissingBarrier));

    let report = tile_sums::<true>().compile()?.check_in(Order::All, THREADS, THREADS, (&a, &out))?;
    println!("{report}");
    report.errors()?;
    let sums = report.buffer::<f32>(1).expect("the kernel writes its second parameter");
    let expected: Vec<f32> = (0..THREADS).map(|i| a[i..].iter().step_by(THREADS).sum()).collect();
    assert_eq!(sums, expected);
    assert_eq!(out, [0.0; THREADS], "a check leaves the arguments as they are");

    fs::create_dir_all("out").and_then(|()| fs::write("out/timeline.html", report.timeline().to_html())).unwrap();
    println!("the timeline is in out/timeline.html");
    Ok(())
}
