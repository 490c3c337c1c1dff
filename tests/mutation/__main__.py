"""Writes docs/mutation.md: `make mutation`."""

from . import PAGE, examples, judged, page, twins


def main() -> None:
    outcomes = [outcome for launch in examples() + twins() for outcome in judged(launch)]
    PAGE.write_text(page(outcomes), encoding="utf-8")
    print(f"wrote {PAGE}: {len(outcomes)} mutants")


main()
