//! Logical time in one threadgroup, and what it orders.
//!
//! A *tick* counts the synchronising operations of the worker. What orders two accesses of different threads is a barrier between them, and
//! barriers are met by all threads (of a simdgroup, for `simd_barrier`). So one number says it all: an access at tick `t` comes before
//! one now if a barrier that both threads met, and that names the memory's address space, stands at a later tick than `t`. No
//! verdict depends on the order in which the executor happens to run threads.
//!
//! Atomic operations order as well: what came before a release comes before what follows an acquire that sees it. Of that, too, a number is
//! enough: the last release that each simdgroup has acquired.
//!
//! The clock keeps the last barrier of each kind and the last one at another place: where only the last orders a conflicting pair,
//! it is *needed*.

use enigma_ir::{MemFlags, OpId};

use crate::record::{Agent, SIMDGROUPS};

/// A moment in the life of a worker, never 0.
pub type Tick = u32;

/// An address space that several threads share.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Shared {
    Threadgroup,
    Device,
}

impl Shared {
    const ALL: [Shared; 2] = [Shared::Threadgroup, Shared::Device];

    /// Whether a barrier with these flags orders this space.
    fn ordered_by(self, flags: MemFlags) -> bool {
        match flags {
            MemFlags::DeviceAndThreadgroup => true,
            MemFlags::Threadgroup => self == Shared::Threadgroup,
            MemFlags::Device => self == Shared::Device,
            MemFlags::None | MemFlags::Texture => false,
        }
    }
}

/// Who does something now, and what of its own simdgroup's past it may count on.
#[derive(Copy, Clone, Debug)]
pub struct Actor {
    pub agent: Agent,
    /// Whether all that its simdgroup did comes before it, as with the issue of a copy.
    pub collective: bool,
}

/// The last barrier of a kind, and the last one at another place: leaving out a statement leaves out all that it does in a loop.
#[derive(Copy, Clone, Debug)]
struct Barriers {
    last: Tick,
    site: Option<OpId>,
    before: Tick,
}

impl Barriers {
    fn none(begin: Tick) -> Self {
        Barriers { last: begin, site: None, before: begin }
    }

    fn meet(&mut self, now: Tick, site: OpId) {
        let before = if self.site == Some(site) { self.before } else { self.last };
        *self = Barriers { last: now, site: Some(site), before };
    }
}

/// The barriers that order one address space.
#[derive(Clone, Debug)]
struct Ordering {
    /// Of the threadgroup.
    all: Barriers,
    /// That each simdgroup met, those of the threadgroup among them.
    own: [Barriers; SIMDGROUPS],
}

/// Logical time.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Tick,
    /// When the threadgroup began: what is older is of another threadgroup, and never was.
    begin: Tick,
    spaces: [Ordering; 2],
    /// For each simdgroup, when the last release was that it has acquired.
    acquired: [Tick; SIMDGROUPS],
    /// By operation: whether it is a barrier that was met, and whether it was needed.
    met: Vec<bool>,
    needed: Vec<bool>,
    /// Something has run out; from here on nothing can be judged.
    exhausted: bool,
}

impl Clock {
    pub fn new(operations: usize) -> Self {
        let none = Barriers::none(0);
        let space = Ordering { all: none, own: [none; SIMDGROUPS] };
        Clock {
            now: 0,
            begin: 0,
            spaces: [space.clone(), space],
            acquired: [0; SIMDGROUPS],
            met: vec![false; operations],
            needed: vec![false; operations],
            exhausted: false,
        }
    }

    /// A threadgroup begins. Returns whether what the shadow memories hold must be forgotten, because ticks begin anew.
    pub fn begin(&mut self) -> bool {
        let anew = self.now > Tick::MAX / 2;
        if anew {
            self.now = 0;
        }
        self.begin = self.tick();
        self.acquired = [0; SIMDGROUPS];
        for space in &mut self.spaces {
            let none = Barriers::none(self.begin);
            *space = Ordering { all: none, own: [none; SIMDGROUPS] };
        }
        anew
    }

    pub fn now(&self) -> Tick {
        self.now
    }

    /// Whether something at that tick is of this threadgroup.
    #[inline(always)]
    pub fn is_current(&self, tick: Tick) -> bool {
        tick >= self.begin
    }

    /// Lets time go on.
    pub fn tick(&mut self) -> Tick {
        match self.now.checked_add(1) {
            Some(next) => self.now = next,
            None => self.exhaust(),
        }
        self.now
    }

    /// From here on nothing can be judged.
    pub fn exhaust(&mut self) {
        self.exhausted = true;
    }

    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// A lane of a simdgroup acquires what was released at that tick.
    pub fn acquire(&mut self, simdgroup: usize, released: Tick) {
        self.acquired[simdgroup] = self.acquired[simdgroup].max(released);
    }

    /// All threads meet a barrier.
    pub fn barrier(&mut self, site: OpId, flags: MemFlags) {
        let now = self.tick();
        let acquired = self.acquired.iter().copied().max().unwrap_or(0);
        self.acquired = [acquired; SIMDGROUPS];
        self.met[site.index()] = true;
        for shared in Shared::ALL.into_iter().filter(|shared| shared.ordered_by(flags)) {
            let space = &mut self.spaces[shared as usize];
            space.all.meet(now, site);
            space.own.iter_mut().for_each(|own| own.meet(now, site));
        }
    }

    /// The simdgroups of these bits meet a barrier of their own.
    pub fn simd_barrier(&mut self, site: OpId, flags: MemFlags, simdgroups: u32) {
        let now = self.tick();
        self.met[site.index()] = true;
        for shared in Shared::ALL.into_iter().filter(|shared| shared.ordered_by(flags)) {
            let own = self.spaces[shared as usize].own.iter_mut().enumerate();
            own.filter(|(group, _)| simdgroups >> group & 1 == 1).for_each(|(_, own)| own.meet(now, site));
        }
    }

    /// The tick since which nothing of other simdgroups is ordered.
    #[inline(always)]
    pub fn last_barrier(&self, shared: Shared) -> Tick {
        self.spaces[shared as usize].all.last
    }

    /// Whether of the barriers of the threadgroup only the last one, or more of the same place, stand after something at that tick.
    #[inline(always)]
    pub fn in_interval_before(&self, shared: Shared, tick: Tick) -> bool {
        let all = &self.spaces[shared as usize].all;
        all.before <= tick && tick < all.last && self.is_current(tick)
    }

    /// The last barrier of the threadgroup is needed.
    #[inline(always)]
    pub fn need_last_barrier(&mut self, shared: Shared) {
        if let Some(site) = self.spaces[shared as usize].all.site {
            self.needed[site.index()] = true;
        }
    }

    /// Whether what `agent` did at that tick comes before what `actor` does now.
    #[inline(always)]
    pub fn is_before(&mut self, shared: Shared, tick: Tick, agent: Agent, actor: Actor) -> bool {
        if !self.is_current(tick) || agent == actor.agent {
            return true;
        }
        let space = &self.spaces[shared as usize];
        let barriers = match agent.simdgroup() == actor.agent.simdgroup() {
            true if actor.collective => return true,
            true => &space.own[agent.simdgroup()],
            false => &space.all,
        };
        if tick >= barriers.last {
            return tick <= self.acquired[actor.agent.simdgroup()];
        }
        if let (true, Some(site)) = (tick >= barriers.before, barriers.site) {
            self.needed[site.index()] = true;
        }
        true
    }

    /// The barriers that were met, by operation, and those that were needed.
    pub fn into_barriers(self) -> (Vec<bool>, Vec<bool>) {
        (self.met, self.needed)
    }
}
