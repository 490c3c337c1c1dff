//! Devices: which there are, what they can do, and running a kernel on one.

use enigma_check::{Order, Report};
use enigma_cpu::observer::Unobserved;
use enigma_cpu::{Argument, Launch, Limits, Printout};
use enigma_ir::{Diagnostic, Diagnostics, Rule};

use crate::compiled::Compiled;
use crate::lowering::Here;
#[cfg(target_os = "macos")]
use crate::metal::Gpu;
use crate::statistics::Statistics;

/// The names that [`Runtime::new`] takes.
pub const DEVICES: [&str; 4] = ["auto", "cpu", "metal", "cuda"];

/// The environment variable that puts the CPU in the place of a Metal device when it is `cpu`.
pub const STAND_IN: &str = "ENIGMA_DEVICE";

/// The environment variable that says how many iterations the loops of a threadgroup may take, in place of the default.
pub const STEP_LIMIT: &str = "ENIGMA_STEP_LIMIT";

/// Whether the CPU stands in for Metal.
fn stands_in() -> bool {
    std::env::var(STAND_IN).is_ok_and(|name| name == "cpu")
}

/// Where the program runs, as far as the choice of a lowering depends on it.
#[cfg(target_os = "macos")]
pub fn here() -> Here<'static> {
    match Gpu::get() {
        Some(_) if stands_in() => Here::Elsewhere("ENIGMA_DEVICE is cpu"),
        Some(gpu) => Here::Mac(gpu),
        None => Here::Elsewhere("this Mac has no Metal device"),
    }
}

/// Where the program runs, as far as the choice of a lowering depends on it.
#[cfg(not(target_os = "macos"))]
pub fn here() -> Here<'static> {
    Here::Elsewhere("no Mac here")
}

/// What a device can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Its name, for people.
    pub device_name: String,
    /// The Apple GPU family (7 is M1); 0 for what is no Apple GPU.
    pub gpu_family: u32,
    /// Whether asynchronous copies run.
    pub supports_async_copy: bool,
    /// Whether simdgroup matrices run.
    pub supports_simdgroup_matrix: bool,
    /// Lanes of a simdgroup.
    pub simdgroup_size: u32,
    /// Bytes of threadgroup memory that a threadgroup may have.
    pub max_threadgroup_memory: u32,
    /// Threads that a threadgroup may have.
    pub max_threads_per_threadgroup: u32,
    /// Buffers that a kernel may have.
    pub max_buffers: u32,
}

/// An open device.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    device: Device,
    /// What was asked for, if anything was.
    limits: Option<Limits>,
}

/// The devices that there are.
#[derive(Copy, Clone, Debug, Default)]
enum Device {
    #[default]
    Cpu,
    #[cfg(target_os = "macos")]
    Metal(&'static Gpu),
}

impl Device {
    /// The Metal device, if there is one.
    #[cfg(target_os = "macos")]
    fn metal() -> Option<Device> {
        Gpu::get().map(Device::Metal)
    }

    /// The Metal device, if there is one.
    #[cfg(not(target_os = "macos"))]
    fn metal() -> Option<Device> {
        None
    }
}

impl Runtime {
    /// Opens a device: `"cpu"`, `"metal"`, `"cuda"`, or `"auto"`, which takes the first there is of Metal, CUDA and the
    /// CPU. With `ENIGMA_DEVICE=cpu` in the environment the CPU stands in for Metal; `ENIGMA_STEP_LIMIT` is
    /// [`Limits::steps`].
    ///
    /// # Errors
    ///
    /// `device-unavailable` when the device is not there, or no device has that name; `invalid-binding` when the limit
    /// is no positive number.
    pub fn new(device: &str) -> Result<Runtime, Diagnostics> {
        let limits = limits(std::env::var(STEP_LIMIT).ok().as_deref())?;
        let metal = if stands_in() { Some(Device::Cpu) } else { Device::metal() };
        Ok(Runtime { device: open(device, metal)?, limits })
    }

    /// The same device with other limits on a launch. A GPU has limits of its own.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Runtime {
        Runtime { limits: Some(limits), ..self }
    }

    /// What the device can do.
    pub fn capabilities(&self) -> Capabilities {
        match self.device {
            Device::Cpu => Capabilities::of_the_cpu(),
            #[cfg(target_os = "macos")]
            Device::Metal(gpu) => gpu.capabilities(),
        }
    }

