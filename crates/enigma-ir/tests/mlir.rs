//! The kernel as MLIR text, judged by `mlir-opt`: every operation over every type that it takes, loops of every
//! kind, names and numbers that need care.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
mod common;

use std::collections::BTreeSet;

use common::{Sketch, branches_and_loops, float, int, name, pipeline, tiled_load, tools};
use enigma_ir::table::{Access, AttrKind, Class, Group, Kind, OpInfo, ResultRule, Spaces, TABLE};
use enigma_ir::{Arg, DType, Kernel, Literal, MemoryId, Opcode, ValueId, Verified, mlir};

/// Runs `mlir-opt` over modules; returns what it prints, or panics with what it complains about.
fn mlir_opt(modules: &[String], flags: &[&str]) -> String {
    let flags = [&["--allow-unregistered-dialect", "--split-input-file"], flags].concat();
    tools::run("mlir-opt", &flags, modules.join("\n// -----\n"))
}

fn accepted(kernels: &[Verified<Kernel>]) {
    let modules: Vec<String> = kernels.iter().map(mlir).collect();
    let printed = mlir_opt(&modules, &[]);
    let functions = |text: &str| text.matches("func.func @").count();
    assert_eq!(functions(&printed), kernels.len());
}

/// How the operands of a generated kernel are chosen.
#[derive(Copy, Clone)]
struct Choice {
    dtype: DType,
    /// 1 for scalars.
    width: usize,
    /// Whether a copy's tile is a register tensor.
    registers: bool,
    fill: &'static str,
}

/// A kernel with one operation whose operands are all known at run time only.
struct Generated {
    sketch: Sketch,
    choice: Choice,
    device: MemoryId,
    indices: [ValueId; 3],
}

impl Generated {
    fn new(info: &OpInfo, choice: Choice) -> Self {
        let mut sketch = Sketch::new(&format!("{}_{}x{}", info.name, choice.dtype.short(), choice.width));
        let device = sketch.buffer("A", choice.dtype);
        let indices = [DType::U32, DType::I32, DType::U16].map(|d| sketch.scalar(d.short(), d));
        Generated { sketch, choice, device, indices }
    }

    fn value(&mut self, dtype: DType, width: usize) -> ValueId {
        let number = self.sketch.value(Opcode::Load, &[self.device.into(), self.indices[0].into()]);
        let number = match dtype == self.choice.dtype {
            true => number,
            false => self.sketch.value(Opcode::Cast, &[number.into(), Arg::DType(dtype)]),
        };
        match width {
            1 => number,
            n => self.sketch.value(Opcode::MakeVec, &vec![number.into(); n]),
        }
    }

    fn tile(&mut self) -> MemoryId {
        match self.choice.registers {
            true => self.sketch.registers("regs", self.choice.dtype, 64, None),
            false => self.sketch.tile("tile", self.choice.dtype, 64),
        }
    }

    fn event(&mut self) -> ValueId {
        let tile = self.tile();
        let [n, ..] = self.indices;
        let copy = [tile.into(), n.into(), self.device.into(), n.into(), n.into()];
        self.sketch.value(Opcode::AsyncCopy1dD2t, &copy)
    }

    fn argument(&mut self, kind: Kind, position: usize) -> Arg {
        let Choice { dtype, width, fill, .. } = self.choice;
        match kind {
            Kind::T => self.value(dtype, width).into(),
            Kind::Element | Kind::ComponentOfT | Kind::Value(Class::Scalar | Class::Any) => self.value(dtype, 1).into(),
            Kind::Elements => self.value(dtype, 2).into(),
            Kind::Value(Class::Matrix | Class::MatrixOrVector) => {
                let column = self.value(dtype, 2);
                self.sketch.value(Opcode::MatMake, &[column.into(), column.into()]).into()
            }
            Kind::Value(Class::Condition) => self.sketch.value(Opcode::CmpEq, &[self.indices[0].into(), int(1)]).into(),
            Kind::Value(Class::Event) => self.event().into(),
            Kind::Value(Class::SimdgroupMatrix) => {
                let of = [float(1.0), Arg::DType(dtype)];
                self.sketch.value(Opcode::MakeFilledSimdgroupMatrix, &of).into()
            }
            Kind::Value(_) => self.indices[position % 3].into(),
            Kind::Memory(_, Spaces::Tile) => self.tile().into(),
            Kind::Memory(..) => self.device.into(),
            Kind::Attr(AttrKind::Dim) => name("z"),
            Kind::Attr(AttrKind::MemFlags) => name("mem_device_and_threadgroup"),
            Kind::Attr(AttrKind::Fill) => name(fill),
            Kind::Attr(AttrKind::DType | AttrKind::ElementType) => Arg::DType(dtype),
            Kind::Attr(AttrKind::Flag) => Arg::Literal(Literal::Bool(true)),
            Kind::Attr(AttrKind::Eight) => int(8),
            Kind::Attr(AttrKind::Lane) => int(1),
            Kind::Attr(AttrKind::Width) => int(2),
            Kind::Attr(AttrKind::ConstantIndex) => int(0),
            Kind::Attr(AttrKind::MemoryOrder(_)) => name("relaxed"),
            Kind::Attr(AttrKind::Text) => name("\"{}\""),
        }
    }

