//! Runs a sample: on the executor, under the checker, as Metal source.

use enigma_check::{Options, Order, Report, check};
use enigma_cpu::observer::Unobserved;
use enigma_cpu::{Argument, Buffer, Launch, Limits, Printout, Program};
use enigma_ir::passes::{optimise, optimise_wide, specialise};
use enigma_ir::{DType, Diagnostics, Kernel, Verified};
use enigma_tests::random::{Given, Sample};

use crate::trace::{Trace, Writer};

/// The bytes of each buffer after a run, in the order of the parameters; empty for scalars.
pub type Results = Vec<Vec<u8>>;

/// A verified kernel with its launch and arguments.
pub struct Case {
    pub kernel: Verified<Kernel>,
    /// The kernel as it was written.
    pub program: Program,
    pub launch: Launch,
    pub arguments: Vec<Given>,
}

impl Case {
    pub fn new(kernel: Verified<Kernel>, sample_launch: ([u32; 3], [u32; 3]), arguments: Vec<Given>) -> Case {
        let (grid, threads) = sample_launch;
        Case { program: Program::new(&kernel), kernel, launch: Launch { grid, threads }, arguments }
    }

    /// The case of a sample, or why its kernel was refused.
    pub fn of(sample: Sample) -> Result<Case, Diagnostics> {
        let Sample { kernel, grid, threads, arguments, constants, .. } = sample;
        enigma_ir::verify(specialise(&kernel, &constants)?).map(|kernel| Case::new(kernel, (grid, threads), arguments))
    }

    /// What the executor makes of it.
    pub fn run(&self) -> Result<Results, Diagnostics> {
        let mut memory = self.memory();
        let arguments = self.lend(&mut memory);
        self.program.run_observed(&self.launch, &arguments, &Limits::default(), &Printout::default(), || Unobserved)?;
        Ok(memory.into_iter().map(Words::into_bytes).collect())
    }

    /// What the executor makes of it after the passes, with accesses of that width, and the kernel that they made.
    pub fn run_optimised(&self, width: u32) -> (Verified<Kernel>, Result<Results, Diagnostics>) {
        let kernel = if width == 1 { optimise(&self.kernel) } else { optimise_wide(&self.kernel, width) };
        let program = Program::new(&kernel);
        let mut memory = self.memory();
        let arguments = self.lend(&mut memory);
        let ran =
            program.run_observed(&self.launch, &arguments, &Limits::default(), &Printout::default(), || Unobserved);
        (kernel, ran.map(|_| memory.into_iter().map(Words::into_bytes).collect()))
    }

    /// All that happens in a run.
    pub fn trace(&self) -> Trace {
        let writer = Writer::default();
        let mut memory = self.memory();
        let arguments = self.lend(&mut memory);
        let run = self
            .program
            .run_observed(&self.launch, &arguments, &Limits::default(), &Printout::default(), || writer.clone());
        run.unwrap_or_else(|errors| panic!("{}: {errors}", self.kernel.name()));
        writer.into_trace()
    }

    /// What the checker says.
    pub fn check(&self, order: Order) -> Report {
        let mut memory = self.memory();
        let arguments = self.lend(&mut memory);
        let options = Options { order, ..Options::default() };
        let report = check(&self.kernel, &self.program, &self.launch, &arguments, &options);
        report.unwrap_or_else(|errors| panic!("{}: {errors}", self.kernel.name()))
    }

    /// What the first run of a check left behind; what no run writes is not in the report.
    pub fn results_of(&self, report: &Report) -> Results {
        let results = |(given, written): (&Given, &Option<Vec<u8>>)| match given {
            Given::Buffer(_, bytes) => written.as_ref().unwrap_or(bytes).clone(),
            Given::Scalar(_) => Vec::new(),
        };
        self.arguments.iter().zip(report.buffers()).map(results).collect()
    }

    /// The bytes of every argument, for the Metal host.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        let bytes = |given: &Given| match given {
            Given::Buffer(_, bytes) => bytes.clone(),
            Given::Scalar(literal) => (literal.as_int().unwrap_or(0) as u32).to_le_bytes().to_vec(),
        };
        self.arguments.iter().map(bytes).collect()
    }

    fn memory(&self) -> Vec<Words> {
        self.arguments.iter().map(Words::new).collect()
    }

    fn lend<'m>(&self, memory: &'m mut [Words]) -> Vec<Argument<'m>> {
        let lend = |(words, given): (&'m mut Words, &Given)| match given {
            Given::Buffer(dtype, _) => Argument::Buffer(words.lend(*dtype)),
            Given::Scalar(literal) => Argument::Scalar(*literal),
        };
        memory.iter_mut().zip(&self.arguments).map(lend).collect()
    }
}

/// Memory as wide as its elements.
enum Words {
    None,
    Bools(Vec<bool>),
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
}

impl Words {
    fn new(given: &Given) -> Words {
        let Given::Buffer(dtype, bytes) = given else { return Words::None };
        match dtype.size() {
            1 if *dtype == DType::Bool => Words::Bools(bytes.iter().map(|&byte| byte != 0).collect()),
            1 => Words::One(bytes.clone()),
            2 => Words::Two(bytes.as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes)).collect()),
            4 => Words::Four(bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect()),
            _ => Words::Eight(bytes.as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect()),
        }
    }

    fn lend(&mut self, dtype: DType) -> Buffer<'_> {
        match self {
            Words::None => unreachable!("a scalar is no buffer"),
            Words::Bools(words) => Buffer::write(dtype, words),
            Words::One(words) => Buffer::write(dtype, words),
            Words::Two(words) => Buffer::write(dtype, words),
            Words::Four(words) => Buffer::write(dtype, words),
            Words::Eight(words) => Buffer::write(dtype, words),
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Words::None => Vec::new(),
            Words::Bools(words) => words.into_iter().map(u8::from).collect(),
            Words::One(words) => words,
            Words::Two(words) => words.into_iter().flat_map(u16::to_le_bytes).collect(),
            Words::Four(words) => words.into_iter().flat_map(u32::to_le_bytes).collect(),
            Words::Eight(words) => words.into_iter().flat_map(u64::to_le_bytes).collect(),
        }
    }
}
