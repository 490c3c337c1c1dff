//! Judges the kernels of seeds, many at a time, and makes small what fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::ops::{AddAssign, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use enigma_air::Copies;
use enigma_check::Order;
use enigma_ir::passes::optimise;
use enigma_ir::target::{LinearCopy, System, Target};
use enigma_ir::{Diagnostics, Kernel, Rule, Style, Verified, print, verify};
use enigma_msl::{AsyncLowering, Options, emit};
use enigma_tests::random::{Change, sample, sample_within};
use enigma_tests::{Host, air_text};

use crate::oracle::{self, Verdict};
use crate::run::Case;
use crate::tiles;
use crate::trace::Step;
use crate::verdicts::{describe, differences};

/// Kernels that are compiled together, as Metal source or as AIR.
pub const BATCH: u64 = 50;

/// What was judged.
#[derive(Clone, Default, Debug)]
pub struct Judged {
    /// Right kernels.
    pub right: u64,
    /// Runs of them, and of spoiled ones, under the checker.
    pub checks: u64,
    /// Kernels with one change.
    pub spoiled: u64,
    /// Those that the verifier refused.
    pub refused: u64,
    /// Those that have an error.
    pub erroneous: u64,
    /// Those whose results differ in some order, or from the right kernel's.
    pub differing: u64,
    /// How many have an error of each rule.
    pub rules: BTreeMap<Rule, u64>,
}

impl AddAssign for Judged {
    fn add_assign(&mut self, other: Judged) {
        self.right += other.right;
        self.checks += other.checks;
        self.spoiled += other.spoiled;
        self.refused += other.refused;
        self.erroneous += other.erroneous;
        self.differing += other.differing;
        for (rule, count) in other.rules {
            *self.rules.entry(rule).or_default() += count;
        }
    }
}

impl Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judged { right, checks, spoiled, refused, erroneous, differing, rules } = self;
        write!(
            f,
            "{right} right kernels, {spoiled} spoiled ones ({refused} refused, {erroneous} with errors, {differing} with other results), {checks} checks"
        )?;
        rules.iter().try_for_each(|(rule, count)| write!(f, "\n{count:6} {rule}"))
    }
}

/// What is wrong with a judgement, with all that is needed to look into it.
pub type Failure = String;

/// Judges the kernels of a test, `per` seeds at a time, on all processors. Panics with the first failure.
///
/// `ENIGMA_RANDOM_KERNELS` says how many kernels, and `ENIGMA_RANDOM_FIRST` with which seed they begin.
pub fn all(kernels: u64, per: u64, judge: fn(Range<u64>) -> Result<Judged, Failure>) -> Judged {
    let variable = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number of kernels"));
    let first = variable("ENIGMA_RANDOM_FIRST").unwrap_or(0);
    let end = first + variable("ENIGMA_RANDOM_KERNELS").unwrap_or(kernels);
    let next = AtomicU64::new(first);
    let total = Mutex::new(Judged::default());
    let failures = Mutex::new(Vec::new());
    let work = || {
        loop {
            let seed = next.fetch_add(per, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match guarded(&|| judge(seed..end.min(seed + per))) {
                Ok(judged) => *total.lock().unwrap() += judged,
                Err(failure) => failures.lock().unwrap().push((seed, failure)),
            }
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..processors).for_each(|_| drop(scope.spawn(work))));
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    if let Some((_, failure)) = failures.first() {
        let brief = |failure: &Failure| failure.lines().take(3).collect::<Vec<_>>().join("\n    ");
        let brief: Vec<String> = failures.iter().map(|(_, failure)| brief(failure)).collect();
        panic!("{} failures:\n{}\n\nThe first:\n{failure}", brief.len(), brief.join("\n"));
    }
    total.into_inner().unwrap()
}

/// A panic is a failure like any other.
fn guarded<T>(judge: &dyn Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|payload| match payload.downcast::<String>() {
        Ok(text) => Err(*text),
        Err(_) => Err("a panic".to_owned()),
    })
}

/// Judges a kernel; one that fails is told of in as few statements as still fail.
fn smallest(
    seed: u64,
    change: Change,
    judge: fn(u64, Change, u32) -> Result<Judged, Failure>,
) -> Result<Judged, Failure> {
    let within = |statements| guarded(&|| judge(seed, change, statements));
    let whole = match within(u32::MAX) {
        Ok(judged) => return Ok(judged),
        Err(failure) => failure,
    };
    let fails = |statements| within(statements).err().map(|failure| (statements, failure));
    let (statements, failure) = (1..40).find_map(fails).unwrap_or((u32::MAX, whole));
    let kernel = sample_within(seed, change, statements).kernel;
    let text = kernel.files().file(kernel.op(kernel.walk()[0]).span).read().unwrap_or_default();
    let text: Vec<String> = text.lines().enumerate().map(|(n, line)| format!("{:4} {line}", n + 1)).collect();
    let (text, printed) = (text.join("\n"), enigma_ir::print(&kernel));
    Err(format!("seed {seed}, {change:?}, {statements} statements: {failure}\n{text}\n{printed}"))
}

