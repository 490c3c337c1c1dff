//! The run-time checker: runs a kernel under observation and reports every misuse of a copy in flight, with both places named.

mod across;
mod buffers;
mod check;
mod clock;
mod course;
mod flight;
mod found;
mod html;
mod judge;
mod order;
mod record;
mod registers;
mod report;
mod schedule;
mod shadow;
mod theme;
mod timeline;
mod watch;

pub use check::{Options, check};
pub use order::Order;
pub use report::{Figures, Finding, Instance, Report, Runs};
pub use timeline::{Flight, Mark, MarkKind, Row, Timeline, Trouble, Work};
