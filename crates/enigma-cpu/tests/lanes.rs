//! Scans, quad operations, shuffles and broadcasts, in threadgroups of any shape, against references that look at one lane at a time.

mod common;

use common::data::{Data, float_bits, float_of, int_bits, int_of};
use common::{Sketch, int, line, run};
use enigma_cpu::Launch;
use enigma_ir::{Arg, DType, Opcode, ValueId};

/// Places in the buffers for each threadgroup.
const ROOM: usize = 128;

/// Whole simdgroups and one of 6 lanes; small threadgroups in three dimensions, with ragged edges.
const LAUNCHES: [Launch; 2] =
    [Launch { grid: [70, 1, 1], threads: [70, 1, 1] }, Launch { grid: [7, 5, 3], threads: [4, 3, 3] }];

/// Threads of each threadgroup, x fastest.
fn threadgroups(launch: Launch) -> Vec<usize> {
    let [nx, ny, nz] = launch.threadgroups();
    let extent = |d: usize, n: u32| launch.threads[d].min(launch.grid[d] - n * launch.threads[d]);
    let mut counts = Vec::new();
    for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
        counts.extend((0..nx).map(|x| (extent(0, x) * extent(1, y) * extent(2, z)) as usize));
    }
    counts
}

/// The place of a thread in the buffers.
fn place(s: &mut Sketch) -> ValueId {
    let name = |d: &str| Arg::Name(d.to_owned());
    let [x, y, z] = ["x", "y", "z"].map(|d| s.value(Opcode::ThreadgroupPositionInGrid, [name(d)]));
    let [nx, ny] = ["x", "y"].map(|d| s.value(Opcode::ThreadgroupsPerGrid, [name(d)]));
    let rows = s.value(Opcode::Mul, [z.into(), ny.into()]);
    let row = s.value(Opcode::Add, [rows.into(), y.into()]);
    let before = s.value(Opcode::Mul, [row.into(), nx.into()]);
    let number = s.value(Opcode::Add, [before.into(), x.into()]);
    let start = s.value(Opcode::Mul, [number.into(), int(ROOM as i128)]);
    let thread = s.value(Opcode::ThreadIndexInThreadgroup, []);
    s.value(Opcode::Add, [start.into(), thread.into()])
}

fn takes_part(place: usize) -> bool {
    place % 7 != 3
}

/// Runs `make` on the number of each thread that takes part, and compares with `wanted`: given the places of those of a
/// simdgroup that take part, and which of them asks.
fn compare(
    dtype: DType,
    what: &str,
    bits: impl Fn(usize) -> u64,
    make: impl Fn(&mut Sketch, ValueId, ValueId) -> ValueId,
    wanted: impl Fn(&[usize], usize) -> u64,
) {
    for launch in LAUNCHES {
        let mut s = Sketch::new();
        let [src, out] = ["src", "out"].map(|n| s.buffer(n, dtype));
        let at = place(&mut s);
        let x = s.load(src, at);
        let rest = s.value(Opcode::Rem, [at.into(), int(7)]);
        let part = s.value(Opcode::CmpNe, [rest.into(), int(3)]);
        s.when(part, |s| {
            let result = make(s, x, at);
            s.store(out, at, result);
        });
        let counts = threadgroups(launch);
        let room = counts.len() * ROOM;
        let (source, mut got) = (Data::new(dtype, (0..room).map(&bits)), Data::new(dtype, vec![0; room]));
        run(&s.program(), launch, &[source.read(dtype), got.write(dtype)]);
        let got = got.bits();
        for (group, &count) in counts.iter().enumerate() {
            for start in (0..count).step_by(32) {
                let lanes: Vec<usize> =
                    (start..count.min(start + 32)).map(|t| group * ROOM + t).filter(|&at| takes_part(at)).collect();
                for &asks in &lanes {
                    assert_eq!(got[asks], wanted(&lanes, asks), "{what} of {dtype} at {asks} of {launch:?}");
                }
            }
        }
    }
}

fn number_bits(dtype: DType) -> impl Fn(usize) -> u64 {
    move |i: usize| match dtype.is_float() {
        true => float_bits(dtype, [1.0, -2.0, 0.5, 1.5, 4.0][i % 5]),
        false => int_bits(dtype, i as i128 * 37 - 50),
    }
}

