//! What the lanes of a simdgroup and the threads of a threadgroup do together.

use enigma_ir::{Arg, DType, Literal, Opcode, table::Group, table::TABLE};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::{float, int, name};

use crate::case::{Case, check};
use crate::data::{Data, number};

/// Two simdgroups, the second of 8 lanes.
const THREADS: usize = 40;

#[test]
fn reductions() {
    let mut cases = Vec::new();
    for dtype in DType::ALL {
        let rows = TABLE.iter().filter(|row| row.group == Group::Simdgroup && row.signature.t.admits_dtype(dtype));
        cases.extend(rows.map(|row| reduction(row.code, dtype)));
    }
    check(&cases, &[AsyncLowering::Asm]);
}

/// Over whole simdgroups, and over the even lanes only.
fn reduction(code: Opcode, dtype: DType) -> Case {
    let kernel = Make::kernel(&format!("{}_{dtype}", code.info().name), |k| {
        let (data, whole, even) = (k.buffer("data", dtype), k.buffer("whole", dtype), k.buffer("even", dtype));
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let x = k.load(data, i);
        let all = k.value(code, &[x.into()]);
        k.store(whole, i, all);
        let bit = k.value(Opcode::And, &[i.into(), int(1)]);
        let is_even = k.value(Opcode::CmpEq, &[bit.into(), int(0)]);
        k.begin_if(is_even);
        let some = k.value(code, &[x.into()]);
        k.store(even, i, some);
        k.begin_else(&[]);
        k.end_if(&[]);
    });
    // Small powers of two, so that sums and products are exact in every type and every order.
    let input = Data::new(dtype, (0..THREADS).map(|i| if i % 9 == 4 { 2 } else { 1 }));
    let fold =
        |lanes: Vec<Literal>| lanes.into_iter().reduce(|a, b| combine(code, dtype, a, b)).map(|v| number(dtype, v));
    let group = |i: usize, step: usize| {
        let first = i / 32 * 32;
        fold((first..THREADS.min(first + 32)).step_by(step).map(|n| input.values[n]).collect())
    };
    let whole = (0..THREADS).map(|i| group(i, 1)).collect();
    let even =
        (0..THREADS).map(|i| if i % 2 == 0 { group(i, 2) } else { Some(number(dtype, Literal::Int(0))) }).collect();
    let output = Data::filled(dtype, THREADS, 0);
    let threads = [THREADS as u32, 1, 1];
    Case {
        kernel,
        arguments: vec![input.clone(), output.clone(), output],
        grid: threads,
        threads,
        expected: vec![(1, whole), (2, even)],
        tolerance: 0.0,
    }
}

fn combine(code: Opcode, dtype: DType, a: Literal, b: Literal) -> Literal {
    if let (Literal::Float(a), Literal::Float(b)) = (a, b) {
        return Literal::Float(match code {
            Opcode::SimdSum => a + b,
            Opcode::SimdProduct => a * b,
            Opcode::SimdMin => a.min(b),
            _ => a.max(b),
        });
    }
    let (a, b) = (a.as_int().unwrap_or(0), b.as_int().unwrap_or(0));
    let value = match code {
        Opcode::SimdSum => a + b,
        Opcode::SimdProduct => a * b,
        Opcode::SimdMin => a.min(b),
        Opcode::SimdMax => a.max(b),
        Opcode::SimdAnd => a & b,
        Opcode::SimdOr => a | b,
        _ => a ^ b,
    };
    number(dtype, Literal::Int(value))
}

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
