//! Functions of simdgroups and quads.

use enigma_ir::{Arg, DType, Opcode, ValueId};

use super::author::Author;
use super::scribe::int;

use Opcode::*;

/// What takes part in the active lanes, whichever they are; of integers.
const OF_ACTIVE_LANES: [Opcode; 20] = [
    SimdSum,
    SimdProduct,
    SimdMin,
    SimdMax,
    SimdAnd,
    SimdOr,
    SimdXor,
    SimdPrefixExclusiveSum,
    SimdPrefixInclusiveSum,
    SimdPrefixExclusiveProduct,
    SimdPrefixInclusiveProduct,
    QuadSum,
    QuadProduct,
    QuadMin,
    QuadMax,
    QuadAnd,
    QuadOr,
    QuadXor,
    QuadPrefixExclusiveSum,
    QuadPrefixInclusiveSum,
];
/// Those of them that give exact results for small whole numbers as floats.
const OF_FLOATS: [Opcode; 10] = [
    SimdSum,
    SimdMin,
    SimdMax,
    SimdPrefixExclusiveSum,
    SimdPrefixInclusiveSum,
    QuadSum,
    QuadMin,
    QuadMax,
    QuadPrefixExclusiveSum,
    QuadPrefixInclusiveSum,
];
/// What reads another lane, which must be there.
const SHUFFLES: [(Opcode, Reads); 10] = [
    (SimdShuffle, Reads::Lane),
    (SimdShuffleUp, Reads::Up(32)),
    (SimdShuffleDown, Reads::Beyond(32)),
    (SimdShuffleXor, Reads::Beyond(32)),
    (SimdBroadcast, Reads::Same(32)),
    (QuadShuffle, Reads::Quad),
    (QuadShuffleUp, Reads::Up(4)),
    (QuadShuffleDown, Reads::Beyond(4)),
    (QuadShuffleXor, Reads::Beyond(4)),
    (QuadBroadcast, Reads::Beyond(4)),
];

/// Which lane a shuffle reads.
#[derive(Copy, Clone)]
enum Reads {
    /// Any of the simdgroup, each lane another one.
    Lane,
    /// One of so many, the same for all.
    Same(u32),
    /// One of its quad.
    Quad,
    /// One below.
    Up(u32),
    /// One above, which only whole simdgroups have.
    Beyond(u32),
}

impl Author {
    /// A function of the simdgroup or the quad; its result is kept.
    pub fn among_lanes(&mut self) {
        // Of what shuffles read, lanes must be there that diverged ones are not.
        let made = if self.who.diverged || self.random.bool() { self.of_active_lanes() } else { self.shuffled() };
        let number = self.as_int(made);
        self.data.push(number);
    }

    /// A line for some threads, which changes nothing.
    pub fn print(&mut self) {
        let (value, condition) = (self.datum(), self.divergent_condition());
        let text = Arg::Name("lane {}: {:>6}".to_owned());
        self.scribe.does(DebugPrint, &[text, condition.into(), self.lane.into(), value.into()]);
    }

    fn of_active_lanes(&mut self) -> ValueId {
        let datum = self.datum();
        if self.chance(4) {
            let small = self.scribe.value(And, &[datum.into(), int(7)]);
            let dtype = self.pick(&[DType::F32, DType::F16, DType::BF16]);
            let float = self.scribe.value(Cast, &[small.into(), Arg::DType(dtype)]);
            let code = self.pick(&OF_FLOATS);
            return self.scribe.value(code, &[float.into()]);
        }
        let code = self.pick(&OF_ACTIVE_LANES);
        let dtype = self.pick(&[DType::I32, DType::I32, DType::U32, DType::I16, DType::U8, DType::I64]);
        let number = self.scribe.value(Cast, &[datum.into(), Arg::DType(dtype)]);
        self.scribe.value(code, &[number.into()])
    }

    fn shuffled(&mut self) -> ValueId {
        let (code, reads) = self.pick(&SHUFFLES);
        let whole = self.has_whole_simdgroups();
        let datum = self.datum();
        let lane = match reads {
            Reads::Lane => {
                let (steady, lanes) = (self.steady(), self.lanes.clone());
                self.scribe.value(Rem, &[steady.into(), lanes]).into()
            }
            Reads::Same(lanes) | Reads::Beyond(lanes) if whole => int(self.random.u32(..lanes).into()),
            Reads::Up(lanes) => int(self.random.u32(..lanes).into()),
            Reads::Quad if whole => {
                let steady = self.steady();
                self.scribe.value(And, &[steady.into(), int(3)]).into()
            }
            // Every simdgroup has a first lane, and every quad.
            Reads::Same(_) | Reads::Quad | Reads::Beyond(_) => int(0),
        };
        self.scribe.value(code, &[datum.into(), lane])
    }
}
