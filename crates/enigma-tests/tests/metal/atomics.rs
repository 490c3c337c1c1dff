//! Atomic operations: of every element type, in device and in threadgroup memory, with every order.

use enigma_ir::table::{AttrKind, Group, Kind, OpInfo, Orders, TABLE};
use enigma_ir::{Arg, DType, Literal, MemoryId, MemoryOrder, Opcode, ValueId};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::{int, name};

use crate::case::{Case, check};
use crate::data::{Data, number};

/// Threads of one threadgroup; there are two.
const THREADS: usize = 40;

/// Whether this file executes a row.
pub fn is_atomic(row: &OpInfo) -> bool {
    row.group == Group::Atomic
}

#[test]
fn every_operation() {
    let mut cases = Vec::new();
    for row in TABLE.iter().filter(|row| is_atomic(row) && row.code != Opcode::AtomicCompareExchangeWeak) {
        for dtype in DType::ALL.into_iter().filter(|&dtype| row.signature.t.admits_dtype(dtype)) {
            for order in orders(row) {
                cases.extend([false, true].map(|in_tile| case(row, dtype, order, in_tile)));
            }
        }
    }
    check(&cases, &[AsyncLowering::Asm]);
}

/// The orders that a row takes.
fn orders(row: &OpInfo) -> impl Iterator<Item = MemoryOrder> {
    let kinds = row.signature.params.iter().find_map(|param| match param.kind {
        Kind::Attr(AttrKind::MemoryOrder(orders)) => Some(orders),
        _ => None,
    });
    MemoryOrder::ALL.into_iter().filter(move |order| match kinds {
        Some(Orders::Load) => !order.releases(),
        Some(Orders::Store) => !order.acquires(),
        _ => true,
    })
}

/// All threads of a group meet at one element; each has another for itself. Element 0 is the group's, the rest are the
/// threads'; what an operation gives goes to `held`.
fn case(row: &'static OpInfo, dtype: DType, order: MemoryOrder, in_tile: bool) -> Case {
    let title = format!("{}_{dtype}_{}_{in_tile}", row.name, order.name());
    let slots = THREADS + 1;
    let contended = matches!(row.name.rsplit('_').next(), Some("add" | "sub" | "min" | "max" | "and" | "or" | "xor"));
    let kernel = Make::kernel(&title, |k| {
        let (data, input, held) = (k.buffer("data", dtype), k.buffer("input", dtype), k.buffer("held", dtype));
        let tile = in_tile.then(|| k.tile("tile", dtype, slots as i128));
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        let own = k.value(Opcode::ThreadIndexInThreadgroup, &[]);
        let own = k.named("own", Opcode::Add, &[own.into(), int(1)]);
        let group = k.value(Opcode::ThreadgroupPositionInGrid, &[]);
        let base = k.named("base", Opcode::Mul, &[group.into(), int(slots as i128)]);
        let common = k.value(Opcode::Cast, &[int(0), Arg::DType(DType::U32)]);
        let place = |k: &mut Make, slot: ValueId| k.value(Opcode::Add, &[base.into(), slot.into()]);
        let value = k.load(input, i);
        let (own_place, common_place) = (place(k, own), place(k, common));
        if let Some(tile) = tile {
            for (slot, at) in [(own, own_place), (common, common_place)] {
                let x = k.load(data, at);
                k.store(tile, slot, x);
            }
            k.does(Opcode::Barrier, &[name("mem_device_and_threadgroup")]);
        }
        let places = match tile {
            Some(tile) => [(tile, own), (tile, common)],
            None => [(data, own_place), (data, common_place)],
        };
        let result = operate(k, row, places[0], value, order);
        k.store(held, i, result.map_or(int(0), Arg::from));
        if contended {
            operate(k, row, places[1], value, order);
        }
        if let Some(tile) = tile {
            k.barrier();
            for (slot, at) in [(own, own_place), (common, common_place)] {
                let x = k.load(tile, slot);
                k.store(data, at, x);
            }
        }
    });
    let data = Data::new(dtype, (0..2 * slots as i128).map(|i| i * 5 + 3));
    let input = Data::new(dtype, (0..2 * THREADS as i128).map(|i| (i * 37) % 64 + 1));
    let mut after = data.values.clone();
    let mut held = Vec::new();
    for (i, &value) in input.values.iter().enumerate() {
        let (group, lane) = (i / THREADS, i % THREADS);
        let own = group * slots + lane + 1;
        held.push(if row.name == "atomic_store" { number(dtype, Literal::Int(0)) } else { after[own] });
        after[own] = changed(row.name, dtype, after[own], value);
        if contended {
            after[group * slots] = changed(row.name, dtype, after[group * slots], value);
        }
    }
    let output = Data::filled(dtype, 2 * THREADS, 0);
    let expected = vec![(0, after.into_iter().map(Some).collect()), (2, held.into_iter().map(Some).collect())];
    Case {
        kernel,
        arguments: vec![data, input, output],
        grid: [2 * THREADS as u32, 1, 1],
        threads: [THREADS as u32, 1, 1],
        expected,
        tolerance: 0.0,
    }
}

