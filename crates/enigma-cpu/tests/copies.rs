//! Asynchronous copies against a plain model: both directions, all element sizes, threadgroup and register tiles.

mod common;

use common::data::Data;
use common::{Sketch, int, line, name, run};
use enigma_cpu::Argument;
use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode, ValueId};
use proptest::prelude::*;

/// Elements of the tile and of the device buffer.
const TILE: usize = 96;
const DEVICE: usize = 160;

/// What a copy is given, all of it at run time.
#[derive(Clone, Debug)]
struct Case {
    dtype: DType,
    offsets: [i128; 2],
    pitches: [i128; 2],
    extent: [i128; 2],
    valid: [i128; 2],
    edge: bool,
    predicate: bool,
    registers: bool,
    linear: bool,
}

/// Copies that stay inside. The first of each pair is the tile's side.
fn case() -> impl Strategy<Value = Case> {
    let dtype = prop::sample::select(vec![DType::U8, DType::Bool, DType::F16, DType::I32, DType::F32, DType::U64]);
    let tile = (0..12i128, 0..7i128).prop_flat_map(|(cols, rows)| {
        let pitch = cols.max(1)..=13;
        let valid = (-2..=cols + 2, -2..=rows + 2);
        (Just([cols, rows]), pitch.clone(), pitch, valid, 0..10i128, 0..60i128)
    });
    (dtype, tile, any::<[bool; 3]>(), 0..8u8).prop_map(|(dtype, tile, [edge, registers, linear], predicate)| {
        let (extent, tile_pitch, device_pitch, valid, tile_offset, device_offset) = tile;
        Case {
            dtype,
            offsets: [tile_offset, device_offset],
            pitches: [tile_pitch, device_pitch],
            extent,
            valid: [valid.0, valid.1],
            edge,
            predicate: predicate > 0,
            registers,
            linear,
        }
    })
}

fn pattern(dtype: DType, count: usize, start: u64) -> Data {
    Data::new(
        dtype,
        (0..count as u64).map(|i| if dtype == DType::Bool { (i * i + start) % 3 % 2 } else { start + i * 7 }),
    )
}

/// The elements (destination, source) that a copy writes; no source where it fills.
fn moves(case: &Case, to_device: bool) -> Vec<(usize, Option<usize>)> {
    let [cols, rows] = case.extent;
    let (cols, rows, valid, pitches) = match case.linear {
        true => (cols, 1, [cols, 1], [0, 0]),
        false => (cols, rows, [case.valid[0].clamp(0, cols), case.valid[1].clamp(0, rows)], case.pitches),
    };
    let mut moves = Vec::new();
    if !case.predicate {
        return moves;
    }
    for (r, c) in (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c))) {
        let tile = (case.offsets[0] + r * pitches[0] + c) as usize;
        let at = |r: i128, c: i128| (case.offsets[1] + r * pitches[1] + c) as usize;
        let exists = r < valid[1] && c < valid[0];
        match (to_device, exists) {
            (true, true) => moves.push((at(r, c), Some(tile))),
            (true, false) => {}
            (false, true) => moves.push((tile, Some(at(r, c)))),
            (false, false) if case.edge && !case.linear && valid[0] > 0 && valid[1] > 0 => {
                moves.push((tile, Some(at(r.min(valid[1] - 1), c.min(valid[0] - 1)))));
            }
            (false, false) => moves.push((tile, None)),
        }
    }
    moves
}

/// The scalars that a case passes, as parameters of the kernel.
fn scalars(s: &mut Sketch) -> Vec<ValueId> {
    ["tile_offset", "device_offset", "tile_pitch", "device_pitch", "cols", "rows", "valid_cols", "valid_rows"]
        .map(|n| s.scalar(n, DType::I32))
        .to_vec()
}

fn arguments<'a>(case: &Case, buffers: Vec<Argument<'a>>) -> Vec<Argument<'a>> {
    let numbers = [case.offsets, case.pitches, case.extent, case.valid].concat();
    let scalars = numbers.into_iter().map(|v| Argument::Scalar(Literal::Int(v)));
    let predicate = Argument::Scalar(Literal::Bool(case.predicate));
    buffers.into_iter().chain(scalars).chain([predicate]).collect()
}