    fn kernel(mut self, info: &OpInfo) -> Verified<Kernel> {
        let params = info.signature.params;
        let mut args: Vec<Arg> = params.iter().enumerate().map(|(i, p)| self.argument(p.kind, i)).collect();
        match info.code {
            Opcode::MakeVec => args = vec![args[0].clone(); 4],
            Opcode::MatMake => args = vec![args[0].clone(); 3],
            _ => {}
        }
        let result = self.sketch.call(info.code, &args);
        if let (Some(event), true) = (result, info.code.is_copy()) {
            self.sketch.call(Opcode::AsyncCopyWait, &[event.into()]);
        }
        self.sketch.finish()
    }
}

/// Every choice of types that a row admits.
fn choices(info: &OpInfo) -> Vec<Choice> {
    let signature = info.signature;
    let typed = signature.params.iter().any(|p| p.kind == Kind::T);
    let group = info.group;
    let touches_memory = signature.memories().next().is_some() || signature.result == ResultRule::None;
    let widths: Vec<usize> = match typed {
        true => (1..=4).filter(|&n| signature.t.admits_width(n as u8)).collect(),
        false => vec![1],
    };
    let variants: &[(bool, &str)] =
        if info.code.is_copy() { &[(false, "zero"), (true, "edge")] } else { &[(false, "zero")] };
    let admitted = |dtype: &DType| match group {
        _ if typed || signature.atomic => signature.t.admits_dtype(*dtype),
        Group::SimdgroupMatrix => dtype.is_float(),
        Group::Matrix => Class::Matrix.admits_dtype(*dtype),
        Group::Constant => true,
        _ => touches_memory || *dtype == DType::F32,
    };
    let mut found = Vec::new();
    for dtype in DType::ALL.into_iter().filter(admitted) {
        for &width in &widths {
            found.extend(variants.iter().map(|&(registers, fill)| Choice { dtype, width, registers, fill }));
        }
    }
    found
}

fn generated() -> Vec<Verified<Kernel>> {
    let rows = TABLE.iter().filter(|row| row.group != Group::Structure);
    rows.flat_map(|row| choices(row).into_iter().map(|choice| Generated::new(row, choice).kernel(row))).collect()
}

#[test]
fn every_operation_over_every_type() {
    accepted(&generated());
}

fn conversions() -> Vec<Verified<Kernel>> {
    let mut kernels = Vec::new();
    for from in DType::ALL {
        for to in DType::ALL {
            for width in [1, 2, 3, 4] {
                let mut k = Sketch::new(&format!("{}_to_{}_x{width}", from.short(), to.short()));
                let (a, b) = (k.buffer("A", from), k.buffer("B", to));
                let x = k.value(Opcode::Load, &[a.into(), int(0)]);
                let whole = if width == 1 { x } else { k.value(Opcode::MakeVec, &vec![x.into(); width]) };
                let y = k.value(Opcode::Cast, &[whole.into(), Arg::DType(to)]);
                let part = if width == 1 { y } else { k.value(Opcode::VecExtract, &[y.into(), int(1)]) };
                k.call(Opcode::Store, &[b.into(), int(0), part.into()]);
                kernels.push(k.finish());
            }
        }
    }
    kernels
}

#[test]
fn every_conversion() {
    accepted(&conversions());
}

