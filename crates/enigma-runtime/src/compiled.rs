//! A kernel, and what is made of it.

use std::sync::{Arc, OnceLock};

use enigma_cpu::{Argument, Program};
use enigma_ir::passes::{self, Constant};
use enigma_ir::target::{Target, Version};
use enigma_ir::{Diagnostic, Diagnostics, Kernel, Rule, Space, Verified};

use crate::device;
use crate::library;
use crate::lowering::{self, Chosen, Emission, Lowering};

/// How many consecutive elements an access of one thread may take together.
const WIDTHS: std::ops::RangeInclusive<u32> = 2..=4;

/// What a Mac is given to run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// Metal source.
    Source {
        /// The source.
        text: Arc<str>,
        /// The version of the language that it is in.
        language: Version,
    },
    /// A `.metallib`.
    Library(Arc<[u8]>),
}

/// The second line of the source of a kernel whose `.metallib` is made without it.
const ABOUT_AIR: &str =
    "// What runs is the kernel's .metallib. This is what it does, with asynchronous copies spelt as under \"asm\".";

/// A verified kernel with what the targets make of it, each made when it is first asked for. What is emitted and what
/// runs has been through the [`passes`]; the checker runs the kernel as it was written.
#[derive(Debug)]
pub struct Compiled {
    kernel: Verified<Kernel>,
    settings: Settings,
    /// The kernel before its function constants had numbers, and the numbers.
    generic: Option<(Arc<Compiled>, Vec<Constant>)>,
    code: OnceLock<Result<Code, Diagnostics>>,
    chosen: OnceLock<Result<Chosen, Diagnostics>>,
    optimised: OnceLock<Verified<Kernel>>,
    program: OnceLock<Program>,
    plain_program: OnceLock<Program>,
}

/// What a user says of how a kernel is compiled.
#[derive(Copy, Clone, Debug, Default)]
struct Settings {
    /// How many accesses of consecutive elements are joined; 0 and 1 for none.
    vec_width: u32,
    emission: Emission,
}

impl Compiled {
    /// Verifies a kernel.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the kernel.
    pub fn new(kernel: Kernel) -> Result<Compiled, Diagnostics> {
        enigma_ir::verify(kernel).map(|kernel| Compiled::of(kernel, Settings::default()))
    }

    fn of(kernel: Verified<Kernel>, settings: Settings) -> Compiled {
        Compiled {
            kernel,
            settings,
            generic: None,
            code: OnceLock::new(),
            chosen: OnceLock::new(),
            optimised: OnceLock::new(),
            program: OnceLock::new(),
            plain_program: OnceLock::new(),
        }
    }

    /// The same kernel, in which `width` consecutive elements that a thread reads or writes one by one are read or written
    /// together. Its results are the same; 0 and 1 leave each access as it is. The emitted text then takes it that no two
    /// buffers overlap; a launch looks whether they do.
    ///
    /// # Errors
    ///
    /// `invalid-operand` for a width other than 0 to 4.
    pub fn widened(&self, width: u32) -> Result<Compiled, Diagnostics> {
        if width <= 1 || WIDTHS.contains(&width) {
            return Ok(self.with(Settings { vec_width: width, ..self.settings }));
        }
        let message = format!("there are no accesses of {width} elements");
        let help = "ask for a width of 2, 3 or 4; 0 and 1 leave each access as it is";
        Err(Diagnostic::placeless(Rule::InvalidOperand, message).with_help(help).into())
    }

    /// The same kernel, emitted for Metal in that way.
    pub fn emitted(&self, emission: Emission) -> Compiled {
        self.with(Settings { emission, ..self.settings })
    }

    /// The same kernel, compiled in another way.
    fn with(&self, settings: Settings) -> Compiled {
        let generic = self.generic.as_ref();
        let generic = generic.map(|(generic, constants)| (Arc::new(generic.with(settings)), constants.clone()));
        Compiled { generic, ..Compiled::of(self.kernel.clone(), settings) }
    }

    /// The kernel with numbers in the place of its function constants.
    ///
    /// # Errors
    ///
    /// As for [`passes::specialise`]; and what the numbers make wrong with the kernel.
    pub fn specialise(&self, constants: &[Constant]) -> Result<Compiled, Diagnostics> {
        let kernel = passes::specialise(&self.kernel, constants)?;
        let generic = self.with(self.settings);
        let specialised = Compiled::of(enigma_ir::verify(kernel)?, self.settings);
        Ok(Compiled { generic: Some((Arc::new(generic), constants.to_vec())), ..specialised })
    }

    /// What a GPU's compiler is given: the kernel before its function constants had numbers, which it need not be given again
    /// for others, and the numbers.
    pub fn generic(&self) -> (&Compiled, &[Constant]) {
        match &self.generic {
            Some((generic, constants)) => (generic, constants),
            None => (self, &[]),
        }
    }

