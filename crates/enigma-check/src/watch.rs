//! Looks on while a kernel runs, and hands everything to the judge.

use std::ops::Range;

use enigma_cpu::Launch;
use enigma_cpu::observer::{Indices, Landing, Mask, MatrixTouch, Observer, PER_LANE, Stop, Touch, Transfer};
use enigma_ir::table::Access;
use enigma_ir::{Hazard, Kernel, MemFlags, Memory, MemoryId, Op, OpId, Opcode, Space};

use crate::across::Across;
use crate::atomics::Atomics;
use crate::buffers::Regions;
use crate::check::sites_of;
use crate::clock::{Actor, Clock, Shared};
use crate::course::Recorder;
use crate::flight::Flights;
use crate::found::{Found, Spot};
use crate::judge::{At, AtomicDeed, Judge, Readable};
use crate::order::Order;
use crate::record::{Agent, Cell, LANES};
use crate::registers::Registers;
use crate::schedule::Schedule;
use crate::shadow::{Class, Region, Shadow, Use};
use crate::timeline::MarkKind;

/// Elements on a side of a simdgroup matrix.
const SIDE: usize = 8;

/// What all workers of a run share.
#[derive(Copy, Clone, Debug)]
pub struct Subject<'r> {
    pub kernel: &'r Kernel,
    pub launch: Launch,
    pub regions: &'r Regions,
    /// What the threadgroups did to each region.
    pub across: &'r [Across],
}

/// What a run made of its copies and waits, by the number of the operation.
#[derive(Debug)]
pub struct Moves {
    /// The copies that ever moved something.
    pub moved: Vec<bool>,
    /// For each wait the copies that it ever waited for, in no order.
    pub awaited: Vec<Vec<OpId>>,
}

impl Moves {
    pub fn none(operations: usize) -> Self {
        Moves { moved: vec![false; operations], awaited: vec![Vec::new(); operations] }
    }

    fn wait(&mut self, site: OpId, issue: OpId) {
        let awaited = &mut self.awaited[site.index()];
        if !awaited.contains(&issue) {
            awaited.push(issue);
        }
    }

    /// Adds what another worker saw.
    pub fn add(&mut self, other: Moves) {
        for (all, one) in self.moved.iter_mut().zip(other.moved) {
            *all |= one;
        }
        for (all, one) in self.awaited.iter_mut().zip(other.awaited) {
            all.extend(one);
        }
    }

    /// The waits that only ever waited for copies of which none ever moved anything.
    pub fn idle_waits(&self) -> impl Iterator<Item = usize> + '_ {
        let idle = |issues: &Vec<OpId>| !issues.is_empty() && issues.iter().all(|issue| !self.moved[issue.index()]);
        self.awaited.iter().enumerate().filter(move |(_, issues)| idle(issues)).map(|(wait, _)| wait)
    }
}

/// The observer of a checked run.
#[derive(Debug)]
pub struct Watch<'r> {
    subject: Subject<'r>,
    judge: Judge,
    shadows: Vec<Shadow>,
    regions: Vec<Region>,
    registers: Vec<Option<Registers>>,
    moves: Moves,
    /// Whether the launch has one threadgroup, which nobody can conflict with.
    alone: bool,
    /// Whether atomic operations may order what threadgroups do.
    synchronises: bool,
}

