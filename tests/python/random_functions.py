"""Random Python functions of small integers, with control flow of every kind in every place.

What they compute is defined by Python alone, so a kernel that calls one must give in each thread what Python gives for
that thread's numbers. Their loops end, and their numbers stay far from where an `int` of 32 bits would wrap.
"""

from __future__ import annotations

import random

VARIABLES = ["a", "b", "c", "d"]
LEAST_DEPTH, MOST_DEPTH = 2, 4


class Writer:
    """Writes one function."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.count = 0
        self.size = 0
        self.indices: list[str] = []

    def function(self) -> str:
        """The text of a function ``f(a, b, c, zero)``; ``zero`` is 0, of the type of the others."""
        self.line(0, "def f(a, b, c, zero):")
        self.line(1, "d = zero + 1")
        self.line(1, f"p = {self.random.randint(0, 3)}")
        self.block(1, self.random.randint(LEAST_DEPTH, MOST_DEPTH), loop=False)
        if self.random.random() < 0.8:
            self.line(1, f"return {self.number()}")
        else:
            self.line(1, "if a > b:")
            self.line(2, f"return {self.number()}")
            self.line(1, "else:")
            self.line(2, f"return {self.number()}")
        return "\n".join(self.lines) + "\n"

    def line(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def block(self, indent: int, depth: int, loop: bool) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.statement(indent, depth, loop)

    def statement(self, indent: int, depth: int, loop: bool) -> None:
        self.size += 1
        nested = depth > 0 and self.size < 40
        choices = ["assign"] * 5 + ["augment"] * 3 + ["swap"]
        choices += ["if"] * 6 + ["for"] * 3 + ["while"] * 3 + ["unroll"] * 2 if nested else []
        choices += ["break", "continue"] if loop and nested else []
        choices += ["return"] if nested else []
        getattr(self, f"write_{self.random.choice(choices)}")(indent, depth, loop)

    def write_assign(self, indent: int, depth: int, loop: bool) -> None:
        self.line(indent, f"{self.random.choice(VARIABLES)} = {self.number()}")

    def write_augment(self, indent: int, depth: int, loop: bool) -> None:
        name = self.random.choice(VARIABLES)
        self.line(indent, f"{name} += {self.number(1)}")
        self.line(indent, f"{name} = {name} & 255")

    def write_swap(self, indent: int, depth: int, loop: bool) -> None:
        one, other = self.random.sample(VARIABLES, 2)
        self.line(indent, f"{one}, {other} = {other}, {one}")

    def write_if(self, indent: int, depth: int, loop: bool) -> None:
        self.line(indent, f"if {self.condition()}:")
        self.block(indent + 1, depth - 1, loop)
        if self.random.random() < 0.3:
            self.line(indent, f"elif {self.condition()}:")
            self.block(indent + 1, depth - 1, loop)
        if self.random.random() < 0.5:
            self.line(indent, "else:")
            self.block(indent + 1, depth - 1, loop)

    def write_for(self, indent: int, depth: int, loop: bool) -> None:
        index = self.name("i")
        lo, step = self.random.choice([0, 0, 0, 2]), self.random.choice([1, 1, 1, 2, -1])
        hi = f"({self.number(1)} & 7)"
        bounds = f"{hi}, {lo}, -1" if step < 0 else f"{lo}, {hi}, {step}" if lo or step > 1 else hi
        self.line(indent, f"for {index} in range({bounds}):")
        self.loop_body(indent, depth, index)

    def write_unroll(self, indent: int, depth: int, loop: bool) -> None:
        index = self.name("k")
        self.line(indent, f"for {index} in range({self.random.randint(1, 3)}):")
        self.loop_body(indent, depth, index)

    def write_while(self, indent: int, depth: int, loop: bool) -> None:
        fuel = self.name("t")
        self.line(indent, f"{fuel} = zero + {self.random.randint(1, 6)}")
        form = self.random.random()
        if form < 0.3:
            self.line(indent, "while True:")
            self.line(indent + 1, f"if {fuel} <= 0:")
            self.line(indent + 2, "break")
        else:
            self.line(
                indent, f"while {fuel} > 0 and ({self.condition()}):" if form < 0.8 else f"while {fuel} > 0:"
            )
        self.line(indent + 1, f"{fuel} = {fuel} - 1")
        self.loop_body(indent, depth, None)

    def loop_body(self, indent: int, depth: int, index: str | None) -> None:
        self.indices += [index] if index else []
        self.block(indent + 1, depth - 1, loop=True)
        if index:
            self.indices.pop()
        if self.random.random() < 0.15:
            self.line(indent, "else:")
            self.block(indent + 1, depth - 1, loop=False)

    def write_break(self, indent: int, depth: int, loop: bool) -> None:
        self.leave(indent, "break")

    def write_continue(self, indent: int, depth: int, loop: bool) -> None:
        self.leave(indent, "continue")

    def write_return(self, indent: int, depth: int, loop: bool) -> None:
        self.leave(indent, f"return {self.number()}")

    def leave(self, indent: int, statement: str) -> None:
        """A statement that leaves, under a condition or, seldom, without one."""
        if self.random.random() < 0.85:
            self.line(indent, f"if {self.condition()}:")
            indent += 1
        self.line(indent, statement)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def number(self, depth: int = 2) -> str:
        """An expression of small numbers."""
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            return self.random.choice([*VARIABLES, *self.indices, f"(zero + {self.random.randint(0, 9)})"])
        if kind < 0.45:
            return f"({self.number(depth - 1)} if {self.condition(1)} else {self.number(depth - 1)})"
        if kind < 0.55:
            return f"(({self.number(depth - 1)} * {self.number(depth - 1)}) & 255)"
        return f"(({self.number(depth - 1)} {self.random.choice(['+', '-', '^'])} {self.number(depth - 1)}) & 255)"

    def condition(self, depth: int = 2) -> str:
        """A condition; over ``p`` it is Python's own."""
        kind = self.random.random()
        if depth == 0 or kind < 0.45:
            operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
            other = self.random.choice([self.number(0), str(self.random.randint(0, 40))])
            return f"{self.number(1)} {operator} {other}"
        if kind < 0.55:
            return f"p {self.random.choice(['<', '>', '=='])} {self.random.randint(0, 3)}"
        if kind < 0.65:
            return f"not ({self.condition(depth - 1)})"
        if kind < 0.75:
            return f"{self.number(0)} < {self.number(1)} <= {self.number(0)}"
        if kind < 0.8:
            return f"({self.number(0)} & 1)"
        return (
            f"({self.condition(depth - 1)}) {self.random.choice(['and', 'or'])} ({self.condition(depth - 1)})"
        )
