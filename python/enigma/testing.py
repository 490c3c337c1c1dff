"""What a test suite asks about the machine it runs on."""

from __future__ import annotations

import platform
import sys
import unittest
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import EnigmaError

Test = TypeVar("Test", bound=Callable[..., Any])


def is_darwin() -> bool:
    """Whether this is macOS."""
    return sys.platform == "darwin"


def is_apple_silicon() -> bool:
    """Whether this is macOS on an Apple processor."""
    return is_darwin() and platform.machine() == "arm64"


def is_metal_available() -> bool:
    """Whether a Metal device can be opened."""
    from .runtime import Runtime

    try:
        Runtime("metal")
    except EnigmaError:
        return False
    return True


def requires_metal(test: Test) -> Test:
    """Skips a test where no Metal device can be opened."""
    return unittest.skipUnless(is_metal_available(), "needs a Metal device")(test)


def requires_apple_silicon(test: Test) -> Test:
    """Skips a test on anything but macOS on an Apple processor."""
    return unittest.skipUnless(is_apple_silicon(), "needs Apple silicon")(test)


skip_if_no_metal = requires_metal
