//! The one place that calls into compiled kernels.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::sync::Mutex;

use libloading::Symbol;

type Run = unsafe extern "C" fn(*const Launch) -> *const c_char;

/// `ShimLaunch` of `shim_runtime.h`.
#[repr(C)]
struct Launch {
    arguments: *mut *mut c_void,
    grid: [u32; 3],
    threads: [u32; 3],
    constant_count: u32,
    constant_indices: *const u32,
    constant_values: *const u64,
}

/// A shared object of kernels. Its runtime has one state, so one kernel runs at a time.
pub(crate) struct Library {
    library: Mutex<libloading::Library>,
}

impl Library {
    /// Loads a shared object.
    pub fn open(path: &Path) -> Result<Library, String> {
        // SAFETY: the object was compiled from the shim and emitted kernels; it has no initialisers of its own.
        let library = unsafe { libloading::Library::new(path) }.map_err(|error| error.to_string())?;
        Ok(Library { library: Mutex::new(library) })
    }

    /// Runs kernel number `index`. Each argument is the bytes of a buffer or of a scalar, each constant its index and
    /// its bytes in the low end of a word.
    pub fn run(
        &self,
        index: usize,
        arguments: &mut [Vec<u8>],
        constants: &[(u32, u64)],
        grid: [u32; 3],
        threads: [u32; 3],
    ) -> Result<(), String> {
        let library = self.library.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let symbol = format!("shim_run_{index}\0");
        // SAFETY: every function of this name in a batch has this type.
        let run: Symbol<Run> = unsafe { library.get(symbol.as_bytes()) }.map_err(|error| error.to_string())?;
        let mut aligned: Vec<Vec<u128>> = arguments.iter().map(|bytes| vec![0; bytes.len().div_ceil(16)]).collect();
        for (words, bytes) in aligned.iter_mut().zip(arguments.iter()) {
            for (word, chunk) in words.iter_mut().zip(bytes.chunks(16)) {
                let mut whole = [0; 16];
                whole[..chunk.len()].copy_from_slice(chunk);
                *word = u128::from_ne_bytes(whole);
            }
        }
        let mut pointers: Vec<*mut c_void> = aligned.iter_mut().map(|words| words.as_mut_ptr().cast()).collect();
        let (indices, values): (Vec<u32>, Vec<u64>) = constants.iter().copied().unzip();
        let launch = Launch {
            arguments: pointers.as_mut_ptr(),
            grid,
            threads,
            constant_count: constants.len() as u32,
            constant_indices: indices.as_ptr(),
            constant_values: values.as_ptr(),
        };
        // SAFETY: the pointers are valid for as many bytes as the caller gave and aligned for every element type; that
        // the kernel stays within them is what the verifier and the test promise. The message lives until the next run,
        // which the lock keeps away.
        let message = unsafe {
            let message = run(&launch);
            (!message.is_null()).then(|| CStr::from_ptr(message).to_string_lossy().into_owned())
        };
        for (words, bytes) in aligned.iter().zip(arguments.iter_mut()) {
            let written = words.iter().flat_map(|word| word.to_ne_bytes());
            for (byte, new) in bytes.iter_mut().zip(written) {
                *byte = new;
            }
        }
        message.map_or(Ok(()), Err)
    }
}