    /// Runs a kernel to its end. What it prints goes to standard output.
    ///
    /// # Errors
    ///
    /// `invalid-binding` and `resource-limit`, all that apply, before anything runs; else what stopped the kernel (see
    /// [`enigma_cpu::Program::run`] and [`Failure`](crate::Failure)).
    pub fn dispatch(
        &self,
        kernel: &Compiled,
        launch: &Launch,
        arguments: &[Argument<'_>],
    ) -> Result<Statistics, Diagnostics> {
        let printout = Printout::default();
        let done = self.dispatch_into(kernel, launch, arguments, &printout);
        printout.print();
        done
    }

    /// As [`dispatch`](Runtime::dispatch), with another place for what the kernel prints. On a GPU it prints nothing.
    ///
    /// # Errors
    ///
    /// As for [`dispatch`](Runtime::dispatch).
    pub fn dispatch_into(
        &self,
        kernel: &Compiled,
        launch: &Launch,
        arguments: &[Argument<'_>],
        printout: &Printout,
    ) -> Result<Statistics, Diagnostics> {
        match self.device {
            Device::Cpu => {
                let limits = self.limits.unwrap_or_default();
                let program = kernel.program(arguments)?;
                let done = program.run_observed(launch, arguments, &limits, printout, || Unobserved);
                done.map(|(statistics, _)| statistics.into())
            }
            #[cfg(target_os = "macos")]
            Device::Metal(gpu) => gpu.launch(kernel, launch, arguments),
        }
    }

    /// Runs a kernel under the checker, on the CPU whichever device this is. The arguments stay as they are.
    ///
    /// # Errors
    ///
    /// `invalid-binding` and `resource-limit`, all that apply, before anything runs. What the kernel does wrong is in the
    /// report.
    pub fn check(
        &self,
        kernel: &Compiled,
        launch: &Launch,
        arguments: &[Argument<'_>],
        order: Order,
    ) -> Result<Report, Diagnostics> {
        let limits = self.limits.unwrap_or(enigma_check::Options::default().limits);
        let options = enigma_check::Options { order, limits };
        enigma_check::check(kernel.kernel(), kernel.checked_program()?, launch, arguments, &options)
    }
}

/// The device of that name, where Metal is that one.
fn open(device: &str, metal: Option<Device>) -> Result<Device, Diagnostics> {
    match device {
        "cpu" => Ok(Device::Cpu),
        "auto" => Ok(metal.unwrap_or_default()),
        "metal" => {
            metal.ok_or_else(|| unavailable("Metal").with_help("to let the CPU stand in, set ENIGMA_DEVICE=cpu").into())
        }
        "cuda" => Err(unavailable("CUDA").into()),
        other => {
            let message = format!("no device is named \"{other}\"");
            let known = DEVICES.map(|name| format!("\"{name}\"")).join(", ");
            let found = Diagnostic::placeless(Rule::DeviceUnavailable, message);
            Err(found.with_help(format!("known names: {known}")).into())
        }
    }
}

impl Capabilities {
    /// What the CPU can do.
    pub(crate) fn of_the_cpu() -> Capabilities {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let plural = if cores == 1 { "" } else { "s" };
        Capabilities {
            device_name: format!("CPU ({cores} core{plural})"),
            gpu_family: 0,
            supports_async_copy: true,
            supports_simdgroup_matrix: true,
            simdgroup_size: 32,
            max_threadgroup_memory: 32 * 1024,
            max_threads_per_threadgroup: enigma_cpu::MAX_THREADS as u32,
            max_buffers: 31,
        }
    }
}

/// The limits that the environment asks for.
fn limits(steps: Option<&str>) -> Result<Option<Limits>, Diagnostics> {
    let Some(text) = steps else { return Ok(None) };
    match text.parse() {
        Ok(steps @ 1..) => Ok(Some(Limits { steps })),
        _ => {
            let message = format!("{STEP_LIMIT} is \"{text}\", which is no positive number");
            Err(Diagnostic::placeless(Rule::InvalidBinding, message)
                .with_help(
                    "it counts the iterations of loops after which a threadgroup is stopped; unset it for the default",
                )
                .into())
        }
    }
}

fn unavailable(what: &str) -> Diagnostic {
    let message = format!("there is no {what} device that this build of Enigma can open");
    Diagnostic::placeless(Rule::DeviceUnavailable, message)
        .with_help("run on \"cpu\", or on \"auto\", which takes what there is (in Python: enigma.Runtime())")
}

#[cfg(test)]
mod tests {
    use super::*;
    use enigma_ir::Style;

    fn refusal(device: &str) -> String {
        open(device, None).map(|_| ()).unwrap_err().render(Style::Plain)
    }

    #[test]
    fn the_cpu_is_always_there() {
        for (device, metal) in [("auto", None), ("cpu", None), ("metal", Some(Device::Cpu))] {
            assert!(open(device, metal).is_ok(), "{device}");
        }
    }

    #[test]
    fn a_missing_device_names_the_remedy() {
        insta::assert_snapshot!([refusal("metal"), refusal("cuda")].join("\n\n"));
    }

    #[test]
    fn the_environment_sets_the_step_limit() {
        assert_eq!(limits(None).unwrap(), None);
        assert_eq!(limits(Some("5")).unwrap(), Some(Limits { steps: 5 }));
        for wrong in ["0", "-1", "many", ""] {
            assert!(limits(Some(wrong)).unwrap_err().to_string().contains("no positive number"), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_device_lists_the_known_ones() {
        insta::assert_snapshot!(refusal("gpu"));
    }
}
