//! The Metal target, executed: every kernel is emitted, compiled by clang++ against the stand-in for Metal's standard
//! library, run on the CPU, and held to expected values computed here and to the executor's answer.

mod bits;
mod case;
mod casts;
mod collectives;
mod control;
mod copies;
mod data;
mod elementwise;
mod published;
mod reference;
mod shim;
