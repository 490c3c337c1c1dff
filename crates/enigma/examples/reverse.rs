//! Reverses an array: each threadgroup turns one block round in threadgroup memory.

use enigma::prelude::*;

const BLOCK: usize = 256;

#[enigma::kernel]
fn reverse(a: Buffer<i32>, out: Buffer<i32>) {
    let block = threadgroup::<i32>(BLOCK);
    let i = thread_position_in_threadgroup();
    let group = threadgroup_position_in_grid();

    block.store(i, a.load(group * BLOCK as u32 + i));
    barrier();
    let mirrored = threadgroups_per_grid() - 1 - group;
    out.store(mirrored * BLOCK as u32 + i, block.load(BLOCK as u32 - 1 - i));
}

fn main() -> Result<(), Diagnostics> {
    let n = 64 * BLOCK;
    let a: Vec<i32> = (0..n as i32).collect();
    let mut out = vec![0; n];

    reverse().compile()?.launch(n, BLOCK, (&a, &mut out))?;

    let expected: Vec<i32> = a.iter().rev().copied().collect();
    assert_eq!(out, expected);
    println!("reverse: {n} elements, now back to front");
    Ok(())
}
