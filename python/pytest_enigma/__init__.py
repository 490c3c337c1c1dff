"""The pytest plugin: checks the kernel launches of tests.

``@pytest.mark.enigma_check(order="late")`` has every launch of a test checked, those of its fixtures included;
``--enigma-check[=ORDER]`` has every launch of the suite checked. An error fails the test, with the checker's message.

It stands beside the package ``enigma`` and not in it: pytest imports its plugins in every run, and importing
``enigma`` costs NumPy. That happens when the first test is to be checked.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from enigma import Finding
    from enigma.checking import Log

CHECKED = "enigma_checked"
"""The attribute of a test's result that says what was checked; it may come from another process."""

LOG: pytest.StashKey[Log] = pytest.StashKey()
"""The log of a test while it runs."""

OPEN: pytest.StashKey[ExitStack] = pytest.StashKey()
"""What is to be left when the test ends."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("enigma").addoption(
        "--enigma-check",
        nargs="?",
        const="late",
        metavar="ORDER",
        type=_order,
        help="check every kernel launch; ORDER is late (the default), eager, reverse, random:SEED or all",
    )


def pytest_configure(config: pytest.Config) -> None:
    mark = 'enigma_check(order="late"): check every kernel launch of the test, in that completion order'
    config.addinivalue_line("markers", mark)
    config.pluginmanager.register(Totals(), "enigma-totals")


def _order(text: str) -> str:
    """Refuses what is no completion order, as the path in ``pytest --enigma-check tests``."""
    wrong = _wrong(text)
    if wrong is not None:
        remedy = "a path goes before the option, or after --enigma-check=late"
        raise argparse.ArgumentTypeError(f"{wrong}; {remedy}")
    return text


def _wrong(order: str) -> str | None:
    """Why something is no completion order; None if it is one."""
    from enigma import EnigmaError, _core

    try:
        _core.check_order(order)
    except EnigmaError as error:
        (refusal,) = error.diagnostics
        return f"{refusal.message}; {refusal.help[0]}"
    return None


def _order_for(item: pytest.Item) -> str | None:
    """The order in which the launches of a test are to be checked; None if they are not. A mark goes before the
    command line."""
    everywhere: str | None = item.config.getoption("--enigma-check")
    mark = item.get_closest_marker("enigma_check")
    if mark is None:
        return everywhere
    order: str = mark.kwargs.get("order") or everywhere or "late"
    wrong = "it takes order=ORDER alone" if mark.args or mark.kwargs.keys() - {"order"} else _wrong(order)
    if wrong is not None:
        pytest.fail(f"@pytest.mark.enigma_check: {wrong}", pytrace=False)
    return order


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    order = _order_for(item)
    if order is not None:
        from enigma import checking

        stack = ExitStack()
        item.stash[LOG] = stack.enter_context(checking(order))
        item.stash[OPEN] = stack
    yield


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    finally:
        if OPEN in item.stash:
            item.stash[OPEN].close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    result = yield
    log = item.stash.get(LOG, None)
    if log is not None:
        reports, log.reports = log.reports, []
        warnings = [_line(warning) for report in reports for warning in report.warnings]
        vars(result)[CHECKED] = {"launches": len(reports), "warnings": warnings}
        if call.excinfo is not None and not all(report.ok for report in reports):
            _show_finding(result, call.excinfo, item.config)
    return result


def _show_finding(
    result: pytest.TestReport, raised: pytest.ExceptionInfo[BaseException], config: pytest.Config
) -> None:
    """Shows what the checker says of a launch, and which launch it is, in the place of a traceback into ``enigma``."""
    from enigma import EnigmaError

    error = raised.value
    if result.failed and isinstance(error, EnigmaError):
        theirs = [entry for entry in raised.traceback if not _is_ours(entry.frame.f_globals)]
        place = f"{os.path.relpath(theirs[-1].path)}:{theirs[-1].lineno + 1}: this launch is wrong\n\n"
        message = error._coloured if config.get_terminal_writer().hasmarkup else str(error)
        result.longrepr = place + message


def _is_ours(names: Mapping[str, Any]) -> bool:
    """Whether these are the global names of a module of the package."""
    return str(names.get("__name__")).partition(".")[0] == "enigma"


def _line(finding: Finding) -> str:
    """A finding in one line."""
    place = finding.labels[0]
    return (
        f"{os.path.relpath(place.file)}:{place.line}: {finding.severity}[{finding.rule}]: {finding.message}"
    )


class Totals:
    """Counts what was checked, in this process or in others that tell it of their tests."""

    def __init__(self) -> None:
        self.launches = 0
        self.warnings = Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        checked = vars(report).get(CHECKED, {"launches": 0, "warnings": []})
        self.launches += checked["launches"]
        self.warnings.update(checked["warnings"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.launches == 0:
            return
        from enigma.report import counted

        terminalreporter.section("kernel launches checked")
        for warning, times in self.warnings.items():
            terminalreporter.line(warning + (f" ({times} times)" if times > 1 else ""), yellow=True)
        launches = counted(self.launches, "launch", "launches")
        terminalreporter.line(f"{launches} checked, {counted(self.warnings.total(), 'warning')}")
