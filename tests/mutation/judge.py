"""Whether the checker objects to a mutant, and if it does not, why the mutant is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import enigma

from .mutants import LEFT_OUT, MOVED_DOWN, MOVED_UP, OTHER_FLAGS, WAIT, Mutant, mutants
from .programs import Launch

TRACE, RUN, HARMLESS, SURVIVED, NO_PROGRAM = "trace", "run", "harmless", "survived", "no program"

# What a barrier orders under its flags.
ORDERED = {
    "mem_none": set(),
    "mem_threadgroup": {"threadgroup"},
    "mem_device": {"device"},
    "mem_device_and_threadgroup": {"device", "threadgroup"},
}


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: `why` is the rule that it broke, or the reason for which it is right."""

    launch: Launch
    mutant: Mutant
    fate: str
    why: str = ""


@dataclass(frozen=True)
class Survivor:
    """A mutant without a finding, beside the kernel that it was made of."""

    launch: Launch
    mutant: Mutant
    kernel: enigma.Kernel  # the mutant's
    original: enigma.Report  # on the right kernel

    def reason(self) -> str | None:
        """The first of `REASONS` that holds."""
        return next((reason for reason, (holds, _) in REASONS.items() if holds(self)), None)

    @property
    def is_wait(self) -> bool:
        return self.mutant.spot.sync == WAIT

    def advises(self, rule: str) -> bool:
        """Whether the report on the right kernel has that advice for this wait or barrier."""
        return _advises(self.original, rule, self.mutant.line)

    def gives_the_same(self, order: str) -> bool:
        """Whether it runs without an error in that order, and leaves what the right kernel leaves."""
        report = self.launch.check(self.kernel, order)
        pairs = zip(self.original.arrays, report.arrays, strict=True)
        same = all(a is None or np.array_equal(a, b, equal_nan=True) for a, b in pairs)
        return report.ok and same and report.runs.exhaustive and not report.runs.differing


def judged(launch: Launch) -> list[Outcome]:
    """What becomes of the mutants of a kernel."""
    original = launch.check(launch.kernel, "late")
    original.raise_if_errors()
    return [_judged(launch, mutant, original) for mutant in mutants(launch.kernel)]


def _judged(launch: Launch, mutant: Mutant, original: enigma.Report) -> Outcome:
    kernel = mutant.kernel()
    try:
        report = launch.check(kernel, "late")
    except NameError:
        # Python's own objection to a wait that comes before what makes its event.
        assert mutant.spot.sync == WAIT and mutant.edit.kind == MOVED_UP
        return Outcome(launch, mutant, NO_PROGRAM)
    if report.errors:
        return Outcome(launch, mutant, RUN if report.runs.count else TRACE, report.errors[0].rule)
    survivor = Survivor(launch, mutant, kernel, original)
    if all(survivor.gives_the_same(order) for order in ("eager", "late", "all")):
        reason = survivor.reason()
        if reason is not None:
            return Outcome(launch, mutant, HARMLESS, reason)
    return Outcome(launch, mutant, SURVIVED)


def _advises(report: enigma.Report, rule: str, line: int) -> bool:
    return any(found.rule == rule and found.labels[0].line == line for found in report.advice)


def traced(kernel: enigma.Kernel) -> str:
    """The operations of a kernel, one to a line, without their places and whatever names their values have."""
    text = re.sub(r"(?m)^#loc.*\n|loc\(.*\)$", "", enigma.compile(kernel).source("mlir"))
    numbers: dict[str, int] = {}
    return re.sub(r"%\w+", lambda name: f"%{numbers.setdefault(name[0], len(numbers))}", text)


def _is_the_same_program(survivor: Survivor) -> bool:
    return traced(survivor.kernel) == traced(survivor.launch.kernel)


def _orders_more(survivor: Survivor) -> bool:
    mutant = survivor.mutant
    if mutant.edit.kind != OTHER_FLAGS:
        return False
    return ORDERED[mutant.spot.flags] <= ORDERED[mutant.edited_spot().flags]


def _is_redundant(survivor: Survivor) -> bool:
    if not survivor.advises("redundant-barrier"):
        return False
    return survivor.launch.check(survivor.mutant.left_out(), "late").ok


def _waits_earlier(survivor: Survivor) -> bool:
    return survivor.is_wait and survivor.mutant.edit.kind == MOVED_UP


def _new_place_does(survivor: Survivor) -> bool:
    both = survivor.mutant.with_both()
    if both is None:
        return False
    kernel, line = both
    return _advises(survivor.launch.check(kernel, "late"), "redundant-barrier", line)


def _meets_nothing(survivor: Survivor) -> bool:
    mutant = survivor.mutant
    return survivor.is_wait and mutant.edit.kind == MOVED_DOWN and mutant.crosses_none


def _is_not_reached(survivor: Survivor) -> bool:
    mutant = survivor.mutant
    return mutant.edit.kind == LEFT_OUT and survivor.launch.check(mutant.with_tripwire(), "late").ok


# Why a mutant without a finding is right: how that is found out, and what it means. The first that holds is given.
# Besides, whatever the reason, its results are those of the right kernel in every order.
REASONS: dict[str, tuple[Callable[[Survivor], bool], str]] = {
    "the same program": (
        _is_the_same_program,
        "What was changed is Python only: the traced kernel is the same, operation by operation.",
    ),
    "orders more": (
        _orders_more,
        "The new flags name all the memory that the old ones name.",
    ),
    "redundant-barrier": (
        _is_redundant,
        "The report on the right kernel advises that this barrier orders nothing that needs it; and indeed, without it "
        "there is no error.",
    ),
    "redundant-wait": (
        lambda survivor: survivor.advises("redundant-wait"),
        "The report on the right kernel advises that this wait waits for nothing: the copy is empty in this launch.",
    ),
    "waits earlier": (
        _waits_earlier,
        "The wait is still carried out once, and earlier. By the contract a wait orders its copy before what comes "
        "later, and nothing else; so it orders all that it ordered before.",
    ),
    "ordered in the new place": (
        _new_place_does,
        "With the barrier in both places, the report advises that the one in the old place is a `redundant-barrier`. "
        "A wait that moves down past a barrier counts as the barrier that moves up past it.",
    ),
    "meets nothing": (
        _meets_nothing,
        "The wait is still carried out once, moves past no other wait or barrier, and what it moves past neither sees "
        "the copy nor disturbs it: the results are the same whether the copy lands before that or after.",
    ),
    "not reached": (
        _is_not_reached,
        "In this launch no thread comes to the wait: a store out of bounds in its place is not reported.",
    ),
}
