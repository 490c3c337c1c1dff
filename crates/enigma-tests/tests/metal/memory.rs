//! Masked loads and stores, which touch nothing where the mask does not hold, and loads and stores of vectors.

use enigma_ir::{Arg, DType, Literal, MemoryId, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, check};
use crate::data::{Data, number};

const THREADS: usize = 12;

#[test]
fn masked() {
    let cases: Vec<Case> =
        DType::ALL.into_iter().flat_map(|dtype| [false, true].map(|tile| masked_case(dtype, tile))).collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// Every third lane is masked off, and has an index so far outside that touching it would end the process.
fn masked_case(dtype: DType, in_tile: bool) -> Case {
    let kernel = Make::kernel(&format!("masked_{dtype}_{in_tile}"), |k| {
        let (source, mask, target) =
            (k.buffer("source", dtype), k.buffer("mask", DType::Bool), k.buffer("target", dtype));
        let tile = in_tile.then(|| k.tile("tile", dtype, THREADS as i128));
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        let holds = k.load(mask, i);
        let place = k.value(Opcode::Cast, &[i.into(), Arg::DType(DType::I64)]);
        let far = k.value(Opcode::Add, &[place.into(), int(1 << 45)]);
        let at = k.value(Opcode::Select, &[far.into(), place.into(), holds.into()]);
        let at = k.call_it(at, "at");
        let default = Arg::Literal(number(dtype, Literal::Int(1)));
        let load = |k: &mut Make, memory: MemoryId| {
            k.value(Opcode::LoadIf, &[memory.into(), at.into(), holds.into(), default.clone()])
        };
        let x = load(k, source);
        let Some(tile) = tile else {
            return k.does(Opcode::StoreIf, &[target.into(), at.into(), x.into(), holds.into()]);
        };
        k.store(tile, i, x);
        k.does(Opcode::StoreIf, &[tile.into(), at.into(), x.into(), holds.into()]);
        let y = load(k, tile);
        k.store(target, i, y);
    });
    let source = Data::new(dtype, (0..THREADS as i128).map(|i| i * 7 - 20));
    let holds = |i: usize| !i.is_multiple_of(3);
    let mask = Data::new(DType::Bool, (0..THREADS).map(|i| i128::from(holds(i))));
    let untouched = Data::filled(dtype, THREADS, 3);
    let elsewhere = if in_tile { number(dtype, Literal::Int(1)) } else { untouched.values[0] };
    let expected = (0..THREADS).map(|i| if holds(i) { source.values[i] } else { elsewhere }).collect();
    Case::exact(kernel, vec![source, mask, untouched], THREADS as u32, 2, Data { dtype, values: expected })
}

#[test]
fn vectors() {
    let cases: Vec<Case> =
        DType::ALL.into_iter().flat_map(|dtype| [2, 3, 4].map(|width| vector_case(dtype, width))).collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// From device memory through a tile and registers and back, at places that no vector is aligned to; then over itself.
fn vector_case(dtype: DType, width: usize) -> Case {
    let kernel = Make::kernel(&format!("vectors_{dtype}{width}"), |k| {
        let (source, places) = (k.buffer("source", dtype), k.buffer("places", DType::I32));
        let target = k.buffer("target", dtype);
        let tile = k.tile("tile", dtype, 16);
        let registers = k.registers("registers", dtype, 16, Some(int(0)));
        let width = int(width as i128);
        let load =
            |k: &mut Make, memory: MemoryId, at: Arg| k.value(Opcode::VecLoad, &[memory.into(), at, width.clone()]);
        let x = load(k, source, int(1));
        k.does(Opcode::VecStore, &[tile.into(), int(3), x.into()]);
        let y = load(k, tile, int(3));
        let at = k.load(places, int(0));
        k.does(Opcode::VecStore, &[registers.into(), at.into(), y.into()]);
        let z = load(k, registers, int(5));
        let at = k.load(places, int(1));
        k.does(Opcode::VecStore, &[target.into(), at.into(), z.into()]);
        let at = k.load(places, int(1));
        let own = load(k, target, at.into());
        k.does(Opcode::VecStore, &[target.into(), int(8), own.into()]);
    });
    let source = Data::new(dtype, (0..8).map(|i| i * 9 - 30));
    let mut expected = vec![number(dtype, Literal::Int(0)); 12];
    for first in [7, 8] {
        let moved: Vec<Literal> =
            if first == 7 { source.values[1..=width].to_vec() } else { expected[7..7 + width].to_vec() };
        expected[first..first + width].copy_from_slice(&moved);
    }
    let target = Data::filled(dtype, 12, 0);
    let places = Data::new(DType::I32, [5, 7]);
    Case::exact(kernel, vec![source, places, target], 1, 2, Data { dtype, values: expected })
}