/// Makes one number of several, one after another, rounding once at the end.
fn total(code: Opcode, dtype: DType, numbers: impl Iterator<Item = u64>) -> Option<u64> {
    let name = code.info().name;
    let is = |what: &str| name.contains(what);
    if dtype.is_float() {
        let both = |x: f32, y: f32| match () {
            () if is("sum") => x + y,
            () if is("product") => x * y,
            () if is("min") => x.min(y),
            () => x.max(y),
        };
        return numbers.map(|bits| float_of(dtype, bits)).reduce(both).map(|x| float_bits(dtype, x));
    }
    let both = |x: i128, y: i128| match () {
        () if is("sum") => x + y,
        () if is("product") => dtype.wrap(x.wrapping_mul(y)),
        () if is("min") => x.min(y),
        () if is("max") => x.max(y),
        () if is("xor") => x ^ y,
        () if is("or") => x | y,
        () => x & y,
    };
    numbers.map(|bits| int_of(dtype, bits)).reduce(both).map(|x| int_bits(dtype, x))
}

/// The places in one quad with this one.
fn quad(lanes: &[usize], asks: usize) -> Vec<usize> {
    lanes.iter().copied().filter(|at| at % ROOM / 4 == asks % ROOM / 4).collect()
}

fn admitted(code: Opcode) -> impl Iterator<Item = DType> {
    DType::ALL.into_iter().filter(move |&d| code.info().signature.t.admits_dtype(d))
}

#[test]
fn scans_go_from_the_first_lane_to_the_last() {
    use Opcode::*;
    let scans = [
        (SimdPrefixExclusiveSum, 0),
        (SimdPrefixInclusiveSum, 0),
        (SimdPrefixExclusiveProduct, 1),
        (SimdPrefixInclusiveProduct, 1),
        (QuadPrefixExclusiveSum, 0),
        (QuadPrefixInclusiveSum, 0),
    ];
    for (code, nothing) in scans {
        for dtype in admitted(code) {
            // Numbers of which every sum and every product rounds.
            let bits = |i: usize| match dtype.is_float() {
                true => float_bits(dtype, 0.7 + (i % 11) as f32 / 13.0),
                false => number_bits(dtype)(i),
            };
            let name = code.info().name;
            let is_below = |at: usize, asks: usize| at < asks || at == asks && name.contains("inclusive");
            compare(
                dtype,
                name,
                bits,
                |s, x, _| s.value(code, [x.into()]),
                |lanes, asks| {
                    let lanes = if name.starts_with("quad") { quad(lanes, asks) } else { lanes.to_vec() };
                    let below = lanes.into_iter().filter(|&at| is_below(at, asks)).map(bits);
                    total(code, dtype, below).unwrap_or(match dtype.is_float() {
                        true => float_bits(dtype, nothing as f32),
                        false => int_bits(dtype, nothing),
                    })
                },
            );
        }
    }
}

#[test]
fn quads_are_reduced_each_for_itself() {
    use Opcode::*;
    for code in [QuadSum, QuadProduct, QuadMin, QuadMax, QuadAnd, QuadOr, QuadXor] {
        for dtype in admitted(code) {
            let bits = number_bits(dtype);
            compare(
                dtype,
                code.info().name,
                &bits,
                |s, x, _| s.value(code, [x.into()]),
                |lanes, asks| total(code, dtype, quad(lanes, asks).into_iter().map(&bits)).unwrap(),
            );
        }
    }
}

/// Lanes, distances and masks as they come: some in range, some not.
fn odd_lane(at: usize, dtype: DType) -> i128 {
    let (least, greatest) = dtype.integer_range().unwrap();
    let wanted = [0, 1, 2, 3, 5, 17, 31, 32, 33, -1, -2, 100, least, greatest];
    dtype.wrap(wanted[at * 5 % wanted.len()])
}

