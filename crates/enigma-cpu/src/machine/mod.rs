//! Runs a threadgroup: all its threads in lockstep, an operation at a time.
//!
//! An event is a number per thread: the number of the copy, counted from 1 in each threadgroup, with [`PER_LANE`] added for
//! copies to and from registers. The lanes of a simdgroup share the number of such a copy.

mod atomic;
mod control;
mod copy;
mod matrix;
mod memory;
mod print;
mod reduce;
mod shuffle;
mod value;

pub use copy::Transfer;
pub use memory::Indices;

use enigma_ir::{Diagnostic, Dialect, Dim, Kernel, MemoryId, OpId, Opcode, Rule, Space};
use pulp::Arch;

use crate::device::Device;
use crate::grid::{Launch, Threadgroup};
use crate::lane::SIMDGROUP;
use crate::observer::Observer;
use crate::plan::{Node, Plan, Reg, Shape};
use crate::printout::Printout;
use crate::slot::{Line, Mask, Slot, cells_mut, lines};
use crate::standstill::{Idle, Standstill};
use crate::{Limits, Statistics};

/// Marks the event of a copy to or from registers, which is each lane's own.
pub const PER_LANE: u32 = 1 << 31;

/// The lines of a memory.
type Tile = Vec<Line>;

/// Why a threadgroup does not come to its end.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The finding.
    pub found: Diagnostic,
    /// The operation at which it happened.
    pub site: OpId,
    /// Who was there first, as far as it is known.
    pub place: StopPlace,
}

/// Who ran into a [`Stop`].
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct StopPlace {
    /// The thread in its threadgroup.
    pub thread: Option<usize>,
    /// The memory and the element of it.
    pub element: Option<(MemoryId, i64)>,
}

impl Stop {
    fn new(site: OpId, found: Diagnostic) -> Box<Self> {
        Box::new(Stop { found, site, place: StopPlace::default() })
    }

    fn of_thread(site: OpId, thread: usize, found: Diagnostic) -> Box<Self> {
        Box::new(Stop { found, site, place: StopPlace { thread: Some(thread), element: None } })
    }

    fn of_element(site: OpId, thread: usize, element: (MemoryId, i64), found: Diagnostic) -> Box<Self> {
        Box::new(Stop { found, site, place: StopPlace { thread: Some(thread), element: Some(element) } })
    }
}

/// What a launch has for every worker.
#[derive(Copy, Clone)]
pub struct Context<'r> {
    pub kernel: &'r Kernel,
    pub plan: &'r Plan,
    pub launch: Launch,
    pub limits: Limits,
    /// The device buffers, by memory id; `None` for what is no parameter.
    pub devices: &'r [Option<Device>],
    /// The bits of the `Scalar` parameters, by parameter.
    pub scalars: &'r [u64],
    /// Whether the workers still get on.
    pub standstill: &'r Standstill,
    /// Where lines go that the kernel prints.
    pub printout: &'r Printout,
}

/// A worker: everything that a threadgroup needs, used for one after another.
pub struct Machine<'r, O> {
    context: Context<'r>,
    arch: Arch,
    observer: O,
    /// The threadgroup that runs.
    group: Threadgroup,
    /// Its threads, and its simdgroups.
    threads: usize,
    simdgroups: usize,
    slots: Vec<Slot>,
    /// Threadgroup and register memory, by memory id; empty for device memory. Registers lie element by
    /// element, each with its threads side by side, `pitch` apart.
    tiles: Vec<Tile>,
    /// Threads of a whole threadgroup, rounded up to whole simdgroups.
    pitch: usize,
    /// All threads there are.
    whole: Mask,
    /// The threads that take part just now, at least one.
    mask: Mask,
    /// Whether that is all threads.
    full: bool,
    /// The first and the last of them.
    range: (usize, usize),
    /// The simdgroups of which some thread takes part, a bit each.
    taking_part: u32,
    steps: u64,
    /// Counts what may change memory or order it: as long as it stands still, nothing that a loop reads changes.
    effects: u64,
    /// Counts the atomic operations on memory that other threadgroups may change meanwhile.
    glances: u64,
    /// Set while it waits for another threadgroup.
    idle: Option<Idle>,
    /// The loops under a condition that it is in.
    conditionals: u32,
    flights: copy::Flights,
    /// What the threadgroup has printed, and how many lines more it would have.
    lines: Vec<String>,
    unprinted: u64,
    statistics: Statistics,
    scratch: Scratch,
}

/// Room for what an operation needs beside its operands.
#[derive(Default)]
struct Scratch {
    indices: Vec<i64>,
    /// Trip counts of loops, handed out and given back.
    trips: Vec<Vec<u64>>,
    /// Matrices as floats.
    matrices: [Vec<Line>; 4],
}

