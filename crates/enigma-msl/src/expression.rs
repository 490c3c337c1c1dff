//! Values as C++ expressions, with the parentheses they need and no others.

use enigma_ir::{Attr, DType, Op, Opcode, Type, ValueId, table::Group};

use crate::body::Emitter;
use crate::helpers::Helper;
use crate::literal;
use crate::memory::COMPONENTS;

/// How tightly an expression holds together, loosest first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Precedence {
    Conditional,
    LogicalOr,
    LogicalAnd,
    Or,
    Xor,
    And,
    Equality,
    Relation,
    Shift,
    Sum,
    Product,
    Unary,
    Primary,
}

impl Precedence {
    /// Of a binary operator.
    fn of(operator: &str) -> Precedence {
        match operator {
            "||" => Precedence::LogicalOr,
            "&&" => Precedence::LogicalAnd,
            "|" => Precedence::Or,
            "^" => Precedence::Xor,
            "&" => Precedence::And,
            "==" | "!=" => Precedence::Equality,
            "<" | "<=" | ">" | ">=" => Precedence::Relation,
            "<<" | ">>" => Precedence::Shift,
            "+" | "-" => Precedence::Sum,
            _ => Precedence::Product,
        }
    }

    /// The next tighter one: what the right operand of an operator that groups to the left must have.
    fn tighter(self) -> Precedence {
        use Precedence::*;
        match self {
            Conditional => LogicalOr,
            LogicalOr => LogicalAnd,
            LogicalAnd => Or,
            Or => Xor,
            Xor => And,
            And => Equality,
            Equality => Relation,
            Relation => Shift,
            Shift => Sum,
            Sum => Product,
            Product => Unary,
            Unary | Primary => Primary,
        }
    }
}

/// The text of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub text: String,
    pub precedence: Precedence,
}

impl Expression {
    /// A name, a call, or anything else that holds together by itself.
    pub fn primary(text: impl Into<String>) -> Self {
        Expression { text: text.into(), precedence: Precedence::Primary }
    }

    /// A number, which a sign makes a unary expression.
    pub fn number(text: String) -> Self {
        let precedence = if text.starts_with('-') { Precedence::Unary } else { Precedence::Primary };
        Expression { text, precedence }
    }

    /// A function called with arguments.
    pub fn call(function: &str, arguments: &[Expression]) -> Self {
        let list: Vec<&str> = arguments.iter().map(|a| a.text.as_str()).collect();
        Expression::primary(format!("{function}({})", list.join(", ")))
    }

    /// Two operands and the operator between them.
    pub fn binary(left: &Expression, operator: &str, right: &Expression) -> Self {
        let precedence = Precedence::of(operator);
        let text = format!("{} {operator} {}", left.within(precedence), right.within(precedence.tighter()));
        Expression { text, precedence }
    }

    /// A sum in which it makes no difference what is added first.
    pub fn sum(left: &Expression, right: &Expression) -> Self {
        let precedence = Precedence::Sum;
        Expression { text: format!("{} + {}", left.within(precedence), right.within(precedence)), precedence }
    }

    /// An operator before its operand.
    pub fn unary(operator: char, operand: &Expression) -> Self {
        let inner = operand.within(Precedence::Unary);
        let text = match inner.starts_with(operator) {
            true => format!("{operator}({inner})"),
            false => format!("{operator}{inner}"),
        };
        Expression { text, precedence: Precedence::Unary }
    }

    /// The text where at least this precedence is needed.
    pub fn within(&self, least: Precedence) -> String {
        match self.precedence < least {
            true => format!("({})", self.text),
            false => self.text.clone(),
        }
    }
}

