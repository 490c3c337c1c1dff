//! The stand-in for the hardware objects to what the hardware would not survive.

use enigma_msl::Options;
use enigma_tests::{Make, MetalHost, kernels};

use crate::case::text;

/// The message for the `tiled_load` kernel with one piece of its text replaced.
fn objection(piece: &str, replacement: &str) -> String {
    let text = text(&Make::kernel("tiled_load", kernels::tiled_load), &Options::default());
    assert!(text.contains(piece), "{text}");
    let host = MetalHost::compile(&[text.replace(piece, replacement)]).unwrap_or_else(|error| panic!("{error}"));
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
    ];
    for (piece, replacement, message) in cases {
        let found = objection(piece, replacement);
        assert!(found.contains(message), "{replacement}: {found}");
    }
}
