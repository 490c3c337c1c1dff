//! The threads of a launch.

use enigma_ir::{Arg, Opcode, ValueId};
use fastrand::Rng;

use super::scribe::{Scribe, int};

/// Threadgroups in up to three dimensions, the last ones of each row of threadgroups smaller where the grid is ragged. All have as
/// many simdgroups, the last of which need not be whole.
#[derive(Copy, Clone)]
pub struct Shape {
    pub simdgroups: u32,
    /// Threads of a threadgroup that is not at the edge.
    pub threads: u32,
    /// The same, in x, y and z.
    pub extent: [u32; 3],
    /// Threadgroups in x and y.
    across: [u32; 2],
    /// What the grid lacks in x.
    pub missing: u32,
}

impl Shape {
    pub fn draw(random: &mut Rng) -> Shape {
        let simdgroups = [1, 1, 2, 2, 3, 4][random.usize(..6)];
        let fewer = if random.u32(..4) == 0 { random.u32(1..24) } else { 0 };
        let threads = 32 * simdgroups - fewer;
        let layers = match random.u32(..3) {
            0 if threads.is_multiple_of(8) => [[8, 1], [2, 4], [4, 2]][random.usize(..3)],
            _ => [1, 1],
        };
        let [rows, planes] = layers;
        let columns = threads / (rows * planes);
        let across = [[1, 1], [2, 1], [3, 1], [4, 1], [2, 2], [1, 3]][random.usize(..6)];
        // At least one thread is left in the last simdgroup.
        let spare = (threads - 32 * (simdgroups - 1) - 1) / (rows * planes);
        let missing = if random.u32(..4) == 0 { random.u32(..=spare.min(columns - 1)) } else { 0 };
        Shape { simdgroups, threads, extent: [columns, rows, planes], across, missing }
    }

    pub fn grid(&self) -> [u32; 3] {
        let [columns, rows, planes] = self.extent;
        [columns * self.across[0] - self.missing, rows * self.across[1], planes]
    }

    pub fn threadgroups(&self) -> u32 {
        self.across[0] * self.across[1]
    }

    /// The number of the threadgroup, whose place in x is `column`.
    pub fn threadgroup(&self, scribe: &mut Scribe, column: ValueId) -> ValueId {
        if self.across[1] == 1 {
            return column;
        }
        let row = scribe.value(Opcode::ThreadgroupPositionInGrid, &[Arg::Name("y".to_owned())]);
        let before = scribe.value(Opcode::Mul, &[row.into(), int(self.across[0].into())]);
        let number = scribe.value(Opcode::Add, &[before.into(), column.into()]);
        scribe.call_it(number, "tg")
    }

    /// How many lanes the simdgroup has.
    pub fn lanes(&self, scribe: &mut Scribe, simdgroup: ValueId, column: ValueId) -> Arg {
        let [_, rows, planes] = self.extent;
        let last = self.threads - 32 * (self.simdgroups - 1);
        let last_at_edge = last - self.missing * rows * planes;
        if last == 32 && last_at_edge == 32 {
            return int(32);
        }
        let is_edge = scribe.value(Opcode::CmpEq, &[column.into(), int((self.across[0] - 1).into())]);
        let in_last = scribe.value(Opcode::Select, &[int(last.into()), int(last_at_edge.into()), is_edge.into()]);
        let is_last = scribe.value(Opcode::CmpEq, &[simdgroup.into(), int((self.simdgroups - 1).into())]);
        let lanes = scribe.value(Opcode::Select, &[int(32), in_last.into(), is_last.into()]);
        scribe.call_it(lanes, "lanes").into()
    }
}