impl<'r, O: Observer> Machine<'r, O> {
    pub fn new(context: Context<'r>, observer: O) -> Self {
        let threads: usize = context.launch.threads.iter().map(|&n| n as usize).product();
        let pitch = threads.next_multiple_of(SIMDGROUP);
        let bytes = |shape: &Shape| match shape {
            Shape::Matrix(dtype) => pitch / SIMDGROUP * 64 * dtype.size(),
            shape => pitch * shape.size(),
        };
        let mut slots: Vec<Slot> = context.plan.registers.iter().map(|shape| Slot::new(bytes(shape))).collect();
        for &(reg, bits) in &context.plan.constants {
            slots[reg as usize].set_uniform(bits);
        }
        for &(reg, param) in &context.plan.scalars {
            slots[reg as usize].set_uniform(context.scalars[param]);
        }
        let tile = |memory: &enigma_ir::Memory| match memory.space {
            Space::Device => Vec::new(),
            Space::Threadgroup { len } => lines(len as usize * memory.dtype.size()),
            Space::Register { len } => lines(len as usize * pitch * memory.dtype.size()),
        };
        Machine {
            context,
            arch: Arch::new(),
            observer,
            group: Threadgroup { position: [0; 3], threads: context.launch.threads },
            threads,
            simdgroups: pitch / SIMDGROUP,
            slots,
            tiles: context.kernel.memories().map(|(_, memory)| tile(memory)).collect(),
            pitch,
            whole: Mask::first(threads),
            mask: Mask::first(threads),
            full: true,
            range: (0, threads - 1),
            taking_part: 0,
            steps: 0,
            effects: 0,
            glances: 0,
            idle: None,
            conditionals: 0,
            flights: copy::Flights::default(),
            lines: Vec::new(),
            unprinted: 0,
            statistics: Statistics::default(),
            scratch: Scratch::default(),
        }
    }

    /// What was counted, and the observer.
    pub fn into_parts(self) -> (Statistics, O) {
        (self.statistics, self.observer)
    }

    /// Runs the threadgroup of that number from beginning to end.
    ///
    /// # Errors
    ///
    /// What stopped it, if the observer does not take it.
    pub fn run(&mut self, number: u64) -> Result<(), Box<Stop>> {
        self.begin(number);
        let plan = self.context.plan;
        let done = self.nodes(&plan.body);
        self.context.standstill.busy(&mut self.idle);
        self.hand_over_lines(number);
        if let Err(stop) = done {
            return self.observer.stopped(stop).map_or(Ok(()), Err);
        }
        self.observer.end();
        self.statistics.threadgroups += 1;
        self.statistics.max_in_flight = self.statistics.max_in_flight.max(self.flights.most());
        Ok(())
    }

    fn begin(&mut self, number: u64) {
        self.group = self.context.launch.threadgroup(number);
        self.threads = self.group.count();
        self.simdgroups = self.group.simdgroups();
        self.whole = Mask::first(self.threads);
        self.set_mask(self.whole);
        self.steps = self.context.limits.steps;
        self.glances = 0;
        self.conditionals = 0;
        self.flights.clear();
        for ((_, memory), tile) in self.context.kernel.memories().zip(&mut self.tiles) {
            // What the threadgroup before left there is nobody's business. Registers are cleared where they are declared.
            if let Space::Threadgroup { .. } = memory.space {
                cells_mut::<u64>(tile).fill(0);
            }
        }
        self.observer.begin(number, self.threads);
    }

    fn nodes(&mut self, nodes: &'r [Node]) -> Result<(), Box<Stop>> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &'r Node) -> Result<(), Box<Stop>> {
        if node.is_work() {
            self.observer.work(self.taking_part);
        }
        match node {
            Node::Map(map) => self.map(map),
            Node::Vector(vector) => self.vector(vector),
            Node::Position(code, dim, result) => self.position(*code, *dim, *result),
            Node::RegisterFill { memory, value } => self.register_fill(*memory, *value),
            Node::Load(access) => return self.load(access),
            Node::Store(access) => return self.store(access),
            Node::Barrier { site, code, flags } => return self.barrier(*site, *code, *flags),
            Node::Copy(copy) => return self.copy(copy),
            Node::Wait { site, events } => return self.wait(*site, events),
            Node::Reduce(reduce) => self.reduce(reduce),
            Node::Shuffle(shuffle) => self.shuffle(shuffle),
            Node::Atomic(atomic) => return self.atomic(atomic),
            Node::Print(print) => self.print(print),
            Node::MatrixLoad(matrix) => return self.matrix_load(matrix),
            Node::MatrixStore(matrix) => return self.matrix_store(matrix),
            Node::MatrixMultiply(multiply) => self.matrix_multiply(multiply),
            Node::MatrixFill { dtype, value, result } => self.matrix_fill(*dtype, *value, *result),
            Node::If(branch) => return self.branch(branch),
            Node::For(counted) => return self.counted(counted),
            Node::While(conditional) => return self.conditional(conditional),
        }
        Ok(())
    }

