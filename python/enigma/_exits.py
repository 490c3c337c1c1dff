"""Turns `break`, `continue` and `return` into assignments of flags, and what follows them into branches.

    while test:                      broken = False
        if a:                        while not broken and test:
            break                        if a:
        b                                    broken = True
                                         else:
                                             b

What is left are blocks with one entry and one exit, which a branch or a loop over values can be. Over Python's own
values the text means what it meant before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

RETURNED = "_enigma_returned"
VALUE = "_enigma_value"
BROKEN = "_enigma_broken_{}"
SKIPPED = "_enigma_skipped_{}"
BLOCK = "_enigma_block_{}"
RUNTIME = "_enigma"

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass
class Structured:
    """A body in which nothing leaves a block before its end; at most a last `return` remains.

    Attributes:
        body: its statements.
        stops: the flags that end a loop, for each loop that could be left.
        endless: the loops that only such a flag ends: they run at least once.
        blocks: what a `with` block is to be told under that could be left, by the variable of that name.
    """

    body: list[ast.stmt]
    stops: dict[ast.stmt, list[str]] = field(default_factory=dict)
    endless: set[ast.stmt] = field(default_factory=set)
    blocks: dict[ast.stmt, str] = field(default_factory=dict)


def without_exits(body: list[ast.stmt]) -> Structured:
    """The body of a function in which nothing leaves a block before its end."""
    made = Structured([])
    *before, last = body
    returns = [node for node in own_nodes(body) if isinstance(node, ast.Return)]
    only_last = returns == [last]
    if only_last or not returns:
        made.body = [*_Exits(made).block(before if only_last else body).body, *([last] if only_last else [])]
        return made
    gives = any(node.value is not None for node in returns)
    last_return = max(returns, key=lambda node: node.lineno)
    ended = _Exits(made, gives).block(body)
    first, end = body[0], last_return
    made.body = [assigned(RETURNED, ast.Constant(False), first)]
    if gives:
        made.body.append(assigned(VALUE, attribute("ABSENT"), first))
    made.body += ended.body
    if gives and not ended.always:
        made.body += guarded({RETURNED}, [assigned(VALUE, ast.Constant(None), end)], end)
    if gives:
        made.body.append(placed(ast.Return(ast.Name(VALUE, ast.Load())), end))
    return made


def own_nodes(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """All nodes that belong to the function itself, not to those defined in it."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


@dataclass
class _Ended:
    """A block without exits: the flags that say how it was left, and whether it always is."""

    body: list[ast.stmt]
    flags: set[str] = field(default_factory=set)
    always: bool = False


@dataclass
class _Loop:
    """A loop whose body is being gone through, and the `with` blocks in it that are open."""

    number: int
    blocks: int


