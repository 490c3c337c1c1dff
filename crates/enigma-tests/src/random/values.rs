//! Values: what is stored, what indexes, and what branches depend on.
//!
//! *Steady* values follow from positions, loops, scalars and buffers that the kernel never writes. Only they decide where an
//! access goes and whether it happens, so that a kernel with a sync missing makes the same accesses in every order. *Data* is anything.

use enigma_ir::{Arg, DType, Opcode, ValueId};

use super::author::Author;
use super::scribe::int;

impl Author {
    pub fn chance(&mut self, one_in: u32) -> bool {
        self.random.u32(..one_in) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.usize(..from.len())]
    }

    /// A number that is known here; the kernel may have it as a constant or compute it at run time.
    pub fn number(&mut self, number: u32) -> Arg {
        if self.random.bool() {
            return int(number.into());
        }
        let (value, known) = self.pick(&self.numbers.clone());
        let apart = i64::from(number) - i64::from(known);
        match apart {
            0 => value.into(),
            1.. => self.scribe.value(Opcode::Add, &[value.into(), int(apart)]).into(),
            _ => self.scribe.value(Opcode::Sub, &[value.into(), int(-apart)]).into(),
        }
    }

    /// A truth value that is the same for all threads; the kernel may compute it at run time.
    pub fn truth(&mut self, truth: bool) -> ValueId {
        let (value, known) = self.pick(&self.numbers.clone());
        let code = if truth { Opcode::CmpEq } else { Opcode::CmpNe };
        self.scribe.value(code, &[value.into(), int(known.into())])
    }

    /// Some steady `uint`, more often than not another one in each thread.
    pub fn steady(&mut self) -> ValueId {
        let mut value = self.pick(&self.steady.clone());
        for _ in 0..self.random.u32(..3) {
            let other = self.pick(&self.steady.clone());
            let factor = int(self.random.i64(1..12));
            value = match self.random.u32(..4) {
                0 => self.scribe.value(Opcode::Add, &[value.into(), other.into()]),
                1 => self.scribe.value(Opcode::Mul, &[value.into(), factor]),
                2 => self.scribe.value(Opcode::Xor, &[value.into(), other.into()]),
                _ => self.scribe.value(Opcode::Shr, &[value.into(), int(1)]),
            };
        }
        value
    }

    /// A steady `uint` below `limit`.
    pub fn below(&mut self, limit: u32) -> ValueId {
        let value = self.steady();
        let limit = self.number(limit);
        self.scribe.value(Opcode::Rem, &[value.into(), limit])
    }

    /// A condition that the same for all threads of a threadgroup.
    pub fn uniform_condition(&mut self) -> ValueId {
        match self.random.u32(..4) {
            0 => self.truth(true),
            1 => self.truth(false),
            2 => {
                let limit = self.random.i64(0..4);
                self.scribe.value(Opcode::CmpLe, &[self.threadgroup.into(), int(limit)])
            }
            _ => {
                let (dtype, input) = self.inputs[0];
                let loaded = self.scribe.value(Opcode::Load, &[input.into(), self.threadgroup.into()]);
                debug_assert_eq!(dtype, DType::I32);
                let bit = self.scribe.value(Opcode::And, &[loaded.into(), int(1)]);
                self.scribe.value(Opcode::CmpEq, &[bit.into(), int(0)])
            }
        }
    }

    /// A condition that may differ from thread to thread.
    pub fn divergent_condition(&mut self) -> ValueId {
        let value = self.steady();
        let limit = self.random.i64(1..8);
        let value = self.scribe.value(Opcode::And, &[value.into(), int(7)]);
        self.scribe.value(Opcode::CmpLt, &[value.into(), int(limit)])
    }

    /// Some `int` made of what is known.
    pub fn datum(&mut self) -> ValueId {
        let mut value = self.ingredient();
        for _ in 0..self.random.u32(1..3) {
            let other = self.ingredient();
            let both = [value.into(), other.into()];
            value = match self.random.u32(..7) {
                0 | 1 => self.scribe.value(Opcode::Add, &both),
                2 => self.scribe.value(Opcode::Sub, &both),
                3 => self.scribe.value(Opcode::Xor, &both),
                4 => {
                    let factor = self.random.i64(2..100);
                    self.scribe.value(Opcode::Mul, &[value.into(), int(factor)])
                }
                5 => {
                    let condition = self.scribe.value(Opcode::CmpLt, &both);
                    self.scribe.value(Opcode::Select, &[value.into(), other.into(), condition.into()])
                }
                _ => self.scribe.value(Opcode::Shr, &[value.into(), int(3)]),
            };
        }
        self.as_int(value)
    }

    fn ingredient(&mut self) -> ValueId {
        let from = if self.data.is_empty() || self.chance(4) { &self.steady } else { &self.data };
        let from = from.clone();
        self.pick(&from)
    }

    /// Everything that is known, in one number.
    pub fn digest(&mut self) -> ValueId {
        let mut digest = self.thread;
        for value in self.data.clone() {
            digest = self.scribe.value(Opcode::Mul, &[digest.into(), int(31)]);
            digest = self.scribe.value(Opcode::Add, &[digest.into(), value.into()]);
        }
        self.as_int(digest)
    }

    pub fn as_int(&mut self, value: ValueId) -> ValueId {
        self.scribe.value(Opcode::Cast, &[value.into(), Arg::DType(DType::I32)])
    }

    /// A loaded element as an `int`, kept for later. Floats hold small whole numbers.
    pub fn learn(&mut self, loaded: ValueId) {
        let value = self.as_int(loaded);
        self.data.push(value);
    }

    /// What may be stored as that type: for floats a small whole number, so that sums and products are exact.
    pub fn storable(&mut self, dtype: DType) -> ValueId {
        let value = self.datum();
        match dtype.is_float() {
            true => self.scribe.value(Opcode::And, &[value.into(), int(255)]),
            false => value,
        }
    }
}
