"""Mutation: the checker objects to a wait or barrier less, or there is a reason why the kernel is still right."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutation import (
    HARMLESS,
    LEFT_OUT,
    PAGE,
    SURVIVED,
    Survivor,
    examples,
    judged,
    page,
    plain,
    rebuilt,
    traced,
    twins,
)

LAUNCHES = examples() + twins()


@pytest.fixture(scope="module")
def outcomes():
    return [outcome for launch in LAUNCHES for outcome in judged(launch)]


def named(outcome):
    mutant = outcome.mutant
    return f"{outcome.launch.name}:{mutant.line}, {mutant.spot.sync} {mutant.edit.words}"


def test_no_mutant_survives_without_a_reason(outcomes):
    assert [named(outcome) for outcome in outcomes if outcome.fate == SURVIVED] == []


def test_the_page_says_what_became_of_them(outcomes):
    assert PAGE.read_text(encoding="utf-8") == page(outcomes), "`make mutation` writes the page"


def test_every_wait_and_barrier_is_among_them(outcomes):
    """Every call in the text of a right kernel, as far as it is not in what only the wrong one does."""
    mutated = {(outcome.launch.source, outcome.mutant.line) for outcome in outcomes}
    for source in {launch.source for launch in LAUNCHES}:
        lines = PAGE.parents[1].joinpath(source).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if re.search(r"enigma\.(async_copy_wait|barrier|simd_barrier)\(", line):
                of_the_wrong = "if wrong:" in lines[number - 2]
                assert ((source, number) in mutated) != of_the_wrong, f"{source}:{number}"


@pytest.mark.parametrize("launch", LAUNCHES, ids=lambda launch: launch.name)
def test_a_kernel_without_a_change_is_the_same(launch):
    function = launch.kernel._function
    kernel, _ = rebuilt(function, plain(function))
    assert traced(kernel) == traced(launch.kernel)


def test_there_is_no_reason_for_what_is_no_longer_ordered(outcomes):
    """What the checker objects to would not pass for harmless if it did not."""
    unordered = [outcome for outcome in outcomes if outcome.why in ("data-race", "missing-barrier")]
    assert unordered
    for outcome in unordered:
        launch, mutant = outcome.launch, outcome.mutant
        survivor = Survivor(launch, mutant, mutant.kernel(), launch.check(launch.kernel, "late"))
        assert survivor.reason() is None, named(outcome)


def test_a_barrier_that_is_called_redundant_can_be_left_out(outcomes):
    """One at a time, as the advice says."""
    advised = {
        (launch.name, found.labels[0].line)
        for launch in LAUNCHES
        for found in launch.check(launch.kernel, "late").advice
        if found.rule == "redundant-barrier"
    }
    left_out = {
        (outcome.launch.name, outcome.mutant.line): outcome.fate
        for outcome in outcomes
        if outcome.mutant.edit.kind == LEFT_OUT
    }
    assert advised
    assert {place: left_out[place] for place in advised} == dict.fromkeys(advised, HARMLESS)
