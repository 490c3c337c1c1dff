//! The report on kernels that are wrong at run time only.

mod kernels;

use enigma::prelude::*;
use enigma_check::{Order, Report};
use enigma_cpu::{Argument, Launch, lend_parts};
use enigma_ir::{DType, Rule};

fn ramp(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32).collect()
}

fn muddle() -> Report {
    kernels::muddle().compile().unwrap().check(64, 64, (&ramp(192), &[0.0; 64])).unwrap()
}

#[test]
fn a_report_as_text() {
    insta::assert_snapshot!(muddle());
}

#[test]
fn a_report_as_json() {
    insta::assert_snapshot!(format!("{:#}", early(Order::All, 3, 2).to_json()));
}

fn early(order: Order, at: u32, n: u32) -> Report {
    let out = vec![0; n as usize];
    kernels::early().compile().unwrap().check_in(order, 32, 32, (&[1; 32], at, n, &out)).unwrap()
}

fn rules(report: &Report) -> Vec<Rule> {
    report.findings().iter().map(|finding| finding.diagnostic.rule).collect()
}

#[test]
fn a_wrong_kernel_computes_something_else_in_another_order() {
    let (late, eager) = (early(Order::Late, 3, 1), early(Order::Eager, 3, 1));
    assert_eq!(late.buffer::<u32>(3).unwrap(), [0xa5a5_a5a5], "the tile before the copy lands");
    assert_eq!(eager.buffer::<u32>(3).unwrap(), [1]);
    for report in [&late, &eager] {
        assert_eq!(rules(report), [Rule::ReadBeforeWait]);
        assert_eq!(report.runs().count, 1);
    }
}

#[test]
fn every_order_is_run_where_there_are_few() {
    let report = early(Order::All, 3, 2);
    assert!(report.runs().exhaustive);
    assert_eq!(rules(&report), [Rule::ReadBeforeWait]);
    insta::assert_snapshot!(report.summary(), @"early: 1 error; grid (32, 1, 1) in threadgroups of (32, 1, 1), 6 runs, which stand for every completion order; the results depend on the order, as eager shows");
}

#[test]
fn many_orders_are_sampled_and_the_report_says_so() {
    let report = early(Order::All, 3, 20);
    assert!(!report.runs().exhaustive);
    insta::assert_snapshot!(report.summary(), @"early: 1 error; grid (32, 1, 1) in threadgroups of (32, 1, 1), 35 runs, a sample of the completion orders; the results depend on the order, as eager shows");
}

#[test]
fn an_order_that_gave_other_results_gives_them_again() {
    let report = early(Order::All, 3, 2);
    let first = report.buffer::<u32>(3);
    assert!(!report.runs().differing.is_empty());
    for order in &report.runs().differing {
        assert_ne!(early(order.clone(), 3, 2).buffer::<u32>(3), first, "{order}");
    }
}

#[test]
fn where_nothing_meets_a_copy_no_order_can_be_told_from_another() {
    let report = early(Order::All, 40, 20);
    assert_eq!(rules(&report), [Rule::UninitializedRead, Rule::UnreadCopy], "the other half of the tile is read");
    assert!(report.runs().exhaustive && report.runs().differing.is_empty());
}

#[test]
fn a_threadgroup_is_stopped_and_the_others_go_on() {
    let (count, threads) = (20, 64);
    let mut flags = vec![true; count * threads];
    (flags[3 * threads + 5], flags[11 * threads + 63]) = (false, false);
    let out = vec![u32::MAX; flags.len()];
    let report = kernels::meet().compile().unwrap().check(flags.len(), threads, (&flags, &out)).unwrap();
    assert_eq!(rules(&report), [Rule::DivergentBarrier]);
    assert_eq!(report.findings()[0].count, 2);
    assert_eq!(report.findings()[0].first.as_ref().unwrap().threadgroup, [3, 0, 0]);
    assert_eq!(report.figures().threadgroups, 18);
    let written = report.buffer::<u32>(1).unwrap();
    for (group, row) in written.chunks(threads).enumerate() {
        let stopped = [3, 11].contains(&group);
        assert!(
            row.iter().enumerate().all(|(i, &x)| x == if stopped { u32::MAX } else { (group * threads + i) as u32 })
        );
    }
}

