//! The run-time checker: runs a kernel under observation and reports every misuse of a copy in flight, with both places named.

mod check;
mod order;
mod report;
mod timeline;

pub use check::{Options, check};
pub use order::Order;
pub use report::{Figures, Finding, Instance, Report, Runs};
pub use timeline::{Flight, Mark, MarkKind, Row, Timeline, Trouble, Work};
