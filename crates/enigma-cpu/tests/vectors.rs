//! Geometry and matrices, on every type and width, against formulas in `f64` that are not the executor's, within the
//! documented errors.

mod common;

use common::apply::{Operand, apply, is_near};
use common::data::{float_bits, float_of};
use common::{Sketch, int, line, output, run};
use enigma_ir::{Arg, DType, Opcode, Type};
use proptest::prelude::*;

/// What an operation is held to: a number, units in the last place, and what is lost where terms cancel.
struct Expected {
    exact: f64,
    ulps: f64,
    slack: f64,
}

/// A number of terms that were added, and the sum of their magnitudes.
#[derive(Copy, Clone)]
struct Sum {
    value: f64,
    terms: f64,
}

impl Sum {
    fn of(terms: impl IntoIterator<Item = f64>) -> Sum {
        let terms: Vec<f64> = terms.into_iter().collect();
        // The last first: the executor begins with the first.
        Sum { value: terms.iter().rev().sum(), terms: terms.iter().map(|x| x.abs()).sum() }
    }

    /// Within 0.5 units, and that part of the terms.
    fn expected(self, part: f64) -> Expected {
        Expected { exact: self.value, ulps: 0.5, slack: if self.value.is_finite() { part * self.terms } else { 0.0 } }
    }
}

fn tight(exact: f64) -> Expected {
    Expected { exact, ulps: 0.501, slack: 0.0 }
}

const DOT: f64 = 1.0 / (1u64 << 51) as f64;
const LONGER: f64 = 1.0 / (1u64 << 49) as f64;
const ROOT: f64 = 1.0 / (1u64 << 24) as f64;

fn dot(a: &[f64], b: &[f64]) -> Sum {
    Sum::of(a.iter().zip(b).map(|(a, b)| a * b))
}

fn length(v: &[f64]) -> f64 {
    if v.iter().any(|x| x.is_nan()) { f64::NAN } else { v.iter().copied().fold(0.0, f64::hypot) }
}

fn reference(code: Opcode, v: &[Vec<f64>]) -> Vec<Expected> {
    let components = 0..v[0].len();
    match code {
        Opcode::Dot if v[0].len() == 2 => vec![tight(dot(&v[0], &v[1]).value)],
        Opcode::Dot => vec![dot(&v[0], &v[1]).expected(DOT)],
        Opcode::Length => vec![tight(length(&v[0]))],
        Opcode::Distance => vec![tight(length(&components.map(|n| v[1][n] - v[0][n]).collect::<Vec<_>>()))],
        Opcode::Normalize => components.map(|n| tight(v[0][n] / length(&v[0]))).collect(),
        Opcode::Cross => components
            .map(|n| {
                let (next, last) = ((n + 1) % 3, (n + 2) % 3);
                tight(-(v[0][last] * v[1][next]) + v[0][next] * v[1][last])
            })
            .collect(),
        Opcode::Reflect => components
            .map(|n| {
                let along = dot(&v[1], &v[0]);
                let value = v[0][n] - v[1][n] * (along.value + along.value);
                Sum { value, terms: v[0][n].abs() + 2.0 * along.terms * v[1][n].abs() }.expected(LONGER)
            })
            .collect(),
        Opcode::FaceForward => {
            let faces = dot(&v[2], &v[1]).value < 0.0;
            v[0].iter().map(|x| Expected { exact: if faces { *x } else { -x }, ulps: 0.0, slack: 0.0 }).collect()
        }
        Opcode::Refract => components.map(|n| refracted(&v[0], &v[1], v[2][0], n)).collect(),
        other => panic!("no reference for {other:?}"),
    }
}

fn refracted(i: &[f64], n: &[f64], eta: f64, component: usize) -> Expected {
    let along = dot(n, i);
    let (sine, terms) = (1.0 - along.value.powi(2), 1.0 + eta.powi(2) * (1.0 + along.terms.powi(2)));
    let square = 1.0 - eta.powi(2) * sine;
    if square < 0.0 {
        return Expected { exact: 0.0, ulps: 0.0, slack: 0.0 };
    }
    let (i, n) = (i[component], n[component]);
    let value = eta * i - (eta * along.value + square.sqrt()) * n;
    let added = (eta * i).abs() + ((eta * along.terms).abs() + terms.sqrt()) * n.abs();
    let root = ROOT * terms.sqrt() * n.abs();
    let mut expected = Sum { value, terms: added }.expected(LONGER);
    expected.slack += if value.is_finite() { root } else { 0.0 };
    expected
}

