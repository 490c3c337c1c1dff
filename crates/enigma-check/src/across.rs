//! Conflicts between threadgroups. Nothing orders them, so that all that counts is which threadgroups used an element, and how.
//!
//! Of each element and each [`Class`] of use the least and the greatest threadgroup are kept. That is enough: two sets of threadgroups
//! hold two different ones unless both hold one and the same. And it does not depend on the order in which threadgroups end.
//!
//! # What is kept
//!
//! Only memory that the kernel writes is looked at. A page of 32 elements that every threadgroup used in one stretch, as most
//! kernels do, takes 56 bytes, about 80 more where it was used in two ways, and 300 more where in all six; any other takes 120 bytes
//! an element.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use enigma_ir::{Hazard, MemoryId, OpId, Rule};
use smallvec::SmallVec;

use crate::found::{Found, Spot};
use crate::shadow::{Class, PAGE, Use, Uses};

/// Pages under one lock.
const CHUNK: usize = 64;
const CLASSES: usize = Class::ALL.len();

/// The use of an element by one threadgroup.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct By {
    threadgroup: u32,
    used: Use,
}

/// The first and the last threadgroup.
type Ends = [By; 2];

fn widened(ends: Option<Ends>, by: By) -> Ends {
    match ends {
        None => [by; 2],
        Some([first, last]) => [first.min(by), last.max(by)],
    }
}

/// A stretch of a page's elements, all used at one operation by agents that follow each other evenly.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Stretch {
    from: u8,
    to: u8,
    first: Use,
    step: i32,
}

impl Stretch {
    /// The uses of a page as one stretch, if they are one; `None` also where there are none.
    fn of(uses: &[Use; PAGE]) -> Option<Stretch> {
        let from = uses.iter().position(|used| used.is_some())?;
        let to = uses.iter().rposition(|used| used.is_some())? + 1;
        let first = uses[from];
        let step = if to - from > 1 { first.step_to(uses[from + 1]) } else { 0 };
        let even = (from..to).all(|at| uses[at] == first.advanced(step.wrapping_mul((at - from) as i32)));
        even.then_some(Stretch { from: from as u8, to: to as u8, first, step })
    }

    fn elements(&self) -> Range<usize> {
        usize::from(self.from)..usize::from(self.to)
    }

    fn at(&self, element: usize) -> Use {
        self.first.advanced(self.step.wrapping_mul((element - usize::from(self.from)) as i32))
    }
}

/// A stretch and the threadgroup that used it, of the first threadgroup and of the last. Both are of the same elements.
type Stretches = [(u32, Stretch); 2];

/// What all threadgroups did to a page.
#[derive(Debug)]
enum Summary {
    /// Of each class that there is one stretch, the same elements in every threadgroup.
    Even(SmallVec<[(Class, Stretches); 1]>),
    /// Of each class and element.
    Uneven(Box<[[Option<Ends>; PAGE]; CLASSES]>),
}

impl Summary {
    fn add(&mut self, threadgroup: u32, uses: &Uses) {
        if let Summary::Even(stretches) = self {
            if widen_even(stretches, threadgroup, uses) {
                return;
            }
            *self = Summary::Uneven(spelt_out(stretches));
        }
        let Summary::Uneven(elements) = self else { return };
        for (ends, uses) in elements.iter_mut().zip(uses) {
            for (ends, &used) in ends.iter_mut().zip(uses).filter(|(_, used)| used.is_some()) {
                *ends = Some(widened(*ends, By { threadgroup, used }));
            }
        }
    }

    /// Whether a look at each element is worth while: not if one threadgroup alone used the page, or all only read it.
    fn may_conflict(&self) -> bool {
        let Summary::Even(stretches) = self else { return true };
        let threadgroups =
            |class: Class| of_class(stretches, class).map(|ends| ends.map(|(threadgroup, _)| threadgroup));
        CONFLICTS.iter().any(|&(one, other, _)| match (threadgroups(one), threadgroups(other)) {
            (Some(one), Some(other)) => one[1] != other[0] || one[0] != other[1],
            _ => false,
        })
    }

    fn ends(&self, class: Class, element: usize) -> Option<Ends> {
        match self {
            Summary::Even(stretches) => {
                let ends = of_class(stretches, class)?;
                let holds = ends[0].1.elements().contains(&element);
                holds.then(|| ends.map(|(threadgroup, stretch)| By { threadgroup, used: stretch.at(element) }))
            }
            Summary::Uneven(elements) => elements[class as usize][element],
        }
    }
}

fn of_class(stretches: &[(Class, Stretches)], class: Class) -> Option<Stretches> {
    stretches.iter().find(|(known, _)| *known == class).map(|(_, ends)| *ends)
}

