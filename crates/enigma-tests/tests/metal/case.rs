//! A kernel, what it is given, and what it must give: under every lowering, as AIR, and on the executor.

use enigma_air::Copies;
use enigma_cpu::{Argument, Buffer, Launch, Limits, Program};
use enigma_ir::target::{LinearCopy, System, Target};
use enigma_ir::{Binding, DType, Kernel, Literal, Verified};
use enigma_msl::{AsyncLowering, Options, emit};
use enigma_tests::{Host, air_text};

use crate::data::{Data, close};

/// What an argument must hold afterwards; `None` where any number will do.
pub type Expected = Vec<Option<Literal>>;

pub struct Case {
    pub kernel: Verified<Kernel>,
    /// One per parameter.
    pub arguments: Vec<Data>,
    pub grid: [u32; 3],
    pub threads: [u32; 3],
    /// Arguments and what they must hold afterwards.
    pub expected: Vec<(usize, Expected)>,
    /// For floats.
    pub tolerance: f64,
}

impl Case {
    /// A case in which the argument at `output` must hold exactly `expected`, run by one threadgroup of `threads`.
    pub fn exact(kernel: Verified<Kernel>, arguments: Vec<Data>, threads: u32, output: usize, expected: Data) -> Case {
        let expected = vec![(output, expected.values.into_iter().map(Some).collect())];
        Case { kernel, arguments, grid: [threads, 1, 1], threads: [threads, 1, 1], expected, tolerance: 0.0 }
    }

    /// A case in which all must be as the executor has it, run by one threadgroup of `threads`.
    pub fn as_executed(kernel: Verified<Kernel>, arguments: Vec<Data>, threads: u32, tolerance: f64) -> Case {
        let (grid, threads) = ([threads, 1, 1], [threads, 1, 1]);
        let case = Case { kernel, arguments, grid, threads, expected: Vec::new(), tolerance };
        let results = case.run_on_cpu().into_iter().map(|data| data.values.into_iter().map(Some).collect());
        Case { expected: results.enumerate().collect(), ..case }
    }

    fn compare(&self, where_: &str, results: &[Data], text: &str) {
        for (index, expected) in &self.expected {
            let result = &results[*index];
            let name = &self.kernel.params()[*index].name;
            assert_eq!(result.values.len(), expected.len(), "{}: `{name}` has another length", self.kernel.name());
            for (i, (&got, want)) in result.values.iter().zip(expected).enumerate() {
                if let Some(want) = *want {
                    assert!(
                        close(got, want, self.tolerance),
                        "{} {where_}: {name}[{i}] is {got}, not {want}\n{text}",
                        self.kernel.name()
                    );
                }
            }
        }
    }

    fn run_on_cpu(&self) -> Vec<Data> {
        let mut memory: Vec<Memory> = self.arguments.iter().map(Memory::new).collect();
        let kernel: &Kernel = &self.kernel;
        let bound = kernel.params().iter().zip(memory.iter_mut().zip(&self.arguments));
        let arguments: Vec<Argument> = bound
            .map(|(param, (memory, data))| match param.binding {
                Binding::Buffer(_) => Argument::Buffer(memory.buffer(param.dtype)),
                Binding::Scalar(_) => Argument::Scalar(data.values[0]),
            })
            .collect();
        let launch = Launch { grid: self.grid, threads: self.threads };
        let program = Program::new(&self.kernel);
        if let Err(errors) = program.run(&launch, &arguments, &Limits::default()) {
            panic!("{} on the executor: {errors}", kernel.name());
        }
        drop(arguments);
        memory.iter().zip(&self.arguments).map(|(memory, data)| memory.data(data.dtype)).collect()
    }
}

/// Runs all cases as Metal source under each of these lowerings, for the default target; as AIR; and on the executor.
pub fn check(cases: &[Case], lowerings: &[AsyncLowering]) {
    for &async_lowering in lowerings {
        check_options(cases, &Options { async_lowering, ..Options::default() });
    }
    check_air(cases, LinearCopy::default(), Copies::default());
    for case in cases {
        case.compare("on the executor", &case.run_on_cpu(), "");
    }
}

/// As [`check`], under every lowering and as AIR, with 1D copies as either operation, for every system: nothing but its first
/// line tells the source for one system from that for another.
pub fn check_every_target(cases: &[Case]) {
    check(cases, &AsyncLowering::ALL);
    for linear_copy in LinearCopy::ALL {
        for copies in [Copies::Hardware, Copies::Cooperative] {
            check_air(cases, linear_copy, copies);
        }
    }
    for async_lowering in AsyncLowering::ALL {
        for linear_copy in LinearCopy::ALL {
            let options =
                |system| Options { async_lowering, target: Target { system, linear_copy, ..Target::default() } };
            check_options(cases, &options(System::default()));
            for system in System::ALL {
                cases.iter().for_each(|case| check_system(&case.kernel, &options(system)));
            }
        }
    }
}

