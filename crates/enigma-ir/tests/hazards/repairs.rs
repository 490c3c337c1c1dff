//! The text before and after a repair.

use super::*;
use enigma_ir::{Hazard, Rule};

/// The text after the repair of a hazard; `None` where there is none.
fn after(text: &str, kernel: &Kernel, hazard: Hazard) -> Option<String> {
    hazard.describe(kernel).repair.map(|repair| repair.apply(text))
}

fn race(at: OpId, other: OpId, memory: MemoryId) -> Hazard {
    Hazard::Race { at, other, memory, across: false, simdgroup: false }
}

/// A kernel's text, with lines for its body.
fn python(body: &str) -> String {
    format!("@enigma.kernel\ndef example(A, B):\n    tile = enigma.threadgroup_alloc(\"float\", 64)\n{body}")
}

#[test]
fn a_barrier_goes_before_the_second_access() {
    let text = python(
        "    lane = enigma.thread_index_in_simdgroup()\n    tile[lane] = 1.0\n\n    # What the others wrote:\n    B[lane] = (\n        tile[0]\n    )\n",
    );
    let mut s = Sketch::python(&text);
    let tile = s.tile;
    s.op(Opcode::ThreadIndexInSimdgroup, &[], "enigma.thread_index_in_simdgroup()");
    let write = s.store(tile, "tile[lane]");
    let read = s.load(tile, "tile[0]");
    let kernel = s.finish();
    let with = |barrier| Some(text.replace("    B[lane] = (", &format!("    enigma.{barrier}()\n    B[lane] = (")));
    assert_eq!(after(&text, &kernel, race(read, write, tile)), with("barrier"));
    let lanes = Hazard::Race { at: read, other: write, memory: tile, across: false, simdgroup: true };
    assert_eq!(after(&text, &kernel, lanes), with("simd_barrier"));
    let across = Hazard::Race { at: read, other: write, memory: tile, across: true, simdgroup: false };
    assert_eq!(after(&text, &kernel, across), None, "no barrier orders threadgroups");
    assert_eq!(after(&text, &kernel, race(write, write, tile)), None, "one line has no between");
}

#[test]
fn no_barrier_is_spelled_where_the_source_does_not_show_how() {
    let text = python("    tile[0] = 1.0\n    x = tile[1]\n");
    let mut s = Sketch::python(&text);
    let tile = s.tile;
    let write = s.store(tile, "tile[0]");
    let read = s.load(tile, "tile[1]");
    let kernel = s.finish();
    assert_eq!(after(&text, &kernel, race(read, write, tile)), None);
}

/// A branch that reads what was written before it, and writes and reads.
fn branch(divergent: bool) -> (String, Sketch, [OpId; 3]) {
    let text = python(
        "    tile[0] = 1.0\n    with enigma.if_(enigma.thread_index_in_simdgroup() < 3):\n        x = tile[0]\n        tile[0] = x\n    enigma.barrier()\n",
    );
    let mut s = Sketch::python(&text);
    let tile = s.tile;
    let write = s.store(tile, "tile[0]");
    s.begin_if(divergent, "enigma.if_");
    s.op(Opcode::ThreadIndexInSimdgroup, &[], "enigma.thread_index_in_simdgroup()");
    let read = s.load(tile, "tile[0]");
    let again = s.store(tile, "tile[0]");
    s.end_if();
    s.barrier("enigma.barrier()");
    (text, s, [write, read, again])
}

#[test]
fn a_barrier_stands_where_all_threads_come() {
    for divergent in [true, false] {
        let (text, s, [write, read, again]) = branch(divergent);
        let tile = s.tile;
        let kernel = s.finish();
        let before = text.replace("    with enigma.if_", "    enigma.barrier()\n    with enigma.if_");
        assert_eq!(after(&text, &kernel, race(read, write, tile)), Some(before), "hoisted out of the branch");
        let inside = text.replace("        tile[0] = x", "        enigma.barrier()\n        tile[0] = x");
        let expected = (!divergent).then_some(inside);
        assert_eq!(after(&text, &kernel, race(again, read, tile)), expected, "divergent: {divergent}");
    }
}

