//! What the language means, from Rust, on the CPU.

use enigma::prelude::*;

/// Runs `kernel` for `threads` threads in one threadgroup.
macro_rules! run {
    ($kernel:expr, $threads:expr, $($argument:expr),* $(,)?) => {
        $kernel.compile().unwrap().launch($threads, $threads, ($($argument,)*)).unwrap()
    };
}

fn ramp(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32).collect()
}

#[enigma::kernel]
fn tiled_load<T: Element>(a: Buffer<T>, out: Buffer<T>) {
    let tile = threadgroup::<T>(128);
    let band = simdgroup_index_in_threadgroup() * 32;
    let flight = tile.copy(Copy1d::from(a, 32).offset(band).tile_offset(band));
    let i = band + thread_index_in_simdgroup();
    let tile = flight.wait();
    out.store(i, tile.load(i));
}

fn tiles_hold_what_buffers_held<T: Element + PartialEq + std::fmt::Debug>(number: impl Fn(u8) -> T) {
    let cpu = Runtime::new("cpu").unwrap();
    let kernel = tiled_load::<T>().compile().unwrap();
    for simdgroups in [1, 4] {
        let n = 32 * simdgroups;
        let a: Vec<T> = (0..n).map(|i| number(i as u8)).collect();
        let mut out = vec![number(1); n];
        let done = kernel.launch_on(&cpu, n, n, (&a, &mut out)).unwrap();
        assert_eq!(out, a);
        assert_eq!(done.copies, Some(simdgroups as u64));
    }
}

#[test]
fn all_twelve_element_types_are_copied() {
    tiles_hold_what_buffers_held(|i| i % 3 == 0);
    tiles_hold_what_buffers_held(|i| i as i8 - 100);
    tiles_hold_what_buffers_held(|i| i);
    tiles_hold_what_buffers_held(|i| i16::from(i) - 1000);
    tiles_hold_what_buffers_held(|i| u16::from(i) * 257);
    tiles_hold_what_buffers_held(|i| i32::from(i) - 100_000);
    tiles_hold_what_buffers_held(|i| u32::from(i) << 24);
    tiles_hold_what_buffers_held(|i| i64::from(i) - (1 << 40));
    tiles_hold_what_buffers_held(|i| u64::from(i) << 56);
    tiles_hold_what_buffers_held(|i| f16::from_f32(f32::from(i) / 8.0));
    tiles_hold_what_buffers_held(|i| bf16::from_f32(f32::from(i) * 1e30));
    tiles_hold_what_buffers_held(|i| f32::from(i).sqrt());
}

#[enigma::kernel]
fn literals(x: Val<f32>, i: Val<i32>, h: Val<f16>, floats: Buffer<f32>, integers: Buffer<i32>, halves: Buffer<f16>) {
    for (k, y) in [x + 1.0, 1.0 + x, x - 1.0, 1.0 - x, 2.0 * x, 2.0 / x].into_iter().enumerate() {
        floats.store(k, y);
    }
    for (k, j) in [i % 4, 100 / i, i << 2, 1 << i, i & 6, -i, !i].into_iter().enumerate() {
        integers.store(k, j);
    }
    halves.store(0, h * 0.5 + f16::ONE);
}

#[test]
fn literals_take_the_type_of_the_other_operand() {
    let (mut floats, mut integers, mut halves) = ([0.0; 6], [0; 7], [f16::ZERO]);
    run!(literals(), 1, 4.0, 7, f16::from_f32(3.0), &mut floats, &mut integers, &mut halves);
    assert_eq!(floats, [5.0, 5.0, 3.0, -3.0, 8.0, 0.5]);
    assert_eq!(integers, [3, 14, 28, 128, 6, -7, !7]);
    assert_eq!(halves, [f16::from_f32(2.5)]);
}

