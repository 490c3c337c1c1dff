"""A user's program, run for the launches that it makes or declares."""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from .checking import Log, opened
from .errors import EnigmaError
from .kernel import CompiledKernel, Kernel
from .runtime import launch


class Unusable(Exception):
    """What the command line asks for cannot be had."""


class Program:
    """A file of Python, and the kernel in it that is of interest (None for all).

    Its launches are those that are declared with `Kernel.sample`, or else those that it makes when it is run as
    ``__main__``, with ``arguments`` as its command line.
    """

    def __init__(self, target: str, arguments: Sequence[str]) -> None:
        path, _, kernel = target.partition("::")
        if not path:
            raise Unusable(f"{target!r} names no program; give file.py, or file.py::kernel")
        self.path = path
        self.kernel = kernel or None
        self._arguments = arguments
        self._names: dict[str, Any] = {}
        try:
            self._source = Path(path).read_bytes()
        except OSError as error:
            raise Unusable(f"cannot read {path}: {error.strerror}") from None
        # Its text is to be had under this name even when the program goes to another directory.
        lines = self._source.decode(errors="replace").splitlines(keepends=True)
        linecache.cache[path] = (len(self._source), None, lines, path)

    @property
    def kernels(self) -> Mapping[str, Kernel]:
        """The kernels at the top of the file, by their variables."""
        return {name: value for name, value in self._names.items() if isinstance(value, Kernel)}

    def wants(self, kernel: Kernel | CompiledKernel) -> bool:
        """Whether a kernel is the one of interest: it is called so, or the variable of that name holds it."""
        if self.kernel is None:
            return True
        held = self.kernels.get(self.kernel)
        if isinstance(kernel, Kernel) and held is not None:
            return kernel is held
        name = kernel.kernel_name if isinstance(kernel, CompiledKernel) else kernel.__name__
        return name == (self.kernel if held is None else held.__name__)

    def run(self, log: Log) -> int:
        """Runs its launches, for the log to take up, and shows what it raises as Python would.

        Returns:
            0 when it ends well, 2 when it does not.

        Raises:
            EnigmaError: when that ends it.
        """
        try:
            self._launch(log)
        except SystemExit as end:
            return _status(end)
        except EnigmaError:
            raise
        except Exception as error:
            _show(error, self.path)
            return 2
        return 0

    def collect(self) -> list[Kernel]:
        """The kernels of interest at its top, each once, when it is loaded as a module is.

        Raises:
            Unusable: as `shown` does.
            EnigmaError: when that is what it raises.
        """
        with self.shown("loaded"), self._executed(ast.parse(self._source, self.path), "__kernels__"):
            return [kernel for kernel in dict.fromkeys(self.kernels.values()) if self.wants(kernel)]

    @contextmanager
    def shown(self, doing: str) -> Iterator[None]:
        """What its code raises inside is shown as Python would show it.

        Raises:
            Unusable: after that; ``doing`` says what could not be done to the program.
            EnigmaError: when that is what it raises.
        """
        try:
            yield
        except EnigmaError:
            raise
        except SystemExit as end:
            raise Unusable(f"{self.path} ends its program while it is {doing}") from end
        except Exception as error:
            _show(error, self.path)
            raise Unusable(f"{self.path} cannot be {doing}") from error

    def _launch(self, log: Log) -> None:
        tree = ast.parse(self._source, self.path)
        if any(map(_declares, ast.walk(tree))):
            with self._executed(tree, "__samples__"):
                kernels = [kernel for kernel in dict.fromkeys(self.kernels.values()) if self.wants(kernel)]
                samples = [(kernel, sample) for kernel in kernels for sample in kernel.samples]
                with opened(log):
                    for kernel, sample in samples:
                        launch(kernel, *sample.arguments, grid=sample.grid, threads=sample.threads)
                if samples:
                    return
        with opened(log), self._executed(tree, "__main__"):
            pass

    @contextmanager
    def _executed(self, tree: ast.Module, name: str) -> Iterator[None]:
        """Executes the file as a module of that name, which is there, with its directory and its command line, as long
        as the block."""
        module = ModuleType(name)
        module.__file__ = self.path
        self._names = vars(module)
        before = sys.modules.get(name), sys.argv, sys.path
        sys.modules[name] = module
        sys.argv = [self.path, *self._arguments]
        sys.path = [str(Path(self.path).resolve().parent), *sys.path]
        try:
            exec(compile(tree, self.path, "exec"), self._names)
            yield
        finally:
            previous, sys.argv, sys.path = before
            del sys.modules[name]
            if previous is not None:
                sys.modules[name] = previous


def _declares(node: ast.AST) -> bool:
    """Whether it is a function under ``@kernel.sample(...)``."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "sample"
        for call in node.decorator_list
    )


def _status(end: SystemExit) -> int:
    """0 for a program that ended well, 2 for one that did not, whose message is printed."""
    if end.code in (None, 0):
        return 0
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    else:
        print(f"enigma: the program ended with exit code {end.code}", file=sys.stderr)
    return 2


def _show(error: Exception, path: str) -> None:
    """Shows an exception as Python does at the end of a program, from the program's own frame on."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != path:
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame)