/// Checks an operation on vectors, given by their bits.
fn check(code: Opcode, dtype: DType, vectors: &[Vec<u64>], width: usize, result: Type) {
    let ty = Type::Vector(dtype, width as u8);
    let mut operands: Vec<Operand> = vectors.iter().map(|bits| Operand::new(ty, bits.clone())).collect();
    if code == Opcode::Refract {
        operands[2] = Operand::new(Type::Scalar(dtype), vectors[2].iter().copied().step_by(width).collect());
    }
    let got = apply(code, &operands, None, result);
    for (thread, got) in got.chunks(result.components()).enumerate() {
        let of_thread = |bits: &Vec<u64>| -> Vec<f64> {
            bits[thread * width..][..width].iter().map(|&bits| f64::from(float_of(dtype, bits))).collect()
        };
        let v: Vec<Vec<f64>> = vectors.iter().map(of_thread).collect();
        for (&got, wanted) in got.iter().zip(reference(code, &v)) {
            let Expected { exact, ulps, slack } = wanted;
            let (name, number) = (code.info().name, float_of(dtype, got));
            assert!(is_near(dtype, got, exact, ulps, slack), "{name} of {v:?} ({dtype}): {number:e}, not {exact:e}");
        }
    }
}

/// Vectors of numbers that go wrong easily, and of any others.
fn special(dtype: DType, width: usize, turn: usize) -> Vec<u64> {
    let numbers = common::data::telling(dtype);
    (0..numbers.len() * numbers.len() * width)
        .map(|i| numbers[(i * (i / 7 + turn) + i / 11 + turn) % numbers.len()])
        .collect()
}

const FLOATS: [DType; 3] = [DType::F32, DType::F16, DType::BF16];

/// Each operation, and how many vectors it takes.
const GEOMETRY: [(Opcode, usize); 8] = [
    (Opcode::Dot, 2),
    (Opcode::Length, 1),
    (Opcode::Distance, 2),
    (Opcode::Cross, 2),
    (Opcode::Normalize, 1),
    (Opcode::Reflect, 2),
    (Opcode::Refract, 3),
    (Opcode::FaceForward, 3),
];

fn geometry(dtype: DType, vectors: impl Fn(usize, usize) -> Vec<u64>) {
    for (code, operands) in GEOMETRY {
        for width in if code == Opcode::Cross { 3..=3 } else { 2..=4 } {
            let vectors: Vec<_> = (0..operands).map(|turn| vectors(width, turn)).collect();
            let result = match code {
                Opcode::Dot | Opcode::Length | Opcode::Distance => Type::Scalar(dtype),
                _ => Type::Vector(dtype, width as u8),
            };
            check(code, dtype, &vectors, width, result);
        }
    }
}

#[test]
fn geometry_of_telling_numbers() {
    for dtype in FLOATS {
        geometry(dtype, |width, turn| special(dtype, width, 3 * turn + 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn geometry_of_any_numbers(numbers in prop::collection::vec(-2.0f32..2.0, 3 * 240), exponent in -40i32..40) {
        for dtype in FLOATS {
            let exponent = if dtype == DType::F16 { exponent / 8 } else { exponent };
            let scaled = |&x: &f32| float_bits(dtype, x * 2f32.powi(exponent));
            geometry(dtype, |width, turn| numbers[turn * 240..][..width * 60].iter().map(scaled).collect());
        }
    }

    #[test]
    fn any_bits_have_a_length(bits in prop::collection::vec(any::<u32>(), 480)) {
        for dtype in FLOATS {
            let mask = if dtype == DType::F32 { u32::MAX } else { 0xffff };
            let bits = |turn: usize| bits[turn * 240..][..240].iter().map(|&bits| (bits & mask).into()).collect::<Vec<u64>>();
            for width in 2..=4 {
                check(Opcode::Length, dtype, &[bits(0)], width, Type::Scalar(dtype));
                check(Opcode::Distance, dtype, &[bits(0), bits(1)], width, Type::Scalar(dtype));
                check(Opcode::Normalize, dtype, &[bits(0)], width, Type::Vector(dtype, width as u8));
            }
        }
    }

    #[test]
    fn matrices_of_any_numbers(numbers in prop::collection::vec(-2.0f32..2.0, 2 * 16 * 20)) {
        for dtype in [DType::F32, DType::F16] {
            let bits: Vec<u64> = numbers.iter().map(|&x| float_bits(dtype, x)).collect();
            let (left, right) = bits.split_at(16 * 20);
            products(dtype, left, right);
            determinants(dtype, left);
        }
    }
}

#[test]
fn matrices_of_telling_numbers() {
    for dtype in [DType::F32, DType::F16] {
        products(dtype, &special(dtype, 4, 1), &special(dtype, 4, 5));
        // Infinities cancel in one formula, and not in another.
        let finite: Vec<u64> =
            special(dtype, 4, 2).into_iter().filter(|&bits| float_of(dtype, bits).is_finite()).collect();
        determinants(dtype, &finite);
        transposes(dtype, &special(dtype, 4, 3));
    }
}

/// A matrix, of a thread: a row and a column give a number.
struct Matrix<'a> {
    dtype: DType,
    numbers: &'a [u64],
    rows: usize,
}

impl Matrix<'_> {
    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(float_of(self.dtype, self.numbers[column * self.rows + row]))
    }
}

