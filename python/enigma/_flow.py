"""What the control flow of a kernel's text is rewritten into.

Whether a condition is Python's or the kernel's is known when the line is reached. Over Python's own values each of
these does what Python does. Over values it records a branch or a loop, lets both sides or the body be traced once, and
joins the variables that they assign.
"""

from __future__ import annotations

from builtins import locals as locals
from typing import Any

from . import _core
from ._core import Branch, ForRange, If, Value, While
from ._liveness import Needs
from ._loops import iterate, repeat
from ._variables import (
    ABSENT,
    Containers,
    Meeting,
    Scope,
    Unusable,
    described,
    is_same,
    refill,
    subject,
)

__all__ = [
    "ABSENT", "block", "both", "branch", "choice", "defined", "either", "iterate", "locals", "negated", "plain",
    "repeat",
]  # fmt: skip


def defined(thing: Any) -> Any:
    """A variable that is read; refused when it has no value."""
    if type(thing) is Unusable:
        raise thing.refusal()
    return thing


def plain(thing: Any, what: str, help: str) -> Any:
    """Something that only Python can decide on."""
    if type(thing) is Value:
        raise _core.refusal_at(
            "invalid-kernel", f"{what} cannot depend on a value: it has no number while the kernel is traced",
            [(None, "a value")], help,
        )  # fmt: skip
    return thing


def negated(thing: Any) -> Any:
    """``not thing``."""
    return _core.negation(thing) if type(thing) is Value else not thing


class _Taken:
    """A condition of Python's own that holds."""

    traced = False
    then = True
    otherwise = False
    more = True

    def turn(self, then: Any) -> Any:
        return then

    def result(self, then: Any, otherwise: Any = None) -> Any:
        return then


class _NotTaken(_Taken):
    """A condition of Python's own that fails."""

    then = False
    otherwise = True

    def result(self, then: Any, otherwise: Any = None) -> Any:
        return otherwise


class _Decided(_Taken):
    """An `and` or `or` whose first operand is the result."""

    more = False

    def __init__(self, value: Any) -> None:
        self.value = value

    def result(self, then: Any, otherwise: Any = None) -> Any:
        return self.value


_TAKEN, _NOT_TAKEN = _Taken(), _NotTaken()


def branch(condition: Any) -> _Taken | _Branch:
    """The condition of an ``if`` statement."""
    if type(condition) is Value:
        return _Branch(condition)
    return _TAKEN if condition else _NOT_TAKEN


class _Branch:
    """An ``if`` over a value. Both sides are run, each from the variables as they were before."""

    traced = then = otherwise = True

    def __init__(self, condition: Value) -> None:
        self.meeting = Meeting(_core.here())
        self.fork = _core.Fork(condition)

    def begin(self, needs: Needs, scope: Scope) -> None:
        self.names, self.handed_on = needs.names, needs.after
        self.before = {name: scope[name] for name in needs.names if name in scope}
        self.containers = Containers(needs.read, scope)

    def turn(self, scope: Scope) -> list[Any]:
        """Ends the first side: the variables are again as they were."""
        self.after_then = {name: scope[name] for name in self.names if name in scope}
        self.contents = self.containers.contents()
        self.containers.restore()
        self.fork.otherwise()
        return [self.before[name] if name in self.before else _unbound(name) for name in self.names]

    def merge(self, scope: Scope) -> list[Any]:
        """Ends the second side: what the variables are from here on."""
        missing = {name: _unbound(name) for name in self.handed_on}
        ends = [
            self.meeting.meet(name, self.after_then.get(name, none), scope.get(name, none))
            for name, none in missing.items()
        ]
        items = [
            self.meeting.meet(name, then, container.copy())
            for (name, container, _), then in zip(self.containers, self.contents, strict=True)
        ]
        filled = self.meeting.join(self.fork, speculate=False)
        for (name, container, _), joined in zip(self.containers, items, strict=True):
            joined = filled(name, joined)
            if type(joined) is Unusable:
                raise joined.refusal("the branch ends here")
            refill(container, joined)
        return [filled(name, end) for name, end in zip(self.handed_on, ends, strict=True)]


def _unbound(name: str) -> Unusable:
    return Unusable(f"{subject(name)} has no value here", [], "give it a value before")


def choice(condition: Any, assigns: str | None = None) -> _Taken | _Choice:
    """The condition of ``a if condition else b``."""
    if type(condition) is Value:
        return _Choice(condition, assigns)
    return _TAKEN if condition else _NOT_TAKEN