fn operate(
    k: &mut Make,
    row: &OpInfo,
    (memory, at): (MemoryId, ValueId),
    value: ValueId,
    order: MemoryOrder,
) -> Option<ValueId> {
    let mut args: Vec<Arg> = vec![memory.into(), at.into()];
    args.extend((row.code != Opcode::AtomicLoad).then(|| Arg::from(value)));
    args.push(name(order.name()));
    if row.code == Opcode::AtomicStore {
        k.does(row.code, &args);
        return None;
    }
    Some(k.value(row.code, &args))
}

/// What an element holds after an operation.
fn changed(operation: &str, dtype: DType, held: Literal, value: Literal) -> Literal {
    let result = match (held, value) {
        (Literal::Float(x), Literal::Float(y)) => Literal::Float(match operation.rsplit('_').next() {
            Some("add") => x + y,
            Some("sub") => x - y,
            Some("load") => x,
            _ => y,
        }),
        _ => {
            let (x, y) = (held.as_int().unwrap_or(0), value.as_int().unwrap_or(0));
            Literal::Int(match operation.rsplit('_').next() {
                Some("add") => x + y,
                Some("sub") => x - y,
                Some("min") => x.min(y),
                Some("max") => x.max(y),
                Some("and") => x & y,
                Some("or") => x | y,
                Some("xor") => x ^ y,
                Some("load") => x,
                _ => y,
            })
        }
    };
    number(dtype, result)
}

#[test]
fn compare_and_exchange() {
    let cases: Vec<Case> = [DType::I32, DType::U32, DType::F32]
        .into_iter()
        .flat_map(|dtype| [(false, "relaxed", "relaxed"), (true, "acq_rel", "acquire")].map(|how| counter(dtype, how)))
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// Every thread adds one, in a loop that goes on until nobody came between.
fn counter(dtype: DType, (in_tile, success, failure): (bool, &str, &str)) -> Case {
    let kernel = Make::kernel(&format!("counter_{dtype}_{in_tile}"), |k| {
        let total = k.buffer("total", dtype);
        let tile = k.tile("tile", dtype, 2);
        let i = k.value(Opcode::ThreadIndexInThreadgroup, &[]);
        let first = k.named("first", Opcode::CmpEq, &[i.into(), int(0)]);
        k.does(Opcode::StoreIf, &[tile.into(), int(1), int(0), first.into()]);
        k.barrier();
        let memory = if in_tile { tile } else { total };
        let done = k.begin_while(&[Arg::Literal(Literal::Bool(false))]);
        let again = k.value(Opcode::Not, &[done[0].into()]);
        k.begin_while_body(again);
        let held = k.value(Opcode::AtomicLoad, &[memory.into(), int(1)]);
        let next = k.value(Opcode::Add, &[held.into(), int(1)]);
        let done = k.value(
            Opcode::AtomicCompareExchangeWeak,
            &[memory.into(), int(1), held.into(), next.into(), name(success), name(failure)],
        );
        k.end_while(&[done]);
        k.barrier();
        if in_tile {
            let x = k.load(tile, int(1));
            k.does(Opcode::StoreIf, &[total.into(), int(1), x.into(), first.into()]);
        }
    });
    let expected = Data::new(dtype, [0, THREADS as i128]);
    Case::exact(kernel, vec![Data::filled(dtype, 2, 0)], THREADS as u32, 0, expected)
}

/// One thread publishes a number and raises a flag; the others wait for the flag and read the number.
#[test]
fn messages() {
    let kernel = Make::kernel("messages", |k| {
        let (number, flag, out) =
            (k.buffer("number", DType::F32), k.buffer("flag", DType::U32), k.buffer("out", DType::F32));
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        let last = k.value(Opcode::CmpEq, &[i.into(), int(THREADS as i128 - 1)]);
        k.begin_if(last);
        k.store(number, int(0), Arg::Literal(Literal::Float(2.5)));
        k.does(Opcode::AtomicStore, &[flag.into(), int(0), int(1), name("release")]);
        k.begin_else(&[]);
        k.end_if(&[]);
        k.begin_while(&[]);
        let raised = k.value(Opcode::AtomicLoad, &[flag.into(), int(0), name("acquire")]);
        let waits = k.value(Opcode::CmpEq, &[raised.into(), int(0)]);
        k.begin_while_body(waits);
        k.end_while(&[]);
        let x = k.load(number, int(0));
        k.store(out, i, x);
    });
    let arguments =
        vec![Data::filled(DType::F32, 1, 0), Data::filled(DType::U32, 1, 0), Data::filled(DType::F32, THREADS, 0)];
    let expected = Data::floats(DType::F32, [2.5; THREADS]);
    check(&[Case::exact(kernel, arguments, THREADS as u32, 2, expected)], &[AsyncLowering::Asm]);
}
