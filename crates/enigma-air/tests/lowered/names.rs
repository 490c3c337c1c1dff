//! Names that a kernel's author may choose, and what they must not be taken for.

use enigma_air::air_text;
use enigma_ir::{Arg, DType, Opcode};
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::{llvm, plain};

/// LLVM cuts longer names in a function at 1024 bytes.
#[test]
fn names_are_as_long_as_they_like() {
    let long = "ß".repeat(3000);
    let kernel = Make::kernel(&long, |k| {
        let a = k.buffer(&long, DType::F32);
        let n = k.scalar(&format!("{long}s"), DType::F32);
        k.store(a, int(0), n);
    });
    llvm::verify(&air_text(&kernel, &plain()).expect("every system has numbers"));
}

#[test]
fn no_kernel_has_the_name_of_a_function_constant() {
    let kernel = Make::kernel("_ZL19function_constant_0", |k| {
        let a = k.buffer("A", DType::I32);
        let n = k.value(Opcode::FunctionConstant, &[Arg::DType(DType::I32), int(0)]);
        k.store(a, int(0), n);
    });
    llvm::verify(&air_text(&kernel, &plain()).expect("every system has function constants"));
}

/// All there is: where an array of bytes came before one of longer elements, what aligns it would not fit.
#[test]
fn threadgroup_arrays_fill_the_memory() {
    let kernel = Make::kernel("full", |k| {
        let b = k.buffer("B", DType::U64);
        let arrays = [(DType::U8, 1), (DType::U64, 2000), (DType::U16, 1), (DType::U64, 2095), (DType::U8, 3)];
        for (n, (dtype, len)) in arrays.into_iter().enumerate() {
            let tile = k.tile(&format!("tile{n}"), dtype, len);
            k.store(tile, int(0), int(1));
            let element = k.load(tile, int(0));
            let wide = k.value(Opcode::Cast, &[element.into(), Arg::DType(DType::U64)]);
            k.store(b, int(0), wide);
        }
    });
    let text = air_text(&kernel, &plain()).expect("every system has threadgroup memory");
    assert!(text.contains("{ [2000 x i64], [2095 x i64], [1 x i16], [1 x i8], [3 x i8] }"), "{text}");
}
