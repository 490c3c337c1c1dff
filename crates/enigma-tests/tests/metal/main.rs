//! The Metal target, executed: every kernel is emitted as Metal source and as AIR, compiled against stand-ins for Metal's
//! standard library and for AIR's functions, run on the CPU, and held to expected values computed here and to the
//! executor's answer.

mod atomics;
mod bits;
mod case;
mod casts;
mod collectives;
mod components;
mod constants;
mod control;
mod copies;
mod coverage;
mod data;
mod elementwise;
mod geometry;
mod lanes;
mod memory;
mod published;
mod reference;
mod shim;
