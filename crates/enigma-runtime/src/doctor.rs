//! What `enigma doctor` finds: the device, the system, Apple's tools, and what came of trying each lowering.

use std::ffi::OsStr;
use std::fmt::{self, Write};
use std::io;
use std::path::PathBuf;
use std::process::Command;

use enigma_ir::target::LinearCopy;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::device::{self, Capabilities};
use crate::lowering::{self, Candidate, Chosen, Emission, Here, Lowering, Verdict, Verdicts, directory};

/// The width of what stands before each line's text.
const LABEL: usize = 15;

/// What was found.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Why there is no Metal device, or what came of trying the lowerings: for each of [`LinearCopy::ALL`].
    metal: Result<Vec<Verdicts>, String>,
    /// The version of Apple's Metal compiler, or why there is none.
    toolchain: Result<String, String>,
    /// Where verdicts are kept, if anywhere.
    kept_in: Option<PathBuf>,
    /// What `auto` takes for a kernel with asynchronous copies, or that nothing is right; for each of [`LinearCopy::ALL`].
    auto: Vec<(LinearCopy, Result<Chosen, String>)>,
}

/// Examines this machine. Lowerings are tried that never were; with `fresh`, all.
pub fn examine(fresh: bool) -> Examination {
    Examination::of(device::here(), fresh, toolchain(OsStr::new("xcrun")), directory())
}

impl Examination {
    /// Of the place where the program runs.
    fn of(here: Here<'_>, fresh: bool, toolchain: Result<String, String>, directory: Option<PathBuf>) -> Examination {
        let metal = match here {
            Here::Elsewhere(why) => Err(why.to_owned()),
            Here::Mac(mac) => {
                let of = |fresh: bool| LinearCopy::ALL.map(|linear_copy| mac.verdicts(linear_copy, fresh)).to_vec();
                // What both share is tried with each, and the later verdict stands.
                if fresh {
                    of(true);
                }
                Ok(of(false))
            }
        };
        let auto = |linear_copy| {
            let chosen = lowering::choose(&Emission { linear_copy, ..Emission::default() }, true, here);
            (linear_copy, chosen.map_err(|_| "nothing: no lowering comes out right here".to_owned()))
        };
        let file = metal.as_ref().ok().and_then(|verdicts| verdicts.first()?.kept_in.clone());
        Examination { metal, toolchain, kept_in: file.or(directory), auto: LinearCopy::ALL.map(auto).to_vec() }
    }

    /// Whether launches work here as `auto` chooses.
    pub fn ok(&self) -> bool {
        self.auto.first().is_some_and(|(_, auto)| auto.is_ok())
    }

    /// Each candidate once, with what came of it.
    fn tried(&self) -> Vec<&(Candidate, Verdict)> {
        let mut tried: Vec<&(Candidate, Verdict)> = Vec::new();
        for entry in self.metal.iter().flatten().flat_map(|verdicts| &verdicts.tried) {
            if !tried.iter().any(|(candidate, _)| *candidate == entry.0) {
                tried.push(entry);
            }
        }
        tried
    }

    /// What was odd, as that verdicts could not be kept.
    fn remarks(&self) -> &[String] {
        self.metal.as_ref().ok().and_then(|verdicts| verdicts.first()).map_or(&[], |verdicts| &verdicts.remarks)
    }

    /// Everything, as a JSON object.
    pub fn to_json(&self) -> Json {
        let machine = self.metal.as_ref().ok().and_then(|verdicts| verdicts.first()).map(|verdicts| &verdicts.machine);
        let verdicts = self.tried().into_iter().map(|(candidate, verdict)| Tried {
            candidate: *candidate,
            verdict,
            remedy: verdict.remedy(*candidate),
        });
        let auto = self.auto.iter().map(|(linear_copy, auto)| match auto {
            Ok(Chosen { lowering, reason }) => {
                json!({ "linear_copy": linear_copy.name(), "lowering": lowering.name(), "reason": reason })
            }
            Err(why) => json!({ "linear_copy": linear_copy.name(), "lowering": null, "reason": why }),
        });
        json!({
            "ok": self.ok(),
            "enigma": env!("CARGO_PKG_VERSION"),
            "machine": machine,
            "no_metal": self.metal.as_ref().err(),
            "system": self.system(),
            "toolchain": self.toolchain.as_ref().ok(),
            "no_toolchain": self.toolchain.as_ref().err(),
            "kept_in": self.kept_in,
            "verdicts": verdicts.collect::<Vec<_>>(),
            "auto": auto.collect::<Vec<_>>(),
            "remarks": self.remarks(),
        })
    }