impl Emitter<'_> {
    /// A value as an expression whose type is the value's.
    pub fn value(&mut self, value: ValueId) -> Expression {
        if let (Some(literal), Type::Scalar(dtype)) = (self.kernel.literal(value), self.kernel.ty(value)) {
            return literal::typed(literal, dtype);
        }
        match (self.variables.name_of(value), self.kernel.defining_op(value)) {
            (Some(name), _) => Expression::primary(name),
            (None, Some(op)) => self.operation(op),
            // A block's argument without a variable is one that nothing needs.
            (None, None) => Expression::primary("0"),
        }
    }

    /// A value where its surroundings fix the type: constants need no suffix.
    pub fn plain(&mut self, value: ValueId) -> Expression {
        match (self.kernel.literal(value), self.kernel.ty(value)) {
            (Some(literal), Type::Scalar(dtype)) => literal::plain(literal, dtype),
            _ => self.value(value),
        }
    }

    fn values(&mut self, values: &[ValueId]) -> Vec<Expression> {
        values.iter().map(|&v| self.value(v)).collect()
    }

    /// An operation that has one result and is an expression.
    pub fn operation(&mut self, op: &Op) -> Expression {
        let ty = self.kernel.ty(op.results[0]);
        let operand = op.operands.first().map_or(ty, |&v| self.kernel.ty(v));
        match op.code {
            Opcode::FloorDiv => self.floor_division(op, ty),
            Opcode::Rem => self.remainder(op, ty),
            Opcode::Shl => self.shift(op, "<<"),
            Opcode::Shr => self.shift(op, ">>"),
            Opcode::And if is_bool(ty) => self.binary(op, "&&"),
            Opcode::Or if is_bool(ty) => self.binary(op, "||"),
            Opcode::Xor if is_bool(ty) => self.binary(op, "!="),
            Opcode::Not => {
                let x = self.value(op.operands[0]);
                Expression::unary(if is_bool(ty) { '!' } else { '~' }, &x)
            }
            Opcode::CmpUlt => self.unsigned_comparison(op, operand, "<"),
            Opcode::CmpUle => self.unsigned_comparison(op, operand, "<="),
            Opcode::CmpUgt => self.unsigned_comparison(op, operand, ">"),
            Opcode::CmpUge => self.unsigned_comparison(op, operand, ">="),
            Opcode::Cast => self.cast(op, operand, ty),
            Opcode::AsType => self.reinterpret(op, operand, ty),
            Opcode::Iclamp => self.integer_clamp(op),
            Opcode::Rotate => self.rotation(op),
            Opcode::ExtractBits => self.bit_field(op, ty, "extract_bits", Helper::ExtractBits),
            Opcode::InsertBits => self.bit_field(op, ty, "insert_bits", Helper::InsertBits),
            Opcode::MatMake => {
                let columns = self.values(&op.operands);
                Expression::call(&ty.to_string(), &columns)
            }
            Opcode::MatColumn => {
                let matrix = self.value(op.operands[0]).within(Precedence::Primary);
                Expression::primary(format!("{matrix}[{}]", number(op)))
            }
            Opcode::MakeVec => self.make_vector(op, ty),
            Opcode::VecExtract => self.component(op),
            Opcode::Load => {
                let index = self.plain(op.operands[0]);
                Expression::primary(self.element(op.memories[0], &index))
            }
            Opcode::LoadIf => self.load_if(op),
            Opcode::VecLoad => self.vector_load(op, ty),
            code if matches!(code.info().group, Group::Simdgroup | Group::Quad) => self.lane_function(op, ty),
            Opcode::MakeFilledSimdgroupMatrix => {
                let fill = self.value(op.operands[0]);
                let element = ty.dtype().unwrap_or(DType::F32);
                Expression::call(&format!("make_filled_simdgroup_matrix<{element}, 8, 8>"), &[fill])
            }
            _ => self.template(op, ty),
        }
    }

    fn binary(&mut self, op: &Op, operator: &str) -> Expression {
        let (x, y) = (self.value(op.operands[0]), self.value(op.operands[1]));
        Expression::binary(&x, operator, &y)
    }

    /// What the operation table says.
    fn template(&mut self, op: &Op, ty: Type) -> Expression {
        let template = op.code.info().msl;
        let operands = self.values(&op.operands);
        if let Some((function, _)) = template.split_once("({") {
            let types = op.operands.iter().map(|&v| self.kernel.ty(v));
            return function_call(function, ty, operands.into_iter().zip(types).collect());
        }
        match template.split(' ').collect::<Vec<_>>()[..] {
            ["{0}", "+", "{1}"] if wraps(ty) => Expression::sum(&operands[0], &operands[1]),
            ["{0}", operator, "{1}"] => Expression::binary(&operands[0], operator, &operands[1]),
            ["{2}", "?", "{1}", ":", "{0}"] => conditional(&operands[2], &operands[1], &operands[0]),
            _ => Expression::unary('-', &operands[0]),
        }
    }

    fn floor_division(&mut self, op: &Op, ty: Type) -> Expression {
        let dtype = ty.dtype();
        if dtype.is_some_and(DType::is_float) {
            let quotient = self.binary(op, "/");
            return match dtype {
                Some(DType::BF16) => {
                    let wide = convert(ty.with_dtype(DType::F32), quotient);
                    convert(ty, Expression::call("floor", &[wide]))
                }
                _ => Expression::call("floor", &[quotient]),
            };
        }
        if !dtype.is_some_and(DType::is_signed_integer) {
            return self.binary(op, "/");
        }
        self.helpers.need(Helper::FloorDivide);
        let operands = self.values(&op.operands);
        Expression::call(Helper::FloorDivide.name(), &operands)
    }

    fn remainder(&mut self, op: &Op, ty: Type) -> Expression {
        let operands = self.values(&op.operands);
        match ty.dtype() {
            Some(DType::F32) => Expression::call("precise::fmod", &operands),
            Some(DType::F16) => Expression::call("fmod", &operands),
            Some(DType::BF16) => {
                let wide: Vec<_> = operands.into_iter().map(|x| convert(ty.with_dtype(DType::F32), x)).collect();
                convert(ty, Expression::call("precise::fmod", &wide))
            }
            _ => Expression::binary(&operands[0], "%", &operands[1]),
        }
    }

    /// Counts are taken modulo the width.
    fn shift(&mut self, op: &Op, operator: &str) -> Expression {
        let x = self.value(op.operands[0]);
        let count = match self.constant_count(op.operands[1]) {
            Some((count, dtype)) => literal::plain(count, dtype),
            None => self.masked_count(op.operands[1]),
        };
        Expression::binary(&x, operator, &count)
    }

    fn unsigned_comparison(&mut self, op: &Op, operand: Type, operator: &str) -> Expression {
        let signed = operand.dtype().unwrap_or(DType::U32);
        let target = signed.unsigned().unwrap_or(signed);
        let mut sides = op.operands.iter().map(|&v| match self.kernel.integer(v) {
            Some(number) => literal::typed(enigma_ir::Literal::Int(target.wrap(number)), target),
            None if target == signed => self.value(v),
            None => convert(operand.with_dtype(target), self.value(v)),
        });
        match (sides.next(), sides.next()) {
            (Some(x), Some(y)) => Expression::binary(&x, operator, &y),
            _ => Expression::primary("false"),
        }
    }

    /// Between the two 16-bit floats there is no conversion but through `float`.
    fn cast(&mut self, op: &Op, from: Type, to: Type) -> Expression {
        let x = self.plain(op.operands[0]);
        match (from.dtype(), to.dtype()) {
            (a, b) if a == b => x,
            (Some(DType::F16), Some(DType::BF16)) | (Some(DType::BF16), Some(DType::F16)) => {
                convert(to, convert(from.with_dtype(DType::F32), x))
            }
            _ => convert(to, x),
        }
    }

    fn make_vector(&mut self, op: &Op, ty: Type) -> Expression {
        let splat = op.operands.iter().all(|v| *v == op.operands[0]);
        let components = if splat { &op.operands[..1] } else { &op.operands[..] };
        let components: Vec<Expression> = components.iter().map(|&v| self.plain(v)).collect();
        Expression::call(&ty.to_string(), &components)
    }

    fn component(&mut self, op: &Op) -> Expression {
        let vector = self.value(op.operands[0]).within(Precedence::Primary);
        Expression::primary(format!("{vector}.{}", COMPONENTS[number(op)]))
    }
}

