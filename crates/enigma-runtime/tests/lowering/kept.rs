//! Verdicts on disk.

use std::fs;
use std::path::{Path, PathBuf};

use enigma_ir::target::LinearCopy;
use enigma_runtime::Lowering;
use enigma_runtime::lowering::{Candidate, Ledger, Machine, Verdict};
use tempfile::TempDir;

use crate::{Log, candidate, machine};

const RIGHT: Verdict = Verdict::Right { nanoseconds: 1500 };

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn candidates() -> Vec<Candidate> {
    Candidate::all(8, LinearCopy::Row)
}

/// Settles all candidates as right; says which were tried.
fn settle(ledger: &mut Ledger, fresh: bool) -> Vec<String> {
    let log = Log::default();
    ledger.settle(&candidates(), fresh, |candidate| {
        log.note(candidate);
        RIGHT
    });
    assert!(candidates().iter().all(|&candidate| ledger.get(candidate) == Some(&RIGHT)));
    log.lines()
}

const ALL: [&str; 4] = ["cooperative", "asm/row", "asm-escaped/row", "air/row"];

/// The one file of verdicts in a directory.
fn file(directory: &Path) -> PathBuf {
    let mut files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap()
}

#[test]
fn what_was_tried_is_not_tried_again() {
    let directory = directory();
    let mut first = Ledger::open(Some(directory.path()), &machine());
    assert_eq!(settle(&mut first, false), ALL);
    assert_eq!(settle(&mut first, false), [""; 0]);
    let mut second = Ledger::open(Some(directory.path()), &machine());
    assert_eq!(settle(&mut second, false), [""; 0]);
    assert_eq!(second.remarks(), [""; 0]);
    assert_eq!(settle(&mut second, true), ALL);
}

#[test]
fn a_file_is_of_one_gpu_and_one_build() {
    let directory = directory();
    settle(&mut Ledger::open(Some(directory.path()), &machine()), false);
    let updated = Machine { build: "24C101".to_owned(), ..machine() };
    let other = Machine { gpu: "Apple M4".to_owned(), ..machine() };
    for machine in [updated, other] {
        assert_eq!(settle(&mut Ledger::open(Some(directory.path()), &machine), false), ALL);
    }
    let name = format!("apple-m2-pro-24b83-enigma-{}.json", env!("CARGO_PKG_VERSION"));
    assert!(directory.path().join(name).exists());
}

#[test]
fn only_what_is_missing_is_tried() {
    let directory = directory();
    settle(&mut Ledger::open(Some(directory.path()), &machine()), false);
    let log = Log::default();
    let mut ledger = Ledger::open(Some(directory.path()), &machine());
    ledger.settle(&Candidate::all(8, LinearCopy::Linear), false, |candidate| {
        log.note(candidate);
        Verdict::Wrong { at: "1D in, element 3 of the output".to_owned() }
    });
    assert_eq!(log.lines(), ["asm/1d", "asm-escaped/1d", "air/1d"]);
    assert_eq!(settle(&mut Ledger::open(Some(directory.path()), &machine()), false), [""; 0]);
}

#[test]
fn every_verdict_is_kept_as_it_was() {
    let verdicts = [
        Verdict::Wrong { at: "2D in, element 7 of the output".to_owned() },
        Verdict::Rejected { log: "error: \"asm\"\n\tline two".to_owned() },
        Verdict::Stopped { why: "pace: a fault".to_owned() },
        Verdict::Endless { at: "pace".to_owned() },
    ];
    let directory = directory();
    let mut all = verdicts.iter().cloned();
    Ledger::open(Some(directory.path()), &machine()).settle(&candidates(), false, |_| all.next().unwrap());
    let read = Ledger::open(Some(directory.path()), &machine());
    assert!(candidates().iter().zip(&verdicts).all(|(&candidate, verdict)| read.get(candidate) == Some(verdict)));
}

#[test]
fn after_one_that_does_not_end_the_others_wait_for_another_process() {
    let directory = directory();
    let mut first = Ledger::open(Some(directory.path()), &machine());
    let endless = Verdict::Endless { at: "pace".to_owned() };
    let mut tried = 0;
    first.settle(&candidates(), false, |candidate| {
        tried += 1;
        if candidate.lowering == Lowering::Asm { endless.clone() } else { RIGHT }
    });
    first.settle(&candidates(), true, |_| panic!("the GPU may be busy still"));
    assert_eq!((tried, first.get(candidate(Lowering::Air))), (2, None));
    let mut second = Ledger::open(Some(directory.path()), &machine());
    second.settle(&candidates(), false, |candidate| {
        assert_ne!(candidate.lowering, Lowering::Asm);
        RIGHT
    });
    assert_eq!(second.get(candidate(Lowering::Asm)), Some(&endless));
    assert_eq!(second.get(candidate(Lowering::Air)), Some(&RIGHT));
}

