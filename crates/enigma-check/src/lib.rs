//! The run-time checker: runs a kernel under observation and reports every misuse of a copy in flight, with both places named.
//!
//! # What a checked run is
//!
//! The executor runs the kernel as it is, on copies of what it may write, and announces each access, copy, wait and barrier before
//! it is done. For each element that is touched, three things are asked:
//!
//! | | | answered by |
//! |---|---|---|
//! | **is a copy in flight there?** | which one, by its own event, not by its line | `flight` |
//! | **does what was done there before come before this?** | whether a barrier stands between, not which ran first | `clock`, from what `shadow` and `record` remember |
//! | **did another threadgroup use it?** | nothing orders threadgroups | `across`, when all have ended |
//!
//! # The way through the crate
//!
//! | | |
//! |---|---|
//! | `check`, [`Order`], [`Report`] | [`check()`] makes a run for each order that it takes, and merges what they found |
//! | `buffers` | the copies of the arguments, and the regions of device memory in which accesses can conflict |
//! | `watch` | the observer of one worker: finds the cells of all that is announced |
//! | `judge` | the rules, at one cell: who may touch it now |
//! | `record`, `atomics`, `shadow`, `registers` | what is remembered of an element, in threadgroup and device memory and in registers |
//! | `clock`, `flight`, `across` | what the three questions are answered from |
//! | `schedule` | lets copies in flight land when the order says |
//! | `found` | each hazard once, with its count and its first instance |
//! | `course`, [`Timeline`], `html`, `theme` | what one threadgroup did, and how it and the report are drawn |
//!
//! To follow a load from its announcement to a finding: `Watch::load`, `Judge::load`, `Clock::is_before` or `Flights::before_read`,
//! `Judge::report`.
//!
//! # What is guaranteed
//!
//! * **No false alarm.** An error is reported only where nothing in the kernel orders two uses that conflict. A correct kernel has
//!   none, in any order.
//! * **Nothing depends on the schedule.** A verdict compares logical times and sets of threadgroups; on how many workers a launch
//!   runs, and in which order, changes nothing. What a kernel with atomic operations on device memory computes may depend on it, so
//!   that its threadgroups run one after another.
//! * **Linear time.** An access costs the same whatever went before. Only where it conflicts with copies in flight are these looked
//!   through, and of identical copies one per simdgroup.
//! * **Memory** grows with what one threadgroup touches and the copies that it issues, times the workers; and with the device memory
//!   that the kernel writes, for conflicts between threadgroups (see `across`).
//!
//! A kernel of more than `MAX_SITES` operations is refused. What goes beyond the [`Limits`](enigma_cpu::Limits) of a launch, or beyond
//! `MAX_FLIGHTS` copies in a threadgroup, is not judged, and the report says so.

mod across;
mod atomics;
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
