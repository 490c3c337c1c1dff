//! The rows themselves.

use super::signature::{
    Access::{Read, Update, Write},
    AttrKind, Class, Collective, Default, Flight, Group, Kind, Orders, Param, ResultRule, Signature, Spaces,
};
use super::{OpInfo, ResultUniformity};

const fn param(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, default: Default::Required, variadic: false, keyword: false }
}

const fn optional(name: &'static str, kind: Kind, default: Default) -> Param {
    Param { name, kind, default, variadic: false, keyword: false }
}

const fn keyword(name: &'static str, kind: Kind, default: Default) -> Param {
    Param { name, kind, default, variadic: false, keyword: true }
}

const fn variadic(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, default: Default::Required, variadic: true, keyword: false }
}

/// A signature of plain per-thread computation.
const fn pure(t: Class, params: &'static [Param], result: ResultRule) -> Signature {
    Signature { params, t, promote: false, result, collective: Collective::None, flight: Flight::None, atomic: false }
}

const fn operator(t: Class, params: &'static [Param], result: ResultRule) -> Signature {
    Signature { promote: true, ..pure(t, params, result) }
}

const fn collective(who: Collective, t: Class, params: &'static [Param], result: ResultRule) -> Signature {
    Signature { collective: who, ..pure(t, params, result) }
}

const INDEX: Kind = Kind::Value(Class::Index);
const CONDITION: Kind = Kind::Value(Class::Condition);
const MATRIX: Kind = Kind::Value(Class::SimdgroupMatrix);

const ONE: &[Param] = &[param("x", Kind::T)];
const TWO: &[Param] = &[param("x", Kind::T), param("y", Kind::T)];
const WHERE: Param = keyword("where", CONDITION, Default::Bool(true));
const ELEMENT: Param = optional("elem", Kind::Attr(AttrKind::ElementType), Default::Open);
const FLAGS: &[Param] = &[optional("mem_flags", Kind::Attr(AttrKind::MemFlags), Default::Name("mem_threadgroup"))];
const ROWS: Param = optional("rows", Kind::Attr(AttrKind::Eight), Default::Int(8));
const COLS: Param = optional("cols", Kind::Attr(AttrKind::Eight), Default::Int(8));

const STRUCTURE: Signature = pure(Class::Any, &[], ResultRule::None);
const POSITION: Signature =
    pure(Class::Index, &[optional("dim", Kind::Attr(AttrKind::Dim), Default::Name("x"))], ResultRule::UInt);
const INDEX_OF: Signature = pure(Class::Index, &[], ResultRule::UInt);
const ARITHMETIC: Signature = operator(Class::Number, TWO, ResultRule::T);
const BITWISE: Signature = operator(Class::Bits, TWO, ResultRule::T);
const SHIFT: Signature = operator(Class::Integer, TWO, ResultRule::T);
const NEGATE: Signature = operator(Class::Number, ONE, ResultRule::T);
const INVERT: Signature = operator(Class::Bits, ONE, ResultRule::T);
const COMPARE: Signature = operator(Class::Any, TWO, ResultRule::Test);
const COMPARE_UNSIGNED: Signature = operator(Class::Integer, TWO, ResultRule::Test);
const SELECT: Signature = pure(
    Class::Any,
    &[param("false_val", Kind::T), param("true_val", Kind::T), param("cond", CONDITION)],
    ResultRule::T,
);
const CAST: Signature =
    pure(Class::Any, &[param("x", Kind::T), param("dtype", Kind::Attr(AttrKind::DType))], ResultRule::CastTo);
const NUMBER1: Signature = pure(Class::Number, ONE, ResultRule::T);
const FLOAT1: Signature = pure(Class::Float, ONE, ResultRule::T);
const FLOAT_TEST: Signature = pure(Class::Float, ONE, ResultRule::Test);
const FLOAT2: Signature = pure(Class::Float, TWO, ResultRule::T);
const STEP: Signature = pure(Class::Float, &[param("edge", Kind::T), param("x", Kind::T)], ResultRule::T);
const CLAMP: Signature =
    pure(Class::Float, &[param("x", Kind::T), param("lo", Kind::T), param("hi", Kind::T)], ResultRule::T);
const FMA: Signature =
    pure(Class::Float, &[param("a", Kind::T), param("b", Kind::T), param("c", Kind::T)], ResultRule::T);
const MIX: Signature =
    pure(Class::Float, &[param("a", Kind::T), param("b", Kind::T), param("t", Kind::T)], ResultRule::T);
const SMOOTHSTEP: Signature =
    pure(Class::Float, &[param("e0", Kind::T), param("e1", Kind::T), param("x", Kind::T)], ResultRule::T);
const AS_TYPE: Signature =
    pure(Class::Any, &[param("x", Kind::T), param("dtype", Kind::Attr(AttrKind::DType))], ResultRule::BitsAs);
const INTEGER1: Signature = pure(Class::Integer, ONE, ResultRule::T);
const INTEGER2: Signature = pure(Class::Integer, TWO, ResultRule::T);
const INTEGER_CLAMP: Signature =
    pure(Class::Integer, &[param("x", Kind::T), param("lo", Kind::T), param("hi", Kind::T)], ResultRule::T);
const INTEGER_MAD: Signature =
    pure(Class::Integer, &[param("a", Kind::T), param("b", Kind::T), param("c", Kind::T)], ResultRule::T);
