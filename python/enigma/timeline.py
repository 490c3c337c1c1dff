"""The course of a threadgroup, to be drawn."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from . import _core


class Timeline:
    """What one threadgroup did: its copies in flight, its waits and barriers, its work, and what went wrong.

    It is the first threadgroup, or the first in which something went wrong. ``report.timeline`` has it; a notebook
    shows it by itself.
    """

    def __init__(self, report: _core.Report) -> None:
        self._report = report

    def to_html(self) -> str:
        """A page that needs nothing else."""
        return self._report.timeline_html()

    def to_svg(self) -> str:
        """A drawing."""
        return self._report.timeline_svg()

    def to_trace(self) -> str:
        """JSON in the trace format that Perfetto and Chrome open."""
        return self._report.timeline_trace()

    FORMS: ClassVar[dict[str, Callable[[Timeline], str]]] = {
        ".html": to_html,
        ".svg": to_svg,
        ".json": to_trace,
    }
    """What `save` writes, by the suffix of the file."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes it to a file, in the form that the suffix names: ``.html``, ``.svg`` or ``.json`` (the trace format).

        Raises:
            EnigmaError: for another suffix.
        """
        target = Path(path)
        form = self.FORMS.get(target.suffix)
        if form is None:
            raise _core.refusal_here(
                "invalid-operand",
                f"a timeline cannot be saved as {target.name!r}",
                "in this call",
                f"end the name in {', '.join(self.FORMS)}",
            )
        target.write_text(form(self), encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        frame = '<iframe srcdoc="{}" style="width: 100%; height: 30em; border: 0"></iframe>'
        return frame.format(html.escape(self.to_html()))
