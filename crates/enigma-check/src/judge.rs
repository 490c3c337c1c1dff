//! The rules, at one element: who may touch it now.

use enigma_cpu::observer::Transfer;
use enigma_ir::table::Access;
use enigma_ir::{Hazard, MemoryId, OpId, Rule};

use crate::atomics::{Accesses, Atomics};
use crate::clock::{Actor, Clock, Shared, Tick};
use crate::course::Recorder;
use crate::flight::{Flights, Standing};
use crate::found::{Found, Spot};
use crate::record::{Agent, Cell, Reader, Record};
use crate::schedule::Schedule;

/// What somebody does to an element.
#[derive(Copy, Clone, Debug)]
pub enum Deed {
    /// A load or store.
    Access(OpId),
    /// The issue of a copy, by its number.
    Issue(u32, OpId),
}

/// What a write is done over.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Over {
    /// What was, or nothing.
    Past,
    /// What a copy in flight is yet to write.
    InFlight,
}

/// An atomic operation.
#[derive(Copy, Clone, Debug)]
pub struct AtomicDeed {
    pub site: OpId,
    pub access: Access,
    /// Whether it makes use of what it reads.
    pub looks: bool,
    pub acquires: bool,
    pub releases: bool,
}

/// Which element.
#[derive(Copy, Clone, Debug)]
pub struct At {
    pub memory: MemoryId,
    pub shared: Shared,
    pub element: usize,
}

/// All that is known of the threadgroup that runs, but for its shadow memory.
#[derive(Debug)]
pub struct Judge {
    pub clock: Clock,
    pub flights: Flights,
    pub atomics: Atomics,
    pub schedule: Schedule,
    pub found: Found,
    pub recorder: Recorder,
    pub threadgroup: u64,
    /// The loops that it is in, the outermost first, each with its iteration.
    pub loops: Vec<(OpId, u64)>,
    /// The operations by number.
    pub sites: Vec<OpId>,
    /// What was found readable last: as long as time stands still it is so again.
    pub readable: Readable,
    /// How many hazards were taken down.
    pub reports: u64,
    /// How many threads do what is judged now.
    pub threads: u64,
}

/// A copy whose elements a simdgroup may read, at one moment. Most elements of a tile are of the same copy as the one before.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Readable {
    leader: u32,
    simdgroup: usize,
    /// 0 for never.
    tick: Tick,
}

impl Judge {
    /// A load of one thread, or of a simdgroup that loads a matrix.
    #[inline(always)]
    pub fn load(&mut self, cell: &mut Cell, at: At, agent: Agent, site: OpId) {
        self.check_read(cell, at, Actor { agent, collective: false }, Deed::Access(site));
        let read = Record::plain(self.clock.now(), agent, site.index() as u32);
        self.note_read(cell, at, read, Reader::plain(agent));
    }

    /// A store of one thread, or of a simdgroup that stores a matrix.
    #[inline(always)]
    pub fn store(&mut self, cell: &mut Cell, at: At, agent: Agent, site: OpId) {
        let over = self.check_write(cell, at, Actor { agent, collective: false }, Deed::Access(site));
        // A copy in flight is still to come, whatever is stored meanwhile.
        if over != Over::InFlight {
            self.written(cell, Record::plain(self.clock.now(), agent, site.index() as u32));
        }
    }

    /// An atomic operation of one thread.
    pub fn atomic(
        &mut self,
        cell: &mut Cell,
        at: At,
        agent: Agent,
        AtomicDeed { site, access, looks, .. }: AtomicDeed,
    ) {
        let (actor, deed) = (Actor { agent, collective: false }, Deed::Access(site));
        let writes = access.writes();
        if writes && looks && self.is_new(cell, at) {
            self.uninitialized(at, actor, deed);
        }
        let over = match writes {
            true => self.check_write_of(cell, at, actor, deed),
            false => {
                self.check_read_of(cell, at, actor, deed);
                Over::Past
            }
        };
        if let (true, true, Some(leader)) = (writes, looks, self.copy_in(cell)) {
            self.flights.mark_read(leader, agent.simdgroup());
        }
        if over != Over::InFlight {
            let access = Record::plain(self.clock.now(), agent, site.index() as u32);
            self.atomics.of_mut(cell, &self.clock).note(&mut self.clock, at.shared, access, writes);
        }
    }

