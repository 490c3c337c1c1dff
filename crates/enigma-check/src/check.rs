//! A check: the runs that it takes, and the report on them.

use std::collections::BTreeMap;

use enigma_cpu::{Argument, Launch, Limits, Program, Statistics};
use enigma_ir::{Diagnostic, Diagnostics, Hazard, Kernel, OpId, Rule, Severity, Verified};

use crate::across::Across;
use crate::buffers::{Buffers, Regions};
use crate::course::{Course, timeline};
use crate::found::{Found, Spot, Tally};
use crate::order::Order;
use crate::record::MAX_SITES;
use crate::report::{Figures, Finding, Instance, Report, Runs};
use crate::watch::{Subject, Waited, Watch};

/// The most runs that `Order::All` makes to try every order, and the runs that it makes when there are more orders than that.
const MAX_RUNS: usize = 10_000;
const SAMPLES: u64 = 32;
/// The most orders that a report names as differing.
const MAX_DIFFERING: usize = 16;

/// How a kernel is checked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// When copies in flight move their elements.
    pub order: Order,
    /// Bounds on each run.
    pub limits: Limits,
}

/// Runs a kernel under observation. The arguments stay as they are: the kernel works on copies, which the report holds.
///
/// # Errors
///
/// `invalid-binding` and `resource-limit`, all that apply, before anything runs. What the kernel does wrong is in the report.
pub fn check(
    kernel: &Verified<Kernel>,
    program: &Program,
    launch: &Launch,
    arguments: &[Argument<'_>],
    options: &Options,
) -> Result<Report, Diagnostics> {
    if kernel.op_count() > MAX_SITES {
        return Err(too_large(kernel));
    }
    let original = Buffers::copy(arguments);
    let regions = original.regions(kernel)?;
    let mut check = Check {
        kernel,
        program,
        launch,
        limits: &options.limits,
        original,
        regions,
        first: None,
        found: BTreeMap::new(),
        runs: Runs::of(options.order.clone()),
    };
    check.explore(&options.order)?;
    Ok(check.report())
}

fn too_large(kernel: &Kernel) -> Diagnostics {
    let message =
        format!("`{}` has {} operations, and at most {MAX_SITES} can be checked", kernel.name(), kernel.op_count());
    let found = Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), "this kernel")
        .with_help("let loops of the kernel language stand for unrolled ones: enigma.range instead of range_constexpr");
    Diagnostics::new(vec![found], kernel.files().clone())
}

/// One run, all workers together.
struct Run {
    buffers: Buffers,
    found: Found,
    statistics: Statistics,
    course: Course,
    /// Operations of simdgroups, and those done with a copy in flight.
    work: [u64; 2],
    /// The most choices that a threadgroup had between orders that can be told apart.
    choices: usize,
}

/// A finding so far: what it says, how often, where first, and the order that showed it.
type Known = (Diagnostic, Tally, Order);

struct Check<'c> {
    kernel: &'c Verified<Kernel>,
    program: &'c Program,
    launch: &'c Launch,
    limits: &'c Limits,
    original: Buffers,
    regions: Regions,
    /// The first run.
    first: Option<Run>,
    found: BTreeMap<Key, Known>,
    runs: Runs,
}

/// What findings are merged by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Hazard(Hazard),
    Stop(Rule, String),
}

