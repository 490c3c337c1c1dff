//! Random use of the builder: any operation with any arguments, in any nesting.

use enigma_ir::table::{AttrKind, Class, Group, Kind, OpInfo, Signature, Spaces, TABLE};
use enigma_ir::{Arg, Builder, DType, Kernel, Literal, MemoryId, Space, Span, Type, ValueId};
use fastrand::Rng;

/// A loop or branch that is open, with the number of values that it carries.
#[derive(Copy, Clone)]
enum Open {
    Then,
    Otherwise,
    For(usize),
    Head(usize),
    Body(usize),
}

const NAMES: [&str; 20] = [
    "x",
    "w",
    "zero",
    "edge",
    "float",
    "half",
    "bool",
    "A",
    "t",
    "mem_device",
    "mem_none",
    "q",
    "uint",
    "relaxed",
    "acquire",
    "release",
    "acq_rel",
    "{} and {}",
    "{",
    "",
];
const INTEGERS: [i128; 16] =
    [0, 1, 2, 3, 4, 8, 31, 32, 64, -1, 1 << 31, 1 << 40, i64::MIN as i128, u64::MAX as i128, i128::MIN, i128::MAX];
const FLOATS: [f64; 8] = [0.5, -0.0, 2.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e-320];

pub struct Tracer {
    random: Rng,
    builder: Builder,
    values: Vec<ValueId>,
    memories: Vec<MemoryId>,
    line: u32,
    /// The innermost last.
    open: Vec<Open>,
}

/// The kernel of a seed. Its parameters are always the same: two buffers of `float`, one each of `half`, `int`, `uint`
/// and `bool`, a `uint` and a `bool`.
pub fn kernel(seed: u64) -> Kernel {
    let mut tracer = Tracer::new(seed);
    for _ in 0..tracer.random.u32(1..14) {
        tracer.step();
    }
    if tracer.random.u32(..8) > 0 {
        while !tracer.open.is_empty() {
            tracer.close();
        }
    }
    tracer.builder.finish()
}

impl Tracer {
    fn new(seed: u64) -> Tracer {
        let mut builder = Builder::new("random", "random.py", None, [1, 1, 1, 2]);
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let buffers = [DType::F32, DType::F32, DType::F16, DType::I32, DType::U32, DType::Bool];
        let mut memories: Vec<MemoryId> =
            buffers.iter().zip("ABHIUC".chars()).map(|(&d, n)| builder.buffer_param(&n.to_string(), d, span)).collect();
        let values = vec![builder.scalar_param("n", DType::U32, span), builder.scalar_param("c", DType::Bool, span)];
        memories.extend([
            builder.threadgroup_alloc(DType::F32, 64, Some("t"), None, span),
            builder.threadgroup_alloc(DType::I32, 64, Some("counts"), None, span),
            builder.register_tensor(DType::I32, 4, None, None, span),
            builder.register_tensor(DType::F32, 4, Some(Arg::Literal(Literal::Int(1))), None, span),
        ]);
        let mut tracer = Tracer { random: Rng::with_seed(seed), builder, values, memories, line: 1, open: Vec::new() };
        tracer.make_a_few_values();
        tracer
    }

