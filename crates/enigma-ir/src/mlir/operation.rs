//! Operations without blocks.

use super::Writer;
use super::types::{constant, memory_type, value_type};
use crate::kernel::{Argument, Attr, Op, ValueId};
use crate::table::{Class, Kind, Opcode};
use crate::types::{DType, Literal, Type};

/// What the result of an operation is.
pub(super) enum Outcome {
    /// The result of this MLIR operation.
    Operation(String),
    /// A value that was written before.
    Same(String),
}

impl Writer<'_> {
    pub(super) fn simple(&mut self, op: &Op) {
        match (op.code, op.results.first()) {
            (Opcode::Constant, Some(&result)) if !self.read[result.index()] => {}
            (Opcode::Store, _) => self.store(op),
            (Opcode::RegisterFill, _) => self.register_fill(op),
            (_, None) => {
                let operation = self.generic(op);
                self.line(operation);
            }
            (_, Some(&result)) => match self.outcome(op) {
                Outcome::Operation(operation) => {
                    let name = self.value(result);
                    self.line(format_args!("{name} = {operation}"));
                }
                Outcome::Same(written) => self.names.alias(result, written),
            },
        }
    }

    fn outcome(&mut self, op: &Op) -> Outcome {
        let operation = match op.code {
            Opcode::Constant => self.constant_of(op),
            Opcode::Load => self.load(op),
            Opcode::MakeVec => self.make_vec(op),
            Opcode::VecExtract => self.extract(op),
            Opcode::Cast => return self.cast(op),
            Opcode::AsType => return self.as_type(op),
            _ => {
                let outcome = self.elementwise(op).or_else(|| self.vector(op).map(Outcome::Operation));
                return outcome.unwrap_or_else(|| Outcome::Operation(self.generic(op)));
            }
        };
        Outcome::Operation(operation)
    }

    fn constant_of(&self, op: &Op) -> String {
        let literal = match op.attrs[0] {
            Attr::Literal(literal) => literal,
            _ => Literal::Int(0),
        };
        constant(literal, self.kernel.ty(op.results[0]))
    }

    /// A value as an `index`, by a cast that knows its sign.
    pub(super) fn index(&mut self, id: ValueId) -> String {
        if let Some(number) = self.kernel.integer(id) {
            // An `index` has 64 bits, which MLIR writes with a sign.
            return self.constant_index(DType::I64.wrap(number));
        }
        let ty = self.kernel.ty(id);
        let cast = match ty.dtype() {
            Some(dtype) if dtype.is_signed_integer() => "index_cast",
            _ => "index_castui",
        };
        let value = self.value(id);
        self.add(format_args!("arith.{cast} {value} : {} to index", value_type(ty)))
    }

    fn constant_index(&mut self, number: i128) -> String {
        if let Some((_, name)) = self.indices.iter().find(|(known, _)| *known == number) {
            return name.clone();
        }
        let name = self.names.reserve(&format!("c{number}"));
        self.indices.push((number, name.clone()));
        name
    }

    /// `%tile[%0] : memref<64xf32, 3>`.
    fn element(&mut self, op: &Op) -> String {
        let index = self.index(op.operands[0]);
        let memory = op.memories[0];
        format!("{}[{index}] : {}", self.names.memory(memory), memory_type(self.kernel.memory(memory)))
    }

    fn load(&mut self, op: &Op) -> String {
        format!("memref.load {}", self.element(op))
    }

    fn store(&mut self, op: &Op) {
        let element = self.element(op);
        let value = self.value(op.operands[1]);
        self.line(format_args!("memref.store {value}, {element}"));
    }

    /// Fills a register tensor; one that starts uninitialised needs nothing.
    fn register_fill(&mut self, op: &Op) {
        let Some(&value) = op.operands.first() else { return };
        let memory = op.memories[0];
        let (name, array) = (self.names.memory(memory).to_owned(), memory_type(self.kernel.memory(memory)));
        let (value, element) = (self.value(value), value_type(self.kernel.ty(value)));
        self.line(format_args!("linalg.fill ins({value} : {element}) outs({name} : {array})"));
    }

    fn make_vec(&self, op: &Op) -> String {
        let ty = value_type(self.kernel.ty(op.results[0]));
        format!("vector.from_elements {} : {ty}", self.values(&op.operands).join(", "))
    }

    pub(super) fn extract(&self, op: &Op) -> String {
        let vector = op.operands[0];
        let (from, to) = (value_type(self.kernel.ty(vector)), value_type(self.kernel.ty(op.results[0])));
        format!("vector.extract {}[{}] : {to} from {from}", self.names.value(vector), op.attrs[0])
    }

    fn as_type(&self, op: &Op) -> Outcome {
        let (from, to) = (self.kernel.ty(op.operands[0]), self.kernel.ty(op.results[0]));
        let value = self.value(op.operands[0]);
        match (from.dtype(), to.dtype()) {
            (Some(source), Some(target)) if !keeps_bits(source, target) => {
                Outcome::Operation(conversion("arith.bitcast", &value, from, to))
            }
            _ => Outcome::Same(value),
        }
    }

    fn cast(&mut self, op: &Op) -> Outcome {
        let (from, to) = (self.kernel.ty(op.operands[0]), self.kernel.ty(op.results[0]));
        let value = self.value(op.operands[0]);
        let (Some(source), Some(target)) = (from.dtype(), to.dtype()) else { return Outcome::Same(value) };
        let operation = match (source, target) {
            _ if keeps_bits(source, target) => return Outcome::Same(value),
            (_, DType::Bool) => {
                let zero = self.add(constant(zero(source), from));
                let compare = if source.is_float() { "arith.cmpf une" } else { "arith.cmpi ne" };
                return Outcome::Operation(format!("{compare}, {value}, {zero} : {}", value_type(from)));
            }
            (DType::F16, DType::BF16) | (DType::BF16, DType::F16) => {
                let wide = from.with_dtype(DType::F32);
                let widened =
                    self.add(format_args!("arith.extf {value} : {} to {}", value_type(from), value_type(wide)));
                return Outcome::Operation(conversion("arith.truncf", &widened, wide, to));
            }
            _ if source.is_float() && target.is_float() => match target.bits() > source.bits() {
                true => "arith.extf",
                false => "arith.truncf",
            },
            // Out of range it saturates, where `arith.fptosi` yields poison.
            _ if source.is_float() => return Outcome::Operation(self.generic(op)),
            _ if target.is_float() && source.is_signed_integer() => "arith.sitofp",
            _ if target.is_float() => "arith.uitofp",
            _ if source.bits() > target.bits() => "arith.trunci",
            _ if source.is_signed_integer() => "arith.extsi",
            _ => "arith.extui",
        };
        Outcome::Operation(conversion(operation, &value, from, to))
    }

    /// An operation in generic form, from its row. Indices, offsets and extents are passed as `index`; the sign of
    /// integer operands stands in the attribute `element`.
    fn generic(&mut self, op: &Op) -> String {
        let (mut operands, mut types, mut attrs) = (Vec::new(), Vec::new(), Vec::new());
        for (param, given) in op.arguments() {
            match (given, param.kind) {
                (Argument::Value(v), Kind::Value(Class::Index)) => {
                    operands.push(self.index(v));
                    types.push("index".to_owned());
                }
                (Argument::Value(v), _) => {
                    operands.push(self.value(v));
                    types.push(value_type(self.kernel.ty(v)));
                }
                (Argument::Memory(m), _) => {
                    operands.push(self.names.memory(m).to_owned());
                    types.push(memory_type(self.kernel.memory(m)));
                }
                (Argument::Attr(attr), _) => attrs.push(format!("{} = {}", param.name, self.attribute(attr))),
            }
        }
        if let Some(dtype) = self.unsaid_element(op) {
            attrs.push(format!("element = \"{dtype}\""));
        }
        let attrs = if attrs.is_empty() { String::new() } else { format!(" {{{}}}", attrs.join(", ")) };
        let results = self.types(&op.results);
        let results = if results.is_empty() { "()".to_owned() } else { results };
        let (name, operands, types) = (op.code.info().name, operands.join(", "), types.join(", "));
        format!("\"enigma.{name}\"({operands}){attrs} : ({types}) -> {results}")
    }

    fn attribute(&self, attr: Attr) -> String {
        match attr {
            Attr::Flag(flag) => flag.to_string(),
            Attr::Number(number) => format!("{number} : i32"),
            Attr::Literal(literal) => literal.to_string(),
            Attr::Text(number) => quoted(self.kernel.text(number)),
            Attr::Dim(_) | Attr::MemFlags(_) | Attr::Fill(_) | Attr::DType(_) | Attr::MemoryOrder(_) => {
                format!("\"{attr}\"")
            }
        }
    }

    /// The element type of the row's type variable, where it is an integer.
    fn unsaid_element(&self, op: &Op) -> Option<DType> {
        let typed = op.arguments().into_iter().find_map(|(param, given)| match (param.kind, given) {
            (Kind::T, Argument::Value(v)) => Some(self.kernel.ty(v)),
            _ => None,
        });
        typed.and_then(Type::dtype).filter(|d| d.is_integer())
    }
}

/// A string as MLIR writes it: what is not printable, in hexadecimal.
fn quoted(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | 0..=0x1f | 0x7f.. => format!("\\{byte:02X}"),
        byte => char::from(byte).to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Whether a cast is no operation in MLIR: to the same type, or between an integer and its unsigned sibling.
pub(super) fn keeps_bits(source: DType, target: DType) -> bool {
    source == target || source.is_integer() && target.is_integer() && source.bits() == target.bits()
}

fn conversion(operation: &str, value: &str, from: Type, to: Type) -> String {
    format!("{operation} {value} : {} to {}", value_type(from), value_type(to))
}

/// Zero, as a constant of that element type.
pub(super) fn zero(dtype: DType) -> Literal {
    match dtype.is_float() {
        true => Literal::Float(0.0),
        false => Literal::Int(0),
    }
}
