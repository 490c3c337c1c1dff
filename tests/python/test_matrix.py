"""The detection matrix: every fault is found, by its own rule and at its places, and no right kernel is blamed."""

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import enigma

sys.path.insert(0, str(Path(__file__).parents[1]))
from matrix import CASES, ORDERS, RULES, Case, check, false_alarm, objection

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_names_are_given_once():
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_every_rule_has_cases_and_the_page_has_them_all():
    assert {case.rule for case in CASES} == set(RULES)
    page = Path(__file__).parents[2].joinpath("docs", "detection.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[(\w+)\]\(\.\./tests/matrix", page, re.M) == [
        case.name for rule in RULES for case in CASES if case.rule == rule
    ]
    assert "missed" not in page


@every_case
def test_the_wrong_kernel_is_refused_when_traced_or_not(case: Case):
    try:
        enigma.compile(case.wrong)
    except enigma.EnigmaError:
        assert case.found == "trace"
    else:
        assert case.found == "run"


@every_case
@pytest.mark.parametrize("order", ["late", "all"])
def test_the_fault_is_found(case: Case, order: str):
    report = check(case, case.wrong, order)
    assert objection(case, report) is None, f"{objection(case, report)}\n{report}"
    assert (report.runs.count == 0) == (case.found == "trace")


@every_case
@pytest.mark.parametrize("order", ORDERS)
def test_the_right_kernel_is_right_in_every_order(case: Case, order: str):
    report = check(case, case.right, order)
    assert false_alarm(case, report) is None, f"{false_alarm(case, report)}\n{report}"
    assert report.runs.differing == ()


@every_case
def test_the_right_kernel_runs_unchecked(case: Case):
    arguments = case.bound()
    case.right[case.grid, case.threads](*arguments.values())
    np.testing.assert_array_equal(arguments["B"], case.result())