/// Adds a threadgroup's uses to the stretches, if they are stretches of the same elements; otherwise changes nothing.
fn widen_even(stretches: &mut SmallVec<[(Class, Stretches); 1]>, threadgroup: u32, uses: &Uses) -> bool {
    let mut widened = stretches.clone();
    for (class, uses) in Class::ALL.into_iter().zip(uses) {
        if uses.iter().all(|used| !used.is_some()) {
            continue;
        }
        let Some(stretch) = Stretch::of(uses) else { return false };
        let this = (threadgroup, stretch);
        match widened.iter_mut().find(|(known, _)| *known == class) {
            None => widened.push((class, [this; 2])),
            Some((_, [first, last])) if first.1.elements() == stretch.elements() => {
                if threadgroup < first.0 {
                    *first = this;
                }
                if threadgroup > last.0 {
                    *last = this;
                }
            }
            Some(_) => return false,
        }
    }
    *stretches = widened;
    true
}

fn spelt_out(stretches: &[(Class, Stretches)]) -> Box<[[Option<Ends>; PAGE]; CLASSES]> {
    let mut elements = Box::new([[None; PAGE]; CLASSES]);
    for (class, ends) in stretches {
        for element in ends[0].1.elements() {
            let by = ends.map(|(threadgroup, stretch)| By { threadgroup, used: stretch.at(element) });
            elements[*class as usize][element] = Some(by);
        }
    }
    elements
}

/// What all threadgroups did to one region of device memory: the pages in chunks, each under its lock, and empty until it is used.
#[derive(Debug)]
pub struct Across {
    chunks: Vec<Mutex<Vec<Option<Summary>>>>,
}

impl Across {
    /// For a region of so many elements.
    pub fn new(elements: usize) -> Self {
        Across { chunks: (0..elements.div_ceil(PAGE * CHUNK)).map(|_| Mutex::default()).collect() }
    }

    /// Takes down what a threadgroup did to a page.
    pub fn add(&self, threadgroup: u64, page: u32, uses: &Uses) {
        let (chunk, place) = (page as usize / CHUNK, page as usize % CHUNK);
        let mut pages = self.chunks[chunk].lock().unwrap_or_else(PoisonError::into_inner);
        if pages.is_empty() {
            pages.resize_with(CHUNK, || None);
        }
        let summary = pages[place].get_or_insert(Summary::Even(SmallVec::new()));
        // A launch of more threadgroups than that does not end.
        summary.add(threadgroup as u32, uses);
    }

    /// Takes down every conflict. `memory_at` says which memory an operation uses at an element of the region, and which element
    /// of it that is.
    pub fn judge(self, sites: &[OpId], found: &mut Found, memory_at: impl Fn(OpId, usize) -> Option<(MemoryId, i64)>) {
        for (chunk, pages) in self.chunks.into_iter().enumerate() {
            let pages = pages.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (place, summary) in pages.into_iter().enumerate() {
                let Some(summary) = summary.filter(Summary::may_conflict) else { continue };
                let start = (chunk * CHUNK + place) * PAGE;
                (0..PAGE).for_each(|element| judge_element(sites, found, &summary, start, element, &memory_at));
            }
        }
    }
}

fn judge_element(
    sites: &[OpId],
    found: &mut Found,
    summary: &Summary,
    start: usize,
    element: usize,
    memory_at: &impl Fn(OpId, usize) -> Option<(MemoryId, i64)>,
) {
    for (one, other, rule) in CONFLICTS {
        let ends = (summary.ends(one, element), summary.ends(other, element));
        if let Some(pair) = conflicting(ends) {
            report(sites, found, rule, pair, start + element, memory_at);
        }
    }
}

/// What cannot stand beside each other in two threadgroups, and the rule it breaks.
const CONFLICTS: [(Class, Class, Rule); 13] = [
    (Class::Write, Class::Write, Rule::DataRace),
    (Class::Read, Class::Write, Rule::DataRace),
    (Class::Read, Class::CopyWrite, Rule::ReadBeforeWait),
    (Class::Write, Class::CopyWrite, Rule::WriteBeforeWait),
    (Class::Write, Class::CopyRead, Rule::SourceOverwritten),
    (Class::CopyWrite, Class::CopyWrite, Rule::OverlappingCopies),
    (Class::CopyRead, Class::CopyWrite, Rule::OverlappingCopies),
    (Class::AtomicRead, Class::Write, Rule::DataRace),
    (Class::AtomicWrite, Class::Write, Rule::DataRace),
    (Class::AtomicWrite, Class::Read, Rule::DataRace),
    (Class::AtomicRead, Class::CopyWrite, Rule::ReadBeforeWait),
    (Class::AtomicWrite, Class::CopyWrite, Rule::WriteBeforeWait),
    (Class::AtomicWrite, Class::CopyRead, Rule::SourceOverwritten),
];

/// Two uses of different threadgroups, one of each set, if there are such.
fn conflicting((one, other): (Option<Ends>, Option<Ends>)) -> Option<(By, By)> {
    let (one, other) = (one?, other?);
    let pairs = [(one[1], other[0]), (one[0], other[1])];
    pairs.into_iter().find(|(a, b)| a.threadgroup != b.threadgroup)
}