    /// A value of each of some types, so that every operation finds operands.
    fn make_a_few_values(&mut self) {
        for _ in 0..self.random.u32(..6) {
            let span = self.span();
            let dtype = self.pick(&DType::ALL);
            let one = Literal::Int(1).fit(dtype).unwrap_or(Literal::Float(1.0));
            let one = self.builder.constant(one, dtype, span);
            let width = self.random.usize(1..5);
            self.values.push(one);
            if width > 1 {
                let components = vec![Arg::Value(one); width];
                let vector = self.builder.value(enigma_ir::Opcode::MakeVec, &components, span);
                let columns = vec![Arg::Value(vector); self.random.usize(2..5)];
                self.values.push(vector);
                if matches!(dtype, DType::F32 | DType::F16) {
                    self.values.push(self.builder.value(enigma_ir::Opcode::MatMake, &columns, span));
                }
            }
        }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.usize(..from.len())]
    }

    fn span(&mut self) -> Span {
        self.line += 1;
        Span { file: 0, line: self.line, column: 1, end_line: self.line, end_column: 9 }
    }

    /// Anything at all.
    fn anything(&mut self) -> Arg {
        match self.random.u32(..12) {
            0 => Arg::Missing,
            1 => Arg::Literal(Literal::Float(self.pick(&FLOATS))),
            2 => Arg::Literal(Literal::Bool(self.random.bool())),
            3 => Arg::Name(self.pick(&NAMES).to_owned()),
            4 => Arg::DType(self.pick(&DType::ALL)),
            5 => Arg::Other("a list".to_owned()),
            6 | 7 => Arg::Literal(Literal::Int(self.pick(&INTEGERS))),
            8 => Arg::Memory(self.pick(&self.memories.clone())),
            _ => Arg::Value(self.pick(&self.values.clone())),
        }
    }

    fn args(&mut self, count: usize) -> Vec<Arg> {
        (0..count).map(|_| self.anything()).collect()
    }

    /// What a parameter may well take; sometimes anything at all.
    fn plausible(&mut self, kind: Kind, signature: &Signature) -> Arg {
        if self.random.u32(..24) == 0 {
            return self.anything();
        }
        match kind {
            Kind::T => self.of_class(signature.t),
            Kind::Value(class) => self.of_class(class),
            Kind::Element | Kind::ComponentOfT => self.of_class(Class::Scalar),
            Kind::Elements => self.of_class(Class::Vector),
            Kind::Memory(_, spaces) => self.memory(spaces),
            Kind::Attr(kind) => self.attribute(kind),
        }
    }

    fn of_class(&mut self, class: Class) -> Arg {
        let fits = |ty: Type| match ty {
            Type::Scalar(dtype) => class.admits_width(1) && class.admits_dtype(dtype),
            Type::Vector(dtype, n) => class.admits_width(n) && class.admits_dtype(dtype),
            Type::Matrix(..) => matches!(class, Class::Matrix | Class::MatrixOrVector),
            Type::SimdgroupMatrix(_) => class == Class::SimdgroupMatrix,
            Type::Event => class == Class::Event,
            Type::Invalid => false,
        };
        let fitting: Vec<ValueId> =
            self.values.iter().copied().filter(|&value| fits(self.builder.kernel().ty(value))).collect();
        if !fitting.is_empty() && self.random.u32(..4) > 0 {
            return Arg::Value(self.pick(&fitting));
        }
        match class {
            Class::Condition => Arg::Literal(Literal::Bool(self.random.bool())),
            Class::Float => Arg::Literal(Literal::Float(self.pick(&FLOATS))),
            _ => Arg::Literal(Literal::Int(self.pick(&INTEGERS[..9]))),
        }
    }

    fn memory(&mut self, spaces: Spaces) -> Arg {
        let fits = |space: Space| match spaces {
            Spaces::Any => true,
            Spaces::Shared => !matches!(space, Space::Register { .. }),
            Spaces::Device => space == Space::Device,
            Spaces::Tile => space != Space::Device,
        };
        let fitting: Vec<MemoryId> =
            self.memories.iter().copied().filter(|&memory| fits(self.builder.kernel().memory(memory).space)).collect();
        Arg::Memory(self.pick(&fitting))
    }

    fn attribute(&mut self, kind: AttrKind) -> Arg {
        match kind {
            AttrKind::DType => Arg::DType(self.pick(&DType::ALL)),
            AttrKind::Lane | AttrKind::Width => Arg::Literal(Literal::Int(self.random.i128(0..4))),
            AttrKind::ConstantIndex => Arg::Literal(Literal::Int(self.pick(&[0, 1, 65535, 65536]))),
            AttrKind::Text => Arg::Name(self.pick(&["{}", "{} {}", "}{", "%s\n\"", "", "*/ //"]).to_owned()),
            AttrKind::Dim => Arg::Name(self.pick(&["x", "y", "z"]).to_owned()),
            AttrKind::MemoryOrder(_) => Arg::Name(self.pick(&["relaxed", "acquire", "release", "acq_rel"]).to_owned()),
            _ => Arg::Missing,
        }
    }

    fn step(&mut self) {
        let span = self.span();
        match self.random.u32(..24) {
            0 => {
                let cond = self.of_class(Class::Condition);
                self.builder.begin_if(&cond, span);
                self.open.push(Open::Then);
            }
            1 => {
                let (bounds, carries) = ([0; 3].map(|_| self.of_class(Class::Index)), self.random.usize(..3));
                let init = self.args(carries);
                let dtype = self.pick(&[DType::I32, DType::U32, DType::U8, DType::I64]);
                let (i, carried) = self.builder.begin_for([&bounds[0], &bounds[1], &bounds[2]], dtype, &init, span);
                self.values.push(i);
                self.values.extend(carried);
                self.open.push(Open::For(carries));
            }
            2 => {
                let carries = self.random.usize(..3);
                let init = self.args(carries);
                let carried = self.builder.begin_while(&init, span);
                self.values.extend(carried);
                self.open.push(Open::Head(carries));
            }
            3..6 => self.close(),
            6 => self.allocate(span),
            7 => self.end_out_of_place(span),
            _ => self.call(span),
        }
    }

    fn allocate(&mut self, span: Span) {
        let dtype = self.pick(&DType::ALL);
        let len = self.pick(&[4, 4, 4, 64, 0, -1, 1 << 40, i128::MAX]);
        let name = self.pick(&[None, Some("t"), Some("A"), Some("q"), Some("float")]);
        let memory = match self.random.bool() {
            true => self.builder.threadgroup_alloc(dtype, len, name, Some("hint"), span),
            false => {
                let fill = self.pick(&[true, false]).then(|| self.anything());
                self.builder.register_tensor(dtype, len, fill, name, span)
            }
        };
        self.memories.push(memory);
    }

    fn call(&mut self, span: Span) {
        let rows: Vec<&OpInfo> = TABLE.iter().filter(|row| row.group != Group::Structure).collect();
        let row = self.pick(&rows);
        let mut args: Vec<Arg> = Vec::new();
        for param in row.signature.params {
            let count = if param.variadic { self.random.usize(..5) } else { 1 };
            for _ in 0..count {
                let left_out = param.default != enigma_ir::table::Default::Required && self.random.bool();
                args.push(if left_out { Arg::Missing } else { self.plausible(param.kind, row.signature) });
            }
        }
        if self.random.u32(..16) == 0 {
            let count = self.random.usize(..args.len() + 2);
            args = self.args(count);
        }
        self.values.extend(self.builder.call(row.code, &args, span));
    }

    /// Ends something that is not open.
    fn end_out_of_place(&mut self, span: Span) {
        if !self.open.is_empty() {
            return;
        }
        let yields = self.args(1);
        match self.random.u32(..5) {
            0 => self.builder.begin_else(&yields, span),
            1 => drop(self.builder.end_if(&yields, span)),
            2 => drop(self.builder.end_for(&yields, span)),
            3 => drop(self.builder.begin_while_body(&yields[0], span)),
            _ => drop(self.builder.end_while(&yields, span)),
        }
    }

    fn close(&mut self) {
        let span = self.span();
        let Some(open) = self.open.pop() else { return };
        match open {
            Open::Then => {
                let yields = self.random.usize(..2);
                let yields = self.args(yields);
                self.builder.begin_else(&yields, span);
                self.open.push(Open::Otherwise);
            }
            Open::Otherwise => {
                let yields = self.random.usize(..2);
                let yields = self.args(yields);
                let results = self.builder.end_if(&yields, span);
                self.values.extend(results);
            }
            Open::For(carries) => {
                let yields = self.args(carries);
                let results = self.builder.end_for(&yields, span);
                self.values.extend(results);
            }
            Open::Head(carries) => {
                let cond = self.of_class(Class::Condition);
                let carried = self.builder.begin_while_body(&cond, span);
                self.values.extend(carried);
                self.open.push(Open::Body(carries));
            }
            Open::Body(carries) => {
                let yields = self.args(carries);
                let results = self.builder.end_while(&yields, span);
                self.values.extend(results);
            }
        }
    }
}
