//! Asynchronous copies under every lowering: both directions, both shapes, pitches, offsets, edges, predicates, empty
//! copies, registers, events carried by loops.

use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode, ValueId};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::{int, name};

use crate::case::{Case, check, check_every_target};
use crate::data::Data;

/// Elements of the near side (the tile or the registers) and of device memory.
const NEAR: usize = 120;
const FAR: usize = 400;
const THREADS: u32 = 32;
/// What a copy must leave as it was.
const MARGIN: i128 = 77;

/// What a copy is to do.
#[derive(Copy, Clone)]
struct Plan {
    tile: bool,
    near_offset: i128,
    near_pitch: i128,
    far_offset: i128,
    far_pitch: i128,
    cols: i128,
    rows: i128,
    /// Columns and rows that exist, where that differs.
    valid: Option<[i128; 2]>,
    edge: bool,
    predicate: Option<bool>,
}

const LINE: Plan = Plan {
    tile: false,
    near_offset: 0,
    near_pitch: 0,
    far_offset: 0,
    far_pitch: 0,
    cols: 64,
    rows: 1,
    valid: None,
    edge: false,
    predicate: None,
};

const TILE: Plan =
    Plan { tile: true, near_offset: 5, near_pitch: 12, far_offset: 7, far_pitch: 23, cols: 9, rows: 6, ..LINE };

/// Sorts of operands: numbers in the source, or parameters of the kernel.
#[derive(Copy, Clone, PartialEq)]
enum Operands {
    Constant,
    Signed,
    Unsigned,
}

fn lines() -> Vec<Plan> {
    vec![
        LINE,
        Plan { cols: 1, ..LINE },
        Plan { cols: 0, ..LINE },
        Plan { near_offset: 3, far_offset: 11, cols: 77, ..LINE },
        Plan { predicate: Some(false), ..LINE },
        Plan { predicate: Some(true), cols: 33, ..LINE },
    ]
}

fn tiles() -> Vec<Plan> {
    let mut plans = vec![
        TILE,
        Plan { near_offset: 0, near_pitch: 9, far_offset: 0, far_pitch: 9, ..TILE },
        Plan { cols: 0, ..TILE },
        Plan { rows: 0, ..TILE },
        Plan { cols: 1, rows: 1, ..TILE },
        Plan { predicate: Some(false), ..TILE },
    ];
    for valid in [[4, 3], [9, 2], [1, 6], [0, 3], [4, 0], [100, 100]] {
        for edge in [false, true] {
            plans.push(Plan { valid: Some(valid), edge, ..TILE });
        }
    }
    plans.push(Plan { valid: Some([3, 3]), predicate: Some(false), ..TILE });
    plans
}

/// The copy as a function: where each element of the destination comes from; `None` is zero.
fn moves(plan: &Plan, to_device: bool) -> Vec<(i128, Option<i128>)> {
    let [valid_cols, valid_rows] = plan.valid.unwrap_or([plan.cols, plan.rows]);
    let (valid_cols, valid_rows) = (valid_cols.clamp(0, plan.cols), valid_rows.clamp(0, plan.rows));
    if plan.predicate == Some(false) {
        return Vec::new();
    }
    let mut list = Vec::new();
    for r in 0..plan.rows {
        for c in 0..plan.cols {
            let near = plan.near_offset + r * plan.near_pitch + c;
            let far = |r: i128, c: i128| plan.far_offset + r * plan.far_pitch + c;
            let exists = r < valid_rows && c < valid_cols;
            match (to_device, exists) {
                (true, true) => list.push((far(r, c), Some(near))),
                (true, false) => {}
                (false, true) => list.push((near, Some(far(r, c)))),
                (false, false) if plan.edge && valid_cols > 0 && valid_rows > 0 => {
                    list.push((near, Some(far(r.min(valid_rows - 1), c.min(valid_cols - 1)))));
                }
                (false, false) => list.push((near, None)),
            }
        }
    }
    list
}