#[enigma::kernel]
fn narrow(x: Val<i8>, y: Val<u16>, wide: Buffer<i32>) {
    wide.store(0, (x + 100).cast::<i32>());
    wide.store(1, (y * 3).cast::<i32>());
    wide.store(2, (-x).cast::<i32>());
    wide.store(3, (!y).cast::<i32>());
}

#[test]
fn narrow_integers_keep_their_type_and_wrap() {
    let mut wide = [0; 4];
    run!(narrow(), 1, 100i8, 30_000u16, &mut wide);
    let expected = [100i8.wrapping_add(100).into(), 30_000u16.wrapping_mul(3).into(), -100, (!30_000u16).into()];
    assert_eq!(wide, expected);
}

#[enigma::kernel]
fn vectors(x: Val<f32>, out: Buffer<f32>) {
    let v: Val<Vec3<f32>> = make_vec([x, x + 1.0, x + 2.0]) * 2.0 + x;
    out.store(0, v.x());
    out.store(1, v.y());
    out.store(2, v.z());
    out.store(3, x.gt(2.0).select(v, 0.0).sqrt().y());
    out.store(4, v.cast::<i32>().z().cast::<f32>());
}

#[test]
fn vectors_work_by_component() {
    let mut out = [0.0; 5];
    run!(vectors(), 1, 3.0, &mut out);
    assert_eq!(out, [9.0, 11.0, 13.0, 11f32.sqrt(), 13.0]);
}

#[enigma::kernel]
fn fibonacci(n: Val<u32>, out: Buffer<u32>) {
    let (x, _) = range(..n).carry((val(0), val(1)), |_, (x, y)| (y, x + y));
    out.store(0, x);
    let [power, steps] =
        while_carry([val(1), val(0)], |[power, _]| power.lt(n), |[power, steps]| [power * 2, steps + 1]);
    out.store(1, power);
    out.store(2, steps);
    let down = range(val(5i32)..val(0)).step(-2).carry(val(0i32), |i, digits| digits * 10 + i);
    out.store(3, down.cast::<u32>());
}

#[test]
fn loops_carry_tuples_and_arrays() {
    let mut out = [0; 4];
    run!(fibonacci(), 1, 20, &mut out);
    assert_eq!(out, [6765, 32, 5, 531]);
}

#[enigma::kernel]
fn branches(x: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    let y = x.load(i);
    let (low, high) = if_else(y.lt(2.0), || (y, val(9.0)), || (val(0.0), y * y));
    if_((i % 2).eq(0), || out.store(i, low + high));
}

#[test]
fn branches_yield() {
    let mut out = [-1.0; 4];
    run!(branches(), 4, &ramp(4), &mut out);
    assert_eq!(out, [9.0, -1.0, 4.0, -1.0]);
}

#[enigma::kernel]
fn pipelined(a: Buffer<f32>, tiles: Val<u32>, out: Buffer<f32>) {
    let lane = thread_index_in_simdgroup();
    let fetch = |tile: Tile<f32>, k: Val<u32>| tile.copy(Copy1d::from(a, 32).offset(k * 32).only_if(k.lt(tiles)));
    let flights = (fetch(threadgroup(32), val(0)), fetch(threadgroup(32), val(1)));
    // Two tiles, each in flight while the other is summed.
    let (first, second, sum) =
        range(..tiles).step(2).carry((flights.0, flights.1, val(0.0)), |k, (first, second, sum)| {
            let tile = first.wait();
            let sum = sum + tile.load(lane);
            simd_barrier();
            let first = fetch(tile, k + 2);
            let tile = second.wait();
            let sum = sum + tile.load(lane);
            simd_barrier();
            (first, fetch(tile, k + 3), sum)
        });
    wait_all((first, second));
    out.store(lane, sum);
}

#[test]
fn tiles_in_flight_are_carried() {
    let (a, mut out) = (ramp(6 * 32), [0.0; 32]);
    let done = run!(pipelined(), 32, &a, 6, &mut out);
    let expected: Vec<f32> = (0..32).map(|lane| (0..6).map(|tile| (tile * 32 + lane) as f32).sum()).collect();
    assert_eq!(out, expected[..]);
    assert_eq!((done.copies, done.max_in_flight), (Some(6), Some(2)));
}

