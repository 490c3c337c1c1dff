//! The kernels that a lowering is tried with: each kind of copy once, in awkward places, and one that is timed.
//!
//! Every tile is filled before a copy goes into it, and every output before its kernel runs, so that what a copy writes
//! beyond its extent shows as much as what it leaves out. What must come out is computed by plain loops from the
//! contract of the copies, and by no executor.

mod kernels;
mod pace;

use enigma_cpu::{Argument, lend_parts};
use enigma_ir::{DType, Fill};

use crate::Launch;
use crate::compiled::Compiled;

/// Threads of a threadgroup. They are one simdgroup: a copy is one simdgroup's.
const THREADS: usize = 32;
/// Threadgroups of a trial.
const GROUPS: usize = 3;
/// Elements of a tile.
const TILE: usize = 512;
/// Elements of device memory that a threadgroup has for itself.
const SHARE: usize = 1024;
/// What lies where no copy goes, cut to the element's width.
const BLANK: u64 = 0xA5A5_A5A5_A5A5_A5A5;

/// A kernel of two buffers, the second of which it writes, with what it must make of the first.
#[derive(Debug)]
pub struct Trial {
    /// What is tried, for people.
    pub name: &'static str,
    /// The kernel.
    pub kernel: Compiled,
    /// How it is launched.
    pub launch: Launch,
    /// The type of both buffers' elements.
    pub dtype: DType,
    /// The bytes of the first buffer.
    pub input: Vec<u8>,
    /// The bytes of the second before the kernel runs.
    pub blank: Vec<u8>,
    /// And after.
    pub expected: Vec<u8>,
}

impl Trial {
    /// One for each kind of copy.
    pub fn copies() -> impl Iterator<Item = Trial> {
        TABLE.iter().map(Case::trial)
    }

    /// The one that is timed: tiles come in behind the work on the one before, as in a matrix product.
    pub fn pace() -> Trial {
        pace::trial()
    }