const DIFFERENCE: Signature = pure(Class::Integer, TWO, ResultRule::Unsigned);
const ROTATE: Signature = pure(Class::Integer, &[param("x", Kind::T), param("count", Kind::T)], ResultRule::T);
const EXTRACT_BITS: Signature =
    pure(Class::Integer, &[param("v", Kind::T), param("offset", INDEX), param("bits", INDEX)], ResultRule::T);
const INSERT_BITS: Signature = pure(
    Class::Integer,
    &[param("base", Kind::T), param("insert", Kind::T), param("offset", INDEX), param("bits", INDEX)],
    ResultRule::T,
);
const MEASURE1: Signature = pure(Class::FloatVector, &[param("v", Kind::T)], ResultRule::Component);
const MEASURE2: Signature = pure(Class::FloatVector, TWO, ResultRule::Component);
const CROSS: Signature = pure(Class::Vector3, TWO, ResultRule::T);
const NORMALIZE: Signature = pure(Class::FloatVector, &[param("v", Kind::T)], ResultRule::T);
const REFLECT: Signature = pure(Class::FloatVector, &[param("i", Kind::T), param("n", Kind::T)], ResultRule::T);
const REFRACT: Signature = pure(
    Class::FloatVector,
    &[param("i", Kind::T), param("n", Kind::T), param("eta", Kind::ComponentOfT)],
    ResultRule::T,
);
const FACEFORWARD: Signature =
    pure(Class::FloatVector, &[param("n", Kind::T), param("i", Kind::T), param("nref", Kind::T)], ResultRule::T);
const PACK2: Signature = pure(Class::Float2, &[param("v", Kind::T)], ResultRule::UInt);
const PACK4: Signature = pure(Class::Float4, &[param("v", Kind::T)], ResultRule::UInt);
const UNPACK2: Signature = pure(Class::UInt, ONE, ResultRule::FloatVector(2));
const UNPACK4: Signature = pure(Class::UInt, ONE, ResultRule::FloatVector(4));
const MAKE_MATRIX: Signature = pure(Class::MatrixColumn, &[variadic("columns", Kind::T)], ResultRule::MatrixOfColumns);
const MATRIX_COLUMN: Signature = pure(
    Class::Any,
    &[param("m", Kind::Value(Class::Matrix)), param("column", Kind::Attr(AttrKind::Lane))],
    ResultRule::Column,
);
const MATRIX_PRODUCT: Signature = pure(
    Class::Any,
    &[param("a", Kind::Value(Class::MatrixOrVector)), param("b", Kind::Value(Class::MatrixOrVector))],
    ResultRule::MatrixProduct,
);
const TRANSPOSE: Signature = pure(Class::Any, &[param("m", Kind::Value(Class::Matrix))], ResultRule::Transposed);
const DETERMINANT: Signature = pure(Class::Any, &[param("m", Kind::Value(Class::Matrix))], ResultRule::Determinant);
const FUNCTION_CONSTANT: Signature = pure(
    Class::Any,
    &[param("dtype", Kind::Attr(AttrKind::DType)), param("index", Kind::Attr(AttrKind::ConstantIndex))],
    ResultRule::DTypeAttr,
);
const MAKE_VEC: Signature = pure(Class::Scalar, &[variadic("components", Kind::T)], ResultRule::VectorOfT);
const EXTRACT: Signature =
    pure(Class::Vector, &[param("v", Kind::T), param("lane", Kind::Attr(AttrKind::Lane))], ResultRule::Component);
const LOAD: Signature =
    pure(Class::Any, &[param("buf", Kind::Memory(Read, Spaces::Any)), param("index", INDEX)], ResultRule::Element);
const STORE: Signature = pure(
    Class::Any,
    &[param("buf", Kind::Memory(Write, Spaces::Any)), param("index", INDEX), param("value", Kind::Element)],
    ResultRule::None,
);
const LOAD_IF: Signature = pure(
    Class::Any,
    &[
        param("buf", Kind::Memory(Read, Spaces::Any)),
        param("index", INDEX),
        param("mask", CONDITION),
        optional("default", Kind::Element, Default::Int(0)),
    ],
    ResultRule::Element,
);
const STORE_IF: Signature = pure(
    Class::Any,
    &[
        param("buf", Kind::Memory(Write, Spaces::Any)),
        param("index", INDEX),
        param("value", Kind::Element),
        param("mask", CONDITION),
    ],
    ResultRule::None,
);
const VEC_LOAD: Signature = pure(
    Class::Any,
    &[
        param("buf", Kind::Memory(Read, Spaces::Any)),
        param("index", INDEX),
        param("width", Kind::Attr(AttrKind::Width)),
    ],
    ResultRule::VectorOfElement,
);
const VEC_STORE: Signature = pure(
    Class::Any,
    &[param("buf", Kind::Memory(Write, Spaces::Any)), param("index", INDEX), param("v", Kind::Elements)],
    ResultRule::None,
);

const fn atomic(t: Class, params: &'static [Param], result: ResultRule) -> Signature {
    Signature { atomic: true, ..pure(t, params, result) }
}

const fn order(orders: Orders) -> Param {
    optional("order", Kind::Attr(AttrKind::MemoryOrder(orders)), Default::Name("relaxed"))
}

const ATOMIC_BUF: Param = param("buf", Kind::Memory(Update, Spaces::Shared));
const AT: Param = param("index", INDEX);
const OPERAND: Param = param("value", Kind::Element);
const ATOMIC_LOAD: Signature = atomic(
    Class::Word,
    &[param("buf", Kind::Memory(Read, Spaces::Shared)), AT, order(Orders::Load)],
    ResultRule::Element,
);
const ATOMIC_STORE: Signature = atomic(
    Class::Word,
    &[param("buf", Kind::Memory(Write, Spaces::Shared)), AT, OPERAND, order(Orders::Store)],
    ResultRule::None,
);
const ATOMIC_UPDATE: Signature =
    atomic(Class::Word, &[ATOMIC_BUF, AT, OPERAND, order(Orders::Any)], ResultRule::Element);
