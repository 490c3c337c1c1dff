//! The copies of a threadgroup, from their issue to the end of the threadgroup.

use std::collections::BTreeSet;

use enigma_cpu::observer::{PER_LANE, Transfer};
use enigma_ir::{MemoryId, OpId};

use crate::clock::{Actor, Clock, Shared, Tick};
use crate::record::{Agent, LANES, Reader};

/// The most copies of one threadgroup, those of each lane counted, that are followed. They take about 50 bytes each until it ends, and
/// those of whole simdgroups 100 more.
pub const MAX_FLIGHTS: usize = 1 << 24;

/// A copy.
#[derive(Debug)]
pub struct Flight {
    /// Where it was issued.
    pub site: OpId,
    /// Whose it is: a simdgroup's, or a thread's, if registers take part.
    pub agent: Agent,
    /// When it was issued.
    pub issued: Tick,
    /// What it moves; `None` for one that moves nothing, and has an event all the same, and for a thread's own that is over.
    pub transfer: Option<Box<Transfer>>,
    /// Whether it moves or fills anything on this side of device memory.
    pub brings_in: bool,
    /// When it was waited for, and where.
    pub waited: Option<(Tick, OpId)>,
    /// Whether its elements have been moved.
    pub landed: bool,
    /// Whether anything of its destination was read as what it brought.
    was_read: bool,
    /// The first of the identical copies that it belongs to; itself, if it is alone.
    leader: u32,
    /// How it stands to other copies, if it stands to any.
    company: Option<Box<Company>>,
}

/// How a copy stands to others.
#[derive(Debug, Default)]
struct Company {
    /// Copies that were in flight when it was issued, and write elements that it writes too.
    over: Vec<u32>,
    /// Of a leader: the identical copies that belong to it, itself among them; none, if it is alone.
    twins: Vec<Twin>,
}

/// One simdgroup's part in a set of identical copies.
#[derive(Copy, Clone, Debug)]
struct Twin {
    simdgroup: usize,
    /// The copy that it issued last.
    flight: u32,
    /// When it first waited for such a copy, if that was for another.
    waited: Option<Tick>,
}

impl Flight {
    pub fn simdgroup(&self) -> usize {
        self.agent.simdgroup()
    }

    /// Whether it is a whole simdgroup's, and nothing lies under it.
    pub fn is_plain(&self) -> bool {
        self.agent.lane().is_none() && self.over().is_empty()
    }

    /// What it moves, while it is in flight.
    fn moving(&self) -> Option<&Transfer> {
        self.transfer.as_deref().filter(|_| self.is_in_flight())
    }

    /// Whether it is in flight and reads an element.
    fn is_reading(&self, memory: MemoryId, element: usize) -> bool {
        self.moving().is_some_and(|t| t.src == memory && t.reads().any(|row| row.contains(&element)))
    }

    /// Whether it is in flight and writes an element.
    fn is_writing(&self, memory: MemoryId, element: usize) -> bool {
        self.moving().is_some_and(|t| t.dst == memory && t.writes().any(|row| row.contains(&element)))
    }

    fn over(&self) -> &[u32] {
        self.company.as_ref().map_or(&[], |company| &company.over)
    }

    fn twins(&self) -> &[Twin] {
        self.company.as_ref().map_or(&[], |company| &company.twins)
    }

    pub fn is_in_flight(&self) -> bool {
        self.waited.is_none()
    }

    /// Who reads its source, for the record of a read.
    pub fn reader(&self) -> Reader {
        let agent = self.agent.lane().map(|_| self.agent);
        Reader { simdgroup: self.simdgroup(), agent }
    }

    /// Whether it was waited for, and the wait comes before what `actor` does now.
    fn is_done(&self, clock: &mut Clock, shared: Shared, actor: Actor) -> bool {
        let Some((tick, _)) = self.waited else { return false };
        let whole = self.agent.lane().is_none();
        whole && self.simdgroup() == actor.agent.simdgroup() || clock.is_before(shared, tick, self.agent, actor)
    }
}

/// How a copy, or a set of identical ones, stands to what somebody does now.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is over.
    Done,
    /// This one is in flight.
    InFlight(u32),
    /// This one was waited for, but nothing makes it visible to who acts now.
    Unpublished(u32),
}

/// All copies of a threadgroup, by number in the order of their issue.
#[derive(Debug, Default)]
pub struct Flights {
    all: Vec<Flight>,
    /// The first flight of each event, by its number.
    events: Vec<u32>,
    /// Those that are in flight.
    open: BTreeSet<u32>,
}

impl Flights {
    /// Forgets everything, for the next threadgroup.
    pub fn clear(&mut self) {
        self.all.clear();
        self.events.clear();
        self.open.clear();
    }

    /// Whether there are as many as are followed.
    pub fn is_full(&self) -> bool {
        self.all.len() >= MAX_FLIGHTS
    }

    pub fn get(&self, number: u32) -> &Flight {
        &self.all[number as usize]
    }

