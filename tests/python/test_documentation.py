"""The examples of the documentation do what the pages say of them."""

import importlib.util
import json
import re

import numpy as np
import pytest

import enigma
from enigma import _core
from rule_pages import CHECKER, DOCS, MARK, Page, blocks, checked, shown

PYTHON = (DOCS / "python.md").read_text()
README = (DOCS.parent / "README.md").read_text()


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


def test_the_report_of_the_checker_page_is_the_one_that_is_rendered():
    text = CHECKER.read_text()
    assert blocks(text, "text")[0].rstrip() == checked(blocks(text)[0]).text, "`make pages` writes it"


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


@pytest.mark.parametrize("path", [DOCS.parent / "README.md", *DOCS.rglob("*.md")], ids=str)
def test_every_link_leads_somewhere(path):
    text = re.sub(r"```.*?```|`.*?`", "", path.read_text(), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        there = (path.parent / target) if target else path
        assert there.exists(), f"{target} in {path}"
        assert not anchor or anchor in anchors(there), f"#{anchor} in {path}"


def test_the_first_example_of_the_python_page_runs(tmp_path):
    module = loaded(blocks(PYTHON)[0], tmp_path)
    np.testing.assert_array_equal(module.b, module.a * 2)


def test_the_error_on_the_python_page_is_the_one_that_is_shown(tmp_path):
    source = (
        "import enigma\n\n\n@enigma.kernel\ndef example(A: enigma.f32, B: enigma.f32):\n"
        '    tile = enigma.threadgroup_alloc("float", 64)\n    lane = enigma.thread_index_in_simdgroup()\n'
        "    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)\n    B[lane] = tile[lane]\n"
        "    enigma.async_copy_wait(ev)\n"
    )
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(loaded(source, tmp_path).example)
    shown = str(raised.value).replace(str(tmp_path) + "/", "")
    assert shown.strip() in PYTHON, shown


def test_the_kernel_of_the_readme_runs(tmp_path, capsys):
    module = loaded(blocks(README)[0], tmp_path)
    np.testing.assert_array_equal(module.b, module.a)
    assert "kernel void tiled_load(" in capsys.readouterr().out


def test_the_readme_shows_the_error_as_it_is_rendered(tmp_path, monkeypatch):
    wait = "    enigma.async_copy_wait(ev)\n"
    late = "    B[lane] = tile[lane]\n"
    source = blocks(README)[0].replace(wait, "").replace(late, late + wait)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(enigma.EnigmaError) as raised:
        loaded(source, tmp_path)
    rendered = str(raised.value).replace(str(tmp_path / "example.py"), "tiled_load.py")
    assert rendered in README
