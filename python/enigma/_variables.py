"""What variables hold at the ends of branches and loops over values, and what they hold afterwards.

A variable may hold a value, an event or a number, or tuples, lists and dicts of them: each such leaf is carried by the
kernel. Anything else (a tensor, a string, a function) is the program's own, and has to be the same on all ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from . import _core
from ._core import Event, RegisterTensor, Tensor, Value
from ._exits import VALUE

Scope = Mapping[str, Any]
Refuse = Callable[[str, str], Exception]


class _Absent:
    """What a variable holds that nobody will look at, as the result of a function that has not returned."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


class Unusable:
    """What a variable holds when it has no value that could be used: to read it is an error."""

    def __init__(self, message: str, labels: list[tuple[_core.Spot | None, str]], help: str) -> None:
        self.message = message
        self.labels = labels
        self.help = help

    def refusal(self, label: str = "read here") -> Exception:
        return _core.refusal_at("invalid-kernel", self.message, [(None, label), *self.labels], self.help)


def is_usable(scope: Scope, name: str) -> bool:
    """Whether a variable has a value at all."""
    return name in scope and type(scope[name]) is not Unusable and scope[name] is not ABSENT


def is_carried(leaf: object) -> bool:
    """Whether the kernel can carry this: a value, an event or a number."""
    return isinstance(leaf, Value | Event | int | float | np.generic)


def is_same(a: object, b: object) -> bool:
    """Whether two ends of a variable hold the same thing, which needs no choosing."""
    if a is b:
        return True
    if type(a) is not type(b) or not isinstance(a, int | float | str | bytes | np.generic):
        return False
    return bool(a == b) and repr(a) == repr(b)


def described(thing: object) -> str:
    """How a message calls what a variable holds."""
    match thing:
        case Unusable() | _Absent():
            return "nothing"
        case Tensor() | RegisterTensor():
            return f"the tensor `{thing.name}`"
        case Event():
            return "an event"
        case Value():
            try:
                return f"a value of type {thing.dtype}"
            except AttributeError:
                return "a value"
        case None | bool() | int() | float() | str():
            return repr(thing)
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def name_for_reading(name: str) -> str:
    """How messages and emitted text call a variable; flags of rewritten text have names of their own."""
    return name.removeprefix("_enigma_").rstrip("_0123456789") if name.startswith("_enigma_") else name


def subject(name: str) -> str:
    """The variable as the subject of a message."""
    return "what is returned" if name == VALUE else f"`{name}`"


def map_leaves(tree: Any, act: Callable[[Any], Any]) -> Any:
    """The same tuples, lists and dicts, with something else in the place of each leaf; the very same where nothing
    changes."""
    if not isinstance(tree, tuple | list | dict):
        return act(tree)
    made = map_items(tree, lambda item: map_leaves(item, act))
    return tree if _same_items(tree, made) else made


def map_items(items: Any, act: Callable[[Any], Any]) -> Any:
    """A tuple, list or dict with each of its items replaced."""
    if isinstance(items, dict):
        return {key: act(item) for key, item in items.items()}
    made = [act(item) for item in items]
    return (
        made if isinstance(items, list) else type(items)(*made) if hasattr(items, "_fields") else tuple(made)
    )


class Containers:
    """The lists and dicts that variables lead to, and what is in them at one moment."""

    def __init__(self, names: Iterable[str], scope: Scope) -> None:
        self.held: dict[int, tuple[str, Any, Any]] = {}
        for name in names:
            if name in scope:
                self._note(name, scope[name])

    def _note(self, name: str, thing: Any) -> None:
        if isinstance(thing, tuple):
            for item in thing:
                self._note(name, item)
        elif type(thing) in (list, dict) and id(thing) not in self.held:
            self.held[id(thing)] = name, thing, thing.copy()
            for item in thing.values() if type(thing) is dict else thing:
                self._note(name, item)

    def __iter__(self) -> Iterator[tuple[str, Any, Any]]:
        """Name, container and what was in it."""
        return iter(self.held.values())

    def restore(self) -> None:
        """Puts back what was in them."""
        for _, container, held in self:
            refill(container, held)

    def contents(self) -> list[Any]:
        """What is in them now."""
        return [container.copy() for _, container, _ in self]


