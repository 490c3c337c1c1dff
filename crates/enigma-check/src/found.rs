//! What a worker has found so far: each hazard once, with its count and its first instance.

use std::collections::{BTreeMap, HashMap};

use enigma_cpu::observer::Stop;
use enigma_ir::{Diagnostic, Hazard, MemoryId, OpId, Rule};

use crate::record::Agent;

/// Where something happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    pub threadgroup: u64,
    /// `None` for what is about the launch as a whole.
    pub agent: Option<Agent>,
    pub element: Option<(MemoryId, i64)>,
    /// The loops around it, the outermost first, each with its iteration.
    pub loops: Vec<(OpId, u64)>,
}

impl Spot {
    /// Of what is about the launch as a whole.
    pub fn nowhere() -> Self {
        Spot { threadgroup: 0, agent: None, element: None, loops: Vec::new() }
    }
}

/// How often, and where first.
#[derive(Clone, Debug)]
pub struct Tally {
    pub count: u64,
    pub first: Spot,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.count += other.count;
        if other.first.threadgroup < self.first.threadgroup {
            self.first = other.first;
        }
    }
}

/// All that was found.
#[derive(Default, Debug)]
pub struct Found {
    hazards: HashMap<Hazard, Tally>,
    /// Faults and stops, which come with their words, by rule and place.
    stops: BTreeMap<(Rule, OpId), (Diagnostic, Tally)>,
    notes: Vec<(Diagnostic, Tally)>,
}

impl Found {
    /// A hazard happened `count` times; `spot` is asked only for the first.
    pub fn hazard(&mut self, hazard: Hazard, count: u64, spot: impl FnOnce() -> Spot) {
        let tally = self.hazards.entry(hazard).or_insert_with(|| Tally { count: 0, first: spot() });
        tally.count += count;
    }

    /// A fault, or what stopped a threadgroup.
    pub fn stop(&mut self, stop: Stop, count: u64, spot: Spot) {
        let tally = Tally { count, first: spot };
        match self.stops.get_mut(&(stop.found.rule, stop.site)) {
            Some((_, known)) => known.add(tally),
            None => {
                self.stops.insert((stop.found.rule, stop.site), (stop.found, tally));
            }
        }
    }

    /// A finding that comes with its words and is about the kernel as a whole.
    pub fn note(&mut self, diagnostic: Diagnostic, spot: Spot) {
        self.notes.push((diagnostic, Tally { count: 1, first: spot }));
    }

    /// Adds what another worker found.
    pub fn merge(&mut self, other: Found) {
        self.notes.extend(other.notes);
        for (hazard, tally) in other.hazards {
            match self.hazards.get_mut(&hazard) {
                Some(known) => known.add(tally),
                None => {
                    self.hazards.insert(hazard, tally);
                }
            }
        }
        for (key, (diagnostic, tally)) in other.stops {
            match self.stops.get_mut(&key) {
                Some((words, known)) => {
                    if tally.first.threadgroup < known.first.threadgroup {
                        *words = diagnostic;
                    }
                    known.add(tally);
                }
                None => {
                    self.stops.insert(key, (diagnostic, tally));
                }
            }
        }
    }

    /// The hazards, in no order.
    pub fn hazards(&self) -> impl Iterator<Item = (&Hazard, &Tally)> {
        self.hazards.iter()
    }

    /// The faults and stops, by rule and place.
    pub fn stops(&self) -> impl Iterator<Item = &(Diagnostic, Tally)> {
        self.stops.values().chain(&self.notes)
    }
}