/// Operands of a copy, in the order of its row, and the scalars to bind.
fn operands(
    k: &mut Make,
    plan: &Plan,
    how: Operands,
    near: MemoryId,
    far: MemoryId,
    to_device: bool,
) -> (Vec<Arg>, Vec<Data>) {
    let mut scalars = Vec::new();
    let mut number = |k: &mut Make, label: &str, value: i128| match how {
        Operands::Constant => int(value),
        _ => {
            let dtype = if how == Operands::Signed { DType::I32 } else { DType::U32 };
            scalars.push(Data::scalar(dtype, value));
            k.scalar(label, dtype).into()
        }
    };
    let near_offset = number(k, "near_offset", plan.near_offset);
    let far_offset = number(k, "far_offset", plan.far_offset);
    let condition = match (plan.predicate, how) {
        (None, _) => Arg::Missing,
        (Some(yes), Operands::Constant) => Arg::Literal(Literal::Bool(yes)),
        (Some(yes), _) => {
            let on = number(k, "on", i128::from(yes));
            k.value(Opcode::CmpEq, &[on, int(1)]).into()
        }
    };
    let mut args = Vec::new();
    if !plan.tile {
        let count = number(k, "count", plan.cols);
        let sides = [vec![near.into(), near_offset], vec![far.into(), far_offset]];
        args.extend(if to_device { [sides[1].clone(), sides[0].clone()].concat() } else { sides.concat() });
        args.extend([count, condition]);
        return (args, scalars);
    }
    let near_side = vec![near.into(), near_offset, number(k, "near_pitch", plan.near_pitch)];
    let far_side = vec![far.into(), far_offset, number(k, "far_pitch", plan.far_pitch)];
    args.extend(if to_device { [far_side, near_side].concat() } else { [near_side, far_side].concat() });
    args.extend([number(k, "cols", plan.cols), number(k, "rows", plan.rows), condition]);
    if let Some([cols, rows]) = plan.valid {
        args.extend([number(k, "valid_cols", cols), number(k, "valid_rows", rows)]);
        if !to_device {
            args.push(name(if plan.edge { "edge" } else { "zero" }));
        }
    }
    (args, scalars)
}

fn opcode(plan: &Plan, to_device: bool) -> Opcode {
    match (plan.tile, to_device) {
        (false, false) => Opcode::AsyncCopy1dD2t,
        (false, true) => Opcode::AsyncCopy1dT2d,
        (true, false) => Opcode::AsyncCopy2dD2t,
        (true, true) => Opcode::AsyncCopy2dT2d,
    }
}

/// For each lane in turn, or for one in every `step`: `near[i] = far[i]`, or the other way.
fn lanes_copy(k: &mut Make, dst: MemoryId, src: MemoryId, len: usize) {
    let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let (i, _) = k.begin_for([lane.into(), int(len as i128), int(32)], &[]);
    let x = k.load(src, i);
    k.store(dst, i, x);
    k.end_for(&[]);
}

fn wait(k: &mut Make, event: ValueId) {
    k.wait(&[event]);
    k.barrier();
}

/// The near side starts as margins, takes the copy, and is read out as a whole.
fn d2t(n: usize, plan: &Plan, how: Operands, dtype: DType) -> Case {
    let mut scalars = Vec::new();
    let kernel = Make::kernel(&format!("d2t_{n}_{dtype}"), |k| {
        let (input, before, output) = (k.buffer("input", dtype), k.buffer("before", dtype), k.buffer("output", dtype));
        let tile = k.tile("tile", dtype, NEAR as i128);
        let (args, bound) = operands(k, plan, how, tile, input, false);
        scalars = bound;
        lanes_copy(k, tile, before, NEAR);
        k.barrier();
        let event = k.named("ev", opcode(plan, false), &args);
        wait(k, event);
        lanes_copy(k, output, tile, NEAR);
    });
    let input = Data::new(dtype, (0..FAR as i128).map(|i| i % 100));
    let before = Data::filled(dtype, NEAR, MARGIN);
    let mut expected = before.clone();
    for (to, from) in moves(plan, false) {
        let zero = Data::scalar(dtype, 0).values[0];
        expected.values[to as usize] = from.map_or(zero, |from| input.values[from as usize]);
    }
    let mut arguments = vec![input, before, Data::filled(dtype, NEAR, 0)];
    arguments.extend(scalars);
    Case::exact(kernel, arguments, THREADS, 2, expected)
}