    /// What an atomic operation of one thread orders, when it is done.
    pub fn synchronise(&mut self, cell: &mut Cell, agent: Agent, deed: AtomicDeed) {
        let accesses = self.atomics.of_mut(cell, &self.clock);
        if deed.acquires {
            self.clock.acquire(agent.simdgroup(), accesses.released);
        }
        if deed.releases {
            accesses.released = self.clock.now();
        }
    }

    /// Whether nothing has written the element yet.
    fn is_new(&self, cell: &Cell, at: At) -> bool {
        let written = || self.atomics.of(cell, &self.clock).is_some_and(Accesses::is_written);
        at.shared == Shared::Threadgroup && !self.clock.is_current(cell.write.tick()) && !written()
    }

    /// The copy whose elements stand there, if it is one that does.
    fn copy_in(&self, cell: &Cell) -> Option<u32> {
        cell.write.flight().filter(|_| self.clock.is_current(cell.write.tick()))
    }

    /// A load, a store or a copy against the atomic accesses that went before.
    #[inline(always)]
    fn check_atomics(&mut self, cell: &Cell, at: At, actor: Actor, deed: Deed, writes: bool) {
        if let Some(accesses) = self.atomics.of(cell, &self.clock) {
            let against = accesses.against(writes);
            self.check_each(against, at, actor, deed);
        }
    }

    fn check_each(&mut self, against: [Record; 4], at: At, actor: Actor, deed: Deed) {
        for past in against {
            if self.clock.is_current(past.tick()) {
                self.check_past(past, at, actor, deed);
            }
        }
    }

    /// A copy is issued that reads the element.
    #[inline(always)]
    pub fn issue_from(&mut self, cell: &mut Cell, at: At, actor: Actor, flight: u32, site: OpId) {
        self.check_read(cell, at, actor, Deed::Issue(flight, site));
        cell.readers += 1;
        cell.reader = flight;
    }

    /// A copy is issued that writes the element. `leader` leads the identical copies of which it is one.
    #[inline(always)]
    pub fn issue_into(&mut self, cell: &mut Cell, at: At, actor: Actor, flight: u32, site: OpId, leader: u32) {
        if leader != flight && cell.write.flight() == Some(leader) {
            return self.join_into(cell, at, actor, flight, site, leader);
        }
        self.check_write(cell, at, actor, Deed::Issue(flight, site));
        let prior = self.unsettled(cell, at.shared);
        self.written(cell, Record::copy(self.clock.now(), leader));
        cell.prior = prior;
    }

    /// An identical copy writes the element already. What a simdgroup read after its own wait is no concern of this one; what the
    /// other's simdgroup did before it issued is.
    fn join_into(&mut self, cell: &Cell, at: At, actor: Actor, flight: u32, site: OpId, leader: u32) {
        for past in [cell.prior, cell.reads[0], cell.reads[1]] {
            if !self.clock.is_current(past.tick()) {
                continue;
            }
            let simdgroup = match past.flight() {
                Some(number) => self.flights.get(number).simdgroup(),
                None => past.agent().simdgroup(),
            };
            if !self.flights.had_waited(leader, simdgroup, past.tick()) {
                self.check_past(past, at, actor, Deed::Issue(flight, site));
            }
        }
        if cell.readers > 0
            && let Some(reader) = self.flights.reading_beside(at.memory, at.element, leader, actor.agent.simdgroup())
        {
            self.against(Standing::InFlight(reader), Rule::SourceOverwritten, at, actor, Deed::Issue(flight, site));
        }
    }

    /// What was done last to an element that nothing orders for other simdgroups, or that only the last barrier does.
    fn unsettled(&self, cell: &Cell, shared: Shared) -> Record {
        let records = [cell.write, cell.reads[0], cell.reads[1], self.atomics.last(cell, &self.clock)];
        let last = records.into_iter().max_by_key(|&past| self.over_at(past)).unwrap_or(Record::NONE);
        let over = self.over_at(last);
        let matters = over >= self.clock.last_barrier(shared) || self.clock.in_interval_before(shared, over);
        if self.clock.is_current(last.tick()) && matters { last } else { Record::NONE }
    }

    /// A copy that reads the element has been waited for, at this moment.
    #[inline(always)]
    pub fn done_from(&mut self, cell: &mut Cell, at: At, flight: u32) {
        cell.readers -= 1;
        let reader = self.flights.get(flight).reader();
        self.note_read(cell, at, Record::copy(self.clock.now(), flight), reader);
    }