/// Right kernels: no error in any order, equal results, and the oracle knows of nothing either.
pub fn right(seeds: Range<u64>) -> Result<Judged, Failure> {
    each(seeds, |seed| smallest(seed, Change::None, right_within))
}

/// The sum of what is judged of each seed.
fn each(seeds: Range<u64>, judge: impl Fn(u64) -> Result<Judged, Failure>) -> Result<Judged, Failure> {
    let mut total = Judged::default();
    for seed in seeds {
        total += judge(seed)?;
    }
    Ok(total)
}

fn right_within(seed: u64, change: Change, statements: u32) -> Result<Judged, Failure> {
    let case = Case::of(sample_within(seed, change, statements)).map_err(|errors| errors.to_string())?;
    let results = case.run().map_err(|errors| errors.to_string())?;
    let verdict = oracle::judge(&case.kernel, &case.trace());
    if !verdict.is_empty() {
        return Err(format!("the generator is wrong:\n{}", lines(&case, &verdict)));
    }
    let orders = [Order::Eager, Order::Late, Order::Reverse, Order::Random(seed), Order::All];
    for order in &orders {
        let report = case.check(order.clone());
        if !report.ok() {
            return Err(format!("a false alarm under {order}:\n{}", report.render(Style::Plain)));
        }
        if case.results_of(&report) != results || !report.runs().differing.is_empty() {
            return Err(format!("other results under {order}, in {:?}", report.runs()));
        }
    }
    Ok(Judged { right: 1, checks: orders.len() as u64, ..Judged::default() })
}

fn lines(case: &Case, verdict: &Verdict) -> String {
    verdict.keys().map(|wrong| describe(&case.kernel, wrong)).collect::<Vec<_>>().join("\n")
}

/// The passes leave right kernels right, with the same results; a second time they find nothing to do.
pub fn optimised(seeds: Range<u64>) -> Result<Judged, Failure> {
    each(seeds, |seed| smallest(seed, Change::None, optimised_within))
}

fn optimised_within(seed: u64, change: Change, statements: u32) -> Result<Judged, Failure> {
    let case = Case::of(sample_within(seed, change, statements)).map_err(|errors| errors.to_string())?;
    let expected = case.run().map_err(|errors| errors.to_string())?;
    for width in [2, 3, 4, 1] {
        let (kernel, results) = case.run_optimised(width);
        if expected != results.map_err(|errors| errors.to_string())? {
            return Err(format!("other results after the passes, {width} wide:\n{}", print(&kernel)));
        }
        if let Err(errors) = verify(Kernel::clone(&kernel)) {
            return Err(format!("refused after the passes, {width} wide:\n{errors}\n{}", print(&kernel)));
        }
    }
    let kernel = optimise(&case.kernel);
    let text = print(&kernel);
    let again = print(&optimise(&kernel));
    match again == text {
        true => Ok(Judged { right: 1, ..Judged::default() }),
        false => Err(format!("the passes have more to do:\n{text}\nis then\n{again}")),
    }
}

/// Where the analysis has nothing left to do for a tile, a run reads it, and a barrier follows. Counted as right are the
/// kernels for which nothing at all is left.
pub fn read_back(seeds: Range<u64>) -> Result<Judged, Failure> {
    each(seeds, |seed| smallest(seed, Change::None, read_back_within))
}

fn read_back_within(seed: u64, change: Change, statements: u32) -> Result<Judged, Failure> {
    let case = Case::of(sample_within(seed, change, statements)).map_err(|errors| errors.to_string())?;
    let case = Case::new(optimise(&case.kernel), (case.launch.grid, case.launch.threads), case.arguments);
    let left = enigma_ir::analysis::read_back(&case.kernel);
    match tiles::unread(&case.kernel, &case.trace(), &left) {
        Some(wrong) => Err(wrong),
        None => Ok(Judged { right: u64::from(!left.barrier), checks: 1, ..Judged::default() }),
    }
}

/// The emitted Metal text of right kernels gives the executor's results, of every other one after the passes.
pub fn right_as_metal(seeds: Range<u64>) -> Result<Judged, Failure> {
    let batch = (seeds.start / BATCH) as usize;
    let target = Target { linear_copy: LinearCopy::ALL[batch / 3 % 2], ..Target::default() };
    let options = Options { async_lowering: AsyncLowering::ALL[batch % 3], target };
    right_as_text(seeds, |kernel| emit(kernel, &options), Host::of_metal)
}

/// The AIR of right kernels, as [`right_as_metal`].
pub fn right_as_air(seeds: Range<u64>) -> Result<Judged, Failure> {
    let batch = (seeds.start / BATCH) as usize;
    let (system, linear_copy) = (System::ALL[batch % 4], LinearCopy::ALL[batch / 2 % 2]);
    let options = enigma_air::Options {
        copies: [Copies::Hardware, Copies::Cooperative][batch % 2],
        target: Target { system, linear_copy, ..Target::default() },
    };
    right_as_text(seeds, |kernel| air_text(kernel, &options), Host::of_air)
}