    pub fn get_mut(&mut self, number: u32) -> &mut Flight {
        &mut self.all[number as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &Flight)> {
        self.all.iter().enumerate().map(|(number, flight)| (number as u32, flight))
    }

    /// Those that are in flight, the last one first.
    fn in_flight(&self) -> impl Iterator<Item = u32> + '_ {
        self.open.iter().rev().copied()
    }

    /// A copy is issued, or one that moves nothing; returns its number.
    pub fn issue(
        &mut self,
        site: OpId,
        issued: Tick,
        (event, thread): (u32, usize),
        transfer: Option<Transfer>,
    ) -> u32 {
        let number = self.all.len() as u32;
        let agent = match event & PER_LANE {
            0 => Agent::simdgroup_of(thread / LANES),
            _ => Agent::thread(thread),
        };
        self.all.push(Flight {
            site,
            agent,
            issued,
            landed: transfer.is_none(),
            brings_in: transfer.is_some_and(|transfer| !transfer.to_device),
            transfer: transfer.map(Box::new),
            waited: None,
            was_read: false,
            leader: number,
            company: None,
        });
        self.open.insert(number);
        let event = (event & !PER_LANE) as usize;
        if self.events.len() <= event {
            self.events.resize(event + 1, u32::MAX);
            self.events[event] = number;
        }
        number
    }

    /// The flight of an event, of a thread's own if there is one for each lane.
    pub fn of_event(&self, event: u32, thread: usize) -> Option<u32> {
        let first = *self.events.get((event & !PER_LANE) as usize).filter(|first| **first != u32::MAX)?;
        let agent = Agent::thread(thread);
        match event & PER_LANE {
            0 => Some(first),
            _ => self.all[first as usize..]
                .iter()
                .take(LANES)
                .position(|flight| flight.agent == agent)
                .map(|at| first + at as u32),
        }
    }

    /// Lets go of what a thread's own copy moved, if it is over: nobody asks for it again, and there may be very many.
    pub fn let_go(&mut self, number: u32) {
        let flight = &mut self.all[number as usize];
        if flight.agent.lane().is_some() && flight.waited.is_some() && flight.landed {
            flight.transfer = None;
        }
    }

    /// A copy is waited for. Returns where it was waited for before, if it was.
    pub fn wait(&mut self, number: u32, tick: Tick, site: OpId) -> Option<OpId> {
        let flight = &mut self.all[number as usize];
        if let Some((_, first)) = flight.waited {
            return Some(first);
        }
        flight.waited = Some((tick, site));
        self.open.remove(&number);
        None
    }

    /// Adds a flight to the identical copies that a leader leads. An earlier one of its simdgroup, which was waited for, gives way.
    pub fn join(&mut self, leader: u32, number: u32) {
        let simdgroup = self.get(number).simdgroup();
        self.all[number as usize].leader = leader;
        let mut twins = std::mem::take(&mut self.all[leader as usize].company.get_or_insert_default().twins);
        if twins.is_empty() {
            twins.push(Twin { simdgroup: self.get(leader).simdgroup(), flight: leader, waited: None });
        }
        match twins.iter_mut().find(|twin| twin.simdgroup == simdgroup) {
            Some(twin) => {
                twin.waited = twin.waited.or(self.get(twin.flight).waited.map(|(tick, _)| tick));
                twin.flight = number;
            }
            None => twins.push(Twin { simdgroup, flight: number, waited: None }),
        }
        self.all[leader as usize].company.get_or_insert_default().twins = twins;
    }

    pub fn leader(&self, number: u32) -> u32 {
        self.all[number as usize].leader
    }