#[test]
fn shuffles_keep_their_own_where_no_lane_answers() {
    use Opcode::*;
    let ways = [
        (SimdShuffle, 32),
        (SimdShuffleUp, 32),
        (SimdShuffleDown, 32),
        (SimdShuffleXor, 32),
        (QuadShuffle, 4),
        (QuadShuffleUp, 4),
        (QuadShuffleDown, 4),
        (QuadShuffleXor, 4),
    ];
    let types = [(DType::I8, DType::I64), (DType::F16, DType::U64), (DType::F32, DType::I8), (DType::U64, DType::I32)];
    for ((code, team), (dtype, by)) in ways.into_iter().flat_map(|way| types.map(|types| (way, types))) {
        let bits = number_bits(dtype);
        let make = |s: &mut Sketch, x: ValueId, at: ValueId| {
            // The table of lanes as a chain of selections: it is not affine, and not uniform.
            let turn = s.value(Opcode::Mul, [at.into(), int(5)]);
            let turn = s.value(Opcode::Rem, [turn.into(), int(14)]);
            let mut lane = s.value(Opcode::Cast, [at.into(), Arg::DType(by)]);
            for n in 0..14 {
                let this = s.value(Opcode::CmpEq, [turn.into(), int(n)]);
                // 3 is the inverse of 5 modulo 14.
                let number = odd_lane(n as usize * 3 % 14, by);
                lane = s.value(Opcode::Select, [lane.into(), int(number), this.into()]);
            }
            s.value(code, [x.into(), lane.into()])
        };
        compare(dtype, code.info().name, &bits, make, |lanes, asks| {
            let (own, by) = ((asks % ROOM % team) as i128, odd_lane(asks % 14, by));
            let lane = match code.info().name {
                name if name.ends_with("up") => own - by,
                name if name.ends_with("down") => own + by,
                name if name.ends_with("xor") => own ^ by,
                _ => by,
            };
            let first = (asks % ROOM / team * team + asks / ROOM * ROOM) as i128;
            let found = lanes.iter().find(|&&at| at as i128 == first + lane && (0..team as i128).contains(&lane));
            bits(*found.unwrap_or(&asks))
        });
    }
}

#[test]
fn a_broadcast_asks_for_the_first_lane_that_takes_part() {
    for (code, team) in [(Opcode::SimdBroadcast, 32), (Opcode::QuadBroadcast, 4)] {
        for lane in [0, 2, 3, 31, 32, -1] {
            let bits = number_bits(DType::I32);
            compare(
                DType::I32,
                code.info().name,
                &bits,
                |s, x, _| s.value(code, [x.into(), int(lane)]),
                |lanes, asks| {
                    let first = asks / ROOM * ROOM + asks % ROOM / team * team;
                    let mut team = lanes.iter().filter(|&&at| (first..first + team).contains(&at)).copied();
                    let speaks = team.clone().find(|&at| at as i128 == first as i128 + lane);
                    bits(speaks.or(team.next()).unwrap())
                },
            );
        }
    }
}

#[test]
fn vectors_are_taken_component_by_component() {
    let mut s = Sketch::new();
    let out = s.buffer("out", DType::I32);
    let thread = s.thread();
    let i = s.value(Opcode::Cast, [thread.into(), Arg::DType(DType::I32)]);
    let square = s.value(Opcode::Mul, [i.into(), i.into()]);
    let v = s.value(Opcode::MakeVec, [i.into(), square.into()]);
    let below = s.value(Opcode::SimdPrefixExclusiveSum, [v.into()]);
    let other = s.value(Opcode::SimdShuffleXor, [v.into(), int(1)]);
    for (n, v) in [below, other].into_iter().enumerate() {
        let start = s.value(Opcode::Mul, [thread.into(), int(4)]);
        let at = s.value(Opcode::Add, [start.into(), int(n as i128 * 2)]);
        s.call(Opcode::VecStore, [out.into(), at.into(), v.into()]);
    }
    let mut got = vec![0i32; 40 * 4];
    run(&s.program(), line(40, 40), &[common::output(&mut got)]);
    for (t, got) in got.as_chunks::<4>().0.iter().enumerate() {
        let below = |f: fn(i32) -> i32| (t / 32 * 32..t).map(|i| f(i as i32)).sum::<i32>();
        let other = (t ^ 1) as i32;
        assert_eq!(*got, [below(|i| i), below(|i| i * i), other, other * other], "{t}");
    }
}
