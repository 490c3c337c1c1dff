//! A check: the runs that it takes, and the report on them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use enigma_cpu::{Argument, Launch, Limits, Printout, Program, Statistics};
use enigma_ir::{Diagnostic, Diagnostics, Dialect, Hazard, Kernel, MemoryId, OpId, Rule, Severity, Span, Verified};

use crate::across::Across;
use crate::buffers::{Buffers, Regions};
use crate::course::{Course, timeline};
use crate::flight::MAX_FLIGHTS;
use crate::found::{Found, Spot, Tally};
use crate::order::Order;
use crate::record::MAX_SITES;
use crate::report::{Figures, Finding, Instance, Report, Runs};
use crate::watch::{Moves, Subject, Watch};

/// The most runs that `Order::All` makes to try every order.
const MAX_RUNS: usize = 10_000;
/// The runs in random orders that it makes when there are more orders than that.
const SAMPLES: u64 = 32;
/// The most orders that a report names as differing.
const MAX_DIFFERING: usize = 16;

/// The rules about what nothing orders.
const UNORDERED: [Rule; 6] = [
    Rule::ReadBeforeWait,
    Rule::WriteBeforeWait,
    Rule::SourceOverwritten,
    Rule::OverlappingCopies,
    Rule::MissingBarrier,
    Rule::DataRace,
];

/// How a kernel is checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// When copies in flight move their elements.
    pub order: Order,
    /// Bounds on each run.
    pub limits: Limits,
}

impl Default for Options {
    /// `Order::Late`, and a quarter of the iterations that a plain launch may take: each costs more.
    fn default() -> Self {
        Options { order: Order::Late, limits: Limits { steps: Limits::default().steps / 4 } }
    }
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
    let original = Buffers::copy(kernel, arguments);
    let (printout, regions) = (Printout::default(), original.regions(kernel)?);
    let limits = &options.limits;
    let subject = Checked { kernel, program, launch, limits, printout: &printout, regions: &regions };
    let mut ledger = Ledger::new(kernel, options.order.clone());
    let first = match &options.order {
        Order::All => explore(&subject, &original, &mut ledger)?,
        order => {
            let run = subject.run(original, order)?;
            ledger.enter(&run, order);
            run
        }
    };
    Ok(ledger.report(launch, first, regions.any_shared(), printout.lines()))
}

/// Makes the runs that try every order, and returns the first.
fn explore<'a>(subject: &Checked<'_>, original: &Buffers<'a>, ledger: &mut Ledger<'_>) -> Result<Run<'a>, Diagnostics> {
    let order = Order::Choices(Vec::new());
    let first = subject.run(original.clone(), &order)?;
    let silent = Printout::of_at_most(0);
    let subject = &Checked { printout: &silent, ..*subject };
    // With no choice made, copies land as late as they may.
    ledger.enter(&first, &Order::Late);
    let mut results = HashSet::from([first.buffers.fingerprint()]);
    let mut next = |order: Order| -> Result<usize, Diagnostics> {
        let run = subject.run(original.clone(), &order)?;
        ledger.enter(&run, &order);
        if results.insert(run.buffers.fingerprint()) && ledger.runs.differing.len() < MAX_DIFFERING {
            ledger.runs.differing.push(order);
        }
        Ok(run.choices)
    };
    next(Order::Eager)?;
    next(Order::Reverse)?;
    let exhaustive = match first.choices <= MAX_RUNS.ilog2() as usize {
        true => try_every_way(first.choices, &mut next)?,
        false => {
            (0..SAMPLES).try_for_each(|seed| next(Order::Random(seed)).map(|_| ()))?;
            false
        }
    };
    ledger.runs.exhaustive = exhaustive;
    Ok(first)
}

/// Goes through the tree of choices, the last one first, as far as [`MAX_RUNS`] allow. Each choice is between keeping a copy in flight
/// and letting it land. `next` makes a run and returns how many choices there were. Returns whether all were gone through.
fn try_every_way(
    choices: usize,
    next: &mut impl FnMut(Order) -> Result<usize, Diagnostics>,
) -> Result<bool, Diagnostics> {
    let mut ways = vec![0; choices];
    for _ in 0..MAX_RUNS {
        let Some(last) = ways.iter().rposition(|&way| way == 0) else { return Ok(true) };
        ways.truncate(last);
        ways.push(1);
        let choices = next(Order::Choices(ways.clone()))?;
        ways.resize(choices.max(ways.len()), 0);
    }
    Ok(!ways.contains(&0))
}

fn too_large(kernel: &Kernel) -> Diagnostics {
    let message =
        format!("`{}` has {} operations, and at most {MAX_SITES} can be checked", kernel.name(), kernel.op_count());
    let found =
        Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), "this kernel").with_help(Dialect::of(kernel).say(
            "let loops of the kernel language stand for unrolled ones: `enigma.range` instead of `range_constexpr`",
            "let loops of the kernel language stand for unrolled ones: `range(...).each(...)` instead of Rust's `for`",
        ));
    Diagnostics::new(vec![found], kernel.files().clone())
}

