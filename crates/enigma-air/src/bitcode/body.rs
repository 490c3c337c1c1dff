//! Instructions of a function.
//!
//! An operand is the distance from its number to that of the instruction's result. One that comes later, whose distance is
//! negative, stands there modulo 2^32, and with its type where nothing else tells the type.

use super::alignment;
use super::bitstream::{Bitstream, signed};
use super::codes::{block, function as code, symtab};
use super::numbers::Numbers;
use crate::llvm::{BinaryOp, Function, FunctionId, Instruction, Operation, Type, Value};

/// Writes the body of a function that has one.
pub(super) fn write(out: &mut Bitstream, numbers: &Numbers, id: FunctionId, function: &Function) {
    let mut body = Body::new(numbers, id, function);
    out.block(block::FUNCTION, 4, |out| {
        out.record(code::DECLAREBLOCKS, &[function.blocks.len() as u64]);
        for id in function.blocks.iter().flat_map(|block| &block.instructions) {
            let instruction = function.instruction(*id);
            body.record.clear();
            let code = body.encode(instruction);
            out.record(code, &body.record);
            body.next += u32::from(instruction.ty != Type::VOID);
        }
        body.write_names(out);
    });
}

struct Body<'a> {
    numbers: &'a Numbers<'a>,
    id: FunctionId,
    function: &'a Function,
    /// The number of each instruction's result.
    results: Vec<u32>,
    /// The number of the next result.
    next: u32,
    /// The operands of the record that is being made.
    record: Vec<u64>,
}

