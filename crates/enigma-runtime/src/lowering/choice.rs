//! Which lowering is taken, and why.

use std::path::{Path, PathBuf};
use std::time::Duration;

use enigma_ir::target::{LinearCopy, System};
use enigma_ir::{Diagnostic, Diagnostics, Rule};

use super::{Bench, Candidate, Choice, Emission, Ledger, Lowering, Machine, Verdict, try_out};

/// Times that differ by less are the same: the clock and the GPU's other work blur them as much.
const TIE: f64 = 1.05;

/// The lowering that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// Which.
    pub lowering: Lowering,
    /// Why that one, for people.
    pub reason: String,
}

/// Where a choice is made.
#[derive(Copy, Clone)]
pub enum Here<'a> {
    /// Away from a Mac's GPU, for that reason.
    Elsewhere(&'a str),
    /// On a Mac.
    Mac(&'a dyn Mac),
}

impl Here<'_> {
    /// The Mac that this is, if it is one.
    pub fn machine(&self) -> Option<&Machine> {
        match self {
            Here::Elsewhere(_) => None,
            Here::Mac(mac) => Some(mac.machine()),
        }
    }
}

/// A Mac on which lowerings can be tried.
pub trait Mac {
    /// Its GPU and its system.
    fn machine(&self) -> &Machine;

    /// What came of trying each candidate, where 1D copies become that. They are tried if they never were; with `fresh`, in
    /// any case.
    fn verdicts(&self, linear_copy: LinearCopy, fresh: bool) -> Verdicts;
}

/// What came of trying the candidates on a Mac.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdicts {
    /// The Mac.
    pub machine: Machine,
    /// Each candidate, in the order of [`Candidate::all`].
    pub tried: Vec<(Candidate, Verdict)>,
    /// What else is to be known, as that they could not be kept.
    pub remarks: Vec<String>,
    /// The file that they are kept in, if they are.
    pub kept_in: Option<PathBuf>,
}

impl Verdicts {
    /// The fastest that is right; of several that are as fast, the first. `None` when none is right.
    pub fn fastest(&self) -> Option<Chosen> {
        let times = || self.tried.iter().filter_map(|(candidate, verdict)| Some((candidate.lowering, verdict.time()?)));
        let least = times().map(|(_, time)| time).min()?;
        let (lowering, time) = times().find(|(_, time)| time.as_secs_f64() <= least.as_secs_f64() * TIE)?;
        let cooperative = times().find(|(other, _)| *other == Lowering::Cooperative).map(|(_, time)| time);
        let mut reason = self.reason(times().count(), lowering, cooperative.map(|other| ratio(other, time)));
        self.remarks.iter().for_each(|remark| reason.extend(["; ", remark]));
        Some(Chosen { lowering, reason })
    }

    fn reason(&self, right: usize, lowering: Lowering, speedup: Option<f64>) -> String {
        let (machine, tried) = (&self.machine, self.tried.len());
        match (right, lowering, speedup) {
            (_, Lowering::Cooperative, _) if tried == 1 => {
                format!("{machine} is no Apple GPU, and has no copy of its own")
            }
            (1, ..) => {
                format!("the only one right of {tried} on {machine}; `enigma doctor` says what became of the others")
            }
            (_, Lowering::Cooperative, _) => format!("none of the other {} right on {machine} is faster", right - 1),
            (_, _, Some(speedup)) => format!("fastest of {right} right on {machine}: {speedup:.1}x cooperative"),
            (_, _, None) => format!("fastest of {right} right on {machine}, where cooperative is not"),
        }
    }
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}

/// What came of trying the candidates on a machine, by its ledger; what is not in it is tried on the bench. With `fresh`
/// everything is.
pub fn settled(
    ledger: &mut Ledger,
    machine: &Machine,
    bench: &dyn Bench,
    linear_copy: LinearCopy,
    fresh: bool,
) -> Verdicts {
    let candidates = Candidate::all(machine.gpu_family, linear_copy);
    ledger.settle(&candidates, fresh, |candidate| try_out(bench, candidate));
    let verdict = |candidate| ledger.get(candidate).cloned().unwrap_or(Verdict::Untried);
    let tried = candidates.into_iter().map(|candidate| (candidate, verdict(candidate))).collect();
    Verdicts {
        machine: machine.clone(),
        tried,
        remarks: ledger.remarks().to_vec(),
        kept_in: ledger.path().map(Path::to_owned),
    }
}