/// Those of groups of which the standard dialects have only some.
const IN_STANDARD_DIALECTS: [Opcode; 14] = [
    Opcode::Imin,
    Opcode::Imax,
    Opcode::Iclamp,
    Opcode::AbsDiff,
    Opcode::MulHi,
    Opcode::Rotate,
    Opcode::Popcount,
    Opcode::Clz,
    Opcode::Ctz,
    Opcode::Dot,
    Opcode::Length,
    Opcode::Distance,
    Opcode::MatColumn,
    Opcode::MatTranspose,
];

/// What the standard dialects do not have, and nothing else, is an operation of ours.
#[test]
fn generic_operations() {
    let texts: Vec<String> = generated().iter().chain(&conversions()).map(mlir).collect();
    let generic: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split("\"enigma.").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let positions = TABLE.iter().filter(|row| row.group == Group::Position);
    let collective = TABLE.iter().filter(|row| {
        matches!(row.group, Group::Barrier | Group::AsyncCopy | Group::Simdgroup | Group::SimdgroupMatrix)
            || matches!(row.group, Group::Integer | Group::Geometry | Group::Pack | Group::Matrix | Group::Constant)
            || matches!(row.group, Group::Atomic | Group::Quad | Group::Debug)
    });
    let mut expected: BTreeSet<&str> = positions.chain(collective).map(|row| row.name).collect();
    expected.extend(["metal_cast", "load_if", "store_if", "vec_load", "vec_store"]);
    for code in IN_STANDARD_DIALECTS {
        assert!(expected.remove(code.info().name), "{code:?}");
    }
    assert_eq!(generic, expected);
}

#[test]
fn loops_in_every_type() {
    let mut kernels = Vec::new();
    for dtype in DType::ALL.into_iter().filter(|d| d.is_integer()) {
        for (step, carries) in [(Some(1), true), (Some(2), false), (Some(-1), true), (None, true), (None, false)] {
            if step == Some(-1) && !dtype.is_signed_integer() {
                continue;
            }
            kernels.push(counting(dtype, step, carries));
        }
    }
    accepted(&kernels);
}

fn counting(dtype: DType, step: Option<i128>, carries: bool) -> Verified<Kernel> {
    let mut k = Sketch::new("counting");
    let out = k.buffer("out", dtype);
    let (lo, hi, by) = (k.scalar("lo", dtype), k.scalar("hi", dtype), k.scalar("by", dtype));
    let step = step.map_or(by.into(), int);
    let init: &[Arg] = if carries { &[float(0.0), int(1)] } else { &[] };
    let (i, carried) = k.begin_for(lo.into(), hi.into(), step, dtype, init);
    k.call(Opcode::Store, &[out.into(), i.into(), i.into()]);
    let carried: Vec<Arg> = carried.into_iter().map(Arg::from).collect();
    k.end_for(&carried);
    k.finish()
}

#[test]
fn nested_control_flow() {
    accepted(&[tiled_load(), pipeline(), branches_and_loops()]);
}

/// Events, matrices, vectors and numbers through a `while`, and a `while` that carries nothing.
#[test]
fn while_loops() {
    let mut k = Sketch::new("while_loops");
    let a = k.buffer("A", DType::F32);
    let n = k.scalar("n", DType::U32);
    let tile = k.tile("tile", DType::F32, 64);
    let copy = [tile.into(), int(0), a.into(), n.into(), int(64)];
    let event = k.value(Opcode::AsyncCopy1dD2t, &copy);
    let matrix = k.value(Opcode::MakeFilledSimdgroupMatrix, &[float(0.0)]);
    let vector = k.value(Opcode::MakeVec, &[float(0.0), float(1.0)]);
    let span = k.here();
    let init = [event.into(), matrix.into(), vector.into(), n.into()];
    let carried = k.builder.begin_while(&init, span);
    let goes_on = k.value(Opcode::CmpGt, &[carried[3].into(), int(0)]);
    let body = k.builder.begin_while_body(&goes_on.into(), span);
    k.call(Opcode::AsyncCopyWait, &[body[0].into()]);
    let again = k.value(Opcode::AsyncCopy1dD2t, &copy);
    let less = k.value(Opcode::Sub, &[body[3].into(), int(1)]);
    let after = k.builder.end_while(&[again.into(), body[1].into(), body[2].into(), less.into()], span);
    k.call(Opcode::AsyncCopyWait, &[after[0].into()]);

    k.builder.begin_while(&[], span);
    let x = k.value(Opcode::Load, &[a.into(), int(0)]);
    let goes_on = k.value(Opcode::CmpGt, &[x.into(), float(0.0)]);
    k.builder.begin_while_body(&goes_on.into(), span);
    k.call(Opcode::Store, &[a.into(), int(0), float(-1.0)]);
    k.builder.end_while(&[], span);
    accepted(&[k.finish()]);
}