const ATOMIC_UPDATE_INTEGER: Signature =
    atomic(Class::WordInteger, &[ATOMIC_BUF, AT, OPERAND, order(Orders::Any)], ResultRule::Element);
const ATOMIC_COMPARE: Signature = atomic(
    Class::Word,
    &[
        ATOMIC_BUF,
        AT,
        param("expected", Kind::Element),
        param("desired", Kind::Element),
        optional("success_order", Kind::Attr(AttrKind::MemoryOrder(Orders::Any)), Default::Name("relaxed")),
        optional("failure_order", Kind::Attr(AttrKind::MemoryOrder(Orders::Load)), Default::Name("relaxed")),
    ],
    ResultRule::Truth,
);
const DEBUG_PRINT: Signature = pure(
    Class::Any,
    &[param("fmt", Kind::Attr(AttrKind::Text)), WHERE, variadic("values", Kind::Value(Class::Any))],
    ResultRule::None,
);
const BARRIER: Signature = collective(Collective::Threadgroup, Class::Any, FLAGS, ResultRule::None);
const SIMD_BARRIER: Signature = collective(Collective::Simdgroup, Class::Any, FLAGS, ResultRule::None);

const fn copy(params: &'static [Param]) -> Signature {
    Signature { flight: Flight::Issues, ..collective(Collective::Simdgroup, Class::Any, params, ResultRule::Event) }
}

const TILE_OUT: Kind = Kind::Memory(Write, Spaces::Tile);
const TILE_IN: Kind = Kind::Memory(Read, Spaces::Tile);
const DEVICE_OUT: Kind = Kind::Memory(Write, Spaces::Device);
const DEVICE_IN: Kind = Kind::Memory(Read, Spaces::Device);

const fn copy_1d(dst: Kind, src: Kind) -> [Param; 6] {
    [
        param("dst", dst),
        param("dst_offset", INDEX),
        param("src", src),
        param("src_offset", INDEX),
        param("count", INDEX),
        WHERE,
    ]
}

const fn copy_2d(dst: Kind, src: Kind) -> [Param; 11] {
    [
        param("dst", dst),
        param("dst_off", INDEX),
        param("dst_epr", INDEX),
        param("src", src),
        param("src_off", INDEX),
        param("src_epr", INDEX),
        param("cols", INDEX),
        param("rows", INDEX),
        WHERE,
        keyword("valid_cols", INDEX, Default::SameAs(6)),
        keyword("valid_rows", INDEX, Default::SameAs(7)),
    ]
}

