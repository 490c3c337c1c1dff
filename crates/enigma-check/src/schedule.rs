//! When copies in flight land: the completion orders, carried out.

use std::collections::HashMap;

use crate::flight::Flights;
use crate::order::Order;

/// Decides for one threadgroup after another which copies land when.
#[derive(Debug)]
pub struct Schedule {
    policy: Policy,
    /// Copies that are to land now, the next one last.
    due: Vec<u32>,
    /// For `Reverse` the copies in flight, in the order of their issue; for `Random` those that may land before their wait. Some may have
    /// landed out of turn.
    held: Vec<u32>,
    /// Pairs of copies in flight that conflict: which lands first can be told.
    rivals: HashMap<u32, Vec<u32>>,
    /// The copies that the current operation has met.
    met: Vec<u32>,
    /// The most choices that one threadgroup had.
    most_choices: usize,
}

#[derive(Debug)]
enum Policy {
    Eager,
    Late,
    Reverse,
    Random { seed: u64, state: u64 },
    Choices { ways: Vec<u32>, made: usize },
}

impl Schedule {
    pub fn new(order: &Order) -> Self {
        let policy = match order {
            Order::Eager => Policy::Eager,
            Order::Late => Policy::Late,
            Order::Reverse => Policy::Reverse,
            Order::Random(seed) => Policy::Random { seed: *seed, state: 0 },
            Order::All => Policy::Choices { ways: Vec::new(), made: 0 },
            Order::Choices(ways) => Policy::Choices { ways: ways.clone(), made: 0 },
        };
        let (due, held, met) = (Vec::new(), Vec::new(), Vec::new());
        Schedule { policy, due, held, rivals: HashMap::new(), met, most_choices: 0 }
    }

    pub fn begin(&mut self, threadgroup: u64) {
        self.due.clear();
        self.held.clear();
        self.rivals.clear();
        match &mut self.policy {
            Policy::Random { seed, state } => *state = *seed ^ threadgroup.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            Policy::Choices { made, .. } => *made = 0,
            Policy::Eager | Policy::Late | Policy::Reverse => {}
        }
    }

    /// The most choices that one threadgroup had so far.
    pub fn most_choices(&self) -> usize {
        self.most_choices
    }

    /// The next operation begins.
    #[inline(always)]
    pub fn next_operation(&mut self) {
        self.met.clear();
    }

    /// A copy is issued. Returns whether it is held.
    pub fn issue(&mut self, flight: u32) -> bool {
        match self.policy {
            Policy::Eager => return false,
            Policy::Late | Policy::Choices { .. } => {}
            Policy::Reverse => self.held.push(flight),
            Policy::Random { .. } => {
                if self.draw(4) == 0 {
                    return false;
                }
                self.held.push(flight);
            }
        }
        true
    }

    /// A copy is waited for: it lands, at the latest now.
    pub fn wait(&mut self, flight: u32, flights: &Flights) {
        self.due.push(flight);
        if let Policy::Reverse = self.policy {
            let later = self.held.iter().rposition(|&held| held == flight);
            let mut after = later.map_or(Vec::new(), |at| self.held.split_off(at));
            after.retain(|&held| held != flight);
            self.due.extend(after);
        }
        for rival in self.rivals.remove(&flight).unwrap_or_default() {
            if !flights.get(rival).landed && self.choose() {
                self.due.push(rival);
            }
        }
    }

    /// A copy lands now at the latest: what it moves goes out of being.
    pub fn land(&mut self, flight: u32) {
        self.due.push(flight);
    }

    /// A moment at which copies may land if they like: between operations that issue, wait or synchronise.
    pub fn moment(&mut self) {
        if !matches!(self.policy, Policy::Random { .. }) {
            return;
        }
        while !self.held.is_empty() && self.draw(3) == 0 {
            let at = self.draw(self.held.len() as u64) as usize;
            self.due.push(self.held.swap_remove(at));
        }
    }

    /// What the current operation does conflicts with a copy in flight, so that it can be told whether that lands before.
    pub fn meet(&mut self, flight: u32, flights: &Flights) {
        if flights.get(flight).landed || self.met.contains(&flight) {
            return;
        }
        self.met.push(flight);
        if self.choose() {
            self.due.push(flight);
        }
    }

    /// Two copies are in flight and conflict.
    pub fn rival(&mut self, one: u32, other: u32) {
        if !matches!(self.policy, Policy::Random { .. } | Policy::Choices { .. }) {
            return;
        }
        for (one, other) in [(one, other), (other, one)] {
            let rivals = self.rivals.entry(one).or_default();
            if !rivals.contains(&other) {
                rivals.push(other);
            }
        }
    }

    /// The next copy that is to land, if it has not landed already.
    #[inline(always)]
    pub fn due(&mut self) -> Option<u32> {
        self.due.pop()
    }

    /// Makes a choice that can be told.
    fn choose(&mut self) -> bool {
        match &mut self.policy {
            Policy::Random { .. } => self.draw(2) == 0,
            Policy::Choices { ways, made } => {
                let way = ways.get(*made).is_some_and(|&way| way != 0);
                *made += 1;
                self.most_choices = self.most_choices.max(*made);
                way
            }
            Policy::Eager | Policy::Late | Policy::Reverse => false,
        }
    }

    /// A number below `bound`, by SplitMix64: its sequence is part of what `random:SEED` means, and must not change.
    fn draw(&mut self, bound: u64) -> u64 {
        let Policy::Random { state, .. } = &mut self.policy else { return 0 };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }
}
