"""The loops of a kernel's text: recorded, or run in Python.

See `_flow`, of which this is a part.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import _core, control
from ._core import Value
from ._exits import VALUE
from ._liveness import Needs
from ._variables import (
    ABSENT,
    Carried,
    Containers,
    Scope,
    Unusable,
    described,
    is_carried,
    is_usable,
    name_for_reading,
    subject,
)
from .language import metal_cast

MAX_UNROLLED = 10_000
_FLOATS = frozenset({"float", "half", "bfloat"})


class _Recorded:
    """A loop that the kernel runs; its body is traced once."""

    def __init__(self, needs: Needs, stops: tuple[str, ...], at_least_once: bool) -> None:
        self.needs = needs
        self.stops = stops
        self.at_least_once = at_least_once
        self.spot = _core.here()

    def carry(self, scope: Scope, containers: Containers, mutated: frozenset[str]) -> None:
        self.carried = Carried(self.needs.names, scope, containers, mutated)
        self.leaf_names = [name_for_reading(name) for name in self.carried.leaf_names]

    def show(self, leaves: list[Any], inside: bool) -> list[Any]:
        """The variables when the carried leaves are these. Inside the loop no flag is set that would have ended it."""
        shown = self.carried.show(leaves)
        if inside:
            shown.update(dict.fromkeys(self.stops, False))
        return [shown.get(name, self.defined_inside(name)) for name in self.needs.names]

    def defined_inside(self, name: str) -> Unusable | Any:
        if name == VALUE:
            return ABSENT
        return Unusable(
            f"{subject(name)} gets its value in this loop, which need not have run",
            [(self.spot, "the loop")],
            "give it a value before the loop",
        )

    def refuse(self, name: str, what: str) -> Exception:
        return _core.refusal_at(
            "invalid-kernel",
            f"{subject(name)} {what}, which a loop cannot carry",
            [(self.spot, "this loop")],
            "a loop carries numbers, values and events, and tuples and lists of them, that keep their kind: give what"
            " the body assigns a name of its own",
        )

    def end(self, loop: _core.Loop, scope: Scope, index: Value | None = None) -> list[Any]:
        """Closes the loop, whose next index is the last leaf if it carries one: what the variables are after it."""
        leaves = self.carried.leaves(scope, self.refuse)
        if index is not None:
            leaves[-1] = index
        made = [
            name for name in self.needs.names if name not in self.carried.shapes and is_usable(scope, name)
        ]
        made = [name for name in made if self.at_least_once or name == VALUE]
        trees = Carried(made, scope, Containers((), scope), frozenset())
        values = [leaf for leaf in trees.init if type(leaf) is Value]
        names = [name_for_reading(name) for name in trees.leaf_names]
        results = loop.end(leaves, values, names)
        shown = self.show(results[: len(leaves)], inside=False)
        left = iter(results[len(leaves) :])
        out = [next(left, None) if type(leaf) is Value else leaf for leaf in trees.init]
        last = trees.show(out) if all(leaf is not None for leaf in out) else {}
        return [last.get(name, held) for name, held in zip(self.needs.names, shown, strict=True)]


_Start = tuple[_core.Mark, dict[str, Any], Containers]


class repeat:
    """A ``while`` loop. It runs in Python as long as its condition is Python's; when the condition turns out to be a
    value, the iteration that made it so is taken back, and the loop is recorded from there."""

    def __init__(self, needs: Needs, stops: tuple[str, ...], at_least_once: bool) -> None:
        self.needs = needs
        self.recorded = _Recorded(needs, stops, at_least_once)
        self.recording = self.over = self.is_recorded = False
        self.start: _Start | None = None
        self.previous: _Start | None = None
        self.loop: _core.Loop | None = None

    def turn(self, scope: Scope) -> bool:
        """Begins an iteration; false after the one that was recorded."""
        if self.loop is not None:
            self.after = self.recorded.end(self.loop, scope)
            self.is_recorded = True
            return False
        if self.recording:
            self.open()
        elif _core.is_tracing():
            held = {name: scope[name] for name in self.needs.names if name in scope}
            self.previous = self.start
            self.start = _core.mark(), held, Containers(self.needs.read, scope)
        return True

    def open(self) -> None:
        assert self.start is not None
        _, scope, containers = self.start
        self.recorded.carry(scope, containers, self.needs.mutated)
        self.loop, leaves = _core.Loop.conditional(self.recorded.carried.init, self.recorded.leaf_names)
        self.shown = self.recorded.show(leaves, inside=False)

    def head(self) -> list[Any]:
        """The variables where the condition is computed."""
        return self.shown

    def ends(self, condition: Any) -> bool:
        """Whether to leave this iteration: the loop is over, or begins anew and is recorded."""
        if self.loop is not None:
            self.shown = self.recorded.show(self.loop.body(condition), inside=True)
            return False
        if type(condition) is not Value:
            self.over = not condition
            return self.over
        self.start = self.previous or self.start or (_core.mark(), {}, Containers((), {}))
        mark, _, containers = self.start
        mark.take_back()
        containers.restore()
        self.recording = True
        return True

    def body(self) -> list[Any]:
        """The variables in the body."""
        return self.shown

    def results(self) -> list[Any]:
        """The variables after the loop."""
        return self.after


class iterate:
    """A ``for`` loop: over `enigma.range`, or a ``range`` of values, it is recorded; else it is Python's."""

    def __init__(
        self,
        needs: Needs,
        stops: tuple[str, ...],
        targets: tuple[str, ...],
        function: Any,
        *arguments: Any,
        **keywords: Any,
    ) -> None:
        self.needs = needs
        self.stops = stops
        self.targets = targets
        counted = function is control.range or (
            function is builtins.range and any(type(argument) is Value for argument in arguments)
        )
        self.recorded = counted
        self.index: Any = None
        self.step: Any = None
        if not counted:
            self.iterator = iter(arguments[0] if function is None else function(*arguments, **keywords))
            self.unrolled = 0
            return
        self.bounds = _bounds(arguments, keywords)
        if len(targets) != 1:
            raise _core.refusal_at(
                "invalid-kernel",
                "a range gives one number",
                [(None, "this loop")],
                "write `for i in range(...)`",
            )
        self.ways = _Recorded(needs, stops, _runs_once(self.bounds))

    def open(self, scope: Scope) -> list[Any]:
        """Begins the loop: the variables in its body."""
        needs = self.needs
        self.ways.carry(scope, Containers(needs.read, scope), needs.mutated)
        init, names = self.ways.carried.init, self.ways.leaf_names
        if self.stops or type(self.bounds[2]) is Value:
            return self.open_conditional(init, names)
        self.loop, self.index, leaves = _core.Loop.counted(self.bounds, self.targets[0], init, names)
        return self.ways.show(leaves, inside=True)

    def open_conditional(self, init: list[Any], names: list[str]) -> list[Any]:
        """A loop that may be left, or whose direction is not known: it carries its own index, as the last leaf."""
        lo, hi, self.step = (_as_int(bound) for bound in self.bounds)
        init.append(metal_cast(lo, "int"))
        names.append(self.targets[0])
        self.loop, leaves = _core.Loop.conditional(init, names)
        held = dict(zip(self.needs.names, self.ways.show(leaves, inside=False), strict=True))
        going = _before(leaves[-1], hi, self.bounds[2], self.step)
        for flag in self.stops:
            going = going & _core.negation(held[flag])
        leaves = self.loop.body(going)
        self.index = leaves[-1]
        return self.ways.show(leaves, inside=True)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.index,)) if self.recorded else self.iterator

    def close(self, scope: Scope) -> None:
        """Ends the body."""
        following = None if self.step is None else self.index + self.step
        self.after = self.ways.end(self.loop, scope, following)

    def stopped(self, *flags: Any) -> bool:
        """Whether a loop of Python's own ends here."""
        for flag in flags:
            if type(flag) is not Value:
                if flag:
                    return True
                continue
            self.unrolled += 1
            if self.unrolled > MAX_UNROLLED:
                raise _core.refusal_at(
                    "invalid-kernel",
                    f"this loop was unrolled {MAX_UNROLLED} times, and whether it ends is known only when the kernel"
                    " runs",
                    [(None, "this loop")],
                    "loop over `enigma.range(n)`, which is recorded",
                )
        return False

    def results(self) -> list[Any]:
        """The variables after the loop."""
        return self.after