    /// Has something run the kernel, on arguments that stand for its two buffers; gives the bytes of the second.
    pub fn on<R, E>(&self, run: impl FnOnce(&[Argument<'_>]) -> Result<R, E>) -> Result<(Vec<u8>, R), E> {
        let (mut input, mut output) = (self.input.clone(), self.blank.clone());
        let lend = |memory| lend_parts(memory, std::iter::once((self.dtype, 0, usize::MAX))).map(Argument::Buffer);
        let arguments: Vec<Argument<'_>> =
            [&mut input, &mut output].into_iter().flat_map(|memory| lend(memory)).collect();
        let done = run(&arguments)?;
        drop(arguments);
        Ok((output, done))
    }

    /// The number of the first element that is not what it must be.
    pub fn first_wrong(&self, output: &[u8]) -> Option<usize> {
        let size = self.dtype.size();
        let pairs = output.chunks(size).zip(self.expected.chunks(size));
        let differing = pairs.enumerate().find(|(_, (got, wanted))| got != wanted).map(|(number, _)| number);
        differing.or((output.len() != self.expected.len()).then_some(output.len().min(self.expected.len()) / size))
    }

    fn new(
        name: &'static str,
        kernel: Compiled,
        launch: Launch,
        dtype: DType,
        [input, expected]: [&[u64]; 2],
    ) -> Trial {
        let bytes = |numbers: &[u64]| -> Vec<u8> {
            numbers.iter().flat_map(|number| number.to_le_bytes().into_iter().take(dtype.size())).collect()
        };
        let blank = bytes(&vec![BLANK; expected.len()]);
        Trial { name, kernel, launch, dtype, input: bytes(input), blank, expected: bytes(expected) }
    }
}

/// Input in which no two elements nearby are alike, in any of their bytes.
fn numbers(count: usize) -> Vec<u64> {
    (1..=count as u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect()
}

/// Which way a copy goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Way {
    /// From device to threadgroup memory.
    In,
    /// From threadgroup to device memory.
    Out,
}

/// A kind of copy.
#[derive(Copy, Clone, Debug)]
struct Case {
    name: &'static str,
    dtype: DType,
    way: Way,
    extent: Extent,
}

/// Which elements a copy moves.
#[derive(Copy, Clone, Debug)]
struct Extent {
    dst_offset: usize,
    src_offset: usize,
    cols: usize,
    /// `None` for a copy in 1D.
    tile: Option<Tile>,
}

/// What a copy in 2D has besides.
#[derive(Copy, Clone, Debug)]
struct Tile {
    rows: usize,
    dst_pitch: usize,
    src_pitch: usize,
    /// Columns and rows that exist.
    valid: [usize; 2],
    fill: Fill,
}

const LINE: Extent = Extent { dst_offset: 5, src_offset: 3, cols: 67, tile: None };
const WHOLE: Tile = Tile { rows: 11, dst_pitch: 19, src_pitch: 37, valid: [17, 11], fill: Fill::Zero };
const PART: Tile = Tile { valid: [13, 7], ..WHOLE };
const EDGE: Tile = Tile { fill: Fill::Edge, ..PART };

const fn of(tile: Tile) -> Extent {
    Extent { dst_offset: 2, src_offset: 7, cols: 17, tile: Some(tile) }
}

const fn case(name: &'static str, dtype: DType, way: Way, extent: Extent) -> Case {
    Case { name, dtype, way, extent }
}

const TABLE: [Case; 11] = [
    case("1D in", DType::U32, Way::In, LINE),
    case("1D out", DType::U32, Way::Out, LINE),
    case("1D in, of bytes", DType::U8, Way::In, LINE),
    case("2D in", DType::U32, Way::In, of(WHOLE)),
    case("2D out", DType::U32, Way::Out, of(WHOLE)),
    case("2D in, of 2 bytes", DType::U16, Way::In, of(WHOLE)),
    case("2D out, of 2 bytes", DType::U16, Way::Out, of(WHOLE)),
    case("2D in, of 8 bytes", DType::U64, Way::In, of(WHOLE)),
    case("2D in, filled with zero", DType::U32, Way::In, of(PART)),
    case("2D in, filled from the edge", DType::U32, Way::In, of(EDGE)),
    case("2D out, cut off", DType::U32, Way::Out, of(PART)),
];

impl Case {
    fn trial(&self) -> Trial {
        let launch = Launch { grid: [(GROUPS * THREADS) as u32, 1, 1], threads: [THREADS as u32, 1, 1] };
        let input = numbers(GROUPS * SHARE);
        let expected: Vec<u64> = input.chunks(SHARE).flat_map(|share| self.expected(share)).collect();
        Trial::new(self.name, self.kernel(), launch, self.dtype, [&input, &expected])
    }

    /// What a threadgroup makes of its share of the input.
    fn expected(&self, share: &[u64]) -> Vec<u64> {
        let (len, source) = match self.way {
            Way::In => (TILE, share),
            Way::Out => (SHARE, &share[..TILE]),
        };
        let mut output = vec![BLANK; len];
        let Extent { dst_offset, src_offset, cols, tile } = self.extent;
        let line = Tile { rows: 1, dst_pitch: 0, src_pitch: 0, valid: [cols, 1], fill: Fill::Zero };
        let Tile { rows, dst_pitch, src_pitch, valid, fill } = tile.unwrap_or(line);
        for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
            let element = |row, col| source[src_offset + row * src_pitch + col];
            let exists = col < valid[0] && row < valid[1];
            let moved = match (exists, self.way, fill) {
                (true, ..) => element(row, col),
                (false, Way::Out, _) => continue,
                (false, Way::In, Fill::Zero) => 0,
                (false, Way::In, Fill::Edge) => element(row.min(valid[1] - 1), col.min(valid[0] - 1)),
            };
            output[dst_offset + row * dst_pitch + col] = moved;
        }
        output
    }
}
