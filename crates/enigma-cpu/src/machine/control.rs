//! Branches and loops: divergence is a mask over the threads.
//!
//! What a thread that does not take part would compute is of no account, so that only memory accesses, copies,
//! reductions and what blocks pass on need look at the mask.

use bytemuck::Pod;
use enigma_ir::{DType, Diagnostic, Op, OpId, Opcode, Rule};

use super::{Machine, Stop};
use crate::lane::{SIMDGROUP, Truth};
use crate::observer::Observer;
use crate::plan::{Block, ForNode, IfNode, Operand, Pass, Reg, Shape, WhileNode};
use crate::slot::{Form, Mask, cells, index, integer};

/// How often the threads that take part go through a loop.
enum Trips {
    /// All as often.
    Same(u64),
    /// Each as the numbers say; the least and the greatest.
    Each(Vec<u64>, u64, u64),
}

impl<'r, O: Observer> Machine<'r, O> {
    pub(super) fn branch(&mut self, node: &'r IfNode) -> Result<(), Box<Stop>> {
        let before = self.mask;
        let holds = self.holds(node.condition);
        let fails = before.without(&holds);
        let [then, otherwise] = &node.blocks;
        if fails.is_empty() {
            return self.block(then);
        }
        if holds.is_empty() {
            return self.block(otherwise);
        }
        self.set_mask(holds);
        self.block(then)?;
        self.set_mask(fails);
        self.nodes(&otherwise.nodes)?;
        self.blend(&otherwise.passes, &fails);
        self.set_mask(before);
        Ok(())
    }

    /// A block whose values are passed on for all that take part.
    fn block(&mut self, block: &'r Block) -> Result<(), Box<Stop>> {
        self.nodes(&block.nodes)?;
        self.pass(&block.asides);
        self.pass(&block.passes);
        Ok(())
    }

    /// The threads that take part and for which a condition holds.
    pub(super) fn holds(&self, condition: Reg) -> Mask {
        let slot = self.slot(condition);
        let truths = cells::<Truth>(&slot.data);
        let all = |holds: bool| if holds { u32::MAX } else { 0 };
        match slot.form {
            // No truth value grows.
            Form::Uniform | Form::Affine | Form::Laned => self.mask.and(&Mask([all(truths[0].0 != 0); SIMDGROUP])),
            Form::Grouped => Mask(std::array::from_fn(|group| match group < self.simdgroups {
                true => self.mask.0[group] & all(truths[group].0 != 0),
                false => 0,
            })),
            Form::Varying => {
                let mut mask = Mask([0; SIMDGROUP]);
                for (group, truths) in truths.as_chunks::<SIMDGROUP>().0.iter().enumerate().take(self.simdgroups) {
                    let word = truths.iter().enumerate().fold(0, |word, (lane, t)| word | u32::from(t.0 != 0) << lane);
                    mask.0[group] = self.mask.0[group] & word;
                }
                mask
            }
        }
    }

