//! Casts between all pairs of element types, and literals of each.

use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::AsyncLowering;
use enigma_tests::Make;
use enigma_tests::make::int;

use crate::case::{Case, Expected, check};
use crate::data::{Data, number};

const LEN: usize = 8;

#[test]
fn scalars_and_vectors() {
    let cases: Vec<Case> = DType::ALL.into_iter().flat_map(|from| [1, 2].map(|width| case(from, width))).collect();
    check(&cases, &[AsyncLowering::Asm]);
}

/// One kernel that casts to every type.
fn case(from: DType, width: usize) -> Case {
    let kernel = Make::kernel(&format!("cast_{from}{width}"), |k| {
        let source = k.buffer("source", from);
        let targets = DType::ALL.map(|to| k.buffer(&format!("as_{to}"), to));
        let i = k.value(Opcode::ThreadPositionInGrid, &[]);
        let at: Vec<_> = (0..width)
            .map(|c| {
                let first = k.value(Opcode::Mul, &[i.into(), int(width as i128)]);
                k.value(Opcode::Add, &[first.into(), int(c as i128)])
            })
            .collect();
        let components: Vec<Arg> = at.iter().map(|&i| k.load(source, i).into()).collect();
        for (to, target) in DType::ALL.into_iter().zip(targets) {
            if let [Arg::Value(one)] = components[..] {
                let cast = k.value(Opcode::Cast, &[one.into(), Arg::DType(to)]);
                k.store(target, at[0], cast);
                continue;
            }
            let vector = k.value(Opcode::MakeVec, &components);
            let cast = k.value(Opcode::Cast, &[vector.into(), Arg::DType(to)]);
            for (c, &i) in at.iter().enumerate() {
                let component = k.value(Opcode::VecExtract, &[cast.into(), int(c as i128)]);
                k.store(target, i, component);
            }
        }
    });
    let source = match from.integer_range() {
        None => Data::floats(from, [0.0, 1.0, 2.5, -3.75, 100.0, -128.0, 65504.0, 0.3]),
        Some((lo, hi)) => Data::new(from, [0, 1, 2, 7, 100, lo, hi, hi / 3]),
    };
    let mut arguments = vec![source.clone()];
    let mut expected = Vec::new();
    for (n, to) in DType::ALL.into_iter().enumerate() {
        arguments.push(Data::filled(to, LEN, 0));
        expected.push((n + 1, source.values.iter().map(|&v| converted(v, to)).collect::<Expected>()));
    }
    let threads = (LEN / width) as u32;
    Case { kernel, arguments, grid: [threads, 1, 1], threads: [threads, 1, 1], expected, tolerance: 0.0 }
}

/// A float outside the range of an integer type is left open: Metal's cast does not saturate.
fn converted(value: Literal, to: DType) -> Option<Literal> {
    match (value, to.integer_range()) {
        (Literal::Float(v), Some((lo, hi))) if to != DType::Bool => {
            let fits = v.trunc() >= lo as f64 && v.trunc() <= hi as f64;
            fits.then(|| number(to, Literal::Float(v)))
        }
        _ => Some(number(to, value)),
    }
}

#[test]
fn literals() {
    let integers = [0, 1, 5, 100];
    let floats = [0.0, 1.0, 0.1, -2.5, 3.0e-3, 12345.678, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let cases: Vec<Case> = DType::ALL
        .into_iter()
        .map(|dtype| {
            let mut list: Vec<Literal> = integers.iter().map(|&v| number(dtype, Literal::Int(v))).collect();
            if dtype.is_float() {
                list.extend(floats.map(|v| number(dtype, Literal::Float(v))));
            } else if let Some((lo, hi)) = dtype.integer_range() {
                list.extend([lo, hi, hi / 2].map(|v| number(dtype, Literal::Int(v))));
            }
            let kernel = Make::kernel(&format!("literals_{dtype}"), |k| {
                let (out, chosen) = (k.buffer("out", dtype), k.buffer("chosen", dtype));
                let x = k.load(chosen, int(0));
                let never = k.value(Opcode::CmpNe, &[x.into(), x.into()]);
                for (i, &literal) in list.iter().enumerate() {
                    k.store(out, int(i as i128), literal);
                    let chosen_one = k.value(Opcode::Select, &[literal.into(), x.into(), never.into()]);
                    k.store(chosen, int(i as i128 + 1), chosen_one);
                }
            });
            let (out, chosen) = (Data::filled(dtype, list.len(), 0), Data::filled(dtype, list.len() + 1, 0));
            let first = chosen.values[0];
            let copied: Expected = [first].into_iter().chain(list.iter().copied()).map(Some).collect();
            let written: Expected = list.into_iter().map(Some).collect();
            Case {
                kernel,
                arguments: vec![out, chosen],
                grid: [1, 1, 1],
                threads: [1, 1, 1],
                expected: vec![(0, written), (1, copied)],
                tolerance: 0.0,
            }
        })
        .collect();
    check(&cases, &[AsyncLowering::Asm]);
}