fn matrix(dtype: DType, cols: usize, rows: usize) -> Type {
    Type::Matrix(dtype, cols as u8, rows as u8)
}

/// Products of matrices of every extent, of matrices and columns, and of rows and matrices.
fn products(dtype: DType, left: &[u64], right: &[u64]) {
    for (rows, inner, cols) in (1..=4usize).flat_map(|r| (2..=4).flat_map(move |i| (1..=4).map(move |c| (r, i, c)))) {
        let (a, b, result) = match (rows, cols) {
            (1, 1) => continue,
            (1, _) => (Type::Vector(dtype, inner as u8), matrix(dtype, cols, inner), Type::Vector(dtype, cols as u8)),
            (_, 1) => (matrix(dtype, inner, rows), Type::Vector(dtype, inner as u8), Type::Vector(dtype, rows as u8)),
            _ => (matrix(dtype, inner, rows), matrix(dtype, cols, inner), matrix(dtype, cols, rows)),
        };
        let threads = (left.len() / a.components()).min(right.len() / b.components());
        let (left, right) = (&left[..threads * a.components()], &right[..threads * b.components()]);
        let got =
            apply(Opcode::MatMul, &[Operand::new(a, left.to_vec()), Operand::new(b, right.to_vec())], None, result);
        for (thread, got) in got.chunks(rows * cols).enumerate() {
            let a = Matrix { dtype, numbers: &left[thread * rows * inner..], rows };
            let b = Matrix { dtype, numbers: &right[thread * inner * cols..], rows: inner };
            for (n, &got) in got.iter().enumerate() {
                let (row, column) = (n % rows, n / rows);
                let wanted = Sum::of((0..inner).map(|k| a.at(row, k) * b.at(k, column))).expected(DOT);
                let fine = is_near(dtype, got, wanted.exact, wanted.ulps, wanted.slack);
                assert!(
                    fine,
                    "{rows}x{inner} by {inner}x{cols} ({dtype}): {}, not {}",
                    float_of(dtype, got),
                    wanted.exact
                );
            }
        }
    }
}

/// The determinant by its definition: a sum over all permutations.
fn determinant(m: &Matrix<'_>, rows: &mut Vec<usize>) -> Sum {
    let column = rows.len();
    if column == m.rows {
        let inversions =
            (0..column).flat_map(|i| (0..i).map(move |j| (j, i))).filter(|&(j, i)| rows[j] > rows[i]).count();
        let product: f64 = rows.iter().enumerate().map(|(column, &row)| m.at(row, column)).product();
        return Sum::of([if inversions % 2 == 0 { product } else { -product }]);
    }
    let mut sum = Sum { value: 0.0, terms: 0.0 };
    for row in 0..m.rows {
        if rows.contains(&row) {
            continue;
        }
        rows.push(row);
        let part = determinant(m, rows);
        rows.pop();
        sum = Sum { value: sum.value + part.value, terms: sum.terms + part.terms };
    }
    sum
}

fn determinants(dtype: DType, bits: &[u64]) {
    for n in 2..=4 {
        let whole = bits.len() / (n * n) * n * n;
        let got = apply(
            Opcode::Determinant,
            &[Operand::new(matrix(dtype, n, n), bits[..whole].to_vec())],
            None,
            Type::Scalar(dtype),
        );
        for (numbers, &got) in bits.chunks_exact(n * n).zip(&got) {
            let sum = determinant(&Matrix { dtype, numbers, rows: n }, &mut Vec::new());
            let wanted = if n == 2 { tight(sum.value) } else { sum.expected(LONGER) };
            let fine = is_near(dtype, got, wanted.exact, wanted.ulps, wanted.slack);
            assert!(fine, "determinant of {n}x{n} {dtype}: {}, not {}", float_of(dtype, got), wanted.exact);
        }
    }
}

