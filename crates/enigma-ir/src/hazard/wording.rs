//! What is said of each hazard: the message, what is at each of its places, and the remedies.

use super::Hazard;
use crate::analysis::events;
use crate::diagnostic::{Diagnostic, Rule};
use crate::dialect::Dialect;
use crate::kernel::{Kernel, MemoryId, OpId, Space};
use crate::span::Span;
use crate::table::Opcode;

/// The hazard in words.
pub(super) fn of(hazard: &Hazard, kernel: &Kernel) -> Diagnostic {
    let teller = Teller { kernel, dialect: Dialect::of(kernel), rule: hazard.rule(), at: hazard.at() };
    let said = match *hazard {
        Hazard::InFlight { rule, at, issue, memory, across } => teller.in_flight(rule, at, issue, memory, across),
        Hazard::Overlap { at, issue, memory, across } => teller.overlap(at, issue, memory, across),
        Hazard::Unpublished { at, issue, wait, memory } => teller.unpublished(at, issue, wait, memory),
        Hazard::Unsettled { at, access, memory } => teller.unsettled(at, access, memory),
        Hazard::Race { at, other, memory, across: true, .. } => teller.race_across(at, other, memory),
        Hazard::Race { at, other, memory, simdgroup, .. } => teller.race(at, other, memory, simdgroup),
        Hazard::Uninitialized { at, memory } => teller.uninitialized(at, memory),
        Hazard::NeverWaited { issue } => teller.never_waited(issue),
        Hazard::WaitedTwice { at, first, issue } => teller.waited_twice(at, first, issue),
        Hazard::RedundantCopy { .. } => teller.redundant_copy(),
        Hazard::UnreadCopy { issue } => teller.unread_copy(issue),
        Hazard::RedundantWait { .. } => teller.redundant_wait(),
        Hazard::RedundantBarrier { .. } => teller.redundant_barrier(),
    };
    match meeting(hazard).and_then(|(ops, memory)| teller.overlap_of_arguments(ops, memory)) {
        Some(note) => said.with_note(note),
        None => said,
    }
}

/// The two operations of a hazard, and the memory in which they meet.
fn meeting(hazard: &Hazard) -> Option<([OpId; 2], MemoryId)> {
    match *hazard {
        Hazard::InFlight { at, issue: other, memory, .. }
        | Hazard::Overlap { at, issue: other, memory, .. }
        | Hazard::Unpublished { at, issue: other, memory, .. }
        | Hazard::Unsettled { at, access: other, memory }
        | Hazard::Race { at, other, memory, .. } => Some(([at, other], memory)),
        _ => None,
    }
}

/// What an operation does to a memory: `` it is read ``, `` the read of it ``.
struct Deed {
    done: &'static str,
    noun: &'static str,
}

struct Teller<'k> {
    kernel: &'k Kernel,
    dialect: Dialect,
    rule: Rule,
    at: OpId,
}

