//! Draws a kernel, statement by statement.

use enigma_ir::passes::Constant;
use enigma_ir::{Arg, DType, Literal, MemFlags, MemoryId, Opcode, ValueId};
use fastrand::Rng;
use half::{bf16, f16};

use super::accesses::COUNTS;
use super::model::{Access, Order, Place, Region, Share};
use super::scribe::{Scribe, Written, int};
use super::shape::Shape;
use super::{Change, Given, Sample};

/// Elements of a buffer that the kernel only reads.
pub const INPUT: u32 = 4096;
/// Elements beyond the last one that a right kernel touches: a kernel that is spoiled may, and stays inside.
const MARGIN: u32 = 64;
/// Bytes of threadgroup memory that a kernel may take.
const MAX_TILE_BYTES: u32 = 24 << 10;
/// Loops and branches inside each other.
const MAX_DEPTH: usize = 3;
/// Element types that a kernel uses besides `int`.
const OTHER_DTYPES: [DType; 14] = [
    DType::F32,
    DType::F32,
    DType::F32,
    DType::F16,
    DType::BF16,
    DType::U32,
    DType::U32,
    DType::I16,
    DType::U16,
    DType::I8,
    DType::U8,
    DType::I64,
    DType::U64,
    DType::Bool,
];

/// Who runs the statement that is written.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Who {
    /// One simdgroup alone, or all.
    pub only: Option<u32>,
    /// Whether lanes of a simdgroup may be missing.
    pub diverged: bool,
}

/// A copy in flight.
pub struct Flight {
    pub event: ValueId,
    /// How deep in loops and branches it was issued: there it is waited for.
    pub depth: usize,
    /// The regions it reads or writes, as shares; whether it writes.
    pub regions: Vec<(usize, Access)>,
    /// The register tensor that takes part, and whether it is written.
    pub registers: Option<(usize, bool)>,
    /// Whether every simdgroup issued the very same copy.
    pub redundant: bool,
}

/// A register tensor.
#[derive(Copy, Clone)]
pub struct Registers {
    pub memory: MemoryId,
    pub dtype: DType,
    pub len: u32,
    pub initialised: bool,
    /// Copies in flight that read it, and that write it.
    pub flying: [u32; 2],
}

pub struct Author {
    pub random: Rng,
    pub scribe: Scribe,
    pub shape: Shape,
    pub who: Who,
    pub depth: usize,
    pub regions: Vec<Region>,
    pub flights: Vec<Flight>,
    pub registers: Vec<Registers>,
    /// Buffers that the kernel only reads; the first is of `int`.
    pub inputs: Vec<(DType, MemoryId)>,
    /// Scalars and function constants, with their values.
    pub numbers: Vec<(ValueId, u32)>,
    pub steady: Vec<ValueId>,
    pub data: Vec<ValueId>,
    pub thread: ValueId,
    pub lane: ValueId,
    pub simdgroup: ValueId,
    pub threadgroup: ValueId,
    /// Lanes of the simdgroup.
    pub lanes: Arg,
    pub tile_bytes: u32,
    /// How many statements may still be drawn.
    pub budget: u32,
    /// Counters of the whole grid, which all threadgroups change and nobody reads.
    pub counts: MemoryId,
    /// The place of the threadgroup in x.
    column: ValueId,
    arguments: Vec<Given>,
    constants: Vec<Constant>,
    results: MemoryId,
    seed: u64,
}

