//! Kernels on the GPU of a Mac, through Metal.
//!
//! ```text
//! mod        the device: what it can do, and launches on it
//! tested     the self-test of lowerings on it
//! library    libraries from source or from a `.metallib`, pipelines, and the caches of both
//! memory     buffers: the caller's own memory, or copies of it
//! command    one dispatch: its arguments, its end, its time, its error
//! capture    a trace of a dispatch for Xcode
//! ```
//!
//! What is not Metal's is elsewhere and is tested on any system: the choice of a lowering, the self-test and its verdicts
//! (`lowering`), the checks of a binding (`enigma_cpu::check_launch`), where buffers overlap (`regions`), what is
//! said of failures (`failure`).
//!
//! `memory`, `command`, `library` and `capture` hold the crate's unsafe code: calls of Metal that take pointers, or whose
//! preconditions the compiler does not know. A GPU does not check a kernel's accesses. That it leaves other memory of the process
//! alone is up to Metal, which maps for it nothing but the buffers that are bound.
//!
//! Nothing of this was ever run by those who wrote it: it is compiled for macOS, and that is all.

mod capture;
mod command;
mod library;
mod memory;
mod tested;

use std::fmt;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use enigma_cpu::{Argument, Bounds, Launch, check_launch};
use enigma_ir::{Diagnostic, Diagnostics, Rule};
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::ProtocolObject;
use objc2_foundation::NSProcessInfo;
use objc2_metal::{MTLCommandQueue, MTLCreateSystemDefaultDevice, MTLDevice, MTLGPUFamily};

use crate::compiled::{Code, Compiled};
use crate::device::Capabilities;
use crate::failure::Failure;
use crate::lowering::{Ledger, Machine};
use crate::regions::Regions;
use crate::statistics::Statistics;

use command::Job;
use library::{Pipeline, Pipelines};
use memory::Sharing;

/// Apple's GPU families, of which the last that Metal knows by name is 10.
const FAMILIES: std::ops::RangeInclusive<u32> = 1..=10;

/// The first family with the hardware's asynchronous copy and simdgroup matrices: M1.
const FIRST_OF_MACS: u32 = 7;

// Metal makes its default device only in a program that is linked with this framework.
#[allow(unsafe_code, reason = "nothing is declared, and so nothing can be declared wrongly")]
#[link(name = "CoreGraphics", kind = "framework")]
unsafe extern "C" {}

/// The GPU that Metal takes by default.
pub struct Gpu {
    device: Retained<ProtocolObject<dyn MTLDevice>>,
    queue: Retained<ProtocolObject<dyn MTLCommandQueue>>,
    machine: Machine,
    pipelines: Pipelines,
    /// Verdicts on lowerings, from when they are first asked for.
    ledger: Mutex<Option<Ledger>>,
}

impl Gpu {
    /// The GPU of this Mac, if it has one that Metal knows.
    pub fn get() -> Option<&'static Gpu> {
        static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
        GPU.get_or_init(|| autoreleasepool(|_| Gpu::open())).as_ref()
    }

    fn open() -> Option<Gpu> {
        let device = MTLCreateSystemDefaultDevice()?;
        let queue = device.newCommandQueue()?;
        let machine = machine(&device);
        Some(Gpu { device, queue, machine, pipelines: Pipelines::default(), ledger: Mutex::default() })
    }

    /// What it can do.
    pub fn capabilities(&self) -> Capabilities {
        let of_a_mac = self.machine.gpu_family >= FIRST_OF_MACS;
        Capabilities {
            device_name: self.machine.gpu.clone(),
            gpu_family: self.machine.gpu_family,
            supports_async_copy: of_a_mac,
            supports_simdgroup_matrix: of_a_mac,
            simdgroup_size: 32,
            max_threadgroup_memory: self.device.maxThreadgroupMemoryLength() as u32,
            max_threads_per_threadgroup: self.device.maxThreadsPerThreadgroup().width as u32,
            max_buffers: 31,
        }
    }

    /// Runs a kernel to its end.
    ///
    /// # Errors
    ///
    /// `invalid-binding` and `resource-limit`, all that apply, before anything runs; what the choice of a lowering and the
    /// emission refuse; and what [`Failure::diagnose`] makes of what goes wrong on the GPU.
    pub fn launch(
        &self,
        kernel: &Compiled,
        launch: &Launch,
        arguments: &[Argument<'_>],
    ) -> Result<Statistics, Diagnostics> {
        let bounds = Bounds { threads: self.device.maxThreadsPerThreadgroup().width as u64, register_bytes: None };
        check_launch(kernel.kernel(), launch, arguments, &bounds)?;
        let regions = Regions::of(kernel.kernel(), arguments)?;
        let narrowed = kernel.narrowed_for(arguments);
        let kernel = narrowed.as_ref().unwrap_or(kernel);
        kernel.bound()?;
        let chosen = kernel.lowering()?;
        let explain = |failure: Failure| failure.diagnose(kernel.kernel(), &self.machine.gpu, chosen);
        let done = autoreleasepool(|_| {
            let pipeline = self.pipeline(kernel)?.map_err(explain)?;
            check_threads(&pipeline, kernel, launch)?;
            let job = Job { kernel: kernel.kernel(), pipeline: &pipeline, launch, arguments, regions: &regions };
            capture::around(&self.device, || job.run(self, Sharing::WherePossible, None).map_err(explain))?
        });
        done.map(|time: Duration| Statistics {
            threadgroups: launch.threadgroup_count(),
            gpu_time: Some(time),
            ..Statistics::default()
        })
    }

    /// The pipeline of a kernel; a failure within is Metal's.
    fn pipeline(&self, kernel: &Compiled) -> Result<Result<Pipeline, Failure>, Diagnostics> {
        let (generic, constants) = kernel.generic();
        let code = generic.code()?;
        let function = match code {
            Code::Source { .. } => enigma_msl::function_name(generic.kernel()),
            Code::Library(_) => generic.kernel().name().to_owned(),
        };
        Ok(self.pipelines.get(&self.device, code, &function, constants))
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpu({})", self.machine)
    }
}

/// The Mac with that GPU.
fn machine(device: &ProtocolObject<dyn MTLDevice>) -> Machine {
    let known = |family: &u32| device.supportsFamily(MTLGPUFamily(1000 + *family as isize));
    let system = NSProcessInfo::processInfo();
    let version = system.operatingSystemVersion();
    Machine {
        gpu: device.name().to_string(),
        gpu_family: FAMILIES.rev().find(known).unwrap_or(0),
        macos: Machine::version([version.majorVersion, version.minorVersion, version.patchVersion]),
        build: Machine::build_of(&system.operatingSystemVersionString().to_string()).to_owned(),
    }
}

/// Refuses a threadgroup that is larger than the compiled kernel may have: one that takes many registers may have fewer
/// threads than the GPU has.
fn check_threads(pipeline: &Pipeline, kernel: &Compiled, launch: &Launch) -> Result<(), Diagnostics> {
    let (count, most) = (launch.threads.iter().product::<u32>() as usize, pipeline.max_threads());
    if count <= most {
        return Ok(());
    }
    let kernel = kernel.kernel();
    let message = format!("a threadgroup of {:?} has {count} threads, and {most} is the most", launch.threads);
    let label = format!("`{}` takes so many registers, by Metal's compiler", kernel.name());
    let found = Diagnostic::new(Rule::ResourceLimit, message, kernel.span(), label)
        .with_help("make `threads` smaller; the grid stays as it is, and has more threadgroups");
    Err(Diagnostics::new(vec![found], kernel.files().clone()))
}
