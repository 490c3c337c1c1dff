//! Accesses of single elements: plain, masked, wide and atomic ones.

use enigma_ir::{Arg, DType, Opcode, ValueId};

use super::author::Author;
use super::model::{Access, Region, Share};
use super::scribe::int;

/// An index that lies in no memory.
const NOWHERE: i64 = 1 << 30;
/// Counters of each kind that the whole grid shares.
const COUNTERS: u32 = 4;
/// Elements of the buffer of them.
pub const COUNTS: u32 = COUNTERS * UPDATES.len() as u32;
/// Atomic operations whose order makes no difference, and what they do.
const UPDATES: [(Opcode, Opcode); 6] = [
    (Opcode::AtomicFetchAdd, Opcode::Add),
    (Opcode::AtomicFetchMin, Opcode::Imin),
    (Opcode::AtomicFetchMax, Opcode::Imax),
    (Opcode::AtomicFetchAnd, Opcode::And),
    (Opcode::AtomicFetchOr, Opcode::Or),
    (Opcode::AtomicFetchXor, Opcode::Xor),
];

/// Whether atomic operations work on it.
fn is_word(dtype: DType) -> bool {
    matches!(dtype, DType::I32 | DType::U32 | DType::F32)
}

impl Author {
    pub fn write_share(&mut self) {
        let region = self.random.usize(..self.regions.len());
        let share = self.who.only.map_or(Share::Thread, Share::Simdgroup);
        if !self.ready(&[(region, Access::write(share))]) {
            return;
        }
        let Region { memory, dtype, len, .. } = self.regions[region];
        let (first, len) = self.part(region, share, len);
        let whole = !self.who.diverged && (self.random.bool() || !self.regions[region].initialised);
        if whole {
            let (index, _) = self.scribe.begin_for([self.lane.into(), int(len.into()), self.lanes.clone()], &[]);
            self.data.push(index);
            let value = self.storable(dtype);
            self.data.pop();
            let at = self.scribe.value(Opcode::Add, &[first.into(), index.into()]);
            self.scribe.does(Opcode::Store, &[memory.into(), at.into(), value.into()]);
            self.scribe.end_for(&[]);
            self.regions[region].initialised = true;
        } else {
            let value = self.storable(dtype);
            let at = self.scribe.value(Opcode::Add, &[first.into(), self.lane.into()]);
            self.scribe.does(Opcode::Store, &[memory.into(), at.into(), value.into()]);
        }
        self.regions[region].touch(Access::write(share));
    }

    pub fn read_share(&mut self) {
        let Some(region) = self.initialised_region() else { return };
        let mut share = self.anyone();
        if share == Share::Everyone {
            share = self.pick(&[Share::Thread, Share::Band, Share::Everyone, Share::Everyone]);
        }
        let access = Access::read(share);
        if !self.ready(&[(region, access)]) {
            return;
        }
        let (first, len) = self.part(region, share, self.regions[region].len);
        let at = if share == Share::Thread { self.lane } else { self.below(len) };
        let at = self.scribe.value(Opcode::Add, &[first.into(), at.into()]);
        let loaded = self.scribe.value(Opcode::Load, &[self.regions[region].memory.into(), at.into()]);
        self.learn(loaded);
        self.regions[region].touch(access);
    }

    /// `index` where a condition holds, else one that lies nowhere; the condition.
    fn masked(&mut self, index: ValueId) -> (Arg, ValueId) {
        let mask = self.divergent_condition();
        let index = self.scribe.value(Opcode::Select, &[int(NOWHERE), index.into(), mask.into()]);
        (index.into(), mask)
    }

    /// The element of a region that is this thread's own; `None` where it must not be written here.
    fn own_element(&mut self, admits: impl Fn(&Region) -> bool) -> Option<(usize, Access, ValueId)> {
        let region = self.region_where(admits)?;
        let share = self.who.only.map_or(Share::Thread, Share::Simdgroup);
        let access = Access::write(share);
        if !self.ready(&[(region, access)]) {
            return None;
        }
        let (first, _) = self.part(region, share, self.regions[region].len);
        let at = self.scribe.value(Opcode::Add, &[first.into(), self.lane.into()]);
        Some((region, access, at))
    }

    pub fn write_masked(&mut self) {
        let Some((region, access, at)) = self.own_element(|_| true) else { return };
        let Region { memory, dtype, .. } = self.regions[region];
        let value = self.storable(dtype);
        let (at, mask) = self.masked(at);
        self.scribe.does(Opcode::StoreIf, &[memory.into(), at, value.into(), mask.into()]);
        self.regions[region].touch(access);
    }

    pub fn read_masked(&mut self) {
        let Some(region) = self.initialised_region() else { return };
        let access = Access::read(self.anyone());
        if !self.ready(&[(region, access)]) {
            return;
        }
        let Region { memory, base, len, .. } = self.regions[region];
        let at = self.below(len);
        let at = self.scribe.value(Opcode::Add, &[base.into(), at.into()]);
        let (at, mask) = self.masked(at);
        let default = if self.random.bool() { Arg::Missing } else { int(1) };
        let loaded = self.scribe.value(Opcode::LoadIf, &[memory.into(), at, mask.into(), default]);
        self.learn(loaded);
        self.regions[region].touch(access);
    }