/// Columns go in and come out by themselves, and rows become columns.
fn transposes(dtype: DType, bits: &[u64]) {
    for (cols, rows) in (2..=4).flat_map(|c| (2..=4).map(move |r| (c, r))) {
        let size = cols * rows;
        let bits = &bits[..bits.len() / size * size];
        let got = apply(
            Opcode::MatTranspose,
            &[Operand::new(matrix(dtype, cols, rows), bits.to_vec())],
            None,
            matrix(dtype, rows, cols),
        );
        for (before, after) in bits.chunks(size).zip(got.chunks(size)) {
            for (row, column) in (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c))) {
                assert_eq!(after[row * cols + column], before[column * rows + row]);
            }
        }
    }
}

/// Total reflection gives the zero vector, exactly.
#[test]
fn what_is_reflected_totally_is_not_refracted() {
    for dtype in FLOATS {
        let bits = |v: &[f32]| v.iter().map(|&x| float_bits(dtype, x)).collect();
        let operands = [
            Operand::new(Type::Vector(dtype, 2), bits(&[0.8, -0.6])),
            Operand::new(Type::Vector(dtype, 2), bits(&[0.0, 1.0])),
            Operand::new(Type::Scalar(dtype), bits(&[1.5])),
        ];
        assert_eq!(apply(Opcode::Refract, &operands, None, Type::Vector(dtype, 2)), [0, 0]);
    }
}

/// The product is halfway between two numbers, and what is added far too small for a `float` to keep beside it.
#[test]
fn narrow_floats_are_rounded_once() {
    for (dtype, a, tiny) in [(DType::BF16, 1.0 + 1.0 / 128.0, 1e-12), (DType::F16, 1.0 + 1.0 / 1024.0, 1e-7)] {
        let vector =
            |x: f32, y: f32| Operand::new(Type::Vector(dtype, 2), [x, y].map(|x| float_bits(dtype, x)).to_vec());
        let [up, down] = [tiny, -tiny]
            .map(|tiny| apply(Opcode::Dot, &[vector(a, tiny), vector(1.5, 1.0)], None, Type::Scalar(dtype))[0]);
        assert_eq!(up, down + 1, "{dtype}: halfway, and then a little more or less");
    }
}

/// Operands that are the same for all threads, or for a simdgroup, or that count up with the threads, give what operands
/// do that differ from thread to thread.
#[test]
fn operands_of_every_form() {
    let mut s = Sketch::new();
    let out = s.b.buffer_param("out", DType::F32, common::apply::SPAN);
    let thread = s.thread();
    let group = s.value(Opcode::SimdgroupIndexInThreadgroup, []);
    let as_float = |s: &mut Sketch, x| s.value(Opcode::AsType, [x, Arg::DType(DType::F32)]);
    let affine = as_float(&mut s, thread.into());
    let grouped = s.value(Opcode::Cast, [group.into(), Arg::DType(DType::F32)]);
    let factor = s.scalar("factor", DType::F32);
    let left = s.value(Opcode::MakeVec, [affine.into(), grouped.into()]);
    let right = s.value(Opcode::MakeVec, [factor.into(), factor.into()]);
    let uniform = s.value(Opcode::Length, [right.into()]);
    let by_group = s.value(Opcode::MakeVec, [uniform.into(), grouped.into()]);
    let by_group = s.value(Opcode::Length, [by_group.into()]);
    let mixed = s.value(Opcode::Dot, [left.into(), right.into()]);
    for (n, value) in [uniform, by_group, mixed].into_iter().enumerate() {
        let start = s.value(Opcode::Mul, [thread.into(), int(3)]);
        let at = s.value(Opcode::Add, [start.into(), int(n as i128)]);
        s.store(out, at, value);
    }
    let program = s.program();
    let mut got = vec![0.0f32; 96 * 3];
    let factor = 2f32.powi(100);
    run(
        &program,
        line(96, 96),
        &[output(&mut got), enigma_cpu::Argument::Scalar(enigma_ir::Literal::Float(factor.into()))],
    );
    for (thread, got) in got.chunks(3).enumerate() {
        let (group, denormal) = ((thread / 32) as f64, f64::from(f32::from_bits(thread as u32)));
        let factor = f64::from(factor);
        let length = (2.0 * factor * factor).sqrt() as f32;
        let wanted = [length, f64::from(length).hypot(group) as f32, (denormal * factor + group * factor) as f32];
        assert_eq!(got, wanted, "thread {thread}");
    }
}