fn report(
    sites: &[OpId],
    found: &mut Found,
    rule: Rule,
    (one, other): (By, By),
    element: usize,
    memory_at: &impl Fn(OpId, usize) -> Option<(MemoryId, i64)>,
) {
    let site = |by: By| sites[by.used.site()];
    // Of a copy and an access, the access is at the primary place; of two alike, the one of the later threadgroup.
    let alike = matches!(rule, Rule::DataRace | Rule::OverlappingCopies);
    let (at, other) = if alike && one.threadgroup < other.threadgroup { (other, one) } else { (one, other) };
    let Some((memory, local)) = memory_at(site(at), element) else { return };
    let hazard = match rule {
        Rule::DataRace => Hazard::Race { at: site(at), other: site(other), memory, across: true, simdgroup: false },
        Rule::OverlappingCopies => Hazard::Overlap { at: site(at), issue: site(other), memory, across: true },
        rule => Hazard::InFlight { rule, at: site(at), issue: site(other), memory, across: true },
    };
    found.hazard(hazard, 1, || Spot {
        threadgroup: u64::from(at.threadgroup),
        agent: Some(at.used.agent()),
        element: Some((memory, local)),
        loops: Vec::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Agent;

    /// The figures that stand above, and in `docs/checker.md`.
    #[test]
    fn memory_of_a_page() {
        assert_eq!(size_of::<Option<Summary>>(), 56);
        assert_eq!(size_of::<[[Option<Ends>; PAGE]; CLASSES]>(), 120 * PAGE);
        assert_eq!(size_of::<(Class, Stretches)>(), 36);
    }

    /// All conflicts, told by looking at every pair of threadgroups.
    fn by_pairs(groups: &[Uses]) -> Vec<(usize, Rule)> {
        let mut found = Vec::new();
        for element in 0..PAGE {
            for (one, other, rule) in CONFLICTS {
                let uses = |class: Class| {
                    let used = move |n: &usize| groups[*n][class as usize][element].is_some();
                    (0..groups.len()).filter(used)
                };
                if uses(one).any(|a| uses(other).any(|b| a != b)) {
                    found.push((element, rule));
                }
            }
        }
        found
    }

    fn by_summary(groups: &[Uses], order: impl Iterator<Item = usize>) -> Vec<(usize, Rule)> {
        let mut summary = Summary::Even(SmallVec::new());
        order.for_each(|n| summary.add(n as u32, &groups[n]));
        let mut found = Vec::new();
        for element in (0..PAGE).filter(|_| summary.may_conflict()) {
            for (one, other, rule) in CONFLICTS {
                if let Some((a, b)) = conflicting((summary.ends(one, element), summary.ends(other, element))) {
                    assert_ne!(a.threadgroup, b.threadgroup);
                    assert_eq!(groups[a.threadgroup as usize][one as usize][element], a.used);
                    assert_eq!(groups[b.threadgroup as usize][other as usize][element], b.used);
                    found.push((element, rule));
                }
            }
        }
        found
    }

    /// Stretches and single elements, of one class or two.
    fn random_uses(draw: &mut impl FnMut(usize) -> usize, site: OpId) -> Uses {
        let mut uses = [[Use::NONE; PAGE]; CLASSES];
        for _ in 0..draw(3) {
            let class = draw(CLASSES);
            let from = [0, 8, draw(PAGE)][draw(3)];
            let to = [PAGE, 24, from + 1][draw(3)].max(from);
            let (first, stride) = (draw(4) * 32, draw(2));
            for (n, used) in uses[class][from..to].iter_mut().enumerate() {
                *used = Use::new(Agent::thread(first + n * stride), site);
            }
        }
        uses
    }

    #[test]
    fn the_summary_tells_what_all_pairs_tell() {
        let mut state = 1u64;
        let mut draw = |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        let site = a_site();
        let (mut even, mut conflicts) = (0, 0);
        for _ in 0..3000 {
            let groups: Vec<Uses> = (0..1 + draw(4)).map(|_| random_uses(&mut draw, site)).collect();
            let expected = by_pairs(&groups);
            conflicts += usize::from(!expected.is_empty());
            assert_eq!(by_summary(&groups, 0..groups.len()), expected);
            assert_eq!(by_summary(&groups, (0..groups.len()).rev()), expected);
            even += usize::from(
                groups.iter().flatten().all(|uses| uses.iter().all(|u| !u.is_some()) || Stretch::of(uses).is_some()),
            );
        }
        assert!(even > 300 && even < 2900 && conflicts > 300 && conflicts < 2900, "{even} {conflicts}");
    }

    fn a_site() -> OpId {
        let span = enigma_ir::Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let mut b = enigma_ir::Builder::new("kernel", "kernel.py", None, [1, 1, 1, 2]);
        b.call(enigma_ir::Opcode::Barrier, &[], span);
        crate::check::sites_of(&b.finish())[0]
    }
}
