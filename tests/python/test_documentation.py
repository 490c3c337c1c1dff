"""The examples of the documentation do what the pages say of them."""

import importlib.util
import json
import re

import numpy as np
import pytest

from enigma import _core
from rule_pages import (
    CHECKER,
    DOCS,
    MARK,
    PYTHON,
    README,
    Page,
    blocks,
    checked,
    first_text,
    shown,
    shown_elsewhere,
)


def loaded(source, tmp_path):
    """A module of that text, on disk, so that its kernels have their source."""
    path = tmp_path / "example.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[rule for rule, *_ in _core.rules()])
def page(request):
    return Page(request.param)


def test_the_example_of_a_page_breaks_its_rule_where_it_says(page):
    outcome = checked(page.example)
    finding = next(finding for finding in outcome.findings if finding.rule == page.rule)
    lines = page.example.splitlines()
    assert not finding.labels or MARK not in page.example or MARK in lines[finding.labels[0].line - 1]
    named = {page.rule, *re.findall(r"\]\(([a-z-]+)\.md\)", page.text)}
    assert outcome.grave <= named, "the page speaks of everything that is wrong with its example"


def test_the_message_of_a_page_is_the_one_that_is_rendered(page):
    assert page.message == shown(page.rule, checked(page.example)), "`make pages` writes the messages"


@pytest.mark.parametrize("heading", ["Mend", "Alike, and right"])
def test_what_a_page_calls_right_is_clean(page, heading):
    for program in page.variants(heading):
        outcome = checked(program)
        assert not outcome.grave, outcome.text
        assert page.rule not in {finding.rule for finding in outcome.findings}, program


def test_the_repair_of_a_finding_mends_the_example_of_its_page():
    mended = set()
    for rule, *_ in _core.rules():
        example = Page(rule).example
        repairs = [found.repair for found in checked(example).findings if found.rule == rule and found.repair]
        for repair in repairs:
            outcome = checked(repair.apply(example))
            assert not outcome.grave, outcome.text
            mended.add(rule)
    assert {"never-waited", "read-before-wait", "write-before-wait", "missing-barrier", "data-race"} <= mended


@pytest.mark.parametrize("path", [README, PYTHON, CHECKER], ids=lambda path: path.name)
def test_a_page_shows_what_is_rendered(path):
    assert f"```text\n{shown_elsewhere()[path]}\n```" in path.read_text(), "`make pages` writes it"


def test_the_readme_shows_what_the_checker_page_shows():
    assert first_text(CHECKER) in README.read_text(), "`make pages` writes it"


def keys(data):
    """The names of all fields of a JSON value."""
    if isinstance(data, list):
        return set().union(*map(keys, data))
    return set(data).union(*map(keys, data.values())) if isinstance(data, dict) else set()


def test_the_checker_page_names_every_field_of_a_report(tmp_path):
    text = CHECKER.read_text()
    report = loaded(blocks(text)[0], tmp_path).report
    assert keys(json.loads(report.to_json())) <= set(re.findall(r"`([a-z_]+)`", text))


def anchors(path):
    """The headings of a page, as links name them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", [README, *DOCS.rglob("*.md")], ids=str)
def test_every_link_leads_somewhere(path):
    text = re.sub(r"```.*?```|`.*?`", "", path.read_text(), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        there = (path.parent / target) if target else path
        assert there.exists(), f"{target} in {path}"
        assert not anchor or anchor in anchors(there), f"#{anchor} in {path}"


def test_the_first_example_of_the_python_page_runs(tmp_path):
    module = loaded(blocks(PYTHON.read_text())[0], tmp_path)
    np.testing.assert_array_equal(module.b, module.a * 2)


def test_the_kernel_of_the_control_flow_section_runs(tmp_path):
    section = PYTHON.read_text().split("\n## Control flow\n")[1]
    module = loaded("import enigma\n" + blocks(section)[0], tmp_path)
    rows = np.array([[1, 5, 9], [0, 0, 0], [7, 7, 1]], np.float32)
    found = np.zeros(3, np.int32)
    module.first_above[3, 3](rows, found, 3, 4.0)
    assert found.tolist() == [1, -1, 0]


def test_the_kernel_of_the_readme_runs(tmp_path, capsys):
    module = loaded(blocks(README.read_text())[0], tmp_path)
    np.testing.assert_array_equal(module.b, module.a)
    assert "kernel void tiled_load(" in capsys.readouterr().out
