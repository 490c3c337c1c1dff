//! The documentation keeps up with the code: each rule has its page, each operation its mention.

use enigma_ir::Rule;
use enigma_ir::table::{Group, TABLE};

const INDEX: &str = include_str!("../../../docs/rules/README.md");
const DEPENDENCIES: &str = include_str!("../../../docs/dependencies.md");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const PYTHON: &str = include_str!("../../../docs/python.md");
const REFERENCE: &str = include_str!("../../../docs/reference.md");

/// The parts of every page, in their order.
const PARTS: [&str; 6] =
    ["## What goes wrong", "## Example", "## Message", "## Mend", "## Alike, and right", "## Contract"];

/// What a page says of when its rule is found, and the same in the index.
const FOUND: [(&str, &str); 6] = [
    ("when the kernel is traced", "trace"),
    ("when the kernel is traced, or on a run", "trace, run"),
    ("when the kernel is traced, or at a launch", "trace, launch"),
    ("on a run", "run"),
    ("at a launch", "launch"),
    ("when the kernel is emitted", "emit"),
];

/// The class of the rule, as a page begins with it: `Error`.
fn class(rule: Rule) -> String {
    let name = rule.severity().name();
    name[..1].to_uppercase() + &name[1..]
}

/// The head of a page up to its first part: title, class, when it is found, and what the rule means.
fn head(rule: Rule, found: &str) -> String {
    format!("# {rule}\n\n**{}**, found {found}.\n{}\n\n## What goes wrong\n", class(rule), rule.meaning())
}

/// How the index names when the rule is found.
fn found(rule: Rule) -> &'static str {
    let known = FOUND.iter().find(|(long, _)| rule.page().starts_with(&head(rule, long)));
    let (_, short) = known.unwrap_or_else(|| panic!("docs/rules/{rule}.md begins otherwise:\n{}", head(rule, "...")));
    short
}

#[test]
fn every_page_begins_with_name_class_and_meaning() {
    for &rule in Rule::ALL {
        found(rule);
    }
}

#[test]
fn every_page_has_the_same_parts() {
    for rule in Rule::ALL {
        let parts: Vec<&str> = rule.page().lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(parts, PARTS, "docs/rules/{rule}.md");
    }
}

#[test]
fn every_page_prints_in_a_terminal() {
    for rule in Rule::ALL {
        let page = rule.page();
        assert!(page.lines().count() <= 90, "docs/rules/{rule}.md is too long");
        let (before, rest) = page.split_once("\n## Message\n").expect("a page has its parts");
        let (_, after) = rest.split_once("\n## Mend\n").expect("a page has its parts");
        // Messages are as wide as they are.
        for line in before.lines().chain(after.lines()) {
            assert!(line.chars().count() <= 112, "docs/rules/{rule}.md is too wide: {line}");
        }
    }
}

#[test]
fn the_index_lists_every_rule() {
    let rows: Vec<&str> = INDEX.lines().filter(|line| line.starts_with("| [")).collect();
    let row = |&rule: &Rule| {
        format!("| [{rule}]({rule}.md) | {} | {} | {} |", rule.severity().name(), found(rule), rule.meaning())
    };
    let expected: Vec<String> = Rule::ALL.iter().map(row).collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_operation_is_on_the_reference_page() {
    for row in TABLE.iter().filter(|row| row.group != Group::Structure) {
        assert!(REFERENCE.contains(&format!("\n### {}\n", row.name)), "docs/reference.md lacks `{}`", row.name);
    }
    assert!(PYTHON.contains("](reference.md)"), "docs/python.md leads to the reference");
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