    fn system(&self) -> String {
        match self.metal.as_ref().ok().and_then(|verdicts| verdicts.first()) {
            Some(Verdicts { machine, .. }) => format!("macOS {} ({})", machine.macos, machine.build),
            None => format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }

    fn device(&self) -> String {
        match &self.metal {
            Err(why) => {
                format!("no Metal device ({why}): launches go to the {}", Capabilities::of_the_cpu().device_name)
            }
            Ok(verdicts) => {
                verdicts.first().map_or_else(String::new, |Verdicts { machine, .. }| match machine.gpu_family {
                    0 => format!("{}, which is no Apple GPU", machine.gpu),
                    family => format!("{}, Apple GPU family {family}", machine.gpu),
                })
            }
        }
    }

    /// The table of candidates: what came of each, and what to do about it.
    fn table(&self) -> String {
        let tried = self.tried();
        let cooperative = tried.iter().find(|(candidate, _)| candidate.lowering == Lowering::Cooperative);
        let cooperative = cooperative.and_then(|(_, verdict)| verdict.time());
        let mut text = String::new();
        for (candidate, verdict) in &tried {
            let speed = match (verdict.time(), cooperative, candidate.lowering) {
                (Some(_), _, Lowering::Cooperative) | (None, ..) | (_, None, _) => String::new(),
                (Some(time), Some(other), _) => {
                    format!(", {:.1}x cooperative", other.as_secs_f64() / time.as_secs_f64().max(f64::EPSILON))
                }
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {:<17} {verdict}{speed}", candidate.to_string());
            if let Some(remedy) = verdict.remedy(*candidate) {
                let _ = writeln!(text, "  {:<17} what to do: {remedy}", "");
            }
        }
        text
    }
}

/// A candidate in the JSON form.
#[derive(Serialize)]
struct Tried<'a> {
    candidate: Candidate,
    #[serde(flatten)]
    verdict: &'a Verdict,
    remedy: Option<&'static str>,
}

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept_in = match &self.kept_in {
            Some(path) => path.display().to_string(),
            None => "nowhere: no directory for them is known".to_owned(),
        };
        let toolchain = match &self.toolchain {
            Ok(version) => version.clone(),
            Err(why) => format!("none: {why}; only compiling exported Metal source by hand needs them"),
        };
        writeln!(f, "Enigma {}\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "{:<LABEL$}{}", "device", self.device())?;
        writeln!(f, "{:<LABEL$}{}", "system", self.system())?;
        writeln!(f, "{:<LABEL$}{toolchain}", "Metal's tools")?;
        writeln!(f, "{:<LABEL$}{kept_in}", "verdicts in")?;
        for remark in self.remarks() {
            writeln!(f, "{:<LABEL$}{remark}", "")?;
        }
        if self.metal.is_ok() {
            write!(f, "\nlowerings of asynchronous copies, and what becomes of those in 1D:\n{}", self.table())?;
        }
        writeln!(f, "\nasync_lowering=\"auto\" takes")?;
        for (linear_copy, auto) in &self.auto {
            let taken = match auto {
                Ok(Chosen { lowering, reason }) => format!("{} ({reason})", lowering.name()),
                Err(why) => why.clone(),
            };
            writeln!(f, "  {:<17} {taken}", format!("linear_copy=\"{}\"", linear_copy.name()))?;
        }
        Ok(())
    }
}

