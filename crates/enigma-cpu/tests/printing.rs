//! What `debug_print` prints.

mod common;

use common::{Sketch, float, int, line, name, output};
use enigma_cpu::observer::Unobserved;
use enigma_cpu::{Limits, Printout, Program};
use enigma_ir::{Arg, DType, Opcode};

fn printed(program: &Program, grid: u32, threads: u32, printout: &Printout) -> Vec<String> {
    let done = program.run_observed(&line(grid, threads), &[], &Limits::default(), printout, || Unobserved);
    done.map(|_| ()).unwrap_or_else(|found| panic!("{found}"));
    printout.lines()
}

#[test]
fn a_line_for_each_thread_where_it_holds() {
    let mut s = Sketch::new();
    let thread = s.thread();
    let signed = s.value(Opcode::Cast, [thread.into(), Arg::DType(DType::I32)]);
    let less = s.value(Opcode::Sub, [signed.into(), int(2)]);
    let half = s.value(Opcode::Cast, [thread.into(), Arg::DType(DType::F16)]);
    let v = s.value(Opcode::MakeVec, [half.into(), float(0.5)]);
    let odd = s.value(Opcode::And, [thread.into(), int(1)]);
    let odd = s.value(Opcode::CmpEq, [odd.into(), int(1)]);
    s.call(
        Opcode::DebugPrint,
        [name("{{{}}} {:+d} {:.1f} {}"), odd.into(), thread.into(), less.into(), v.into(), odd.into()],
    );
    let printout = Printout::default();
    assert_eq!(
        printed(&s.program(), 6, 4, &printout),
        ["{1} -1 (1.0, 0.5) True", "{3} +1 (3.0, 0.5) True", "{5} +3 (5.0, 0.5) True",]
    );
}

/// All threadgroups at once, each printing in a loop that takes some of them longer.
#[test]
fn threadgroups_print_in_the_order_of_their_numbers() {
    let mut s = Sketch::new();
    let group = s.value(Opcode::ThreadgroupPositionInGrid, []);
    let turns = s.value(Opcode::Rem, [group.into(), int(5)]);
    s.count([int(0), turns.into(), int(1)], DType::U32, &[], |s, i, _| {
        let thread = s.value(Opcode::ThreadIndexInThreadgroup, []);
        s.call(Opcode::DebugPrint, [name("{}.{}.{}"), Arg::Missing, group.into(), i.into(), thread.into()]);
        Vec::new()
    });
    let program = s.program();
    let expected: Vec<String> = (0..400)
        .flat_map(|group| (0..group % 5).flat_map(move |i| (0..2).map(move |thread| format!("{group}.{i}.{thread}"))))
        .collect();
    assert_eq!(printed(&program, 800, 2, &Printout::default()), expected);
    let some = printed(&program, 800, 2, &Printout::of_at_most(33));
    assert_eq!(some[..33], expected[..33]);
    assert_eq!(some[33..], [format!("... and {} more lines", expected.len() - 33)]);
}

#[test]
fn what_was_printed_before_a_kernel_was_stopped_is_kept() {
    let mut s = Sketch::new();
    let out = s.buffer("out", DType::U32);
    let thread = s.thread();
    s.call(Opcode::DebugPrint, [name("here"), Arg::Missing]);
    s.store(out, thread, int(1));
    let printout = Printout::default();
    let mut data = [0u32];
    let arguments = [output(&mut data)];
    let done = s.program().run_observed(&line(2, 2), &arguments, &Limits::default(), &printout, || Unobserved);
    assert!(done.is_err());
    assert_eq!(printout.lines(), ["here", "here"]);
}