/// One run, all workers together.
struct Run<'a> {
    buffers: Buffers<'a>,
    found: Found,
    statistics: Statistics,
    course: Course,
    /// Operations of simdgroups, and those done with a copy in flight.
    work: [u64; 2],
    /// The most choices that a threadgroup had between orders that can be told apart.
    choices: usize,
}

/// What is run.
struct Checked<'c> {
    kernel: &'c Kernel,
    program: &'c Program,
    launch: &'c Launch,
    limits: &'c Limits,
    /// Where lines go that the kernel prints.
    printout: &'c Printout,
    regions: &'c Regions,
}

impl Checked<'_> {
    fn run<'a>(&self, mut buffers: Buffers<'a>, order: &Order) -> Result<Run<'a>, Diagnostics> {
        let across: Vec<Across> = self.regions.lengths().map(Across::new).collect();
        let subject = Subject { kernel: self.kernel, launch: *self.launch, regions: self.regions, across: &across };
        let arguments = buffers.lend();
        let (statistics, watches) =
            self.program
                .run_observed(self.launch, &arguments, self.limits, self.printout, || Watch::new(subject, order))?;
        drop(arguments);
        let (mut found, mut course, mut work, mut choices) = (Found::default(), Course::default(), [0; 2], 0);
        let mut sites = SiteUse::none(self.kernel);
        for watch in watches {
            let (judge, moves) = watch.into_parts();
            if judge.clock.is_exhausted() {
                exhausted(self.kernel, &mut found, judge.threadgroup);
            }
            found.merge(judge.found);
            choices = choices.max(judge.schedule.most_choices());
            sites.add(judge.clock.into_barriers(), moves);
            let (its_course, worked, overlapped) = judge.recorder.into_parts();
            course = course.better(its_course);
            work = [work[0] + worked, work[1] + overlapped];
        }
        let ids = sites_of(self.kernel);
        for (region, across) in across.into_iter().enumerate() {
            across.judge(&ids, &mut found, |site, element| self.memory_at(region, site, element));
        }
        sites.advise(&ids, &mut found);
        Ok(Run { buffers, found, statistics, course, work, choices })
    }

    /// The memory that an operation uses at an element of a region, and which of its elements that is.
    fn memory_at(&self, region: usize, site: OpId, element: usize) -> Option<(MemoryId, i64)> {
        self.kernel.op(site).memories.iter().find_map(|&memory| {
            let (place, offset) = self.regions.place(memory)?;
            (place == region).then(|| (memory, element as i64 - offset as i64))
        })
    }
}

/// The operations of a kernel, by number.
pub fn sites_of(kernel: &Kernel) -> Vec<OpId> {
    let mut sites = kernel.walk();
    sites.sort_unstable();
    sites
}

/// What the barriers and waits of a run were good for, by the number of the operation.
struct SiteUse {
    met: Vec<bool>,
    needed: Vec<bool>,
    moves: Moves,
}

impl SiteUse {
    fn none(kernel: &Kernel) -> Self {
        let (nothing, operations) = (vec![false; kernel.op_count()], kernel.op_count());
        SiteUse { met: nothing.clone(), needed: nothing, moves: Moves::none(operations) }
    }

    fn add(&mut self, (met, needed): (Vec<bool>, Vec<bool>), moves: Moves) {
        for (all, one) in self.met.iter_mut().zip(met).chain(self.needed.iter_mut().zip(needed)) {
            *all |= one;
        }
        self.moves.add(moves);
    }

    /// What could be left out, of a launch without errors.
    fn advise(&self, sites: &[OpId], found: &mut Found) {
        let is_error = |hazard: &Hazard| hazard.rule().severity() == Severity::Error;
        if found.hazards().any(|(hazard, _)| is_error(hazard)) || found.stops().next().is_some() {
            return;
        }
        // A barrier may be what the mend of a copy that several issue needs.
        let redundant = found.hazards().any(|(hazard, _)| matches!(hazard, Hazard::RedundantCopy { .. }));
        for (n, &at) in sites.iter().enumerate().filter(|_| !redundant) {
            if self.met[n] && !self.needed[n] {
                found.hazard(Hazard::RedundantBarrier { at }, 1, Spot::nowhere);
            }
        }
        for wait in self.moves.idle_waits() {
            found.hazard(Hazard::RedundantWait { at: sites[wait] }, 1, Spot::nowhere);
        }
    }
}

/// A finding so far: what it says, how often, where first, and the order that showed it.
type Known = (Diagnostic, Tally, Order);

/// What findings are merged by. A race between lanes of a simdgroup and one between simdgroups, at the same operations, are one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Hazard(Hazard),
    Stop(Rule, Option<Span>),
}

/// The findings of all runs.
struct Ledger<'c> {
    kernel: &'c Verified<Kernel>,
    found: BTreeMap<Key, Known>,
    runs: Runs,
}

impl<'c> Ledger<'c> {
    fn new(kernel: &'c Verified<Kernel>, order: Order) -> Self {
        Ledger { kernel, found: BTreeMap::new(), runs: Runs::of(order) }
    }

