"""The page about mutation, docs/mutation.md."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .judge import HARMLESS, NO_PROGRAM, REASONS, RUN, SURVIVED, TRACE, Outcome
from .mutants import KINDS, WAIT
from .programs import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"

TEXT = """\
# One wait or barrier less

A wait or a barrier of a right kernel is there for something, or the checker can say that it is not. So each of them, in
the [examples](../examples) and in the right twins of the [detection matrix](detection.md), is left out, moved by one
statement, or given other flags. Each such change makes a *mutant*, which is checked in the launch of the right kernel.
Either the checker objects, or there is a reason why the mutant is right, which is found out by a program and not by
looking at it. `make mutation` does all of this and writes this page; `tests/python/test_mutation.py` does it again, and
fails when a mutant survives without a reason.

## The score

| mutants | refused when traced | reported when run | harmless, for a reason | surviving without a reason |
| --- | --- | --- | --- | --- |
| {mutants} | {traced} | {run} | {harmless} | **{survived}** |

Each cell below is *refused when traced / reported when run / harmless*.

{figures}

* **left out**: the wait or barrier is deleted.
* **one event left out**: a wait that names several events names one less.
* **other flags**: a barrier gets each of the flags that it does not have: `mem_none`, `mem_threadgroup`, `mem_device`,
  `mem_device_and_threadgroup`.
* **moved up**, **moved down**: past the neighbouring statement; into it, if it is a loop or a branch; and out of the
  loop or the branch, from its edge. A wait that would come to stand before its copy is issued is not counted, since its
  event is no variable of the Python function yet; there are {no_programs} such moves.

The examples are run as

{commands}

## By which rule

The first error of each report.

{rules}

## Why the others are harmless

For each there is one of the following reasons. Besides, the results are those of the right kernel, bit for bit, under
`eager`, `late` and `all`: when copies land at once, when they land at their waits, and in every
[order](checker.md#completion-orders) that can be told apart.
"""

REASON = """
### {reason}

{words}

{places}
"""


def page(outcomes: list[Outcome]) -> str:
    """The page that tells of all mutants."""
    counted = [outcome for outcome in outcomes if outcome.fate != NO_PROGRAM]
    fates = Counter(outcome.fate for outcome in outcomes)
    commands = (" ".join(["python", f"examples/{file}", *options]) for file, *options in COMMANDS)
    text = TEXT.format(
        mutants=len(counted),
        traced=fates[TRACE],
        run=fates[RUN],
        harmless=fates[HARMLESS],
        survived=fates[SURVIVED] or "none",
        figures=_figures(counted),
        no_programs=fates[NO_PROGRAM],
        commands="\n".join(f"* `{command}`" for command in commands),
        rules=_rules(counted),
    )
    reasons = {reason: words for reason, (_, words) in REASONS.items()}
    return text + "".join(_reason(reason, words, counted) for reason, words in reasons.items())


def _figures(outcomes: list[Outcome]) -> str:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(_group(outcome), []).append(outcome)
    rows = [_row(name, group) for name, group in groups.items()]
    return _table(["", "waits", "barriers", *KINDS, "all"], [*rows, _row("**all**", outcomes)])


def _group(outcome: Outcome) -> str:
    """Each kernel of the examples has a row, and each file of the matrix."""
    launch = outcome.launch
    name = launch.name if launch.source.startswith("examples") else Path(launch.source).name
    return f"[{name}](../{launch.source})"


def _row(name: str, outcomes: list[Outcome]) -> list[object]:
    syncs = {(outcome.launch.name, outcome.mutant.number, outcome.mutant.spot.sync) for outcome in outcomes}
    waits = sum(sync == WAIT for *_, sync in syncs)
    of_kinds = [[outcome for outcome in outcomes if outcome.mutant.edit.kind == kind] for kind in KINDS]
    return [name, waits, len(syncs) - waits, *map(_cell, [*of_kinds, outcomes])]


def _cell(outcomes: list[Outcome]) -> str:
    fates = Counter(outcome.fate for outcome in outcomes)
    cell = f"{fates[TRACE]} / {fates[RUN]} / {fates[HARMLESS]}" if outcomes else ""
    return cell + f", **{fates[SURVIVED]} missed**" if fates[SURVIVED] else cell


def _rules(outcomes: list[Outcome]) -> str:
    found = Counter((outcome.why, outcome.fate) for outcome in outcomes if outcome.fate in (TRACE, RUN))
    rules = sorted({rule for rule, _ in found})
    rows = [[f"[`{rule}`](rules/{rule}.md)", found[rule, TRACE], found[rule, RUN]] for rule in rules]
    return _table(["rule", "when traced", "when run"], rows)


def _reason(reason: str, words: str, outcomes: list[Outcome]) -> str:
    places = [_line(outcome) for outcome in outcomes if (outcome.fate, outcome.why) == (HARMLESS, reason)]
    return REASON.format(reason=reason, words=words, places=_table(["place", "", "change"], places))


def _line(outcome: Outcome) -> list[object]:
    launch, mutant = outcome.launch, outcome.mutant
    place = f"[{launch.name}:{mutant.line}](../{launch.source})"
    return [place, f"`{mutant.spot.sync}`", mutant.edit.words.replace("|", "\\|")]


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
