//! The seam for a checker: an observer sees every access, copy, wait and barrier, and may hold a copy back until its wait.

mod common;

use std::sync::{Arc, Mutex};

use common::{Sketch, input, int, line, output};
use enigma_cpu::observer::{Landing, Mask, Observer, Touch, Transfer};
use enigma_cpu::{Limits, Printout};
use enigma_ir::{DType, MemFlags, OpId, Opcode};

/// Writes down what it sees, and carries copies out as late as it may.
struct Late {
    seen: Arc<Mutex<Vec<String>>>,
    held: Vec<Transfer>,
    due: Option<Transfer>,
}

impl Late {
    fn note(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }
}

impl Observer for Late {
    fn begin(&mut self, threadgroup: u64, threads: usize) {
        self.note(format!("begin {threadgroup}, of {threads}"));
    }

    fn load(&mut self, touch: Touch<'_>) {
        let elements: Vec<i64> = touch.mask.threads().map(|thread| touch.indices.of(thread)).collect();
        self.note(format!("load {} {elements:?}", touch.memory));
    }

    fn store(&mut self, touch: Touch<'_>) {
        let elements: Vec<i64> = touch.mask.threads().map(|thread| touch.indices.of(thread)).collect();
        self.note(format!("store {} {elements:?}", touch.memory));
    }

    fn issue(&mut self, transfer: &Transfer) -> Landing {
        let [writes, reads]: [Vec<_>; 2] = [transfer.writes().collect(), transfer.reads().collect()];
        self.note(format!("issue {} {writes:?} {reads:?}", transfer.event));
        self.held.push(*transfer);
        Landing::Held { poison: true }
    }

    fn complete(&mut self, _: OpId, event: u32, _: usize) {
        self.note(format!("complete {event}"));
        let at = self.held.iter().position(|transfer| transfer.event == event).unwrap();
        self.due = Some(self.held.swap_remove(at));
    }

    fn due(&mut self) -> Option<Transfer> {
        self.due.take()
    }

    fn end(&mut self) {
        self.note("end".to_owned());
    }

    fn barrier(&mut self, _: OpId, code: Opcode, flags: MemFlags, mask: &Mask) {
        self.note(format!("{} {} {}", code.info().name, flags.name(), mask.threads().count()));
    }
}

#[test]
fn an_observer_sees_everything_and_may_hold_copies_back() {
    let mut s = Sketch::new();
    let [src, out] = ["src", "out"].map(|n| s.buffer(n, DType::F32));
    let tile = s.tile("tile", DType::F32, 4);
    let thread = s.thread();
    let event = s.value(Opcode::AsyncCopy1dD2t, [tile.into(), int(0), src.into(), int(1), int(4)]);
    s.store(out, thread, int(7));
    s.wait(event);
    s.barrier();
    let low = s.value(Opcode::CmpLt, [thread.into(), int(3)]);
    s.when(low, |s| {
        let late = s.load(tile, thread);
        let at = s.value(Opcode::Add, [thread.into(), int(4)]);
        s.store(out, at, late);
    });
    let program = s.program();
    let src = [1.0f32, 2.0, 3.0, 4.0, 5.0];
    let mut got = [9.0f32; 8];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let printout = Printout::default();
    let observer = || Late { seen: seen.clone(), held: Vec::new(), due: None };
    program
        .run_observed(&line(4, 4), &[input(&src), output(&mut got)], &Limits::default(), &printout, observer)
        .unwrap();
    assert_eq!(got, [7.0, 7.0, 7.0, 7.0, 2.0, 3.0, 4.0, 9.0]);
    let seen = seen.lock().unwrap().join("\n");
    insta::assert_snapshot!(seen);
}