#[test]
fn what_is_no_file_of_ours_is_set_aside() {
    let directory = directory();
    settle(&mut Ledger::open(Some(directory.path()), &machine()), false);
    let path = file(directory.path());
    let whole = fs::read_to_string(&path).unwrap();
    let half = whole[..whole.len() / 2].to_owned();
    let foreign = whole.replace("Apple M2 Pro", "Apple M9");
    let later = whole.replace("\"form\": 1", "\"form\": 2");
    let untrue = whole.replace("air/row", "magic/row");
    for (text, fault) in [
        ("", "cannot be understood"),
        ("{}", "cannot be understood"),
        (&half, "cannot be understood"),
        (&untrue, "cannot be understood"),
        (&foreign, "is about something else"),
        (&later, "is about something else"),
    ] {
        fs::write(&path, text).unwrap();
        let mut ledger = Ledger::open(Some(directory.path()), &machine());
        assert_eq!(ledger.remarks().len(), 1, "{text}");
        assert!(ledger.remarks()[0].contains(fault), "{}", ledger.remarks()[0]);
        assert!(ledger.remarks()[0].contains("was set aside as"), "{}", ledger.remarks()[0]);
        assert_eq!(fs::read_to_string(path.with_extension("json.aside")).unwrap(), text);
        assert_eq!(settle(&mut ledger, false), ALL, "nothing in it is trusted");
        assert_eq!(settle(&mut Ledger::open(Some(directory.path()), &machine()), false), [""; 0]);
    }
}

#[test]
fn bytes_that_are_no_text_are_set_aside() {
    let directory = directory();
    settle(&mut Ledger::open(Some(directory.path()), &machine()), false);
    fs::write(file(directory.path()), [0xFF, 0xFE, 0]).unwrap();
    let mut ledger = Ledger::open(Some(directory.path()), &machine());
    assert!(ledger.remarks()[0].contains("cannot be read"), "{:?}", ledger.remarks());
    assert_eq!(settle(&mut ledger, false), ALL);
}

#[test]
fn without_a_directory_verdicts_last_as_long_as_the_ledger() {
    let mut nowhere = Ledger::open(None, &machine());
    assert_eq!(settle(&mut nowhere, false), ALL);
    assert_eq!(settle(&mut nowhere, false), [""; 0]);
    assert!(nowhere.path().is_none());
    assert!(nowhere.remarks()[0].contains("ENIGMA_CACHE_DIR"), "{:?}", nowhere.remarks());
}

#[test]
fn a_directory_that_cannot_be_is_remarked_upon() {
    let directory = directory();
    let occupied = directory.path().join("file");
    fs::write(&occupied, "").unwrap();
    let mut ledger = Ledger::open(Some(&occupied), &machine());
    assert_eq!(settle(&mut ledger, false), ALL);
    assert_eq!(settle(&mut ledger, false), [""; 0]);
    assert!(ledger.remarks().iter().any(|remark| remark.contains("verdicts are not kept")), "{:?}", ledger.remarks());
}

#[test]
fn a_candidate_that_takes_the_process_with_it_is_not_tried_again() {
    let directory = directory();
    // What a process leaves behind that ends in the middle of a trial.
    let ends = |candidate: Candidate| {
        if candidate.lowering == Lowering::Asm { std::panic::panic_any("the end") } else { RIGHT }
    };
    let process = std::thread::spawn({
        let directory = directory.path().to_owned();
        move || Ledger::open(Some(&directory), &machine()).settle(&candidates(), false, ends)
    });
    assert!(process.join().is_err());

    let log = Log::default();
    let mut ledger = Ledger::open(Some(directory.path()), &machine());
    ledger.settle(&candidates(), false, |candidate| {
        log.note(candidate);
        RIGHT
    });
    assert_eq!(log.lines(), ["asm-escaped/row", "air/row"]);
    assert_eq!(ledger.get(candidate(Lowering::Asm)), Some(&Verdict::Unfinished));
    assert_eq!(settle(&mut Ledger::open(Some(directory.path()), &machine()), true), ALL);
}

#[test]
fn of_several_at_once_one_tries_and_the_others_wait() {
    let directory = directory();
    let tried = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut ledger = Ledger::open(Some(directory.path()), &machine());
                ledger.settle(&candidates(), false, |candidate| {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    tried.lock().unwrap().push(candidate.to_string());
                    RIGHT
                });
                assert_eq!(ledger.remarks(), [""; 0]);
                assert_eq!(ledger.get(candidate(Lowering::Air)), Some(&RIGHT));
            });
        }
    });
    assert_eq!(*tried.lock().unwrap(), ALL);
}

#[test]
fn candidates_are_read_back() {
    for linear_copy in LinearCopy::ALL {
        for candidate in Candidate::all(7, linear_copy) {
            assert_eq!(candidate.to_string().parse(), Ok(candidate));
        }
    }
    for wrong in ["", "asm", "asm/2d", "cooperative/row", "magic/row"] {
        assert!(wrong.parse::<Candidate>().is_err(), "{wrong}");
    }
    assert_eq!(Candidate::all(0, LinearCopy::Row).len(), 1, "only Apple's GPUs have the copy");
}
