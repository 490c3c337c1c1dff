//! Positions, loads and stores, partial threadgroups, scalars.

mod common;
use common::{Sketch, input, int, line, name, output, run};
use enigma_cpu::{Argument, Launch};
use enigma_ir::{DType, Literal, Opcode};

#[test]
fn saxpy_over_a_grid_that_is_no_multiple() {
    let mut s = Sketch::new();
    let (a, x, y) = (s.scalar("a", DType::F32), s.buffer("x", DType::F32), s.buffer("y", DType::F32));
    let i = s.thread();
    let (vx, vy) = (s.load(x, i), s.load(y, i));
    let product = s.value(Opcode::Mul, [a.into(), vx.into()]);
    let sum = s.value(Opcode::Add, [product.into(), vy.into()]);
    s.store(y, i, sum);
    let program = s.program();

    let xs: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let mut ys = vec![1.0f32; 1000];
    let arguments = [Argument::Scalar(Literal::Float(2.0)), input(&xs), output(&mut ys)];
    let statistics = run(&program, line(1000, 96), &arguments);
    assert_eq!(statistics.threadgroups, 11);
    assert!(ys.iter().enumerate().all(|(i, &y)| y == 2.0 * i as f32 + 1.0));
}

/// Every position in every dimension, in a grid that is no multiple in any.
#[test]
fn positions_in_three_dimensions() {
    let codes = [
        Opcode::ThreadPositionInGrid,
        Opcode::ThreadPositionInThreadgroup,
        Opcode::ThreadgroupPositionInGrid,
        Opcode::ThreadsPerThreadgroup,
        Opcode::ThreadsPerGrid,
        Opcode::ThreadgroupsPerGrid,
    ];
    let scalars = [
        Opcode::ThreadIndexInThreadgroup,
        Opcode::ThreadIndexInSimdgroup,
        Opcode::SimdgroupIndexInThreadgroup,
        Opcode::ThreadsPerSimdgroup,
        Opcode::SimdgroupsPerThreadgroup,
    ];
    let per_thread = codes.len() * 3 + scalars.len();
    let mut s = Sketch::new();
    let out = s.buffer("out", DType::U32);
    let [x, y, z] = ["x", "y", "z"].map(|d| s.value(Opcode::ThreadPositionInGrid, [name(d)]));
    let [w, h] = ["x", "y"].map(|d| s.value(Opcode::ThreadsPerGrid, [name(d)]));
    let zh = s.value(Opcode::Mul, [z.into(), h.into()]);
    let zhy = s.value(Opcode::Add, [zh.into(), y.into()]);
    let row = s.value(Opcode::Mul, [zhy.into(), w.into()]);
    let number = s.value(Opcode::Add, [row.into(), x.into()]);
    let base = s.value(Opcode::Mul, [number.into(), int(per_thread as i128)]);
    let mut values = Vec::new();
    for code in codes {
        values.extend(["x", "y", "z"].map(|d| s.value(code, [name(d)])));
    }
    values.extend(scalars.map(|code| s.value(code, [])));
    for (n, value) in values.into_iter().enumerate() {
        let at = s.value(Opcode::Add, [base.into(), int(n as i128)]);
        s.store(out, at, value);
    }
    let program = s.program();
    for (grid, threads) in
        [([7, 5, 3], [4, 2, 2]), ([50, 3, 1], [20, 2, 1]), ([1, 70, 1], [1, 40, 1]), ([3, 3, 40], [1, 1, 33])]
    {
        let count: u32 = grid.iter().product();
        let mut got = vec![u32::MAX; count as usize * per_thread];
        run(&program, Launch { grid, threads }, &[output(&mut got)]);
        for (number, got) in got.chunks(per_thread).enumerate() {
            let number = number as u32;
            let at = [number % grid[0], number / grid[0] % grid[1], number / grid[0] / grid[1]];
            let group: [u32; 3] = std::array::from_fn(|d| at[d] / threads[d]);
            let within: [u32; 3] = std::array::from_fn(|d| at[d] % threads[d]);
            let here: [u32; 3] = std::array::from_fn(|d| threads[d].min(grid[d] - group[d] * threads[d]));
            let groups: [u32; 3] = std::array::from_fn(|d| grid[d].div_ceil(threads[d]));
            let index = (within[2] * here[1] + within[1]) * here[0] + within[0];
            let simdgroups = here.iter().product::<u32>().div_ceil(32);
            let wanted = [at, within, group, here, grid, groups].concat();
            assert_eq!(got[..18], wanted);
            assert_eq!(got[18..], [index, index % 32, index / 32, 32, simdgroups]);
        }
    }
}