    /// Counts one iteration of a loop.
    fn step(&mut self, site: OpId) -> Result<(), Box<Stop>> {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(self.endless(site)),
        }
    }

    fn endless(&self, site: OpId) -> Box<Stop> {
        let [x, y, z] = self.group.position;
        let limit = self.context.limits.steps;
        let message = format!("threadgroup ({x}, {y}, {z}) was stopped after {limit} iterations of its loops");
        let span = self.context.kernel.op(site).span;
        let found = Diagnostic::new(Rule::NoProgress, message, span, "in this loop when the limit was reached")
            .with_help("see that the loop comes to an end for every thread")
            .with_help(
                "if it does and needs more iterations, raise the limit: set ENIGMA_STEP_LIMIT in the environment",
            );
        let found = if self.glances > 0 { found.with_help(OTHER_THREADGROUPS) } else { found };
        Stop::new(site, found)
    }

    pub(super) fn counted(&mut self, node: &'r ForNode) -> Result<(), Box<Stop>> {
        self.pass(&node.init);
        let trips = self.trips(node)?;
        let before = self.mask;
        self.copy_slot(node.lo, node.cursor);
        let (same, most) = match &trips {
            Trips::Same(count) => (*count, *count),
            Trips::Each(_, least, greatest) => (*least, *greatest),
        };
        self.observer.enter_loop(node.site);
        for trip in 0..most {
            self.step(node.site)?;
            self.observer.iterate(trip);
            self.copy_slot(node.cursor, node.induction);
            if let (Trips::Each(counts, ..), true) = (&trips, trip >= same) {
                self.set_mask(still_going(&before, counts, trip));
            }
            self.nodes(&node.body.nodes)?;
            self.pass(&node.body.asides);
            self.pass_on(&node.body, trip >= same);
            self.map(&node.advance);
            self.slots.swap(node.cursor as usize, node.advance.result as usize);
        }
        self.observer.leave_loop();
        if let Trips::Each(counts, ..) = trips {
            self.scratch.trips.push(counts);
            self.set_mask(before);
        }
        Ok(())
    }

    /// Passes carried values on to the next iteration, of which only the threads that take part see anything.
    fn pass_on(&mut self, body: &Block, diverged: bool) {
        if diverged {
            let mask = self.mask;
            self.blend(&body.passes, &mask);
        } else {
            self.pass(&body.passes);
        }
    }

    fn trips(&mut self, node: &ForNode) -> Result<Trips, Box<Stop>> {
        let regs = [node.lo, node.hi, node.step];
        if let Some([first, last]) = self.trip_ends(node, regs)?
            && first == last
        {
            return Ok(Trips::Same(first));
        }
        let mut counts = self.scratch.trips.pop().unwrap_or_default();
        counts.clear();
        counts.resize(self.threads, 0);
        let (mut least, mut greatest) = (u64::MAX, 0);
        let mask = self.mask;
        for thread in mask.threads() {
            let count = self.trip_count(node, regs.map(|reg| self.integer(reg, thread, node.dtype)), thread)?;
            (least, greatest) = (least.min(count), greatest.max(count));
            counts[thread] = count;
        }
        Ok(if least == greatest { Trips::Same(least) } else { Trips::Each(counts, least, greatest) })
    }

    /// The trip counts of the first and the last thread, where those between are between.
    fn trip_ends(&self, node: &ForNode, regs: [Reg; 3]) -> Result<Option<[u64; 2]>, Box<Stop>> {
        let mut ends = [[0i128; 3]; 2];
        for (n, &reg) in regs.iter().enumerate() {
            let Some((first, last)) = self.slot(reg).ends(node.dtype, self.threads) else { return Ok(None) };
            (ends[0][n], ends[1][n]) = (first, last);
        }
        let (taking_part, _) = self.range;
        if ends[0] == ends[1] {
            let count = self.trip_count(node, ends[0], taking_part)?;
            return Ok(Some([count, count]));
        }
        // The way from bound to bound grows evenly from thread to thread, but not with the step, and threads that do not take part
        // must not be judged.
        if ends[0][2] != ends[1][2] || !self.full {
            return Ok(None);
        }
        Ok(Some([self.trip_count(node, ends[0], 0)?, self.trip_count(node, ends[1], self.threads - 1)?]))
    }

    fn trip_count(&self, node: &ForNode, [lo, hi, step]: [i128; 3], thread: usize) -> Result<u64, Box<Stop>> {
        let (way, step) = if node.down { (lo - hi, -step) } else { (hi - lo, step) };
        if way <= 0 {
            return Ok(0);
        }
        if step <= 0 {
            return Err(self.stuck(node.site, step, thread));
        }
        // At most 2^64 - 1, the width of the widest type.
        Ok(((way + step - 1) / step) as u64)
    }

    fn stuck(&self, site: OpId, step: i128, thread: usize) -> Box<Stop> {
        let message = format!("this loop's step is {step} in {}, and it would never end", self.place(thread));
        let span = self.context.kernel.op(site).span;
        let found =
            Diagnostic::new(Rule::NoProgress, message, span, "counts up in steps of a value that is not positive")
                .with_help("a step that is computed must be positive; to count down, pass a negative constant");
        Stop::of_thread(site, thread, found)
    }

    /// The number that a thread has in an integer register.
    pub(super) fn integer(&self, reg: Reg, thread: usize, dtype: DType) -> i128 {
        let slot = self.slot(reg);
        match slot.form {
            Form::Uniform => integer(&slot.data, 0, dtype),
            Form::Grouped => integer(&slot.data, thread / SIMDGROUP, dtype),
            Form::Affine => {
                let base = integer(&slot.data, 0, dtype);
                dtype.wrap(base.wrapping_add(i128::from(slot.stride) * thread as i128))
            }
            Form::Laned => {
                let base = integer(&slot.data, thread / SIMDGROUP, dtype);
                dtype.wrap(base.wrapping_add(i128::from(slot.stride) * (thread % SIMDGROUP) as i128))
            }
            Form::Varying => integer(&slot.data, thread, dtype),
        }
    }

    /// The index that a thread has in an integer register; one that is too great for any memory as the greatest.
    #[inline]
    pub(super) fn index(&self, operand: Operand, thread: usize) -> i64 {
        let slot = self.slot(operand.reg);
        match slot.form {
            Form::Uniform => index(&slot.data, 0, operand.dtype),
            Form::Grouped => index(&slot.data, thread / SIMDGROUP, operand.dtype),
            Form::Varying => index(&slot.data, thread, operand.dtype),
            Form::Affine | Form::Laned => {
                i64::try_from(self.integer(operand.reg, thread, operand.dtype)).unwrap_or(i64::MAX)
            }
        }
    }

    pub(super) fn conditional(&mut self, node: &'r WhileNode) -> Result<(), Box<Stop>> {
        self.pass(&node.init);
        let before = self.mask;
        self.observer.enter_loop(node.site);
        self.conditionals += 1;
        for trip in 0.. {
            let (tested, effects, glances) = (self.mask, self.effects, self.glances);
            self.observer.iterate(trip);
            self.nodes(&node.condition)?;
            let holds = self.holds(node.holds);
            if holds.is_empty() {
                break;
            }
            self.step(node.site)?;
            self.set_mask(holds);
            self.nodes(&node.body.nodes)?;
            self.pass(&node.body.asides);
            if holds == tested && effects == self.effects && self.passes_the_same(&node.body) {
                self.look_again(node.site, glances == self.glances)?;
            } else {
                self.context.standstill.busy(&mut self.idle);
            }
            self.pass_on(&node.body, holds != before);
        }
        self.context.standstill.busy(&mut self.idle);
        self.conditionals -= 1;
        self.observer.leave_loop();
        self.set_mask(before);
        Ok(())
    }

    /// An iteration has left everything as it was. The next one may go otherwise only where it looks at what other threadgroups change,
    /// and one of them still can.
    fn look_again(&mut self, site: OpId, alone: bool) -> Result<(), Box<Stop>> {
        if alone || self.context.standstill.idle(&mut self.idle) {
            return Err(self.spinning(site, alone));
        }
        Ok(())
    }

    /// Whether what a block passes on is what it was given, in every thread that takes part: where it also changed nothing else, it
    /// does the same again, for ever.
    fn passes_the_same(&self, body: &Block) -> bool {
        body.passes.iter().all(|pass| match self.shape(pass.to) {
            Shape::Matrix(_) => false,
            shape => match shape.size() {
                1 => self.same::<u8>(pass),
                2 => self.same::<u16>(pass),
                4 => self.same::<u32>(pass),
                _ => self.same::<u64>(pass),
            },
        })
    }

    /// Whether two registers hold the same. One that grows is said to be the same as another of its form only.
    fn same<T: Pod + PartialEq>(&self, pass: &Pass) -> bool {
        let (from, to) = (self.slot(pass.from), self.slot(pass.to));
        match (from.form, to.form) {
            (a, b) if (a.grows() || b.grows()) && (a != b || from.stride != to.stride) => false,
            _ => self.mask.threads().all(|thread| from.of::<T>(thread) == to.of::<T>(thread)),
        }
    }

    /// The finding of a loop whose iterations change nothing: what it waits for cannot come.
    fn spinning(&self, site: OpId, alone: bool) -> Box<Stop> {
        let kernel = self.context.kernel;
        let thread = self.range.0;
        let message = format!("this loop waits for something that cannot come, in {}", self.place(thread));
        let found = Diagnostic::new(Rule::NoProgress, message, kernel.op(site).span, "an iteration changes nothing");
        let within = |op: &Op| kernel.op(site).blocks.iter().any(|&block| kernel.encloses(block, op.parent));
        let ops = || kernel.walk().into_iter().map(|id| kernel.op(id));
        let looks = |op: &Op| match op.code {
            Opcode::Load | Opcode::LoadIf | Opcode::VecLoad => alone,
            code => code.info().signature.atomic,
        };
        let Some(load) = ops().find(|op| looks(op) && within(op)) else {
            let found = found.with_help("see that the loop carries what its condition looks at, and changes it");
            return Stop::of_thread(site, thread, found);
        };
        let memory = load.memories[0];
        let name = &kernel.memory(memory).name;
        let mut found = found.with_label(load.span, format!("looks at `{name}`, which stays as it is"));
        if let Some(writer) = ops().find(|op| !within(op) && op.writes(memory)) {
            found = found.with_label(writer.span, format!("`{name}` is written here, where no thread is meanwhile"));
        }
        Stop::of_thread(
            site,
            thread,
            found.with_help(match alone {
                true => "threads cannot rely on others going on while they spin: wait at a barrier, or for an event",
                false => OTHER_THREADGROUPS,
            }),
        )
    }
}

const OTHER_THREADGROUPS: &str = "threadgroups cannot rely on each other's progress: one may not begin before another has ended; make two launches of it";

/// The threads of `mask` that go through a loop once more.
fn still_going(mask: &Mask, counts: &[u64], trip: u64) -> Mask {
    let mut going = *mask;
    for (word, counts) in going.0.iter_mut().zip(counts.chunks(SIMDGROUP)) {
        *word &= counts.iter().enumerate().fold(0, |word, (lane, &count)| word | u32::from(trip < count) << lane);
    }
    going
}