    /// Enters what a run found.
    fn enter(&mut self, run: &Run<'_>, order: &Order) {
        self.runs.count += 1;
        for (hazard, tally) in merged(&run.found) {
            self.add(Key::Hazard(hazard), &tally, order, |kernel| hazard.describe(kernel));
        }
        for (diagnostic, tally) in run.found.stops() {
            let place = diagnostic.labels.first().map(|label| label.span);
            self.add(Key::Stop(diagnostic.rule, place), tally, order, |_| diagnostic.clone());
        }
    }

    fn add(&mut self, key: Key, tally: &Tally, order: &Order, describe: impl FnOnce(&Kernel) -> Diagnostic) {
        match self.found.get_mut(&key) {
            Some((_, known, _)) => known.count = known.count.max(tally.count),
            None => {
                self.found.insert(key, (describe(self.kernel), tally.clone(), order.clone()));
            }
        }
    }

    /// `aliased`: whether the launch gave two parameters the same memory.
    fn report(self, launch: &Launch, first: Run<'_>, aliased: bool, printed: Vec<String>) -> Report {
        let Ledger { kernel, found, runs } = self;
        let mut findings: Vec<Finding> = at_one_place(kernel, found)
            .map(|(diagnostic, tally, order)| {
                let diagnostic = match order == Order::Late || order == runs.order {
                    true => diagnostic,
                    false => diagnostic.with_note(format!("it was seen first under the completion order {order}")),
                };
                finding(kernel, launch, diagnostic, tally, order)
            })
            .collect();
        let wrong = findings.iter().any(|finding| finding.diagnostic.severity() == Severity::Error);
        // What is not ordered against a copy may be what reads it: nobody can tell.
        let unordered = findings.iter().any(|finding| UNORDERED.contains(&finding.diagnostic.rule));
        findings.retain(|finding| !unordered || finding.diagnostic.rule != Rule::UnreadCopy);
        if !wrong {
            let order = &runs.order;
            let remark =
                |d: &Diagnostic| Finding { diagnostic: d.clone(), count: 1, first: None, order: order.clone() };
            // What the tracer says of moving a wait holds as long as parameters are different memory.
            let holds = |d: &&Diagnostic| !aliased || d.rule != Rule::LateWaitPossible;
            findings.extend(kernel.remarks().iter().filter(holds).map(remark));
        }
        findings.sort_by_key(Finding::rank);
        let Statistics { threadgroups, copies, bytes_copied, max_in_flight } = first.statistics;
        let [worked, overlapped] = first.work;
        let overlap = if worked == 0 { 0.0 } else { overlapped as f64 / worked as f64 };
        Report {
            kernel: kernel.name().to_owned(),
            launch: *launch,
            files: kernel.files().clone(),
            findings,
            figures: Figures { threadgroups, copies, bytes_copied, max_in_flight, overlap },
            runs,
            timeline: timeline(&first.course, kernel, launch),
            dtypes: kernel.params().iter().map(|param| param.dtype).collect(),
            buffers: first.buffers.into_bytes(),
            printed,
        }
    }
}

/// Merges what is found of operations that one place of the source made several times, as a function that is called twice does, and
/// that use the same memory.
fn at_one_place(kernel: &Kernel, found: BTreeMap<Key, Known>) -> impl Iterator<Item = Known> {
    let mut merged: BTreeMap<_, Known> = BTreeMap::new();
    for (key, (diagnostic, tally, order)) in found {
        let places: Vec<Span> = diagnostic.labels.iter().map(|label| label.span).collect();
        let memories = match key {
            Key::Hazard(hazard) => kernel.op(hazard.at()).memories.to_vec(),
            Key::Stop(..) => Vec::new(),
        };
        match merged.entry((diagnostic.rule, places, memories)) {
            Entry::Occupied(mut entry) => entry.get_mut().1.add(tally),
            Entry::Vacant(entry) => {
                entry.insert((diagnostic, tally, order));
            }
        }
    }
    merged.into_values()
}

/// The hazards of a run, races at the same operations put together: where threads of different simdgroups are among them, that
/// is what the finding is about.
fn merged(found: &Found) -> BTreeMap<Hazard, Tally> {
    let mut hazards: BTreeMap<Hazard, Tally> =
        found.hazards().map(|(hazard, tally)| (*hazard, tally.clone())).collect();
    let within: Vec<Hazard> =
        hazards.keys().filter(|hazard| matches!(hazard, Hazard::Race { simdgroup: true, .. })).copied().collect();
    for hazard in within {
        let Hazard::Race { at, other, memory, across, .. } = hazard else { continue };
        let between = Hazard::Race { at, other, memory, across, simdgroup: false };
        if hazards.contains_key(&between)
            && let Some(tally) = hazards.remove(&hazard)
        {
            hazards.entry(between).and_modify(|known| known.add(tally));
        }
    }
    hazards
}

/// The finding of a clock that has run out.
fn exhausted(kernel: &Kernel, found: &mut Found, threadgroup: u64) {
    let message = "a threadgroup issued, waited and synchronised more often than the checker can follow";
    let diagnostic = Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), "what came after was not judged")
        .with_help(format!(
            "check a smaller launch: {MAX_FLIGHTS} copies in one threadgroup, each lane's counted, can be followed"
        ));
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
