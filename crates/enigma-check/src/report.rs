//! What a check found.

use std::fmt;

use enigma_cpu::{Element, Launch};
use enigma_ir::{DType, Diagnostic, Diagnostics, Severity, SourceFiles, Style};
use serde_json::{Value as Json, json};

use crate::order::Order;
use crate::timeline::Timeline;

/// Everything that a check of one launch found.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) kernel: String,
    pub(crate) launch: Launch,
    pub(crate) files: SourceFiles,
    pub(crate) findings: Vec<Finding>,
    pub(crate) figures: Figures,
    pub(crate) runs: Runs,
    pub(crate) timeline: Timeline,
    /// The element type of each parameter.
    pub(crate) dtypes: Vec<DType>,
    pub(crate) buffers: Vec<Option<Vec<u8>>>,
    pub(crate) printed: Vec<String>,
}

/// A finding, merged from all its instances.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule, the places, the remedies.
    pub diagnostic: Diagnostic,
    /// How often it happened, all threadgroups together, in the run that showed it most often.
    pub count: u64,
    /// Where it happened first; `None` for what was found when the kernel was traced.
    pub first: Option<Instance>,
    /// The order of the first run that showed it.
    pub order: Order,
}

/// One happening of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// Position of the threadgroup in the grid, counted in threadgroups.
    pub threadgroup: [u32; 3],
    /// The simdgroup in its threadgroup.
    pub simdgroup: u32,
    /// The lane in its simdgroup; `None` where the whole simdgroup did it.
    pub lane: Option<u32>,
    /// The name of the memory, if it is about one.
    pub buffer: Option<String>,
    /// The element of that memory.
    pub element: Option<i64>,
    /// The place (`file:line:column`) and the iteration, from 0, of each loop around it, the outermost first.
    pub loops: Vec<(String, u64)>,
}

/// What the kernel did in the first run.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Figures {
    /// Threadgroups that ran to their end.
    pub threadgroups: u64,
    /// Asynchronous copies that moved or filled something.
    pub copies: u64,
    /// Bytes that they moved.
    pub bytes_copied: u64,
    /// The most copies in flight at a time in one threadgroup.
    pub max_in_flight: u64,
    /// The share of the operations that a simdgroup carried out while it had a copy in flight, 0 to 1.
    pub overlap: f64,
}

/// Which runs stand behind a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runs {
    /// The order that was asked for.
    pub order: Order,
    /// How many runs were made.
    pub count: u64,
    /// For `Order::All`: whether every order that can be told apart was run.
    pub exhaustive: bool,
    /// For each result that differs from the first run's, the first order that gave it; of more than sixteen results the first sixteen.
    pub differing: Vec<Order>,
}

impl Runs {
    pub(crate) fn of(order: Order) -> Self {
        Runs { order, count: 0, exhaustive: true, differing: Vec::new() }
    }

    /// Which runs were made, in words.
    fn describe(&self) -> String {
        let runs = match (&self.order, self.count, self.exhaustive) {
            (_, 0, _) => return "refused before it ran".to_owned(),
            (Order::All, count, true) => format!("{count} runs, which stand for every completion order"),
            (Order::All, count, false) => format!("{count} runs, a sample of the completion orders"),
            (order, ..) => format!("completion order {order}"),
        };
        match self.differing.first() {
            None => runs,
            Some(order) => format!("{runs}; the results depend on the order, as {order} shows"),
        }
    }
}

impl Report {
    /// The report on a kernel that was refused when it was traced: nothing ran.
    pub fn refused(kernel: &str, launch: Launch, order: Order, refusal: &Diagnostics) -> Report {
        let finding = |d: &Diagnostic| Finding { diagnostic: d.clone(), count: 1, first: None, order: order.clone() };
        Report {
            kernel: kernel.to_owned(),
            launch,
            files: refusal.files().clone(),
            findings: refusal.items().iter().map(finding).collect(),
            figures: Figures::default(),
            runs: Runs { order, count: 0, exhaustive: false, differing: Vec::new() },
            timeline: Timeline::default(),
            dtypes: Vec::new(),
            buffers: Vec::new(),
            printed: Vec::new(),
        }
    }

    /// The lines that the kernel printed, in the first run: those of the order that was asked for, or, of [`Order::All`], as if it were
    /// [`Order::Late`].
    pub fn printed(&self) -> &[String] {
        &self.printed
    }

    /// Whether there is no error. Warnings and advice do not count.
    pub fn ok(&self) -> bool {
        self.of(Severity::Error).next().is_none()
    }