impl<'r> Watch<'r> {
    pub fn new(subject: Subject<'r>, order: &Order) -> Self {
        let Subject { kernel, launch, regions, .. } = subject;
        let operations = kernel.op_count();
        let judge = Judge {
            clock: Clock::new(operations),
            flights: Flights::default(),
            atomics: Atomics::default(),
            schedule: Schedule::new(order),
            found: Found::default(),
            recorder: Recorder::default(),
            threadgroup: 0,
            loops: Vec::new(),
            sites: sites_of(kernel),
            readable: Readable::default(),
            reports: 0,
            threads: 1,
        };
        let threads = launch.threads.iter().map(|&n| n as usize).product();
        let shadow = |(id, memory): (MemoryId, &Memory)| match memory.space {
            Space::Threadgroup { len } => Shadow::Tile(vec![Cell::default(); len as usize]),
            Space::Device => {
                regions.place(id).map_or(Shadow::None, |(region, offset)| Shadow::Device { region, offset })
            }
            Space::Register { .. } => Shadow::None,
        };
        let registers = |(id, memory): (MemoryId, &Memory)| match memory.space {
            Space::Register { len } => Some(Registers::new(len as usize, threads, is_copied(kernel, id))),
            _ => None,
        };
        Watch {
            subject,
            judge,
            shadows: kernel.memories().map(shadow).collect(),
            regions: regions.lengths().map(Region::new).collect(),
            registers: kernel.memories().map(registers).collect(),
            moves: Moves::none(operations),
            alone: launch.threadgroup_count() == 1,
            synchronises: synchronises(kernel),
        }
    }

    /// What it has seen, when the run is over.
    pub fn into_parts(self) -> (Judge, Moves) {
        (self.judge, self.moves)
    }

    /// A fault, or what stopped the threadgroup, befell so many threads.
    fn take_down(&mut self, stop: Stop, threads: usize) {
        let spot = Spot {
            threadgroup: self.judge.threadgroup,
            agent: Some(Agent::thread(stop.place.thread.unwrap_or(0))),
            element: stop.place.element,
            loops: self.judge.loops.clone(),
        };
        self.judge.found.stop(stop, threads as u64, spot);
    }

    /// Hands over what the threadgroup did to device memory, and ends its course.
    fn close(&mut self, stopped: bool) {
        let Watch { subject, judge, shadows, regions, .. } = self;
        for (number, flight) in judge.flights.iter().filter(|(_, flight)| flight.is_in_flight()) {
            let Some(transfer) = &flight.transfer else { continue };
            visit(shadows, regions, transfer.src, transfer.reads(), None, |_, cell| {
                debug_assert!(cell.readers > 0, "{number}");
                cell.readers -= 1;
            });
        }
        for (region, across) in regions.iter_mut().zip(subject.across) {
            let threadgroup = judge.threadgroup;
            match self.alone {
                true => region.hand_over(|_, _| {}),
                false => region.hand_over(|page, uses| across.add(threadgroup, page, uses)),
            }
        }
        if stopped {
            self.judge.recorder.stopped();
        }
        self.judge.recorder.end();
    }

    /// Reports the copies that were never waited for, or never read.
    fn end_flights(&mut self) {
        let judge = &mut self.judge;
        let mut hazards = Vec::new();
        for (number, flight) in judge.flights.iter() {
            let issue = flight.site;
            if flight.is_in_flight() {
                hazards.push((Hazard::NeverWaited { issue }, flight.agent));
            } else if flight.brings_in && !judge.flights.was_read(number) {
                hazards.push((Hazard::UnreadCopy { issue }, flight.agent));
            }
        }
        hazards.into_iter().for_each(|(hazard, agent)| judge.report(hazard, agent, None));
    }

    /// A load or a store of an element for each thread: `judge_cell` judges each. Which shadow it is is asked once, not for each.
    #[inline(always)]
    fn access(&mut self, touch: Touch<'_>, class: Class, mut judge_cell: impl FnMut(&mut Judge, &mut Cell, At, Agent)) {
        let Watch { judge, shadows, regions, .. } = self;
        let Touch { site, memory, .. } = touch;
        match &mut shadows[memory.index()] {
            Shadow::None => {}
            Shadow::Tile(cells) => each(&touch, |thread, element| {
                let at = At { memory, shared: Shared::Threadgroup, element };
                judge_cell(judge, &mut cells[element], at, Agent::thread(thread));
            }),
            Shadow::Device { region, offset } => each(&touch, |thread, element| {
                let agent = Agent::thread(thread);
                let cell = regions[*region].cell(element + *offset, class, Use::new(agent, site));
                judge_cell(judge, cell, At { memory, shared: Shared::Device, element }, agent);
            }),
        }
    }

