//! LLVM 14's own tools.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a tool prints when it reads this, or what it complains of.
pub fn run(tool: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.spawn();
    let mut child = spawned.map_err(|error| format!("{tool}: {error}; scripts/install-system-tools.sh installs it"))?;
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = std::thread::scope(|scope| {
        // A tool that stops early closes the pipe: what it says tells more than that.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("the tool has been started")
    });
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("{tool}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