#[enigma::kernel]
fn round_trip(a: Buffer<u16>, out: Buffer<u16>, sum: Buffer<u16>) {
    let tile = threadgroup::<u16>(5 * 6);
    let size = Size { cols: 5, rows: 4 };
    let flight = tile.copy(
        Copy2d::from(a, At { offset: 1, pitch: 3 }, size)
            .valid(Size { cols: 2, rows: 3 })
            .tile_at(At { offset: 2, pitch: 6 })
            .fill(Fill::Edge),
    );
    let tile = flight.wait();
    let leaving = tile.copy(Copy2d::to(out, At { offset: 0, pitch: 5 }, size).tile_at(At { offset: 2, pitch: 6 }));
    let corner = leaving.source().load(2); // what a copy reads may be read meanwhile
    leaving.wait();
    sum.store(0, corner);
}

#[test]
fn rectangles_are_filled_at_the_edges() {
    let (mut out, mut sum) = ([0; 20], [0]);
    run!(round_trip(), 32, &[0u16, 1, 2, 3, 4, 5, 6, 7, 8], &mut out, &mut sum);
    assert_eq!(out, [1, 2, 2, 2, 2, 4, 5, 5, 5, 5, 7, 8, 8, 8, 8, 7, 8, 8, 8, 8]);
    assert_eq!(sum, [1]);
}

#[enigma::kernel]
fn through_registers(a: Buffer<i64>, out: Buffer<i64>) {
    let lane = thread_index_in_simdgroup();
    let flight = registers::<i64>(2, 0).copy(Copy1d::from(a, 2).offset(lane * 2));
    let mine = flight.wait();
    out.store(lane, mine.load(0) + mine.load(lane % 2));
}

#[test]
fn registers_take_copies_of_their_own() {
    let a: Vec<i64> = (0..64).collect();
    let mut out = [0; 32];
    run!(through_registers(), 32, &a, &mut out);
    let expected: Vec<i64> = (0..32).map(|lane| 2 * lane + 2 * lane + lane % 2).collect();
    assert_eq!(out, expected[..]);
}

#[enigma::kernel]
fn transpose<const SIDE: usize>(a: Buffer<f32>, out: Buffer<f32>) {
    let (x, y) = (thread_position_in_grid(), y::thread_position_in_grid());
    out.store(x * SIDE as u32 + y, a.load(y * SIDE as u32 + x));
}

#[test]
fn kernels_are_generic_and_grids_have_dimensions() {
    let mut out = [0.0; 12];
    transpose::<3>().compile().unwrap().launch((3, 3), (3, 1), (&ramp(9), &mut out)).unwrap();
    assert_eq!(out, [0.0, 3.0, 6.0, 1.0, 4.0, 7.0, 2.0, 5.0, 8.0, 0.0, 0.0, 0.0]);
}

#[test]
fn closures_capture() {
    let factors = [2.0, 3.0];
    let kernel = enigma::build("polynomial", ["x", "out"], |x: Buffer<f32>, out: Buffer<f32>| {
        let i = thread_position_in_grid();
        let y = factors.iter().fold(val(1.0), |y, &factor| y * x.load(i) + factor);
        out.store(i, y);
    });
    let mut out = [0.0; 3];
    run!(kernel, 3, &ramp(3), &mut out);
    assert_eq!(out, [3.0, 6.0, 11.0]);
}

#[test]
fn metal_keeps_the_names() {
    let text = fibonacci().compile().unwrap().metal_source(&enigma::Options::default()).unwrap();
    let body = text.split_once("kernel void").unwrap().1;
    insta::assert_snapshot!(body);
}

#[enigma::kernel]
#[allow(deprecated)]
fn legacy(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(32);
    let token = enigma::async_copy_to_threadgroup(a, &tile, 16, 4, 8);
    enigma::async_copy_commit(&token);
    async_copy_wait([token]);
    out.store(thread_index_in_simdgroup(), tile.load(thread_index_in_simdgroup() % 16 + 8));
}