    fn barrier(&mut self, site: OpId, code: Opcode, flags: enigma_ir::MemFlags) -> Result<(), Box<Stop>> {
        let awaited = match code {
            Opcode::Barrier => self.whole,
            _ => self.whole_simdgroups(),
        };
        if self.mask != awaited {
            return Err(self.divergent_barrier(site, &awaited));
        }
        self.effects += 1;
        self.observer.barrier(site, code, flags, &self.mask);
        self.land_due();
        Ok(())
    }

    /// All threads of the simdgroups of which some thread takes part.
    fn whole_simdgroups(&self) -> Mask {
        Mask(std::array::from_fn(|group| if self.mask.0[group] == 0 { 0 } else { self.whole.0[group] }))
    }

    fn divergent_barrier(&self, site: OpId, awaited: &Mask) -> Box<Stop> {
        let missing = awaited.without(&self.mask);
        let (thread, _) = missing.range();
        let message = format!(
            "{} of {} threads do not reach this barrier, {} among them",
            missing.threads().count(),
            awaited.threads().count(),
            self.place(thread),
        );
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::DivergentBarrier, message, span, "the others would wait here for ever")
            .with_help("move the barrier out of the branch or loop that depends on the thread");
        Stop::of_thread(site, thread, found)
    }

    /// What was checked, or `None` where it is a fault that the observer takes; `threads` say how many it befell.
    fn or_fault<T>(&mut self, checked: Result<T, Box<Stop>>, threads: usize) -> Result<Option<T>, Box<Stop>> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(fault) => self.observer.fault(fault, threads).map(|()| None),
        }
    }

    /// The language that remedies are spelled in.
    fn dialect(&self) -> Dialect {
        Dialect::of(self.context.kernel)
    }

    /// A thread, for messages.
    fn place(&self, thread: usize) -> String {
        let [x, y, z] = self.group.thread(thread);
        let [gx, gy, gz] = self.group.position;
        format!("thread ({x}, {y}, {z}) of threadgroup ({gx}, {gy}, {gz})")
    }

    fn slot(&self, reg: Reg) -> &Slot {
        &self.slots[reg as usize]
    }

    fn slot_mut(&mut self, reg: Reg) -> &mut Slot {
        &mut self.slots[reg as usize]
    }

    fn shape(&self, reg: Reg) -> Shape {
        self.context.plan.registers[reg as usize]
    }

    fn set_mask(&mut self, mask: Mask) {
        self.mask = mask;
        self.full = mask == self.whole;
        self.range = mask.range();
        self.taking_part = (0..SIMDGROUP).fold(0, |bits, group| bits | u32::from(mask.0[group] != 0) << group);
    }

    fn position(&mut self, code: Opcode, dim: Dim, result: Reg) {
        let d = dim as usize;
        let launch = self.context.launch;
        let group = self.group;
        let first = group.position[d].wrapping_mul(launch.threads[d]);
        let simdgroups = self.simdgroups as u32;
        match code {
            Opcode::ThreadPositionInGrid => self.thread_position(d, first, result),
            Opcode::ThreadPositionInThreadgroup => self.thread_position(d, 0, result),
            Opcode::ThreadIndexInThreadgroup => self.slot_mut(result).set_affine(0u32, 1),
            Opcode::ThreadIndexInSimdgroup => self.per_lane(result, |_| 0),
            Opcode::SimdgroupIndexInThreadgroup => self.per_simdgroup(result, |group| group as u32),
            Opcode::ThreadgroupPositionInGrid => self.slot_mut(result).set_uniform(group.position[d]),
            Opcode::ThreadsPerThreadgroup => self.slot_mut(result).set_uniform(group.threads[d]),
            Opcode::ThreadsPerGrid => self.slot_mut(result).set_uniform(launch.grid[d]),
            Opcode::ThreadgroupsPerGrid => self.slot_mut(result).set_uniform(launch.threadgroups()[d]),
            Opcode::SimdgroupsPerThreadgroup => self.slot_mut(result).set_uniform(simdgroups),
            _ => self.slot_mut(result).set_uniform(SIMDGROUP as u32),
        }
    }

    fn thread_position(&mut self, d: usize, first: u32, result: Reg) {
        let [x, y, z] = self.group.threads;
        let lone = x as usize == self.threads || y as usize == self.threads || z as usize == self.threads;
        if self.group.threads[d] == 1 {
            self.slot_mut(result).set_uniform(first);
        } else if lone {
            self.slot_mut(result).set_affine(first, 1);
        } else {
            let group = self.group;
            let at = |thread: usize| group.thread(thread)[d].wrapping_add(first);
            match (x as usize % SIMDGROUP, d) {
                // Each simdgroup lies in one row.
                (0, 0) => self.per_lane(result, |group| at(group * SIMDGROUP)),
                (0, _) => self.per_simdgroup(result, |group| at(group * SIMDGROUP)),
                _ => self.per_thread(result, at),
            }
        }
    }
}