/// Compares the text for a system with that for the latest, or sees that only what the system lacks is refused.
fn check_system(kernel: &Verified<Kernel>, options: &Options) {
    let Target { system, .. } = options.target;
    let latest = Options { target: Target { system: System::MacOs26, ..options.target }, ..*options };
    match emit(kernel, options) {
        Ok(found) => {
            let (first, rest) = found.split_once('\n').unwrap_or_default();
            assert_eq!(first, format!("// language: metal{}", system.language()));
            assert_eq!(Some(rest), text(kernel, &latest).split_once('\n').map(|(_, rest)| rest));
        }
        Err(refused) => {
            let needed = [("`bfloat` needs Metal 3.1", (3, 1)), ("releases needs Metal 3.2", (3, 2))];
            let (major, minor) = (system.language().major, system.language().minor);
            let lacks = |(what, since): &(&str, _)| refused.to_string().contains(what) && (major, minor) < *since;
            assert!(needed.iter().any(lacks), "{}: {refused}", system.name());
        }
    }
}

fn check_options(cases: &[Case], options: &Options) {
    let sources: Vec<String> = cases.iter().map(|case| text(&case.kernel, options)).collect();
    run(cases, &format!("under {options:?}"), &sources, Host::of_metal);
}

/// Each case for the next system.
fn check_air(cases: &[Case], linear_copy: LinearCopy, copies: Copies) {
    let options = |system| enigma_air::Options { copies, target: Target { system, linear_copy, ..Target::default() } };
    let systems = System::ALL.into_iter().cycle();
    let texts: Vec<String> =
        cases.iter().zip(systems).map(|(case, system)| air(&case.kernel, &options(system))).collect();
    run(cases, "as AIR", &texts, Host::of_air);
}

/// Runs all cases from their texts.
fn run(cases: &[Case], form: &str, texts: &[String], compile: fn(&[String]) -> Result<Host, String>) {
    let host = compile(texts).unwrap_or_else(|error| panic!("{error}"));
    for (i, (case, text)) in cases.iter().zip(texts).enumerate() {
        let mut bytes: Vec<Vec<u8>> = case.arguments.iter().map(Data::bytes).collect();
        if let Err(error) = host.run(i, &mut bytes, case.grid, case.threads) {
            panic!("{} {form}: {error}\n{text}", case.kernel.name());
        }
        let results: Vec<Data> =
            bytes.iter().zip(&case.arguments).map(|(b, data)| Data::from_bytes(data.dtype, b)).collect();
        case.compare(form, &results, text);
    }
}

/// The text of a kernel that needs nothing that the target lacks.
pub fn text(kernel: &Verified<Kernel>, options: &Options) -> String {
    emit(kernel, options).unwrap_or_else(|refused| panic!("{refused}"))
}

/// The AIR of a kernel that some system takes.
pub fn air(kernel: &Verified<Kernel>, options: &enigma_air::Options) -> String {
    air_text(kernel, options).unwrap_or_else(|refused| panic!("{refused}"))
}

/// Memory for the executor: as wide as the elements.
enum Memory {
    Bool(Vec<bool>),
    W1(Vec<u8>),
    W2(Vec<u16>),
    W4(Vec<u32>),
    W8(Vec<u64>),
}

impl Memory {
    fn new(data: &Data) -> Memory {
        let bytes = data.bytes();
        let words = bytes.chunks(data.dtype.size()).map(|chunk| {
            let mut wide = [0; 8];
            wide[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(wide)
        });
        match data.dtype {
            DType::Bool => Memory::Bool(words.map(|w| w != 0).collect()),
            dtype => match dtype.size() {
                1 => Memory::W1(words.map(|w| w as u8).collect()),
                2 => Memory::W2(words.map(|w| w as u16).collect()),
                4 => Memory::W4(words.map(|w| w as u32).collect()),
                _ => Memory::W8(words.collect()),
            },
        }
    }

    fn buffer(&mut self, dtype: DType) -> Buffer<'_> {
        match self {
            Memory::Bool(data) => Buffer::write(dtype, data),
            Memory::W1(data) => Buffer::write(dtype, data),
            Memory::W2(data) => Buffer::write(dtype, data),
            Memory::W4(data) => Buffer::write(dtype, data),
            Memory::W8(data) => Buffer::write(dtype, data),
        }
    }

    fn data(&self, dtype: DType) -> Data {
        let bytes: Vec<u8> = match self {
            Memory::Bool(data) => data.iter().map(|&b| u8::from(b)).collect(),
            Memory::W1(data) => data.clone(),
            Memory::W2(data) => data.iter().flat_map(|w| w.to_ne_bytes()).collect(),
            Memory::W4(data) => data.iter().flat_map(|w| w.to_ne_bytes()).collect(),
            Memory::W8(data) => data.iter().flat_map(|w| w.to_ne_bytes()).collect(),
        };
        Data::from_bytes(dtype, &bytes)
    }
}
