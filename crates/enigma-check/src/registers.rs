//! The shadow of register tensors: what each thread has written of its own, and the copies that move it.
//!
//! Registers are private to a thread, so that all is in program order. Only what starts uninitialised, or is an end of a copy, is
//! looked at.

use std::collections::HashSet;

use enigma_cpu::observer::{Touch, Transfer};
use enigma_ir::{Hazard, MemoryId, Rule};

use crate::clock::{Actor, Shared};
use crate::judge::{At, Deed, Judge};
use crate::record::{Agent, LANES};

/// The shadow of one register tensor.
#[derive(Debug)]
pub struct Registers {
    /// Elements.
    len: usize,
    /// Threads of a whole threadgroup, in whole simdgroups.
    pitch: usize,
    /// Whether each lane has written each element: a word per element and simdgroup; empty where every element starts with a value.
    written: Vec<u32>,
    /// The copy that writes each element of each thread, plus one, and how many in flight read it; empty where no copy does.
    copies: Vec<(u32, u32)>,
    /// The copies out of this very tensor that are in flight.
    readers: HashSet<u32>,
    /// Whether the threadgroup has not declared it yet.
    is_new: bool,
}

impl Registers {
    pub fn new(len: usize, threads: usize, copied: bool) -> Self {
        let pitch = threads.next_multiple_of(LANES);
        let copies = if copied { vec![(0, 0); len * pitch] } else { Vec::new() };
        Registers { len, pitch, written: Vec::new(), copies, readers: HashSet::new(), is_new: true }
    }

    /// A threadgroup begins: what the one before left is nobody's business.
    pub fn begin(&mut self) {
        self.readers.clear();
        self.is_new = true;
    }

    /// The tensor comes into being, in a loop perhaps once more: a new one each time. What is in flight into the one before comes to
    /// nothing, and what is in flight out of it still moves what that one held.
    pub fn declare(&mut self, judge: &mut Judge, filled: bool) {
        if !std::mem::take(&mut self.is_new) {
            let into = self.copies.iter().filter_map(|(into, _)| into.checked_sub(1));
            into.for_each(|flight| judge.flights.get_mut(flight).landed = true);
        }
        let mut readers: Vec<u32> = self.readers.drain().collect();
        readers.sort_unstable();
        readers.into_iter().for_each(|flight| judge.schedule.land(flight));
        self.written.clear();
        if !filled {
            self.written.resize(self.len * self.pitch / LANES, 0);
        }
        self.copies.fill((0, 0));
    }

    fn place(&self, element: usize, thread: usize) -> usize {
        element * self.pitch + thread
    }

    fn is_written(&self, element: usize, thread: usize) -> bool {
        let word = self.written.get(self.place(element, thread) / LANES);
        word.is_none_or(|word| word >> (thread % LANES) & 1 == 1)
    }

    fn set_written(&mut self, element: usize, thread: usize) {
        let place = self.place(element, thread) / LANES;
        if let Some(word) = self.written.get_mut(place) {
            *word |= 1 << (thread % LANES);
        }
    }

    /// Whether anything is to be looked at.
    fn is_dull(&self) -> bool {
        self.written.is_empty() && self.copies.is_empty()
    }

    pub fn load(&mut self, judge: &mut Judge, touch: Touch<'_>) {
        if self.is_dull() {
            return;
        }
        for thread in touch.mask.threads() {
            let element = touch.indices.of(thread) as usize;
            self.read(judge, at(touch.memory, element), thread, Deed::Access(touch.site));
        }
    }

    pub fn store(&mut self, judge: &mut Judge, touch: Touch<'_>) {
        if self.is_dull() {
            return;
        }
        for thread in touch.mask.threads() {
            let element = touch.indices.of(thread) as usize;
            self.write(judge, at(touch.memory, element), thread, Deed::Access(touch.site));
        }
    }

    /// A thread's copy into its registers is issued.
    pub fn issue_into(&mut self, judge: &mut Judge, transfer: &Transfer, flight: u32) {
        for element in transfer.writes().flatten() {
            let deed = Deed::Issue(flight, transfer.site);
            self.write(judge, at(transfer.dst, element), transfer.thread, deed);
            let place = self.place(element, transfer.thread);
            self.copies[place].0 = flight + 1;
        }
    }

    /// A thread's copy out of its registers is issued.
    pub fn issue_from(&mut self, judge: &mut Judge, transfer: &Transfer, flight: u32) {
        for element in transfer.reads().flatten() {
            let deed = Deed::Issue(flight, transfer.site);
            self.read(judge, at(transfer.src, element), transfer.thread, deed);
            let place = self.place(element, transfer.thread);
            self.copies[place].1 += 1;
        }
        self.readers.insert(flight);
    }

    /// A thread's copy out of its registers is over.
    pub fn done_from(&mut self, transfer: &Transfer, flight: u32) {
        // Or out of the tensor that was there in an iteration before.
        if !self.readers.remove(&flight) {
            return;
        }
        for element in transfer.reads().flatten() {
            let place = self.place(element, transfer.thread);
            self.copies[place].1 -= 1;
        }
    }

    fn read(&self, judge: &mut Judge, at: At, thread: usize, deed: Deed) {
        if !self.is_written(at.element, thread) {
            let actor = Actor { agent: Agent::thread(thread), collective: false };
            return judge.uninitialized(at, actor, deed);
        }
        if let Some(&(into @ 1.., _)) = self.copies.get(self.place(at.element, thread)) {
            judge.flights.mark_read(into - 1, thread / LANES);
            meet(judge, Rule::ReadBeforeWait, at, thread, deed, into - 1);
        }
    }

    fn write(&mut self, judge: &mut Judge, at: At, thread: usize, deed: Deed) {
        self.set_written(at.element, thread);
        let place = self.place(at.element, thread);
        let Some((into, readers)) = self.copies.get_mut(place) else { return };
        let (before, readers) = (std::mem::take(into), *readers);
        if before > 0 {
            meet(judge, Rule::WriteBeforeWait, at, thread, deed, before - 1);
        }
        if readers > 0
            && let Some(flight) = judge.flights.reading_registers(at.memory, at.element, thread)
        {
            meet(judge, Rule::SourceOverwritten, at, thread, deed, flight);
        }
    }
}

/// Registers are ordered by nothing but their thread's program; the space is of no account.
fn at(memory: MemoryId, element: usize) -> At {
    At { memory, shared: Shared::Threadgroup, element }
}

/// A thread's own copy against what the thread does now.
fn meet(judge: &mut Judge, rule: Rule, at: At, thread: usize, deed: Deed, flight: u32) {
    if !judge.flights.get(flight).is_in_flight() {
        return;
    }
    judge.schedule.meet(flight, &judge.flights);
    let (issue, memory) = (judge.flights.get(flight).site, at.memory);
    let hazard = match deed {
        Deed::Access(at) => Hazard::InFlight { rule, at, issue, memory, across: false },
        Deed::Issue(number, at) => {
            judge.schedule.rival(flight, number);
            Hazard::Overlap { at, issue, memory, across: false }
        }
    };
    judge.report(hazard, Agent::thread(thread), Some(at));
}
