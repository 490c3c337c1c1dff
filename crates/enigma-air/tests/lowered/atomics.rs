//! Atomic operations, what they order, and what is refused on account of it.

use enigma_air::{Options, air_text};
use enigma_ir::target::{System, Target};
use enigma_ir::{Arg, DType, MemoryId, Opcode};
use enigma_tests::make::{float, int, name};
use enigma_tests::{Make, kernels};

use crate::{lowered, plain};

const UPDATES: [Opcode; 8] = [
    Opcode::AtomicExchange,
    Opcode::AtomicFetchAdd,
    Opcode::AtomicFetchSub,
    Opcode::AtomicFetchMin,
    Opcode::AtomicFetchMax,
    Opcode::AtomicFetchAnd,
    Opcode::AtomicFetchOr,
    Opcode::AtomicFetchXor,
];

fn all_of(k: &mut Make, memory: MemoryId, updates: &[Opcode], value: &Arg) {
    let held = k.named("held", Opcode::AtomicLoad, &[memory.into(), int(1)]);
    k.does(Opcode::AtomicStore, &[memory.into(), int(2), held.into()]);
    for &code in updates {
        k.named(code.info().name, code, &[memory.into(), int(0), value.clone()]);
    }
    let compared = [memory.into(), int(0), held.into(), value.clone()];
    k.named("exchanged", Opcode::AtomicCompareExchangeWeak, &compared);
}

#[test]
fn of_integers() {
    insta::assert_snapshot!(lowered("of_integers", &plain(), |k| {
        let (signed, unsigned) = (k.buffer("signed", DType::I32), k.tile("unsigned", DType::U32, 4));
        all_of(k, signed, &UPDATES, &int(3));
        all_of(k, unsigned, &UPDATES, &int(3));
    }));
}

#[test]
fn of_floats_in_device_memory() {
    insta::assert_snapshot!(lowered("of_floats", &plain(), |k| {
        let buffer = k.buffer("buffer", DType::F32);
        all_of(k, buffer, &UPDATES[..3], &float(0.5));
    }));
}

#[test]
fn of_floats_in_threadgroup_memory() {
    insta::assert_snapshot!(lowered("of_floats", &plain(), |k| {
        let tile = k.tile("tile", DType::F32, 4);
        all_of(k, tile, &UPDATES[..3], &float(0.5));
    }));
}

#[test]
fn that_order_memory_between_threadgroups() {
    insta::assert_snapshot!(lowered("last_group", &plain(), kernels::last_group));
}

#[test]
fn that_order_threadgroup_memory() {
    insta::assert_snapshot!(lowered("ordered", &plain(), |k| {
        let (flag, x) = (k.tile("flag", DType::U32, 1), k.buffer("X", DType::F32));
        k.store(x, int(0), float(1.0));
        k.does(Opcode::AtomicStore, &[flag.into(), int(0), int(1), name("release")]);
        k.named("held", Opcode::AtomicLoad, &[flag.into(), int(0), name("acquire")]);
    }));
}

/// A buffer of an element type that threadgroups share.
fn shared(k: &mut Make, dtype: DType) {
    let (flag, x) = (k.buffer("flag", DType::U32), k.buffer("X", dtype));
    let pair = k.value(Opcode::VecLoad, &[x.into(), int(1), int(2)]);
    k.does(Opcode::VecStore, &[x.into(), int(3), pair.into()]);
    k.does(Opcode::AtomicStore, &[flag.into(), int(0), int(1), name("release")]);
}

#[test]
fn elements_of_64_bits_are_shared_by_halves() {
    insta::assert_snapshot!(lowered("shared", &plain(), |k| shared(k, DType::U64)));
}

#[test]
fn elements_of_16_bits_are_shared_as_parts_of_words() {
    insta::assert_snapshot!(lowered("shared", &plain(), |k| shared(k, DType::F16)));
}

#[test]
fn fences_are_of_macos_15() {
    let target = Target { system: System::MacOs14, ..Target::default() };
    let kernel = Make::kernel("last_group", kernels::last_group);
    let refused = air_text(&kernel, &Options { target, ..plain() }).expect_err("macOS 14 has no fences");
    insta::assert_snapshot!(refused.to_string());
}

#[test]
fn matrices_of_bfloat_are_of_macos_14() {
    let on = |system| {
        let kernel = Make::kernel("bfloat_square", kernels::bfloat_square);
        air_text(&kernel, &Options { target: Target { system, ..Target::default() }, ..plain() })
    };
    assert!(on(System::MacOs14).is_ok());
    insta::assert_snapshot!(on(System::MacOs13).expect_err("macOS 13 has none").to_string());
}