/// Device memory starts as margins and takes the copy.
fn t2d(n: usize, plan: &Plan, how: Operands, dtype: DType) -> Case {
    let mut scalars = Vec::new();
    let kernel = Make::kernel(&format!("t2d_{n}_{dtype}"), |k| {
        let (input, output) = (k.buffer("input", dtype), k.buffer("output", dtype));
        let tile = k.tile("tile", dtype, NEAR as i128);
        let (args, bound) = operands(k, plan, how, tile, output, true);
        scalars = bound;
        lanes_copy(k, tile, input, NEAR);
        k.barrier();
        let event = k.named("ev", opcode(plan, true), &args);
        wait(k, event);
    });
    let input = Data::new(dtype, (0..NEAR as i128).map(|i| i % 100));
    let before = Data::filled(dtype, FAR, MARGIN);
    let mut expected = before.clone();
    for (to, from) in moves(plan, true) {
        let from = from.unwrap_or(0);
        expected.values[to as usize] = input.values[from as usize];
    }
    let mut arguments = vec![input, before];
    arguments.extend(scalars);
    Case::exact(kernel, arguments, THREADS, 1, expected)
}

/// As `d2t` and `t2d`, through registers of each lane; only lane 3's are looked at.
fn registers(n: usize, plan: &Plan, how: Operands, dtype: DType) -> [Case; 2] {
    let far = Data::new(dtype, (0..FAR as i128).map(|i| i % 100));
    let near = Data::filled(dtype, NEAR, MARGIN);
    let make = |to_device: bool| {
        let mut scalars = Vec::new();
        let kernel = Make::kernel(&format!("registers_{n}_{dtype}_{to_device}"), |k| {
            let (input, output) = (k.buffer("input", dtype), k.buffer("output", dtype));
            let (args, bound) = {
                let own =
                    k.registers("own", dtype, NEAR as i128, Some(int(if dtype == DType::Bool { 1 } else { MARGIN })));
                let device = if to_device { output } else { input };
                let (args, bound) = operands(k, plan, how, own, device, to_device);
                ((args, own), bound)
            };
            scalars = bound;
            let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
            let third = k.value(Opcode::CmpEq, &[lane.into(), int(3)]);
            k.begin_if(third);
            let event = k.value(opcode(plan, to_device), &args.0);
            k.wait(&[event]);
            if !to_device {
                let (i, _) = k.begin_for([int(0), int(NEAR as i128), int(1)], &[]);
                let x = k.load(args.1, i);
                k.store(output, i, x);
                k.end_for(&[]);
            }
            k.begin_else(&[]);
            k.end_if(&[]);
        });
        (kernel, scalars)
    };
    let (kernel, scalars) = make(false);
    let mut expected = near.clone();
    for (to, from) in moves(plan, false) {
        let zero = Data::scalar(dtype, 0).values[0];
        expected.values[to as usize] = from.map_or(zero, |from| far.values[from as usize]);
    }
    let arguments = [vec![far.clone(), Data::filled(dtype, NEAR, 0)], scalars].concat();
    let inward = Case::exact(kernel, arguments, THREADS, 1, expected);
    let (kernel, scalars) = make(true);
    let mut expected = far.clone();
    for (to, _) in moves(plan, true) {
        expected.values[to as usize] = near.values[0];
    }
    let arguments = [vec![near, far], scalars].concat();
    let outward = Case::exact(kernel, arguments, THREADS, 1, expected);
    [inward, outward]
}

/// Element types of all sizes in turn.
fn dtype(n: usize) -> DType {
    DType::ALL[n % DType::ALL.len()]
}

const ALL: [Operands; 3] = [Operands::Constant, Operands::Signed, Operands::Unsigned];