    /// Several elements at once, of which each lane has some of its own.
    pub fn write_wide(&mut self) {
        if self.who.only.is_some() {
            return;
        }
        let region = self.random.usize(..self.regions.len());
        let access = Access::write(Share::Band);
        let Region { memory, dtype, len, .. } = self.regions[region];
        let own = len / self.shape.simdgroups / 32;
        if own < 2 || !self.ready(&[(region, access)]) {
            return;
        }
        let (first, _) = self.part(region, Share::Band, len);
        let before = self.scribe.value(Opcode::Mul, &[self.lane.into(), int(own.into())]);
        let at = self.scribe.value(Opcode::Add, &[first.into(), before.into()]);
        let components: Vec<Arg> = (0..own.min(4)).map(|_| self.storable(dtype).into()).collect();
        let value = self.scribe.value(Opcode::MakeVec, &components);
        self.scribe.does(Opcode::VecStore, &[memory.into(), at.into(), value.into()]);
        self.regions[region].touch(access);
    }

    pub fn read_wide(&mut self) {
        let Some(region) = self.initialised_region() else { return };
        let access = Access::read(self.anyone());
        if !self.ready(&[(region, access)]) {
            return;
        }
        let Region { memory, base, len, .. } = self.regions[region];
        let at = self.below(len - 3);
        let at = self.scribe.value(Opcode::Add, &[base.into(), at.into()]);
        let width = self.random.i64(2..5);
        let loaded = self.scribe.value(Opcode::VecLoad, &[memory.into(), at.into(), int(width)]);
        let lane = self.random.i64(0..width);
        let loaded = self.scribe.value(Opcode::VecExtract, &[loaded.into(), int(lane)]);
        self.learn(loaded);
        self.regions[region].touch(access);
    }

    /// A memory order. A kernel that is spoiled has no order that mends it.
    fn order(&mut self, orders: &[&str]) -> Arg {
        let order = self.pick(orders);
        Arg::Name(if self.scribe.is_spoiled() { "relaxed" } else { order }.to_owned())
    }

    /// An atomic operation on the thread's own element, which nobody else touches meanwhile: what it held is known.
    pub fn exchange(&mut self) {
        let own = self.own_element(|region| is_word(region.dtype) && region.initialised);
        let Some((region, access, at)) = own else { return };
        let Region { memory, dtype, .. } = self.regions[region];
        let value = self.storable(dtype);
        let order = self.order(&["relaxed", "acquire", "release", "acq_rel"]);
        match self.random.u32(..5) {
            0 => {
                let order = self.order(&["relaxed", "release"]);
                self.scribe.does(Opcode::AtomicStore, &[memory.into(), at.into(), value.into(), order]);
            }
            1 => {
                let order = self.order(&["relaxed", "acquire"]);
                let held = self.scribe.value(Opcode::AtomicLoad, &[memory.into(), at.into(), order]);
                self.learn(held);
            }
            2 => {
                let held = self.scribe.value(Opcode::AtomicLoad, &[memory.into(), at.into()]);
                let (success, failure) = (order, self.order(&["relaxed", "acquire"]));
                let operands = [memory.into(), at.into(), held.into(), value.into(), success, failure];
                // It may fail, so that what is known of the element is what it is given next.
                self.scribe.does(Opcode::AtomicCompareExchangeWeak, &operands);
                self.scribe.does(Opcode::AtomicStore, &[memory.into(), at.into(), value.into()]);
            }
            3 => {
                let code = match dtype {
                    DType::F32 => Opcode::AtomicFetchAdd,
                    _ => self.pick(&UPDATES).0,
                };
                let held = self.scribe.value(code, &[memory.into(), at.into(), value.into(), order]);
                self.learn(held);
            }
            _ => {
                let held = self.scribe.value(Opcode::AtomicExchange, &[memory.into(), at.into(), value.into(), order]);
                self.learn(held);
            }
        }
        self.regions[region].touch(access);
    }

    /// Sometimes subtraction in the place of addition: the two may come in any order.
    fn or_less(&mut self, atomic: Opcode, plain: Opcode) -> (Opcode, Opcode) {
        match atomic {
            Opcode::AtomicFetchAdd if self.chance(3) => (Opcode::AtomicFetchSub, Opcode::Sub),
            _ => (atomic, plain),
        }
    }

    /// An atomic operation on any element of a region, which others may do too.
    pub fn update(&mut self) {
        let Some(region) = self.region_where(|region| is_word(region.dtype) && region.initialised) else { return };
        let Region { memory, dtype, base, len, .. } = self.regions[region];
        let (atomic, plain) = if dtype == DType::F32 { UPDATES[0] } else { self.pick(&UPDATES) };
        let access = Access::update(self.anyone(), atomic);
        if !self.ready(&[(region, access)]) {
            return;
        }
        let at = self.below(len);
        let at = self.scribe.value(Opcode::Add, &[base.into(), at.into()]);
        let value = self.storable(dtype);
        let order = self.order(&["relaxed", "acquire", "release", "acq_rel"]);
        let (atomic, plain) = self.or_less(atomic, plain);
        self.scribe.update(atomic, plain, [memory.into(), at.into(), value.into(), order]);
        self.regions[region].touch(access);
    }

    /// An atomic operation on a counter of the whole grid.
    pub fn count(&mut self) {
        let kind = self.random.usize(..UPDATES.len());
        let (atomic, plain) = UPDATES[kind];
        let number = self.below(COUNTERS);
        let at = self.scribe.value(Opcode::Add, &[number.into(), int(i64::from(COUNTERS) * kind as i64)]);
        let value = self.datum();
        let order = self.order(&["relaxed", "acquire", "release", "acq_rel"]);
        let (atomic, plain) = self.or_less(atomic, plain);
        self.scribe.update(atomic, plain, [self.counts.into(), at.into(), value.into(), order]);
    }
}
