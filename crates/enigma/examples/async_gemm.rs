//! C = A · B, in tiles that are copied while the tiles before them are multiplied.
//!
//! A threadgroup of four simdgroups computes a 64 x 64 tile of C. Slices of A and B are staged in threadgroup memory by
//! asynchronous 2D copies, double-buffered: while slice s is multiplied, slice s + 1 is in flight. Each simdgroup copies
//! its own band of a slice and carries the events of its copies round the loop. At the edges only the valid part of a
//! tile is copied and the rest is filled with zeros, so any M, N and K will do. The finished tile leaves by asynchronous
//! copies as well.
//!
//! Run it: `cargo run --release -p enigma --example async_gemm [M N K | --metal]`.

use std::time::Instant;

use enigma::prelude::*;

/// Rows and columns of C that a threadgroup computes.
const TILE: i32 = 64;
const SIMDGROUPS: i32 = 4;
const THREADS: usize = 32 * SIMDGROUPS as usize;
/// Rows and columns of C that a simdgroup computes: a quadrant of the tile.
const QUADRANT: i32 = TILE / 2;
/// 8 x 8 matrices along a side of a quadrant.
const FRAGMENTS: usize = QUADRANT as usize / 8;
/// Launches for the clock, of which the fastest counts.
const REPEAT: usize = 3;

/// A is `m` x `k`, B is `k` x `n`, C is `m` x `n`; all are row-major and dense. Sums are kept in `f32`.
#[enigma::kernel]
fn async_gemm<T: Element + Float>(a: Buffer<T>, b: Buffer<T>, c: Buffer<f32>, m: Val<i32>, n: Val<i32>, k: Val<i32>) {
    // A slice takes 64 bytes of each row of A.
    let depth = 64 / size_of::<T>() as i32;
    let (a_slice, b_slice) = (TILE * depth, depth * TILE);
    let (a_band, b_band) = (TILE / SIMDGROUPS, depth / SIMDGROUPS);

    let a_tiles = threadgroup::<T>(2 * a_slice as usize);
    let b_tiles = threadgroup::<T>(2 * b_slice as usize);
    let c_tile = threadgroup::<f32>((TILE * TILE) as usize);

    let simdgroup = simdgroup_index_in_threadgroup().cast::<i32>();
    let row = y::threadgroup_position_in_grid().cast::<i32>() * TILE;
    let col = threadgroup_position_in_grid().cast::<i32>() * TILE;
    let slices = (k + (depth - 1)) / depth;

    // Issues the copies of this simdgroup's bands of slice `s`, if there is such a slice.
    let issue = |s: Val<i32>| {
        let (half, start) = (s % 2, s * depth);
        let (a_row, b_row) = (simdgroup * a_band, simdgroup * b_band);
        let a_copy = async_copy_2d_d2t(
            &a_tiles,
            Copy2d::from(a, At { offset: (row + a_row) * k + start, pitch: k }, Size { cols: depth, rows: a_band })
                .valid(Size { cols: k - start, rows: m - row - a_row })
                .tile_at(At { offset: half * a_slice + a_row * depth, pitch: depth })
                .only_if(s.lt(slices)),
        );
        let b_copy = async_copy_2d_d2t(
            &b_tiles,
            Copy2d::from(b, At { offset: (start + b_row) * n + col, pitch: n }, Size { cols: TILE, rows: b_band })
                .valid(Size { cols: n - col, rows: k - start - b_row })
                .tile_at(At { offset: half * b_slice + b_row * TILE, pitch: TILE })
                .only_if(s.lt(slices)),
        );
        [a_copy, b_copy]
    };

    let (quadrant_row, quadrant_col) = (simdgroup / 2 * QUADRANT, simdgroup % 2 * QUADRANT);
    let zeros = [[Matrix::<f32>::filled(0.0); FRAGMENTS]; FRAGMENTS];
    let (flights, sums) = range(..slices).carry((issue(val(0)), zeros), |s, (flights, mut sums)| {
        // Slice s has landed, here and (after the barrier) in every simdgroup; and everybody is done with slice s - 1,
        // so that slice s + 1 may take its place.
        async_copy_wait(flights);
        barrier();
        let flights = issue(s + 1);

        let (a_half, b_half) = (s % 2 * a_slice, s % 2 * b_slice);
        for step in (0..depth).step_by(8) {
            let a: [Matrix<T>; FRAGMENTS] =
                fragments(|i| Matrix::load(&a_tiles, a_half + (quadrant_row + 8 * i) * depth + step, depth));
            let b: [Matrix<T>; FRAGMENTS] =
                fragments(|j| Matrix::load(&b_tiles, b_half + (quadrant_col + (step * TILE + 8 * j)), TILE));
            for (i, sums) in sums.iter_mut().enumerate() {
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.multiply_accumulate(a[i], b[j]);
                }
            }
        }
        (flights, sums)
    });
    async_copy_wait(flights);

    let corner = quadrant_row * TILE + quadrant_col;
    for (i, sums) in sums.iter().enumerate() {
        for (j, sum) in sums.iter().enumerate() {
            sum.store(&c_tile, corner + (8 * i as i32 * TILE + 8 * j as i32), TILE);
        }
    }
    let leaving = c_tile.copy(
        Copy2d::to(
            c,
            At { offset: (row + quadrant_row) * n + col + quadrant_col, pitch: n },
            Size { cols: QUADRANT, rows: QUADRANT },
        )
        .valid(Size { cols: n - col - quadrant_col, rows: m - row - quadrant_row })
        .tile_at(At { offset: corner, pitch: TILE }),
    );
    leaving.wait();
}