impl Teller<'_> {
    /// A finding at the hazard's primary place.
    fn say(&self, message: impl Into<String>, here: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.rule, message, self.span(self.at), here)
    }

    fn span(&self, op: OpId) -> Span {
        self.kernel.op(op).span
    }

    /// Whether two operations stand at one place: they are the same, or made by the same text, as in an unrolled loop.
    fn same_place(&self, a: OpId, b: OpId) -> bool {
        self.span(a) == self.span(b)
    }

    fn memory(&self, memory: MemoryId) -> &str {
        &self.kernel.memory(memory).name
    }

    /// The user's name for a copy's event.
    fn event(&self, issue: OpId) -> Option<&str> {
        self.kernel.value(self.kernel.op(issue).results[0]).name.as_deref()
    }

    /// The copy: `` the copy `ev` ``.
    fn copy(&self, issue: OpId) -> String {
        self.event(issue).map_or("a copy".to_owned(), |name| format!("the copy `{name}`"))
    }

    fn wait_first(&self, issue: OpId) -> String {
        match self.event(issue) {
            Some(name) => format!("wait for `{name}` first: {}", self.dialect.wait(name)),
            None => format!("keep what the copy returns, and wait for it first: {}", self.dialect.wait("event")),
        }
    }

    /// The barrier of a threadgroup, or of a simdgroup, that orders a memory.
    fn barrier(&self, memory: MemoryId, simdgroup: bool) -> String {
        let code = if simdgroup { Opcode::SimdBarrier } else { Opcode::Barrier };
        self.dialect.barrier(code, self.kernel.memory(memory).space)
    }

    /// By what name an operation knows the elements of a memory: its own, or that of another parameter to which the launch gave
    /// the same elements.
    fn known_as(&self, op: OpId, memory: MemoryId) -> MemoryId {
        let memories = &self.kernel.op(op).memories;
        let is_device = |&&other: &&MemoryId| self.kernel.memory(other).space == Space::Device;
        match memories.contains(&memory) {
            true => memory,
            false => memories.iter().find(is_device).copied().unwrap_or(memory),
        }
    }

    fn writes(&self, op: OpId, memory: MemoryId) -> bool {
        self.kernel.op(op).writes(self.known_as(op, memory))
    }

    /// Why operations on two parameters meet.
    fn overlap_of_arguments(&self, ops: [OpId; 2], memory: MemoryId) -> Option<String> {
        let other = ops.into_iter().map(|op| self.known_as(op, memory)).find(|&known| known != memory)?;
        Some(format!("the launch gave `{}` and `{}` memory that overlaps", self.memory(memory), self.memory(other)))
    }

    fn deed(&self, op: OpId, memory: MemoryId) -> Deed {
        let code = self.kernel.op(op).code;
        let (done, noun) = match (code.is_copy(), self.writes(op, memory)) {
            (false, false) if self.is_atomic(op) => ("read atomically", "atomic read of"),
            (false, true) if code == Opcode::AtomicStore => ("written atomically", "atomic write to"),
            (false, true) if self.is_atomic(op) => ("updated atomically", "atomic update of"),
            (false, false) => ("read", "read of"),
            (false, true) => ("written", "write to"),
            (true, false) => ("copied out of", "copy out of"),
            (true, true) => ("copied into", "copy into"),
        };
        Deed { done, noun }
    }

    fn is_atomic(&self, op: OpId) -> bool {
        self.kernel.op(op).code.info().signature.atomic
    }

    /// What is said besides, where an atomic access meets one that is none.
    fn with_atomic_help(&self, diagnostic: Diagnostic, ops: [OpId; 2]) -> Diagnostic {
        match ops.into_iter().any(|op| self.is_atomic(op)) {
            true => diagnostic.with_help("or make both atomic: atomic accesses do not conflict with each other"),
            false => diagnostic,
        }
    }

    fn in_flight(&self, rule: Rule, at: OpId, issue: OpId, memory: MemoryId, across: bool) -> Diagnostic {
        let (name, copy) = (self.memory(memory), self.copy(issue));
        let done = self.deed(at, memory).done;
        let way = if rule == Rule::SourceOverwritten { "out of" } else { "into" };
        let message = format!("`{name}` is {done} while {copy} {way} it is in flight");
        if across {
            return self
                .say(format!("{message} in another threadgroup"), format!("{done} here"))
                .with_label(self.span(issue), "the copy is issued here, by another threadgroup")
                .with_help(OTHER_THREADGROUPS);
        }
        self.say(message, format!("{done} here"))
            .with_label(self.span(issue), "the copy is issued here")
            .with_help(self.wait_first(issue))
    }

    fn overlap(&self, at: OpId, issue: OpId, memory: MemoryId, across: bool) -> Diagnostic {
        let name = self.memory(memory);
        let copy = self.copy(issue);
        match (self.same_place(at, issue), across) {
            (true, true) => self
                .say(
                    format!("several threadgroups issue this copy, and all use the same elements of `{name}`"),
                    "issued here",
                )
                .with_help(OTHER_THREADGROUPS),
            (true, false) => self
                .say(
                    format!(
                        "this copy is issued again while it is in flight, and both use the same elements of `{name}`"
                    ),
                    "issued here, and again before it was waited for",
                )
                .with_help(self.wait_first(issue))
                .with_help("where several simdgroups issue it, give each of them elements of its own"),
            (false, true) => self
                .say(
                    format!(
                        "copies of two threadgroups may be in flight at once, and both use the same elements of `{name}`"
                    ),
                    "this copy is issued here",
                )
                .with_label(self.span(issue), format!("{copy} is issued here, by another threadgroup"))
                .with_help(OTHER_THREADGROUPS),
            (false, false) => self
                .say(
                    format!("two copies are in flight, and both use the same elements of `{name}`"),
                    "this copy is issued here",
                )
                .with_label(self.span(issue), format!("{copy} is still in flight"))
                .with_help(self.wait_first(issue)),
        }
    }

    fn unpublished(&self, at: OpId, issue: OpId, wait: OpId, memory: MemoryId) -> Diagnostic {
        let (name, copy, deed) = (self.memory(memory), self.copy(issue), self.deed(at, memory));
        let (waited, place) = match (self.writes(issue, memory), self.is_of_lanes(issue)) {
            (true, false) => (
                "waited for here, which shows it to this simdgroup alone",
                "after the wait, so that every simdgroup sees the copy",
            ),
            (false, false) => (
                "waited for here, by this simdgroup alone",
                "after the wait, so that every simdgroup comes after the copy",
            ),
            (_, true) => (
                "waited for here, each lane for its own",
                "after the wait, where all threads come (within a simdgroup a simd_barrier will do)",
            ),
        };
        let another = self.other_than_of(issue);
        let message = format!("no barrier stands between the wait for {copy} and {another}'s {} `{name}`", deed.noun);
        let again = self.same_place(at, issue);
        let here = match again {
            true => format!("the copy is issued here, and again by {another}"),
            false => format!("{} here, by {another}", deed.done),
        };
        let diagnostic = self.say(message, here).with_label(self.span(wait), waited);
        let diagnostic = match again {
            true => diagnostic,
            false => diagnostic.with_label(self.span(issue), "the copy is issued here"),
        };
        diagnostic.with_help(self.put_barrier(place, memory))
    }

    fn unsettled(&self, at: OpId, access: OpId, memory: MemoryId) -> Diagnostic {
        let (name, copy, deed) = (self.memory(memory), self.copy(at), self.deed(access, memory));
        let (way, unfinished) = match self.writes(at, memory) {
            true => ("into", "which may not be done yet"),
            false => ("out of", "which the copy may not see"),
        };
        let another = self.other_than_of(at);
        let place = match self.is_of_lanes(at) {
            true => "before the copy is issued, where all threads come (within a simdgroup a simd_barrier will do)",
            false => "before the copy is issued",
        };
        self.say(
            format!("no barrier stands between {another}'s {} `{name}` and {copy} {way} it", deed.noun),
            "the copy is issued here",
        )
        .with_label(self.span(access), format!("{} here, by {another}, {unfinished}", deed.done))
        .with_help(self.put_barrier(place, memory))
    }

    /// Whether each lane issues a copy of its own: registers are one end of it.
    fn is_of_lanes(&self, issue: OpId) -> bool {
        let memories = &self.kernel.op(issue).memories;
        memories.iter().any(|&memory| matches!(self.kernel.memory(memory).space, Space::Register { .. }))
    }

    /// Whom a copy and its wait do not order.
    fn other_than_of(&self, issue: OpId) -> &'static str {
        if self.is_of_lanes(issue) { "another thread" } else { "another simdgroup" }
    }

    fn put_barrier(&self, place: &str, memory: MemoryId) -> String {
        format!("put a barrier {place}: {}", self.barrier(memory, false))
    }

    fn race(&self, at: OpId, other: OpId, memory: MemoryId, simdgroup: bool) -> Diagnostic {
        let name = self.memory(memory);
        let who = if simdgroup { "lane" } else { "thread" };
        let barrier = self.barrier(memory, simdgroup);
        if self.same_place(at, other) {
            return self
                .say(
                    format!("several {who}s write the same element of `{name}`, and nothing orders them"),
                    format!("written here, by more than one {who}"),
                )
                .with_help(format!("give each {who} an element of its own, or let one {who} write"))
                .with_help(format!("iterations of a loop are set apart by a barrier in its body: {barrier}"));
        }
        let (later, earlier) = (self.deed(at, memory).done, self.deed(other, memory).done);
        let what = if later == earlier { format!("{later} twice") } else { format!("{earlier} and {later}") };
        let diagnostic = self
            .say(
                format!("the same element of `{name}` is {what}, by two {who}s that nothing orders"),
                format!("{later} here"),
            )
            .with_label(self.span(other), format!("{earlier} here, by another {who}"))
            .with_help(format!("put a barrier between the two: {barrier}"));
        self.with_atomic_help(diagnostic, [at, other])
    }

    fn race_across(&self, at: OpId, other: OpId, memory: MemoryId) -> Diagnostic {
        let name = self.memory(memory);
        let (later, earlier) = (self.deed(at, memory).done, self.deed(other, memory).done);
        let diagnostic = match self.same_place(at, other) {
            true => self.say(
                format!("several threadgroups write the same element of `{name}`, and nothing orders them"),
                "written here, by more than one threadgroup",
            ),
            false => {
                let what = if later == earlier { format!("{later} twice") } else { format!("{earlier} and {later}") };
                self.say(
                    format!("the same element of `{name}` is {what}, by two threadgroups that nothing orders"),
                    format!("{later} here"),
                )
                .with_label(self.span(other), format!("{earlier} here, by another threadgroup"))
            }
        };
        self.with_atomic_help(diagnostic.with_help(OTHER_THREADGROUPS), [at, other])
    }

    fn uninitialized(&self, at: OpId, memory: MemoryId) -> Diagnostic {
        let declared = self.kernel.memory(memory);
        let help = match declared.space {
            Space::Register { .. } => "give every element a value first, as `register_tensor(..., fill=0)` does",
            _ => {
                "write it first, by stores or by a copy that is waited for: threadgroup memory starts with whatever was there"
            }
        };
        self.say(
            format!("`{}` is read before anything is written to it", declared.name),
            format!("{} here", self.deed(at, memory).done),
        )
        .with_label(declared.span, "made here, with arbitrary contents")
        .with_help(help)
    }

    fn never_waited(&self, issue: OpId) -> Diagnostic {
        let (end, there) = match events::goes_out_of_reach(self.kernel, self.kernel.op(issue).results[0]) {
            Some(owner) => (self.span(owner), "after this, nothing can wait for it"),
            None => (self.kernel.span(), "the kernel ends with the copy in flight"),
        };
        let wait = self.dialect.wait(self.event(issue).unwrap_or("ev"));
        self.say(format!("{} is never waited for", self.copy(issue)), "issued here")
            .with_label(end, there)
            .with_help(format!("wait for it before its elements are used: {wait}"))
    }

    fn waited_twice(&self, at: OpId, first: OpId, issue: OpId) -> Diagnostic {
        let message = format!("{} is waited for twice", self.copy(issue));
        let events = &self.kernel.op(at).operands;
        let repeated = events.iter().enumerate().any(|(i, event)| events[..i].contains(event));
        let diagnostic = match (self.same_place(at, first), repeated) {
            (true, true) => self.say(message, "named twice here"),
            (true, false) => self.say(message, "waited for in every iteration of the loop"),
            (false, _) => {
                self.say(message, "waited for again here").with_label(self.span(first), "waited for here first")
            }
        };
        diagnostic
            .with_label(self.span(issue), "the copy is issued here")
            .with_help("an event is waited for exactly once: remove one of the waits")
    }

    fn redundant_copy(&self) -> Diagnostic {
        self.say(
            "several simdgroups of a threadgroup issue the same copy",
            "issued here, by each of them",
        )
        .with_help(self.dialect.say(
            "let one of them issue it, `where=simdgroup_index_in_threadgroup() == 0`, with a barrier after the wait",
            "let one of them issue it, `.only_if(simdgroup_index_in_threadgroup().eq(0))`, with a barrier after the wait",
        ))
        .with_help("or let each copy a band of the tile of its own, with a barrier after the wait")
    }

    fn unread_copy(&self, issue: OpId) -> Diagnostic {
        let tile = self.kernel.op(issue).memories.first().map_or("tile", |&memory| self.memory(memory));
        self.say(format!("nothing reads what {} brings into `{tile}`", self.copy(issue)), "issued here")
            .with_help("leave the copy out, or read the tile: one that is never read is reported to hang an M1 until it is restarted")
    }

    fn redundant_wait(&self) -> Diagnostic {
        self.say("in this launch, the copies that this wait names move nothing", "waits for nothing").with_help(
            "if that is so in every launch, remove the copies with their wait; otherwise it costs nothing to keep it",
        )
    }

    fn redundant_barrier(&self) -> Diagnostic {
        self.say("in this launch, the barrier orders nothing that needs it", "every thread waits here").with_help(
            "if that is so in every launch, remove it; remove one barrier at a time and check again, for each may do the work of another",
        )
    }
}

const OTHER_THREADGROUPS: &str =
    "nothing orders the threadgroups of a launch: give each elements of its own, or split the work into two launches";