impl Check<'_> {
    /// Makes the runs that an order asks for.
    fn explore(&mut self, order: &Order) -> Result<(), Diagnostics> {
        if *order != Order::All {
            self.run(order.clone())?;
            return Ok(());
        }
        let choices = self.run(Order::Choices(Vec::new()))?;
        self.run(Order::Eager)?;
        self.run(Order::Reverse)?;
        if choices > MAX_RUNS.ilog2() as usize {
            self.runs.exhaustive = false;
            return (0..SAMPLES).try_for_each(|seed| self.run(Order::Random(seed)).map(|_| ()));
        }
        self.try_every_way(choices)
    }

    /// Goes through the tree of choices, the last one first. Each choice is between keeping a copy in flight and letting it land.
    fn try_every_way(&mut self, choices: usize) -> Result<(), Diagnostics> {
        let mut ways = vec![0; choices];
        while let Some(last) = ways.iter().rposition(|&way| way == 0) {
            if self.runs.count >= MAX_RUNS as u64 {
                self.runs.exhaustive = false;
                break;
            }
            ways.truncate(last);
            ways.push(1);
            let choices = self.run(Order::Choices(ways.clone()))?;
            ways.resize(choices.max(ways.len()), 0);
        }
        Ok(())
    }

    /// Makes a run; returns how many choices there were.
    fn run(&mut self, order: Order) -> Result<usize, Diagnostics> {
        let run = self.observe(&order)?;
        self.runs.count += 1;
        for (hazard, tally) in run.found.hazards() {
            self.add(Key::Hazard(*hazard), tally, &order, || hazard.describe(self.kernel));
        }
        for (diagnostic, tally) in run.found.stops() {
            let place = diagnostic.labels.first().map_or(String::new(), |label| format!("{:?}", label.span));
            self.add(Key::Stop(diagnostic.rule, place), tally, &order, || diagnostic.clone());
        }
        let choices = run.choices;
        match &self.first {
            None => self.first = Some(run),
            Some(first) => {
                if !first.buffers.hold_the_same(&run.buffers) && self.runs.differing.len() < MAX_DIFFERING {
                    self.runs.differing.push(order);
                }
            }
        }
        Ok(choices)
    }

    fn add(&mut self, key: Key, tally: &Tally, order: &Order, describe: impl FnOnce() -> Diagnostic) {
        match self.found.get_mut(&key) {
            Some((_, known, _)) => known.count = known.count.max(tally.count),
            None => {
                self.found.insert(key, (describe(), tally.clone(), order.clone()));
            }
        }
    }

    fn observe(&self, order: &Order) -> Result<Run, Diagnostics> {
        let mut buffers = self.original.clone();
        let mut across: Vec<Across> = self.regions.lengths().map(|_| Across::new()).collect();
        let subject = Subject { kernel: self.kernel, launch: *self.launch, regions: &self.regions, across: &across };
        let arguments = buffers.lend();
        let (statistics, watches) =
            self.program.run_observed(self.launch, &arguments, self.limits, || Watch::new(subject, order))?;
        drop(arguments);
        let operations = self.kernel.op_count();
        let (mut found, mut course, mut work, mut choices) = (Found::default(), Course::default(), [0; 2], 0);
        let (mut met, mut needed) = (vec![false; operations], vec![false; operations]);
        let mut waits = vec![Waited::default(); operations];
        let mut sites = Vec::new();
        for watch in watches {
            let (judge, waited) = watch.into_parts();
            found.merge(judge.found);
            choices = choices.max(judge.schedule.most_choices());
            if judge.clock.is_exhausted() {
                exhausted(self.kernel, &mut found, judge.threadgroup);
            }
            let (worker_met, worker_needed) = judge.clock.into_barriers();
            for (all, one) in met.iter_mut().zip(worker_met).chain(needed.iter_mut().zip(worker_needed)) {
                *all |= one;
            }
            for (all, one) in waits.iter_mut().zip(waited) {
                all.reached |= one.reached;
                all.for_something |= one.for_something;
            }
            let (its_course, worked, overlapped) = judge.recorder.into_parts();
            course = course.better(its_course);
            work = [work[0] + worked, work[1] + overlapped];
            sites = judge.sites;
        }
        for (region, across) in across.drain(..).enumerate() {
            across.judge(&sites, &mut found, |site, element| self.memory_at(region, site, element));
        }
        self.advise(&mut found, &sites, &met, &needed, &waits);
        Ok(Run { buffers, found, statistics, course, work, choices })
    }

    /// The memory that an operation uses at an element of a region, and which of its elements that is.
    fn memory_at(&self, region: usize, site: OpId, element: usize) -> Option<(enigma_ir::MemoryId, i64)> {
        self.kernel.op(site).memories.iter().find_map(|&memory| {
            let (place, offset) = self.regions.place(memory)?;
            (place == region).then(|| (memory, element as i64 - offset as i64))
        })
    }

    /// What could be left out, of a launch without errors.
    fn advise(&self, found: &mut Found, sites: &[OpId], met: &[bool], needed: &[bool], waits: &[Waited]) {
        let is_error = |hazard: &Hazard| hazard.rule().severity() == Severity::Error;
        if found.hazards().any(|(hazard, _)| is_error(hazard)) || found.stops().next().is_some() {
            return;
        }
        let spot = || Spot::nowhere();
        for (n, &at) in sites.iter().enumerate() {
            if met[n] && !needed[n] {
                found.hazard(Hazard::RedundantBarrier { at }, 1, spot);
            }
            if waits[n].reached && !waits[n].for_something {
                found.hazard(Hazard::RedundantWait { at }, 1, spot);
            }
        }
    }

    fn report(self) -> Report {
        let Check { kernel, launch, found, runs, first, original, .. } = self;
        let order = runs.order.clone();
        let remarks = kernel.remarks().iter().map(|remark| Finding {
            diagnostic: remark.clone(),
            count: 1,
            first: None,
            order: order.clone(),
        });
        let happened =
            found.into_values().map(|(diagnostic, tally, order)| finding(kernel, launch, diagnostic, tally, order));
        let mut findings: Vec<Finding> = happened.collect();
        let errors = findings.iter().any(|finding| finding.diagnostic.severity() == Severity::Error);
        if !errors {
            findings.extend(remarks);
        }
        findings.sort_by_key(Finding::rank);
        let (buffers, course, statistics, work) = match first {
            Some(run) => (run.buffers, run.course, run.statistics, run.work),
            None => (original, Course::default(), Statistics::default(), [0; 2]),
        };
        let Statistics { threadgroups, copies, bytes_copied, max_in_flight } = statistics;
        let overlap = if work[0] == 0 { 0.0 } else { work[1] as f64 / work[0] as f64 };
        Report {
            kernel: kernel.name().to_owned(),
            launch: *launch,
            files: kernel.files().clone(),
            findings,
            figures: Figures { threadgroups, copies, bytes_copied, max_in_flight, overlap },
            runs,
            timeline: timeline(&course, kernel, launch),
            buffers: buffers.into_bytes(),
        }
    }
}