    /// A load of elements that whole simdgroups read: for each only two lanes need be looked at.
    fn load_shared(&mut self, touch: Touch<'_>) {
        let Watch { judge, shadows, regions, .. } = self;
        for (group, &word) in touch.mask.0.iter().enumerate().filter(|&(_, &word)| word != 0) {
            let lane = word.trailing_zeros() as usize;
            let others = word & (word - 1);
            let element = touch.indices.of(group * LANES) as usize;
            let used = Use::new(Agent::thread(group * LANES + lane), touch.site);
            with_cell(shadows, regions, touch.memory, element, (Class::Read, used), |at, cell| {
                judge.load(cell, at, Agent::thread(group * LANES + lane), touch.site);
                if others != 0 {
                    let second = group * LANES + others.trailing_zeros() as usize;
                    judge.threads = u64::from(others.count_ones());
                    judge.load(cell, at, Agent::thread(second), touch.site);
                    judge.threads = 1;
                }
            });
        }
    }

    /// A matrix is loaded or stored: `judge_cell` judges each of its cells.
    fn matrix(
        &mut self,
        touch: MatrixTouch,
        class: Class,
        mut judge_cell: impl FnMut(&mut Judge, &mut Cell, At, Agent),
    ) {
        self.judge.schedule.next_operation();
        let Watch { judge, shadows, regions, .. } = self;
        let agent = Agent::simdgroup_of(touch.simdgroup);
        let rows = (0..SIDE as i64).map(|row| {
            let start = (touch.offset as i64 + row * touch.pitch) as usize;
            start..start + SIDE
        });
        let used = Some((class, Use::new(agent, touch.site)));
        visit(shadows, regions, touch.memory, rows, used, |at, cell| judge_cell(judge, cell, at, agent));
    }
}

/// Whether one threadgroup can acquire what another has released.
fn synchronises(kernel: &Kernel) -> bool {
    let on_device = |op: &&Op| op.memories.iter().any(|&memory| kernel.memory(memory).space == Space::Device);
    let ops = || kernel.walk().into_iter().map(|id| kernel.op(id));
    ops().filter(on_device).any(Op::releases) && ops().filter(on_device).any(Op::acquires)
}

/// Whether a register tensor is an end of a copy.
fn is_copied(kernel: &Kernel, memory: MemoryId) -> bool {
    let ends = |id: OpId| kernel.op(id).as_copy().is_some_and(|copy| copy.dst == memory || copy.src == memory);
    kernel.walk().into_iter().any(ends)
}

/// Visits the cells of rows of a memory, used so.
fn visit(
    shadows: &mut [Shadow],
    regions: &mut [Region],
    memory: MemoryId,
    rows: impl Iterator<Item = Range<usize>>,
    used: Option<(Class, Use)>,
    mut act: impl FnMut(At, &mut Cell),
) {
    match &mut shadows[memory.index()] {
        Shadow::None => {}
        Shadow::Tile(cells) => {
            let shared = Shared::Threadgroup;
            for row in rows {
                let start = row.start;
                for (n, cell) in cells[row].iter_mut().enumerate() {
                    act(At { memory, shared, element: start + n }, cell);
                }
            }
        }
        Shadow::Device { region, offset } => {
            let (class, used) = used.unwrap_or((Class::Read, Use::NONE));
            for row in rows {
                regions[*region].visit(row.start + *offset..row.end + *offset, class, used, |element, cell| {
                    act(At { memory, shared: Shared::Device, element: element - *offset }, cell);
                });
            }
        }
    }
}

