//! The contract of asynchronous copies, decided by brute force.
//!
//! Every element keeps the list of all that ever touched it, and every pair on the list is judged by itself, in the words of the contract:
//! is there, between the two, what must be between them? Nothing is summarised and nothing is forgotten, so that there is nothing to
//! get wrong but the words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use enigma_cpu::observer::{PER_LANE, Transfer};
use enigma_ir::{Kernel, MemFlags, MemoryId, OpId, Opcode, Rule, Space};

use crate::trace::{Step, Trace};

const LANES: usize = 32;

/// Something that is wrong: the rule, the operation at fault, the other one, and the memory that both touch.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wrong {
    pub rule: Rule,
    pub memory: Option<MemoryId>,
    pub at: OpId,
    pub other: Option<OpId>,
    /// Whether it may also be seen otherwise: of copies that are the same but for a copy in flight, which may change their source
    /// between one and the other, and which is an error in any case.
    pub arguable: bool,
}

/// An element: of a memory that is shared, or of the registers of a thread.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Element {
    pub memory: MemoryId,
    pub index: usize,
    /// Threadgroup and, in registers, thread, and the moment at which they came into being; 0 where all share it.
    owner: (u64, usize, usize),
}

/// Everything that is wrong in a run, each with the elements where it is.
pub type Verdict = BTreeMap<Wrong, BTreeSet<Element>>;

/// Who does something: a thread, or the lanes of a simdgroup together.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Actor {
    threadgroup: u64,
    simdgroup: usize,
    thread: Option<usize>,
}

impl Actor {
    fn is_near(&self, other: &Actor) -> bool {
        self.threadgroup == other.threadgroup && self.simdgroup == other.simdgroup
    }
}

/// A load or store of one element.
#[derive(Copy, Clone, Debug)]
struct Access {
    actor: Actor,
    when: usize,
    at: OpId,
    read: bool,
    write: bool,
    atomic: bool,
}

/// A copy.
#[derive(Clone, Debug)]
struct Flight {
    actor: Actor,
    issued: usize,
    at: OpId,
    event: u32,
    thread: usize,
    waited: Option<(usize, OpId)>,
    /// What it moves; `None` if nothing.
    transfer: Option<Transfer>,
}

#[derive(Default)]
struct Touched {
    accesses: Vec<Access>,
    /// Copies by their places in the list, and whether they write it.
    flights: Vec<(usize, bool)>,
}

struct Barrier {
    when: usize,
    flags: MemFlags,
    /// The simdgroups that a `simd_barrier` is of; `None` for a barrier of the threadgroup.
    simdgroups: Option<Vec<usize>>,
}

/// When each register tensor came into being last, and whether it was filled.
type Declared = HashMap<MemoryId, (usize, bool)>;

struct Oracle<'k> {
    kernel: &'k Kernel,
    flights: Vec<Flight>,
    barriers: HashMap<u64, Vec<Barrier>>,
    elements: HashMap<Element, Touched>,
    /// Of each copy the identical ones of other simdgroups, by their places in the list.
    twins: Vec<Vec<usize>>,
    /// Of each copy those that are identical, unless a copy in flight has changed their source between one and the other.
    likely_twins: Vec<Vec<usize>>,
    verdict: Verdict,
}

/// Everything that is wrong in a run of a kernel.
pub fn judge(kernel: &Kernel, trace: &Trace) -> Verdict {
    let mut oracle = Oracle {
        kernel,
        flights: Vec::new(),
        barriers: HashMap::new(),
        elements: HashMap::new(),
        twins: Vec::new(),
        likely_twins: Vec::new(),
        verdict: Verdict::new(),
    };
    for (&threadgroup, steps) in trace {
        oracle.collect(threadgroup, steps);
    }
    oracle.find_twins();
    oracle.judge_pairs();
    oracle.verdict
}