fn copy(
    s: &mut Sketch,
    case: &Case,
    to_device: bool,
    tile: MemoryId,
    device: MemoryId,
    n: &[ValueId],
    predicate: ValueId,
) {
    let tile_side: [Arg; 3] = [tile.into(), n[0].into(), n[2].into()];
    let device_side: [Arg; 3] = [device.into(), n[1].into(), n[3].into()];
    let [dst, src] = if to_device { [device_side, tile_side] } else { [tile_side, device_side] };
    let mut args: Vec<Arg> = Vec::new();
    let code = match (case.linear, to_device) {
        (true, true) => Opcode::AsyncCopy1dT2d,
        (true, false) => Opcode::AsyncCopy1dD2t,
        (false, true) => Opcode::AsyncCopy2dT2d,
        (false, false) => Opcode::AsyncCopy2dD2t,
    };
    if case.linear {
        args.extend([&dst[..2], &src[..2]].concat());
        args.extend([n[4].into(), predicate.into()]);
    } else {
        args.extend([dst, src].concat());
        args.extend([n[4].into(), n[5].into(), predicate.into(), n[6].into(), n[7].into()]);
        if !to_device {
            args.push(name(if case.edge { "edge" } else { "zero" }));
        }
    }
    let event = s.b.value(code, &args, enigma_ir::Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 7 });
    s.wait(event);
}

fn tile_of(s: &mut Sketch, case: &Case) -> MemoryId {
    match case.registers {
        true => s.registers("tile", case.dtype, TILE as i128, None),
        false => s.tile("tile", case.dtype, TILE as i128),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The tile is first filled with a pattern, so that a margin that is touched shows.
    #[test]
    fn from_device_to_a_tile(case in case()) {
        let mut s = Sketch::new();
        let [src, margin, out] = ["src", "margin", "out"].map(|n| s.buffer(n, case.dtype));
        let n = scalars(&mut s);
        let predicate = s.scalar("predicate", DType::Bool);
        let tile = tile_of(&mut s, &case);
        s.count([int(0), int(TILE as i128), int(1)], DType::I32, &[], |s, i, _| {
            let x = s.load(margin, i);
            s.store(tile, i, x);
            Vec::new()
        });
        s.barrier();
        copy(&mut s, &case, false, tile, src, &n, predicate);
        s.barrier();
        s.count([int(0), int(TILE as i128), int(1)], DType::I32, &[], |s, i, _| {
            let x = s.load(tile, i);
            s.store(out, i, x);
            Vec::new()
        });
        let source = pattern(case.dtype, DEVICE, 1);
        let margin = pattern(case.dtype, TILE, 2);
        let mut out = pattern(case.dtype, TILE, 3);
        let mut wanted = margin.bits();
        let moves = moves(&case, false);
        for &(to, from) in &moves {
            wanted[to] = from.map_or(0, |from| source.bits()[from]);
        }
        let buffers = vec![source.read(case.dtype), margin.read(case.dtype), out.write(case.dtype)];
        let statistics = run(&s.program(), line(32, 32), &arguments(&case, buffers));
        prop_assert_eq!(out.bits(), wanted);
        prop_assert_eq!(statistics.copies, u64::from(!moves.is_empty()));
        prop_assert_eq!(statistics.max_in_flight, u64::from(!moves.is_empty()));
    }

    #[test]
    fn from_a_tile_to_device(case in case()) {
        let mut s = Sketch::new();
        let [src, out] = ["src", "out"].map(|n| s.buffer(n, case.dtype));
        let n = scalars(&mut s);
        let predicate = s.scalar("predicate", DType::Bool);
        let tile = tile_of(&mut s, &case);
        s.count([int(0), int(TILE as i128), int(1)], DType::I32, &[], |s, i, _| {
            let x = s.load(src, i);
            s.store(tile, i, x);
            Vec::new()
        });
        s.barrier();
        copy(&mut s, &case, true, tile, out, &n, predicate);
        let source = pattern(case.dtype, TILE, 1);
        let mut out = pattern(case.dtype, DEVICE, 2);
        let mut wanted = out.bits();
        let moves = moves(&case, true);
        for &(to, from) in &moves {
            wanted[to] = from.map_or(0, |from| source.bits()[from]);
        }
        let buffers = vec![source.read(case.dtype), out.write(case.dtype)];
        let statistics = run(&s.program(), line(32, 32), &arguments(&case, buffers));
        prop_assert_eq!(out.bits(), wanted);
        let lanes = if case.registers { 32 } else { 1 };
        prop_assert_eq!(statistics.bytes_copied, (moves.len() * case.dtype.size() * lanes) as u64);
    }
}

/// Each of four simdgroups copies its own band, double-buffered, the events carried round the loop.
#[test]
fn every_simdgroup_issues_its_own_copy() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::F32));
    let tile = s.tile("tile", DType::F32, 2 * 128);
    let simdgroup = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
    let band = s.value(Opcode::Mul, [simdgroup.into(), int(32)]);
    let thread = s.value(Opcode::ThreadIndexInThreadgroup, []);
    let issue = |s: &mut Sketch, round: Arg| {
        let stage = s.value(Opcode::Rem, [round.clone(), int(2)]);
        let stage = s.value(Opcode::Mul, [stage.into(), int(128)]);
        let to = s.value(Opcode::Add, [stage.into(), band.into()]);
        let start = s.value(Opcode::Mul, [round.clone(), int(128)]);
        let from = s.value(Opcode::Add, [start.into(), band.into()]);
        let more = s.value(Opcode::CmpLt, [round, int(10)]);
        s.value(Opcode::AsyncCopy1dD2t, [tile.into(), to.into(), src.into(), from.into(), int(32), more.into()])
    };
    let first = issue(&mut s, int(0));
    let last = s.count([int(0), int(10), int(1)], DType::U32, &[first.into()], |s, round, carried| {
        let next = s.value(Opcode::Add, [round.into(), int(1)]);
        let next = issue(s, next.into());
        s.wait(carried[0]);
        s.barrier();
        let stage = s.value(Opcode::Rem, [round.into(), int(2)]);
        let stage = s.value(Opcode::Mul, [stage.into(), int(128)]);
        let mirrored = s.value(Opcode::Sub, [int(127), thread.into()]);
        let at = s.value(Opcode::Add, [stage.into(), mirrored.into()]);
        let x = s.load(tile, at);
        let start = s.value(Opcode::Mul, [round.into(), int(128)]);
        let to = s.value(Opcode::Add, [start.into(), thread.into()]);
        s.store(out, to, x);
        s.barrier();
        vec![next]
    });
    s.wait(last[0]);
    let source: Vec<f32> = (0..1280).map(|i| i as f32).collect();
    let mut got = vec![0.0f32; 1280];
    let statistics = run(&s.program(), line(128, 128), &[common::input(&source), common::output(&mut got)]);
    assert!(got.iter().enumerate().all(|(i, &x)| x as usize == i / 128 * 128 + 127 - i % 128));
    assert_eq!((statistics.copies, statistics.bytes_copied, statistics.max_in_flight), (40, 5120, 8));
}

