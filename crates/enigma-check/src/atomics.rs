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
    /// The places among them that were given back.
    free: Vec<u32>,
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
        self.free.clear();
    }

    /// Forgets the accesses of an element. Their place is the next one's that is asked for, so that memory does not grow with time.
    #[inline(always)]
    pub fn forget(&mut self, cell: &mut Cell, clock: &Clock) {
        if clock.is_current(cell.atomics.tick) {
            self.free.push(cell.atomics.at);
        }
        cell.atomics = Place::default();
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
            cell.atomics = Place { tick: clock.now(), at: self.place() };
        }
        &mut self.elements[cell.atomics.at as usize]
    }

    /// A place where nothing is remembered yet.
    fn place(&mut self) -> u32 {
        let at = self.free.pop().unwrap_or(self.elements.len() as u32);
        match self.elements.get_mut(at as usize) {
            Some(used) => *used = Accesses::default(),
            None => self.elements.push(Accesses::default()),
        }
        at
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Agent;

    #[test]
    fn what_was_forgotten_leaves_its_place_to_the_next() {
        let (mut clock, mut atomics, mut cells) = (Clock::new(0), Atomics::default(), [Cell::default(); 2]);
        clock.begin();
        for _ in 0..3 {
            for (thread, cell) in cells.iter_mut().enumerate() {
                assert!(!atomics.of_mut(cell, &clock).is_written());
                let access = Record::plain(clock.now(), Agent::thread(thread), 0);
                atomics.of_mut(cell, &clock).note(&mut clock, Shared::Threadgroup, access, true);
                assert_eq!(atomics.last(cell, &clock), access);
            }
            for cell in &mut cells {
                atomics.forget(cell, &clock);
                assert_eq!(atomics.last(cell, &clock), Record::NONE);
            }
        }
        assert_eq!(atomics.elements.len(), cells.len());
    }

    /// The figures that `docs/checker.md` gives.
    #[test]
    fn memory_of_an_element() {
        assert_eq!((size_of::<Cell>(), size_of::<Accesses>()), (56, 40));
    }
}
