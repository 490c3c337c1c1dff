//! What the in-flight analysis reports: each hazard once.

use super::Walk;
use crate::diagnostic::Rule;
use crate::hazard::Hazard;
use crate::kernel::OpId;

impl Walk<'_, '_> {
    pub(super) fn report(&mut self, hazard: Hazard) {
        if !self.silent && self.visits > 0 && self.reported.insert(hazard) {
            self.found.push(hazard.describe(self.subject.kernel));
        }
    }

    /// A copy whose event was used out of its reach is not lost besides.
    pub(super) fn report_never_waited(&mut self, issue: OpId) {
        let issued = self.subject.kernel.op(issue).span;
        let escaped =
            self.found.iter().any(|d| d.rule == Rule::EventEscapes && d.labels.iter().any(|l| l.span == issued));
        if !escaped {
            self.report(Hazard::NeverWaited { issue });
        }
    }
}