impl<'a> Body<'a> {
    fn new(numbers: &'a Numbers<'a>, id: FunctionId, function: &'a Function) -> Body<'a> {
        let first = numbers.first_local() + function.parameters.len() as u32;
        let mut next = first;
        let mut results = vec![0; function.instructions.len()];
        for id in function.blocks.iter().flat_map(|block| &block.instructions) {
            if function.instruction(*id).ty != Type::VOID {
                results[id.index()] = next;
                next += 1;
            }
        }
        Body { numbers, id, function, results, next: first, record: Vec::new() }
    }

    fn number(&self, value: Value) -> u32 {
        match value {
            Value::Argument(n) => self.numbers.first_local() + n,
            Value::Local(id) => self.results[id.index()],
            other => self.numbers.global(other),
        }
    }

    /// An operand whose type follows from the others.
    fn push(&mut self, value: Value) {
        self.record.push(self.next.wrapping_sub(self.number(value)).into());
    }

    /// An operand whose type nothing tells but itself.
    fn push_typed(&mut self, value: Value) {
        self.push(value);
        if self.number(value) >= self.next {
            self.push_type(self.numbers.module.type_of(self.id, value));
        }
    }

    fn push_type(&mut self, ty: Type) {
        self.record.push(self.numbers.ty(ty));
    }

    /// Makes the record's operands, and gives its code.
    fn encode(&mut self, instruction: &Instruction) -> u64 {
        match &instruction.operation {
            &Operation::Binary(op, a, b) => {
                self.push_typed(a);
                self.push(b);
                self.record.push(binary(op));
                code::BINOP
            }
            &Operation::ICmp(predicate, a, b) => self.compare(FIRST_ICMP + predicate as u64, a, b),
            &Operation::FCmp(predicate, a, b) => self.compare(FIRST_FCMP + predicate as u64, a, b),
            &Operation::Select(condition, yes, no) => {
                self.push_typed(yes);
                self.push(no);
                self.push_typed(condition);
                code::VSELECT
            }
            &Operation::Cast(op, value) => {
                self.push_typed(value);
                self.push_type(instruction.ty);
                self.record.push(op as u64);
                code::CAST
            }
            Operation::Phi(incoming) => {
                self.push_type(instruction.ty);
                for &(value, block) in incoming {
                    let distance = i64::from(self.next) - i64::from(self.number(value));
                    self.record.extend([signed(distance), block.index() as u64]);
                }
                code::PHI
            }
            &Operation::Alloca { of, align } => {
                self.push_type(of);
                self.push_type(Type::I32);
                self.record.extend([self.numbers.one().into(), alignment(align) | EXPLICIT_TYPE]);
                code::ALLOCA
            }
            &Operation::Load { pointer, align, volatile } => {
                self.push_typed(pointer);
                self.push_type(instruction.ty);
                self.record.extend([alignment(align), volatile.into()]);
                code::LOAD
            }
            &Operation::Store { value, pointer, align } => {
                self.push_typed(pointer);
                self.push_typed(value);
                self.record.extend([alignment(align), 0]);
                code::STORE
            }
            Operation::GetElementPtr { of, pointer, indices } => {
                self.record.push(IN_BOUNDS);
                self.push_type(*of);
                self.push_typed(*pointer);
                indices.iter().for_each(|&index| self.push_typed(index));
                code::GEP
            }
            &Operation::ExtractElement(vector, index) => {
                self.push_typed(vector);
                self.push_typed(index);
                code::EXTRACTELT
            }
            &Operation::InsertElement(vector, value, index) => {
                self.push_typed(vector);
                self.push(value);
                self.push_typed(index);
                code::INSERTELT
            }
            &Operation::ExtractValue(value, member) => {
                self.push_typed(value);
                self.record.push(member.into());
                code::EXTRACTVAL
            }
            Operation::Call(function, arguments) => {
                self.record.extend([NO_ATTRIBUTES, EXPLICIT_FUNCTION_TYPE]);
                self.push_type(self.numbers.module.function(*function).ty);
                self.push_typed(Value::Function(*function));
                arguments.iter().for_each(|&argument| self.push(argument));
                code::CALL
            }
            Operation::Br(block) => {
                self.record.push(block.index() as u64);
                code::BR
            }
            &Operation::CondBr(condition, yes, no) => {
                self.record.extend([yes, no].map(|block| block.index() as u64));
                self.push(condition);
                code::BR
            }
            Operation::Ret(value) => {
                value.iter().for_each(|&value| self.push_typed(value));
                code::RET
            }
        }
    }

    fn compare(&mut self, predicate: u64, a: Value, b: Value) -> u64 {
        self.push_typed(a);
        self.push(b);
        self.record.push(predicate);
        code::CMP2
    }

    /// The names of arguments, results and blocks, where they have any.
    fn write_names(&self, out: &mut Bitstream) {
        let function = self.function;
        let arguments = (0..).map(Value::Argument).zip(function.parameters.iter().map(|parameter| &parameter.name));
        let results = function.blocks.iter().flat_map(|block| &block.instructions);
        let results = results.map(|&id| (Value::Local(id), &function.instruction(id).name));
        let values = arguments.chain(results).map(|(value, name)| (symtab::ENTRY, self.number(value).into(), name));
        let blocks = (0..).zip(&function.blocks).map(|(n, block)| (symtab::BBENTRY, n, &block.name));
        out.block(block::VALUE_SYMTAB, 4, |out| {
            for (code, number, name) in values.chain(blocks).filter(|(_, _, name)| !name.is_empty()) {
                out.text(code, &[number], name);
            }
        });
    }
}

/// The numbers of `fcmp oeq` and `icmp eq`. The others follow in the order of their declaration.
const FIRST_FCMP: u64 = 1;
const FIRST_ICMP: u64 = 32;
/// Beside an alignment: the type is that of the object, rather than of its address.
const EXPLICIT_TYPE: u64 = 1 << 6;
const IN_BOUNDS: u64 = 1;
const NO_ATTRIBUTES: u64 = 0;
/// Beside C's calling convention: the function's type is given.
const EXPLICIT_FUNCTION_TYPE: u64 = 1 << 15;

fn binary(op: BinaryOp) -> u64 {
    match op {
        BinaryOp::Add | BinaryOp::FAdd => 0,
        BinaryOp::Sub | BinaryOp::FSub => 1,
        BinaryOp::Mul | BinaryOp::FMul => 2,
        BinaryOp::UDiv => 3,
        BinaryOp::SDiv | BinaryOp::FDiv => 4,
        BinaryOp::URem => 5,
        BinaryOp::SRem | BinaryOp::FRem => 6,
        BinaryOp::Shl => 7,
        BinaryOp::LShr => 8,
        BinaryOp::AShr => 9,
        BinaryOp::And => 10,
        BinaryOp::Or => 11,
        BinaryOp::Xor => 12,
    }
}
