//! What the lanes of a simdgroup or of a quad do together.
//!
//! AIR's functions take no 64-bit integers. What moves bits, or combines them one by one, is done to the two halves; sums,
//! products and the like visit the active lanes one after the other.

use enigma_ir::table::Group;
use enigma_ir::{DType, Op, Opcode, ValueId};
use smallvec::{SmallVec, smallvec};

use super::numbers::{register_type, suffix};
use super::{Components, Effect, Lowering};
use crate::llvm::{BinaryOp, CastOp, IntPredicate, Type, Value};

/// How the values of several lanes become one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Combine {
    Sum,
    Product,
    Least,
    Greatest,
}

/// Which of the active lanes count.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Reach {
    All,
    Below,
    UpToOwn,
}

/// What a function folds, if it does, and over which lanes.
fn fold(code: Opcode) -> Option<(Combine, Reach)> {
    use Opcode::*;
    Some(match code {
        SimdSum | QuadSum => (Combine::Sum, Reach::All),
        SimdProduct | QuadProduct => (Combine::Product, Reach::All),
        SimdMin | QuadMin => (Combine::Least, Reach::All),
        SimdMax | QuadMax => (Combine::Greatest, Reach::All),
        SimdPrefixExclusiveSum | QuadPrefixExclusiveSum => (Combine::Sum, Reach::Below),
        SimdPrefixInclusiveSum | QuadPrefixInclusiveSum => (Combine::Sum, Reach::UpToOwn),
        SimdPrefixExclusiveProduct => (Combine::Product, Reach::Below),
        SimdPrefixInclusiveProduct => (Combine::Product, Reach::UpToOwn),
        _ => return None,
    })
}

/// The lanes that a function is of.
struct Lanes {
    prefix: &'static str,
    count: i128,
}

impl Lanes {
    fn of(code: Opcode) -> Lanes {
        match code.info().group {
            Group::Quad => Lanes { prefix: "quad", count: 4 },
            _ => Lanes { prefix: "simd", count: 32 },
        }
    }
}

impl Lowering<'_, '_> {
    pub fn lane_function(&mut self, op: &Op) {
        let other = op.operands.get(1).map(|&other| self.lane_operand(op.code, other));
        self.compute(op, |this, dtype, x| match (dtype.bits(), fold(op.code)) {
            (64, Some((combine, reach))) => this.visit_lanes(Lanes::of(op.code), dtype, x[0], combine, reach),
            (64, None) => this.by_halves(op.code.info().name, x[0], other),
            _ => this.lane_call(op.code.info().name, dtype, x[0], other),
        });
    }

    /// The lane, the distance or the mask of a shuffle, as an `i16`. A distance, and what is constant, is brought into the
    /// range that Metal defines.
    fn lane_operand(&mut self, code: Opcode, operand: ValueId) -> Value {
        use Opcode::*;
        let lanes = Lanes::of(code).count;
        if matches!(code, SimdShuffleUp | SimdShuffleDown | QuadShuffleUp | QuadShuffleDown) {
            let (distance, limit) = (self.widened(operand), self.out.int(Type::I64, lanes));
            let distance = self.clamped(distance, limit);
            return match self.out.known(distance) {
                Some(distance) => self.out.int(Type::I16, distance.into()),
                None => self.out.cast(CastOp::Trunc, distance, Type::I16),
            };
        }
        match self.kernel.integer(operand) {
            Some(lane) => self.out.int(Type::I16, lane.rem_euclid(lanes)),
            None => {
                let dtype = self.element_type(operand);
                let lane = self.number(operand);
                self.resized(lane, dtype, DType::U16)
            }
        }
    }

    fn lane_call(&mut self, function: &str, dtype: DType, x: Value, other: Option<Value>) -> Value {
        let arguments: SmallVec<[Value; 2]> = [x].into_iter().chain(other).collect();
        self.air(&format!("{function}.{}", suffix(dtype)), Effect::Convergent, register_type(dtype), &arguments)
    }

    /// A function that treats each bit alike.
    fn by_halves(&mut self, function: &str, x: Value, other: Option<Value>) -> Value {
        let halves = self.halves(x).map(|bits| self.lane_call(function, DType::U32, bits, other));
        self.joined(halves)
    }

    fn visit_lanes(&mut self, lanes: Lanes, dtype: DType, x: Value, combine: Combine, reach: Reach) -> Value {
        let Lanes { prefix, count } = lanes;
        let active = self.active_lanes(prefix);
        let [zero, one, count] = [0, 1, count].map(|n| self.out.int(Type::I64, n));
        let start = match combine {
            Combine::Sum => zero,
            Combine::Product => one,
            Combine::Least | Combine::Greatest => x,
        };
        // A lane's place among the active ones, and how many of them were visited.
        let own_place = (reach != Reach::All).then(|| {
            let one = self.out.int(Type::I32, 1);
            self.lane_call(&format!("{prefix}_prefix_exclusive_sum"), DType::U32, one, None)
        });
        let mut carried: Components = smallvec![start];
        carried.extend(own_place.map(|_| self.out.int(Type::I32, 0)));
        let folded = self.count_with([zero, count, one], &carried, |this, lane, carried| {
            let bit = this.out.binary(BinaryOp::LShr, active, lane);
            let bit = this.out.binary(BinaryOp::And, bit, one);
            let is_active = this.out.compare(IntPredicate::Ne, bit, zero);
            let lane = this.out.cast(CastOp::Trunc, lane, Type::I16);
            let other = this.by_halves(&format!("{prefix}_shuffle"), x, Some(lane));
            let combined = this.combined(combine, dtype, carried[0], other);
            let Some(own_place) = own_place else {
                return smallvec![this.out.select(is_active, combined, carried[0])];
            };
            let within = if reach == Reach::Below { IntPredicate::Ult } else { IntPredicate::Ule };
            let is_within = this.out.compare(within, carried[1], own_place);
            let counts = this.out.binary(BinaryOp::And, is_active, is_within);
            let visited = this.out.cast(CastOp::Trunc, bit, Type::I32);
            let visited = this.out.binary(BinaryOp::Add, carried[1], visited);
            smallvec![this.out.select(counts, combined, carried[0]), visited]
        });
        folded[0]
    }

    /// A bit for each active lane, the first one's the lowest.
    fn active_lanes(&mut self, prefix: &str) -> Value {
        let (suffix, ty) = if prefix == "quad" { ("", Type::I16) } else { (".i64", Type::I64) };
        let mask = self.air(&format!("{prefix}_active_threads_mask{suffix}"), Effect::Convergent, ty, &[]);
        self.out.cast(CastOp::ZExt, mask, Type::I64)
    }

    fn combined(&mut self, combine: Combine, dtype: DType, a: Value, b: Value) -> Value {
        match combine {
            Combine::Sum => self.out.binary(BinaryOp::Add, a, b),
            Combine::Product => self.out.binary(BinaryOp::Mul, a, b),
            Combine::Least => self.smaller(dtype, a, b),
            Combine::Greatest => self.greater(dtype, a, b),
        }
    }
}