def refill(container: Any, held: Any) -> None:
    """Makes a list or a dict hold this."""
    if type(container) is list:
        container[:] = held
    else:
        container.clear()
        container.update(held)


def _same_items(a: Any, b: Any) -> bool:
    if type(a) is dict:
        return list(a) == list(b) and all(a[key] is b[key] for key in a)
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))


class _Slot:
    """A leaf that the kernel will give."""

    def __init__(self, number: int) -> None:
        self.number = number


class Meeting:
    """Both ends of the variables of a branch, and what they are afterwards."""

    def __init__(self, spot: _core.Spot) -> None:
        self.spot = spot
        self.then: list[Any] = []
        self.otherwise: list[Any] = []
        self.names: list[str] = []

    def meet(self, name: str, then: Any, otherwise: Any) -> Any:
        """What a variable holds afterwards, with slots for the leaves that differ."""
        if is_same(then, otherwise):
            return then
        if then is ABSENT or otherwise is ABSENT:
            absent_first = then is ABSENT
            there = otherwise if absent_first else then
            return map_leaves(there, lambda leaf: self._only(name, leaf, absent_first))
        if type(then) is Unusable or type(otherwise) is Unusable:
            return self.one_sided(name, then, otherwise)
        if is_carried(then) and is_carried(otherwise):
            return self._slot(name, then, otherwise)
        if isinstance(then, tuple | list) and type(then) is type(otherwise) and len(then) == len(otherwise):
            items = [self.meet(name, a, b) for a, b in zip(then, otherwise, strict=True)]
            if unusable := next((item for item in items if type(item) is Unusable), None):
                return unusable
            return type(then)(*items) if hasattr(then, "_fields") else type(then)(items)
        if type(then) is dict and type(otherwise) is dict and list(then) == list(otherwise):
            return {key: self.meet(name, then[key], otherwise[key]) for key in then}
        return self.apart(name, described(then), described(otherwise))

    def _slot(self, name: str, then: Any, otherwise: Any) -> _Slot:
        self.then.append(then)
        self.otherwise.append(otherwise)
        self.names.append(name)
        return _Slot(len(self.names) - 1)

    def _only(self, name: str, leaf: Any, absent_first: bool) -> Any:
        if not isinstance(leaf, Value | Event):
            return leaf
        return self._slot(name, *((None, leaf) if absent_first else (leaf, None)))

    def one_sided(self, name: str, then: Any, otherwise: Any) -> Unusable:
        """A variable that only one side has given a value."""
        before = next(end for end in (then, otherwise) if type(end) is Unusable)
        if before.labels:
            return before
        return Unusable(
            f"{subject(name)} has a value only where this condition {'fails' if before is then else 'holds'}",
            [(self.spot, "decided here, when the kernel runs")],
            "give it a value before, or on both sides",
        )

    def apart(self, name: str, then: str, otherwise: str) -> Unusable:
        """A variable that holds different kinds of things on the two sides."""
        if name == VALUE:
            return Unusable(
                f"this function returns {otherwise} on some ways, and {then} on others",
                [],
                "let it return values of one kind on each way: whether it has returned is known only when the kernel"
                " runs",
            )
        return Unusable(
            f"{subject(name)} is {then} where this condition holds, and {otherwise} where it fails",
            [(self.spot, "decided here, when the kernel runs")],
            "values, events and numbers of one kind can be chosen between, and tuples and lists of them: convert with"
            " `enigma.metal_cast`, or use another variable",
        )

    def join(self, fork: _core.Fork, speculate: bool) -> Callable[[str, Any], Any]:
        """Closes the branch; returns what fills the slots."""
        names = [name_for_reading(name) for name in self.names]
        results = fork.join(self.then, self.otherwise, names, speculate)

        def filled(name: str, tree: Any) -> Any:
            apart: list[Unusable] = []

            def fill(leaf: Any) -> Any:
                if type(leaf) is not _Slot or leaf.number >= len(results):
                    return leaf
                result = results[leaf.number]
                if type(result) is tuple:
                    apart.append(self.apart(name, *result))
                return result

            tree = map_leaves(tree, fill)
            return apart[0] if apart else tree

        return filled