impl Author {
    pub fn new(seed: u64, change: Change) -> Author {
        let mut random = Rng::with_seed(seed);
        let mut scribe = Scribe::new(seed, change);
        let shape = Shape::draw(&mut random);
        let simdgroups = shape.simdgroups;
        let mut arguments =
            vec![Given::Scalar(Literal::Int(i128::from(!matches!(change, Change::Skip(_) | Change::Double(_)))))];

        let numbers: Vec<u32> = (0..3).map(|_| random.u32(0..40)).collect();
        let numbers = numbers.into_iter().enumerate().map(|(i, number)| {
            arguments.push(Given::Scalar(Literal::Int(number.into())));
            (scribe.scalar(&format!("n{i}"), DType::U32), number)
        });
        let mut numbers: Vec<(ValueId, u32)> = numbers.collect();
        let constants: Vec<Constant> =
            (0..random.u32(..3)).map(|i| constant(100 * i + random.u32(..100), &mut random)).collect();
        numbers.extend(constants.iter().map(|given| scribe.constant(given)));

        let mut dtypes = vec![DType::I32];
        dtypes.extend((random.u32(..5) > 0).then(|| OTHER_DTYPES[random.usize(..OTHER_DTYPES.len())]));
        let mut inputs = Vec::new();
        for &dtype in &dtypes {
            inputs.push((dtype, scribe.buffer(&format!("in_{dtype}"), dtype)));
            arguments.push(buffer(&mut random, dtype, INPUT + MARGIN));
        }
        let results = scribe.buffer("results", DType::I32);
        arguments.push(buffer(&mut random, DType::I32, shape.threads * shape.threadgroups()));
        let counts = scribe.buffer("counts", DType::I32);
        arguments.push(buffer(&mut random, DType::I32, COUNTS));

        let chunks: Vec<Vec<u32>> = dtypes.iter().map(|_| lengths(&mut random, simdgroups, 1..3)).collect();
        let mut outputs = Vec::new();
        for (&dtype, chunk) in dtypes.iter().zip(&chunks) {
            outputs.push(scribe.buffer(&format!("out_{dtype}"), dtype));
            let len = chunk.iter().sum::<u32>() * shape.threadgroups() + MARGIN;
            arguments.push(buffer(&mut random, dtype, len));
        }

        let mut position = |name: &str, code| {
            let value = scribe.value(code, &[]);
            scribe.call_it(value, name)
        };
        let thread = position("tid", Opcode::ThreadIndexInThreadgroup);
        let lane = position("lane", Opcode::ThreadIndexInSimdgroup);
        let simdgroup = position("sg", Opcode::SimdgroupIndexInThreadgroup);
        let column = position("tgx", Opcode::ThreadgroupPositionInGrid);
        let threadgroup = shape.threadgroup(&mut scribe, column);
        let steady = vec![thread, lane, simdgroup, threadgroup];
        let mut author = Author {
            random,
            scribe,
            shape,
            who: Who { only: None, diverged: false },
            depth: 0,
            regions: Vec::new(),
            flights: Vec::new(),
            registers: Vec::new(),
            inputs,
            numbers,
            steady,
            data: Vec::new(),
            thread,
            lane,
            simdgroup,
            threadgroup,
            lanes: int(32),
            tile_bytes: 0,
            budget: 0,
            arguments,
            constants,
            results,
            counts,
            column,
            seed,
        };
        author.budget = author.random.u32(6..28);
        author.lanes = shape.lanes(&mut author.scribe, author.simdgroup, author.column);
        author.add_positions();
        for ((&dtype, chunk), &output) in dtypes.iter().zip(&chunks).zip(&outputs) {
            author.device_regions(dtype, output, chunk);
        }
        for _ in 0..author.random.u32(1..4) {
            let dtype = author.pick(&dtypes);
            author.tile_regions(dtype);
        }
        author
    }

    /// The kernel with its launch, of at most so many statements outside loops and branches.
    pub fn write(mut self, statements: u32) -> Sample {
        let mut written = 0;
        while self.budget > 0 && written < statements {
            self.statement();
            written += 1;
        }
        self.wait_for_all_here();
        let digest = self.digest();
        let first = self.scribe.value(Opcode::Mul, &[self.threadgroup.into(), int(self.shape.threads.into())]);
        let at = self.scribe.value(Opcode::Add, &[first.into(), self.thread.into()]);
        self.scribe.does(Opcode::Store, &[self.results.into(), at.into(), digest.into()]);
        let (grid, threads) = (self.shape.grid(), self.shape.extent);
        let Written { kernel, syncs, copies, atomics } = self.scribe.finish();
        let Author { arguments, constants, .. } = self;
        Sample { kernel, grid, threads, arguments, constants, syncs, copies, atomics }
    }

