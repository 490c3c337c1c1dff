//! LLVM 14, whose language the text is in.

use std::io::Write;
use std::process::{Command, Stdio};

/// Panics with what LLVM's verifier complains about.
pub fn verify(text: &str) {
    let places = ["llvm-as-14", "/usr/lib/llvm-14/bin/llvm-as"];
    let spawn = |place: &&str| {
        let mut command = Command::new(place);
        command.args(["-o", "/dev/null"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()
    };
    let Some(mut process) = places.iter().find_map(spawn) else {
        panic!("this test needs llvm-as of LLVM 14: apt-get install llvm-14 (Debian)");
    };
    let mut stdin = process.stdin.take().expect("stdin is piped");
    stdin.write_all(text.as_bytes()).expect("llvm-as reads all of the text before it complains");
    drop(stdin);
    let output = process.wait_with_output().expect("llvm-as ends");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "LLVM 14 refuses the text:\n{complaints}\n{text}");
}
