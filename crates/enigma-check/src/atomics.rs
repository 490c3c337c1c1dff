//! What is remembered of atomic accesses. They never conflict with each other, but they do with loads, stores and copies, and one that
//! acquires comes after all that came before one that released.
//!
//! Few elements are accessed atomically, so that a [`Cell`] only holds the place of what is remembered here.
//!
//! What a release orders is taken broadly: all that any thread of the threadgroup did before the last release on an element comes before
//! all that the simdgroup of whoever acquires it does after. Nothing that is ordered is reported so, and some that is not goes
//! unseen.

use crate::clock::{Clock, Shared, Tick};
use crate::record::{Cell, Reader, Record, keep_two};

/// The atomic accesses of one element.
#[derive(Copy, Clone, Debug, Default)]
pub struct Accesses {
    /// Reads since the last barrier, of two agents, chosen as those of [`Cell::reads`].
    reads: [Record; 2],
    /// Writes, likewise. Those before the last barrier are forgotten only when others have followed.
    writes: [Record; 2],
    /// When something was released here last.
    pub released: Tick,
}

impl Accesses {
    pub fn is_written(&self) -> bool {
        self.writes[0] != Record::NONE
    }

    /// What a plain access conflicts with where nothing orders it: the writes, and for one that writes the reads as well.
    pub fn against(&self, writes: bool) -> [Record; 4] {
        let reads = if writes { self.reads } else { [Record::NONE; 2] };
        [self.writes[0], self.writes[1], reads[0], reads[1]]
    }

    fn all(&self) -> [Record; 4] {
        self.against(true)
    }
}

/// The atomic accesses of a threadgroup.
#[derive(Debug, Default)]
pub struct Atomics {
    elements: Vec<Accesses>,
}

/// The place of an element's accesses, and when it was given out: what is older is of another threadgroup.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    tick: Tick,
    at: u32,
}

impl Atomics {
    /// Forgets everything, for the next threadgroup.
    pub fn clear(&mut self) {
        self.elements.clear();
    }

    /// The atomic accesses of an element since the last store or copy to it, if there were any.
    #[inline(always)]
    pub fn of(&self, cell: &Cell, clock: &Clock) -> Option<&Accesses> {
        clock.is_current(cell.atomics.tick).then(|| &self.elements[cell.atomics.at as usize])
    }

    /// The last of them, whichever it was.
    pub fn last(&self, cell: &Cell, clock: &Clock) -> Record {
        let all = self.of(cell, clock).map_or([Record::NONE; 4], Accesses::all);
        all.into_iter().max_by_key(|record| record.tick()).unwrap_or(Record::NONE)
    }

    /// The accesses of an element, to be added to.
    pub fn of_mut(&mut self, cell: &mut Cell, clock: &Clock) -> &mut Accesses {
        if !clock.is_current(cell.atomics.tick) {
            cell.atomics = Place { tick: clock.now(), at: self.elements.len() as u32 };
            self.elements.push(Accesses::default());
        }
        &mut self.elements[cell.atomics.at as usize]
    }
}

impl Accesses {
    /// Takes an access in.
    pub fn note(&mut self, clock: &mut Clock, shared: Shared, access: Record, writes: bool) {
        // A barrier between atomic accesses is there for their order: that nothing conflicts without it does not make it redundant.
        if self.all().iter().any(|past| clock.in_interval_before(shared, past.tick())) {
            clock.need_last_barrier(shared);
        }
        let kept = if writes { &mut self.writes } else { &mut self.reads };
        let fresh = clock.last_barrier(shared);
        *kept = match kept[0].tick() < fresh {
            true => [access, Record::NONE],
            false => keep_two(*kept, access, Reader::plain(access.agent()), fresh, |_| Reader::plain(access.agent())),
        };
    }
}