/// Takes a lowering for a kernel; `copies` says whether it has asynchronous copies that the hardware could make.
///
/// # Errors
///
/// `device-unavailable` when none of the candidates comes out right on this Mac.
pub fn choose(emission: &Emission, copies: bool, here: Here<'_>) -> Result<Chosen, Diagnostics> {
    let usual = |system: System, why: &str| {
        let reason = format!("default for {}: {why}", system.name());
        Ok(Chosen { lowering: Lowering::usual(system), reason })
    };
    let system = emission.target(here.machine()).system;
    match (emission.choice, here) {
        (Choice::Fixed(lowering), _) => Ok(Chosen { lowering, reason: "as was asked for".to_owned() }),
        (Choice::Auto, Here::Elsewhere(why)) => usual(system, why),
        (Choice::Auto, Here::Mac(mac)) if mac.machine().system() != Some(system) => {
            usual(system, &format!("this Mac runs macOS {}", mac.machine().macos))
        }
        (Choice::Auto, Here::Mac(_)) if !copies => {
            let reason = "the kernel has no asynchronous copies that the hardware could make".to_owned();
            Ok(Chosen { lowering: Lowering::Cooperative, reason })
        }
        (Choice::Auto, Here::Mac(mac)) => {
            let verdicts = mac.verdicts(emission.linear_copy, false);
            verdicts.fastest().ok_or_else(|| nothing_right(&verdicts))
        }
    }
}

