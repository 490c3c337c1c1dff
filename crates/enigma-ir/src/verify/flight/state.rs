//! What is known of the copies at one point of the kernel.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kernel::{MemoryId, OpId, ValueId};
use crate::verify::extent::Extent;

/// Where a copy stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Status {
    /// It certainly was issued and not waited for.
    InFlight,
    /// It certainly was waited for, there.
    Waited(OpId),
    /// One or the other, as the run will have it.
    Unknown,
}

/// One copy, or one of several of which the run decides which it is.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    /// Where it was issued.
    pub(super) issue: OpId,
    pub(super) status: Status,
    /// What it certainly writes while in flight.
    pub(super) writes: Option<Rc<Extent>>,
    /// What it certainly reads while in flight.
    pub(super) reads: Option<Rc<Extent>>,
    /// Whether every simdgroup that comes by issues it, or only the witness is known to.
    pub(super) everywhere: bool,
}

impl Flight {
    /// A copy of which only the place of issue is certain.
    pub(super) fn blurred(&self) -> Flight {
        Flight { writes: None, reads: None, ..self.clone() }
    }

    /// What holds of either.
    fn or(mut self, other: &Flight) -> Flight {
        self.status = match (self.status, other.status) {
            (Status::InFlight, Status::InFlight) => Status::InFlight,
            (Status::Waited(at), Status::Waited(_)) => Status::Waited(at),
            _ => Status::Unknown,
        };
        self.issue = other.issue;
        self.everywhere &= other.everywhere;
        self.writes = self.writes.filter(|e| other.writes.as_ref().is_some_and(|o| e.equals(o)));
        self.reads = self.reads.filter(|e| other.reads.as_ref().is_some_and(|o| e.equals(o)));
        self
    }
}

/// Which of the state's copies.
pub(super) type Instance = usize;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    flights: Vec<Flight>,
    /// The events in reach, and the copy that each stands for.
    names: BTreeMap<ValueId, Instance>,
}

impl State {
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    /// The copies that are certainly in flight.
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter().filter(|f| f.status == Status::InFlight)
    }

    pub(super) fn instance(&self, event: ValueId) -> Option<Instance> {
        self.names.get(&event).copied()
    }

    pub(super) fn flight(&self, instance: Instance) -> &Flight {
        &self.flights[instance]
    }

    pub(super) fn flight_mut(&mut self, event: ValueId) -> Option<&mut Flight> {
        self.names.get(&event).map(|&instance| &mut self.flights[instance])
    }

    pub(super) fn add(&mut self, flight: Flight) -> Instance {
        self.flights.push(flight);
        self.flights.len() - 1
    }

    pub(super) fn name(&mut self, event: ValueId, instance: Option<Instance>) {
        if let Some(instance) = instance {
            self.names.insert(event, instance);
        }
    }

    /// Takes events out of reach.
    pub(super) fn forget(&mut self, out_of_reach: impl Fn(ValueId) -> bool) {
        self.names.retain(|&event, _| !out_of_reach(event));
    }

    /// The copies that are in flight, and that no event in reach stands for.
    pub(super) fn lost(&self, in_reach: impl Fn(ValueId) -> bool) -> impl Iterator<Item = &Flight> {
        let named: Vec<Instance> = self.names.iter().filter(|&(&e, _)| in_reach(e)).map(|(_, &i)| i).collect();
        self.flights
            .iter()
            .enumerate()
            .filter(move |(i, f)| f.status == Status::InFlight && !named.contains(i))
            .map(|(_, f)| f)
    }

    /// Forgets where copies begin whose place is told in values that no longer are what they were.
    pub(super) fn blur(&mut self, stale: impl Fn(ValueId) -> bool) {
        for flight in &mut self.flights {
            for extent in [&mut flight.writes, &mut flight.reads] {
                if extent.as_ref().is_some_and(|e| e.start.values().any(&stale)) {
                    *extent = None;
                }
            }
        }
    }

    /// A register tensor comes into being, in a loop perhaps once more: a new one each time, which no copy moves yet.
    pub(super) fn renew(&mut self, memory: MemoryId) {
        for flight in &mut self.flights {
            for extent in [&mut flight.writes, &mut flight.reads] {
                if extent.as_ref().is_some_and(|extent| extent.memory == memory) {
                    *extent = None;
                }
            }
        }
    }

    /// What holds after either of several ways, of which this is one: of the first `common` copies, which all ways
    /// share, and of what each way passes on to `results`.
    pub(super) fn join(&mut self, common: usize, results: &[ValueId], passed: &[Option<Instance>], others: &[Way]) {
        let new: Vec<Option<Passed>> = (0..results.len()).map(|n| self.passed_on(n, common, passed, others)).collect();
        self.flights.truncate(common);
        self.names.retain(|_, instance| *instance < common);
        for (i, flight) in self.flights.iter_mut().enumerate() {
            for way in others {
                *flight = flight.clone().or(&way.state.flights[i]);
            }
        }
        for (&result, passed) in results.iter().zip(new) {
            match passed {
                Some(Passed::Same(instance)) => self.name(result, Some(instance)),
                Some(Passed::OneOf(flight, shared)) => {
                    for instance in shared {
                        self.flights[instance].status = Status::Unknown;
                    }
                    let instance = self.add(*flight);
                    self.name(result, Some(instance));
                }
                None => {}
            }
        }
    }

    fn passed_on(&self, n: usize, common: usize, passed: &[Option<Instance>], others: &[Way]) -> Option<Passed> {
        let own = (*passed.get(n)?)?;
        let rest: Option<Vec<Instance>> = others.iter().map(|way| *way.passed.get(n)?).collect();
        let rest = rest?;
        if own < common && rest.iter().all(|&i| i == own) {
            return Some(Passed::Same(own));
        }
        let flight = others
            .iter()
            .zip(&rest)
            .fold(self.flights[own].clone(), |flight, (way, &i)| flight.or(&way.state.flights[i]));
        let shared = rest.into_iter().chain([own]).filter(|&i| i < common).collect();
        Some(Passed::OneOf(Box::new(flight), shared))
    }
}

/// One way through a branch or a loop: the state at its end, and the copies that it passes on.
pub(super) struct Way {
    pub(super) state: State,
    pub(super) passed: Vec<Option<Instance>>,
}

/// What a result stands for.
enum Passed {
    /// The same copy on every way.
    Same(Instance),
    /// One copy or another, and which of the shared copies it may be.
    OneOf(Box<Flight>, Vec<Instance>),
}