/// `condition ? yes : no`.
pub(crate) fn conditional(condition: &Expression, yes: &Expression, no: &Expression) -> Expression {
    let text = format!(
        "{} ? {} : {}",
        condition.within(Precedence::LogicalOr),
        yes.within(Precedence::Conditional),
        no.within(Precedence::Conditional)
    );
    Expression { text, precedence: Precedence::Conditional }
}

/// A function of Metal. `bfloat` has operators but no functions, so its operands and its result go through `float`; the
/// `precise::` functions are of `float` only.
pub(crate) fn function_call(function: &str, ty: Type, operands: Vec<(Expression, Type)>) -> Expression {
    let precise = operands.first().is_none_or(|(_, operand)| operand.dtype() != Some(DType::F16));
    let function = if precise { function } else { function.trim_start_matches("precise::") };
    let widened = operands.into_iter().map(|(x, operand)| match operand.dtype() {
        Some(DType::BF16) => convert(operand.with_dtype(DType::F32), x),
        _ => x,
    });
    let mut call = Expression::call(function, &widened.collect::<Vec<_>>());
    if ty.dtype() != Some(DType::BF16) {
        return call;
    }
    if function == "precise::fract" {
        // The `bfloat` below 1: what lies above it as a `float` would be rounded to 1.
        let below_one = convert(ty.with_dtype(DType::F32), Expression::primary("0.99609375f"));
        call = Expression::call("fmin", &[call, below_one]);
    }
    convert(ty, call)
}

/// The number among the attributes of an operation: a component, or a column.
fn number(op: &Op) -> usize {
    match op.attrs.first() {
        Some(Attr::Number(number)) => *number as usize,
        _ => 0,
    }
}

/// A value converted to `ty` in function notation.
pub(crate) fn convert(ty: Type, value: Expression) -> Expression {
    Expression::call(&ty.to_string(), &[value])
}

/// Whether sums of this type are those of integers, and of none that C++ computes in a wider type.
fn wraps(ty: Type) -> bool {
    ty.scalar().is_some_and(|dtype| dtype.is_integer() && dtype.promoted() == dtype)
}

fn is_bool(ty: Type) -> bool {
    ty.dtype() == Some(DType::Bool)
}
