//! The timeline in the Trace Event Format, which Perfetto and `chrome://tracing` open.
//!
//! A threadgroup is a process. A simdgroup is a thread, with its work, waits and troubles; beside it stands a thread for each
//! of its lanes of copies, because the durations of one thread may only lie within each other, never across. An operation
//! takes one microsecond, the format's unit.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::layout::{self, Layout};
use super::{Flight, Mark, MarkKind, Row, Timeline, Trouble};

const PROCESS: u32 = 1;

impl Timeline {
    /// The timeline as a JSON object in the Trace Event Format.
    pub fn to_trace(&self) -> Json {
        let [x, y, z] = self.threadgroup;
        let mut trace = Trace { events: Vec::new(), threads: 0, end: self.end, barriers: BTreeSet::new() };
        trace.name("process_name", 0, &format!("{}, threadgroup ({x}, {y}, {z})", self.kernel));
        let tiles = Layout::of(self).tiles;
        for (n, row) in self.rows.iter().enumerate() {
            trace.row(n, row, &tiles);
        }
        json!({
            "displayTimeUnit": "ms",
            "otherData": {
                "kernel": self.kernel, "threadgroup": self.threadgroup, "unit": "1 us is one operation",
                "omitted_events": self.omitted,
            },
            "traceEvents": trace.events,
        })
    }
}

struct Trace<'a> {
    events: Vec<Json>,
    threads: u32,
    end: u64,
    /// When and where the barriers are that have an event. A barrier is one event, however many simdgroups are at it.
    barriers: BTreeSet<(u64, &'a str)>,
}

impl<'a> Trace<'a> {
    fn row(&mut self, n: usize, row: &'a Row, tiles: &[&str]) {
        let thread = self.thread(&format!("simdgroup {n}"));
        for work in &row.work {
            self.complete(thread, "work", "work", [work.from, work.to], json!({}));
        }
        for mark in &row.marks {
            self.mark(thread, mark);
        }
        for trouble in &row.troubles {
            self.trouble(thread, trouble);
        }
        for tile in tiles {
            let flights = row.flights.iter().filter(|flight| flight.tile() == *tile);
            for lane in layout::lanes(flights, usize::MAX).0 {
                let thread = self.thread(&format!("simdgroup {n}: {tile}"));
                for flight in lane {
                    self.flight(thread, flight);
                }
            }
        }
    }

    /// A new thread; they are shown in the order of their numbers.
    fn thread(&mut self, name: &str) -> u32 {
        self.threads += 1;
        self.name("thread_name", self.threads, name);
        self.events.push(json!({
            "ph": "M", "name": "thread_sort_index", "pid": PROCESS, "tid": self.threads, "args": { "sort_index": self.threads },
        }));
        self.threads
    }

    fn name(&mut self, what: &str, thread: u32, name: &str) {
        self.events.push(json!({ "ph": "M", "name": what, "pid": PROCESS, "tid": thread, "args": { "name": name } }));
    }

    fn flight(&mut self, thread: u32, flight: &Flight) {
        let Flight { number, dst, src, extent: [columns, rows], bytes, issued, waited, place, .. } = flight;
        let arguments = json!({
            "copy": number, "from": src, "to": dst, "columns": columns, "rows": rows, "bytes": bytes, "issued_at": place,
            "wait_shown": waited.is_some(),
        });
        let name = format!("copy {number}: {src} \u{2192} {dst}");
        self.complete(thread, "copy", &name, [*issued, waited.unwrap_or(self.end)], arguments);
    }

    fn mark(&mut self, thread: u32, mark: &'a Mark) {
        let arguments = json!({ "place": mark.place, "copies": mark.copies });
        match mark.kind {
            MarkKind::Wait => self.instant(thread, "wait", "wait", mark.at, 't', arguments),
            MarkKind::SimdBarrier => self.instant(thread, "barrier", "simd_barrier", mark.at, 't', arguments),
            MarkKind::Barrier if self.barriers.insert((mark.at, &mark.place)) => {
                self.instant(thread, "barrier", "barrier", mark.at, 'p', json!({ "place": mark.place }));
            }
            MarkKind::Barrier => {}
        }
    }

    fn trouble(&mut self, thread: u32, trouble: &Trouble) {
        let Trouble { at, rule, message, place, copy } = trouble;
        self.instant(thread, "finding", rule, *at, 't', json!({ "message": message, "place": place, "copy": copy }));
    }

    fn complete(&mut self, thread: u32, category: &str, name: &str, [from, to]: [u64; 2], arguments: Json) {
        self.events.push(json!({
            "ph": "X", "cat": category, "name": name, "pid": PROCESS, "tid": thread, "ts": from,
            "dur": to.saturating_sub(from), "args": arguments,
        }));
    }

    /// `scope` is `t` for what concerns one thread and `p` for what concerns the process.
    fn instant(&mut self, thread: u32, category: &str, name: &str, at: u64, scope: char, arguments: Json) {
        self.events.push(json!({
            "ph": "i", "cat": category, "name": name, "pid": PROCESS, "tid": thread, "ts": at, "s": scope, "args": arguments,
        }));
    }
}