const COPY_1D_D2T: Signature = copy(&const { copy_1d(TILE_OUT, DEVICE_IN) });
const COPY_1D_T2D: Signature = copy(&const { copy_1d(DEVICE_OUT, TILE_IN) });
const COPY_2D_T2D: Signature = copy(&const { copy_2d(DEVICE_OUT, TILE_IN) });
const COPY_2D_D2T: Signature = copy(
    &const {
        let [dst, dst_off, dst_epr, src, src_off, src_epr, cols, rows, r#where, valid_cols, valid_rows] =
            copy_2d(TILE_OUT, DEVICE_IN);
        let fill = keyword("fill", Kind::Attr(AttrKind::Fill), Default::Name("zero"));
        [dst, dst_off, dst_epr, src, src_off, src_epr, cols, rows, r#where, valid_cols, valid_rows, fill]
    },
);
const WAIT: Signature = Signature {
    flight: Flight::Awaits,
    ..collective(Collective::Simdgroup, Class::Any, &[variadic("events", Kind::Value(Class::Event))], ResultRule::None)
};

const REDUCE: Signature = collective(Collective::ActiveLanes, Class::Number, ONE, ResultRule::T);
const REDUCE_BITS: Signature = collective(Collective::ActiveLanes, Class::Integer, ONE, ResultRule::T);
const SHUFFLE: Signature =
    collective(Collective::ActiveLanes, Class::Number, &[param("v", Kind::T), param("lane", INDEX)], ResultRule::T);
const SHUFFLE_BY: Signature =
    collective(Collective::ActiveLanes, Class::Number, &[param("v", Kind::T), param("delta", INDEX)], ResultRule::T);
const SHUFFLE_XOR: Signature =
    collective(Collective::ActiveLanes, Class::Number, &[param("v", Kind::T), param("mask", INDEX)], ResultRule::T);
const MATRIX_LOAD: Signature = collective(
    Collective::Simdgroup,
    Class::Any,
    &[
        param("buf", Kind::Memory(Read, Spaces::Shared)),
        param("elements_per_row", INDEX),
        ELEMENT,
        ROWS,
        COLS,
        optional("offset", INDEX, Default::Int(0)),
        optional("transpose", Kind::Attr(AttrKind::Flag), Default::Bool(false)),
    ],
    ResultRule::MatrixOfElement,
);
const MATRIX_STORE: Signature = collective(
    Collective::Simdgroup,
    Class::Any,
    &[
        param("m", MATRIX),
        param("buf", Kind::Memory(Write, Spaces::Shared)),
        param("elements_per_row", INDEX),
        optional("offset", INDEX, Default::Int(0)),
    ],
    ResultRule::None,
);
const MATRIX_FMA: Signature = collective(
    Collective::Simdgroup,
    Class::Any,
    &[param("a", MATRIX), param("b", MATRIX), param("c", MATRIX)],
    ResultRule::SameAs(2),
);
const MATRIX_FILL: Signature = collective(
    Collective::Simdgroup,
    Class::Float,
    &[
        param("value", Kind::Value(Class::Scalar)),
        optional("elem", Kind::Attr(AttrKind::DType), Default::Name("float")),
        ROWS,
        COLS,
    ],
    ResultRule::MatrixOfAttr,
);

macro_rules! operations {
    ($( $group:ident { $( $code:ident $name:ident $signature:ident $uniformity:ident $msl:literal $doc:literal; )* } )*) => {
        /// Every operation of the kernel language; [`Opcode::info`] is its row.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $($( #[doc = $doc] $code, )*)*
        }

        /// The operation table, in the order of [`Opcode`].
        pub static TABLE: &[OpInfo] = &[$($(
            OpInfo {
                code: Opcode::$code,
                name: stringify!($name),
                group: Group::$group,
                signature: &$signature,
                uniformity: ResultUniformity::$uniformity,
                msl: $msl,
                doc: $doc,
            },
        )*)*];
    };
}

/// Hands the rows to the macro `$then`: `Group { Code name SIGNATURE Uniformity "msl" "doc"; … } …`. The Rust API makes
/// its functions from them.
#[doc(hidden)]
#[macro_export]
macro_rules! operation_rows {
    ($then:ident) => { $then! {
Structure {
    Constant constant STRUCTURE Grid "" "A number written in the source.";
    RegisterFill register_fill STRUCTURE Grid "" "The place where a register tensor comes into being, and what every element holds at first.";
    If if STRUCTURE Operands "" "Runs one of two blocks.";
    For for STRUCTURE Operands "" "Runs a block for each value from `lo` up to, not including, `hi`.";
    While while STRUCTURE Operands "" "Runs a block as long as a condition holds.";
}
Position {
    ThreadPositionInGrid thread_position_in_grid POSITION Lane "" "Position of the thread in the grid.";
    ThreadPositionInThreadgroup thread_position_in_threadgroup POSITION Lane "" "Position of the thread in its threadgroup.";
    ThreadgroupPositionInGrid threadgroup_position_in_grid POSITION Threadgroup "" "Position of the threadgroup in the grid, counted in threadgroups.";
    ThreadsPerThreadgroup threads_per_threadgroup POSITION Threadgroup "" "Threads of this threadgroup in one dimension; smaller at the edge of a grid that is no multiple.";
    ThreadsPerGrid threads_per_grid POSITION Grid "" "Threads of the grid in one dimension.";
    ThreadgroupsPerGrid threadgroups_per_grid POSITION Grid "" "Threadgroups of the grid in one dimension.";
    ThreadIndexInThreadgroup thread_index_in_threadgroup INDEX_OF Lane "" "The thread's place in the flattened threadgroup, x fastest.";
    ThreadIndexInSimdgroup thread_index_in_simdgroup INDEX_OF Lane "" "The lane: the thread's place in its simdgroup, 0 to 31.";
    SimdgroupIndexInThreadgroup simdgroup_index_in_threadgroup INDEX_OF Simdgroup "" "Which simdgroup of the threadgroup the thread is in.";
    ThreadsPerSimdgroup threads_per_simdgroup INDEX_OF Grid "" "Lanes of a simdgroup: 32.";
    SimdgroupsPerThreadgroup simdgroups_per_threadgroup INDEX_OF Threadgroup "" "Simdgroups of this threadgroup.";
}
Arithmetic {
    Add add ARITHMETIC Operands "{0} + {1}" "Sum; integers wrap.";
    Sub sub ARITHMETIC Operands "{0} - {1}" "Difference; integers wrap.";
    Mul mul ARITHMETIC Operands "{0} * {1}" "Product; integers wrap.";
    Div div ARITHMETIC Operands "{0} / {1}" "Quotient; integers truncate towards zero, and division by zero gives an unspecified value.";
    FloorDiv floordiv ARITHMETIC Operands "" "Quotient rounded down, for integers and floats.";
    Rem rem ARITHMETIC Operands "" "C remainder, with the sign of the dividend.";
    Shl shl SHIFT Operands "" "Left shift; the count is taken modulo the width.";
    Shr shr SHIFT Operands "" "Right shift, arithmetic for signed types; the count is taken modulo the width.";
    And and BITWISE Operands "{0} & {1}" "Bitwise and; logical for `bool`.";
    Or or BITWISE Operands "{0} | {1}" "Bitwise or; logical for `bool`.";
    Xor xor BITWISE Operands "{0} ^ {1}" "Bitwise exclusive or; logical for `bool`.";
    Neg neg NEGATE Operands "-{0}" "Negation; integers wrap.";
    Not not INVERT Operands "" "Bitwise complement; logical for `bool`.";
}
Comparison {
    CmpEq cmp_eq COMPARE Operands "{0} == {1}" "True where both are equal.";
    CmpNe cmp_ne COMPARE Operands "{0} != {1}" "True where both differ; true for NaN.";
    CmpLt cmp_lt COMPARE Operands "{0} < {1}" "True where the first is less.";
    CmpLe cmp_le COMPARE Operands "{0} <= {1}" "True where the first is less or equal.";
    CmpGt cmp_gt COMPARE Operands "{0} > {1}" "True where the first is greater.";
    CmpGe cmp_ge COMPARE Operands "{0} >= {1}" "True where the first is greater or equal.";
    CmpUlt cmp_ult COMPARE_UNSIGNED Operands "" "Unsigned less: both are taken as unsigned of their width.";
    CmpUle cmp_ule COMPARE_UNSIGNED Operands "" "Unsigned less or equal.";
    CmpUgt cmp_ugt COMPARE_UNSIGNED Operands "" "Unsigned greater.";
    CmpUge cmp_uge COMPARE_UNSIGNED Operands "" "Unsigned greater or equal.";
}
Conversion {
    Select where SELECT Operands "{2} ? {1} : {0}" "`true_val` where `cond` holds, else `false_val`.";
    Cast metal_cast CAST Operands "" "C++ static cast. A float that does not fit an integer type saturates; NaN becomes 0.";
    AsType as_type AS_TYPE Operands "" "The same bits as another type of the same width.";
}
Float {
    Sqrt sqrt FLOAT1 Operands "precise::sqrt({0})" "Square root.";
    Rsqrt rsqrt FLOAT1 Operands "precise::rsqrt({0})" "One over the square root.";
    Abs abs NUMBER1 Operands "abs({0})" "Absolute value; the smallest signed integer stays itself.";
    Ceil ceil FLOAT1 Operands "ceil({0})" "Rounded up.";
    Floor floor FLOAT1 Operands "floor({0})" "Rounded down.";
    Round round FLOAT1 Operands "round({0})" "Rounded to the nearest integer, halves away from zero.";
    Trunc trunc FLOAT1 Operands "trunc({0})" "Rounded towards zero.";
    Sign sign FLOAT1 Operands "sign({0})" "1, -1, or the zero itself; 0 for NaN.";
    Saturate saturate FLOAT1 Operands "saturate({0})" "Clamped to 0..1; 0 for NaN.";
    Fract fract FLOAT1 Operands "precise::fract({0})" "The fractional part, `x - floor(x)`, below 1.";
    Exp exp FLOAT1 Operands "precise::exp({0})" "e to the x.";
    Exp2 exp2 FLOAT1 Operands "precise::exp2({0})" "2 to the x.";
    Log log FLOAT1 Operands "precise::log({0})" "Natural logarithm.";
    Log2 log2 FLOAT1 Operands "precise::log2({0})" "Logarithm to base 2.";
    Log10 log10 FLOAT1 Operands "precise::log10({0})" "Logarithm to base 10.";
    Sin sin FLOAT1 Operands "precise::sin({0})" "Sine of an angle in radians.";
    Cos cos FLOAT1 Operands "precise::cos({0})" "Cosine of an angle in radians.";
    Tan tan FLOAT1 Operands "precise::tan({0})" "Tangent of an angle in radians.";
    Asin asin FLOAT1 Operands "precise::asin({0})" "Arc sine, in radians.";
    Acos acos FLOAT1 Operands "precise::acos({0})" "Arc cosine, in radians.";
    Atan atan FLOAT1 Operands "precise::atan({0})" "Arc tangent, in radians.";
    Sinh sinh FLOAT1 Operands "precise::sinh({0})" "Hyperbolic sine.";
    Cosh cosh FLOAT1 Operands "precise::cosh({0})" "Hyperbolic cosine.";
    Tanh tanh FLOAT1 Operands "precise::tanh({0})" "Hyperbolic tangent.";
    IsNan isnan FLOAT_TEST Operands "isnan({0})" "True for NaN.";
    IsInf isinf FLOAT_TEST Operands "isinf({0})" "True for either infinity.";
    IsFinite isfinite FLOAT_TEST Operands "isfinite({0})" "True for anything but NaN and the infinities.";
    SignBit signbit FLOAT_TEST Operands "signbit({0})" "True where the sign bit is set, negative zero included.";
    IsNormal isnormal FLOAT_TEST Operands "isnormal({0})" "True for numbers that are neither zero, denormal, infinite nor NaN.";
    Fmin fmin FLOAT2 Operands "fmin({0}, {1})" "The smaller; if one is NaN, the other.";
    Fmax fmax FLOAT2 Operands "fmax({0}, {1})" "The greater; if one is NaN, the other.";
    Pow pow FLOAT2 Operands "precise::pow({0}, {1})" "x to the y.";
    Fmod fmod FLOAT2 Operands "precise::fmod({0}, {1})" "C remainder, with the sign of x.";
    Atan2 atan2 FLOAT2 Operands "precise::atan2({0}, {1})" "Arc tangent of x / y in the right quadrant, in radians.";
    CopySign copysign FLOAT2 Operands "copysign({0}, {1})" "x with the sign of y.";
    Step step STEP Operands "step({0}, {1})" "0 where x is less than edge, else 1.";
    Clamp clamp CLAMP Operands "clamp({0}, {1}, {2})" "x held between lo and hi.";
    Fma fma FMA Operands "fma({0}, {1}, {2})" "a * b + c, rounded once.";
    Mix mix MIX Operands "mix({0}, {1}, {2})" "a + (b - a) * t.";
    SmoothStep smoothstep SMOOTHSTEP Operands "smoothstep({0}, {1}, {2})" "0 up to e0, 1 from e1, a cubic between.";
}
Integer {
    Imin imin INTEGER2 Operands "min({0}, {1})" "The smaller.";
    Imax imax INTEGER2 Operands "max({0}, {1})" "The greater.";
    Iclamp iclamp INTEGER_CLAMP Operands "clamp({0}, {1}, {2})" "x held between lo and hi: `min(max(x, lo), hi)`.";
    AbsDiff abs_diff DIFFERENCE Operands "absdiff({0}, {1})" "The distance of x and y, as an unsigned integer: it never wraps.";
    AddSat add_sat INTEGER2 Operands "addsat({0}, {1})" "Sum, held at the ends of the type instead of wrapping.";
    SubSat sub_sat INTEGER2 Operands "subsat({0}, {1})" "Difference, held at the ends of the type instead of wrapping.";
    MulHi mul_hi INTEGER2 Operands "mulhi({0}, {1})" "The upper half of the product of double width.";
    MadSat mad_sat INTEGER_MAD Operands "madsat({0}, {1}, {2})" "a * b + c, computed exactly and held at the ends of the type.";
    Rotate rotate ROTATE Operands "rotate({0}, {1})" "Bits rotated left; the count is taken modulo the width.";
    Popcount popcount INTEGER1 Operands "popcount({0})" "Number of bits that are 1.";
    Clz clz INTEGER1 Operands "clz({0})" "Number of zero bits above the highest 1; the width for 0.";
    Ctz ctz INTEGER1 Operands "ctz({0})" "Number of zero bits below the lowest 1; the width for 0.";
    ReverseBits reverse_bits INTEGER1 Operands "reverse_bits({0})" "Bits in reverse order.";
    ExtractBits extract_bits EXTRACT_BITS Operands "" "`bits` bits from bit `offset` on, with the sign extended for signed types. What lies beyond the width is left out: offset and bits are clamped to it.";
    InsertBits insert_bits INSERT_BITS Operands "" "`base`, with `bits` bits from bit `offset` on replaced by the lowest bits of `insert`. What lies beyond the width is left out.";
}
Vector {
    MakeVec make_vec MAKE_VEC Operands "" "A vector of two, three or four components.";
    VecExtract vec_extract EXTRACT Operands "" "One component of a vector.";
}
Geometry {
    Dot dot MEASURE2 Operands "dot({0}, {1})" "Scalar product.";
    Length length MEASURE1 Operands "precise::length({0})" "Euclidean length.";
    Distance distance MEASURE2 Operands "precise::distance({0}, {1})" "Euclidean distance of two points.";
    Cross cross CROSS Operands "cross({0}, {1})" "Vector product, of vectors of three.";
    Normalize normalize NORMALIZE Operands "precise::normalize({0})" "The vector of length 1 in the same direction; NaN for the zero vector.";
    Reflect reflect REFLECT Operands "reflect({0}, {1})" "The direction i reflected at a surface of normal n: `i - 2 * dot(n, i) * n`, for n of length 1.";
    Refract refract REFRACT Operands "refract({0}, {1}, {2})" "The direction i refracted at a surface of normal n, for i and n of length 1 and the ratio eta of refractive indices; zero where it is reflected totally.";
    FaceForward faceforward FACEFORWARD Operands "faceforward({0}, {1}, {2})" "n where `dot(nref, i)` is negative, else -n.";
}
Pack {
    PackSnorm4x8 pack_float_to_snorm4x8 PACK4 Operands "pack_float_to_snorm4x8({0})" "Four floats of -1..1 as signed bytes, the first in the lowest.";
    PackUnorm4x8 pack_float_to_unorm4x8 PACK4 Operands "pack_float_to_unorm4x8({0})" "Four floats of 0..1 as unsigned bytes, the first in the lowest.";
    PackSnorm2x16 pack_float_to_snorm2x16 PACK2 Operands "pack_float_to_snorm2x16({0})" "Two floats of -1..1 as signed 16-bit numbers, the first in the lower.";
    PackUnorm2x16 pack_float_to_unorm2x16 PACK2 Operands "pack_float_to_unorm2x16({0})" "Two floats of 0..1 as unsigned 16-bit numbers, the first in the lower.";
    PackSrgbUnorm4x8 pack_float_to_srgb_unorm4x8 PACK4 Operands "pack_float_to_srgb_unorm4x8({0})" "A linear colour as bytes: red, green and blue in sRGB encoding, alpha linear; the first in the lowest.";
    PackUnorm10a2 pack_float_to_unorm10a2 PACK4 Operands "pack_float_to_unorm10a2({0})" "Three floats of 0..1 in ten bits each and a fourth in two, the first in the lowest.";
    UnpackSnorm4x8 unpack_snorm4x8_to_float UNPACK4 Operands "unpack_snorm4x8_to_float({0})" "Four signed bytes as floats of -1..1, the lowest first.";
    UnpackUnorm4x8 unpack_unorm4x8_to_float UNPACK4 Operands "unpack_unorm4x8_to_float({0})" "Four unsigned bytes as floats of 0..1, the lowest first.";
    UnpackSnorm2x16 unpack_snorm2x16_to_float UNPACK2 Operands "unpack_snorm2x16_to_float({0})" "Two signed 16-bit numbers as floats of -1..1, the lower first.";
    UnpackUnorm2x16 unpack_unorm2x16_to_float UNPACK2 Operands "unpack_unorm2x16_to_float({0})" "Two unsigned 16-bit numbers as floats of 0..1, the lower first.";
    UnpackSrgbUnorm4x8 unpack_srgb_unorm4x8_to_float UNPACK4 Operands "unpack_unorm4x8_srgb_to_float({0})" "Bytes as a linear colour: red, green and blue from sRGB encoding, alpha linear; the lowest first.";
    UnpackUnorm10a2 unpack_unorm10a2_to_float UNPACK4 Operands "unpack_unorm10a2_to_float({0})" "Three numbers of ten bits and one of two as floats of 0..1, the lowest first.";
}
Matrix {
    MatMake mat_make MAKE_MATRIX Operands "" "A matrix of two, three or four columns, each a vector of as many rows.";
    MatColumn mat_column MATRIX_COLUMN Operands "{0}[{1}]" "One column of a matrix, as a vector.";
    MatMul matmul MATRIX_PRODUCT Operands "{0} * {1}" "The product of two matrices, of a matrix and a column vector, or of a row vector and a matrix.";
    MatTranspose transpose TRANSPOSE Operands "transpose({0})" "The matrix with rows and columns exchanged.";
    Determinant determinant DETERMINANT Operands "determinant({0})" "The determinant of a square matrix.";
}
Constant {
    FunctionConstant function_constant FUNCTION_CONSTANT Grid "" "A number that is bound when the kernel is specialised, before it runs, by its index; the same for the whole grid.";
}
Memory {
    Load load LOAD Memory "" "Reads one element; the index counts elements.";
    Store store STORE Operands "" "Writes one element; the index counts elements, and the value is converted to the element type.";
    LoadIf load_if LOAD_IF Memory "" "Reads one element where `mask` holds, and touches no memory where it does not: there the result is `default`.";
    StoreIf store_if STORE_IF Operands "" "Writes one element where `mask` holds, and touches no memory where it does not.";
    VecLoad vec_load VEC_LOAD Memory "" "Reads `width` consecutive elements from `index` on as a vector; any index will do.";
    VecStore vec_store VEC_STORE Operands "" "Writes the components of a vector to consecutive elements from `index` on; any index will do.";
}
Atomic {
    AtomicLoad atomic_load ATOMIC_LOAD Lane "" "Reads one element atomically.";
    AtomicStore atomic_store ATOMIC_STORE Lane "" "Writes one element atomically.";
    AtomicExchange atomic_exchange ATOMIC_UPDATE Lane "" "Writes one element atomically, and gives what it held.";
    AtomicFetchAdd atomic_fetch_add ATOMIC_UPDATE Lane "" "Adds to one element atomically, and gives what it held; integers wrap.";
    AtomicFetchSub atomic_fetch_sub ATOMIC_UPDATE Lane "" "Subtracts from one element atomically, and gives what it held; integers wrap.";
    AtomicFetchMin atomic_fetch_min ATOMIC_UPDATE_INTEGER Lane "" "Leaves the smaller of one element and `value` there atomically, and gives what it held.";
    AtomicFetchMax atomic_fetch_max ATOMIC_UPDATE_INTEGER Lane "" "Leaves the greater of one element and `value` there atomically, and gives what it held.";
    AtomicFetchAnd atomic_fetch_and ATOMIC_UPDATE_INTEGER Lane "" "Bitwise and with one element atomically; gives what it held.";
    AtomicFetchOr atomic_fetch_or ATOMIC_UPDATE_INTEGER Lane "" "Bitwise or with one element atomically; gives what it held.";
    AtomicFetchXor atomic_fetch_xor ATOMIC_UPDATE_INTEGER Lane "" "Bitwise exclusive or with one element atomically; gives what it held.";
    AtomicCompareExchangeWeak atomic_compare_exchange_weak ATOMIC_COMPARE Lane "" "Writes `desired` to one element atomically where it holds `expected`, bit for bit, and says whether it did; it may fail without a reason, so call it in a loop.";
}
Barrier {
    Barrier barrier BARRIER Operands "threadgroup_barrier(mem_flags::{0})" "All threads of the threadgroup arrive before any goes on; orders the memory its flags name.";
    SimdBarrier simd_barrier SIMD_BARRIER Operands "simdgroup_barrier(mem_flags::{0})" "All lanes of the simdgroup arrive before any goes on; orders the memory its flags name.";
}
AsyncCopy {
    AsyncCopy1dD2t async_copy_1d_d2t COPY_1D_D2T Simdgroup "" "Issues a copy of `count` elements from device to threadgroup memory; the event is waited for exactly once.";
    AsyncCopy1dT2d async_copy_1d_t2d COPY_1D_T2D Simdgroup "" "Issues a copy of `count` elements from threadgroup to device memory; the event is waited for exactly once.";
    AsyncCopy2dD2t async_copy_2d_d2t COPY_2D_D2T Simdgroup "" "Issues a copy of a tile of `rows` x `cols` elements from device to threadgroup memory. Only `valid_rows` x `valid_cols` of the source exist; the rest is filled.";
    AsyncCopy2dT2d async_copy_2d_t2d COPY_2D_T2D Simdgroup "" "Issues a copy of a tile of `rows` x `cols` elements from threadgroup to device memory, of which only `valid_rows` x `valid_cols` are written.";
    AsyncCopyWait async_copy_wait WAIT Operands "" "Blocks the simdgroup until the copies of these events are done.";
}
Simdgroup {
    SimdSum simd_sum REDUCE Simdgroup "simd_sum({0})" "Sum over the active lanes of the simdgroup.";
    SimdProduct simd_product REDUCE Simdgroup "simd_product({0})" "Product over the active lanes of the simdgroup.";
    SimdMin simd_min REDUCE Simdgroup "simd_min({0})" "Smallest over the active lanes of the simdgroup.";
    SimdMax simd_max REDUCE Simdgroup "simd_max({0})" "Greatest over the active lanes of the simdgroup.";
    SimdAnd simd_and REDUCE_BITS Simdgroup "simd_and({0})" "Bitwise and over the active lanes of the simdgroup.";
    SimdOr simd_or REDUCE_BITS Simdgroup "simd_or({0})" "Bitwise or over the active lanes of the simdgroup.";
    SimdXor simd_xor REDUCE_BITS Simdgroup "simd_xor({0})" "Bitwise exclusive or over the active lanes of the simdgroup.";
    SimdPrefixExclusiveSum simd_prefix_exclusive_sum REDUCE Lane "simd_prefix_exclusive_sum({0})" "Sum over the active lanes below; 0 in the first.";
    SimdPrefixInclusiveSum simd_prefix_inclusive_sum REDUCE Lane "simd_prefix_inclusive_sum({0})" "Sum over the active lanes up to this one.";
    SimdPrefixExclusiveProduct simd_prefix_exclusive_product REDUCE Lane "simd_prefix_exclusive_product({0})" "Product over the active lanes below; 1 in the first.";
    SimdPrefixInclusiveProduct simd_prefix_inclusive_product REDUCE Lane "simd_prefix_inclusive_product({0})" "Product over the active lanes up to this one.";
    SimdShuffle simd_shuffle SHUFFLE Lane "simd_shuffle({0}, {1})" "The value of lane `lane`, which may differ from lane to lane. Of a lane that does not exist or is not active: unspecified.";
    SimdShuffleUp simd_shuffle_up SHUFFLE_BY Lane "simd_shuffle_up({0}, {1})" "The value of the lane `delta` below; the first `delta` lanes keep their own.";
    SimdShuffleDown simd_shuffle_down SHUFFLE_BY Lane "simd_shuffle_down({0}, {1})" "The value of the lane `delta` above; the last `delta` lanes keep their own.";
    SimdShuffleXor simd_shuffle_xor SHUFFLE_XOR Lane "simd_shuffle_xor({0}, {1})" "The value of the lane whose number is this one's, exclusive or `mask`.";
    SimdBroadcast simd_broadcast SHUFFLE Simdgroup "simd_broadcast({0}, {1})" "The value of lane `lane`, which is the same for the whole simdgroup, in every lane.";
}
Quad {
    QuadSum quad_sum REDUCE Lane "quad_sum({0})" "Sum over the active lanes of the quad.";
    QuadProduct quad_product REDUCE Lane "quad_product({0})" "Product over the active lanes of the quad.";
    QuadMin quad_min REDUCE Lane "quad_min({0})" "Smallest over the active lanes of the quad.";
    QuadMax quad_max REDUCE Lane "quad_max({0})" "Greatest over the active lanes of the quad.";
    QuadAnd quad_and REDUCE_BITS Lane "quad_and({0})" "Bitwise and over the active lanes of the quad.";
    QuadOr quad_or REDUCE_BITS Lane "quad_or({0})" "Bitwise or over the active lanes of the quad.";
    QuadXor quad_xor REDUCE_BITS Lane "quad_xor({0})" "Bitwise exclusive or over the active lanes of the quad.";
    QuadPrefixExclusiveSum quad_prefix_exclusive_sum REDUCE Lane "quad_prefix_exclusive_sum({0})" "Sum over the active lanes of the quad below; 0 in the first.";
    QuadPrefixInclusiveSum quad_prefix_inclusive_sum REDUCE Lane "quad_prefix_inclusive_sum({0})" "Sum over the active lanes of the quad up to this one.";
    QuadShuffle quad_shuffle SHUFFLE Lane "quad_shuffle({0}, {1})" "The value of lane `lane` of the quad, 0 to 3. Of a lane that does not exist or is not active: unspecified.";
    QuadShuffleUp quad_shuffle_up SHUFFLE_BY Lane "quad_shuffle_up({0}, {1})" "The value of the lane `delta` below in the quad; the first `delta` lanes keep their own.";
    QuadShuffleDown quad_shuffle_down SHUFFLE_BY Lane "quad_shuffle_down({0}, {1})" "The value of the lane `delta` above in the quad; the last `delta` lanes keep their own.";
    QuadShuffleXor quad_shuffle_xor SHUFFLE_XOR Lane "quad_shuffle_xor({0}, {1})" "The value of the lane of the quad whose number is this one's, exclusive or `mask`.";
    QuadBroadcast quad_broadcast SHUFFLE Lane "quad_broadcast({0}, {1})" "The value of lane `lane` of the quad, the same for all four, in each of them.";
}
SimdgroupMatrix {
    SimdgroupMatrixLoad simdgroup_matrix_load MATRIX_LOAD Simdgroup "" "Loads an 8x8 matrix whose rows lie `elements_per_row` elements apart, from element `offset` on.";
    SimdgroupMatrixStore simdgroup_matrix_store MATRIX_STORE Operands "" "Stores an 8x8 matrix to rows that lie `elements_per_row` elements apart, from element `offset` on.";
    SimdgroupMultiplyAccumulate simdgroup_multiply_accumulate MATRIX_FMA Simdgroup "" "The 8x8 matrix a * b + c; a and b share an element type, c and the result may have a wider one.";
    MakeFilledSimdgroupMatrix make_filled_simdgroup_matrix MATRIX_FILL Simdgroup "" "An 8x8 matrix with one value everywhere.";
}
Debug {
    DebugPrint debug_print DEBUG_PRINT Operands "" "Prints a line for each thread where `where` holds, from the executor, in the order of the threads; `{}` stands for the next value. On other targets it is a comment.";
}
} };
}

operation_rows!(operations);