#[test]
fn legacy_names_still_work() {
    let mut out = [0.0; 32];
    run!(legacy(), 32, &ramp(20), &mut out);
    let expected: Vec<f32> = (0..32).map(|lane| (lane % 16 + 4) as f32).collect();
    assert_eq!(out, expected[..]);
}

#[test]
#[should_panic(expected = "the kernel language is used outside a kernel, at crates/enigma/tests/language.rs")]
fn outside_a_kernel_there_is_nothing_to_add_to() {
    barrier();
}

#[test]
fn a_panic_in_a_body_ends_its_trace() {
    let panicked = std::panic::catch_unwind(|| enigma::build("broken", [] as [&str; 0], || panic!("in the body")));
    assert!(panicked.is_err());
    let outside = std::panic::catch_unwind(barrier);
    assert!(outside.is_err(), "the trace of the broken kernel is still open");
}

#[enigma::kernel]
fn bits(i: Val<i32>, h: Val<f16>, integers: Buffer<i32>, unsigned: Buffer<u32>) {
    let results =
        [i.imax(3), i.iclamp(-2, 2), i.add_sat(i32::MIN), i.extract_bits(1, 4), i.insert_bits(5, 28, 9), i.clz()];
    for (k, j) in results.into_iter().enumerate() {
        integers.store(k, j);
    }
    let pair = make_vec([i, i + 1]).abs_diff(2);
    let results = [i.abs_diff(i32::MAX), pair.y(), h.as_type::<u16>().cast::<u32>()];
    for (k, j) in results.into_iter().enumerate() {
        unsigned.store(k, j);
    }
}

#[test]
fn integers_have_bits() {
    let (mut integers, mut unsigned) = (vec![0; 6], vec![0; 3]);
    run!(bits(), 1, -7, f16::from_f32(1.5), &mut integers, &mut unsigned);
    assert_eq!(integers, [3, -2, i32::MIN, -4, 0x5fff_fff9, 0]);
    assert_eq!(unsigned, [2_147_483_654, 8, 0x3e00]);
}

#[enigma::kernel]
fn space(x: Val<f32>, out: Buffer<f32>, word: Buffer<u32>) {
    let (east, north) = (make_vec([x, val(0.0), val(0.0)]), make_vec([val(0.0), x, val(0.0)]));
    let up = east.cross(north);
    let turned = mat_make([up, east, north]);
    let v = make_vec([val(1.0), val(2.0), val(3.0)]);
    let kept = range(..2).carry(turned, |_, turned| turned * turned.transpose());
    let numbers = [up.z(), (east - north).length(), v.dot(v), up.normalize().z(), (turned * v).z(), (v * turned).x()];
    let more =
        [turned.determinant(), turned.column(1).x(), kept.column(0).x(), east.refract(up, 0.0).x(), v.reflect(1.0).x()];
    for (k, number) in numbers.into_iter().chain(more).enumerate() {
        out.store(k, number);
    }
    let colour = make_vec([x / 4.0, val(1.0), val(-1.0), val(0.5)]);
    word.store(0, colour.pack_float_to_unorm4x8());
    out.store(11, word.load(0).unpack_unorm4x8_to_float().w());
}

#[test]
fn vectors_and_matrices_have_geometry() {
    let (mut out, mut word) = (vec![0.0f32; 12], vec![0u32; 1]);
    run!(space(), 1, 2.0, &mut out, &mut word);
    let diagonal = 8f32.sqrt();
    assert_eq!(out[..6], [4.0, diagonal, 14.0, 1.0, 4.0, 12.0]);
    assert_eq!(out[6..11], [16.0, 2.0, 16.0, 0.0, -11.0]);
    assert_eq!(word, [0x8000_ff80]);
    assert_eq!(out[11], 128.0 / 255.0);
}
