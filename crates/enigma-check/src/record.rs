//! What shadow memory remembers of an element.

use crate::atomics::Place;
use crate::clock::{Clock, Shared, Tick};

/// Threads of a simdgroup.
pub const LANES: usize = 32;
/// The most simdgroups of a threadgroup.
pub const SIMDGROUPS: usize = 32;
/// The most operations of a kernel that can be checked: what fits a record.
pub const MAX_SITES: usize = 1 << 20;

/// Who touches memory: a thread of the threadgroup, or a simdgroup as a whole.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Agent(u16);

impl Agent {
    const WHOLE: u16 = (LANES * SIMDGROUPS) as u16;

    #[inline(always)]
    pub fn thread(thread: usize) -> Self {
        Agent(thread as u16)
    }

    #[inline(always)]
    pub fn simdgroup_of(group: usize) -> Self {
        Agent(Self::WHOLE + group as u16)
    }

    #[inline(always)]
    pub fn simdgroup(self) -> usize {
        match self.0.checked_sub(Self::WHOLE) {
            Some(group) => group as usize,
            None => self.0 as usize / LANES,
        }
    }

    /// The lane, of a thread.
    pub fn lane(self) -> Option<u32> {
        (self.0 < Self::WHOLE).then_some(u32::from(self.0) % LANES as u32)
    }

    pub fn bits(self) -> u32 {
        u32::from(self.0)
    }

    pub fn from_bits(bits: u32) -> Self {
        Agent(bits as u16)
    }
}

/// An access: when, and who at which operation, or which copy. All zero is none.
///
/// ```text
/// 63          32 | 31     | 30    20 | 19    0
/// tick           | 0      | agent    | site        a load or store of a thread or, for a matrix, of a simdgroup
/// tick           | 1      | number of the flight   a copy
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Record(u64);

const COPY: u64 = 1 << 31;

impl Record {
    pub const NONE: Record = Record(0);

    #[inline(always)]
    pub fn plain(tick: Tick, agent: Agent, site: u32) -> Self {
        Record(u64::from(tick) << 32 | u64::from(agent.0) << 20 | u64::from(site))
    }

    #[inline(always)]
    pub fn copy(tick: Tick, flight: u32) -> Self {
        Record(u64::from(tick) << 32 | COPY | u64::from(flight))
    }

    #[inline(always)]
    pub fn tick(self) -> Tick {
        (self.0 >> 32) as Tick
    }

    /// The flight, of a copy.
    #[inline(always)]
    pub fn flight(self) -> Option<u32> {
        (self.0 & COPY != 0).then_some(self.0 as u32 & !(COPY as u32))
    }

    /// Who, of a load or store.
    #[inline(always)]
    pub fn agent(self) -> Agent {
        Agent((self.0 >> 20) as u16 & 0x7ff)
    }

    /// The operation, of a load or store.
    #[inline(always)]
    pub fn site(self) -> u32 {
        self.0 as u32 & (MAX_SITES as u32 - 1)
    }
}

/// The shadow of one element of threadgroup or device memory.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    /// The last write.
    pub write: Record,
    /// What the simdgroup of the copy that stands there did to the element since the last barrier, before it issued the copy: in order
    /// for itself, and not for another simdgroup that issues the same copy.
    pub prior: Record,
    /// Reads since the last barrier, of two agents: of different simdgroups if there were such, else the last two. Whoever
    /// writes, if any read conflicts then one of these does. A copy stands here after its wait.
    pub reads: [Record; 2],
    /// Reads before the last barrier and after the last one at another place, for the question whether the last is needed.
    pub earlier: Earlier,
    /// How many copies in flight read the element.
    pub readers: u32,
    /// The last of them that was issued.
    pub reader: u32,
    /// Where its atomic accesses since the last store or copy to it are kept, if there were any.
    pub atomics: Place,
}

/// Reads that only the last barrier, or more of the same place, set apart from now.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Earlier {
    /// When; 0 for never.
    tick: Tick,
    /// Who, or [`Earlier::SEVERAL`].
    agent: u16,
}

impl Earlier {
    const SEVERAL: u16 = u16::MAX;

    /// Whether someone else than this agent read.
    pub fn by_another(self, agent: Agent) -> bool {
        self.agent != agent.0
    }

    pub fn tick(self) -> Tick {
        self.tick
    }
}

impl Cell {
    /// A read, or the end of a copy's reading, by `reader`. `of` tells who stands behind the number of a copy.
    #[inline(always)]
    pub fn note_read(
        &mut self,
        clock: &Clock,
        shared: Shared,
        read: Record,
        reader: Reader,
        of: impl Fn(u32) -> Reader,
    ) {
        let fresh = clock.last_barrier(shared);
        if self.reads[0].tick() < fresh {
            self.earlier = self.retire(clock, shared, &of);
            self.reads = [read, Record::NONE];
            return;
        }
        self.reads = keep_two(self.reads, read, reader, fresh, of);
    }

    /// What is to be known of the reads of the interval that a barrier has just ended.
    fn retire(&self, clock: &Clock, shared: Shared, of: &impl Fn(u32) -> Reader) -> Earlier {
        let [first, second] = self.reads;
        if !clock.in_interval_before(shared, first.tick()) {
            return Earlier::default();
        }
        let agent = Reader::of(first, of).agent.map_or(Earlier::SEVERAL, |agent| agent.0);
        let alone = !clock.in_interval_before(shared, second.tick());
        // In a loop the same barrier may have been met since.
        let before = !clock.in_interval_before(shared, self.earlier.tick) || self.earlier.agent == agent;
        Earlier { tick: first.tick(), agent: if alone && before { agent } else { Earlier::SEVERAL } }
    }
}