/// The finding of a clock that has run out.
fn exhausted(kernel: &Kernel, found: &mut Found, threadgroup: u64) {
    let message = "a threadgroup issued, waited and synchronised more often than the checker can count";
    let diagnostic = Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), "what came after was not judged")
        .with_help(
            "check a smaller launch: some four thousand million such operations in one threadgroup can be told apart",
        );
    found.note(diagnostic, Spot { threadgroup, ..Spot::nowhere() });
}

/// A finding with what is to be known of its first instance.
fn finding(kernel: &Kernel, launch: &Launch, diagnostic: Diagnostic, tally: Tally, order: Order) -> Finding {
    let Some(agent) = tally.first.agent else {
        return Finding { diagnostic, count: tally.count, first: None, order };
    };
    let first = Instance {
        threadgroup: launch.position(tally.first.threadgroup),
        simdgroup: agent.simdgroup() as u32,
        lane: agent.lane(),
        buffer: tally.first.element.map(|(memory, _)| kernel.memory(memory).name.clone()),
        element: tally.first.element.map(|(_, element)| element),
        loops: tally
            .first
            .loops
            .iter()
            .map(|&(site, iteration)| (kernel.files().place(kernel.op(site).span), iteration))
            .collect(),
    };
    let diagnostic = diagnostic.with_note(first.describe(tally.count));
    Finding { diagnostic, count: tally.count, first: Some(first), order }
}