/// The version of Apple's Metal compiler, as a program like `xcrun` finds it; or why there is none.
fn toolchain(xcrun: &OsStr) -> Result<String, String> {
    let output = Command::new(xcrun).args(["--sdk", "macosx", "metal", "--version"]).output();
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("`{}` is not here", xcrun.display()),
        _ => format!("`{}` cannot be run ({error})", xcrun.display()),
    })?;
    let first = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    };
    match output.status.success() {
        true => first(&output.stdout).ok_or_else(|| format!("`{}` says nothing", xcrun.display())),
        false => {
            Err(first(&output.stderr).unwrap_or_else(|| format!("`{}` fails: {}", xcrun.display(), output.status)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowering::{Mac, Machine};

    /// A Mac on which that comes of cooperative, asm, asm-escaped and air; in 1D the hardware's copy is wrong.
    struct Known([Verdict; 4], Machine);

    impl Known {
        fn new(verdicts: [Verdict; 4]) -> Known {
            let machine = Machine {
                gpu: "Apple M2".to_owned(),
                gpu_family: 8,
                macos: "15.1".to_owned(),
                build: "24B83".to_owned(),
            };
            Known(verdicts, machine)
        }

        fn examined(&self) -> Examination {
            let version = "Apple metal version 32023.404 (metalfe-32023.404)".to_owned();
            Examination::of(Here::Mac(self), false, Ok(version), None)
        }
    }

    impl Mac for Known {
        fn machine(&self) -> &Machine {
            &self.1
        }

        fn verdicts(&self, linear_copy: LinearCopy, _: bool) -> Verdicts {
            let candidates = Candidate::all(8, linear_copy).into_iter();
            let wrong = |candidate: &Candidate| {
                linear_copy == LinearCopy::Linear && candidate.lowering != Lowering::Cooperative
            };
            let verdicts = candidates.zip(&self.0).map(|(candidate, verdict)| match wrong(&candidate) {
                true => (candidate, Verdict::Wrong { at: "1D in, element 5 of the output".to_owned() }),
                false => (candidate, verdict.clone()),
            });
            Verdicts {
                machine: self.1.clone(),
                tried: verdicts.collect(),
                remarks: vec!["an old file was set aside".to_owned()],
                kept_in: Some(PathBuf::from("/Users/me/Library/Caches/enigma/apple-m2.json")),
            }
        }
    }

    fn right(microseconds: u64) -> Verdict {
        Verdict::Right { nanoseconds: microseconds * 1000 }
    }

    fn rejected() -> Verdict {
        Verdict::Rejected { log: "program_source:20:11: error: illegal string literal in 'asm'".to_owned() }
    }

    /// What is the same in every version.
    fn anywhen(text: &str) -> String {
        text.replace(env!("CARGO_PKG_VERSION"), "*")
    }

    #[test]
    fn on_a_mac_every_candidate_is_judged() {
        let examination = Known::new([right(180), right(100), rejected(), Verdict::Unfinished]).examined();
        assert!(examination.ok());
        insta::assert_snapshot!(anywhen(&examination.to_string()));
    }

    #[test]
    fn where_nothing_is_right_it_is_not_well() {
        let stopped = Verdict::Endless { at: "2D in".to_owned() };
        let examination = Known::new([stopped, rejected(), rejected(), Verdict::Unfinished]).examined();
        assert!(!examination.ok());
        insta::assert_snapshot!(anywhen(&examination.to_string()));
    }

    #[test]
    fn the_json_form_says_the_same() {
        let json = Known::new([right(180), right(100), rejected(), Verdict::Unfinished]).examined().to_json();
        insta::assert_snapshot!(anywhen(&serde_json::to_string_pretty(&json).unwrap()));
    }

    #[test]
    fn away_from_a_mac_it_says_so() {
        let missing = Err("`xcrun` is not here".to_owned());
        let examination = Examination::of(Here::Elsewhere("no Mac here"), false, missing, Some("/cache".into()));
        let text = examination.to_string();
        assert!(examination.ok());
        assert!(text.contains("no Metal device (no Mac here): launches go to the CPU"), "{text}");
        assert!(text.contains("asm (default for macos15: no Mac here)"), "{text}");
        assert_eq!(examination.to_json()["machine"], Json::Null);
    }

    #[test]
    fn the_toolchain_is_what_the_program_says() {
        assert!(toolchain(OsStr::new("/nowhere/xcrun")).unwrap_err().contains("is not here"));
        assert_eq!(toolchain(OsStr::new("echo")), Ok("--sdk macosx metal --version".to_owned()));
        assert!(toolchain(OsStr::new("false")).unwrap_err().contains("fails"));
        assert!(toolchain(OsStr::new("true")).unwrap_err().contains("says nothing"));
    }
}
