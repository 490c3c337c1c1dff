"""What there is for a Mac's first run does what it can without one."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "macos.yml"


def run(script, *arguments):
    """What a script prints."""
    command = [sys.executable, ROOT / "scripts" / script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_first_run_compares_every_case_under_every_lowering(tmp_path):
    text = run("first_run_on_a_mac.py", "--device", "cpu", "--out", tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert 'under "auto" 10 of 10 are right' in text
    assert len(report["cases"]) == 10
    for outcomes in report["cases"].values():
        assert list(outcomes) == ["auto", "cooperative", "asm", "asm-escaped", "air"]
        assert all(outcome["right"] for outcome in outcomes.values())
    assert report["doctor"]["enigma"]


def test_every_snapshot_of_metal_source_is_compiled_as_its_language():
    lines = run("compile_snapshots.py", "--list").splitlines()[:-1]
    snapshots = ROOT / "crates" / "enigma-msl" / "tests" / "snapshots"
    assert {Path(line.split()[-1]).name for line in lines} >= {
        path.name for path in snapshots.glob("emitted__*")
    }
    assert {line.split()[0] for line in lines} <= {"metal3.0", "metal3.1", "metal3.2", "metal4.0"}


def test_what_the_workflow_names_is_there():
    text = WORKFLOW.read_text()
    named = re.findall(r"(?:scripts|tests|examples)/[\w/]+\.(?:py|sh)", text)
    assert len(named) > 8
    assert all((ROOT / path).exists() for path in named)
    assert all((ROOT / "crates" / crate).exists() for crate in re.findall(r"-p (enigma[\w-]*)", text))