#[test]
fn a_barrier_parts_the_iterations_of_a_loop() {
    let text = python(
        "    with enigma.for_range(0, 4) as k:\n        tile[0] = 1.0\n        enigma.barrier()\n        B[0] = tile[0]\n",
    );
    let mut s = Sketch::python(&text);
    let tile = s.tile;
    s.begin_for("enigma.for_range");
    let write = s.store(tile, "tile[0]");
    s.barrier("enigma.barrier()");
    let read = s.load(tile, "tile[0]");
    s.end_for();
    let kernel = s.finish();
    let expected = text.replace("        tile[0] = 1.0", "        enigma.barrier()\n        tile[0] = 1.0");
    assert_eq!(after(&text, &kernel, race(write, read, tile)), Some(expected));
    assert_eq!(after(&text, &kernel, race(read, write, tile)), None, "there is a barrier between the two");
}

#[test]
fn a_barrier_orders_the_memory_that_needs_it() {
    let text = python(
        "    out = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)\n    enigma.async_copy_wait(out)\n    enigma.barrier()\n    x = B[0]\n",
    );
    let mut s = Sketch::python(&text);
    let b = s.b;
    let (issue, event) = s.copy_out("out", "enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)");
    let wait = s.wait(event, "enigma.async_copy_wait(out)");
    s.barrier("enigma.barrier()");
    let read = s.load(b, "B[0]");
    let kernel = s.finish();
    let expected = text.replace("    x = B[0]", "    enigma.barrier(\"mem_device\")\n    x = B[0]");
    assert_eq!(after(&text, &kernel, Hazard::Unpublished { at: read, issue, wait, memory: b }), Some(expected));
}

const RUST: &str = r#"#[enigma::kernel]
fn example(a: Buffer<f32>, b: Buffer<f32>) {
    let tile = threadgroup::<f32>(64); // "a { in a string"
    let ev = async_copy_1d_d2t(&tile, Copy1d { count: 64 });
    for_range(0..4, |k| {
        let x = tile
            .load(k);
        b.store(k, x);
    });
    async_copy_wait([ev]);
    tile.store(0, 1.0);
    barrier();
}
"#;

#[test]
fn rust_is_repaired_in_rust() {
    let mut s = Sketch::new("kernel.rs", RUST, "fn example");
    let tile = s.tile;
    let (issue, event) = s.copy_in("ev", "async_copy_1d_d2t");
    s.begin_for("for_range");
    let read = s.load(tile, "load(k)");
    s.end_for();
    s.wait(event, "async_copy_wait");
    let write = s.store(tile, "store(0");
    s.barrier("barrier()");
    let kernel = s.finish();
    let early = Hazard::InFlight { rule: Rule::ReadBeforeWait, at: read, issue, memory: tile, across: false };
    let expected =
        RUST.replace("    for_range", "    ev.wait();\n    for_range").replace("    async_copy_wait([ev]);\n", "");
    assert_eq!(after(RUST, &kernel, early), Some(expected));
    let expected = RUST.replace("    tile.store(0", "    barrier();\n    tile.store(0");
    assert_eq!(after(RUST, &kernel, race(write, read, tile)), Some(expected));
}

#[test]
fn an_event_that_rust_has_moved_is_not_waited_for() {
    let text = RUST.replace("async_copy_wait([ev]);", "async_copy_wait(vec![ev]);");
    let mut s = Sketch::new("kernel.rs", &text, "fn example");
    let tile = s.tile;
    let (issue, event) = s.copy_in("ev", "async_copy_1d_d2t");
    s.begin_for("for_range");
    let read = s.load(tile, "load(k)");
    s.end_for();
    s.wait(event, "async_copy_wait");
    let kernel = s.finish();
    let early = Hazard::InFlight { rule: Rule::ReadBeforeWait, at: read, issue, memory: tile, across: false };
    assert_eq!(after(&text, &kernel, early), None);
}
