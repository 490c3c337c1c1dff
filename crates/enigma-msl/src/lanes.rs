//! What the lanes of a simdgroup or of a quad do together.
//!
//! Metal's functions take no 64-bit integers. What moves bits, or combines them one by one, is done to the two halves;
//! sums, products and the like visit the active lanes one after the other, in a function above the kernel. `bfloat` goes
//! through `float`, which holds it exactly.

use enigma_ir::{DType, Op, Opcode, Type, table::Group};

use crate::body::Emitter;
use crate::expression::{Expression, Precedence, function_call};
use crate::helpers::Helper;
use crate::memory::COMPONENTS;

/// The type in which Metal takes lanes, distances and masks.
const LANE: Type = Type::Scalar(DType::U16);

impl Emitter<'_> {
    /// A call of a simdgroup or quad function.
    pub fn lane_function(&mut self, op: &Op, ty: Type) -> Expression {
        let x = self.value(op.operands[0]);
        let other = op.operands.get(1).map(|_| self.lane_operand(op));
        let Some(dtype @ (DType::I64 | DType::U64)) = ty.dtype() else {
            let operands = [(x, ty)].into_iter().chain(other.map(|lane| (lane, LANE)));
            return function_call(function_name(op.code), ty, operands.collect());
        };
        if ty.width() == 1 {
            return self.wide_lane_function(op.code, dtype, x, other.as_ref());
        }
        let vector = x.within(Precedence::Primary);
        let components = COMPONENTS[..ty.width()].iter().map(|component| {
            let x = Expression::primary(format!("{vector}.{component}"));
            self.wide_lane_function(op.code, dtype, x, other.as_ref())
        });
        let components: Vec<Expression> = components.collect();
        Expression::call(&ty.to_string(), &components)
    }

    /// The lane, the distance or the mask of a shuffle. A constant is brought into the range that Metal defines.
    fn lane_operand(&mut self, op: &Op) -> Expression {
        let lanes = if op.code.info().group == Group::Quad { 4 } else { 32 };
        match self.kernel.integer(op.operands[1]) {
            Some(distance) if is_shift(op.code) => Expression::number(distance.clamp(0, lanes).to_string()),
            Some(lane) => Expression::number(lane.rem_euclid(lanes).to_string()),
            None => self.plain(op.operands[1]),
        }
    }

    fn wide_lane_function(
        &mut self,
        code: Opcode,
        dtype: DType,
        x: Expression,
        other: Option<&Expression>,
    ) -> Expression {
        let Some(fold) = LaneFold::of(code) else {
            let halves = Expression::call("as_type<uint2>", &[x]);
            let arguments: Vec<Expression> = [halves].into_iter().chain(other.cloned()).collect();
            let call = Expression::call(function_name(code), &arguments);
            return Expression::call(&format!("as_type<{dtype}>"), &[call]);
        };
        let helper = Helper::Lanes(fold);
        self.helpers.need(helper);
        Expression::call(helper.name(), &[x])
    }
}

fn is_shift(code: Opcode) -> bool {
    use Opcode::*;
    matches!(code, SimdShuffleUp | SimdShuffleDown | QuadShuffleUp | QuadShuffleDown)
}

/// The function of Metal that a row stands for.
fn function_name(code: Opcode) -> &'static str {
    code.info().msl.split('(').next().unwrap_or_default()
}

/// A reduction or a prefix over 64-bit integers.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct LaneFold(Opcode);

impl LaneFold {
    fn of(code: Opcode) -> Option<LaneFold> {
        use Opcode::*;
        matches!(
            code,
            SimdSum
                | SimdProduct
                | SimdMin
                | SimdMax
                | SimdPrefixExclusiveSum
                | SimdPrefixInclusiveSum
                | SimdPrefixExclusiveProduct
                | SimdPrefixInclusiveProduct
                | QuadSum
                | QuadProduct
                | QuadMin
                | QuadMax
                | QuadPrefixExclusiveSum
                | QuadPrefixInclusiveSum
        )
        .then_some(LaneFold(code))
    }

    /// The name that the kernel calls.
    pub fn name(self) -> &'static str {
        use Opcode::*;
        match self.0 {
            SimdSum => "simd_sum_64",
            SimdProduct => "simd_product_64",
            SimdMin => "simd_min_64",
            SimdMax => "simd_max_64",
            SimdPrefixExclusiveSum => "simd_prefix_exclusive_sum_64",
            SimdPrefixInclusiveSum => "simd_prefix_inclusive_sum_64",
            SimdPrefixExclusiveProduct => "simd_prefix_exclusive_product_64",
            SimdPrefixInclusiveProduct => "simd_prefix_inclusive_product_64",
            QuadSum => "quad_sum_64",
            QuadProduct => "quad_product_64",
            QuadMin => "quad_min_64",
            QuadMax => "quad_max_64",
            QuadPrefixExclusiveSum => "quad_prefix_exclusive_sum_64",
            _ => "quad_prefix_inclusive_sum_64",
        }
    }

    /// The function above the kernel.
    pub fn text(self) -> String {
        let name = self.name();
        let (group, lanes) = if name.starts_with("quad") { ("quad", 4) } else { ("simd", 32) };
        let (start, step) = match name {
            _ if name.contains("sum") => ("0", "result += other;"),
            _ if name.contains("product") => ("1", "result *= other;"),
            _ if name.contains("min") => ("x", "result = min(result, other);"),
            _ => ("x", "result = max(result, other);"),
        };
        // Which of the lanes count, by their place among the active ones.
        let relation = match name {
            _ if name.contains("exclusive") => Some("<"),
            _ if name.contains("inclusive") => Some("<="),
            _ => None,
        };
        let mut text = format!(
            "// Metal's {} takes no 64-bit integers: the active lanes are visited one after the other.\n\
             template <typename T>\nT {name}(T x) {{\n    T result = {start};\n    \
             {group}_vote::vote_t active = ({group}_vote::vote_t){group}_active_threads_mask();\n",
            function_name(self.0)
        );
        if relation.is_some() {
            text.push_str(&format!("    uint rank = {group}_prefix_exclusive_sum(1u), visited = 0;\n"));
        }
        text.push_str(&format!(
            "    for (ushort lane = 0; lane < {lanes}; lane++) {{\n        if (active >> lane & 1) {{\n            \
             T other = as_type<T>({group}_shuffle(as_type<uint2>(x), lane));\n"
        ));
        text.push_str(&match relation {
            None => format!("            {step}\n"),
            Some(relation) => {
                format!("            if (visited++ {relation} rank) {{\n                {step}\n            }}\n")
            }
        });
        text.push_str("        }\n    }\n    return result;\n}\n");
        text
    }
}
