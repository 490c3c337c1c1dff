//! The rules and their pages, for `enigma explain`.

use enigma_ir::Rule;
use pyo3::prelude::*;

/// Every rule: its name, its severity (`"error"`, `"warning"`, `"advice"`), and what it means in one sentence.
#[pyfunction]
pub fn rules() -> Vec<(&'static str, &'static str, &'static str)> {
    Rule::ALL.iter().map(|rule| (rule.name(), rule.severity().name(), rule.meaning())).collect()
}

/// The page of the rule of that name, as Markdown; None if there is no such rule.
#[pyfunction]
pub fn rule_page(name: &str) -> Option<&'static str> {
    Rule::ALL.iter().find(|rule| rule.name() == name).map(|rule| rule.page())
}
