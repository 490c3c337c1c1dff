"""Where the user's program calls the package: what its arguments make go wrong there is an `EnigmaError`."""

from __future__ import annotations

import functools
import reprlib
import sys
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from . import _core

P = ParamSpec("P")
R = TypeVar("R")

LIBRARIES = {"enigma", "numpy", "ml_dtypes", *sys.stdlib_module_names}

# What Python and NumPy raise about the arguments of a call.
_ABOUT_ARGUMENTS = (TypeError, ValueError, AttributeError, OverflowError, MemoryError)


def boundary(function: Callable[P, R]) -> Callable[P, R]:
    """Has a public function raise `EnigmaError`, at the caller's place, for arguments that it cannot work with.

    Errors of the caller's own code that runs in between, a kernel's or an array's, stay what they are.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except _ABOUT_ARGUMENTS as error:
            if not _is_of_the_package(error.__traceback__):
                raise
            message = f"`{function.__name__}` cannot take these arguments: {error}"
            refusal = _core.refusal_here(
                "invalid-operand", message, "in this call", f"see help(enigma.{function.__qualname__})"
            )
            raise refusal from error

    return called


def _is_of_the_package(traceback: TracebackType | None) -> bool:
    """Whether only code of this package, and of libraries that it calls, ran."""
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] not in LIBRARIES:
            return False
        traceback = traceback.tb_next
    return True


def shown(thing: object) -> str:
    """How a message shows what it was given, whatever that is."""
    try:
        return reprlib.repr(thing)
    except Exception:
        return f"a {type(thing).__name__}"