#[test]
fn in_both_directions() {
    let mut cases = Vec::new();
    for how in ALL {
        for plan in lines().iter().chain(&tiles()) {
            let n = cases.len();
            cases.push(d2t(n, plan, how, dtype(n / 2)));
            cases.push(t2d(n, plan, how, dtype(n / 2)));
        }
    }
    check_every_target(&cases);
}

#[test]
fn through_registers() {
    let mut cases = Vec::new();
    for how in [Operands::Constant, Operands::Signed] {
        for plan in lines().iter().chain(&tiles()) {
            let n = cases.len();
            cases.extend(registers(n, plan, how, dtype(n / 2)));
        }
    }
    check(&cases, &[AsyncLowering::Asm, AsyncLowering::Cooperative]);
}

/// A negative valid extent is an extent of 0.
#[test]
fn nothing_is_valid() {
    let plan = Plan { valid: Some([-3, 4]), edge: true, ..TILE };
    check_every_target(&[d2t(0, &plan, Operands::Signed, DType::F32), t2d(1, &plan, Operands::Signed, DType::F32)]);
}

#[test]
fn events_live_on() {
    check_every_target(&[double_buffered(), several_at_once(), bands(), partial_simdgroup(), register_event_carried()]);
}

/// The copy of part n+1 flies while part n is used; the event is carried, and null on the last turn.
fn double_buffered() -> Case {
    let kernel = Make::kernel("double_buffered", |k| {
        let (input, output) = (k.buffer("input", DType::F32), k.buffer("output", DType::F32));
        let tile = k.tile("tile", DType::F32, 64);
        let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
        let first = k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), int(0), input.into(), int(0), int(32)]);
        let (step, carry) = k.begin_for([int(0), int(5), int(1)], &[first.into()]);
        k.call_it(carry[0], "ready");
        k.wait(&carry);
        k.barrier();
        let next = k.value(Opcode::Add, &[step.into(), int(1)]);
        let more = k.value(Opcode::CmpLt, &[next.into(), int(5)]);
        let to = k.value(Opcode::And, &[next.into(), int(1)]);
        let to = k.value(Opcode::Mul, &[to.into(), int(32)]);
        let from = k.value(Opcode::Mul, &[next.into(), int(32)]);
        let flying =
            k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), to.into(), input.into(), from.into(), int(32), more.into()]);
        let slot = k.value(Opcode::And, &[step.into(), int(1)]);
        let slot = k.value(Opcode::Mul, &[slot.into(), int(32)]);
        let slot = k.value(Opcode::Add, &[slot.into(), lane.into()]);
        let x = k.load(tile, slot);
        let x = k.value(Opcode::Add, &[x.into(), step.into()]);
        let at = k.value(Opcode::Mul, &[step.into(), int(32)]);
        let at = k.value(Opcode::Add, &[at.into(), lane.into()]);
        k.store(output, at, x);
        k.barrier();
        let last = k.end_for(&[flying]);
        k.wait(&last);
    });
    let input = Data::new(DType::F32, 0..160);
    let expected = Data::new(DType::F32, (0..160).map(|i| i + i / 32));
    Case::exact(kernel, vec![input, Data::filled(DType::F32, 160, 0)], 32, 1, expected)
}

/// Three copies in flight, two of them waited for together and one earlier.
fn several_at_once() -> Case {
    let kernel = Make::kernel("several_at_once", |k| {
        let (input, output) = (k.buffer("input", DType::I16), k.buffer("output", DType::I16));
        let tile = k.tile("tile", DType::I16, 96);
        let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
        let part = |k: &mut Make, n: i128| {
            let args = [tile.into(), int(32 * n), input.into(), int(64 - 32 * n), int(32)];
            k.value(Opcode::AsyncCopy1dD2t, &args)
        };
        let (a, b, c) = (part(k, 0), part(k, 1), part(k, 2));
        let read = |k: &mut Make, n: i128| {
            let at = k.value(Opcode::Add, &[lane.into(), int(32 * n)]);
            let x = k.load(tile, at);
            k.store(output, at, x);
        };
        k.wait(&[b]);
        k.barrier();
        read(k, 1);
        k.wait(&[c, a]);
        k.barrier();
        read(k, 0);
        read(k, 2);
    });
    let input = Data::new(DType::I16, 0..96);
    let expected = Data::new(DType::I16, (0..96).map(|i| (2 - i / 32) * 32 + i % 32));
    Case::exact(kernel, vec![input, Data::filled(DType::I16, 96, 0)], 32, 1, expected)
}

