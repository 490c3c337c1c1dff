"""Writes docs/detection.md: `make matrix`."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import enigma

from . import oclgrind
from .case import CASES, RULES, Case
from .judge import ORDERS, check, false_alarm, objection

PAGE = Path(__file__).parents[2] / "docs" / "detection.md"

INTRODUCTION = """\
# What the checker finds

{cases} small kernels, each with one fault, and beside each a *twin* that differs from it in one wait, barrier, extent,
place, event or atomic operation and is right. This page says of each whether the fault is found, and of each twin
whether it is left in peace. `make matrix` runs all of them and writes this page. The kernels are in
[tests/matrix](../tests/matrix), wrong and right in one function; `tests/python/test_matrix.py` fails when the checker
does otherwise than it says here. [mutation.md](mutation.md) turns to the twins: what the checker says when they lose a
wait or a barrier.

## In sum

{summary}

## How to read it

* **trace**: the compiler refuses the kernel, since the fault happens on every run that reaches it. `late` and `all`
  then report the same refusal, and nothing runs.
* **late**, **all**: `enigma.check` with that order reports the fault by its own rule.
* **places**: both reports name no other rule, have the line that is to blame as their primary place, and name every
  other line that has to do with it. Which lines these are is said in the kernels, by comments.
* **twin**: no error on the right kernel, and the right result, in each of the orders
  {orders}.
* **{version}**: what it says of the OpenCL form of the kernel: the kinds of its messages, whichever they are;
  *nothing* where it is silent; *hangs* where it had to be stopped after {seconds} s. It is run with
  `{options}`.
  It said {alarms} of the right twins.
* **no form**: in OpenCL a copy belongs to the whole work-group, so that simdgroups of one threadgroup cannot be at odds
  over it, and there are no simdgroup matrices, copies into registers, clipped tiles, events of single lanes, atomic
  additions of floats or orders of atomic operations; and of what is right and wasteful nothing is asked there. A 2D
  copy is written as one copy for each row. Where a simdgroup issues a copy of what its own lanes stored, the OpenCL
  form has a barrier more, since it needs one.
* **between**: who is at odds: lanes of one simdgroup, simdgroups of a threadgroup, or threadgroups of the grid.

## Case by case
"""

PARTIES = {"simdgroup": "lanes", "threadgroup": "simdgroups", "grid": "threadgroups"}


@dataclass(frozen=True)
class Row:
    """What was found of a case."""

    case: Case
    trace: bool
    late: bool
    all: bool
    places: str | None  # what is wrong with the reports
    twin: str | None  # what is wrong with the twin's reports
    oclgrind: str | None  # None where there is no OpenCL form
    oclgrind_twin: str | None


def names_rule(case: Case, report: enigma.Report) -> bool:
    return any(finding.rule == case.rule for finding in report.findings)


def measure(case: Case) -> Row:
    late, every = (check(case, case.wrong, order) for order in ("late", "all"))
    alarms = (false_alarm(case, check(case, case.right, order)) for order in ORDERS)
    has_form = case.name in oclgrind.forms()
    return Row(
        case,
        trace=late.runs.count == 0,
        late=names_rule(case, late),
        all=names_rule(case, every),
        places=objection(case, late) or objection(case, every),
        twin=next(filter(None, alarms), None),
        oclgrind=oclgrind.verdict(case, wrong=True) if has_form else None,
        oclgrind_twin=oclgrind.verdict(case, wrong=False) if has_form else None,
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def found(is_found: bool) -> str:
    return "found" if is_found else "**missed**"


def line(row: Row) -> list[str]:
    case = row.case
    source = Path(case.function.__code__.co_filename).name
    said = "no form" if row.oclgrind is None else row.oclgrind or "nothing"
    return [
        f"[{case.name}](../tests/matrix/{source})",
        ", ".join(case.copies) or "none",
        PARTIES[case.scope],
        "found" if row.trace else "",
        found(row.late),
        found(row.all),
        row.places or "right",
        row.twin or "right",
        said,
    ]


def summary(rule: str, rows: list[Row]) -> list[object]:
    forms = [row for row in rows if row.oclgrind is not None]
    return [
        rule,
        len(rows),
        sum(row.trace for row in rows),
        sum(row.late for row in rows),
        sum(row.all for row in rows),
        sum(row.places is None for row in rows),
        sum(row.twin is None for row in rows),
        f"{sum(bool(row.oclgrind) for row in forms)} of {len(forms)}" if forms else "no form",
    ]


def page(rows: list[Row]) -> str:
    version = oclgrind.version()
    by_rule = {rule: [row for row in rows if row.case.rule == rule] for rule in RULES}
    heads = [
        "",
        "wrong kernels",
        "at trace time",
        "under `late`",
        "under `all`",
        "no other, all places",
        "twins in peace",
        version,
    ]
    sums = [summary(f"[`{rule}`](rules/{rule}.md)", of_rule) for rule, of_rule in by_rule.items()]
    alarms = sum(bool(row.oclgrind_twin) for row in rows)
    text = INTRODUCTION.format(
        cases=len(rows),
        summary=table(heads, [*sums, summary("**all**", rows)]),
        orders=", ".join(f"`{order}`" for order in ORDERS),
        version=version,
        options=" ".join(oclgrind.OPTIONS),
        seconds=oclgrind.SECONDS,
        alarms=f"something of {alarms}" if alarms else "nothing of any",
    )
    heads = ["case", "copies", "between", "trace", "late", "all", "places", "twin", version]
    parts = [f"\n### `{rule}`\n\n{table(heads, map(line, of_rule))}\n" for rule, of_rule in by_rule.items()]
    return text + "".join(parts)


def main() -> None:
    with ThreadPoolExecutor() as workers:
        rows = list(workers.map(measure, CASES))
    PAGE.write_text(page(rows), encoding="utf-8")
    print(f"wrote {PAGE}: {len(rows)} cases")


main()
