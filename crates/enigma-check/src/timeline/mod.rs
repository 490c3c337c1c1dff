//! What one threadgroup did, along the time that its operations take: data for drawing.

mod layout;
mod page;
mod svg;
#[cfg(test)]
mod tests;
mod trace;

pub(crate) use svg::{legible, style};

/// The course of one threadgroup. Time is counted in operations: in one unit the simdgroups that take part carry one out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Timeline {
    /// The kernel's name.
    pub kernel: String,
    /// Position of the threadgroup in the grid, counted in threadgroups.
    pub threadgroup: [u32; 3],
    /// One row per simdgroup, in order.
    pub rows: Vec<Row>,
    /// When the threadgroup ended.
    pub end: u64,
    /// How many events were left out because there were too many; 0 for a complete timeline.
    pub omitted: u64,
}

/// The course of one simdgroup. Each list is in the order of time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// Its copies.
    pub flights: Vec<Flight>,
    /// Its waits and barriers.
    pub marks: Vec<Mark>,
    /// When it worked: the time between the marks in which it carried out operations.
    pub work: Vec<Work>,
    /// What went wrong.
    pub troubles: Vec<Trouble>,
}

/// A copy, from its issue to its wait.
#[derive(Clone, PartialEq, Debug)]
pub struct Flight {
    /// The number of the copy in its threadgroup, from 1.
    pub number: u32,
    /// Destination memory.
    pub dst: String,
    /// Source memory.
    pub src: String,
    /// Whether it goes to device memory.
    pub to_device: bool,
    /// Columns and rows, in elements.
    pub extent: [u64; 2],
    /// Bytes that are moved.
    pub bytes: u64,
    /// When it was issued.
    pub issued: u64,
    /// When it was waited for; `None` if it never was, or if the wait is among the events that were left out.
    pub waited: Option<u64>,
    /// Where it was issued: `file:line:column`.
    pub place: String,
}

/// What a mark stands for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// A wait for copies.
    Wait,
    /// A barrier of the threadgroup.
    Barrier,
    /// A barrier of the simdgroup.
    SimdBarrier,
}

/// A wait or a barrier.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// When.
    pub at: u64,
    /// Where: `file:line:column`.
    pub place: String,
    /// The numbers of the copies that a wait waits for.
    pub copies: Vec<u32>,
}

/// A stretch of work.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
}

/// A finding, where it happened first.
#[derive(Clone, PartialEq, Debug)]
pub struct Trouble {
    /// When.
    pub at: u64,
    /// The rule's name.
    pub rule: String,
    /// The finding's message.
    pub message: String,
    /// Where: `file:line:column`.
    pub place: String,
    /// The number of the copy that it is about, if it is about one of this simdgroup.
    pub copy: Option<u32>,
}

impl Flight {
    /// The memory that the copy is drawn with: the tile, which is the side that is not device memory.
    pub fn tile(&self) -> &str {
        if self.to_device { &self.src } else { &self.dst }
    }
}
