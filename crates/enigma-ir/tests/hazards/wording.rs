//! One message for each hazard, as it is shown.

use super::*;
use enigma_ir::{Hazard, Rule, Style};

const TEXT: &str = r#"import enigma


@enigma.kernel
def example(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    early = tile[0]
    enigma.async_copy_wait(ev)
    late = tile[0]
    tile[0] = early + late
    out = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)
    enigma.async_copy_wait(out)
    B[0] = late
    enigma.barrier()
"#;

#[test]
fn every_hazard_is_told_with_its_places() {
    let mut s = Sketch::python(TEXT);
    let (a_tile, b) = (s.tile, s.b);
    let (inward, ev) = s.copy_in("ev", "enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)");
    let early = s.load(a_tile, "tile[0]");
    let wait = s.wait(ev, "enigma.async_copy_wait(ev)");
    let late = s.load(a_tile, "tile[0]");
    let store = s.store(a_tile, "tile[0]");
    let (outward, out) = s.copy_out("out", "enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)");
    let wait_out = s.wait(out, "enigma.async_copy_wait(out)");
    let result = s.store(b, "B[0]");
    let barrier = s.barrier("enigma.barrier()");
    let kernel = s.finish();

    let flight = |rule, at, issue, memory, across| Hazard::InFlight { rule, at, issue, memory, across };
    let overlap = |at, issue, memory, across| Hazard::Overlap { at, issue, memory, across };
    let race = |at, other, memory, across, simdgroup| Hazard::Race { at, other, memory, across, simdgroup };
    let hazards = [
        ("read_before_wait", flight(Rule::ReadBeforeWait, early, inward, a_tile, false)),
        ("write_before_wait", flight(Rule::WriteBeforeWait, store, inward, a_tile, false)),
        ("source_overwritten", flight(Rule::SourceOverwritten, store, outward, a_tile, false)),
        ("written_in_another_threadgroup", flight(Rule::WriteBeforeWait, result, outward, b, true)),
        ("overlap", overlap(outward, inward, a_tile, false)),
        ("overlap_with_itself", overlap(inward, inward, a_tile, false)),
        ("overlap_across_threadgroups", overlap(outward, inward, b, true)),
        ("overlap_with_itself_across_threadgroups", overlap(outward, outward, b, true)),
        ("unpublished", Hazard::Unpublished { at: late, issue: inward, wait, memory: a_tile }),
        ("unpublished_in_device_memory", Hazard::Unpublished { at: result, issue: outward, wait: wait_out, memory: b }),
        ("unpublished_source", Hazard::Unpublished { at: store, issue: outward, wait: wait_out, memory: a_tile }),
        ("unpublished_copied_again", Hazard::Unpublished { at: inward, issue: inward, wait, memory: a_tile }),
        ("unsettled_write", Hazard::Unsettled { at: outward, access: store, memory: a_tile }),
        ("unsettled_read", Hazard::Unsettled { at: inward, access: late, memory: a_tile }),
        ("race", race(store, late, a_tile, false, false)),
        ("race_of_lanes", race(store, late, a_tile, false, true)),
        ("race_on_one_line", race(store, store, a_tile, false, false)),
        ("race_across_threadgroups", race(result, store, b, true, false)),
        ("race_across_threadgroups_on_one_line", race(result, result, b, true, false)),
        ("uninitialized", Hazard::Uninitialized { at: early, memory: a_tile }),
        ("uninitialized_source", Hazard::Uninitialized { at: outward, memory: a_tile }),
        ("never_waited", Hazard::NeverWaited { issue: inward }),
        ("waited_twice", Hazard::WaitedTwice { at: wait_out, first: wait, issue: inward }),
        ("waited_in_every_iteration", Hazard::WaitedTwice { at: wait, first: wait, issue: inward }),
        ("redundant_copy", Hazard::RedundantCopy { issue: inward }),
        ("unread_copy", Hazard::UnreadCopy { issue: inward }),
        ("redundant_wait", Hazard::RedundantWait { at: wait }),
        ("redundant_barrier", Hazard::RedundantBarrier { at: barrier }),
    ];
    for (name, hazard) in hazards {
        let told = hazard.describe(&kernel);
        assert_eq!((told.rule, told.labels[0].span), (hazard.rule(), kernel.op(hazard.at()).span), "{name}");
        insta::assert_snapshot!(name, told.render(kernel.files(), Style::Plain));
    }
}
