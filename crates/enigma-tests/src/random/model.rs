//! Who may touch what: the ownership model that keeps random kernels right.
//!
//! Memory is cut into *regions*. Of each the model knows the copies in flight and what was done to it since the last barrier that orders it,
//! as *shares*: which thread may have touched which of its elements. From that follows what must come before the
//! next access: nothing, a `simd_barrier`, a `barrier`, or a wait. The model knows nothing of single elements and errs on the side of too
//! much order, never of too little.

use enigma_ir::{DType, MemFlags, MemoryId, Opcode, ValueId};

/// How an access divides a region among the threads.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Share {
    /// Each thread touches elements of its own: of the band of its simdgroup, those that lie a simdgroup's width apart.
    Thread,
    /// Each simdgroup touches its own band, an equal part of the region.
    Band,
    /// One simdgroup touches any element, and the others none.
    Simdgroup(u32),
    /// Every thread touches any element.
    Everyone,
}

/// What is about to be done to a region.
#[derive(Copy, Clone, Debug)]
pub struct Access {
    pub share: Share,
    pub write: bool,
    /// Whether the simdgroup does it as one, as it issues a copy: its lanes need no order among each other.
    pub whole: bool,
    /// The atomic operation that it is, where all who do the same may do it at the same time.
    pub update: Option<Opcode>,
}

impl Access {
    pub const fn read(share: Share) -> Access {
        Access { share, write: false, whole: false, update: None }
    }

    pub const fn write(share: Share) -> Access {
        Access { share, write: true, whole: false, update: None }
    }

    /// An atomic operation on any element of the share, whose order makes no difference.
    pub const fn update(share: Share, code: Opcode) -> Access {
        Access { share, write: true, whole: false, update: Some(code) }
    }

    /// The same, done by a simdgroup as one.
    pub const fn as_one(self) -> Access {
        Access { whole: true, ..self }
    }
}

/// What was done to a region since the last barrier that orders it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Past {
    share: Share,
    write: bool,
    /// Whether the lanes of each simdgroup are ordered after it.
    settled: bool,
    /// Whether every simdgroup did the very same and may go on with its own result.
    redundant: bool,
    update: Option<Opcode>,
}

/// What must stand between the past and an access.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Order {
    None,
    Simdgroup,
    Threadgroup,
}

/// Where a region lies.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Place {
    Device,
    Threadgroup,
}

/// Consecutive elements of one memory, of one threadgroup.
#[derive(Clone, Debug)]
pub struct Region {
    pub memory: MemoryId,
    pub place: Place,
    pub dtype: DType,
    /// Its first element.
    pub base: ValueId,
    /// Its elements, a multiple of the lanes of all simdgroups.
    pub len: u32,
    /// Whether every element was written.
    pub initialised: bool,
    past: Vec<Past>,
    /// Copies in flight that read it, and that write it.
    pub flying: [u32; 2],
}

impl Region {
    pub fn new(memory: MemoryId, place: Place, dtype: DType, base: ValueId, len: u32) -> Region {
        let initialised = place == Place::Device;
        Region { memory, place, dtype, base, len, initialised, past: Vec::new(), flying: [0, 0] }
    }

    /// Whether a copy in flight forbids the access.
    pub fn is_busy(&self, write: bool) -> bool {
        self.flying[1] > 0 || write && self.flying[0] > 0
    }

    /// What must come first, in a threadgroup of so many simdgroups.
    pub fn order(&self, access: Access, simdgroups: u32) -> Order {
        self.past.iter().map(|past| past.order(access, simdgroups)).max().unwrap_or(Order::None)
    }

    /// Writes an access down.
    pub fn touch(&mut self, access: Access) {
        self.land(access, false);
    }

    /// Writes down that a copy was waited for. `redundant`: every simdgroup issued it.
    pub fn land(&mut self, access: Access, redundant: bool) {
        let Access { share, write, whole: settled, update } = access;
        self.remember(Past { share, write, settled, redundant, update });
    }

    fn remember(&mut self, past: Past) {
        if !self.past.contains(&past) {
            self.past.push(past);
        }
    }

    /// A barrier with these flags.
    pub fn barrier(&mut self, flags: MemFlags) {
        if orders(flags, self.place) {
            self.past.clear();
        }
    }

    /// A `simd_barrier` with these flags, of that simdgroup alone or of all.
    pub fn simd_barrier(&mut self, flags: MemFlags, only: Option<u32>) {
        for past in self.past.iter_mut().filter(|_| orders(flags, self.place)) {
            past.settled |= only.is_none_or(|only| past.share == Share::Simdgroup(only));
        }
    }

    /// A loop begins whose body may do anything to the region in the iteration before; `only` if one simdgroup alone runs it.
    pub fn soil(&mut self, only: Option<u32>) {
        let share = only.map_or(Share::Everyone, Share::Simdgroup);
        self.remember(Past { share, write: true, settled: false, redundant: false, update: None });
    }

    /// Two ways come together.
    pub fn join(&mut self, other: &Region) {
        self.initialised &= other.initialised;
        other.past.iter().for_each(|&past| self.remember(past));
    }
}

impl Past {
    fn order(&self, access: Access, simdgroups: u32) -> Order {
        if !self.write && !access.write || self.share == Share::Thread && access.share == Share::Thread {
            return Order::None;
        }
        if self.update.is_some() && self.update == access.update {
            return Order::None;
        }
        if self.redundant && !access.write && !access.whole {
            return Order::None;
        }
        let banded = |share| matches!(share, Share::Thread | Share::Band);
        let same_simdgroup = simdgroups == 1
            || banded(self.share) && banded(access.share)
            || self.share == access.share && matches!(access.share, Share::Simdgroup(_));
        match same_simdgroup {
            true if self.settled || access.whole => Order::None,
            true => Order::Simdgroup,
            false => Order::Threadgroup,
        }
    }
}

/// Whether a barrier with these flags orders memory there.
pub fn orders(flags: MemFlags, place: Place) -> bool {
    match flags {
        MemFlags::DeviceAndThreadgroup => true,
        MemFlags::Device => place == Place::Device,
        MemFlags::Threadgroup => place == Place::Threadgroup,
        MemFlags::None | MemFlags::Texture => false,
    }
}