fn fragments<T>(load: impl Fn(i32) -> Matrix<T>) -> [Matrix<T>; FRAGMENTS] {
    std::array::from_fn(|i| load(i as i32))
}

fn main() -> Result<(), Diagnostics> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--metal"] {
        println!("{}", async_gemm::<f32>().compile()?.metal_source(&Default::default())?);
        return Ok(());
    }
    let extents: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if let [m, n, k] = extents[..] {
        return run::<f32>(m, n, k);
    }
    run::<f32>(512, 512, 512)?;
    run::<f32>(487, 333, 251)?;
    run::<f16>(500, 300, 700)
}

/// An element type that inputs are made of.
trait Input: Element + Float {
    const NAME: &str;

    fn from_f64(number: f64) -> Self;
    fn to_f64(self) -> f64;
}

impl Input for f32 {
    const NAME: &str = "f32";

    fn from_f64(number: f64) -> Self {
        number as f32
    }

    fn to_f64(self) -> f64 {
        self.into()
    }
}

impl Input for f16 {
    const NAME: &str = "f16";

    fn from_f64(number: f64) -> Self {
        f16::from_f64(number)
    }

    fn to_f64(self) -> f64 {
        self.into()
    }
}

/// Runs the kernel on numbers between -1 and 1, and compares it with sums in double precision.
fn run<T: Input>(m: usize, n: usize, k: usize) -> Result<(), Diagnostics> {
    let (a, b): (Vec<T>, Vec<T>) = (numbers(m * k, 1), numbers(k * n, 2));
    let mut c = vec![f32::NAN; m * n];

    let kernel = async_gemm::<T>().compile()?;
    let grid = (n.div_ceil(TILE as usize) * THREADS, m.div_ceil(TILE as usize));
    let mut launch = || kernel.launch(grid, THREADS, (&a, &b, &mut c, m as i32, n as i32, k as i32));
    let done = launch()?;
    let mut seconds = f64::INFINITY;
    for _ in 0..REPEAT {
        let start = Instant::now();
        launch()?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }

    let expected = product(&a, &b, [m, n, k]);
    let difference = c.iter().zip(&expected).map(|(&got, &sum)| (f64::from(got) - sum).abs()).fold(0.0, f64::max);
    let allowed = 32.0 * f64::from(f32::EPSILON) * (k as f64).sqrt();
    assert!(difference <= allowed, "largest difference {difference:e}, allowed {allowed:e}");
    println!("async_gemm  C[{m} x {n}] = A[{m} x {k}] · B[{k} x {n}], {} elements, f32 sums", T::NAME);
    println!("  against Rust  right: largest difference {difference:.2e}, allowed {allowed:.2e}");
    println!("  time          {:.1} ms, {:.1} GFLOP/s", seconds * 1e3, 2e-9 * (m * n * k) as f64 / seconds);
    // A GPU counts no copies.
    if let (Some(copies), Some(bytes), Some(most)) = (done.copies, done.bytes_copied, done.max_in_flight) {
        let megabytes = bytes as f64 / 1e6;
        println!("  copies        {copies} asynchronous, {megabytes:.1} MB, at most {most} in flight in a threadgroup");
    }
    Ok(())
}

/// Numbers between -1 and 1, the same ones for the same seed.
fn numbers<T: Input>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    };
    (0..count).map(|_| T::from_f64(next())).collect()
}

/// A · B in double precision.
fn product<T: Input>(a: &[T], b: &[T], [m, n, k]: [usize; 3]) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for (a_row, c_row) in a.chunks(k).zip(c.chunks_mut(n)) {
        for (factor, b_row) in a_row.iter().zip(b.chunks(n)) {
            for (sum, &b) in c_row.iter_mut().zip(b_row) {
                *sum += factor.to_f64() * b.to_f64();
            }
        }
    }
    c
}