/// Copies to and from registers may stand in divergent flow, with operands of each lane's own.
#[test]
fn lanes_copy_to_their_registers_by_themselves() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::I32));
    let regs = s.registers("regs", DType::I32, 4, Some(int(-1)));
    let thread = s.thread();
    let odd = s.value(Opcode::Rem, [thread.into(), int(2)]);
    let odd = s.value(Opcode::CmpEq, [odd.into(), int(1)]);
    let start = s.value(Opcode::Mul, [thread.into(), int(4)]);
    s.when(odd, |s| {
        let count = s.value(Opcode::Rem, [thread.into(), int(5)]);
        let event = s.value(Opcode::AsyncCopy1dD2t, [regs.into(), int(0), src.into(), start.into(), count.into()]);
        s.wait(event);
    });
    let event = s.value(Opcode::AsyncCopy1dT2d, [out.into(), start.into(), regs.into(), int(0), int(4)]);
    s.wait(event);
    let source: Vec<i32> = (0..400).collect();
    let mut got = vec![0i32; 400];
    run(&s.program(), line(100, 50), &[common::input(&source), common::output(&mut got)]);
    for (i, &x) in got.iter().enumerate() {
        let (thread, n) = (i / 4, i % 4);
        assert_eq!(x, if thread % 2 == 1 && n < thread % 5 { i as i32 } else { -1 }, "element {i}");
    }
}

/// Simdgroup `g` goes round a loop `g + 1` times, each time waiting for the copy of the round before: whole simdgroups may diverge.
#[test]
fn simdgroups_may_leave_a_loop_one_after_another() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::I32));
    let tile = s.tile("tile", DType::I32, 128);
    let simdgroup = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
    let band = s.value(Opcode::Mul, [simdgroup.into(), int(32)]);
    let rounds = s.value(Opcode::Add, [simdgroup.into(), int(1)]);
    let issue = |s: &mut Sketch, round: Arg| {
        let start = s.value(Opcode::Mul, [round, int(128)]);
        let from = s.value(Opcode::Add, [start.into(), band.into()]);
        s.value(Opcode::AsyncCopy1dD2t, [tile.into(), band.into(), src.into(), from.into(), int(32)])
    };
    let first = issue(&mut s, int(0));
    let last = s.count([int(0), rounds.into(), int(1)], DType::U32, &[first.into()], |s, round, carried| {
        s.wait(carried[0]);
        let next = s.value(Opcode::Add, [round.into(), int(1)]);
        vec![issue(s, next.into())]
    });
    s.wait(last[0]);
    s.barrier();
    let thread = s.value(Opcode::ThreadIndexInThreadgroup, []);
    let x = s.load(tile, thread);
    s.store(out, thread, x);
    let source: Vec<i32> = (0..128 * 5).collect();
    let mut got = vec![0i32; 128];
    let statistics = run(&s.program(), line(128, 128), &[common::input(&source), common::output(&mut got)]);
    for (i, &x) in got.iter().enumerate() {
        assert_eq!(x as usize, (i / 32 + 1) * 128 + i, "thread {i}");
    }
    assert_eq!((statistics.copies, statistics.max_in_flight), (4 + 1 + 2 + 3 + 4, 4));
}
