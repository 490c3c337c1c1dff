"""The command ``enigma``: checks a program's launches, draws them, writes its kernels, explains rules, and examines the
machine."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.metadata
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import _core, _emit
from ._launches import Chosen, Merged
from ._program import Program, Unusable
from .errors import EnigmaError
from .report import colourful, counted, page
from .timeline import Timeline

DESCRIPTION = (
    "Checks a program's launches, draws them, writes its kernels, explains rules, and examines the machine."
)
USAGE = "%(prog)s file.py[::kernel] [options] [-- arguments of the program]"
LAUNCHES = (
    "Looks at the launches that are declared with `@kernel.sample(grid=, threads=)`, or else at those that the program"
    " makes when it is run; with ::kernel only at that kernel's."
)
EXIT_CODES = (
    "Exit code: 0 when nothing is wrong, 1 for errors (with -W for warnings too), 2 when nothing was found and the"
    " program fails or launches nothing."
)
MACHINE = (
    "Says which device and system there are, tries each way for asynchronous copies to reach Apple's hardware that was"
    " not tried here yet, and says which of them is taken and what to do about the others."
)
WELL = "Exit code: 0 when launches work, 1 when no way of asynchronous copies comes out right."


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says, and returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    parser = _parser()
    options = parser.parse_args(given[:end])
    if options.command is None:
        parser.print_help()
        return 2
    options.arguments = given[end + 1 :]
    try:
        return int(options.command(options))
    except Unusable as error:
        print(f"enigma: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="enigma", description=DESCRIPTION)
    version = importlib.metadata.version("enigma")
    parser.add_argument("--version", action="version", version=f"enigma {version}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    program = argparse.ArgumentParser(add_help=False)
    program.add_argument(
        "program", metavar="file.py[::kernel]", help="the program, and the kernel to look at"
    )
    program.add_argument(
        "--order", type=_order, default="late",
        help="when copies in flight move their elements: eager, late (the default), reverse, random:SEED, all, or"
        " choices:0.1.0",
    )  # fmt: skip

    check = commands.add_parser(
        "check", parents=[program], usage=USAGE, description=LAUNCHES, epilog=EXIT_CODES,
        help="check the launches of a program",
    )  # fmt: skip
    check.add_argument(
        "--json", action="store_true", help="print JSON; what the program prints goes to stderr"
    )
    check.add_argument("--html", type=Path, metavar="FILE", help="write the reports to a page as well")
    check.add_argument("-W", dest="strict", action="store_true", help="let warnings count as errors do")
    check.set_defaults(command=_check)

    timeline = commands.add_parser(
        "timeline", parents=[program], usage=USAGE, description=LAUNCHES, help="draw the course of a launch"
    )
    timeline.add_argument(
        "-o", dest="out", type=_drawing, required=True, metavar="FILE",
        help="where to: .html, .svg, or .json in the trace format of Perfetto and Chrome",
    )  # fmt: skip
    timeline.add_argument(
        "--launch", type=int, metavar="N",
        help="the Nth launch, from 1; without it the first with errors, or else the first",
    )  # fmt: skip
    timeline.set_defaults(command=_timeline)

    _emit.add_arguments(
        commands.add_parser("emit", description=_emit.DESCRIPTION, help="write kernels for a target")
    )

    doctor = commands.add_parser(
        "doctor",
        description=MACHINE,
        epilog=WELL,
        help="say what there is to run on, and what becomes of copies",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.add_argument("--fresh", action="store_true", help="try each way of asynchronous copies again")
    doctor.set_defaults(command=_doctor)

    explain = commands.add_parser("explain", help="explain a rule, or list the rules")
    explain.add_argument("rule", nargs="?")
    explain.set_defaults(command=_explain)
    return parser


def _order(text: str) -> str:
    try:
        _core.check_order(text)
    except EnigmaError as error:
        (refusal,) = error.diagnostics
        raise argparse.ArgumentTypeError(f"{refusal.message}; {refusal.help[0]}") from None
    return text


def _drawing(text: str) -> Path:
    path = Path(text)
    if path.suffix not in Timeline.FORMS:
        raise argparse.ArgumentTypeError(f"{text} ends in none of {', '.join(Timeline.FORMS)}")
    return path


def _written(write: Callable[[], object], path: Path) -> None:
    try:
        write()
    except OSError as error:
        raise Unusable(f"cannot write {path}: {error.strerror}") from error


def _check(options: argparse.Namespace) -> int:
    launches = Merged(Program(options.program, options.arguments), options.order)
    refusal = None
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        try:
            status = launches.run()
        except EnigmaError as error:
            refusal, status = error, 1
    _report_json(launches, refusal) if options.json else _report(launches, refusal)
    reports = [same.report for same in launches]
    if options.html is not None:
        _written(lambda: options.html.write_text(page(reports), encoding="utf-8"), options.html)
    wrong = any(report.errors or (options.strict and report.warnings) for report in reports)
    return 1 if wrong else status


def _report(launches: Merged, refusal: EnigmaError | None) -> None:
    for same in launches:
        same.report.show()
        print(f"the same in {same.launches:,} launches\n" if same.launches > 1 else "")
    if refusal is not None:
        print(refusal._coloured if colourful(sys.stdout) else refusal, end="\n\n")
    errors = sum(len(same.report.errors) for same in launches) + len(refusal.diagnostics if refusal else ())
    warnings = sum(len(same.report.warnings) for same in launches)
    checked = counted(launches.count, "launch", "launches")
    print(f"{checked} checked: {counted(errors, 'error')}, {counted(warnings, 'warning')}")


def _report_json(launches: Merged, refusal: EnigmaError | None) -> None:
    reports = [{**json.loads(same.report.to_json()), "launches": same.launches} for same in launches]
    if refusal is not None:
        reports.append({"ok": False, "findings": json.loads(refusal.to_json()), "launches": 0})
    print(json.dumps(reports))


def _timeline(options: argparse.Namespace) -> int:
    launches = Chosen(Program(options.program, options.arguments), options.order, options.launch)
    try:
        status = launches.run()
    except EnigmaError as error:
        print(error, file=sys.stderr)
        status = 1
    if launches.report is None:
        if status == 0:
            raise Unusable(f"there is no launch {options.launch}; the program makes {launches.count}")
        return status
    drawn = launches.report
    if not drawn.runs.count:
        drawn.show()
        return 1
    _written(lambda: drawn.timeline.save(options.out), options.out)
    print(f"{options.out}: {drawn.kernel_name}, grid {drawn.grid}, threads {drawn.threads}", file=sys.stderr)
    return status


def _doctor(options: argparse.Namespace) -> int:
    text, data, well = _core.examine(options.fresh)
    print(data if options.json else text, end="" if not options.json else "\n")
    return 0 if well else 1


def _explain(options: argparse.Namespace) -> int:
    rules = _core.rules()
    if options.rule is None:
        for name, severity, meaning in rules:
            print(f"{name:<21} {severity:<8} {meaning}")
        return 0
    text = _core.rule_page(options.rule)
    if text is None:
        near = difflib.get_close_matches(options.rule, [name for name, *_ in rules], n=1)
        hint = f"did you mean `{near[0]}`?" if near else "`enigma explain` lists the rules"
        raise Unusable(f"there is no rule `{options.rule}`; {hint}")
    print(text.strip())
    return 0