    #[inline(always)]
    fn note_read(&mut self, cell: &mut Cell, at: At, read: Record, reader: Reader) {
        let Judge { clock, flights, .. } = self;
        cell.note_read(clock, at.shared, read, reader, |flight| flights.get(flight).reader());
    }

    /// A write comes after all that was, or an error was found: from here on it stands for everything before it.
    #[inline(always)]
    fn written(&mut self, cell: &mut Cell, write: Record) {
        cell.write = write;
        cell.prior = Record::NONE;
        cell.reads = [Record::NONE; 2];
        self.atomics.forget(cell, &self.clock);
        cell.earlier = Default::default();
    }

    #[inline(always)]
    fn check_read(&mut self, cell: &Cell, at: At, actor: Actor, deed: Deed) {
        self.check_atomics(cell, at, actor, deed, false);
        self.check_read_of(cell, at, actor, deed);
    }

    #[inline(always)]
    fn check_write(&mut self, cell: &Cell, at: At, actor: Actor, deed: Deed) -> Over {
        self.check_atomics(cell, at, actor, deed, true);
        self.check_write_of(cell, at, actor, deed)
    }

    /// A read against stores and copies.
    #[inline(always)]
    fn check_read_of(&mut self, cell: &Cell, at: At, actor: Actor, deed: Deed) {
        let write = cell.write;
        if !self.clock.is_current(write.tick()) {
            if self.is_new(cell, at) {
                self.uninitialized(at, actor, deed);
            }
            return;
        }
        match write.flight() {
            None => {
                if !self.clock.is_before(at.shared, write.tick(), write.agent(), actor) {
                    self.clash(write, at, actor, deed);
                }
            }
            Some(leader) => {
                let simdgroup = actor.agent.simdgroup();
                let this = Readable { leader, simdgroup, tick: self.clock.now() };
                if this == self.readable {
                    return;
                }
                self.flights.mark_read(leader, simdgroup);
                let standing = self.flights.before_read(leader, &mut self.clock, at.shared, actor);
                self.against(standing, Rule::ReadBeforeWait, at, actor, deed);
                self.against_under(leader, Rule::ReadBeforeWait, at, actor, deed);
                // A copy of one lane's own stands otherwise to the other lanes.
                if standing == Standing::Done && self.flights.get(leader).is_plain() {
                    self.readable = this;
                }
            }
        }
    }

    /// A write against loads, stores and copies.
    #[inline(always)]
    fn check_write_of(&mut self, cell: &Cell, at: At, actor: Actor, deed: Deed) -> Over {
        let write = cell.write;
        let mut over = Over::Past;
        if self.clock.is_current(write.tick()) {
            match write.flight() {
                None => {
                    if !self.clock.is_before(at.shared, write.tick(), write.agent(), actor) {
                        self.clash(write, at, actor, deed);
                    }
                }
                Some(leader) => {
                    let standing = self.flights.before_write(leader, &mut self.clock, at.shared, actor);
                    self.against(standing, Rule::WriteBeforeWait, at, actor, deed);
                    self.against_under(leader, Rule::WriteBeforeWait, at, actor, deed);
                    if matches!(standing, Standing::InFlight(_)) {
                        over = Over::InFlight;
                    }
                }
            }
        }
        if cell.readers > 0
            && let Some(flight) = self.flights.reading(at.memory, at.element, cell.reader)
        {
            self.against(Standing::InFlight(flight), Rule::SourceOverwritten, at, actor, deed);
        }
        if self.clock.in_interval_before(at.shared, cell.earlier.tick()) && cell.earlier.by_another(actor.agent) {
            self.clock.need_last_barrier(at.shared);
        }
        for read in cell.reads {
            if self.clock.is_current(read.tick()) {
                self.check_past(read, at, actor, deed);
            }
        }
        over
    }

    /// What is done now against copies in flight over which the last one was issued.
    #[inline(always)]
    fn against_under(&mut self, leader: u32, rule: Rule, at: At, actor: Actor, deed: Deed) {
        if let Some(other) = self.flights.under(leader, at.memory, at.element) {
            self.conflict(Standing::InFlight(other), rule, at, actor, deed);
        }
    }

    /// A write against a read, or a finished copy, that went before.
    fn check_past(&mut self, past: Record, at: At, actor: Actor, deed: Deed) {
        match past.flight() {
            None => {
                if !self.clock.is_before(at.shared, past.tick(), past.agent(), actor) {
                    self.clash(past, at, actor, deed);
                }
            }
            Some(flight) => {
                let standing = self.flights.standing(flight, &mut self.clock, at.shared, actor);
                self.against(standing, Rule::SourceOverwritten, at, actor, deed);
            }
        }
    }