/// Four simdgroups copy a band each.
fn bands() -> Case {
    let kernel = Make::kernel("bands", |k| {
        let (input, output) = (k.buffer("input", DType::U64), k.buffer("output", DType::U64));
        let tile = k.tile("tile", DType::U64, 128);
        let group = k.value(Opcode::SimdgroupIndexInThreadgroup, &[]);
        let band = k.named("band", Opcode::Mul, &[group.into(), int(32)]);
        let event = k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), band.into(), input.into(), band.into(), int(32)]);
        wait(k, event);
        let i = k.named("i", Opcode::ThreadIndexInThreadgroup, &[]);
        let mirrored = k.value(Opcode::Sub, &[int(127), i.into()]);
        let x = k.load(tile, mirrored);
        k.store(output, i, x);
    });
    let input = Data::new(DType::U64, (0..128).map(|i| i << 40));
    let expected = Data::new(DType::U64, (0..128).map(|i| (127 - i) << 40));
    Case::exact(kernel, vec![input, Data::filled(DType::U64, 128, 0)], 128, 1, expected)
}

/// A simdgroup of 20 lanes copies all of its tile, fills included.
fn partial_simdgroup() -> Case {
    let kernel = Make::kernel("partial_simdgroup", |k| {
        let (input, output, rows) =
            (k.buffer("input", DType::U8), k.buffer("output", DType::U8), k.scalar("rows", DType::U32));
        let tile = k.tile("tile", DType::U8, 100);
        let args = [
            tile.into(),
            int(0),
            int(10),
            input.into(),
            int(0),
            int(10),
            int(10),
            int(10),
            Arg::Missing,
            int(7),
            rows.into(),
        ];
        let event = k.value(Opcode::AsyncCopy2dD2t, &args);
        wait(k, event);
        let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        let (i, _) = k.begin_for([lane.into(), int(100), int(20)], &[]);
        let x = k.load(tile, i);
        k.store(output, i, x);
        k.end_for(&[]);
    });
    let input = Data::new(DType::U8, 1..101);
    let expected = Data::new(DType::U8, (0..100).map(|i| if i % 10 < 7 && i / 10 < 4 { i + 1 } else { 0 }));
    let arguments = vec![input, Data::filled(DType::U8, 100, 0), Data::scalar(DType::U32, 4)];
    Case::exact(kernel, arguments, 20, 1, expected)
}

/// A loop that carries now the event of a copy to registers, now that of a copy to a tile.
fn register_event_carried() -> Case {
    let kernel = Make::kernel("register_event_carried", |k| {
        let (input, output) = (k.buffer("input", DType::F32), k.buffer("output", DType::F32));
        let tile = k.tile("tile", DType::F32, 32);
        let own = k.registers("own", DType::F32, 2, Some(int(0)));
        let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
        let first = k.value(Opcode::AsyncCopy1dD2t, &[own.into(), int(0), input.into(), lane.into(), int(1)]);
        let (_, carry) = k.begin_for([int(0), int(2), int(1)], &[first.into()]);
        k.wait(&carry);
        k.barrier();
        let next = k.value(Opcode::AsyncCopy1dD2t, &[tile.into(), int(0), input.into(), int(4), int(32)]);
        let last = k.end_for(&[next]);
        k.wait(&last);
        k.barrier();
        let (x, y) = (k.load(tile, lane), k.load(own, int(0)));
        let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
        k.store(output, lane, sum);
    });
    let input = Data::new(DType::F32, 0..36);
    let expected = Data::new(DType::F32, (0..32).map(|i| 2 * i + 4));
    Case::exact(kernel, vec![input, Data::filled(DType::F32, 32, 0)], 32, 1, expected)
}
