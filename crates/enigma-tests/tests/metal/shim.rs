//! The stand-in for the hardware objects to what the hardware would not survive.

use enigma_ir::target::Target;
use enigma_msl::Options;
use enigma_tests::{Host, Make, kernels, llvm_ir};

use crate::case::text;

/// The message for the `tiled_load` kernel with one piece of its text replaced.
fn objection(piece: &str, replacement: &str) -> String {
    let text = text(&Make::kernel("tiled_load", kernels::tiled_load), &Options::default());
    assert!(text.contains(piece), "{text}");
    let host = Host::of_metal(&[text.replace(piece, replacement)]).unwrap_or_else(|error| panic!("{error}"));
    let mut arguments = [vec![0; 256], vec![0; 256]];
    host.run(0, &mut arguments, [64, 1, 1], [64, 1, 1]).expect_err("the shim objects")
}

#[test]
fn objects_to_misuse() {
    let cases = [
        ("    async_copy_wait(ev);\n", "", "still in flight"),
        ("async_copy_wait(ev);", "async_copy_wait(ev); async_copy_wait(ev);", "not in flight"),
        ("input, 64)", "input, tid)", "different operands"),
        ("input, 64)", "input, 0)", "empty copy"),
        ("threadgroup_barrier(", "if (tid < 3) threadgroup_barrier(", "never arrive"),
        ("    threadgroup_barrier(mem_flags::mem_threadgroup);\n", "", "no barrier follows"),
        ("ulong2(0, 0), 0", "ulong2(0, 0), 2", "clamp mode"),
        ("count, 1, ulong2(count, 1),\n", "count, 1, ulong2(count + 1, 1),\n", "source tile larger"),
    ];
    for (piece, replacement, message) in cases {
        let found = objection(piece, replacement);
        assert!(found.contains(message), "{replacement}: {found}");
    }
}

/// What an M3 does without would hang an M1.
#[test]
fn objects_to_tiles_that_are_not_read_back() {
    let options = Options { target: Target { gpu_family: 9, ..Target::default() }, ..Options::default() };
    let text = text(&Make::kernel("unread", kernels::unread), &options);
    let host = Host::of_metal(&[text]).unwrap_or_else(|error| panic!("{error}"));
    let mut arguments = [vec![0; 4 * 96], vec![0; 4 * 32]];
    let found = host.run(0, &mut arguments, [32, 1, 1], [32, 1, 1]).expect_err("the shim objects");
    assert!(found.contains("an M1 may hang"), "{found}");
}

/// Nothing uses what is read back, and the compiler reads it all the same.
#[test]
fn the_compiler_keeps_what_is_read_back() {
    let reads = |gpu_family| {
        let options = Options { target: Target { gpu_family, ..Target::default() }, ..Options::default() };
        let ir = llvm_ir(&[text(&Make::kernel("unread", kernels::unread), &options)]);
        ir.unwrap_or_else(|error| panic!("{error}")).matches("load volatile i8").count()
    };
    assert_eq!([reads(7), reads(9)], [2, 0]);
}

/// Metal is C++14 before its version 4.0.
#[test]
fn what_came_with_a_later_cpp_is_refused() {
    let text = text(&Make::kernel("tiled_load", kernels::tiled_load), &Options::default());
    let later = text.replace("    async_copy_wait(ev);\n", "    if constexpr (true) async_copy_wait(ev);\n");
    let error = Host::of_metal(&[later]).err().expect("the text is no C++14");
    assert!(error.contains("before C++17"), "{error}");
}