    /// Nothing orders a load or store and what is done now.
    #[cold]
    fn clash(&mut self, past: Record, at: At, actor: Actor, deed: Deed) {
        let (other, memory) = (self.sites[past.site() as usize], at.memory);
        let hazard = match deed {
            Deed::Access(site) => {
                let simdgroup = past.agent().simdgroup() == actor.agent.simdgroup();
                Hazard::Race { at: site, other, memory, across: false, simdgroup }
            }
            Deed::Issue(_, site) => Hazard::Unsettled { at: site, access: other, memory },
        };
        self.report(hazard, actor.agent, Some(at));
    }

    /// What is done now against a copy; `rule` is the one that a load or store breaks if the copy is in flight.
    #[inline(always)]
    fn against(&mut self, standing: Standing, rule: Rule, at: At, actor: Actor, deed: Deed) {
        if standing != Standing::Done {
            self.conflict(standing, rule, at, actor, deed);
        }
    }

    #[cold]
    fn conflict(&mut self, standing: Standing, rule: Rule, at: At, actor: Actor, deed: Deed) {
        let memory = at.memory;
        let hazard = match (standing, deed) {
            (Standing::Done, _) => return,
            (Standing::InFlight(flight), Deed::Access(site)) => {
                self.schedule.meet(flight, &self.flights);
                let issue = self.flights.get(flight).site;
                Hazard::InFlight { rule, at: site, issue, memory, across: false }
            }
            (Standing::InFlight(flight), Deed::Issue(number, site)) => {
                self.schedule.meet(flight, &self.flights);
                self.schedule.rival(flight, number);
                self.flights.issued_over(number, flight);
                Hazard::Overlap { at: site, issue: self.flights.get(flight).site, memory, across: false }
            }
            (Standing::Unpublished(flight), Deed::Access(site) | Deed::Issue(_, site)) => {
                let flight = self.flights.get(flight);
                let wait = flight.waited.map_or(flight.site, |(_, wait)| wait);
                Hazard::Unpublished { at: site, issue: flight.site, wait, memory }
            }
        };
        self.report(hazard, actor.agent, Some(at));
    }

    #[cold]
    pub fn uninitialized(&mut self, at: At, actor: Actor, deed: Deed) {
        let (Deed::Access(site) | Deed::Issue(_, site)) = deed;
        self.report(Hazard::Uninitialized { at: site, memory: at.memory }, actor.agent, Some(at));
    }

    /// Takes a hazard down, unless the clock has run out and nothing can be said any more.
    pub fn report(&mut self, hazard: Hazard, agent: Agent, at: Option<At>) {
        if self.clock.is_exhausted() {
            return;
        }
        self.reports += 1;
        let Judge { found, recorder, threadgroup, loops, .. } = self;
        recorder.trouble(hazard, agent);
        found.hazard(hazard, self.threads, || Spot {
            threadgroup: *threadgroup,
            agent: Some(agent),
            element: at.map(|at| (at.memory, at.element as i64)),
            loops: loops.clone(),
        });
    }

    /// The leader of the copies that this one is identical to, and that no barrier has settled: they write the same values, and
    /// count as one. `cell` is the first of the destination, and `changed` the last write of the source, before which what a copy moved
    /// may have been different.
    pub fn leader_of(&mut self, transfer: &Transfer, cell: &Cell, at: At, actor: Actor, changed: Tick) -> Option<u32> {
        if transfer.per_lane || !self.clock.is_current(cell.write.tick()) {
            return None;
        }
        let leader = self.flights.leader(cell.write.flight()?);
        let identical = |known: &Transfer| Flights::are_identical(known, transfer);
        let fits = self.flights.get(leader).transfer.as_deref().is_some_and(identical)
            && self.flights.get(leader).issued >= changed
            && self.flights.has_none_open(leader, actor.agent.simdgroup())
            && !self.flights.is_settled(leader, self.clock.last_barrier(at.shared));
        fits.then_some(leader)
    }

    /// When what a record tells of was over: a copy at its wait.
    #[inline(always)]
    pub fn over_at(&self, record: Record) -> Tick {
        match record.flight() {
            Some(flight) if self.clock.is_current(record.tick()) => {
                self.flights.get(flight).waited.map_or(Tick::MAX, |(tick, _)| tick)
            }
            _ => record.tick(),
        }
    }
}