class _Choice:
    """``a if condition else b`` over a value: both are computed, each on its own side."""

    then = otherwise = True

    def __init__(self, condition: Value, assigns: str | None) -> None:
        _no_assignment(assigns)
        self.meeting = Meeting(_core.here())
        self.fork = _core.Fork(condition)

    def turn(self, then: Any) -> Any:
        self.fork.otherwise()
        return then

    def result(self, then: Any, otherwise: Any) -> Any:
        return _joined(self, then, otherwise)


def _joined(self: _Choice | _Lazy, then: Any, otherwise: Any) -> Any:
    tree = self.meeting.meet("", then, otherwise)
    tree = self.meeting.join(self.fork, speculate=True)("", tree)
    if type(tree) is not Unusable:
        return tree
    raise _core.refusal_at(
        "invalid-kernel",
        f"a choice between {described(then)} and {described(otherwise)} has no type",
        [(None, "this choice"), (self.meeting.spot, "decided here, when the kernel runs")],
        "values and numbers of one kind can be chosen between: convert with `enigma.metal_cast`",
    )


def _no_assignment(assigns: str | None) -> None:
    if assigns is not None:
        raise _core.refusal_at(
            "invalid-kernel", f"`{assigns}` is assigned by `:=` in a part of an expression that some threads skip",
            [(None, "decided here, when the kernel runs")], "assign it in a statement of its own, before",
        )  # fmt: skip


def both(first: Any, assigns: str | None = None) -> _Taken | _Lazy:
    """``first and ...``."""
    if type(first) is Value:
        return _Lazy(first, assigns, conjunction=True)
    return _TAKEN if first else _Decided(first)


def either(first: Any, assigns: str | None = None) -> _Taken | _Lazy:
    """``first or ...``."""
    if type(first) is Value:
        return _Lazy(first, assigns, conjunction=False)
    return _Decided(first) if first else _TAKEN


class _Lazy:
    """``first and second`` or ``first or second`` over a value: the second is computed where it decides."""

    more = True

    def __init__(self, first: Value, assigns: str | None, conjunction: bool) -> None:
        _no_assignment(assigns)
        self.first = first
        self.conjunction = conjunction
        self.meeting = Meeting(_core.here())
        self.fork = _core.Fork(first)
        if not conjunction:
            self.fork.otherwise()

    def result(self, second: Any) -> Any:
        if self.conjunction:
            self.fork.otherwise()
            return _joined(self, second, self.first)
        return _joined(self, self.first, second)


class block:
    """A ``with`` block. Of `enigma.if_` and its like the body runs once, while tracing, whatever the condition: a
    variable that is assigned in it keeps no value that means anything afterwards."""

    def __init__(self, needs: Needs, scope: Scope) -> None:
        self.needs = needs
        self.before = {name: scope[name] for name in needs.names if name in scope}
        self.spot: _core.Spot | None = None
        self.what = ""
        self.repeats = False

    def enter(self, manager: Any) -> Any:
        """What is entered."""
        if isinstance(manager, If | While | ForRange | Branch):
            self.spot = self.spot or _core.here()
            self.what = _BLOCKS[type(manager)]
            self.repeats = self.repeats or isinstance(manager, While | ForRange)
        return manager

    @property
    def recorded(self) -> bool:
        return self.spot is not None

    def left(self, statement: str) -> None:
        """The block is left by `break`, `continue` or `return`."""
        if self.spot is not None:
            raise _core.refusal_at(
                "invalid-kernel",
                f"`{statement}` in a `with {self.what}` block happens while tracing, not when the kernel runs",
                [(None, "leaves the block"), (self.spot, "this block")],
                "write a plain `if`, `while` or `for` in its place: they are recorded, and may be left",
            )

    def leave(self, scope: Scope) -> list[Any]:
        """The variables after the block."""
        return [self.afterwards(name, scope.get(name, ABSENT)) for name in self.needs.names]

    def afterwards(self, name: str, after: Any) -> Any:
        before = self.before.get(name, ABSENT)
        if before is ABSENT or is_same(before, after):
            return after
        unusable = Unusable(
            f"`{name}` is assigned in a `with {self.what}` block, which happens once, while tracing, in any case",
            [(self.spot, "this block")],
            "write a plain `if`, `while` or `for`, which carry what they assign; or keep it in a register tensor",
        )
        if self.repeats and name in self.needs.again:
            raise unusable.refusal("the block ends here, and its next iteration reads the variable")
        return unusable


_BLOCKS = {If: "enigma.if_", Branch: "enigma.if_", While: "enigma.while_", ForRange: "enigma.for_range"}