/// Checks a kernel of two buffers that lie in one memory of 64 floats, `out` from that byte on.
fn in_one_memory<A, B>(
    kernel: &Compiled<(enigma::Buffer<A>, enigma::Buffer<B>)>,
    out: (DType, usize),
) -> Result<Report, Diagnostics> {
    let mut memory = vec![0u8; 65 * 4];
    let parts = [(DType::F32, 0, 64), (out.0, out.1, 64)];
    let arguments: Vec<_> = lend_parts(&mut memory, parts.into_iter()).map(Argument::Buffer).collect();
    let launch = Launch { grid: [64, 1, 1], threads: [32, 1, 1] };
    Runtime::new("cpu").unwrap().check(kernel, &launch, &arguments, Order::Late)
}

#[test]
fn a_kernel_that_works_in_place_is_right() {
    let scale = kernels::scale().compile().unwrap();
    assert_eq!(rules(&in_one_memory(&scale, (DType::F32, 0)).unwrap()), []);
}

#[test]
fn arguments_that_overlap_by_an_element_race() {
    let scale = kernels::scale().compile().unwrap();
    let report = in_one_memory(&scale, (DType::F32, 4)).unwrap();
    insta::assert_snapshot!(report);
}

#[test]
fn arguments_that_overlap_otherwise_are_refused() {
    let narrow = kernels::narrow().compile().unwrap();
    insta::assert_snapshot!(in_one_memory(&narrow, (DType::F16, 0)).unwrap_err());
}

#[test]
fn a_buffer_without_elements_may_be_written_nowhere() {
    let scale = kernels::scale().compile().unwrap();
    let mut none: [f32; 0] = [];
    let report = scale.check(1, 1, (&[1.0], &mut none)).unwrap();
    assert_eq!(rules(&report), [Rule::OutOfBounds]);
    assert_eq!(report.buffer::<f32>(1), Some(Vec::new()));
}

#[test]
fn two_hundred_thousand_threadgroups() {
    let count = 200_000;
    let a: Vec<u32> = (0..4 * count as u32).collect();
    let report = kernels::ferry().compile().unwrap().check(4 * count, 4, (&a, &vec![0; a.len()])).unwrap();
    report.errors().unwrap();
    assert_eq!((report.figures().threadgroups, report.figures().copies), (count as u64, 2 * count as u64));
    assert!(report.buffer::<u32>(1).unwrap().iter().zip(&a).all(|(&out, &a)| out == a + 1));
}

#[test]
fn operations_that_one_line_makes_have_one_finding() {
    let report = kernels::by_one_line().compile().unwrap().check(64, 64, (&ramp(128), &[0.0; 128])).unwrap();
    assert_eq!(rules(&report), [Rule::MissingBarrier]);
    assert_eq!(report.findings()[0].count, 64, "32 threads, twice");
}

#[test]
fn a_refusal_is_a_report_on_what_did_not_run() {
    let refusal = enigma::build("early", ["a"], |a: enigma::Buffer<f32>| {
        let tile = threadgroup::<f32>(32);
        let event = async_copy_1d_d2t(&tile, Copy1d::from(a, 32));
        tile.store(0, 1.0);
        event.wait();
    })
    .compile()
    .unwrap_err();
    let launch = Launch { grid: [32, 1, 1], threads: [32, 1, 1] };
    let report = Report::refused("early", launch, Order::All, &refusal);
    assert_eq!(rules(&report), [Rule::WriteBeforeWait]);
    assert!(!report.ok() && report.buffers().is_empty());
    insta::assert_snapshot!(report.summary(), @"early: 1 error; grid (32, 1, 1) in threadgroups of (32, 1, 1), refused before it ran");
}
