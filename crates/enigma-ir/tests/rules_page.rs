//! The page of rules has a section for each rule, and for nothing else.

use std::collections::BTreeMap;

use enigma_ir::{Rule, Severity};

const PAGE: &str = include_str!("../../../docs/rules.md");

/// The text under each `###` heading.
fn sections() -> BTreeMap<&'static str, &'static str> {
    PAGE.split("\n### `")
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