impl Oracle<'_> {
    fn wrong(&mut self, rule: Rule, at: OpId, other: Option<OpId>, element: Option<Element>) {
        let wrong = Wrong { rule, memory: element.map(|element| element.memory), at, other, arguable: false };
        self.verdict.entry(wrong).or_default().extend(element);
    }

    fn space(&self, memory: MemoryId) -> Space {
        self.kernel.memory(memory).space
    }

    fn element(&self, memory: MemoryId, index: usize, threadgroup: u64, thread: usize, declared: &Declared) -> Element {
        let owner = match self.space(memory) {
            Space::Device => (0, 0, 0),
            Space::Threadgroup { .. } => (threadgroup, 0, 0),
            Space::Register { .. } => (threadgroup, thread, declared[&memory].0),
        };
        Element { memory, index, owner }
    }

    fn collect(&mut self, threadgroup: u64, steps: &[Step]) {
        let first = self.flights.len();
        let mut declared = Declared::new();
        for (when, step) in steps.iter().enumerate() {
            let actor = |thread: usize| Actor { threadgroup, simdgroup: thread / LANES, thread: Some(thread) };
            match step {
                Step::Access { at, memory, access, atomic, elements } => {
                    // An exchange may be there to write only.
                    let read = access.reads() && self.kernel.op(*at).code != Opcode::AtomicExchange;
                    let (write, atomic) = (access.writes(), *atomic);
                    for &(thread, index) in elements {
                        let element = self.element(*memory, index, threadgroup, thread, &declared);
                        let access = Access { actor: actor(thread), when, at: *at, read, write, atomic };
                        self.access(element, access, &declared);
                    }
                }
                Step::Matrix { at, memory, write, simdgroup, elements } => {
                    for &index in elements {
                        let actor = Actor { threadgroup, simdgroup: *simdgroup, thread: None };
                        let element = self.element(*memory, index, threadgroup, 0, &declared);
                        let (read, write) = (!write, *write);
                        self.access(element, Access { actor, when, at: *at, read, write, atomic: false }, &declared);
                    }
                }
                Step::Issue(transfer) => self.issue(threadgroup, when, transfer, &declared),
                Step::IssueNothing { at, event, thread } => {
                    let (at, event, thread) = (*at, *event, *thread);
                    let actor = Actor { threadgroup, simdgroup: thread / LANES, thread: None };
                    self.flights.push(Flight { actor, issued: when, at, event, thread, waited: None, transfer: None });
                }
                Step::Wait { at, event, thread } => self.wait(first, when, *at, *event, *thread),
                Step::Barrier { code, flags, simdgroups } => {
                    let simdgroups = (*code == Opcode::SimdBarrier).then(|| simdgroups.clone());
                    self.barriers.entry(threadgroup).or_default().push(Barrier { when, flags: *flags, simdgroups });
                }
                Step::Declare { memory, filled } => {
                    declared.insert(*memory, (when, *filled));
                }
                Step::Fault { at, rule, ends } => {
                    self.wrong(*rule, *at, None, None);
                    if *ends {
                        return;
                    }
                }
            }
        }
        let never: Vec<OpId> = self.flights[first..].iter().filter(|f| f.waited.is_none()).map(|f| f.at).collect();
        for at in never {
            self.wrong(Rule::NeverWaited, at, None, None);
        }
    }

    fn access(&mut self, element: Element, access: Access, declared: &Declared) {
        if access.read {
            self.check_written(element, access.at, declared);
        }
        self.elements.entry(element).or_default().accesses.push(access);
    }

    /// Steps come in order: what wrote the element before is on its list.
    fn check_written(&mut self, element: Element, at: OpId, declared: &Declared) {
        let filled = match self.space(element.memory) {
            Space::Device => return,
            Space::Threadgroup { .. } => false,
            Space::Register { .. } => declared[&element.memory].1,
        };
        let touched = self.elements.entry(element).or_default();
        let written = touched.accesses.iter().any(|access| access.write);
        let copied = touched.flights.iter().any(|&(_, write)| write);
        if !(filled || written || copied) {
            self.wrong(Rule::UninitializedRead, at, None, Some(element));
        }
    }

    fn issue(&mut self, threadgroup: u64, when: usize, transfer: &Transfer, declared: &Declared) {
        let Transfer { site: at, event, thread, .. } = *transfer;
        let actor = Actor { threadgroup, simdgroup: thread / LANES, thread: transfer.per_lane.then_some(thread) };
        let number = self.flights.len();
        let transfer_ = Some(*transfer);
        self.flights.push(Flight { actor, issued: when, at, event, thread, waited: None, transfer: transfer_ });
        let reads: BTreeSet<usize> = transfer.reads().flatten().collect();
        let writes: BTreeSet<usize> = transfer.writes().flatten().collect();
        for index in reads {
            let element = self.element(transfer.src, index, threadgroup, thread, declared);
            self.check_written(element, at, declared);
            self.elements.entry(element).or_default().flights.push((number, false));
        }
        for index in writes {
            let element = self.element(transfer.dst, index, threadgroup, thread, declared);
            self.elements.entry(element).or_default().flights.push((number, true));
        }
    }

    fn wait(&mut self, first: usize, when: usize, at: OpId, event: u32, thread: usize) {
        let of_lane = event & PER_LANE != 0;
        let named = self.flights[first..].iter_mut().find(|f| f.event == event && (!of_lane || f.thread == thread));
        let flight = named.expect("an event is of a copy");
        match flight.waited {
            None => flight.waited = Some((when, at)),
            Some((_, before)) => self.wrong(Rule::WaitedTwice, at, Some(before), None),
        }
    }

    /// Identical copies write the same values: those with the same operands, unless something was written to their source in between.
    fn find_twins(&mut self) {
        let in_order = |a: usize, b: usize| (&self.flights[a.min(b)], &self.flights[a.max(b)]);
        let are_same = |a: usize, b: usize| {
            let (a, b) = in_order(a, b);
            !a.actor.is_near(&b.actor) && is_same(a, b) && !self.is_source_written_between(a, b)
        };
        let are_likely = |a: usize, b: usize| {
            let (a, b) = in_order(a, b);
            self.is_source_in_flight(a, b)
        };
        let count = self.flights.len();
        let same = |a: usize| (0..count).filter(|&b| are_same(a, b)).partition(|&b| !are_likely(a, b));
        (self.twins, self.likely_twins) = (0..count).map(same).unzip();
    }

    /// Whether an element that both copies read is written after the first of them and before the other.
    fn is_source_written_between(&self, a: &Flight, b: &Flight) -> bool {
        let between = |when: usize| a.issued < when && when < b.issued;
        self.any_source(a, |touched| {
            let stored = touched.accesses.iter().any(|access| access.write && between(access.when));
            let copied = touched.flights.iter().any(|&(flight, write)| write && between(self.flights[flight].issued));
            stored || copied
        })
    }

    /// Whether a copy is in flight, at some moment from the first issue to the other, into an element that both copies read.
    fn is_source_in_flight(&self, a: &Flight, b: &Flight) -> bool {
        let meets =
            |flight: &Flight| flight.issued < b.issued && flight.waited.is_none_or(|(waited, _)| a.issued < waited);
        self.any_source(a, |touched| {
            touched.flights.iter().any(|&(flight, write)| write && meets(&self.flights[flight]))
        })
    }

    fn any_source(&self, flight: &Flight, holds: impl Fn(&Touched) -> bool) -> bool {
        let Some(transfer) = flight.transfer else { return false };
        transfer.reads().flatten().any(|index| {
            let source = self.element(transfer.src, index, flight.actor.threadgroup, 0, &Declared::new());
            self.elements.get(&source).is_some_and(&holds)
        })
    }

    fn judge_pairs(&mut self) {
        let elements = std::mem::take(&mut self.elements);
        for (&element, touched) in &elements {
            let Touched { accesses, flights } = touched;
            let is_written = accesses.iter().any(|access| access.write) || flights.iter().any(|&(_, write)| write);
            if !is_written {
                continue;
            }
            for (i, later) in accesses.iter().enumerate() {
                accesses[..i].iter().for_each(|earlier| self.judge_accesses(element, touched, earlier, later));
                flights.iter().for_each(|&flight| self.judge_access(element, touched, later, flight));
            }
            for (i, &later) in flights.iter().enumerate() {
                flights[..i].iter().for_each(|&earlier| self.judge_flights(element, touched, earlier, later));
            }
        }
    }

    /// Whether a barrier that both come by, and that orders the memory, stands between two moments of a threadgroup.
    fn barrier_between(&self, memory: MemoryId, from: usize, to: usize, a: &Actor, b: &Actor) -> bool {
        let ordered = |flags: MemFlags| match self.space(memory) {
            Space::Device => matches!(flags, MemFlags::Device | MemFlags::DeviceAndThreadgroup),
            _ => matches!(flags, MemFlags::Threadgroup | MemFlags::DeviceAndThreadgroup),
        };
        let Some(barriers) = self.barriers.get(&a.threadgroup) else { return false };
        barriers.iter().any(|barrier| {
            let theirs = match &barrier.simdgroups {
                None => true,
                Some(simdgroups) => a.is_near(b) && simdgroups.contains(&a.simdgroup),
            };
            from < barrier.when && barrier.when < to && theirs && ordered(barrier.flags)
        })
    }

    /// Whether what one lane of a simdgroup did until `from` comes before what another does from `to` on because the simdgroup's own copy
    /// into the element lies in between: it comes after the one, and the other after it.
    fn is_chained(&self, touched: &Touched, from: usize, to: usize, a: &Actor, b: &Actor) -> bool {
        let between = |flight: &Flight| {
            let is_own = flight.actor.thread.is_none() && flight.actor.is_near(a) && flight.actor.is_near(b);
            is_own && from < flight.issued && flight.waited.is_some_and(|(waited, _)| waited < to)
        };
        touched.flights.iter().any(|&(number, write)| write && between(&self.flights[number]))
    }

    /// Whether the end of one thing comes before the start of another of the same threadgroup. `own`: whether program order says so.
    fn is_before(
        &self,
        element: Element,
        touched: &Touched,
        [from, to]: [usize; 2],
        [a, b]: [&Actor; 2],
        own: bool,
    ) -> bool {
        from < to
            && (own || self.barrier_between(element.memory, from, to, a, b) || self.is_chained(touched, from, to, a, b))
    }

    fn judge_accesses(&mut self, element: Element, touched: &Touched, earlier: &Access, later: &Access) {
        let is_free = !earlier.write && !later.write || earlier.atomic && later.atomic;
        if is_free || earlier.actor == later.actor {
            return;
        }
        let (moments, actors) = ([earlier.when, later.when], [&earlier.actor, &later.actor]);
        let apart = earlier.actor.threadgroup != later.actor.threadgroup;
        if apart || !self.is_before(element, touched, moments, actors, false) {
            self.wrong(Rule::DataRace, later.at, Some(earlier.at), Some(element));
        }
    }

    /// Whether one comes before the other without further ado: of a copy and its own simdgroup, or its own thread if it is a thread's.
    fn in_program_order(flight: &Flight, actor: &Actor) -> bool {
        match flight.actor.thread {
            Some(_) => flight.actor == *actor,
            None => flight.actor.is_near(actor),
        }
    }

    fn judge_access(
        &mut self,
        element: Element,
        touched: &Touched,
        access: &Access,
        (number, copy_writes): (usize, bool),
    ) {
        if !access.write && !copy_writes {
            return;
        }
        let flight = &self.flights[number];
        let in_flight = match (copy_writes, access.write) {
            (false, _) => Rule::SourceOverwritten,
            (true, true) => Rule::WriteBeforeWait,
            (true, false) => Rule::ReadBeforeWait,
        };
        if flight.actor.threadgroup != access.actor.threadgroup {
            return self.wrong(in_flight, access.at, Some(flight.at), Some(element));
        }
        let own = Self::in_program_order(flight, &access.actor);
        let actors = [&flight.actor, &access.actor];
        let is_first = self.is_before(element, touched, [access.when, flight.issued], actors, own);
        let is_last = flight
            .waited
            .is_some_and(|(waited, _)| self.is_before(element, touched, [waited, access.when], actors, own));
        if is_first || is_last || !access.write && self.is_excused(element, number, &access.actor, access.when) {
            return;
        }
        let (rule, at, other) = if access.when < flight.issued {
            (Rule::MissingBarrier, flight.at, access.at)
        } else if flight.waited.is_none_or(|(waited, _)| access.when < waited) {
            (in_flight, access.at, flight.at)
        } else {
            (Rule::MissingBarrier, access.at, flight.at)
        };
        self.wrong(rule, at, Some(other), Some(element));
    }

    /// Whether somebody may read what a copy writes before that copy is done, because it is one of several identical ones: its own
    /// simdgroup's has been waited for, or if it issued none, somebody else's has, with a barrier since.
    fn is_excused(&self, element: Element, number: usize, actor: &Actor, when: usize) -> bool {
        let flight = &self.flights[number];
        if flight.actor.is_near(actor) {
            return false;
        }
        let twins = self.twins[number].iter().map(|&twin| &self.flights[twin]);
        let twins = twins.filter(|twin| !self.is_flight_before(twin, flight) && !self.is_flight_before(flight, twin));
        let (own, others): (Vec<&Flight>, Vec<&Flight>) = twins.partition(|twin| twin.actor.is_near(actor));
        let is_done = |twin: &Flight, near: bool| {
            twin.waited.is_some_and(|(waited, _)| {
                waited < when && (near || self.barrier_between(element.memory, waited, when, &twin.actor, actor))
            })
        };
        match own.is_empty() {
            true => others.iter().any(|twin| is_done(twin, false)),
            false => own.iter().any(|twin| is_done(twin, true)),
        }
    }

    /// Whether one copy is done before the other is issued.
    fn is_flight_before(&self, a: &Flight, b: &Flight) -> bool {
        let (Some(moved), Some((waited, _))) = (a.transfer, a.waited) else { return false };
        let own = Self::in_program_order(a, &b.actor) || Self::in_program_order(b, &a.actor);
        waited < b.issued && (own || self.barrier_between(moved.dst, waited, b.issued, &a.actor, &b.actor))
    }

    fn judge_flights(&mut self, element: Element, touched: &Touched, earlier: (usize, bool), later: (usize, bool)) {
        if !earlier.1 && !later.1 {
            return;
        }
        let (a, b) = (&self.flights[earlier.0], &self.flights[later.0]);
        if a.actor.threadgroup != b.actor.threadgroup {
            return self.wrong(Rule::OverlappingCopies, b.at, Some(a.at), Some(element));
        }
        let own = Self::in_program_order(a, &b.actor) || Self::in_program_order(b, &a.actor);
        let is_before = a
            .waited
            .is_some_and(|(waited, _)| self.is_before(element, touched, [waited, b.issued], [&a.actor, &b.actor], own));
        let are_twins = self.twins[earlier.0].contains(&later.0);
        if is_before || are_twins || !later.1 && self.is_excused(element, earlier.0, &b.actor, b.issued) {
            return;
        }
        let rule = match a.waited {
            Some((waited, _)) if waited < b.issued => Rule::MissingBarrier,
            _ => Rule::OverlappingCopies,
        };
        let arguable = self.likely_twins[earlier.0].contains(&later.0);
        let wrong = Wrong { rule, memory: Some(element.memory), at: b.at, other: Some(a.at), arguable };
        self.verdict.entry(wrong).or_default().insert(element);
    }
}

/// Whether two copies of simdgroups of one threadgroup move the same elements to the same place.
fn is_same(a: &Flight, b: &Flight) -> bool {
    let what = |flight: &Flight| {
        let transfer = flight.transfer.filter(|transfer| !transfer.per_lane)?;
        let Transfer { dst, src, dst_offset, src_offset, dst_pitch, src_pitch, extent, valid, fill, .. } = transfer;
        Some((dst, src, dst_offset, src_offset, dst_pitch, src_pitch, extent, valid, fill))
    };
    a.actor.threadgroup == b.actor.threadgroup && what(a).is_some() && what(a) == what(b)
}