    /// A generator for what one change needs, which must not disturb what is drawn after it.
    pub fn aside(&self, number: usize) -> Rng {
        Rng::with_seed(self.seed ^ (number as u64 + 1) << 32)
    }

    /// Some of the positions and sizes that there are, all of which are steady.
    fn add_positions(&mut self) {
        const OF_A_DIMENSION: [Opcode; 6] = [
            Opcode::ThreadPositionInGrid,
            Opcode::ThreadPositionInThreadgroup,
            Opcode::ThreadgroupPositionInGrid,
            Opcode::ThreadsPerThreadgroup,
            Opcode::ThreadsPerGrid,
            Opcode::ThreadgroupsPerGrid,
        ];
        for _ in 0..self.random.u32(..4) {
            let (code, dim) = (self.pick(&OF_A_DIMENSION), self.pick(&["x", "y", "z"]));
            let position = self.scribe.value(code, &[Arg::Name(dim.to_owned())]);
            self.steady.push(position);
        }
        let code = self.pick(&[Opcode::ThreadsPerSimdgroup, Opcode::SimdgroupsPerThreadgroup]);
        let size = self.scribe.value(code, &[]);
        self.steady.push(size);
    }

    /// Whether all simdgroups have 32 lanes.
    pub fn has_whole_simdgroups(&self) -> bool {
        self.shape.threads.is_multiple_of(32) && self.shape.missing == 0
    }

    fn device_regions(&mut self, dtype: DType, memory: MemoryId, chunk: &[u32]) {
        let whole: u32 = chunk.iter().sum();
        let mut at = self.scribe.value(Opcode::Mul, &[self.threadgroup.into(), int(whole.into())]);
        for &len in chunk {
            self.regions.push(Region::new(memory, Place::Device, dtype, at, len));
            at = self.scribe.value(Opcode::Add, &[at.into(), int(len.into())]);
        }
    }

    fn tile_regions(&mut self, dtype: DType) {
        let lengths = lengths(&mut self.random, self.shape.simdgroups, 1..3);
        let Some(memory) = self.tile(dtype, lengths.iter().sum::<u32>() + 8) else { return };
        let mut at = self.random.u32(..4);
        for len in lengths {
            let base = self.scribe.value(Opcode::Add, &[int(at.into()), int(0)]);
            self.regions.push(Region::new(memory, Place::Threadgroup, dtype, base, len));
            at += len;
        }
    }

    /// A threadgroup array, as long as there is room.
    pub fn tile(&mut self, dtype: DType, len: u32) -> Option<MemoryId> {
        let bytes = len * dtype.size() as u32;
        if self.tile_bytes + bytes > MAX_TILE_BYTES {
            return None;
        }
        self.tile_bytes += bytes;
        Some(self.scribe.tile(&format!("tile{}", self.tile_bytes), dtype, len))
    }

    fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        match self.random.u32(..41) {
            0..4 => self.write_share(),
            4..8 => self.read_share(),
            8..12 => self.copy_in(),
            12..15 => self.copy_out(),
            15 => self.wait_for_some(),
            16 => self.use_registers(),
            17 => self.copy_registers(),
            18 if self.depth < MAX_DEPTH => self.repeat_apart(),
            19 => self.matrices(),
            20 if self.depth < MAX_DEPTH => self.branch(),
            21 if self.depth < MAX_DEPTH => self.simdgroup_alone(),
            22 if self.depth < MAX_DEPTH => self.divergent(),
            23 | 24 if self.depth < MAX_DEPTH => self.repeat(),
            26 => self.copy_in_either_branch(),
            27..31 => self.calculate(),
            31 | 32 => self.among_lanes(),
            33 => self.write_masked(),
            34 => self.read_masked(),
            35 => self.write_wide(),
            36 => self.read_wide(),
            37 => self.exchange(),
            38 => self.update(),
            39 => self.count(),
            40 => self.print(),
            25 if self.depth < 2 && self.chance(2) => self.pipeline(),
            25 if self.depth < 2 => self.drain(),
            _ => {
                let value = self.datum();
                self.data.push(value);
            }
        }
    }

    /// Statements inside a loop or branch; what `pass` makes of their values is passed on.
    pub fn block<T>(&mut self, who: Who, pass: impl FnOnce(&mut Author) -> T) -> T {
        let outer = std::mem::replace(&mut self.who, who);
        let (steady, data, registers) = (self.steady.len(), self.data.len(), self.registers.len());
        self.depth += 1;
        for _ in 0..self.random.u32(1..5) {
            self.statement();
        }
        self.wait_for_all_here();
        let passed = pass(self);
        self.depth -= 1;
        self.steady.truncate(steady);
        self.data.truncate(data);
        self.registers.truncate(registers);
        self.who = outer;
        passed
    }

    fn branch(&mut self) {
        let condition = self.uniform_condition();
        let before = self.state();
        self.scribe.begin_if(condition);
        let then = self.block(self.who, Author::datum);
        self.scribe.begin_else(&[then]);
        let after_then = std::mem::replace(&mut self.regions, before.0);
        let registers_then = std::mem::replace(&mut self.registers, before.1);
        let otherwise = if self.random.bool() { self.block(self.who, Author::datum) } else { self.datum() };
        let results = self.scribe.end_if(&[otherwise]);
        self.join(&after_then, &registers_then);
        self.data.extend(results);
    }

    fn simdgroup_alone(&mut self) {
        if self.who.diverged || self.who.only.is_some() {
            return;
        }
        let only = self.random.u32(..self.shape.simdgroups);
        let registers = self.registers.clone();
        let condition = self.scribe.value(Opcode::CmpEq, &[self.simdgroup.into(), int(only.into())]);
        self.scribe.begin_if(condition);
        self.block(Who { only: Some(only), ..self.who }, |_| ());
        self.scribe.end_if(&[]);
        // That simdgroup came by for certain, and what it wrote is written; its registers are not everyone's.
        self.join(&self.regions.clone(), &registers);
    }

    fn divergent(&mut self) {
        let before = self.state();
        let condition = self.divergent_condition();
        self.scribe.begin_if(condition);
        self.block(Who { diverged: true, ..self.who }, |_| ());
        self.scribe.end_if(&[]);
        self.join(&before.0, &before.1);
    }

    fn state(&self) -> (Vec<Region>, Vec<Registers>) {
        (self.regions.clone(), self.registers.clone())
    }

    fn join(&mut self, regions: &[Region], registers: &[Registers]) {
        self.join_regions(regions);
        for (mine, other) in self.registers.iter_mut().zip(registers) {
            mine.initialised &= other.initialised;
        }
    }

    /// After a branch or loop: what holds whether it was gone through or not.
    pub fn join_regions(&mut self, regions: &[Region]) {
        for (mine, other) in self.regions.iter_mut().zip(regions) {
            mine.join(other);
        }
    }

    /// A loop begins: the iteration before may have done anything.
    pub fn soil(&mut self) {
        let only = self.who.only;
        self.regions.iter_mut().for_each(|region| region.soil(only));
    }

    fn repeat(&mut self) {
        if self.who.diverged {
            return;
        }
        let before = self.state();
        let accumulator = self.datum();
        let trips = self.random.u32(1..5);
        self.soil();
        let results = match self.random.bool() {
            true => self.counted(trips, accumulator),
            false => self.conditional(trips, accumulator),
        };
        self.join(&before.0, &before.1);
        self.data.extend(results);
    }

    /// A loop that each thread goes through as often as it likes.
    fn repeat_apart(&mut self) {
        let before = self.state();
        let accumulator = self.datum();
        let trips = self.below(4);
        self.soil();
        let (index, carried) = self.scribe.begin_for([int(0), trips.into(), int(1)], &[accumulator]);
        self.steady.push(index);
        self.data.push(carried[0]);
        let next = self.block(Who { diverged: true, ..self.who }, Author::datum);
        self.steady.pop();
        self.data.pop();
        let results = self.scribe.end_for(&[next]);
        self.join(&before.0, &before.1);
        self.data.extend(results);
    }

    fn counted(&mut self, trips: u32, accumulator: ValueId) -> Vec<ValueId> {
        let (low, step) = (self.random.u32(..3), self.random.u32(1..3));
        let bounds = [self.number(low), self.number(low + trips * step), int(step.into())];
        let (index, carried) = self.scribe.begin_for(bounds, &[accumulator]);
        self.steady.push(index);
        self.data.push(carried[0]);
        let next = self.block(self.who, Author::datum);
        self.steady.pop();
        self.data.pop();
        self.scribe.end_for(&[next])
    }

    fn conditional(&mut self, trips: u32, accumulator: ValueId) -> Vec<ValueId> {
        let zero = self.scribe.value(Opcode::Sub, &[self.lane.into(), self.lane.into()]);
        let start = if self.random.bool() { zero } else { self.scribe.value(Opcode::Add, &[int(0), int(0)]) };
        let limit = self.number(trips);
        let carried = self.scribe.begin_while(&[start, accumulator]);
        let goes_on = self.scribe.value(Opcode::CmpLt, &[carried[0].into(), limit]);
        let carried = self.scribe.begin_while_body(goes_on);
        self.steady.push(carried[0]);
        self.data.push(carried[1]);
        let next = self.block(self.who, Author::datum);
        self.steady.pop();
        self.data.pop();
        let count = self.scribe.value(Opcode::Add, &[carried[0].into(), int(1)]);
        let results = self.scribe.end_while(&[count, next]);
        vec![results[1]]
    }

    /// The share that stands for any element, for whoever runs the statement.
    pub fn anyone(&self) -> Share {
        self.who.only.map_or(Share::Everyone, Share::Simdgroup)
    }

    pub fn initialised_region(&mut self) -> Option<usize> {
        let region = self.random.usize(..self.regions.len());
        self.regions[region].initialised.then_some(region)
    }

    /// The first element and the length of the part of a region that a simdgroup has under that share.
    pub fn part(&mut self, region: usize, share: Share, len: u32) -> (ValueId, u32) {
        let base = self.regions[region].base;
        match share {
            Share::Everyone | Share::Simdgroup(_) => (base, len),
            Share::Thread | Share::Band => {
                let len = len / self.shape.simdgroups;
                let band = self.scribe.value(Opcode::Mul, &[self.simdgroup.into(), int(len.into())]);
                (self.scribe.value(Opcode::Add, &[base.into(), band.into()]), len)
            }
        }
    }

    /// Writes what must come before these accesses; `false` if it cannot come here.
    pub fn ready(&mut self, accesses: &[(usize, Access)]) -> bool {
        for _ in 0..4 {
            if accesses.iter().all(|&(region, access)| self.is_ready(region, access)) {
                return true;
            }
            if !accesses.iter().all(|&(region, access)| self.make_ready(region, access)) {
                return false;
            }
        }
        false
    }

    fn is_ready(&self, region: usize, access: Access) -> bool {
        let region = &self.regions[region];
        !region.is_busy(access.write) && region.order(access, self.shape.simdgroups) == Order::None
    }

    fn make_ready(&mut self, region: usize, access: Access) -> bool {
        while self.regions[region].is_busy(access.write) {
            let touches = |flight: &Flight| flight.regions.iter().any(|&(touched, _)| touched == region);
            let Some(flight) = self.flights.iter().position(|f| f.depth == self.depth && touches(f)) else {
                return false;
            };
            self.wait_for(&[flight]);
        }
        let place = self.regions[region].place;
        match self.regions[region].order(access, self.shape.simdgroups) {
            Order::None => true,
            _ if self.who.diverged => false,
            Order::Simdgroup if self.who.only.is_some() || !self.chance(4) => {
                self.simd_barrier(place);
                true
            }
            _ if self.who.only.is_some() => false,
            _ => {
                self.barrier(place);
                true
            }
        }
    }

    fn flags(&mut self, place: Place) -> MemFlags {
        match place {
            _ if self.chance(4) => MemFlags::DeviceAndThreadgroup,
            Place::Device => MemFlags::Device,
            Place::Threadgroup => MemFlags::Threadgroup,
        }
    }

    pub fn barrier(&mut self, place: Place) {
        let flags = self.flags(place);
        self.scribe.barrier(flags);
        self.regions.iter_mut().for_each(|region| region.barrier(flags));
    }

    pub fn simd_barrier(&mut self, place: Place) {
        let flags = self.flags(place);
        self.scribe.simd_barrier(flags);
        let only = self.who.only;
        self.regions.iter_mut().for_each(|region| region.simd_barrier(flags, only));
    }

    fn wait_for_some(&mut self) {
        let here: Vec<usize> = (0..self.flights.len()).filter(|&i| self.flights[i].depth == self.depth).collect();
        let chosen: Vec<usize> = here.into_iter().filter(|_| self.random.bool()).collect();
        if !chosen.is_empty() {
            self.wait_for(&chosen);
        }
    }

    /// Waits for all that was issued in this block.
    pub fn wait_for_all_here(&mut self) {
        let here: Vec<usize> = (0..self.flights.len()).filter(|&i| self.flights[i].depth == self.depth).collect();
        if self.random.bool() {
            here.iter().rev().for_each(|&flight| self.wait_for(&[flight]));
        } else if !here.is_empty() {
            self.wait_for(&here);
        }
    }

    /// Waits for flights, by their places in ascending order.
    fn wait_for(&mut self, flights: &[usize]) {
        let events: Vec<ValueId> = flights.iter().map(|&flight| self.flights[flight].event).collect();
        self.scribe.wait(&events);
        for &flight in flights.iter().rev() {
            let landed = self.flights.remove(flight);
            for (region, access) in landed.regions {
                self.regions[region].flying[usize::from(access.write)] -= 1;
                self.regions[region].land(access, landed.redundant);
            }
            if let Some((registers, write)) = landed.registers {
                self.registers[registers].flying[usize::from(write)] -= 1;
            }
        }
    }
}

/// A number for a function constant.
fn constant(index: u32, random: &mut Rng) -> Constant {
    Constant { index, dtype: DType::U32, value: Literal::Int(random.i128(0..40)) }
}

/// Lengths of regions, each a multiple of the lanes of the simdgroups.
fn lengths(random: &mut Rng, simdgroups: u32, count: std::ops::Range<u32>) -> Vec<u32> {
    (0..random.u32(count)).map(|_| 32 * simdgroups * random.u32(1..4)).collect()
}

/// A buffer of small numbers.
fn buffer(random: &mut Rng, dtype: DType, len: u32) -> Given {
    let mut bytes = Vec::with_capacity(len as usize * dtype.size());
    for _ in 0..len {
        let number = random.u8(..if dtype == DType::Bool { 2 } else { 8 });
        match dtype {
            DType::F32 => bytes.extend(f32::from(number).to_le_bytes()),
            DType::F16 => bytes.extend(f16::from(number).to_le_bytes()),
            DType::BF16 => bytes.extend(bf16::from(number).to_le_bytes()),
            dtype => bytes.extend(&u64::from(number).to_le_bytes()[..dtype.size()]),
        }
    }
    Given::Buffer(dtype, bytes)
}