fn right_as_text(
    seeds: Range<u64>,
    text: impl Fn(&Verified<Kernel>) -> Result<String, Diagnostics>,
    compile: fn(&[String]) -> Result<Host, String>,
) -> Result<Judged, Failure> {
    let case = |seed| Case::of(sample(seed, Change::None));
    let cases: Vec<Case> = seeds.map(case).collect::<Result<_, _>>().map_err(|errors| errors.to_string())?;
    let text = |(i, case): (usize, &Case)| match i % 2 {
        0 => text(&case.kernel),
        _ => text(&optimise(&case.kernel)),
    };
    let texts: Result<Vec<String>, Diagnostics> = cases.iter().enumerate().map(text).collect();
    let texts = texts.map_err(|refused| refused.to_string())?;
    let host = compile(&texts)?;
    for (i, (case, text)) in cases.iter().zip(&texts).enumerate() {
        let mut results = case.bytes();
        let ran = host.run(i, &mut results, case.launch.grid, case.launch.threads);
        ran.map_err(|error| format!("{}: {error}\n{text}", case.kernel.name()))?;
        let expected = case.run().map_err(|errors| errors.to_string())?;
        let wrong = expected.iter().zip(&results).position(|(a, b)| !a.is_empty() && a != b);
        if let Some(wrong) = wrong {
            let param = &case.kernel.params()[wrong].name;
            return Err(format!("{}: other contents of {param}\n{text}", case.kernel.name()));
        }
    }
    Ok(Judged { right: cases.len() as u64, ..Judged::default() })
}

/// The kernels of these seeds, each spoiled in several ways, one at a time.
pub fn spoiled(seeds: Range<u64>) -> Result<Judged, Failure> {
    each(seeds, |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let right = sample(seed, Change::None);
        let mut changes = Vec::new();
        if !right.syncs.is_empty() {
            let mut sync = || random.usize(..right.syncs.len());
            changes.extend([Change::Skip(sync()), Change::Skip(sync()), Change::Omit(sync()), Change::Double(sync())]);
        }
        if right.copies > 0 {
            changes.push(Change::Distort(random.usize(..right.copies)));
        }
        if right.atomics > 0 {
            changes.push(Change::Plain(random.usize(..right.atomics)));
        }
        let mut total = Judged::default();
        for change in changes {
            total += smallest(seed, change, spoiled_within)?;
        }
        Ok(total)
    })
}

fn spoiled_within(seed: u64, change: Change, statements: u32) -> Result<Judged, Failure> {
    let mut judged = Judged { spoiled: 1, ..Judged::default() };
    let case = match Case::of(sample_within(seed, change, statements)) {
        Ok(case) => case,
        Err(errors) => {
            judged.refused = 1;
            return refused_rightly(seed, change, statements, &errors).map(|()| judged);
        }
    };
    let verdict = oracle::judge(&case.kernel, &case.trace());
    verdict.keys().map(|wrong| wrong.rule).collect::<BTreeSet<_>>().into_iter().for_each(|rule| {
        judged.rules.insert(rule, 1);
    });
    judged.erroneous = u64::from(!verdict.is_empty());
    let orders = [Order::Late, Order::Eager, Order::Reverse, Order::Random(seed)];
    let mut outcomes = BTreeSet::new();
    for order in &orders {
        let report = case.check(order.clone());
        let differences = differences(&case.kernel, &report, &verdict);
        if !differences.is_empty() {
            let (differences, report) = (differences.join("\n"), report.render(Style::Plain));
            return Err(format!(
                "under {order}:\n{differences}\nthe oracle:\n{}\nthe checker:\n{report}",
                lines(&case, &verdict)
            ));
        }
        outcomes.insert(case.results_of(&report));
        judged.checks += 1;
    }
    if matches!(change, Change::Skip(_) | Change::Omit(_)) {
        let right = Case::of(sample_within(seed, Change::None, statements)).and_then(|case| case.run());
        let mut right = right.map_err(|errors| errors.to_string())?;
        // Bound to nothing.
        right[0].clear();
        outcomes.insert(right);
    }
    judged.differing = u64::from(outcomes.len() > 1);
    if outcomes.len() > 1 && verdict.is_empty() {
        return Err("other results, and nothing is wrong".to_owned());
    }
    Ok(judged)
}

/// What is refused with a sync left out has an error when it is passed over at run time, if the place that is refused is reached.
fn refused_rightly(seed: u64, change: Change, statements: u32, errors: &Diagnostics) -> Result<(), Failure> {
    let Change::Omit(sync) = change else { return Ok(()) };
    let case = Case::of(sample_within(seed, Change::Skip(sync), statements)).map_err(|errors| errors.to_string())?;
    let trace = case.trace();
    let reached: BTreeSet<u32> =
        trace.values().flatten().filter_map(Step::at).map(|at| case.kernel.op(at).span.line).collect();
    let is_reached = errors.items().iter().any(|error| reached.contains(&error.labels[0].span.line));
    match is_reached && oracle::judge(&case.kernel, &trace).is_empty() {
        true => Err(format!("refused, and nothing is wrong:\n{errors}")),
        false => Ok(()),
    }
}
