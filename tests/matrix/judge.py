"""Whether a report says of a case what there is to say."""

import numpy as np

import enigma

from .case import Case

ORDERS = ["eager", "late", "reverse", "random:1", "all"]


def check(case: Case, kernel: enigma.Kernel, order: str) -> enigma.Report:
    """The report on either of a case's kernels."""
    return enigma.check(kernel, *case.bound().values(), grid=case.grid, threads=case.threads, order=order)


def objection(case: Case, report: enigma.Report) -> str | None:
    """What the report on the wrong kernel lacks: it has to name its rule and no other, at all of its places."""
    found = report.errors or report.warnings
    rules = {finding.rule for finding in found}
    if rules != {case.rule}:
        return f"names {', '.join(sorted(rules)) or 'nothing'} instead of {case.rule}"
    primary = {finding.labels[0].line for finding in found}
    if primary != {case.at}:
        return f"stands at lines {sorted(primary)} instead of {case.at}"
    missing = case.others - {label.line for finding in found for label in finding.labels}
    return f"does not name line {min(missing)}" if missing else None


def false_alarm(case: Case, report: enigma.Report) -> str | None:
    """What the report on the right kernel has too much, or what is wrong with the result."""
    alarms = [f for f in report.findings if f.severity == "error" or f.rule == case.rule]
    if alarms:
        return f"names {', '.join(sorted({f.rule for f in alarms}))}"
    result = dict(zip(case.bound(), report.arrays, strict=True))["B"]
    differing = np.flatnonzero(result != case.result())
    return f"leaves {result[differing[0]]} in B[{differing[0]}]" if len(differing) else None
