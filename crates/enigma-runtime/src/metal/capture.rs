//! A trace of a launch for Xcode, on request.
#![allow(unsafe_code)]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use enigma_ir::{Diagnostic, Diagnostics, Rule};
use objc2::runtime::ProtocolObject;
use objc2_foundation::{NSString, NSURL};
use objc2_metal::{MTLCaptureDescriptor, MTLCaptureDestination, MTLCaptureManager, MTLDevice};

/// The environment variable that says where to write a trace of the process's first launch: a path that ends in
/// `.gputrace`.
const CAPTURE: &str = "ENIGMA_CAPTURE";

/// Does something, which is captured if it is the first and a trace was asked for.
///
/// # Errors
///
/// `device-unavailable` when the trace cannot be made; nothing is done then.
pub fn around<R>(device: &ProtocolObject<dyn MTLDevice>, act: impl FnOnce() -> R) -> Result<R, Diagnostics> {
    static DONE: AtomicBool = AtomicBool::new(false);
    let Some(path) = std::env::var_os(CAPTURE).filter(|_| !DONE.swap(true, Ordering::Relaxed)) else {
        return Ok(act());
    };
    // SAFETY: Metal makes the manager once, for all threads.
    let manager = unsafe { MTLCaptureManager::sharedCaptureManager() };
    start(&manager, device, Path::new(&path)).map_err(|why| refused(Path::new(&path), &why))?;
    let done = act();
    manager.stopCapture();
    Ok(done)
}

fn start(manager: &MTLCaptureManager, device: &ProtocolObject<dyn MTLDevice>, path: &Path) -> Result<(), String> {
    let destination = MTLCaptureDestination::GPUTraceDocument;
    if !manager.supportsDestination(destination) {
        return Err("Metal writes none unless METAL_CAPTURE_ENABLED=1 is set as well".to_owned());
    }
    let descriptor = MTLCaptureDescriptor::new();
    descriptor.set_capture_device(device);
    descriptor.setDestination(destination);
    descriptor.setOutputURL(Some(&NSURL::fileURLWithPath(&NSString::from_str(&path.to_string_lossy()))));
    let started = manager.startCaptureWithDescriptor_error(&descriptor);
    started.map_err(|error| error.localizedDescription().to_string())
}

fn refused(path: &Path, why: &str) -> Diagnostics {
    let message = format!("no trace can be written to {}: {why}", path.display());
    Diagnostic::placeless(Rule::DeviceUnavailable, message)
        .with_help(format!("{CAPTURE} is a path that ends in .gputrace and does not exist yet; unset it for no trace"))
        .into()
}
