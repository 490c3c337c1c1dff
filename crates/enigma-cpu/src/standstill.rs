//! Tells when no worker of a launch can go on.
//!
//! A threadgroup that waits in a loop for what another writes is *idle*: an iteration leaves everything as it was. Somebody else may
//! change what it looks at, as long as somebody else is not idle. Once all are, and each has gone through a whole iteration
//! since the last of them became so, nothing will ever change again.
//!
//! So time is cut into *rounds*, one beginning whenever a worker becomes idle, is busy again, or leaves. A worker whose iteration lies in
//! one round agrees to it. If all agree to a round, no one has written anything in it: the first to do so would have had
//! an iteration that began before the round, and could not have agreed yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the workers of a launch know of each other.
#[derive(Debug)]
pub struct Standstill {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    workers: u64,
    round: u64,
    /// The workers that agree to this round.
    agreed: u64,
}

/// What an idle worker knows: the round in which its last iteration ended, and whether it agreed to it.
#[derive(Copy, Clone, Debug)]
pub struct Idle {
    round: u64,
    agreed: bool,
}

impl Standstill {
    pub fn new(workers: u64) -> Self {
        Standstill { state: Mutex::new(State { workers, round: 0, agreed: 0 }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker has gone through an iteration that left everything as it was. Returns whether all stand still.
    pub fn idle(&self, worker: &mut Option<Idle>) -> bool {
        let mut state = self.state();
        match worker {
            Some(idle) if idle.round == state.round => {
                state.agreed += u64::from(!std::mem::replace(&mut idle.agreed, true));
            }
            known => {
                if known.is_none() {
                    state.begin_round();
                }
                *known = Some(Idle { round: state.round, agreed: false });
            }
        }
        let still = state.agreed == state.workers;
        drop(state);
        if !still {
            std::thread::yield_now();
        }
        still
    }

    /// A worker goes on, if it was idle.
    pub fn busy(&self, worker: &mut Option<Idle>) {
        if worker.take().is_some() {
            self.state().begin_round();
        }
    }

    /// A worker has nothing left to do.
    pub fn leave(&self) {
        let mut state = self.state();
        state.workers -= 1;
        state.begin_round();
    }
}

impl State {
    fn begin_round(&mut self) {
        self.round += 1;
        self.agreed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stand_still_when_all_went_round_since_the_last_one_stopped() {
        let all = Standstill::new(2);
        let (mut a, mut b) = (None, None);
        assert!(!all.idle(&mut a) && !all.idle(&mut a) && !all.idle(&mut a));
        assert!(!all.idle(&mut b), "its iteration began before");
        assert!(!all.idle(&mut b), "the other has not been round since");
        assert!(!all.idle(&mut a), "that one began before");
        all.busy(&mut b);
        assert!(!all.idle(&mut a) && !all.idle(&mut a) && !all.idle(&mut b));
        assert!(!all.idle(&mut a) && !all.idle(&mut b));
        assert!(all.idle(&mut a));
    }

    #[test]
    fn who_has_left_is_not_waited_for() {
        let all = Standstill::new(2);
        let mut a = None;
        assert!(!all.idle(&mut a) && !all.idle(&mut a));
        all.leave();
        assert!(!all.idle(&mut a), "what that one did last is not seen yet");
        assert!(all.idle(&mut a));
    }
}
