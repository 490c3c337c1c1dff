//! Copies, waits and barriers.

use enigma_air::Options;
use enigma_ir::target::{LinearCopy, Target};
use enigma_tests::kernels;

use crate::{cooperative, lowered, plain};

#[test]
fn a_row_of_a_tile() {
    insta::assert_snapshot!(lowered("tiled_load", &plain(), kernels::tiled_load));
}

#[test]
fn a_linear_copy() {
    let target = Target { linear_copy: LinearCopy::Linear, ..plain().target };
    insta::assert_snapshot!(lowered("tiled_load", &Options { target, ..plain() }, kernels::tiled_load));
}

#[test]
fn by_the_lanes() {
    insta::assert_snapshot!(lowered("tiled_load", &cooperative(), kernels::tiled_load));
}