    /// The kernel with each access as it was written, where accesses were joined and these buffers overlap.
    pub fn narrowed_for(&self, arguments: &[Argument<'_>]) -> Option<Compiled> {
        let narrowed = || self.with(Settings { vec_width: 1, ..self.settings });
        (self.settings.vec_width > 1 && overlap(arguments)).then(narrowed)
    }

    /// What a Mac is given to run.
    ///
    /// # Errors
    ///
    /// As for [`lowering`](Self::lowering) and the emission.
    pub fn code(&self) -> Result<&Code, Diagnostics> {
        let make = || match self.lowering()?.lowering {
            Lowering::Air => Ok(Code::Library(self.metallib()?.into())),
            _ => Ok(Code::Source { text: self.chosen_source()?.into(), language: self.target().system.language() }),
        };
        self.code.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// The kernel, as it was written.
    pub fn kernel(&self) -> &Verified<Kernel> {
        &self.kernel
    }

    /// The kernel, as it is emitted and run.
    pub fn optimised(&self) -> &Verified<Kernel> {
        self.optimised.get_or_init(|| match self.settings.vec_width {
            0 | 1 => passes::optimise(&self.kernel),
            width => passes::optimise_wide(&self.kernel, width),
        })
    }

    /// How the kernel's asynchronous copies reach Apple's hardware, and why so: what was asked for by
    /// [`emitted`](Self::emitted), else what suits best.
    ///
    /// # Errors
    ///
    /// As for [`lowering::choose`].
    pub fn lowering(&self) -> Result<&Chosen, Diagnostics> {
        let choose = || lowering::choose(&self.settings.emission, self.has_hardware_copies(), device::here());
        self.chosen.get_or_init(choose).as_ref().map_err(Clone::clone)
    }

    /// What the kernel is emitted for.
    pub fn target(&self) -> Target {
        self.settings.emission.target(device::here().machine())
    }

    /// Whether there are copies that the hardware could make: those to and from registers are the lanes' own.
    fn has_hardware_copies(&self) -> bool {
        let kernel = &self.kernel;
        let copies = kernel.walk().into_iter().filter_map(|id| kernel.op(id).as_copy());
        let is_register = |memory| matches!(kernel.memory(memory).space, Space::Register { .. });
        copies.into_iter().any(|copy| !is_register(copy.dst) && !is_register(copy.src))
    }

    /// The kernel as Metal source, under the lowering that was [chosen](Self::lowering).
    ///
    /// # Errors
    ///
    /// As for [`enigma_msl::emit`] and [`lowering`](Self::lowering).
    pub fn chosen_source(&self) -> Result<String, Diagnostics> {
        let (lowering, target) = (self.lowering()?.lowering, self.target());
        let text = self.metal_source(&enigma_msl::Options { async_lowering: lowering.source(), target })?;
        Ok(match (lowering, text.split_once('\n')) {
            (Lowering::Air, Some((language, rest))) => format!("{language}\n{ABOUT_AIR}\n{rest}"),
            _ => text,
        })
    }

    /// The kernel as the text of LLVM IR, in the dialect of Metal, under the lowering that was [chosen](Self::lowering).
    ///
    /// # Errors
    ///
    /// As for [`enigma_air::module`] and [`lowering`](Self::lowering).
    pub fn air_source(&self) -> Result<String, Diagnostics> {
        enigma_air::air_text(self.optimised(), &self.air_options()?)
    }

    /// The kernel as a `.metallib`; for several in one see [`metallib`](crate::metallib()).
    ///
    /// # Errors
    ///
    /// As for [`metallib`](crate::metallib()).
    pub fn metallib(&self) -> Result<Vec<u8>, Diagnostics> {
        library::metallib(&[self])
    }

    /// How the kernel becomes AIR: with the hardware's copies, unless the lanes are to copy.
    pub(crate) fn air_options(&self) -> Result<enigma_air::Options, Diagnostics> {
        let copies = match self.lowering()?.lowering {
            Lowering::Cooperative => enigma_air::Copies::Cooperative,
            Lowering::Asm | Lowering::AsmEscaped | Lowering::Air => enigma_air::Copies::Hardware,
        };
        Ok(enigma_air::Options { copies, target: self.target() })
    }

    /// The kernel as Metal source.
    ///
    /// # Errors
    ///
    /// As for [`enigma_msl::emit`].
    pub fn metal_source(&self, options: &enigma_msl::Options) -> Result<String, Diagnostics> {
        enigma_msl::emit(self.optimised(), options)
    }

    /// The kernel as MLIR text.
    pub fn mlir_source(&self) -> String {
        enigma_ir::mlir(&self.kernel)
    }

    /// The kernel as the CPU runs it on these arguments: buffers that overlap are accessed in the order of the source.
    ///
    /// # Errors
    ///
    /// `invalid-binding` for function constants that have no numbers.
    pub(crate) fn program(&self, arguments: &[Argument<'_>]) -> Result<&Program, Diagnostics> {
        if self.settings.vec_width > 1 && overlap(arguments) {
            return self.checked_program();
        }
        self.bound()?;
        Ok(self.program.get_or_init(|| Program::new(self.optimised())))
    }

    /// The kernel as the checker runs it.
    ///
    /// # Errors
    ///
    /// As for [`program`](Self::program).
    pub(crate) fn checked_program(&self) -> Result<&Program, Diagnostics> {
        self.bound()?;
        Ok(self.plain_program.get_or_init(|| Program::new(&self.kernel)))
    }

    /// Refuses function constants that have no numbers.
    pub(crate) fn bound(&self) -> Result<(), Diagnostics> {
        let ready = self.program.get().or(self.plain_program.get()).is_some();
        if ready || self.kernel.function_constants().is_empty() {
            return Ok(());
        }
        passes::specialise(&self.kernel, &[]).map(|_| ())
    }
}

/// Whether two buffers have bytes in common, and the kernel may write one of them.
fn overlap(arguments: &[Argument<'_>]) -> bool {
    let buffer = |argument: &Argument<'_>| match argument {
        Argument::Buffer(buffer) => Some((buffer.addresses(), buffer.writable())),
        Argument::Scalar(_) => None,
    };
    let buffers: Vec<_> = arguments.iter().filter_map(buffer).collect();
    buffers.iter().enumerate().any(|(n, (a, a_written))| {
        let mut others = buffers[n + 1..].iter();
        others.any(|(b, b_written)| a.start < b.end && b.start < a.end && (*a_written || *b_written))
    })
}
