//! Verdicts on disk: one file for each GPU, build of macOS and version of Enigma.
//!
//! A file is written whole and put in place at once, so that a reader sees the old one or the new one. While candidates are
//! tried the file is locked, so that of several processes one tries and the others wait for what it finds. Before a candidate is
//! tried its name is written: who finds the lock free and a name in the file knows that the candidate took the process with it.
//!
//! What cannot be read, or is of something else, is set aside and remarked upon. Nothing here is ever fatal: without a place on disk
//! the verdicts last as long as the process.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, Verdict};
use super::machine::Machine;

/// The environment variable that says where verdicts are kept, in place of the system's directory for such things.
pub const CACHE_DIR: &str = "ENIGMA_CACHE_DIR";

/// What the form of the files is called; another form gets another number.
const FORM: u32 = 1;

/// How long to wait for another process that tries candidates.
const PATIENCE: Duration = Duration::from_secs(60);

/// The directory that verdicts are kept in, if there is one.
pub fn directory() -> Option<PathBuf> {
    match std::env::var_os(CACHE_DIR) {
        Some(directory) if !directory.is_empty() => Some(PathBuf::from(directory)),
        _ => dirs::cache_dir().map(|caches| caches.join("enigma")),
    }
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Record {
    form: u32,
    enigma: String,
    machine: Machine,
    /// The candidate that is being tried.
    trying: Option<Candidate>,
    verdicts: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Entry {
    candidate: Candidate,
    #[serde(flatten)]
    verdict: Verdict,
}

impl Record {
    fn new(machine: &Machine) -> Record {
        let enigma = env!("CARGO_PKG_VERSION").to_owned();
        Record { form: FORM, enigma, machine: machine.clone(), trying: None, verdicts: Vec::new() }
    }

    fn get(&self, candidate: Candidate) -> Option<&Verdict> {
        self.verdicts.iter().find(|entry| entry.candidate == candidate).map(|entry| &entry.verdict)
    }
}

/// The verdicts on one machine.
#[derive(Debug)]
pub struct Ledger {
    record: Record,
    /// Where they are kept; `None` where that cannot be.
    path: Option<PathBuf>,
    /// What was odd about the file.
    remarks: Vec<String>,
    /// Whether a trial of this process did not end: the GPU may be at it still, and what is tried then proves nothing.
    halted: bool,
}

impl Ledger {
    /// What is known of a machine, with the files in that directory.
    pub fn open(directory: Option<&Path>, machine: &Machine) -> Ledger {
        let path = directory.map(|directory| directory.join(file_name(machine)));
        let mut ledger = Ledger { record: Record::new(machine), path, remarks: Vec::new(), halted: false };
        match &ledger.path {
            Some(_) => ledger.read(),
            None => {
                ledger.remarks.push(format!("verdicts are not kept: no directory for them is known; set {CACHE_DIR}"))
            }
        }
        ledger
    }

    /// Where the verdicts are kept, if they are.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What was odd about the file, for people.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The verdict on a candidate, if there is one.
    pub fn get(&self, candidate: Candidate) -> Option<&Verdict> {
        self.record.get(candidate)
    }

    /// Has those of the candidates tried on which there is no verdict; with `fresh`, all of them. After one that does not
    /// end nothing is tried in this process.
    pub fn settle(&mut self, candidates: &[Candidate], fresh: bool, mut try_out: impl FnMut(Candidate) -> Verdict) {
        if self.halted || !fresh && candidates.iter().all(|&candidate| self.get(candidate).is_some()) {
            return;
        }
        let lock = self.lock();
        // Another process may have been there in the meantime.
        self.read();
        if let Some(candidate) = self.record.trying.take().filter(|_| lock.is_some()) {
            self.enter(candidate, Verdict::Unfinished);
        }
        if fresh {
            self.record.verdicts.retain(|entry| !candidates.contains(&entry.candidate));
        }
        for &candidate in candidates {
            if self.halted || self.get(candidate).is_some() {
                continue;
            }
            self.record.trying = Some(candidate);
            self.write();
            let verdict = try_out(candidate);
            self.halted = matches!(verdict, Verdict::Endless { .. });
            self.record.trying = None;
            self.enter(candidate, verdict);
        }
        self.write();
    }

    fn enter(&mut self, candidate: Candidate, verdict: Verdict) {
        self.record.verdicts.retain(|entry| entry.candidate != candidate);
        self.record.verdicts.push(Entry { candidate, verdict });
    }

    /// Takes up what the file says, if it is about this machine.
    fn read(&mut self) {
        let Some(path) = self.path.clone() else { return };
        let fault = match fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str::<Record>(&text) {
                Ok(record) if self.is_alike(&record) => {
                    self.record = record;
                    return;
                }
                Ok(_) => "is about something else".to_owned(),
                Err(error) => format!("cannot be understood ({error})"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => format!("cannot be read ({error})"),
        };
        let aside = path.with_extension("json.aside");
        let done = match fs::rename(&path, &aside) {
            Ok(()) => format!("it was set aside as {}", aside.display()),
            Err(error) => format!("it is left alone, since it cannot be moved ({error})"),
        };
        self.remark(format!("{} {fault}; {done}", path.display()));
    }

    fn is_alike(&self, record: &Record) -> bool {
        let of = |record: &Record| (record.form, record.enigma.clone(), record.machine.clone());
        of(record) == of(&self.record)
    }

    /// Puts the file in place, whole.
    fn write(&mut self) {
        let Some(path) = &self.path else { return };
        if let Err(error) = write_whole(path, &self.record) {
            let message =
                format!("verdicts are not kept: {} cannot be written ({error}); set {CACHE_DIR}", path.display());
            self.remark(message);
        }
    }

    /// The lock on the file. Without it, as after waiting in vain, candidates are tried all the same.
    fn lock(&mut self) -> Option<File> {
        let path = self.path.as_ref()?.with_extension("lock");
        match locked(&path, PATIENCE) {
            Ok(lock) => Some(lock),
            Err(error) => {
                self.remark(format!("{} cannot be locked ({error})", path.display()));
                None
            }
        }
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// `apple-m2-24b83-enigma-0.1.0.json`
fn file_name(machine: &Machine) -> String {
    let words = format!("{} {} enigma {}", machine.gpu, machine.build, env!("CARGO_PKG_VERSION"));
    let plain = words.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
    format!("{plain}.json")
}

fn write_whole(path: &Path, record: &Record) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer_pretty(&mut file, record)?;
    file.write_all(b"\n")?;
    file.persist(path)?;
    Ok(())
}

fn locked(path: &Path, patience: Duration) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(50))
            }
            Err(error) => return Err(error.into()),
        }
    }
}
