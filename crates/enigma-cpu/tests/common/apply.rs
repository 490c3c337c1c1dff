//! One operation, carried out for many threads on given operands.

use enigma_ir::{Arg, DType, MemoryId, Opcode, Span, Type, ValueId};

use super::data::{Data, float_bits, float_of};
use super::{Sketch, int, line, run};

/// An operand: its type, and the bits of its components, thread after thread.
pub struct Operand {
    pub ty: Type,
    pub bits: Vec<u64>,
}

impl Operand {
    pub fn new(ty: Type, bits: Vec<u64>) -> Self {
        Operand { ty, bits }
    }

    fn dtype(&self) -> DType {
        self.ty.dtype().expect("operands hold numbers")
    }
}

/// The bits of the components of the results, thread after thread. `attr` follows the operands.
pub fn apply(code: Opcode, operands: &[Operand], attr: Option<Arg>, result: Type) -> Vec<u64> {
    let threads = operands[0].bits.len() / operands[0].ty.components();
    let mut s = Sketch::new();
    let buffers: Vec<MemoryId> =
        operands.iter().enumerate().map(|(n, operand)| s.buffer(&format!("in{n}"), operand.dtype())).collect();
    let dtype = result.dtype().expect("results hold numbers");
    let out = s.buffer("out", dtype);
    let thread = s.thread();
    let mut args: Vec<Arg> =
        operands.iter().zip(buffers).map(|(operand, buffer)| s.loaded(operand.ty, buffer, thread).into()).collect();
    args.extend(attr);
    let value = s.b.value(code, &args, SPAN);
    for (n, component) in s.components(value, result).into_iter().enumerate() {
        let at = s.place(thread, result, n);
        s.store(out, at, component);
    }
    let program = s.program();
    let data: Vec<Data> = operands.iter().map(|o| Data::new(o.dtype(), o.bits.iter().copied())).collect();
    let mut results = Data::new(dtype, vec![0; threads * result.components()]);
    let mut arguments: Vec<_> = data.iter().zip(operands).map(|(data, o)| data.read(o.dtype())).collect();
    arguments.push(results.write(dtype));
    run(&program, line(threads as u32, 96), &arguments);
    drop(arguments);
    results.bits()
}

pub const SPAN: Span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 7 };

impl Sketch {
    /// Where a component of a thread's value of that type lies.
    fn place(&mut self, thread: ValueId, ty: Type, component: usize) -> ValueId {
        let start = self.value(Opcode::Mul, [thread.into(), int(ty.components() as i128)]);
        self.value(Opcode::Add, [start.into(), int(component as i128)])
    }

    /// The thread's value of that type, from a buffer.
    fn loaded(&mut self, ty: Type, buffer: MemoryId, thread: ValueId) -> ValueId {
        let numbers: Vec<ValueId> = (0..ty.components())
            .map(|n| {
                let at = self.place(thread, ty, n);
                self.load(buffer, at)
            })
            .collect();
        match ty {
            Type::Scalar(_) => numbers[0],
            Type::Matrix(_, _, rows) => {
                let columns: Vec<ValueId> =
                    numbers.chunks(rows.into()).map(|column| self.of_all(Opcode::MakeVec, column)).collect();
                self.of_all(Opcode::MatMake, &columns)
            }
            _ => self.of_all(Opcode::MakeVec, &numbers),
        }
    }

    /// A vector of its components, or a matrix of its columns.
    fn of_all(&mut self, code: Opcode, parts: &[ValueId]) -> ValueId {
        let parts: Vec<Arg> = parts.iter().map(|&part| part.into()).collect();
        self.b.value(code, &parts, SPAN)
    }

    /// The components of a value of that type.
    fn components(&mut self, value: ValueId, ty: Type) -> Vec<ValueId> {
        match ty {
            Type::Matrix(dtype, cols, rows) => (0..cols)
                .flat_map(|column| {
                    let column = self.value(Opcode::MatColumn, [value.into(), int(column.into())]);
                    self.components(column, Type::Vector(dtype, rows))
                })
                .collect(),
            Type::Vector(_, n) => {
                (0..n).map(|lane| self.value(Opcode::VecExtract, [value.into(), int(lane.into())])).collect()
            }
            _ => vec![value],
        }
    }
}

/// The scalar type, or the vector type of that many components.
pub fn of_width(dtype: DType, width: usize) -> Type {
    match width {
        1 => Type::Scalar(dtype),
        n => Type::Vector(dtype, n as u8),
    }
}

/// Whether the bits of a float are `exact`, rounded with an error of at most `ulps` units in the last place, and
/// `slack` besides.
pub fn is_near(dtype: DType, bits: u64, exact: f64, ulps: f64, slack: f64) -> bool {
    let x = f64::from(float_of(dtype, bits));
    let rounded = float_of(dtype, float_bits(dtype, exact as f32));
    let step = f64::from(float_of(dtype, float_bits(dtype, rounded.abs()) + 1)) - f64::from(rounded.abs());
    x.is_nan() && exact.is_nan() || x == f64::from(rounded) || (x - exact).abs() <= ulps * step + slack
}