class _Exits:
    def __init__(self, made: Structured, gives_value: bool = False) -> None:
        self.made = made
        self.sides: dict[ast.stmt, tuple[_Ended, _Ended]] = {}
        self.gives_value = gives_value
        self.count = 0
        self.loops: list[_Loop] = []
        self.blocks: list[str] = []

    def number(self) -> int:
        self.count += 1
        return self.count - 1

    def block(self, body: Sequence[ast.stmt]) -> _Ended:
        """A block; what follows a statement that may leave it goes into a branch."""
        ended = _Ended([])
        for n, node in enumerate(body):
            made = self.statement(node)
            ended.body += made.body
            ended.flags |= made.flags
            if made.always:
                ended.always = True
                return ended
            if made.flags and body[n + 1 :]:
                rest = self.block(body[n + 1 :])
                self.follow(made, rest, at=body[n + 1], ended=ended)
                return ended
        return ended

    def follow(self, made: _Ended, rest: _Ended, at: ast.stmt, ended: _Ended) -> None:
        """Lets a block follow a statement where that has not left: on its other side, if it is a branch of which one
        side always leaves."""
        ended.flags |= rest.flags
        ended.always = rest.always
        last = made.body[-1]
        then, otherwise = self.sides.get(last, (made, made))
        if isinstance(last, ast.If) and then.always:
            last.orelse += guarded(otherwise.flags, rest.body, at)
        elif isinstance(last, ast.If) and otherwise.always:
            last.body += guarded(then.flags, rest.body, at)
        else:
            ended.body += guarded(made.flags, rest.body, at)

    def statement(self, node: ast.stmt) -> _Ended:
        match node:
            case ast.Return():
                return self.returned(node)
            case ast.Break() if self.loops:
                return self.leave("break", BROKEN, node)
            case ast.Continue() if self.loops:
                return self.leave("continue", SKIPPED, node)
            case ast.If():
                then, otherwise = self.block(node.body), self.block(node.orelse)
                node.body, node.orelse = then.body, otherwise.body
                self.sides[node] = then, otherwise
                return _Ended([node], then.flags | otherwise.flags, then.always and otherwise.always)
            case ast.While() | ast.For():
                return self.loop(node)
            case ast.With():
                return self.with_block(node)
            case ast.Try():
                return self.attempt(node)
            case ast.Match():
                ends = [self.block(case.body) for case in node.cases]
                for case, end in zip(node.cases, ends, strict=True):
                    case.body = end.body
                return _Ended([node], set().union(*(end.flags for end in ends)))
        return _Ended([node])

    def returned(self, node: ast.Return) -> _Ended:
        made = self.left("return", self.blocks, node)
        if self.gives_value:
            made.append(assigned(VALUE, node.value or ast.Constant(None), node))
        made.append(assigned(RETURNED, ast.Constant(True), node))
        return _Ended(made, {RETURNED}, always=True)

    def leave(self, what: str, flag: str, node: ast.stmt) -> _Ended:
        loop = self.loops[-1]
        name = flag.format(loop.number)
        made = self.left(what, self.blocks[loop.blocks :], node)
        return _Ended([*made, assigned(name, ast.Constant(True), node)], {name}, always=True)

    def left(self, what: str, blocks: Sequence[str], node: ast.stmt) -> list[ast.stmt]:
        """Says to the `with` blocks that a statement leaves that it does."""
        calls = []
        for block in blocks:
            method = ast.Attribute(ast.Name(block, ast.Load()), "left", ast.Load())
            calls.append(placed(ast.Expr(ast.Call(method, [ast.Constant(what)], [])), node))
        return calls

    def loop(self, node: ast.While | ast.For) -> _Ended:
        if isinstance(node, ast.While) and not node.orelse and _assigns(node.test):
            # What the condition assigns is a variable of the body.
            test = placed(ast.If(ast.UnaryOp(ast.Not(), node.test), [ast.Break()], []), node.test)
            node.body = [test, *node.body]
            node.test = placed(ast.Constant(True), node.test)
        number = self.number()
        self.loops.append(_Loop(number, len(self.blocks)))
        body = self.block(node.body)
        self.loops.pop()
        broken, skipped = BROKEN.format(number), SKIPPED.format(number)
        before: list[ast.stmt] = []
        node.body = body.body
        if skipped in body.flags:
            node.body = [assigned(skipped, ast.Constant(False), node.body[0]), *node.body]
        if broken in body.flags:
            before.append(assigned(broken, ast.Constant(False), node))
        stops = body.flags - {skipped}
        if stops:
            self.made.stops[node] = sorted(stops)
        if stops and isinstance(node, ast.While):
            if isinstance(node.test, ast.Constant) and node.test.value:
                self.made.endless.add(node)
            node.test = placed(ast.BoolOp(ast.And(), [_none_of(stops), node.test]), node.test)
        elif stops:
            node.body = guarded(stops, node.body, node.body[0])
        orelse = self.block(node.orelse)
        node.orelse = []
        after = guarded(stops, orelse.body, node)
        return _Ended([*before, node, *after], (stops - {broken}) | orelse.flags)

    def with_block(self, node: ast.With) -> _Ended:
        name = BLOCK.format(self.number())
        self.blocks.append(name)
        body = self.block(node.body)
        self.blocks.pop()
        if body.flags:
            self.made.blocks[node] = name
        node.body = body.body
        return _Ended([node], body.flags)

    def attempt(self, node: ast.Try) -> _Ended:
        body, orelse, final = self.block(node.body), self.block(node.orelse), self.block(node.finalbody)
        flags = body.flags | orelse.flags | final.flags
        node.body, node.orelse, node.finalbody = body.body, orelse.body, final.body
        node.orelse = guarded(body.flags, node.orelse, node)
        for handler in node.handlers:
            handled = self.block(handler.body)
            handler.body = handled.body
            flags |= handled.flags
        return _Ended([node], flags)


def _assigns(test: ast.expr) -> bool:
    return any(isinstance(node, ast.NamedExpr) for node in own_nodes([test]))


def _none_of(flags: set[str]) -> ast.expr:
    names: list[ast.expr] = [ast.Name(flag, ast.Load()) for flag in sorted(flags)]
    return ast.UnaryOp(ast.Not(), names[0] if len(names) == 1 else ast.BoolOp(ast.Or(), names))


def guarded(flags: set[str], body: list[ast.stmt], at: ast.AST) -> list[ast.stmt]:
    """Runs statements where none of the flags is set."""
    return [placed(ast.If(_none_of(flags), body, []), at)] if flags and body else body


def attribute(name: str) -> ast.Attribute:
    """A name of the module that rewritten text calls."""
    return ast.Attribute(ast.Name(RUNTIME, ast.Load()), name, ast.Load())


def assigned(name: str, value: ast.expr, at: ast.AST) -> ast.stmt:
    """``name = value``."""
    made: ast.stmt = placed(ast.Assign([ast.Name(name, ast.Store())], value), at)
    return made


def placed(node: ast.stmt | ast.expr, at: ast.AST) -> Any:
    """Gives what was made here the place of a node of the user's; parts that have a place keep theirs."""
    waiting: list[ast.AST] = [node]
    while waiting:
        made = waiting.pop()
        if hasattr(made, "lineno"):
            continue
        if "lineno" in made._attributes:
            ast.copy_location(made, at)
            if isinstance(made, ast.Attribute):
                # The compiler places a call of a method at the end of the method's name, if that is on another line.
                made.end_lineno, made.end_col_offset = made.lineno, made.col_offset
        waiting.extend(ast.iter_child_nodes(made))
    return node
