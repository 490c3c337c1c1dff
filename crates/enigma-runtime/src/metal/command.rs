//! One dispatch: its arguments, its end, its time, its error.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use enigma_cpu::{Argument, Launch};
use enigma_ir::Kernel;
use objc2::runtime::ProtocolObject;
use objc2_foundation::NSString;
use objc2_metal::{
    MTLCommandBuffer, MTLCommandBufferError, MTLCommandBufferStatus, MTLCommandEncoder, MTLCommandQueue,
    MTLComputeCommandEncoder, MTLSize,
};

use super::Gpu;
use super::library::Pipeline;
use super::memory::{Bound, Sharing};
use crate::failure::{Failure, code};
use crate::regions::Regions;

// The codes that failures are told apart by are Metal's.
const _: () = assert!(MTLCommandBufferError::Timeout.0 == code::TIMEOUT);
const _: () = assert!(MTLCommandBufferError::PageFault.0 == code::PAGE_FAULT);
const _: () = assert!(MTLCommandBufferError::OutOfMemory.0 == code::OUT_OF_MEMORY);

/// How often to look whether a kernel has ended that may not.
const LOOK: Duration = Duration::from_micros(200);

/// A dispatch of a kernel whose arguments have been checked.
pub struct Job<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The same, compiled.
    pub pipeline: &'a Pipeline,
    /// How many threads run it.
    pub launch: &'a Launch,
    /// One for each parameter.
    pub arguments: &'a [Argument<'a>],
    /// Where they lie.
    pub regions: &'a Regions,
}

impl Job<'_> {
    /// Runs it to its end and says how long the GPU took. With `patience` it is given up after that time.
    ///
    /// # Errors
    ///
    /// What Metal says.
    pub fn run(&self, gpu: &Gpu, sharing: Sharing, patience: Option<Duration>) -> Result<Duration, Failure> {
        assert!(sharing == Sharing::Never || patience.is_none(), "who gives up cannot know when the GPU is done");
        let regions = self.regions.regions.iter();
        // SAFETY: the arguments were lent for the time of this call, which ends when the GPU is done with them; with
        // `Sharing::Never` the GPU does not have them.
        let bound = regions.map(|region| unsafe { Bound::new(&gpu.device, region, sharing) });
        let bound: Vec<Bound<'_>> = bound.collect::<Result<_, _>>()?;
        let unavailable = || Failure::Stopped("no command buffer can be had".to_owned());
        let command = gpu.queue.commandBuffer().ok_or_else(unavailable)?;
        command.setLabel(Some(&NSString::from_str(self.kernel.name())));
        let encoder = command.computeCommandEncoder().ok_or_else(unavailable)?;
        self.encode(&encoder, &bound);
        encoder.endEncoding();
        command.commit();
        wait(&command, patience)?;
        if let Some(error) = command.error() {
            let description = error.localizedDescription().to_string();
            return Err(Failure::of_command_buffer(error.code().unsigned_abs(), description));
        }
        for bound in &bound {
            // SAFETY: the GPU is done; the memory is as above.
            unsafe { bound.write_back() }
        }
        Ok(Duration::from_secs_f64((command.GPUEndTime() - command.GPUStartTime()).max(0.0)))
    }

    fn encode(&self, encoder: &ProtocolObject<dyn MTLComputeCommandEncoder>, bound: &[Bound<'_>]) {
        encoder.setComputePipelineState(self.pipeline.state());
        for (index, (argument, place)) in self.arguments.iter().zip(&self.regions.places).enumerate() {
            match (argument, place) {
                (Argument::Scalar(literal), _) => {
                    let dtype = self.kernel.params()[index].dtype;
                    let bits = enigma_cpu::bits(literal.fit(dtype).unwrap_or(*literal), dtype);
                    let bytes = NonNull::from(&bits).cast::<c_void>();
                    // SAFETY: Metal copies so many of the eight bytes at `bytes`, the lowest; the kernel reads as many. There are no
                    // more than 31 parameters, by the verifier.
                    unsafe { encoder.setBytes_length_atIndex(bytes, dtype.size(), index) }
                }
                (Argument::Buffer(_), Some(place)) => {
                    let buffer = bound[place.region].buffer();
                    // SAFETY: the offset is inside the buffer, or at its end, and a multiple of the element's size; the index as above.
                    unsafe { encoder.setBuffer_offset_atIndex(Some(buffer), place.offset, index) }
                }
                (Argument::Buffer(_), None) => unreachable!("every buffer has its place"),
            }
        }
        encoder.dispatchThreads_threadsPerThreadgroup(size(self.launch.grid), size(self.launch.threads));
    }
}

fn size([width, height, depth]: [u32; 3]) -> MTLSize {
    MTLSize { width: width as usize, height: height as usize, depth: depth as usize }
}

fn wait(command: &ProtocolObject<dyn MTLCommandBuffer>, patience: Option<Duration>) -> Result<(), Failure> {
    let Some(patience) = patience else {
        command.waitUntilCompleted();
        return Ok(());
    };
    let start = Instant::now();
    while !matches!(command.status(), MTLCommandBufferStatus::Completed | MTLCommandBufferStatus::Error) {
        if start.elapsed() > patience {
            return Err(Failure::TimedOut);
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}
