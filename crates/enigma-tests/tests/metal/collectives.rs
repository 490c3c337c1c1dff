//! Barriers, and the matrices of simdgroups.

use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::{float, int, name};

use crate::case::{Case, check};
use crate::data::Data;

/// Two simdgroups, the second of 8 lanes.
const THREADS: usize = 40;

#[test]
fn barriers() {
    let kernel = Make::kernel("barriers", |k| {
        let data = k.buffer("data", DType::U32);
        let tile = k.tile("tile", DType::U32, THREADS as i128);
        let i = k.value(Opcode::ThreadIndexInThreadgroup, &[]);
        for flags in ["mem_threadgroup", "mem_device_and_threadgroup"] {
            let x = k.load(data, i);
            k.store(tile, i, x);
            k.does(Opcode::Barrier, &[name(flags)]);
            let other = k.value(Opcode::Sub, &[int(THREADS as i128 - 1), i.into()]);
            let y = k.load(tile, other);
            let y = k.value(Opcode::Mul, &[y.into(), int(3)]);
            k.does(Opcode::Barrier, &[name("mem_none")]);
            k.store(data, i, y);
        }
        // Lanes of one simdgroup pass a value on to the next.
        let x = k.load(data, i);
        k.store(tile, i, x);
        k.does(Opcode::SimdBarrier, &[]);
        let other = k.value(Opcode::Xor, &[i.into(), int(1)]);
        let y = k.load(tile, other);
        k.store(data, i, y);
    });
    let input = Data::new(DType::U32, 0..THREADS as i128);
    let expected = Data::new(DType::U32, (0..THREADS as i128).map(|i| (i ^ 1) * 9));
    check(&[Case::exact(kernel, vec![input], THREADS as u32, 0, expected)], &[AsyncLowering::Asm]);
}

#[test]
fn matrices() {
    let cases: Vec<Case> = [DType::F32, DType::F16, DType::BF16]
        .into_iter()
        .flat_map(|dtype| [false, true].map(|transpose| matrix(dtype, transpose)))
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// out = A·B + 0.5, with A perhaps transposed, summed in float: rows of A lie 10 apart, those of B 8, in threadgroup
/// memory.
fn matrix(dtype: DType, transpose: bool) -> Case {
    let kernel = Make::kernel(&format!("matrix_{dtype}_{transpose}"), |k| {
        let (a, b, out) = (k.buffer("a", dtype), k.buffer("b", dtype), k.buffer("out", DType::F32));
        let tile = k.tile("tile", dtype, 72);
        let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
        let (i, _) = k.begin_for([lane.into(), int(64), int(32)], &[]);
        let x = k.load(b, i);
        let at = k.value(Opcode::Add, &[i.into(), int(8)]);
        k.store(tile, at, x);
        k.end_for(&[]);
        k.barrier();
        let flag = Arg::Literal(Literal::Bool(transpose));
        let load = [a.into(), int(10), Arg::Missing, int(8), int(8), int(3), flag];
        let left = k.value(Opcode::SimdgroupMatrixLoad, &load);
        let load = [tile.into(), int(8), Arg::Missing, int(8), int(8), int(8)];
        let right = k.value(Opcode::SimdgroupMatrixLoad, &load);
        let half = k.value(Opcode::MakeFilledSimdgroupMatrix, &[float(0.5)]);
        let product = k.value(Opcode::SimdgroupMultiplyAccumulate, &[left.into(), right.into(), half.into()]);
        k.does(Opcode::SimdgroupMatrixStore, &[product.into(), out.into(), int(9), int(1)]);
    });
    let value = |i: usize| (i * 7 % 5) as f64 - 2.0;
    let a = Data::floats(dtype, (0..90).map(value));
    let b = Data::floats(dtype, (0..64).map(|i| value(i + 1)));
    let mut expected = vec![0.0; 80];
    for row in 0..8 {
        for col in 0..8 {
            let left = |k: usize| if transpose { value(3 + k * 10 + row) } else { value(3 + row * 10 + k) };
            let sum: f64 = (0..8).map(|k| left(k) * value(k * 8 + col + 1)).sum();
            expected[1 + row * 9 + col] = sum + 0.5;
        }
    }
    let out = Data::filled(DType::F32, 80, 0);
    Case::exact(kernel, vec![a, b, out], 32, 2, Data::floats(DType::F32, expected))
}
