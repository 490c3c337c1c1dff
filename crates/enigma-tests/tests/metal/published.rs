//! The kernels whose text the emitter's snapshots show.

use enigma_ir::passes::{Constant, specialise};
use enigma_ir::{DType, Literal, verify};
use enigma_tests::{Make, kernels};

use crate::case::{Case, check_every_target};
use crate::data::Data;

#[test]
fn snapshots_run() {
    check_every_target(&[
        vector_add(),
        tiled_load(),
        reverse(),
        row_softmax(),
        async_gemm(),
        edges(),
        predicate(),
        registers(),
        last_group(),
        transform(),
        bfloat_square(),
        unread(),
        branches("large and even", 200),
        branches("small and odd", 5),
        branches("neither", 51),
        loops(),
        numbers(),
        histogram(),
        compare_exchange(),
        lanes(),
        bits_and_directions(),
    ]);
}

fn floats(len: usize, f: impl Fn(usize) -> f64) -> Data {
    Data::floats(DType::F32, (0..len).map(f))
}

fn vector_add() -> Case {
    let arguments = vec![floats(50, |i| i as f64), floats(50, |i| 0.5 * i as f64), floats(50, |_| 0.0)];
    Case::exact(Make::kernel("vector_add", kernels::vector_add), arguments, 50, 2, floats(50, |i| 1.5 * i as f64))
}

fn tiled_load() -> Case {
    let arguments = vec![floats(64, |i| i as f64), floats(64, |_| 0.0)];
    Case::exact(Make::kernel("tiled_load", kernels::tiled_load), arguments, 64, 1, floats(64, |i| i as f64))
}

fn reverse() -> Case {
    let data = Data::new(DType::I32, 0..512);
    let expected = Data::new(DType::I32, (0..512).map(|i| i / 256 * 256 + 255 - i % 256));
    let case = Case::exact(Make::kernel("reverse", kernels::reverse), vec![data], 512, 0, expected);
    Case { threads: [256, 1, 1], ..case }
}

fn row_softmax() -> Case {
    let (rows, cols) = (3, 50);
    let x = |r: usize, c: usize| ((r * 31 + c * 17) % 23) as f64 * 0.25 - 2.0;
    let expected = floats(rows * cols, |i| {
        let (r, c) = (i / cols, i % cols);
        x(r, c).exp() / (0..cols).map(|c| x(r, c).exp()).sum::<f64>()
    });
    let arguments = vec![
        floats(rows * cols, |i| x(i / cols, i % cols)),
        floats(rows * cols, |_| 0.0),
        Data::scalar(DType::U32, 50),
    ];
    let case = Case::exact(Make::kernel("row_softmax", kernels::row_softmax), arguments, 96, 1, expected);
    Case { threads: [32, 1, 1], tolerance: 1e-6, ..case }
}

fn async_gemm() -> Case {
    let (m, n, k) = (16, 24, 40);
    let a = |r: usize, c: usize| ((r * 5 + c * 3) % 7) as f64 - 3.0;
    let b = |r: usize, c: usize| ((r * 2 + c * 5) % 9) as f64 - 4.0;
    let expected = floats(m * n, |i| (0..k).map(|p| a(i / n, p) * b(p, i % n)).sum());
    let arguments = vec![
        floats(m * k, |i| a(i / k, i % k)),
        floats(k * n, |i| b(i / n, i % n)),
        floats(m * n, |_| 0.0),
        Data::scalar(DType::U32, n as i128),
        Data::scalar(DType::U32, k as i128),
    ];
    let case = Case::exact(Make::kernel("async_gemm", kernels::async_gemm), arguments, 32, 2, expected);
    Case { grid: [(n / 8 * 32) as u32, (m / 8) as u32, 1], threads: [32, 1, 1], ..case }
}

fn edges() -> Case {
    let (width, height) = (50, 20);
    let image = Data::floats(DType::F16, (0..width * height).map(f64::from));
    let arguments = vec![
        image.clone(),
        Data::filled(DType::F16, image.values.len(), 0),
        Data::scalar(DType::U32, i128::from(width)),
        Data::scalar(DType::U32, i128::from(height)),
    ];
    let case = Case::exact(Make::kernel("edges", kernels::edges), arguments, 64, 1, image);
    Case { grid: [64, 2, 1], threads: [32, 1, 1], ..case }
}

fn predicate() -> Case {
    let arguments = vec![floats(256, |i| i as f64), floats(256, |_| 0.0)];
    Case::exact(Make::kernel("predicate", kernels::predicate), arguments, 256, 1, floats(256, |i| i as f64))
}

