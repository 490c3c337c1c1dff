//! Records the course of a threadgroup, for the timeline.

use enigma_cpu::Launch;
use enigma_cpu::observer::{PER_LANE, Transfer};
use enigma_ir::{Hazard, Kernel, OpId, Severity};

use crate::record::{Agent, LANES, SIMDGROUPS};
use crate::timeline::{Flight, Mark, MarkKind, Row, Timeline, Trouble, Work};

/// The most events of one threadgroup that are recorded.
const MAX_EVENTS: usize = 20_000;

/// Something that happened.
#[derive(Clone, Debug)]
enum Event {
    Issue { transfer: Box<Transfer> },
    Wait { site: OpId, event: u32, simdgroup: usize },
    Barrier { site: OpId, kind: MarkKind, simdgroups: u32 },
    Work { simdgroups: u32, from: u64 },
    Trouble { hazard: Hazard, agent: Agent },
}

/// The course of one threadgroup.
#[derive(Clone, Debug, Default)]
pub struct Course {
    threadgroup: u64,
    simdgroups: usize,
    events: Vec<(u64, Event)>,
    end: u64,
    omitted: u64,
    troubled: bool,
}

impl Course {
    /// The course to be shown has the least rank: the first with trouble, else the first of all.
    fn rank(&self) -> impl Ord + use<> {
        (self.simdgroups == 0, !self.troubled, self.threadgroup)
    }

    /// Of two courses the one to be shown.
    pub fn better(self, other: Course) -> Course {
        if other.rank() < self.rank() { other } else { self }
    }
}

/// Records each threadgroup in turn and keeps the one that is worth showing.
#[derive(Debug, Default)]
pub struct Recorder {
    current: Course,
    kept: Course,
    /// The operations carried out so far, by all simdgroups together in lockstep.
    now: u64,
    /// The simdgroups that work just now, and since when.
    working: (u32, u64),
    /// The simdgroups with a copy in flight, and how many each has.
    flying: u32,
    in_flight: [u32; SIMDGROUPS],
    /// Operations that simdgroups carried out, and those with a copy in flight.
    worked: u64,
    overlapped: u64,
}

impl Recorder {
    pub fn begin(&mut self, threadgroup: u64, threads: usize) {
        let mut events = std::mem::take(&mut self.current.events);
        events.clear();
        self.current = Course { threadgroup, simdgroups: threads.div_ceil(LANES), events, ..Course::default() };
        self.now = 0;
        self.working = (0, 0);
        self.flying = 0;
        self.in_flight = [0; SIMDGROUPS];
    }

    /// The threadgroup has ended, or was stopped.
    pub fn end(&mut self) {
        self.rest();
        self.current.end = self.now;
        if self.current.rank() < self.kept.rank() {
            self.kept = std::mem::take(&mut self.current);
        }
    }

    /// The course to be shown, the operations of all simdgroups, and those with a copy in flight.
    pub fn into_parts(self) -> (Course, u64, u64) {
        (self.kept, self.worked, self.overlapped)
    }

    #[inline(always)]
    pub fn work(&mut self, simdgroups: u32) {
        self.worked += u64::from(simdgroups.count_ones());
        self.overlapped += u64::from((simdgroups & self.flying).count_ones());
        if self.working.0 != simdgroups {
            self.rest();
            self.working = (simdgroups, self.now);
        }
        self.now += 1;
    }

    /// What worked so far does not any more.
    fn rest(&mut self) {
        let (simdgroups, from) = self.working;
        if simdgroups != 0 && from < self.now {
            self.push(Event::Work { simdgroups, from });
        }
        self.working = (0, self.now);
    }

    pub fn issue(&mut self, transfer: &Transfer) {
        let group = transfer.thread / LANES;
        self.in_flight[group] += 1;
        self.flying |= 1 << group;
        self.mark(Event::Issue { transfer: Box::new(*transfer) });
    }

    /// A wait for a copy, which moved something if `moved`.
    pub fn wait(&mut self, site: OpId, event: u32, thread: usize, moved: bool) {
        let group = thread / LANES;
        if moved {
            self.in_flight[group] -= 1;
            if self.in_flight[group] == 0 {
                self.flying &= !(1 << group);
            }
        }
        self.mark(Event::Wait { site, event, simdgroup: group });
    }

