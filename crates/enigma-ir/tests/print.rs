//! The kernel as text for people.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
mod common;

use common::{branches_and_loops, pipeline, tiled_load};
use enigma_ir::print;

#[test]
fn straight_line() {
    insta::assert_snapshot!(print(&tiled_load()));
}

#[test]
fn carried_event_and_matrix() {
    insta::assert_snapshot!(print(&pipeline()));
}

#[test]
fn control_flow() {
    insta::assert_snapshot!(print(&branches_and_loops()));
}
