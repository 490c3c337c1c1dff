"""The examples of the documentation do what the pages say of them."""

import importlib.util
import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

import enigma

DOCS = Path(__file__).parents[2] / "docs"
RULES = (DOCS / "rules.md").read_text()
PYTHON = (DOCS / "python.md").read_text()
README = (DOCS.parent / "README.md").read_text()


def blocks(text):
    """The Python examples of a page, or of a part of it."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def loaded(source, tmp_path):
    """A module of that text, on disk, so that its kernels have their source."""
    path = tmp_path / "example.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HEAD = blocks(RULES)[0].replace("    ...\n", "")
SECTIONS = re.findall(r"\n### `([a-z-]+)`\n(.*?)(?=\n##|\Z)", RULES, re.DOTALL)
BODIES = {rule: blocks(text)[0] for rule, text in SECTIONS}
ADVICE = {"no-overlap", "late-wait-possible"}
WHOLE = {"foreign-value", "invalid-kernel"}
LAUNCHES = {"invalid-binding", "device-unavailable", "no-progress"}


@pytest.mark.parametrize("rule", sorted(BODIES.keys() - LAUNCHES))
def test_the_example_of_a_rule_breaks_it(rule, tmp_path):
    whole = (
        "import enigma\n" + BODIES[rule] if rule in WHOLE else HEAD + textwrap.indent(BODIES[rule], "    ")
    )
    if rule in ADVICE:
        remarks = json.loads(enigma.compile(loaded(whole, tmp_path).example)._core.remarks())
        assert rule in {remark["rule"] for remark in remarks}
        return
    with pytest.raises(enigma.EnigmaError) as raised:
        for kernel in vars(loaded(whole, tmp_path)).values():
            if isinstance(kernel, enigma.Kernel):
                enigma.compile(kernel)
    assert {finding.rule for finding in raised.value.diagnostics} == {rule}, str(raised.value)


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
