//! The kernel that is timed. Each simdgroup sums a band of the input, tile by tile: while it sums one, the next is on its
//! way, as in a matrix product.

use enigma_ir::{Arg, DType, Opcode};

use super::kernels::{Make, int};
use super::{Trial, numbers};
use crate::Launch;
use crate::compiled::Compiled;

const LANES: usize = 32;
/// Simdgroups of a threadgroup.
const SIMDGROUPS: usize = 4;
const GROUPS: usize = 64;
/// Tiles of a band, one beside the other.
const STEPS: usize = 16;
const COLS: usize = 64;
const ROWS: usize = 8;
const TILE: usize = COLS * ROWS;
/// Elements of a row of a band.
const PITCH: usize = COLS * STEPS;
/// What a lane's sum is multiplied with before it takes up an element, so that their order shows.
const FACTOR: usize = 33;

pub(super) fn trial() -> Trial {
    let threads = SIMDGROUPS * LANES;
    let launch = Launch { grid: [(GROUPS * threads) as u32, 1, 1], threads: [threads as u32, 1, 1] };
    let input = numbers(GROUPS * SIMDGROUPS * PITCH * ROWS);
    let expected: Vec<u64> = input.chunks(PITCH * ROWS).flat_map(sums).collect();
    Trial::new("pace", kernel(), launch, DType::U32, [&input, &expected])
}

/// What the lanes make of a band.
fn sums(band: &[u64]) -> Vec<u64> {
    let element = |step: usize, number: usize| band[number / COLS * PITCH + step * COLS + number % COLS];
    let elements = |lane| (0..STEPS).flat_map(move |step| (lane..TILE).step_by(LANES).map(move |n| (step, n)));
    let next = |sum: u64, (step, n)| sum.wrapping_mul(FACTOR as u64).wrapping_add(element(step, n));
    (0..LANES).map(|lane| elements(lane).fold(0, next)).collect()
}

fn kernel() -> Compiled {
    let mut k = Make::new("trial_pace");
    let (input, output) = (k.buffer("input", DType::U32), k.buffer("output", DType::U32));
    let tile = k.tile(DType::U32, SIMDGROUPS * 2 * TILE);
    let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let simdgroup = k.value(Opcode::SimdgroupIndexInThreadgroup, &[]);
    let group = k.value(Opcode::ThreadgroupPositionInGrid, &[]);
    let own = k.value(Opcode::Mul, &[simdgroup.into(), int(2 * TILE)]);
    let number = k.value(Opcode::Mul, &[group.into(), int(SIMDGROUPS)]);
    let number = k.value(Opcode::Add, &[number.into(), simdgroup.into()]);
    let band = k.value(Opcode::Mul, &[number.into(), int(PITCH * ROWS)]);
    // Two places for tiles: one is summed, the other filled.
    let place = |k: &mut Make, step: Arg| {
        let odd = k.value(Opcode::And, &[step, int(1)]);
        let odd = k.value(Opcode::Mul, &[odd.into(), int(TILE)]);
        k.value(Opcode::Add, &[own.into(), odd.into()])
    };
    let issue = |k: &mut Make, step: Arg, predicate: Arg| {
        let to = place(k, step.clone());
        let column = k.value(Opcode::Mul, &[step, int(COLS)]);
        let from = k.value(Opcode::Add, &[band.into(), column.into()]);
        let [cols, rows, pitch] = [COLS, ROWS, PITCH].map(int);
        let args = [tile.into(), to.into(), cols.clone(), input.into(), from.into(), pitch, cols, rows, predicate];
        k.value(Opcode::AsyncCopy2dD2t, &args)
    };
    let zero = k.zero();
    let first = issue(&mut k, zero.into(), Arg::Missing);
    let (step, carried) = k.begin_loop(STEPS, &[zero.into(), first.into()]);
    let (mut sum, event) = (carried[0], carried[1]);
    let step = k.value(Opcode::Cast, &[step.into(), Arg::DType(DType::U32)]);
    let following = k.add(step, 1);
    let more = k.value(Opcode::CmpUlt, &[following.into(), int(STEPS)]);
    let next = issue(&mut k, following.into(), more.into());
    k.does(Opcode::AsyncCopyWait, &[event.into()]);
    k.does(Opcode::SimdBarrier, &[]);
    let start = place(&mut k, step.into());
    let start = k.value(Opcode::Add, &[start.into(), lane.into()]);
    for offset in (0..TILE).step_by(LANES) {
        let index = k.add(start, offset);
        let element = k.load(tile, index);
        let scaled = k.value(Opcode::Mul, &[sum.into(), int(FACTOR)]);
        sum = k.value(Opcode::Add, &[scaled.into(), element.into()]);
    }
    k.does(Opcode::SimdBarrier, &[]);
    let carried = k.end_loop(&[sum, next]);
    k.does(Opcode::AsyncCopyWait, &[carried[1].into()]);
    let thread = k.value(Opcode::ThreadPositionInGrid, &[]);
    k.store(output, thread, carried[0]);
    k.finish()
}
