//! Libraries from source or from a `.metallib`, pipelines, and the caches of both.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::Hash;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use dispatch2::DispatchData;
use enigma_ir::DType;
use enigma_ir::passes::Constant;
use enigma_ir::target::Version;
use objc2::available;
use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2_foundation::{NSError, NSString};
use objc2_metal::{
    MTLCompileOptions, MTLComputePipelineState, MTLDataType, MTLDevice, MTLFunctionConstantValues, MTLLanguageVersion,
    MTLLibrary, MTLMathFloatingPointFunctions, MTLMathMode,
};

use crate::compiled::Code;
use crate::failure::Failure;

type Device = ProtocolObject<dyn MTLDevice>;
type Library = Retained<ProtocolObject<dyn MTLLibrary>>;

/// A kernel, compiled for the GPU.
#[derive(Clone, Debug)]
pub struct Pipeline(Retained<ProtocolObject<dyn MTLComputePipelineState>>);

impl Pipeline {
    /// As Metal's encoders take it.
    pub fn state(&self) -> &ProtocolObject<dyn MTLComputePipelineState> {
        &self.0
    }

    /// The most threads that a threadgroup of this kernel may have.
    pub fn max_threads(&self) -> usize {
        self.0.maxTotalThreadsPerThreadgroup()
    }
}

/// A function constant in a key: its index, its type, and the bits of its number.
type Bound = (u32, DType, u64);

/// What was made so far: a library for each code, a pipeline for each code and each choice of function constants.
#[derive(Default)]
pub struct Pipelines {
    libraries: Mutex<HashMap<Code, Library>>,
    pipelines: Mutex<HashMap<(Code, Vec<Bound>), Pipeline>>,
}

impl Pipelines {
    /// The pipeline of a kernel's function, with numbers for all its function constants.
    ///
    /// # Errors
    ///
    /// [`Failure::Rejected`] where the compiler does not take the source, or Metal the library.
    pub fn get(
        &self,
        device: &Device,
        code: &Code,
        function: &str,
        constants: &[Constant],
    ) -> Result<Pipeline, Failure> {
        let bound: Vec<Bound> = constants.iter().map(|constant| bound(*constant, code)).collect();
        made(&self.pipelines, (code.clone(), bound), |(_, bound)| {
            let library = made(&self.libraries, code.clone(), |code| library(device, code))?;
            pipeline(device, &library, function, bound)
        })
    }
}

/// What a cache holds for a key, made if it holds nothing. Who asks meanwhile waits, and does not make it again.
fn made<K: Hash + Eq, V: Clone>(
    cache: &Mutex<HashMap<K, V>>,
    key: K,
    make: impl FnOnce(&K) -> Result<V, Failure>,
) -> Result<V, Failure> {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache.get(&key) {
        return Ok(found.clone());
    }
    let value = make(&key)?;
    cache.insert(key, value.clone());
    Ok(value)
}

fn library(device: &Device, code: &Code) -> Result<Library, Failure> {
    let made = match code {
        Code::Source { text, language } => {
            device.newLibraryWithSource_options_error(&NSString::from_str(text), Some(&options(*language)))
        }
        Code::Library(bytes) => device.newLibraryWithData_error(&DispatchData::from_bytes(bytes)),
    };
    made.map_err(rejected)
}

/// How source is compiled: as that version of the language, and without liberties with floats, which the kernel language
/// does not take.
fn options(language: Version) -> Retained<MTLCompileOptions> {
    let options = MTLCompileOptions::new();
    let version = (usize::from(language.major) << 16) + usize::from(language.minor);
    options.setLanguageVersion(MTLLanguageVersion(version));
    if available!(macos = 15.0) {
        options.setMathMode(MTLMathMode::Safe);
        options.setMathFloatingPointFunctions(MTLMathFloatingPointFunctions::Precise);
    } else {
        #[expect(deprecated, reason = "what replaces it came with macOS 15")]
        options.setFastMathEnabled(false);
    }
    options
}

fn pipeline(
    device: &Device,
    library: &ProtocolObject<dyn MTLLibrary>,
    function: &str,
    constants: &[Bound],
) -> Result<Pipeline, Failure> {
    let values = MTLFunctionConstantValues::new();
    for (index, dtype, bits) in constants {
        let bytes = NonNull::from(bits).cast::<c_void>();
        // SAFETY: `bytes` points to eight bytes, of which Metal copies as many as the type has, the lowest first; Metal
        // keeps values under any index.
        unsafe { values.setConstantValue_type_atIndex(bytes, data_type(*dtype), *index as usize) }
    }
    let function = library.newFunctionWithName_constantValues_error(&NSString::from_str(function), &values);
    let state = device.newComputePipelineStateWithFunction_error(&*function.map_err(rejected)?);
    Ok(Pipeline(state.map_err(rejected)?))
}

/// A number in the type by which the code takes it.
fn bound(Constant { index, dtype, value }: Constant, code: &Code) -> Bound {
    let taken_as = match code {
        Code::Source { .. } => dtype,
        Code::Library(_) => enigma_air::constant_type(dtype),
    };
    (index, taken_as, enigma_cpu::bits(value, dtype))
}

fn data_type(dtype: DType) -> MTLDataType {
    match dtype {
        DType::Bool => MTLDataType::Bool,
        DType::I8 => MTLDataType::Char,
        DType::U8 => MTLDataType::UChar,
        DType::I16 => MTLDataType::Short,
        DType::U16 => MTLDataType::UShort,
        DType::I32 => MTLDataType::Int,
        DType::U32 => MTLDataType::UInt,
        DType::I64 => MTLDataType::Long,
        DType::U64 => MTLDataType::ULong,
        DType::F16 => MTLDataType::Half,
        DType::BF16 => MTLDataType::BFloat,
        DType::F32 => MTLDataType::Float,
    }
}

fn rejected(error: Retained<NSError>) -> Failure {
    Failure::Rejected(error.localizedDescription().to_string())
}
