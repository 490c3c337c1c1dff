//! The checker's report against the oracle's verdict.

use std::collections::{BTreeMap, BTreeSet};

use enigma_check::{Finding, Report};
use enigma_ir::{Kernel, MemoryId, OpId, Rule, Severity};

use crate::oracle::{Element, Verdict, Wrong};

/// Where two verdicts on one kernel differ, one line each; empty if they agree.
///
/// The checker need not report every pair that the oracle knows, but: it finds an error if and only if there is one; every error that it reports is
/// there, with this rule and these places, or is about an element that another error has already spoilt; and of every rule and memory it
/// reports some pair, unless every element concerned is in another error that it does report.
pub fn differences(kernel: &Kernel, report: &Report, verdict: &Verdict) -> Vec<String> {
    let errors: Vec<&Finding> = report.of(Severity::Error).collect();
    let mut differences = Vec::new();
    let mut reported: BTreeSet<Wrong> = BTreeSet::new();
    for error in &errors {
        let matching: Vec<Wrong> = verdict.keys().copied().filter(|wrong| is_about(kernel, error, wrong)).collect();
        if matching.is_empty() && !is_about_spoilt(kernel, error, verdict) {
            let places: Vec<String> = error.diagnostic.labels.iter().map(|l| kernel.files().place(l.span)).collect();
            differences.push(format!("false alarm: {} at {}", error.diagnostic.rule, places.join(", ")));
        }
        reported.extend(matching);
    }
    let covered: BTreeSet<Element> = reported.iter().flat_map(|wrong| verdict[wrong].iter().copied()).collect();
    let mut groups: BTreeMap<(Rule, Option<MemoryId>), Vec<Wrong>> = BTreeMap::new();
    for wrong in verdict.keys().filter(|wrong| !wrong.arguable) {
        groups.entry((wrong.rule, wrong.memory)).or_default().push(*wrong);
    }
    for (_, group) in groups {
        let masked = |wrong: &Wrong| !verdict[wrong].is_empty() && verdict[wrong].is_subset(&covered);
        if !group.iter().any(|wrong| reported.contains(wrong)) && !group.iter().all(masked) {
            differences.extend(group.iter().map(|wrong| format!("missed: {}", describe(kernel, wrong))));
        }
    }
    differences
}

/// Whether a finding is first about an element with which something else is wrong: what comes after an error need not be told apart from it.
fn is_about_spoilt(kernel: &Kernel, finding: &Finding, verdict: &Verdict) -> bool {
    let Some((name, index)) = finding.first.as_ref().and_then(|first| first.buffer.as_ref().zip(first.element)) else {
        return false;
    };
    let is_it = |element: &Element| kernel.memory(element.memory).name == *name && element.index as i64 == index;
    verdict.values().flatten().any(is_it)
}

/// Whether a finding is what the oracle means. Of two accesses that race, and of copies of two threadgroups, either may come first.
fn is_about(kernel: &Kernel, finding: &Finding, wrong: &Wrong) -> bool {
    let diagnostic = &finding.diagnostic;
    let line = |op: OpId| kernel.op(op).span.line;
    let lines: Vec<u32> = diagnostic.labels.iter().map(|label| label.span.line).collect();
    let symmetric = matches!(wrong.rule, Rule::DataRace | Rule::OverlappingCopies);
    diagnostic.rule == wrong.rule
        && (symmetric && lines.contains(&line(wrong.at)) || lines.first() == Some(&line(wrong.at)))
        && wrong.other.is_none_or(|other| lines.contains(&line(other)))
}

/// One line about an error.
pub fn describe(kernel: &Kernel, wrong: &Wrong) -> String {
    let place = |op: OpId| kernel.files().place(kernel.op(op).span);
    let memory = wrong.memory.map_or("", |memory| &kernel.memory(memory).name);
    let other = wrong.other.map_or(String::new(), |other| format!(" and {}", place(other)));
    format!("{} {memory} at {}{other}", wrong.rule, place(wrong.at))
}
