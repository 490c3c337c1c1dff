//! The documentation keeps up with the code: each rule has its section, each operation its mention.

use std::collections::BTreeMap;

use enigma_ir::table::{Group, TABLE};
use enigma_ir::{Rule, Severity};

const RULES: &str = include_str!("../../../docs/rules.md");
const DEPENDENCIES: &str = include_str!("../../../docs/dependencies.md");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const PYTHON: &str = include_str!("../../../docs/python.md");

/// The text under each `###` heading of the page of rules.
fn sections() -> BTreeMap<&'static str, &'static str> {
    RULES
        .split("\n### `")
        .skip(1)
        .map(|section| section.split_once("`\n").expect("a rule's heading is its name"))
        .map(|(name, text)| (name, text.split("\n## ").next().unwrap_or(text)))
        .collect()
}

#[test]
fn every_rule_has_a_section() {
    let sections = sections();
    for rule in Rule::ALL {
        let text = sections.get(rule.name()).unwrap_or_else(|| panic!("docs/rules.md has no section `{rule}`"));
        let class = match rule.severity() {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Advice => "Advice",
        };
        assert!(text.trim_start().starts_with(class), "the section `{rule}` begins with \"{class}\"");
        assert!(text.contains("```python"), "the section `{rule}` has an example");
    }
}

#[test]
fn every_section_is_of_a_rule() {
    for name in sections().keys() {
        assert!(Rule::ALL.iter().any(|rule| rule.name() == *name), "`{name}` is no rule");
    }
}

#[test]
fn every_function_is_on_the_python_page() {
    // Operators, loops and indexing have no function of their own.
    let has_function = |group| !matches!(group, Group::Structure | Group::Arithmetic | Group::Memory);
    let words: Vec<&str> = PYTHON.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for row in TABLE.iter().filter(|row| has_function(row.group)) {
        assert!(words.contains(&row.name), "docs/python.md does not mention `{}`", row.name);
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let (_, table) = WORKSPACE.split_once("[workspace.dependencies]\n").expect("the workspace names its dependencies");
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    for name in names.filter(|name| !name.starts_with("enigma")) {
        assert!(DEPENDENCIES.contains(&format!("`{name}`")), "docs/dependencies.md does not mention `{name}`");
    }
}