/// As [`visit`], for a copy: it does the same to every cell that holds the same as the one before, and most do.
#[inline(always)]
fn visit_alike(
    shadows: &mut [Shadow],
    regions: &mut [Region],
    judge: &mut Judge,
    (memory, rows, used): (MemoryId, impl Iterator<Item = Range<usize>>, Option<(Class, Use)>),
    mut act: impl FnMut(&mut Judge, At, &mut Cell),
) {
    let mut known: Option<(Cell, Cell)> = None;
    visit(shadows, regions, memory, rows, used, |at, cell| {
        if let Some((before, after)) = &known
            && before == cell
        {
            *cell = *after;
            return;
        }
        let (before, reports) = (*cell, judge.reports);
        act(judge, at, cell);
        // A hazard is counted for each element.
        known = (reports == judge.reports).then_some((before, *cell));
    });
}

/// Visits the cell of one element, used so.
#[inline(always)]
fn with_cell(
    shadows: &mut [Shadow],
    regions: &mut [Region],
    memory: MemoryId,
    element: usize,
    (class, used): (Class, Use),
    act: impl FnOnce(At, &mut Cell),
) {
    match &mut shadows[memory.index()] {
        Shadow::None => {}
        Shadow::Tile(cells) => act(At { memory, shared: Shared::Threadgroup, element }, &mut cells[element]),
        Shadow::Device { region, offset } => {
            let cell = regions[*region].cell(element + *offset, class, used);
            act(At { memory, shared: Shared::Device, element }, cell);
        }
    }
}

/// Calls `act` with each thread and its element.
#[inline(always)]
fn each(touch: &Touch<'_>, mut act: impl FnMut(usize, usize)) {
    for (group, &word) in touch.mask.0.iter().enumerate().filter(|&(_, &word)| word != 0) {
        let first = group * LANES;
        let lanes = (0..LANES).filter(|lane| word >> lane & 1 == 1);
        match touch.indices {
            Indices::Affine(start, stride) => {
                lanes.for_each(|lane| act(first + lane, (start + stride * (first + lane) as i64) as usize));
            }
            Indices::Varying(each) => lanes.for_each(|lane| act(first + lane, each[first + lane] as usize)),
            Indices::Grouped(_, 1..) | Indices::Grouped(_, ..0) => {
                lanes.for_each(|lane| act(first + lane, touch.indices.of(first + lane) as usize));
            }
            Indices::Uniform(_) | Indices::Grouped(_, 0) => {
                let element = touch.indices.of(first) as usize;
                lanes.for_each(|lane| act(first + lane, element));
            }
        }
    }
}