class Carried:
    """The variables that a recorded loop carries: the leaves of each, and what stays the same."""

    def __init__(
        self, names: Iterable[str], scope: Scope, containers: Containers, mutated: frozenset[str]
    ) -> None:
        self.init: list[Any] = []
        self.leaf_names: list[str] = []
        self.names = tuple(names)
        self.shapes = {name: self._slots(name, scope[name]) for name in self.names if is_usable(scope, name)}
        self.containers = containers
        self.contents = {
            id(container): self._shallow(name, held)
            for name, container, held in containers
            if name in mutated
        }

    def _slots(self, name: str, tree: Any) -> Any:
        return map_leaves(tree, lambda leaf: self._leaf(name, leaf))

    def _shallow(self, name: str, held: Any) -> Any:
        """The slots of a container's own items; the containers in it are carried for themselves."""
        return map_items(
            held, lambda item: item if isinstance(item, list | dict) else self._slots(name, item)
        )

    def _leaf(self, name: str, leaf: Any) -> Any:
        if not is_carried(leaf):
            return leaf
        self.init.append(leaf)
        self.leaf_names.append(name)
        return _Slot(len(self.init) - 1)

    def show(self, leaves: list[Any]) -> dict[str, Any]:
        """The variables when the carried leaves are these; containers are filled with theirs."""

        def fill(leaf: Any) -> Any:
            return leaves[leaf.number] if type(leaf) is _Slot and leaf.number < len(leaves) else leaf

        for _, container, _ in self.containers:
            if (items := self.contents.get(id(container))) is not None:
                refill(container, map_items(items, fill))
        return {name: map_leaves(shape, fill) for name, shape in self.shapes.items()}

    def leaves(self, scope: Scope, refuse: Refuse) -> list[Any]:
        """The leaves at the end of the body. `refuse` makes the exception for a variable that cannot go on."""
        leaves: list[Any] = [None] * len(self.init)
        for name, shape in self.shapes.items():
            end = scope.get(name)
            if type(end) is Unusable:
                raise end.refusal("handed on here to the next iteration")
            self._collect(name, shape, end, leaves, refuse)
        for name, container, held in self.containers:
            items = self.contents.get(id(container))
            if items is not None:
                self._collect_items(name, items, container, leaves, refuse)
            elif not _same_items(container, held):
                raise refuse(name, "is changed in the loop, in a way that its text does not show")
        return leaves

    def _collect(self, name: str, shape: Any, end: Any, leaves: list[Any], refuse: Refuse) -> None:
        """The leaves of a variable at the end of the body, whose shape it had at the beginning."""
        if type(shape) is _Slot:
            if not is_carried(end):
                raise refuse(name, f"becomes {described(end)}")
            leaves[shape.number] = end
        elif isinstance(shape, tuple | list | dict):
            self._collect_items(name, shape, end, leaves, refuse, deep=True)
        elif not is_same(shape, end):
            raise refuse(name, f"is {described(shape)} before the loop and becomes {described(end)}")

    def _collect_items(
        self, name: str, shape: Any, end: Any, leaves: list[Any], refuse: Refuse, deep: bool = False
    ) -> None:
        """The leaves of a tuple, list or dict; not `deep`, only its own items."""
        if type(shape) is not type(end):
            raise refuse(name, f"becomes {described(end)}")
        keys, end_keys = (
            (list(shape), list(end)) if type(shape) is dict else (range(len(shape)), range(len(end)))
        )
        if keys != end_keys:
            raise refuse(name, "changes its length")
        for key in keys:
            if deep or type(shape[key]) is _Slot:
                self._collect(name, shape[key], end[key], leaves, refuse)