fn nothing_right(verdicts: &Verdicts) -> Diagnostics {
    let message = format!("no lowering of asynchronous copies comes out right on {}", verdicts.machine);
    let found = Diagnostic::placeless(Rule::DeviceUnavailable, message).with_help(
        "run on \"cpu\"; `enigma doctor` says what became of each lowering, and `enigma doctor --fresh` tries again",
    );
    let notes = verdicts.tried.iter().map(|(candidate, verdict)| format!("{candidate}: {verdict}"));
    notes.fold(found, Diagnostic::with_note).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use enigma_ir::Style;

    /// A Mac on which it is known what comes of each candidate.
    struct Known(Verdicts);

    impl Mac for Known {
        fn machine(&self) -> &Machine {
            &self.0.machine
        }

        fn verdicts(&self, linear_copy: LinearCopy, _: bool) -> Verdicts {
            assert!(self.0.tried.iter().all(|(candidate, _)| {
                candidate.lowering == Lowering::Cooperative || candidate.linear_copy == linear_copy
            }));
            self.0.clone()
        }
    }

    fn machine() -> Machine {
        Machine { gpu: "Apple M2".to_owned(), gpu_family: 8, macos: "15.1".to_owned(), build: "24B83".to_owned() }
    }

    fn right(microseconds: u64) -> Verdict {
        Verdict::Right { nanoseconds: microseconds * 1000 }
    }

    fn rejected() -> Verdict {
        Verdict::Rejected { log: "\nprogram_source:20:11: error: illegal string literal in 'asm'\n".to_owned() }
    }

    fn wrong() -> Verdict {
        Verdict::Wrong { at: "2D in, element 7 of the output".to_owned() }
    }

    /// What is taken when that came of cooperative, asm, asm-escaped and air.
    fn taken(verdicts: [Verdict; 4]) -> Result<Chosen, Diagnostics> {
        let tried = Candidate::all(8, LinearCopy::Row).into_iter().zip(verdicts).collect();
        let mac = Known(Verdicts { machine: machine(), tried, remarks: Vec::new(), kept_in: None });
        choose(&Emission::default(), true, Here::Mac(&mac))
    }

    #[test]
    fn the_fastest_that_is_right_is_taken() {
        let chosen = taken([right(180), right(100), rejected(), right(120)]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Asm);
        assert_eq!(chosen.reason, "fastest of 3 right on Apple M2, macOS 15.1: 1.8x cooperative");
        let chosen = taken([right(180), wrong(), Verdict::Unfinished, right(100)]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Air);
        assert_eq!(chosen.reason, "fastest of 2 right on Apple M2, macOS 15.1: 1.8x cooperative");
    }

    #[test]
    fn what_is_wrong_is_not_taken_however_fast() {
        let chosen = taken([wrong(), right(300), rejected(), right(100)]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Air);
        assert_eq!(chosen.reason, "fastest of 2 right on Apple M2, macOS 15.1, where cooperative is not");
    }

    #[test]
    fn of_equals_the_first_is_taken() {
        let chosen = taken([right(102), right(100), right(99), right(100)]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Cooperative);
        assert_eq!(chosen.reason, "none of the other 3 right on Apple M2, macOS 15.1 is faster");
        let chosen = taken([right(200), right(102), right(99), right(98)]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Asm);
    }

    #[test]
    fn cooperative_is_what_is_left() {
        let stopped = Verdict::Endless { at: "2D in".to_owned() };
        let chosen = taken([right(100), rejected(), wrong(), stopped]).unwrap();
        assert_eq!(chosen.lowering, Lowering::Cooperative);
        assert_eq!(
            chosen.reason,
            "the only one right of 4 on Apple M2, macOS 15.1; `enigma doctor` says what became of the others"
        );
    }

    #[test]
    fn nothing_that_is_right_is_an_error() {
        let refused = taken([wrong(), rejected(), rejected(), Verdict::Unfinished]).unwrap_err();
        insta::assert_snapshot!(refused.render(Style::Plain));
    }

    #[test]
    fn remarks_are_part_of_the_reason() {
        let tried = vec![(Candidate::all(0, LinearCopy::Row)[0], right(10))];
        let machine = Machine { gpu: "AMD Radeon Pro".to_owned(), gpu_family: 0, ..machine() };
        let verdicts = Verdicts { machine, tried, remarks: vec!["verdicts are not kept".to_owned()], kept_in: None };
        assert_eq!(
            verdicts.fastest().unwrap().reason,
            "AMD Radeon Pro, macOS 15.1 is no Apple GPU, and has no copy of its own; verdicts are not kept"
        );
    }

    /// What is taken for a kernel on a Mac where nothing may be tried.
    fn untried(emission: Emission, copies: bool) -> (Lowering, String) {
        struct Untried(Machine);
        impl Mac for Untried {
            fn machine(&self) -> &Machine {
                &self.0
            }

            fn verdicts(&self, _: LinearCopy, _: bool) -> Verdicts {
                panic!("nothing needs to be tried")
            }
        }
        let chosen = choose(&emission, copies, Here::Mac(&Untried(machine()))).unwrap();
        (chosen.lowering, chosen.reason)
    }

    #[test]
    fn nothing_is_tried_where_nothing_depends_on_it() {
        assert_eq!(untried(Emission::default(), false).0, Lowering::Cooperative);
        for lowering in Lowering::ALL {
            let asked = Emission { choice: Choice::Fixed(lowering), ..Emission::default() };
            assert_eq!(untried(asked, true), (lowering, "as was asked for".to_owned()));
        }
        let later = Emission { system: Some(System::MacOs26), ..Emission::default() };
        assert_eq!(untried(later, true), (Lowering::Air, "default for macos26: this Mac runs macOS 15.1".to_owned()));
    }

    #[test]
    fn elsewhere_the_system_decides() {
        let elsewhere = |system| {
            let chosen =
                choose(&Emission { system, ..Emission::default() }, true, Here::Elsewhere("no Mac here")).unwrap();
            (chosen.lowering, chosen.reason)
        };
        for system in [System::MacOs13, System::MacOs14, System::MacOs15] {
            assert_eq!(elsewhere(Some(system)).0, Lowering::Asm);
        }
        assert_eq!(elsewhere(None), (Lowering::Asm, "default for macos15: no Mac here".to_owned()));
        assert_eq!(elsewhere(Some(System::MacOs26)), (Lowering::Air, "default for macos26: no Mac here".to_owned()));
    }

    #[test]
    fn the_target_is_what_is_here() {
        let emission = Emission::default();
        let here = emission.target(Some(&machine()));
        assert_eq!((here.system, here.gpu_family), (System::MacOs15, 8));
        let later = Machine { gpu_family: 12, macos: "27.0".to_owned(), ..machine() };
        assert_eq!(emission.target(Some(&later)).gpu_family, 10);
        assert_eq!(emission.target(Some(&later)).system, System::MacOs26);
        assert_eq!(emission.target(None).gpu_family, 7);
    }
}
