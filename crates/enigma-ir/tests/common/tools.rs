//! The programs of MLIR.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `program` of LLVM 19 over a text; returns what it prints, or panics with what it complains about.
pub fn run(program: &str, flags: &[&str], text: String) -> String {
    let places = [format!("{program}-19"), format!("/usr/lib/llvm-19/bin/{program}")];
    let spawn = |place: &String| {
        Command::new(place).args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()
    };
    let Some(mut process) = places.iter().find_map(spawn) else {
        panic!("this test needs {program} of LLVM 19: apt-get install mlir-19-tools (Debian)");
    };
    let mut stdin = process.stdin.take().expect("stdin is piped");
    let feed = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = process.wait_with_output().expect("the program ends");
    let fed = feed.join().expect("the text is passed on");
    let complaints: String = String::from_utf8_lossy(&output.stderr).chars().take(4000).collect();
    assert!(output.status.success(), "{program} refuses the text ({fed:?}):\n{complaints}");
    String::from_utf8(output.stdout).expect("MLIR text is UTF-8")
}
