"""A kernel's mutants: each wait and each barrier left out, moved by one statement, or given other flags, one at a time.

They are made on the syntax tree of the kernel's function and written out as source text of their own, which the kernel
language then reads as it reads any other.
"""

from __future__ import annotations

import ast
import copy
import itertools
import linecache
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType

import enigma
from enigma._source import definition

WAIT = "async_copy_wait"
BARRIERS = ("barrier", "simd_barrier")
FLAGS = ("mem_none", "mem_threadgroup", "mem_device", "mem_device_and_threadgroup")
DEFAULT_FLAGS = "mem_threadgroup"

# What is done to a wait or a barrier.
LEFT_OUT = "left out"
EVENT_LEFT_OUT = "one event left out"
OTHER_FLAGS = "other flags"
MOVED_UP = "moved up"
MOVED_DOWN = "moved down"
KINDS = (LEFT_OUT, EVENT_LEFT_OUT, OTHER_FLAGS, MOVED_UP, MOVED_DOWN)

# A statement that the checker reports if any thread comes to it.
TRIPWIRE = "enigma.register_tensor(1)[enigma.thread_index_in_simdgroup() + 1] = 0.0"

_numbers = itertools.count()


@dataclass(frozen=True)
class Spot:
    """A place in a list of statements; `outer` is that of the loop or branch whose statements these are."""

    block: list[ast.stmt]
    index: int
    outer: Spot | None = None

    @property
    def statement(self) -> ast.stmt:
        return self.block[self.index]

    @property
    def call(self) -> ast.Call:
        """The call of a wait or barrier."""
        statement = self.statement
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        return statement.value

    @property
    def sync(self) -> str | None:
        """Which wait or barrier stands here, if one does."""
        match self.statement:
            case ast.Expr(ast.Call(ast.Attribute(attr=name))) if name in (WAIT, *BARRIERS):
                return name
        return None

    @property
    def flags(self) -> str:
        """The flags of a barrier."""
        match self.call.args:
            case [ast.Constant(str(flags))]:
                return flags
        return DEFAULT_FLAGS

    def put(self, statement: ast.stmt) -> ast.stmt:
        """Puts a statement here, and gives back what stood here."""
        taken, self.block[self.index] = self.statement, ast.copy_location(statement, self.statement)
        return taken


@dataclass(frozen=True)
class Edit:
    """What is done to a wait or a barrier.

    `place` says for a move where it goes: a list of statements, and the index there. `crossed` is the statement that it
    goes past; none when it goes into a loop or a branch, or out of one.
    """

    kind: str
    words: str
    apply: Callable[[Spot], object]
    place: Callable[[Spot], tuple[list[ast.stmt], int]] | None = None
    crossed: ast.stmt | None = None


@dataclass(frozen=True)
class Mutant:
    """A kernel that differs from a right one in one wait or barrier."""

    function: FunctionType  # the right kernel's
    tree: ast.FunctionDef  # its definition
    number: int  # of the wait or barrier, among those of the kernel
    edit: Edit

    @property
    def spot(self) -> Spot:
        """The wait or barrier in the right kernel."""
        return list(spots(self.tree))[self.number]

    @property
    def line(self) -> int:
        """The line of the wait or barrier in its file."""
        return self.spot.statement.lineno

    @property
    def crosses_none(self) -> bool:
        """Whether it goes past no other wait or barrier."""
        crossed = self.edit.crossed
        return crossed is None or not any(_spots([crossed], None))

    def kernel(self) -> enigma.Kernel:
        return self._edited(self.edit.apply)[0]

    def edited_spot(self) -> Spot:
        """The wait or barrier in the mutant, where it has not moved."""
        return self._edited(self.edit.apply)[1][self.number]

    def left_out(self) -> enigma.Kernel:
        """The right kernel without the wait or barrier."""
        return self._edited(_leave_out)[0]

    def with_tripwire(self) -> enigma.Kernel:
        """The right kernel with a faulty statement instead of the wait or barrier."""
        return self._edited(lambda spot: spot.put(ast.parse(TRIPWIRE).body[0]))[0]

    def with_both(self) -> tuple[enigma.Kernel, int] | None:
        """Of a move that brings a barrier before or behind something else: the kernel with the barrier in both places,
        and the line of the one that did not move. A wait that moves down past a barrier is a barrier that moves up."""
        spot, place, kind = self.spot, self.edit.place, self.edit.kind
        if place is None:
            return None
        number = self.number
        if spot.sync == WAIT:
            beside = Spot(spot.block, spot.index + 1)
            if kind != MOVED_DOWN or beside.index == len(spot.block) or beside.sync not in BARRIERS:
                return None
            number, kind, place = number + 1, MOVED_UP, lambda spot: (spot.block, spot.index - 1)

        def insert(spot: Spot) -> None:
            block, index = place(spot)
            block.insert(index, copy.deepcopy(spot.statement))

        kernel, found = self._edited(insert, number)
        return kernel, found[number + (kind == MOVED_UP)].statement.lineno

    def _edited(
        self, apply: Callable[[Spot], object], number: int | None = None
    ) -> tuple[enigma.Kernel, list[Spot]]:
        tree = copy.deepcopy(self.tree)
        apply(list(spots(tree))[self.number if number is None else number])
        return rebuilt(self.function, tree)


def mutants(kernel: enigma.Kernel) -> list[Mutant]:
    """All mutants of a kernel, in the order of its lines."""
    function = kernel._function
    tree = plain(function)
    return [
        Mutant(function, tree, number, edit)
        for number, spot in enumerate(spots(tree))
        for edit in edits(spot)
    ]


