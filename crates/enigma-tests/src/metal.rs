//! Compiles Metal sources in batches.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host::{cache_directory, shim_directory};
use crate::source::{adapted, kernel_name};

/// What the shim is compiled with, a flag a line. The hosts in Python read the same file.
const FLAGS: &str = include_str!("../../../tests/metal_shim/compile_flags.txt");

/// Metal is C++14 before its version 4.0; the shim, which is more, is in system headers.
const CPP14: &str = "-Wpre-c++17-compat";

/// Metal sources, compiled with the shim; returns the shared object.
pub(crate) fn build(sources: &[String]) -> Result<PathBuf, String> {
    let shim = &shim_directory().join("metal_shim");
    let texts: Vec<String> = sources.iter().map(|source| adapted(source)).collect();
    let directory = cache_directory().join(fingerprint(&texts, shim)?);
    let object = directory.join("kernels.so");
    if object.exists() {
        return Ok(object);
    }
    let fresh = directory.with_extension(std::process::id().to_string());
    fs::create_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    let mut batch = String::from("#include <metal_stdlib>\n#include <metal_simdgroup_matrix>\n");
    for (i, (text, source)) in texts.iter().zip(sources).enumerate() {
        let name = kernel_name(source).ok_or_else(|| format!("source {i} has no kernel"))?;
        write(&fresh.join(format!("{i}.metal")), text)?;
        batch.push_str(&format!(
            "namespace batch_{i} {{\n#include \"{i}.metal\"\n}}\n\
             extern \"C\" const char *shim_run_{i}(const ShimLaunch *launch) {{\n    \
                 return shim_launch([] {{ batch_{i}::{name}(); }}, launch);\n}}\n"
        ));
    }
    write(&fresh.join("batch.cpp"), &batch)?;
    let include = shim.join("include");
    let [runtime, air] = ["runtime.cpp", "air.c"].map(|name| shim.join(name).display().to_string());
    compile(&include, &fresh, "-std=c++20", &["-c", "batch.cpp", "-o", "batch.o"])?;
    compile(&include, &fresh, "-std=c++20", &["-c", &runtime, "-o", "runtime.o"])?;
    compile(&include, &fresh, "-std=c11", &["-c", &air, "-o", "air.o"])?;
    clang(&fresh, &["-shared", "batch.o", "runtime.o", "air.o", "-lm", "-o", "kernels.so"])?;
    // Another process may have been faster; then its result is as good.
    let _ = fs::rename(&fresh, &directory);
    Ok(object)
}

/// What the compiler makes of Metal sources, as LLVM IR.
///
/// # Errors
/// What the compiler says, or why it could not be run.
pub fn llvm_ir(sources: &[String]) -> Result<String, String> {
    let object = build(sources)?;
    let directory = object.parent().unwrap_or(Path::new("."));
    let include = shim_directory().join("metal_shim/include");
    compile(&include, directory, "-std=c++20", &["-S", "-emit-llvm", "batch.cpp", "-o", "batch.ll"])?;
    read(&directory.join("batch.ll"))
}

fn compile(include: &Path, directory: &Path, standard: &str, what: &[&str]) -> Result<(), String> {
    let include = include.display().to_string();
    let mut arguments: Vec<&str> = FLAGS.lines().chain([CPP14]).collect();
    let language = if standard == "-std=c11" { "c" } else { "c++" };
    arguments.extend([standard, "-x", language, "-isystem", &include]);
    arguments.extend(what);
    clang(directory, &arguments)
}

fn clang(directory: &Path, arguments: &[&str]) -> Result<(), String> {
    let compiler = std::env::var("ENIGMA_CLANGXX").unwrap_or_else(|_| "clang++-19".to_owned());
    let output = Command::new(&compiler)
        .args(arguments)
        .current_dir(directory)
        .output()
        .map_err(|error| format!("{compiler}: {error}; set ENIGMA_CLANGXX to a clang++ of version 19 or later"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{}\n{}", directory.display(), String::from_utf8_lossy(&output.stderr))),
    }
}

/// A name for what these sources compile to with this shim.
fn fingerprint(texts: &[String], shim: &Path) -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    [FLAGS, CPP14].hash(&mut hasher);
    for file in headers(&shim.join("include"))?.into_iter().chain(["runtime.cpp", "air.c"].map(|name| shim.join(name)))
    {
        read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The files of a directory, in the order of their names.
fn headers(include: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(include).map_err(|error| format!("{}: {error}", include.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
