//! What surrounds a kernel in its module.

use enigma_ir::Kernel;
use enigma_ir::target::{System, Version};

use super::parameters::Parameters;
use crate::llvm::{Literal, Metadata, MetadataId, Module, Type, Value};

/// Sizes and alignments, the same for every system.
const DATA_LAYOUT: &str = "e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-f32:32:32-f64:64:64-v16:16:16-v24:32:32-\
     v32:32:32-v48:64:64-v64:64:64-v96:128:128-v128:128:128-v192:256:256-v256:256:256-v512:512:512-v1024:1024:1024-n8:16:32";

/// Limits that Metal's loader reads, with the behaviour of LLVM's module flags: 7 takes the greatest of several modules.
const FLAGS: [(u32, &str, u32); 7] = [
    (1, "wchar_size", 4),
    (7, "air.max_device_buffers", 31),
    (7, "air.max_constant_buffers", 31),
    (7, "air.max_threadgroup_buffers", 31),
    (7, "air.max_textures", 128),
    (7, "air.max_read_write_textures", 8),
    (7, "air.max_samplers", 16),
];

/// The flag without which the compiler of macOS 26 is reported to crash, and what LLVM does where modules differ in it: warns.
const SDK_VERSION: (u32, &str) = (2, "SDK Version");

/// How the text was compiled, as Metal's compiler would say.
const COMPILE_OPTIONS: [&str; 3] =
    ["air.compile.denorms_disable", "air.compile.fast_math_disable", "air.compile.framebuffer_fetch_enable"];

/// A module for one kernel, empty.
pub(crate) fn surroundings(name: &str, system: System) -> Module {
    let (air, version) = (system.air(), system.version());
    Module::new(name, DATA_LAYOUT, format!("air64_v{}{}-apple-macosx{version}.0", air.major, air.minor))
}

/// Adds the metadata, without which Metal would find no kernel.
pub(crate) fn describe(module: &mut Module, kernel: &Kernel, system: System, parameters: &Parameters) {
    let sdk = [module.number(SDK_VERSION.0), module.text(SDK_VERSION.1), sdk_version(module, system)];
    let mut flags = vec![module.node(&sdk)];
    for (behaviour, name, value) in FLAGS {
        let members = [module.number(behaviour), module.text(name), module.number(value)];
        flags.push(module.node(&members));
    }
    name(module, "llvm.module.flags", flags);

    let function = module.metadatum(Metadata::Value(Value::Function(parameters.function)));
    let nothing = module.node(&[]);
    let arguments = parameters.describe(module, kernel);
    let entry = module.node(&[function, nothing, arguments]);
    name(module, "air.kernel", vec![entry]);
    let constants = parameters.describe_constants(module);
    if !constants.is_empty() {
        name(module, "air.function_constants", constants);
    }

    let options = COMPILE_OPTIONS.map(|option| {
        let option = module.text(option);
        module.node(&[option])
    });
    name(module, "air.compile_options", options.to_vec());
    let air = numbers(module, system.air());
    let air = module.node(&air);
    name(module, "air.version", vec![air]);
    let mut language = vec![module.text("Metal")];
    language.extend(numbers(module, system.language()));
    let language = module.node(&language);
    name(module, "air.language_version", vec![language]);
    let producer = module.text(concat!("Enigma ", env!("CARGO_PKG_VERSION")));
    let producer = module.node(&[producer]);
    name(module, "llvm.ident", vec![producer]);
}

/// The version of macOS as an array.
fn sdk_version(module: &mut Module, system: System) -> MetadataId {
    let Version { major, minor } = system.version();
    let numbers = [major, minor].map(|n| module.int(Type::I32, n.into())).to_vec();
    let array = module.types.array(Type::I32, numbers.len() as u64);
    let version = module.constant(array, Literal::Aggregate(numbers));
    module.metadatum(Metadata::Value(version))
}

fn name(module: &mut Module, name: &str, nodes: Vec<MetadataId>) {
    module.named_metadata.push((name.to_owned(), nodes));
}

fn numbers(module: &mut Module, version: Version) -> Vec<MetadataId> {
    [version.major, version.minor, 0].map(|n| module.number(n.into())).to_vec()
}