    pub fn barrier(&mut self, site: OpId, kind: MarkKind, simdgroups: u32) {
        self.mark(Event::Barrier { site, kind, simdgroups });
    }

    pub fn trouble(&mut self, hazard: Hazard, agent: Agent) {
        if hazard.rule().severity() != Severity::Error {
            return;
        }
        self.current.troubled = true;
        let known = |(_, event): &(u64, Event)| matches!(event, Event::Trouble { hazard: h, .. } if *h == hazard);
        if self.current.events.iter().rev().take(64).any(known) {
            return;
        }
        self.push(Event::Trouble { hazard, agent });
    }

    /// What stopped the threadgroup has no hazard of its own to show.
    pub fn stopped(&mut self) {
        self.current.troubled = true;
    }

    fn mark(&mut self, event: Event) {
        self.rest();
        self.push(event);
        self.now += 1;
    }

    fn push(&mut self, event: Event) {
        match self.current.events.len() < MAX_EVENTS {
            true => self.current.events.push((self.now, event)),
            false => self.current.omitted += 1,
        }
    }
}

/// The timeline of a course.
pub fn timeline(course: &Course, kernel: &Kernel, launch: &Launch) -> Timeline {
    let mut rows = vec![Row::default(); course.simdgroups];
    let place = |site: OpId| kernel.files().place(kernel.op(site).span);
    for (at, event) in &course.events {
        let at = *at;
        match event {
            Event::Issue { transfer } => {
                if let Some(row) = rows.get_mut(transfer.thread / LANES) {
                    row.flights.push(flight(kernel, transfer, at));
                }
            }
            Event::Wait { site, event, simdgroup } => {
                let Some(row) = rows.get_mut(*simdgroup) else { continue };
                let number = event & !PER_LANE;
                let waited = row.flights.iter_mut().rfind(|f| f.number == number && f.waited.is_none());
                if let Some(flight) = waited {
                    flight.waited = Some(at);
                }
                match row.marks.last_mut() {
                    Some(mark) if mark.kind == MarkKind::Wait && mark.place == place(*site) && mark.at + 1 == at => {
                        mark.copies.push(number);
                        mark.at = at;
                    }
                    _ => row.marks.push(Mark { kind: MarkKind::Wait, at, place: place(*site), copies: vec![number] }),
                }
            }
            Event::Barrier { site, kind, simdgroups } => {
                for (_, row) in rows.iter_mut().enumerate().filter(|(group, _)| simdgroups >> group & 1 == 1) {
                    row.marks.push(Mark { kind: *kind, at, place: place(*site), copies: Vec::new() });
                }
            }
            Event::Work { simdgroups, from } => {
                for (_, row) in rows.iter_mut().enumerate().filter(|(group, _)| simdgroups >> group & 1 == 1) {
                    row.work.push(Work { from: *from, to: at });
                }
            }
            Event::Trouble { hazard, agent } => {
                let Some(row) = rows.get_mut(agent.simdgroup()) else { continue };
                let issue = hazard.issue();
                let copy = issue.and_then(|issue| row.flights.iter().rfind(|f| f.place == place(issue)));
                let copy = copy.map(|flight| flight.number);
                row.troubles.push(Trouble {
                    at,
                    rule: hazard.rule().name().to_owned(),
                    message: hazard.describe(kernel).message,
                    place: place(hazard.at()),
                    copy,
                });
            }
        }
    }
    let threadgroup = launch.position(course.threadgroup);
    let (kernel, end, omitted) = (kernel.name().to_owned(), course.end, course.omitted);
    Timeline { kernel, threadgroup, rows, end, omitted }
}

fn flight(kernel: &Kernel, transfer: &Transfer, issued: u64) -> Flight {
    let [src, dst] = [transfer.src, transfer.dst].map(|memory| kernel.memory(memory));
    let moved = transfer.valid[0] * transfer.valid[1] * src.dtype.size();
    Flight {
        number: transfer.event & !PER_LANE,
        dst: dst.name.clone(),
        src: src.name.clone(),
        to_device: transfer.to_device,
        extent: transfer.extent.map(|n| n as u64),
        bytes: moved as u64,
        issued,
        waited: None,
        place: kernel.files().place(kernel.op(transfer.site).span),
    }
}