impl Observer for Watch<'_> {
    const IN_ORDER: bool = true;

    fn begin(&mut self, threadgroup: u64, threads: usize) {
        let judge = &mut self.judge;
        judge.threadgroup = threadgroup;
        judge.flights.clear();
        judge.atomics.clear();
        judge.readable = Readable::default();
        self.registers.iter_mut().flatten().for_each(Registers::begin);
        judge.loops.clear();
        judge.schedule.begin(threadgroup);
        judge.recorder.begin(threadgroup, threads);
        if judge.clock.begin() {
            let tiles = self.shadows.iter_mut().filter_map(|shadow| match shadow {
                Shadow::Tile(cells) => Some(cells),
                _ => None,
            });
            tiles.for_each(|cells| cells.fill(Cell::default()));
            self.regions.iter_mut().for_each(Region::forget);
        }
    }

    fn end(&mut self) {
        self.end_flights();
        self.close(false);
    }

    fn fault(&mut self, fault: Box<Stop>, threads: usize) -> Result<(), Box<Stop>> {
        self.take_down(*fault, threads);
        self.judge.recorder.stopped();
        Ok(())
    }

    fn stopped(&mut self, stop: Box<Stop>) -> Option<Box<Stop>> {
        self.take_down(*stop, 1);
        self.close(true);
        None
    }

    fn declare(&mut self, memory: MemoryId, filled: bool) {
        if let Some(registers) = &mut self.registers[memory.index()] {
            registers.declare(&mut self.judge, filled);
        }
    }

    fn load(&mut self, touch: Touch<'_>) {
        self.judge.schedule.next_operation();
        if let Some(registers) = &mut self.registers[touch.memory.index()] {
            return registers.load(&mut self.judge, touch);
        }
        if matches!(touch.indices, Indices::Uniform(_) | Indices::Grouped(_, 0)) {
            return self.load_shared(touch);
        }
        self.access(touch, Class::Read, |judge, cell, at, agent| judge.load(cell, at, agent, touch.site));
    }

    fn store(&mut self, touch: Touch<'_>) {
        self.judge.schedule.next_operation();
        if let Some(registers) = &mut self.registers[touch.memory.index()] {
            return registers.store(&mut self.judge, touch);
        }
        self.access(touch, Class::Write, |judge, cell, at, agent| judge.store(cell, at, agent, touch.site));
    }

    fn atomic(&mut self, touch: Touch<'_>, access: Access) {
        self.judge.schedule.next_operation();
        let kernel = self.subject.kernel;
        let op = kernel.op(touch.site);
        let deed = AtomicDeed {
            site: touch.site,
            access,
            looks: access.reads() && op.code != Opcode::AtomicExchange,
            acquires: access.reads() && op.acquires(),
            releases: access.writes() && op.releases(),
        };
        let among_threadgroups = self.synchronises && kernel.memory(touch.memory).space == Space::Device;
        if deed.releases {
            self.judge.clock.tick();
            self.regions.iter_mut().filter(|_| among_threadgroups).for_each(Region::release);
        }
        let class = if access.writes() { Class::AtomicWrite } else { Class::AtomicRead };
        self.access(touch, class, |judge, cell, at, agent| {
            judge.atomic(cell, at, agent, deed);
            if deed.acquires || deed.releases {
                judge.synchronise(cell, agent, deed);
            }
        });
        if deed.releases {
            self.judge.clock.tick();
        }
        if deed.acquires {
            self.regions.iter_mut().filter(|_| among_threadgroups).for_each(Region::acquire);
        }
    }

    fn matrix_load(&mut self, touch: MatrixTouch) {
        self.matrix(touch, Class::Read, |judge, cell, at, agent| judge.load(cell, at, agent, touch.site));
    }

    fn matrix_store(&mut self, touch: MatrixTouch) {
        self.matrix(touch, Class::Write, |judge, cell, at, agent| judge.store(cell, at, agent, touch.site));
    }

    fn issue(&mut self, transfer: &Transfer) -> Landing {
        let Watch { judge, shadows, regions, registers, moves, .. } = self;
        let Transfer { site, event, thread, src, dst, per_lane, .. } = *transfer;
        if judge.flights.is_full() {
            judge.clock.exhaust();
            return Landing::Now;
        }
        judge.schedule.next_operation();
        judge.recorder.issue(transfer);
        let issued = judge.clock.tick();
        moves.moved[site.index()] = true;
        let flight = judge.flights.issue(site, issued, (event, thread), Some(*transfer));
        let agent = judge.flights.get(flight).agent;
        let actor = Actor { agent, collective: !per_lane };
        let used = |class| Some((class, Use::new(agent, site)));

        let mut changed = 0;
        match &mut registers[src.index()] {
            Some(registers) => registers.issue_from(judge, transfer, flight),
            None => {
                let cells = (src, transfer.reads(), used(Class::CopyRead));
                visit_alike(shadows, regions, judge, cells, |judge, at, cell| {
                    let written = [cell.write, judge.atomics.last(cell, &judge.clock)];
                    changed = written.into_iter().fold(changed, |changed, past| changed.max(judge.over_at(past)));
                    judge.issue_from(cell, at, actor, flight, site);
                });
            }
        }
        let mut leader = flight;
        if let Some(first) = transfer.writes().next() {
            visit(shadows, regions, dst, std::iter::once(first.start..first.start + 1), None, |at, cell| {
                leader = judge.leader_of(transfer, cell, at, actor, changed).unwrap_or(flight);
            });
        }
        if leader != flight {
            judge.flights.join(leader, flight);
            if judge.flights.are_several(leader) {
                judge.report(Hazard::RedundantCopy { issue: site }, agent, None);
            }
        }
        match &mut registers[dst.index()] {
            Some(registers) => registers.issue_into(judge, transfer, flight),
            None => {
                let cells = (dst, transfer.writes(), used(Class::CopyWrite));
                visit_alike(shadows, regions, judge, cells, |judge, at, cell| {
                    judge.issue_into(cell, at, actor, flight, site, leader);
                });
            }
        }
        judge.schedule.moment();
        match judge.schedule.issue(flight) {
            true => Landing::Held { poison: leader == flight },
            false => {
                judge.flights.get_mut(flight).landed = true;
                Landing::Now
            }
        }
    }

    fn issue_nothing(&mut self, site: OpId, event: u32, thread: usize) {
        if self.judge.flights.is_full() {
            return self.judge.clock.exhaust();
        }
        let now = self.judge.clock.now();
        self.judge.flights.issue(site, now, (event, thread), None);
    }

    fn complete(&mut self, site: OpId, event: u32, thread: usize) {
        let Watch { judge, shadows, regions, registers, moves, .. } = self;
        judge.schedule.next_operation();
        let Some(number) = judge.flights.of_event(event, thread) else { return };
        let tick = judge.clock.tick();
        let transfer = judge.flights.get(number).transfer.as_deref().copied();
        moves.wait(site, judge.flights.get(number).site);
        if let Some(first) = judge.flights.wait(number, tick, site) {
            let flight = judge.flights.get(number);
            let (hazard, agent) = (Hazard::WaitedTwice { at: site, first, issue: flight.site }, flight.agent);
            return judge.report(hazard, agent, None);
        }
        judge.recorder.wait(site, event & !PER_LANE, thread, transfer.is_some());
        let Some(transfer) = transfer else { return };
        match &mut registers[transfer.src.index()] {
            Some(registers) => registers.done_from(&transfer, number),
            None => {
                let cells = (transfer.src, transfer.reads(), None);
                visit_alike(shadows, regions, judge, cells, |judge, at, cell| judge.done_from(cell, at, number));
            }
        }
        judge.schedule.moment();
        judge.schedule.wait(number, &judge.flights);
        judge.flights.let_go(number);
    }

    fn due(&mut self) -> Option<Transfer> {
        loop {
            let number = self.judge.schedule.due()?;
            let flight = self.judge.flights.get_mut(number);
            let transfer = flight.transfer.as_deref().copied();
            if !std::mem::replace(&mut flight.landed, true) {
                self.judge.flights.let_go(number);
                return transfer;
            }
        }
    }

    fn barrier(&mut self, site: OpId, code: Opcode, flags: MemFlags, mask: &Mask) {
        let judge = &mut self.judge;
        judge.schedule.next_operation();
        let simdgroups = (0..LANES).fold(0, |bits, group| bits | u32::from(mask.0[group] != 0) << group);
        if code == Opcode::Barrier {
            judge.clock.barrier(site, flags);
            judge.recorder.barrier(site, MarkKind::Barrier, simdgroups);
        } else {
            judge.clock.simd_barrier(site, flags, simdgroups);
            judge.recorder.barrier(site, MarkKind::SimdBarrier, simdgroups);
        }
        judge.schedule.moment();
    }

    fn enter_loop(&mut self, site: OpId) {
        self.judge.loops.push((site, 0));
    }

    fn iterate(&mut self, iteration: u64) {
        if let Some((_, current)) = self.judge.loops.last_mut() {
            *current = iteration;
        }
    }

    fn leave_loop(&mut self) {
        self.judge.loops.pop();
    }

    #[inline(always)]
    fn work(&mut self, simdgroups: u32) {
        self.judge.recorder.work(simdgroups);
    }
}