fn registers() -> Case {
    let arguments = vec![floats(64, |i| i as f64), floats(64, |_| 0.0)];
    let kernel = Make::kernel("register_copies", kernels::register_copies);
    Case::exact(kernel, arguments, 16, 1, floats(64, |i| 2.0 * i as f64))
}

fn last_group() -> Case {
    let arguments = vec![floats(5, |i| i as f64 - 1.0), Data::filled(DType::U32, 1, 0), floats(1, |_| 0.0)];
    let kernel = Make::kernel("last_group", kernels::last_group);
    let case = Case::exact(kernel, arguments, 160, 2, floats(1, |_| 15.0));
    Case { threads: [32, 1, 1], ..case }
}

fn transform() -> Case {
    let arguments =
        vec![floats(12, |i| i as f64), floats(3, |i| i as f64 + 0.5), floats(12, |_| 0.0), Data::scalar(DType::U32, 3)];
    let expected = floats(12, |i| {
        let (point, weight) = (i / 3 * 3, [0.5, 1.5, 2.5, 1.0][i / 3]);
        weight * [-(point as f64 + 1.0), point as f64, point as f64 + 2.0][i % 3]
    });
    Case::exact(Make::kernel("transform", kernels::transform), arguments, 4, 2, expected)
}

fn bfloat_square() -> Case {
    let value = |i: usize| ((i * 7) % 4) as f64;
    let numbers = Data::floats(DType::BF16, (0..64).map(value));
    let roots: Vec<f64> = (0..32).map(|i| value(i).sqrt()).collect();
    let square = |i: usize| -> f64 { (0..8).map(|k| value(i / 8 * 8 + k) * value(k * 8 + i % 8)).sum() };
    let arguments = vec![numbers, floats(64, |_| 0.0), Data::filled(DType::BF16, 32, 0)];
    let case = Case::exact(Make::kernel("bfloat_square", kernels::bfloat_square), arguments, 32, 1, floats(64, square));
    let expected = Data::floats(DType::BF16, roots).values.into_iter().map(Some).collect();
    Case { expected: [case.expected, vec![(2, expected)]].concat(), ..case }
}

fn unread() -> Case {
    let arguments = vec![floats(96, |i| i as f64), floats(32, |_| 0.0)];
    let expected = floats(32, |i| if i < 5 { i as f64 } else { -1.0 });
    Case::exact(Make::kernel("unread", kernels::unread), arguments, 32, 1, expected)
}

/// Of four threads only the first is inside.
fn branches(name: &str, x: i128) -> Case {
    let arguments = vec![Data::new(DType::I32, [x, 7, 8, 9]), Data::scalar(DType::U32, 1)];
    Case::as_executed(Make::kernel(name, kernels::branches), arguments, 4, 0.0)
}

fn loops() -> Case {
    Case::as_executed(Make::kernel("loops", kernels::loops), vec![Data::filled(DType::I32, 192, 0)], 64, 0.0)
}

fn numbers() -> Case {
    let arguments = vec![
        Data::floats(DType::F16, (0..32).map(f64::from)),
        Data::floats(DType::BF16, (0..32).map(f64::from)),
        Data::new(DType::I32, -16..16),
        floats(32, |i| i as f64),
    ];
    Case::as_executed(Make::kernel("numbers", kernels::numbers), arguments, 32, 1e-6)
}

fn histogram() -> Case {
    let data = Data::new(DType::U32, (0..256).map(|i| i * i % 97));
    let first_bit = Constant { index: 0, dtype: DType::U32, value: Literal::Int(2) };
    let kernel = specialise(&Make::kernel("histogram", kernels::histogram), &[first_bit]).and_then(verify);
    let arguments = vec![data, Data::filled(DType::U32, 256, 3), floats(1, |_| 0.5)];
    Case::as_executed(kernel.unwrap_or_else(|errors| panic!("{errors}")), arguments, 256, 0.0)
}

fn compare_exchange() -> Case {
    let kernel = Make::kernel("compare_exchange", kernels::compare_exchange);
    Case::exact(kernel, vec![floats(1, |_| 0.0)], 64, 0, floats(1, |_| 64.0))
}

fn lanes() -> Case {
    let arguments = vec![floats(32, |i| i as f64), Data::new(DType::I64, (0..32).map(|i| i << 40))];
    Case::as_executed(Make::kernel("lanes", kernels::lanes), arguments, 32, 0.0)
}

fn bits_and_directions() -> Case {
    let arguments = vec![
        Data::new(DType::U32, (0..16).map(|i| i * 0x1234567)),
        Data::floats(DType::BF16, (0..32).map(|i| f64::from(i) - 7.5)),
    ];
    let kernel = Make::kernel("bits_and_directions", kernels::bits_and_directions);
    Case::as_executed(kernel, arguments, 16, 1e-2)
}
