"""How a kernel's asynchronous copies reach Apple's hardware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AsyncLowering = Literal["auto", "asm", "asm-escaped", "cooperative", "air"]
TargetOs = Literal["macos13", "macos14", "macos15", "macos26"]
LinearCopy = Literal["1d", "row"]


@dataclass(frozen=True)
class Lowering:
    """The lowering that was taken for a kernel.

    Attributes:
        name: ``"asm"``, ``"asm-escaped"``, ``"cooperative"`` or ``"air"``.
        reason: why that one, in words.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"
