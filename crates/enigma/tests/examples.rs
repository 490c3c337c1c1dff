//! The examples run, and find their own results right.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn examples_run() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(here.join("examples")).unwrap().map(|file| file.unwrap().path());
    for example in files.filter_map(|file| Some(file.file_stem()?.to_owned())) {
        let run = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--package", "enigma", "--example"])
            .arg(&example)
            .current_dir(here.join("../.."))
            .output()
            .expect("cargo is there");
        assert!(run.status.success(), "{}: {}", example.display(), String::from_utf8_lossy(&run.stderr));
    }
}
