//! Calculations of a thread's own: operators and functions of the whole table, on operands for which their results are exact.
//!
//! Integers are of any type and any value. Floats are small whole numbers, or what follows from some without rounding, so that
//! every target has the same result to the last bit.

use enigma_ir::{Arg, DType, Literal, Opcode, Type, ValueId};

use super::author::Author;
use super::scribe::int;

use Opcode::*;

const INTEGERS: [DType; 8] =
    [DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::U32, DType::I64, DType::U64];
const FLOATS: [DType; 3] = [DType::F32, DType::F16, DType::BF16];

/// What takes integers of any value.
const OF_INTEGERS: [Opcode; 33] = [
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Neg,
    Not,
    Abs,
    CmpEq,
    CmpNe,
    CmpLt,
    CmpLe,
    CmpGt,
    CmpGe,
    CmpUlt,
    CmpUle,
    CmpUgt,
    CmpUge,
    Imin,
    Imax,
    AbsDiff,
    AddSat,
    SubSat,
    MulHi,
    MadSat,
    Rotate,
    Popcount,
    Clz,
    Ctz,
    ReverseBits,
];
/// What gives exact results for small whole numbers.
const OF_FLOATS: [Opcode; 26] = [
    Sqrt, Add, Sub, Mul, Neg, Abs, Ceil, Floor, Round, Trunc, Sign, Saturate, Fract, Fmin, Fmax, CopySign, Step, Fma,
    CmpEq, CmpLt, CmpGe, SignBit, IsNormal, IsNan, IsInf, IsFinite,
];
/// What undoes what: numbers of so many bits to floats, and back.
const PACKED: [(Opcode, Opcode); 6] = [
    (UnpackSnorm4x8, PackSnorm4x8),
    (UnpackUnorm4x8, PackUnorm4x8),
    (UnpackSnorm2x16, PackSnorm2x16),
    (UnpackUnorm2x16, PackUnorm2x16),
    (UnpackSrgbUnorm4x8, PackSrgbUnorm4x8),
    (UnpackUnorm10a2, PackUnorm10a2),
];

impl Author {
    /// A few operations; their results are kept.
    pub fn calculate(&mut self) {
        for _ in 0..self.random.u32(1..4) {
            let made = self.calculation();
            let number = self.one_int_of(made);
            self.data.push(number);
        }
    }

    fn calculation(&mut self) -> ValueId {
        match self.random.u32(..12) {
            0..4 => self.of_integers(),
            4..6 => self.of_floats(),
            6 => self.of_bits(),
            7 => self.of_constant_operands(),
            8 => self.of_directions(),
            9 => self.of_columns(),
            10 => self.of_packed(),
            _ => self.of_other_types(),
        }
    }

    /// A number that any type holds, as that type; any number at all for integers.
    fn operand(&mut self, dtype: DType) -> ValueId {
        let datum = self.datum();
        let datum = match dtype {
            DType::Bool => self.scribe.value(And, &[datum.into(), int(1)]),
            dtype if dtype.is_float() => self.small(datum),
            _ => datum,
        };
        self.scribe.value(Cast, &[datum.into(), Arg::DType(dtype)])
    }

    /// A whole number of 0 to 7.
    fn small(&mut self, value: ValueId) -> ValueId {
        self.scribe.value(And, &[value.into(), int(7)])
    }

    /// As [`operand`](Self::operand), a vector where `width` is more than 1.
    fn wide_operand(&mut self, dtype: DType, width: usize) -> ValueId {
        let components: Vec<Arg> = (0..width).map(|_| self.operand(dtype).into()).collect();
        match components.as_slice() {
            [Arg::Value(scalar)] => *scalar,
            _ => self.scribe.value(MakeVec, &components),
        }
    }

    /// An operation whose operands are all of one type.
    fn apply(&mut self, code: Opcode, dtype: DType, width: usize) -> ValueId {
        let count = code.info().signature.params.len();
        let operands: Vec<Arg> = (0..count).map(|_| self.wide_operand(dtype, width).into()).collect();
        self.scribe.value(code, &operands)
    }

    /// A scalar as often as a vector.
    fn width(&mut self) -> usize {
        self.pick(&[1, 1, 1, 2, 3, 4])
    }

    fn of_integers(&mut self) -> ValueId {
        let (code, dtype, width) = (self.pick(&OF_INTEGERS), self.pick(&INTEGERS), self.width());
        self.apply(code, dtype, width)
    }

    fn of_floats(&mut self) -> ValueId {
        let (code, dtype, width) = (self.pick(&OF_FLOATS), self.pick(&FLOATS), self.width());
        self.apply(code, dtype, width)
    }

    /// Bitwise operations on `bool`.
    fn of_bits(&mut self) -> ValueId {
        let (code, width) = (self.pick(&[And, Or, Xor, Not, CmpEq, CmpNe]), self.width());
        self.apply(code, DType::Bool, width)
    }

