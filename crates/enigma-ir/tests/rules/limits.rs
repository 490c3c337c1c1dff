//! `resource-limit`, and kernels that are too large to look through.

use super::*;

#[test]
fn resource_limit_memory() {
    let mut t = Trace::new();
    t.alloc("second", DType::F32, 8192);
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
}

#[test]
fn resource_limit_buffers() {
    let mut t = Trace::new();
    for i in 0..31 {
        t.buffer(&format!("B{i}"), DType::F32);
    }
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let mut t = Trace::new();
    let n = t.scalar();
    let cond = t.value(Opcode::CmpGt, &[n.into(), int(3)]);
    for _ in 0..10_000 {
        t.begin_if(cond);
    }
    for _ in 0..10_000 {
        t.end_if();
    }
    insta::assert_snapshot!(t.breaks(&[Rule::ResourceLimit]));
}

#[test]
fn loops_in_loops_take_no_forever() {
    let mut t = Trace::new();
    let ev = t.copy_into(int(0), int(32));
    for _ in 0..100 {
        t.begin_for(int(8), &[]);
    }
    let tile = t.tile;
    t.load(tile, int(32));
    for _ in 0..100 {
        t.end_for(&[]);
    }
    t.wait(ev);
    t.passes();
}
