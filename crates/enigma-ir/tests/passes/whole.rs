//! All passes together.

use std::time::{Duration, Instant};

use enigma_ir::passes::optimise;
use enigma_ir::{DType, Kernel, Opcode, Verified, print, verify};

use crate::common::{Sketch, branches_and_loops, int, name, pipeline, tiled_load};
use crate::{load, store};

fn settled(kernel: &Verified<Kernel>) -> Verified<Kernel> {
    let optimised = optimise(kernel);
    verify(Kernel::clone(&optimised)).unwrap_or_else(|found| panic!("a right kernel stays right:\n{found}"));
    assert_eq!(print(&optimise(&optimised)), print(&optimised), "the passes have more to do");
    optimised
}

#[test]
fn kernels_without_waste_stay_as_they_are() {
    for kernel in [tiled_load(), pipeline(), branches_and_loops()] {
        let (before, after) = (kernel.walk().len(), settled(&kernel).walk().len());
        let constants = kernel.walk().iter().filter(|&&id| kernel.op(id).code == Opcode::Constant).count();
        assert!(after + constants >= before, "{}", print(&settled(&kernel)));
    }
}

#[test]
fn places_and_names_survive() {
    let kernel = tiled_load();
    let optimised = settled(&kernel);
    for id in optimised.walk() {
        assert_eq!(optimised.op(id).span, kernel.op(id).span);
    }
    let named = |kernel: &Kernel| -> Vec<String> {
        let results = kernel.walk().into_iter().flat_map(|id| kernel.op(id).results.to_vec());
        results.filter_map(|v| kernel.value(v).name.clone()).collect()
    };
    assert_eq!(named(&optimised), named(&kernel));
}

/// One pass makes work for another: the branch makes no difference, so that the carry does not change, so that it is known, so
/// that the loop is empty.
#[test]
fn one_after_another() {
    let mut k = Sketch::new("chain");
    let out = k.buffer("out", DType::I32);
    let n = k.scalar("n", DType::I32);
    let three = k.value(Opcode::Cast, &[int(3), name("int")]);
    let (_, carried) = k.begin_for(int(0), n.into(), int(1), DType::I32, &[three.into()]);
    let is_three = k.value(Opcode::CmpEq, &[carried[0].into(), int(3)]);
    k.begin_if(is_three);
    k.begin_else(&[carried[0].into()]);
    let next = k.end_if(&[carried[0].into()]);
    let results = k.end_for(&[next[0].into()]);
    store(&mut k, out, 0, results[0]);
    insta::assert_snapshot!(print(&settled(&k.finish())));
}

/// Straight-line code, loops and carried values, all in great number: the time is about linear.
#[test]
fn twenty_thousand_operations_take_no_time() {
    let mut k = Sketch::new("large");
    let (a, out) = (k.buffer("A", DType::U32), k.buffer("out", DType::U32));
    let n = k.scalar("n", DType::U32);
    let mut sum = n;
    for round in 0..1000 {
        let (i, carried) = k.begin_for(int(0), n.into(), int(1), DType::U32, &[sum.into(), n.into()]);
        let mut total = carried[0];
        for step in 0..4 {
            let row = k.value(Opcode::Mul, &[n.into(), int(round % 7)]);
            let at = k.value(Opcode::Add, &[row.into(), i.into()]);
            let x = load(&mut k, a, at);
            let scaled = k.value(Opcode::Mul, &[x.into(), int(step)]);
            total = k.value(Opcode::Add, &[total.into(), scaled.into()]);
        }
        sum = k.end_for(&[total.into(), carried[1].into()])[0];
    }
    store(&mut k, out, 0, sum);
    let kernel = k.finish();
    assert!(kernel.walk().len() > 20_000);
    let start = Instant::now();
    let optimised = optimise(&kernel);
    let taken = start.elapsed();
    assert!(optimised.walk().len() < kernel.walk().len() / 2);
    assert!(taken < Duration::from_secs(2), "{taken:?}");
}