    /// Operations of which some operands must lie within bounds, and are constants.
    fn of_constant_operands(&mut self) -> ValueId {
        let (dtype, float, width) = (self.pick(&INTEGERS), self.pick(&FLOATS), self.width());
        let number = |value: f64| Arg::Literal(Literal::Float(value));
        let (code, rest) = match self.random.u32(..10) {
            0 => (self.pick(&[Div, Rem, FloorDiv]), vec![int(self.random.i64(1..50))]),
            1 => (Iclamp, vec![int(self.random.i64(0..20)), int(self.random.i64(20..100))]),
            2 => {
                let offset = self.random.i64(0..8);
                (ExtractBits, vec![int(offset), int(self.random.i64(0..=8 - offset))])
            }
            3 => {
                let offset = self.random.i64(0..8);
                let insert = self.wide_operand(dtype, width);
                (InsertBits, vec![insert.into(), int(offset), int(self.random.i64(0..=8 - offset))])
            }
            4 => (Rotate, vec![int(self.random.i64(0..70))]),
            5 => (Clamp, vec![number(1.0), number(5.0)]),
            6 => (Mix, vec![number(2.0), number(self.pick(&[0.0, 0.5, 1.0]))]),
            7 => (Fmod, vec![number(self.pick(&[3.0, 4.0]))]),
            8 => (Div, vec![number(self.pick(&[0.5, 2.0, 4.0]))]),
            _ => (Step, vec![number(3.0)]),
        };
        let is_float = matches!(code, Clamp | Mix | Fmod | Step) || matches!(rest[0], Arg::Literal(Literal::Float(_)));
        let mut operands = vec![self.wide_operand(if is_float { float } else { dtype }, width).into()];
        operands.extend(rest);
        self.scribe.value(code, &operands)
    }

    /// Geometry, on vectors of whole numbers.
    fn of_directions(&mut self) -> ValueId {
        if self.chance(4) {
            return self.of_lengths();
        }
        let code = self.pick(&[Dot, Cross, Reflect, FaceForward]);
        let width = if code == Cross { 3 } else { self.random.usize(2..5) };
        self.apply(code, DType::F32, width)
    }

    /// The lengths of vectors whose lengths are whole numbers; a step of the smooth kind at one of its ends.
    fn of_lengths(&mut self) -> ValueId {
        let number = self.operand(DType::F32);
        let sides = [3, 4].map(|side| self.scribe.value(Mul, &[number.into(), int(side)]));
        let sides = sides.map(Arg::Value);
        let vector = self.scribe.value(MakeVec, &sides);
        match self.random.u32(..3) {
            0 => self.scribe.value(Length, &[vector.into()]),
            1 => self.scribe.value(Distance, &[vector.into(), int(0)]),
            _ => self.scribe.value(SmoothStep, &[int(0), int(1), number.into()]),
        }
    }

    /// Matrices of whole numbers.
    fn of_columns(&mut self) -> ValueId {
        let extent = self.random.usize(2..5);
        let dtype = self.pick(&[DType::F32, DType::F16]);
        let [a, b] = [0, 1].map(|_| {
            let columns: Vec<Arg> = (0..extent).map(|_| self.wide_operand(dtype, extent).into()).collect();
            self.scribe.value(MatMake, &columns)
        });
        let made = match self.random.u32(..5) {
            0 => self.scribe.value(MatMul, &[a.into(), b.into()]),
            1 => self.scribe.value(MatTranspose, &[a.into()]),
            2 => {
                let column = self.wide_operand(dtype, extent);
                self.scribe.value(MatMul, &[a.into(), column.into()])
            }
            3 => {
                let row = self.wide_operand(dtype, extent);
                self.scribe.value(MatMul, &[row.into(), a.into()])
            }
            _ if dtype == DType::F32 => self.scribe.value(Determinant, &[a.into()]),
            _ => b,
        };
        match self.scribe.ty(made) {
            Type::Matrix(..) => {
                let column = self.random.usize(..extent) as i64;
                self.scribe.value(MatColumn, &[made.into(), int(column)])
            }
            _ => made,
        }
    }

    /// Bits as floats, and as bits again.
    fn of_packed(&mut self) -> ValueId {
        let (unpack, pack) = self.pick(&PACKED);
        let bits = self.operand(DType::U32);
        let floats = self.scribe.value(unpack, &[bits.into()]);
        self.scribe.value(pack, &[floats.into()])
    }

    /// A number as one type after another, or its bits as another type.
    fn of_other_types(&mut self) -> ValueId {
        if self.random.bool() {
            let (float, integer, quiet) = self.pick(&[
                (DType::F32, DType::I32, 0x3fff_ffff),
                (DType::F16, DType::U16, 0x3fff),
                (DType::BF16, DType::I16, 0x3fff),
            ]);
            // Of no NaN, which need not keep its bits.
            let bits = self.datum();
            let bits = self.scribe.value(And, &[bits.into(), int(quiet)]);
            let bits = self.scribe.value(Cast, &[bits.into(), Arg::DType(integer)]);
            let number = self.scribe.value(AsType, &[bits.into(), Arg::DType(float)]);
            let number = self.scribe.value(Neg, &[number.into()]);
            return self.scribe.value(AsType, &[number.into(), Arg::DType(integer)]);
        }
        let (from, to, width) = (self.pick(&DType::ALL), self.pick(&DType::ALL), self.width());
        let value = self.wide_operand(from, width);
        let value = match (from.is_integer(), to.is_float()) {
            (true, true) => self.scribe.value(And, &[value.into(), int(15)]),
            _ => value,
        };
        self.scribe.value(Cast, &[value.into(), Arg::DType(to)])
    }

    /// One component, as an `int`.
    fn one_int_of(&mut self, value: ValueId) -> ValueId {
        let width = self.scribe.ty(value).width();
        let one = match width {
            0 | 1 => value,
            width => {
                let lane = self.random.usize(..width) as i64;
                self.scribe.value(VecExtract, &[value.into(), int(lane)])
            }
        };
        self.as_int(one)
    }
}
