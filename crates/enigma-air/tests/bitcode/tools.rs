//! What LLVM 14 makes of bitcode.

use enigma_air::bitcode;
use enigma_air::llvm::Module;

use crate::common::run;

fn disassemble(bitcode: &[u8]) -> Result<String, String> {
    let text = run("llvm-dis-14", &["-o", "-", "-"], bitcode)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The bitcode means the same as the text: LLVM prints both alike. Its verifier takes it, and its analyser knows every
/// block and every record.
pub fn assert_same(module: &Module) {
    if let Err(difference) = compare(module) {
        panic!("{difference}\n\nof the module\n{module}");
    }
}

fn compare(module: &Module) -> Result<(), String> {
    let bitcode = bitcode::write(module);
    let printed = disassemble(&bitcode)?;
    let assembled = run("llvm-as-14", &["-o", "-", "-"], module.to_string().as_bytes())?;
    let expected = disassemble(&assembled)?;
    if printed != expected {
        let (mut printed, mut expected) = (printed.lines(), expected.lines());
        let differs = |lines: &(Option<&str>, Option<&str>)| lines.0 != lines.1;
        let lines = std::iter::repeat_with(|| (printed.next(), expected.next())).find(differs);
        return Err(format!("as bitcode and as text: {lines:#?}"));
    }
    // LLVM has no back end for AIR, and the verifier needs none.
    run("opt-14", &["-mtriple=x86_64-unknown-linux-gnu", "-verify", "-disable-output", "-"], &bitcode)?;
    let analysed = run("llvm-bcanalyzer-14", &["-dump", "-"], &bitcode)?;
    match String::from_utf8_lossy(&analysed).lines().find(|line| line.contains("Unknown")) {
        Some(line) => Err(format!("llvm-bcanalyzer-14: {line}")),
        None => Ok(()),
    }
}