def plain(function: FunctionType) -> ast.FunctionDef:
    """The definition of a function, without its decorators, without what its constant `wrong` rules out, and with each
    copy that is issued in the call of its wait on a line of its own."""
    tree = definition(function)
    assert tree is not None, f"there is no source for {function}"
    tree.decorator_list = []
    _Plain().visit(tree)
    return tree


def rebuilt(function: FunctionType, tree: ast.FunctionDef) -> tuple[enigma.Kernel, list[Spot]]:
    """The kernel of a changed definition, among the names that the function knows, and its waits and barriers."""
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    path = f"<mutant {next(_numbers)} of {function.__name__}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    names = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    exec(compile(text, path, "exec", dont_inherit=True), names)
    made = names[tree.name]
    made.__defaults__ = function.__defaults__
    [written] = ast.parse(text).body
    assert isinstance(written, ast.FunctionDef)
    return enigma.kernel(made), list(spots(written))


class _Plain(ast.NodeTransformer):
    """What `plain` does to a definition."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        wrong = _means_wrong(node.test)
        return node if wrong is None else node.orelse if wrong else node.body

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        wrong = _means_wrong(node.test)
        return node if wrong is None else node.orelse if wrong else node.body

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        match node.value:
            case ast.Call(ast.Attribute(attr="async_copy_wait"), [ast.Call() as issue]):
                node.value.args = [ast.Name("event", ast.Load())]
                return [ast.copy_location(ast.Assign([ast.Name("event", ast.Store())], issue), node), node]
        return self.generic_visit(node)


def _means_wrong(test: ast.expr) -> bool | None:
    """Whether a condition is that the kernel is the wrong one; None when it is about something else."""
    match test:
        case ast.Name("wrong"):
            return True
        case ast.UnaryOp(ast.Not(), ast.Name("wrong")):
            return False
    return None


def spots(tree: ast.FunctionDef) -> Iterator[Spot]:
    """The waits and barriers of a kernel."""
    return _spots(tree.body, None)


def _spots(block: list[ast.stmt], outer: Spot | None) -> Iterator[Spot]:
    for index, statement in enumerate(block):
        spot = Spot(block, index, outer)
        if spot.sync:
            yield spot
        for inner in bodies(statement):
            yield from _spots(inner, spot)


def bodies(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The lists of statements in a loop or a branch: of `with if_(...) as (then, otherwise)` both."""
    match statement:
        case ast.With(body=[ast.With([ast.withitem(ast.Name())]), *_] as branches):
            return [branch.body for branch in branches if isinstance(branch, ast.With)]
        case ast.With() | ast.For():
            return [statement.body]
    return []


def edits(spot: Spot) -> Iterator[Edit]:
    """All that is done to a wait or a barrier."""
    yield Edit(LEFT_OUT, LEFT_OUT, _leave_out)
    yield from _without_an_event(spot) if spot.sync == WAIT else _with_other_flags(spot)
    yield from _moves(spot, MOVED_UP, -1)
    yield from _moves(spot, MOVED_DOWN, +1)


def _leave_out(spot: Spot) -> ast.stmt:
    return spot.put(ast.Pass())


def _without_an_event(spot: Spot) -> Iterator[Edit]:
    events = spot.call.args
    if len(events) == 1:
        return
    for n, event in enumerate(events):
        yield Edit(
            EVENT_LEFT_OUT, f"`{ast.unparse(event)}` left out", lambda spot, n=n: spot.call.args.pop(n)
        )


def _with_other_flags(spot: Spot) -> Iterator[Edit]:
    for flags in FLAGS:
        if flags != spot.flags:
            words = f"`{flags}` instead of `{spot.flags}`"
            yield Edit(OTHER_FLAGS, words, lambda spot, flags=flags: _set_flags(spot, flags))


def _set_flags(spot: Spot, flags: str) -> None:
    spot.call.args = [ast.Constant(flags)]


def _moves(spot: Spot, kind: str, step: int) -> Iterator[Edit]:
    """Moves past the neighbour, and into it if it has a body; or out of the body that ends here."""
    beside = spot.index + step
    if 0 <= beside < len(spot.block):
        neighbour = spot.block[beside]
        yield _move(kind, "past", neighbour, lambda spot: (spot.block, beside + (step > 0)))
        for n in range(len(bodies(neighbour))):
            yield _move(kind, "into", neighbour, lambda spot, n=n: _edge_of(spot, beside, n, step))
    elif spot.outer is not None:
        yield _move(kind, "out of", spot.outer.statement, lambda spot: _beside_outer(spot, step))


def _edge_of(spot: Spot, beside: int, n: int, step: int) -> tuple[list[ast.stmt], int]:
    """The near edge of a neighbour's body."""
    body = bodies(spot.block[beside])[n]
    return body, 0 if step > 0 else len(body)


def _beside_outer(spot: Spot, step: int) -> tuple[list[ast.stmt], int]:
    assert spot.outer is not None
    return spot.outer.block, spot.outer.index + (step > 0)


def _move(kind: str, way: str, other: ast.stmt, place: Callable[[Spot], tuple[list[ast.stmt], int]]) -> Edit:
    def apply(spot: Spot) -> None:
        block, index = place(spot)
        block.insert(index, _leave_out(spot))

    head = textwrap.shorten(ast.unparse(other).splitlines()[0], 70, placeholder=" ...")
    return Edit(kind, f"{kind}, {way} `{head}`", apply, place, other if way == "past" else None)