    /// The findings: errors, then warnings, then advice, each in the order of their places.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.diagnostic.severity() == severity)
    }

    /// The kernel's name.
    pub fn kernel(&self) -> &str {
        &self.kernel
    }

    /// The launch that was checked.
    pub fn launch(&self) -> Launch {
        self.launch
    }

    /// The files that the findings point into.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// What the kernel did.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Which runs were made.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// The course of the first threadgroup, or of the first in which something went wrong.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The bytes of each argument's buffer after the first run, in the order of the parameters; `None` for a `Scalar`, and for
    /// what the kernel does not write.
    pub fn buffers(&self) -> &[Option<Vec<u8>>] {
        &self.buffers
    }

    /// The elements of an argument's buffer after the first run; `n` counts the parameters from 0. `None` where
    /// [`buffers`](Self::buffers) has none, and where the parameter's elements are no `T`.
    pub fn buffer<T: Element>(&self, n: usize) -> Option<Vec<T>> {
        let bytes = self.buffers.get(n)?.as_ref()?;
        (self.dtypes[n] == T::DTYPE).then(|| T::from_bytes(bytes))
    }

    /// All findings of severity error; `Ok` if there is none.
    ///
    /// # Errors
    ///
    /// The errors.
    pub fn errors(&self) -> Result<(), Diagnostics> {
        let errors: Vec<Diagnostic> = self.of(Severity::Error).map(|finding| finding.diagnostic.clone()).collect();
        if errors.is_empty() { Ok(()) } else { Err(Diagnostics::new(errors, self.files.clone())) }
    }

    /// The report as text: the findings as a compiler would print them, then a summary.
    pub fn render(&self, style: Style) -> String {
        let findings: Vec<String> = self.findings.iter().map(|f| f.diagnostic.render(&self.files, style)).collect();
        [findings, vec![self.summary()]].concat().join("\n\n")
    }

    /// One line: what was checked, and how many findings there are of each severity.
    pub fn summary(&self) -> String {
        let counted = [Severity::Error, Severity::Warning, Severity::Advice].map(|severity| {
            let count = self.of(severity).count();
            let plural = if count == 1 || severity == Severity::Advice { "" } else { "s" };
            (count, format!("{count} {}{plural}", severity.name()))
        });
        let counted: Vec<String> = counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
        let verdict = if counted.is_empty() { "nothing found".to_owned() } else { counted.join(", ") };
        let Launch { grid: [x, y, z], threads: [a, b, c] } = self.launch;
        let launch = format!("grid ({x}, {y}, {z}) in threadgroups of ({a}, {b}, {c})");
        format!("{}: {verdict}; {launch}, {}", self.kernel, self.runs.describe())
    }

    /// The report as a JSON object.
    pub fn to_json(&self) -> Json {
        let findings: Vec<Json> = self.findings.iter().map(|finding| finding.to_json(&self.files)).collect();
        let Figures { threadgroups, copies, bytes_copied, max_in_flight, overlap } = self.figures;
        json!({
            "kernel": self.kernel, "ok": self.ok(), "grid": self.launch.grid, "threads": self.launch.threads,
            "findings": findings,
            "figures": {
                "threadgroups": threadgroups, "copies": copies, "bytes_copied": bytes_copied,
                "max_in_flight": max_in_flight, "overlap": overlap,
            },
            "runs": {
                "order": self.runs.order.to_string(), "count": self.runs.count, "exhaustive": self.runs.exhaustive,
                "differing": self.runs.differing.iter().map(Order::to_string).collect::<Vec<_>>(),
            },
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl Finding {
    /// Errors come first, then warnings, then advice, each in the order of their places.
    pub(crate) fn rank(&self) -> impl Ord + use<> {
        let place = self.diagnostic.labels.first().map(|l| (l.span.file, l.span.line, l.span.column));
        (std::cmp::Reverse(self.diagnostic.severity()), place, self.diagnostic.rule)
    }

    /// The finding as a JSON object: the diagnostic's fields, with `count`, `first` and `order`.
    pub fn to_json(&self, files: &SourceFiles) -> Json {
        let mut json = self.diagnostic.to_json(files);
        json["count"] = self.count.into();
        json["order"] = self.order.to_string().into();
        json["first"] = self.first.as_ref().map(Instance::to_json).into();
        json
    }
}

impl Instance {
    /// Where it happened first, and how often.
    pub(crate) fn describe(&self, count: u64) -> String {
        let [x, y, z] = self.threadgroup;
        let mut text = format!("in threadgroup ({x}, {y}, {z}), simdgroup {}", self.simdgroup);
        if let Some(lane) = self.lane {
            text += &format!(", lane {lane}");
        }
        if let (Some(buffer), Some(element)) = (&self.buffer, self.element) {
            text += &format!(", at element {element} of `{buffer}`");
        }
        for (place, iteration) in &self.loops {
            text += &format!(", in iteration {iteration} of the loop at {place}");
        }
        match count {
            1 => format!("it happened once: {text}"),
            _ => format!("it happened {count} times, first {text}"),
        }
    }

    fn to_json(&self) -> Json {
        let loops: Vec<Json> =
            self.loops.iter().map(|(place, iteration)| json!({ "place": place, "iteration": iteration })).collect();
        json!({
            "threadgroup": self.threadgroup, "simdgroup": self.simdgroup, "lane": self.lane, "buffer": self.buffer,
            "element": self.element, "loops": loops,
        })
    }
}