#[test]
fn numbers_at_the_edge() {
    let mut k = Sketch::new("numbers");
    for dtype in DType::ALL {
        let out = k.buffer(&format!("{}s", dtype.short()), dtype);
        let numbers = match dtype.integer_range() {
            Some((lo, hi)) => vec![Literal::Int(lo), Literal::Int(hi)],
            None => [0.1, -0.0, 1e-40, 1e4, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(Literal::Float).to_vec(),
        };
        for number in numbers {
            k.call(Opcode::Store, &[out.into(), int(0), Arg::Literal(number)]);
        }
    }
    let bytes = k.buffer("bytes", DType::U8);
    k.call(Opcode::Load, &[bytes.into(), int(i128::from(u64::MAX))]);
    let kernel = k.finish();
    insta::assert_snapshot!(mlir(&kernel));
    accepted(&[kernel]);
}

#[test]
fn register_tensors_of_every_type() {
    let mut k = Sketch::new("registers");
    for dtype in DType::ALL {
        let buffer = k.buffer(&format!("{}s", dtype.short()), dtype);
        let x = k.value(Opcode::Load, &[buffer.into(), int(0)]);
        let filled = k.registers("filled", dtype, 4, Some(x.into()));
        let open = k.registers("open", dtype, 4, None);
        let y = k.value(Opcode::Load, &[filled.into(), int(3)]);
        k.call(Opcode::Store, &[open.into(), int(0), y.into()]);
    }
    accepted(&[k.finish()]);
}

#[test]
fn names_that_need_care() {
    let mut k = Sketch::new("<lambda> \"ä\"");
    let out = k.buffer("v3", DType::F32);
    for (i, given) in ["acc", "acc", "größe", "1st", "", "acc_v5", "c1"].into_iter().enumerate() {
        let x = k.named(given, Opcode::Load, &[out.into(), int(i as i128)]);
        k.call(Opcode::Store, &[out.into(), int(i as i128), x.into()]);
    }
    let kernel = k.finish();
    insta::assert_snapshot!(mlir(&kernel));
    mlir_opt(&[mlir(&kernel)], &[]);
}

/// Tools that read the text report the user's places.
#[test]
fn places_survive() {
    let kernel = tiled_load();
    let printed = mlir_opt(&[mlir(&kernel)], &["--mlir-print-debuginfo"]);
    for op in kernel.walk() {
        let span = kernel.op(op).span;
        // A constant that is only ever an index stands at the top of the function, once.
        if kernel.op(op).code != Opcode::Constant {
            let place = format!("loc(\"kernel.py\":{}:{})", span.line, span.column);
            assert!(printed.contains(&place), "{place} is lost");
        }
    }
    assert!(!printed.contains("loc(unknown)"), "{printed}");
}

/// The destination of a copy comes first, whichever way it goes.
#[test]
fn memory_operands_keep_their_order() {
    for row in TABLE.iter().filter(|row| row.code.is_copy()) {
        let choice = Choice { dtype: DType::F16, width: 1, registers: false, fill: "edge" };
        let text = mlir(&Generated::new(row, choice).kernel(row));
        let writes_device = matches!(row.signature.memories().next(), Some((Access::Write, Spaces::Device)));
        let operands = if writes_device { "(%A, " } else { "(%tile, " };
        assert!(text.contains(&format!("\"enigma.{}\"{operands}", row.name)), "{text}");
    }
}

#[test]
fn straight_line_text() {
    insta::assert_snapshot!(mlir(&tiled_load()));
}

#[test]
fn carried_event_and_matrix_text() {
    insta::assert_snapshot!(mlir(&pipeline()));
}

#[test]
fn control_flow_text() {
    insta::assert_snapshot!(mlir(&branches_and_loops()));
}
