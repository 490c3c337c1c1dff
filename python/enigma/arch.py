"""Positions under the names of other dialects: each is a triple of which only x is set."""

from __future__ import annotations

from ._core import Value
from .language import thread_position_in_threadgroup, threadgroup_position_in_grid, threads_per_threadgroup


def thread_idx() -> tuple[Value, int, int]:
    """Position of the thread in its threadgroup, ``(x, 0, 0)``."""
    return thread_position_in_threadgroup("x"), 0, 0


def block_idx() -> tuple[Value, int, int]:
    """Position of the threadgroup in the grid, ``(x, 0, 0)``."""
    return threadgroup_position_in_grid("x"), 0, 0


def block_dim() -> tuple[Value, int, int]:
    """Threads of the threadgroup, ``(x, 0, 0)``."""
    return threads_per_threadgroup("x"), 0, 0
