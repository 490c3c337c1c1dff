#!/usr/bin/env python3
"""Compiles the Metal source in every snapshot by Apple's compiler, in the version that its first line names.

Run it on a Mac with Xcode: `python scripts/compile_snapshots.py`. What declares the hardware's copies by `__asm` may be
refused, as it is from Xcode 26 on; what does not must compile. `--list` only says what would be compiled.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LANGUAGE = re.compile(r"// language: (metal\d\.\d)\n")


def sources() -> Iterator[tuple[Path, str, str]]:
    """Each snapshot of Metal source: its path, its version of the language, its text."""
    for path in sorted(ROOT.glob("crates/*/tests/**/*.snap")):
        text = path.read_text(encoding="utf-8").split("\n---\n", 1)[-1]
        if found := LANGUAGE.match(text):
            yield path.relative_to(ROOT), found[1], text


def objection(language: str, text: str) -> str | None:
    """What the compiler objects to; None where it does not."""
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "kernel.metal"
        source.write_text(text, encoding="utf-8")
        options = [f"-std={language}", "-c", source, "-o", source.with_suffix(".air")]
        command = ["xcrun", "--sdk", "macosx", "metal", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.replace(directory, "") if done.returncode else None


def main() -> int:
    """Compiles all, and says what came of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="only say what would be compiled")
    options = parser.parse_args()
    broken = 0
    for path, language, text in sources():
        if options.list:
            print(f"{language}  {path}")
            continue
        refused = objection(language, text)
        # What declares the hardware's copies may be refused.
        wrong = refused is not None and "__asm(" not in text
        broken += wrong
        verdict = "compiles" if refused is None else "REFUSED" if wrong else "refused (__asm)"
        print(f"{language}  {verdict:<15}  {path}")
        if refused:
            print("  " + refused.strip().replace("\n", "\n  "))
    print(f"{broken} that must compile do not")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