def _bounds(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any, Any]:
    match arguments:
        case (hi,) if not keywords:
            return 0, hi, 1
        case (lo, hi) if not keywords:
            return lo, hi, 1
        case (lo, hi, step) if not keywords:
            return lo, hi, step
    given = f"the keyword `{next(iter(keywords))}`" if keywords else f"{len(arguments)} of them"
    raise _core.refusal_at(
        "invalid-operand", f"a range takes one to three bounds by position, not {given}", [(None, "this loop")],
        "write `range(hi)`, `range(lo, hi)` or `range(lo, hi, step)`",
    )  # fmt: skip


def _runs_once(bounds: tuple[Any, Any, Any]) -> bool:
    """Whether a loop is known to run at all."""
    return all(type(bound) is int for bound in bounds) and bounds[2] != 0 and len(builtins.range(*bounds)) > 0


def _as_int(bound: Any) -> Any:
    """A bound, in the type that a range counts in; a number of Python's takes it by itself."""
    if type(bound) is Value:
        dtype = bound.dtype
        if dtype not in _FLOATS | {"bool"}:
            return bound if dtype == "int" else metal_cast(bound, "int")
    elif is_carried(bound) and not isinstance(bound, float | bool | np.floating):
        return bound
    raise _core.refusal_at(
        "invalid-operand", f"a range takes integers, not {described(bound)}", [(None, "this loop")],
        "convert it: `enigma.metal_cast(x, \"int\")`",
    )  # fmt: skip


def _before(index: Value, end: Any, step: Any, step_value: Any) -> Value:
    """Whether an index has not reached its end."""
    if type(step) is Value:
        either: Value = ((step_value > 0) & (index < end)) | ((step_value < 0) & (index > end))
        return either
    if step == 0:
        raise _core.refusal_at(
            "invalid-operand", "a range takes a step other than 0", [(None, "never ends")],
            "leave the step out to count in ones",
        )  # fmt: skip
    before: Value = index < end if step > 0 else index > end
    return before
