//! A kernel made ready, and its launches.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use enigma_ir::{Binding, Diagnostics, Kernel, Space, Verified};

use crate::bind::{self, Bounds};
use crate::device::{Argument, Device};
use crate::grid::Launch;
use crate::lower::{bits, lower};
use crate::machine::{Context, Machine, Stop};
use crate::observer::{Observer, Unobserved};
use crate::plan::Plan;
use crate::printout::Printout;
use crate::standstill::Standstill;

/// Bounds on a launch.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Iterations of loops, all loops together, after which a threadgroup is stopped with `no-progress`.
    pub steps: u64,
}

impl Default for Limits {
    /// 2^26 iterations: some ten seconds, where every iteration does next to nothing.
    fn default() -> Self {
        Limits { steps: 1 << 26 }
    }
}

/// What a launch did.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Threadgroups that ran.
    pub threadgroups: u64,
    /// Asynchronous copies that moved or filled something.
    pub copies: u64,
    /// Bytes that they moved; what was filled is not counted.
    pub bytes_copied: u64,
    /// The most copies that one threadgroup had issued and not yet waited for, at one time.
    pub max_in_flight: u64,
}

impl Statistics {
    fn add(&mut self, other: Statistics) {
        self.threadgroups += other.threadgroups;
        self.copies += other.copies;
        self.bytes_copied += other.bytes_copied;
        self.max_in_flight = self.max_in_flight.max(other.max_in_flight);
    }
}

/// A kernel lowered to what the executor runs. It may be run any number of times, from any thread.
#[derive(Debug)]
pub struct Program {
    kernel: Kernel,
    plan: Plan,
}

impl Program {
    /// Lowers a kernel.
    pub fn new(kernel: &Verified<Kernel>) -> Program {
        let kernel: &Kernel = kernel;
        Program { kernel: kernel.clone(), plan: lower(kernel) }
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Runs a launch to its end. Threadgroups run in parallel, in no order that a kernel may rely on. What the kernel prints goes to
    /// standard output, at the end.
    ///
    /// # Errors
    ///
    /// `invalid-binding` and `resource-limit`, all that apply, before anything runs. Then the first finding, in
    /// the order of the threadgroups: `out-of-bounds`, `divergent-copy`, `divergent-barrier` or `no-progress`. What the
    /// kernel wrote until then stays written.
    pub fn run(&self, launch: &Launch, arguments: &[Argument<'_>], limits: &Limits) -> Result<Statistics, Diagnostics> {
        let printout = Printout::default();
        let done = self.run_observed(launch, arguments, limits, &printout, || Unobserved);
        printout.print();
        done.map(|(statistics, _)| statistics)
    }

    /// As [`run`](Self::run), with an observer for every worker, which are handed back in no particular order, and a place for what the
    /// kernel prints.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_observed<O: Observer>(
        &self,
        launch: &Launch,
        arguments: &[Argument<'_>],
        limits: &Limits,
        printout: &Printout,
        observer: impl Fn() -> O + Sync,
    ) -> Result<(Statistics, Vec<O>), Diagnostics> {
        bind::check_launch(&self.kernel, launch, arguments, &Bounds::EXECUTOR)?;
        let mut devices: Vec<Option<Device>> = vec![None; self.kernel.memories().len()];
        let mut scalars = vec![0; arguments.len()];
        for ((param, argument), scalar) in self.kernel.params().iter().zip(arguments).zip(&mut scalars) {
            match (param.binding, argument) {
                (Binding::Buffer(memory), Argument::Buffer(buffer)) => devices[memory.index()] = Some(buffer.device()),
                (_, Argument::Scalar(literal)) => {
                    *scalar = bits(literal.fit(param.dtype).unwrap_or(*literal), param.dtype)
                }
                (Binding::Scalar(_), Argument::Buffer(_)) => {}
            }
        }
        let workers = match O::IN_ORDER && self.may_communicate() {
            true => 1,
            false => launch.threadgroup_count().min(rayon::current_num_threads() as u64),
        };
        let standstill = Standstill::new(workers);
        let context = Context {
            kernel: &self.kernel,
            plan: &self.plan,
            launch: *launch,
            limits: *limits,
            devices: &devices,
            scalars: &scalars,
            standstill: &standstill,
            printout,
        };
        run_threadgroups(context, workers, observer)
            .map_err(|stop| Diagnostics::new(vec![stop.found], self.kernel.files().clone()))
    }
}

impl Program {
    /// Whether threadgroups can tell each other something.
    fn may_communicate(&self) -> bool {
        let mut memories = self.kernel.memories();
        memories.any(|(id, memory)| memory.space == Space::Device && self.kernel.is_atomic(id))
    }
}

/// The first finding, in the order of the threadgroups.
struct First {
    /// The number of its threadgroup; beyond it, nothing need run any more.
    threadgroup: AtomicU64,
    stop: Mutex<Option<(u64, Box<Stop>)>>,
}

impl First {
    fn record(&self, threadgroup: u64, stop: Box<Stop>) {
        let mut first = self.stop.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if first.as_ref().is_none_or(|(earlier, _)| threadgroup < *earlier) {
            *first = Some((threadgroup, stop));
            self.threadgroup.store(threadgroup, Ordering::Relaxed);
        }
    }
}

/// Runs all threadgroups.
fn run_threadgroups<O: Observer>(
    context: Context<'_>,
    workers: u64,
    observer: impl Fn() -> O + Sync,
) -> Result<(Statistics, Vec<O>), Box<Stop>> {
    let count = context.launch.threadgroup_count();
    // Few enough hand-outs to cost nothing, many enough for the workers to end together.
    let batch = (count / (workers * 16)).clamp(1, 64);
    let next = AtomicU64::new(0);
    let first = First { threadgroup: AtomicU64::new(u64::MAX), stop: Mutex::new(None) };
    let total = Mutex::new((Statistics::default(), Vec::new()));
    let work = || {
        let mut machine = Machine::new(context, observer());
        loop {
            let start = next.fetch_add(batch, Ordering::Relaxed);
            if start >= count {
                break;
            }
            for number in start..count.min(start + batch) {
                if number > first.threadgroup.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(stop) = machine.run(number) {
                    first.record(number, stop);
                }
            }
        }
        context.standstill.leave();
        let (statistics, observer) = machine.into_parts();
        let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        total.0.add(statistics);
        total.1.push(observer);
    };
    if workers == 1 {
        work();
    } else {
        rayon::scope(|scope| (0..workers).for_each(|_| scope.spawn(|_| work())));
    }
    match first.stop.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some((_, stop)) => Err(stop),
        None => Ok(total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
    }
}
