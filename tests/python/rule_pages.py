"""The pages of the rules, docs/rules/: their examples, what a check says of them, and what follows from the program.

`python tests/python/rule_pages.py` (`make pages`) runs every example and writes the message that it gives into its
page, and what the rules say of themselves: the first lines of each page, and the table of the index. The messages that
other pages show are written as well.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import enigma
from enigma import _core, runtime

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "rules"
INDEX = RULES / "README.md"
CHECKER = DOCS / "checker.md"
PYTHON = DOCS / "python.md"
README = DOCS.parent / "README.md"
MARK = "# <--"


def blocks(text: str, language: str = "python") -> list[str]:
    """The examples of a page, or of a part of it."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


class Page:
    """The page of one rule."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.path = RULES / f"{rule}.md"
        self.text = self.path.read_text()

    def part(self, heading: str) -> str:
        """The text under a heading."""
        return self.text.split(f"\n## {heading}\n")[1].split("\n## ")[0]

    @property
    def example(self) -> str:
        return blocks(self.part("Example"))[0]

    @property
    def message(self) -> str:
        return blocks(self.part("Message"), "text")[0].rstrip("\n")

    @property
    def found(self) -> str:
        """When the rule is found, as the index says it: `trace, run`."""
        times = re.search(r"^\*\*\w+\*\*, found (.*)\.$", self.text, re.MULTILINE)[1]
        return ", ".join(time for time in ("trace", "launch", "run", "emit") if time in times)

    def variants(self, heading: str) -> list[str]:
        """The programs under a heading: the mends, or what is alike and right."""
        return [variant(self.example, block) for block in blocks(self.part(heading))]

    def rewritten(self, severity: str, meaning: str) -> str:
        """The page with its first lines and its message as the program has them."""
        _, text = self.text.split(", found ", 1)
        found, text = text.split(".\n", 1)
        _, text = text.split("\n\n", 1)
        head = f"# {self.rule}\n\n**{severity.capitalize()}**, found {found}.\n{meaning}\n\n"
        return head + showing(text, shown(self.rule, checked(self.example)))


def showing(text: str, message: str) -> str:
    """The text of a page with that message in the place of the one that it shows, if it shows one."""
    shown = r"```text\n((error|warning|advice)\[.*?)?```"
    return re.sub(shown, lambda _: f"```text\n{message}\n```", text, count=1, flags=re.DOTALL)


def variant(example: str, block: str) -> str:
    """The program that a block stands for: the block itself, or the example with another launch, or with another body
    below the first empty line of its kernel."""
    if "@enigma.kernel" in block:
        return block
    kernel, gap, launch = example.rpartition("\n\n\n")
    if re.match("(report|runtime|source) = ", block):
        return kernel + gap + block
    head, _ = kernel.split("\n\n", 1)
    return f"{head}\n\n{textwrap.indent(block, '    ')}{gap}{launch}"


@dataclass(frozen=True)
class Outcome:
    """What came of a program: its findings, and their text."""

    findings: tuple[Any, ...]
    text: str

    @property
    def grave(self) -> set[str]:
        """The rules of errors and warnings."""
        return {finding.rule for finding in self.findings if finding.severity != "advice"}


@contextlib.contextmanager
def few_steps() -> Iterator[None]:
    """Lets loops that do not end be stopped soon."""
    runtime.default_runtime.cache_clear()
    try:
        with mock.patch.dict(os.environ, ENIGMA_STEP_LIMIT="100000"):
            yield
    finally:
        runtime.default_runtime.cache_clear()


@functools.cache
def checked(program: str) -> Outcome:
    """Runs a program, after the lines that the index says every example begins with."""
    head: dict[str, Any] = {}
    exec(blocks(INDEX.read_text())[0], head)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "example.py"
        path.write_text(program)
        try:
            with few_steps(), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(program, path, "exec"), head)
            report = head.get("report")
            findings, text = (report.findings, str(report)) if report else ((), "")
        except enigma.EnigmaError as error:
            findings, text = error.diagnostics, str(error)
    return Outcome(tuple(findings), text.replace(f"{directory}/", "").rstrip())


def shown(rule: str, outcome: Outcome) -> str:
    """How the findings of a rule are rendered."""
    findings = [part for part in outcome.text.split("\n\n") if re.match(rf"\w+\[{rule}\]", part)]
    if not findings:
        raise ValueError(f"the example of {rule} does not break it:\n{outcome.text}")
    return "\n\n".join(findings)


def shown_elsewhere() -> dict[Path, str]:
    """The messages that pages show which are of no rule, by page."""
    kernel, wait, use = (
        blocks(README.read_text())[0],
        "    enigma.async_copy_wait(ev)\n",
        "    B[lane] = tile[lane]\n",
    )
    return {
        README: checked(kernel.replace(wait, "").replace(use, use + wait)).text.replace(
            "example.py", "tiled_load.py"
        ),
        PYTHON: shown("read-before-wait", checked(Page("read-before-wait").example)),
        CHECKER: checked(blocks(CHECKER.read_text())[0]).text,
    }


def first_text(path: Path) -> str:
    """The first message that a page shows."""
    return re.findall(r"```text\n(.*?)\n```", path.read_text(), re.DOTALL)[0]


def index(text: str, rules: list[tuple[str, str, str]]) -> str:
    """The index with its table as the program has it."""
    rows = [
        f"| [{rule}]({rule}.md) | {severity} | {Page(rule).found} | {meaning} |\n"
        for rule, severity, meaning in rules
    ]
    return re.sub(r"(?<=\|---\|\n)(\| .*\n)*", lambda _: "".join(rows), text, count=1)


def main() -> int:
    wrong = []
    for rule, severity, meaning in _core.rules():
        page = Page(rule)
        try:
            page.path.write_text(page.rewritten(severity, meaning))
        except ValueError as error:
            wrong.append(str(error))
    INDEX.write_text(index(INDEX.read_text(), _core.rules()))
    before = first_text(CHECKER)
    for path, message in shown_elsewhere().items():
        path.write_text(showing(path.read_text(), message))
    README.write_text(README.read_text().replace(before, first_text(CHECKER)))
    if wrong:
        print("\n\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