    /// The identical copies that a leader leads, itself among them, the last one of each simdgroup.
    fn twins(&self, leader: u32) -> impl Iterator<Item = u32> + '_ {
        let flight = &self.all[leader as usize];
        let alone = flight.twins().is_empty().then_some(leader);
        flight.twins().iter().map(|twin| twin.flight).chain(alone)
    }

    /// The last copy of this simdgroup among those that a leader leads.
    fn twin_of(&self, leader: u32, simdgroup: usize) -> Option<u32> {
        self.twins(leader).find(|&twin| self.get(twin).simdgroup() == simdgroup)
    }

    /// Whether a simdgroup had waited for one of the identical copies by then.
    pub fn had_waited(&self, leader: u32, simdgroup: usize, by: Tick) -> bool {
        let earlier = self.get(leader).twins().iter().find(|twin| twin.simdgroup == simdgroup);
        let last = self.twin_of(leader, simdgroup).and_then(|twin| self.get(twin).waited);
        let waits = [earlier.and_then(|twin| twin.waited), last.map(|(tick, _)| tick)];
        waits.into_iter().flatten().any(|tick| tick <= by)
    }

    /// Whether the last copy of this simdgroup among those that a leader leads is over, or there is none.
    pub fn has_none_open(&self, leader: u32, simdgroup: usize) -> bool {
        self.twin_of(leader, simdgroup).is_none_or(|twin| !self.get(twin).is_in_flight())
    }

    /// Whether what a copy has written may be read now: after the reader's own wait, or, for a simdgroup that issued none of the
    /// identical copies, after anyone's.
    pub fn before_read(&self, leader: u32, clock: &mut Clock, shared: Shared, actor: Actor) -> Standing {
        let flight = self.get(leader);
        if flight.twins().is_empty() {
            return self.standing(leader, clock, shared, actor);
        }
        if let Some(own) = self.twin_of(leader, actor.agent.simdgroup()) {
            return self.standing(own, clock, shared, actor);
        }
        let mut worst = Standing::InFlight(leader);
        for twin in self.twins(leader) {
            match self.standing(twin, clock, shared, actor) {
                Standing::Done => return Standing::Done,
                Standing::Unpublished(twin) => worst = Standing::Unpublished(twin),
                Standing::InFlight(_) => {}
            }
        }
        worst
    }

    /// Whether what a copy has written may be written now: all the identical copies are over.
    pub fn before_write(&self, leader: u32, clock: &mut Clock, shared: Shared, actor: Actor) -> Standing {
        let standings = self.twins(leader).map(|twin| self.standing(twin, clock, shared, actor));
        let mut worst = Standing::Done;
        for standing in standings {
            match (worst, standing) {
                (_, Standing::InFlight(_)) => return standing,
                (Standing::Done, _) => worst = standing,
                _ => {}
            }
        }
        worst
    }

    /// How one copy stands.
    pub fn standing(&self, number: u32, clock: &mut Clock, shared: Shared, actor: Actor) -> Standing {
        let flight = self.get(number);
        if flight.is_in_flight() {
            Standing::InFlight(number)
        } else if flight.is_done(clock, shared, actor) {
            Standing::Done
        } else {
            Standing::Unpublished(number)
        }
    }

    /// A copy in flight that reads an element; `hint` is tried first.
    pub fn reading(&self, memory: MemoryId, element: usize, hint: u32) -> Option<u32> {
        match self.all.get(hint as usize) {
            Some(flight) if flight.is_reading(memory, element) => Some(hint),
            _ => self.in_flight().find(|&number| self.get(number).is_reading(memory, element)),
        }
    }

    /// A copy in flight that reads an element, but for those of other simdgroups that had waited for one of the identical copies
    /// that `leader` leads: they use what is theirs.
    pub fn reading_beside(&self, memory: MemoryId, element: usize, leader: u32, simdgroup: usize) -> Option<u32> {
        self.in_flight().find(|&number| {
            let flight = self.get(number);
            let own = flight.simdgroup() == simdgroup;
            flight.is_reading(memory, element) && (own || !self.had_waited(leader, flight.simdgroup(), flight.issued))
        })
    }

    /// A copy in flight that reads an element of a thread's registers.
    pub fn reading_registers(&self, memory: MemoryId, element: usize, thread: usize) -> Option<u32> {
        let its_own = |flight: &Flight| flight.moving().is_some_and(|transfer| transfer.thread == thread);
        self.in_flight().find(|&number| {
            let flight = self.get(number);
            its_own(flight) && flight.is_reading(memory, element)
        })
    }

    /// A copy is issued while another, which writes elements that it writes too, is in flight.
    pub fn issued_over(&mut self, number: u32, other: u32) {
        let over = &mut self.all[number as usize].company.get_or_insert_default().over;
        if !over.contains(&other) {
            over.push(other);
        }
    }

    /// A copy in flight that writes an element, and over which the one that is known to write it was issued.
    pub fn under(&self, leader: u32, memory: MemoryId, element: usize) -> Option<u32> {
        self.get(leader).over().iter().copied().find(|&other| self.get(other).is_writing(memory, element))
    }

    /// What identical copies have brought is read by a simdgroup: what its own has, if it issued one.
    pub fn mark_read(&mut self, leader: u32, simdgroup: usize) {
        let read = match self.get(leader).twins().is_empty() {
            true => leader,
            false => self.twin_of(leader, simdgroup).unwrap_or(leader),
        };
        self.all[read as usize].was_read = true;
    }

    /// Whether anything of what a copy has brought was read, by its own simdgroup or one that issued the same copy beside it.
    pub fn was_read(&self, number: u32) -> bool {
        let beside = || self.twins(self.leader(number)).any(|twin| twin == number);
        self.get(number).was_read || beside() && self.twins(self.leader(number)).any(|twin| self.get(twin).was_read)
    }

    /// Whether other simdgroups have a part in the identical copies that a leader leads.
    pub fn are_several(&self, leader: u32) -> bool {
        self.get(leader).twins().len() > 1
    }

    /// Whether a barrier at that tick stands after the waits for all the identical copies that a leader leads.
    pub fn is_settled(&self, leader: u32, barrier: Tick) -> bool {
        self.twins(leader).all(|twin| self.get(twin).waited.is_some_and(|(tick, _)| tick < barrier))
    }

    /// Whether two transfers move the same elements to the same place.
    pub fn are_identical(a: &Transfer, b: &Transfer) -> bool {
        let place = |t: &Transfer| (t.src, t.dst, t.src_offset, t.dst_offset, t.src_pitch, t.dst_pitch);
        let shape = |t: &Transfer| (t.extent, t.valid, t.fill, t.per_lane);
        place(a) == place(b) && shape(a) == shape(b)
    }
}
