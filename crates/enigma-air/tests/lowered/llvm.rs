//! LLVM 14, whose language the text is in.

use crate::common::run;

/// Panics with what LLVM's verifier complains about.
pub fn verify(text: &str) {
    if let Err(complaint) = run("llvm-as-14", &["-o", "-", "-"], text.as_bytes()) {
        panic!("LLVM 14 refuses the text:\n{complaint}\n{text}");
    }
}
