//! What a system's version of the language lacks is refused where the kernel first needs it, and nothing else is.

use enigma_ir::target::{System, Target};
use enigma_ir::{Arg, Builder, DType, Kernel, Literal, Opcode, Rule, Span, Verified, verify};
use enigma_msl::{Options, emit};

/// A kernel of as many lines as it has operations, of which each can be told from the others.
struct Lines {
    builder: Builder,
    line: u32,
}

const SOURCE: &str = "parameter A\nparameter B\nfirst operation\nsecond operation\nthird operation\n";

impl Lines {
    fn new() -> Lines {
        Lines { builder: Builder::new("example", "example.txt", Some(SOURCE.into()), [1, 1, 1, 1]), line: 0 }
    }

    fn next(&mut self) -> Span {
        self.line += 1;
        let length = SOURCE.lines().nth(self.line as usize - 1).map_or(1, str::len) as u32;
        Span { file: 0, line: self.line, column: 1, end_line: self.line, end_column: length + 1 }
    }

    fn buffer(&mut self, name: &str, dtype: DType) -> Arg {
        let span = self.next();
        self.builder.buffer_param(name, dtype, span).into()
    }

    fn value(&mut self, code: Opcode, args: &[Arg]) -> Arg {
        let span = self.next();
        self.builder.value(code, args, span).into()
    }

    fn does(&mut self, code: Opcode, args: &[Arg]) {
        let span = self.next();
        self.builder.call(code, args, span);
    }

    fn finish(self) -> Verified<Kernel> {
        verify(self.builder.finish()).unwrap_or_else(|errors| panic!("{errors}"))
    }
}

fn int(value: i128) -> Arg {
    Arg::Literal(Literal::Int(value))
}

fn for_system(kernel: &Verified<Kernel>, system: System) -> Result<String, String> {
    let options = Options { target: Target { system, ..Target::default() }, ..Options::default() };
    emit(kernel, &options).map_err(|refused| {
        assert!(refused.items().iter().all(|item| item.rule == Rule::Unsupported));
        refused.to_string()
    })
}

/// The systems that a kernel is emitted for.
fn taken(kernel: &Verified<Kernel>) -> Vec<System> {
    System::ALL.into_iter().filter(|&system| for_system(kernel, system).is_ok()).collect()
}

/// A parameter of `bfloat`, which the kernel copies.
fn bfloat_parameters() -> Verified<Kernel> {
    let mut k = Lines::new();
    let (a, b) = (k.buffer("A", DType::F32), k.buffer("B", DType::BF16));
    let x = k.value(Opcode::Load, &[a, int(0)]);
    let x = k.value(Opcode::Cast, &[x, Arg::DType(DType::BF16)]);
    k.does(Opcode::Store, &[b, int(0), x]);
    k.finish()
}

/// Numbers that are `bfloat` only in between; the text needs them where `used`.
fn bfloat_between(used: bool) -> Verified<Kernel> {
    let mut k = Lines::new();
    let (a, b) = (k.buffer("A", DType::F32), k.buffer("B", DType::F32));
    let x = k.value(Opcode::Load, &[a, int(0)]);
    let y = k.value(Opcode::Cast, &[x.clone(), Arg::DType(DType::BF16)]);
    k.does(Opcode::Store, &[b, int(0), if used { y } else { x }]);
    k.finish()
}

/// Adds to a number, atomically.
fn atomic(dtype: DType, order: &str) -> Verified<Kernel> {
    let mut k = Lines::new();
    let (a, _) = (k.buffer("A", dtype), k.buffer("B", DType::F32));
    k.does(Opcode::AtomicFetchAdd, &[a, int(0), int(1), Arg::Name(order.to_owned())]);
    k.finish()
}

#[test]
fn a_parameter_of_bfloat() {
    let kernel = bfloat_parameters();
    assert_eq!(taken(&kernel), [System::MacOs14, System::MacOs15, System::MacOs26]);
    insta::assert_snapshot!(for_system(&kernel, System::MacOs13).unwrap_err());
}

#[test]
fn a_number_of_bfloat() {
    assert_eq!(taken(&bfloat_between(false)), System::ALL);
    insta::assert_snapshot!(for_system(&bfloat_between(true), System::MacOs13).unwrap_err());
}

#[test]
fn an_atomic_operation_that_orders() {
    for order in ["acquire", "release", "acq_rel"] {
        assert_eq!(taken(&atomic(DType::U32, order)), [System::MacOs15, System::MacOs26], "{order}");
    }
    assert_eq!(taken(&atomic(DType::U32, "relaxed")), System::ALL);
    assert_eq!(taken(&atomic(DType::F32, "relaxed")), System::ALL);
    insta::assert_snapshot!(for_system(&atomic(DType::F32, "release"), System::MacOs14).unwrap_err());
}