/// Takes an access in among two of those since the last barrier, which came at the tick `fresh`, and returns the two that are kept.
pub fn keep_two(
    kept: [Record; 2],
    read: Record,
    reader: Reader,
    fresh: Tick,
    of: impl Fn(u32) -> Reader,
) -> [Record; 2] {
    let who = |record: Record| Reader::of(record, &of);
    let [first, second] = kept;
    let others = [Some(first), (second.tick() >= fresh).then_some(second)];
    if reader.agent.is_none() && others.iter().flatten().any(|&r| who(r).simdgroup == reader.simdgroup) {
        // Against other simdgroups the record that stands there says as much, and to its own a waited copy is nothing.
        return kept;
    }
    let replaced = |r: &Record| {
        let known = who(*r);
        known == reader || (known.agent.is_none() && known.simdgroup == reader.simdgroup)
    };
    let mut rest = others.into_iter().flatten().filter(|r| !replaced(r));
    let other = match (rest.next(), rest.next()) {
        (Some(one), Some(two)) if who(one).simdgroup == reader.simdgroup && who(two).simdgroup != reader.simdgroup => {
            Some(two)
        }
        (one, _) => one,
    };
    [read, other.unwrap_or(Record::NONE)]
}

/// Who stands behind a record of a read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    pub simdgroup: usize,
    /// `None` for a copy of the simdgroup.
    pub agent: Option<Agent>,
}

impl Reader {
    #[inline(always)]
    pub fn plain(agent: Agent) -> Self {
        Reader { simdgroup: agent.simdgroup(), agent: Some(agent) }
    }

    #[inline(always)]
    fn of(record: Record, flight: &impl Fn(u32) -> Reader) -> Self {
        match record.flight() {
            Some(number) => flight(number),
            None => Reader::plain(record.agent()),
        }
    }
}

#[cfg(test)]
mod tests {
    use enigma_ir::{Builder, MemFlags, OpId, Opcode, Span};

    use super::*;
    use crate::clock::Actor;

    const SHARED: Shared = Shared::Threadgroup;

    /// The operations of a kernel of three barriers.
    fn sites() -> Vec<OpId> {
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let mut b = Builder::new("kernel", "kernel.py", None, [1, 1, 1, 2]);
        for _ in 0..3 {
            b.call(Opcode::Barrier, &[], span);
        }
        crate::check::sites_of(&b.finish())
    }

    fn conflicts(clock: &mut Clock, reads: &[(Tick, Agent)], writer: Agent) -> bool {
        let actor = Actor { agent: writer, collective: false };
        reads.iter().any(|&(tick, agent)| !clock.is_before(SHARED, tick, agent, actor))
    }

    /// Whether the two reads that a cell keeps conflict with a write exactly when any of all reads does, and whether the barrier that
    /// all of them need is seen to be needed.
    #[test]
    fn two_reads_stand_for_all() {
        let sites = sites();
        let mut state = 7u64;
        let mut draw = |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        let (mut racy, mut clean) = (0, 0);
        for _ in 0..20_000 {
            let mut clock = Clock::new(sites.len());
            clock.begin();
            let (mut cell, mut all, mut simd) = (Cell::default(), Vec::new(), false);
            for _ in 0..1 + draw(5) {
                let site = sites[draw(3)];
                for _ in 0..draw(4) {
                    let agent = [Agent::thread(draw(3) * 20), Agent::simdgroup_of(draw(2))][draw(5) / 4];
                    all.push((clock.now(), agent));
                    let read = Record::plain(clock.now(), agent, 0);
                    cell.note_read(&clock, SHARED, read, Reader::plain(agent), |_| unreachable!());
                }
                match draw(4) {
                    0 => clock.barrier(site, MemFlags::Threadgroup),
                    1 => {
                        simd = true;
                        clock.simd_barrier(site, MemFlags::Threadgroup, 1 + draw(3) as u32);
                    }
                    2 => clock.barrier(site, MemFlags::Device),
                    _ => {}
                }
            }
            let writer = Agent::thread(draw(3) * 20);
            let (mut by_all, mut by_kept) = (clock.clone(), clock);
            let kept: Vec<(Tick, Agent)> =
                cell.reads.iter().filter(|r| **r != Record::NONE).map(|r| (r.tick(), r.agent())).collect();
            let expected = conflicts(&mut by_all, &all, writer);
            assert_eq!(conflicts(&mut by_kept, &kept, writer), expected, "{all:?} {kept:?} {writer:?}");
            racy += usize::from(expected);
            if expected {
                continue;
            }
            clean += 1;
            if by_kept.in_interval_before(SHARED, cell.earlier.tick()) && cell.earlier.by_another(writer) {
                by_kept.need_last_barrier(SHARED);
            }
            let ((_, needed), (_, seen)) = (by_all.into_barriers(), by_kept.into_barriers());
            // A simd_barrier may do what a barrier does beside it; then the barrier is taken for needed.
            let missed = needed.iter().zip(&seen).any(|(needed, seen)| *needed && !seen);
            assert!(if simd { !missed } else { seen == needed }, "{all:?} {cell:?} {writer:?}");
        }
        assert!(racy > 2000 && clean > 2000, "{racy} {clean}");
    }
}
