//! What kernels are lowered to. LLVM 14 assembles and verifies every text that a snapshot shows.

mod atomics;
#[path = "../common/mod.rs"]
mod common;
mod copies;
mod lanes;
mod llvm;
mod names;
mod numbers;

use enigma_air::{Copies, Options, air_text};
use enigma_ir::target::Target;
use enigma_tests::Make;

/// The text of a kernel, without what surrounds its function: that is the same for all.
fn lowered(name: &str, options: &Options, build: fn(&mut Make)) -> String {
    let kernel = Make::kernel(name, build);
    let text = air_text(&kernel, options).expect("the system has what the kernel needs");
    llvm::verify(&text);
    let start = text.find("%struct").or_else(|| text.find("\n@")).or_else(|| text.find("define")).unwrap_or_default();
    let end = text.find("!llvm.module.flags").unwrap_or(text.len());
    text[start..end].trim().to_owned()
}

/// For a GPU that needs no tile to be read back, with copies by the hardware.
fn plain() -> Options {
    Options { target: Target { read_back: Some(false), ..Target::default() }, ..Options::default() }
}

fn cooperative() -> Options {
    Options { copies: Copies::Cooperative, ..plain() }
}
