"""Kernels: what `@enigma.kernel` makes of a function, and how it is compiled."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from . import _core, _source
from ._boundary import boundary, shown
from ._rewrite import rewritten
from .errors import Diagnostic, findings
from .lowering import AsyncLowering, LinearCopy, Lowering, TargetOs
from .types import DType, Scalar

if TYPE_CHECKING:
    from .runtime import Shape

Make = TypeVar("Make", bound=Callable[[], Any])
# For each function constant by its index, its type and its number.
Constants = Mapping[int, tuple[str | type[DType], float]]


@dataclass(frozen=True)
class Sample:
    """A launch that is declared for a kernel; `Kernel.sample` makes it. ``make`` makes its arguments."""

    make: Callable[[], Any]
    grid: tuple[int, int, int]
    threads: tuple[int, int, int]

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments, made anew."""
        made = self.make()
        return tuple(made) if isinstance(made, tuple | list) else (made,)


class Kernel:
    """A function of the kernel language. `enigma.kernel` makes it; `enigma.compile` compiles it.

    ``kernel[grid, threads](*arguments)`` runs it on the default device: ``grid`` and ``threads`` count threads, each
    an int or a tuple of up to three. The first launch traces the kernel, later ones use what it made.

    Attributes:
        samples: the launches that were declared for it.
    """

    __name__: str
    __qualname__: str

    def __init__(self, function: FunctionType, namespace: dict[str, Any]) -> None:
        self._function = function
        self._parameters = _parameters(function, namespace)
        self._traced: _core.Compiled | None = None
        self.samples: list[Sample] = []
        functools.update_wrapper(self, function)

    def __call__(self, *args: object, **kwargs: object) -> None:
        raise _core.refusal_here(
            "invalid-kernel",
            f"the kernel `{self.__name__}` is called like a function",
            "called here",
            f"launch it with `{self.__name__}[grid, threads](...)`; what kernels share goes into a plain function",
        )

    @boundary
    def __getitem__(self, shape: tuple[Any, Any]) -> Callable[..., _core.Statistics]:
        from .runtime import launcher

        return launcher(self, shape)

    @boundary
    def sample(self, *, grid: Shape, threads: Shape) -> Callable[[Make], Make]:
        """Declares a launch, for ``enigma check`` to run: it stands above a function that returns the arguments::

            @double.sample(grid=1024, threads=256)
            def thousand():
                return np.arange(1000, dtype=np.float32), np.zeros(1000, np.float32)

        A kernel may have several.
        """
        from .runtime import extent

        shape = extent("grid", grid), extent("threads", threads)

        def declare(make: Make) -> Make:
            self.samples.append(Sample(make, *shape))
            return make

        return declare

    def __repr__(self) -> str:
        return f"<enigma.kernel {self.__qualname__}>"

    @functools.cached_property
    def _body(self) -> FunctionType:
        """The function with its control flow rewritten."""
        return rewritten(self._function)

    @functools.cached_property
    def _places(self) -> tuple[str, str | None, tuple[int, int, int, int], list[tuple[int, int, int, int]]]:
        """File, text where it is not on disk, place of the name, places of the parameters."""
        code = self._function.__code__
        tree = _source.definition(self._function)
        lines = linecache.getlines(code.co_filename)
        name = _source.name_span(self._function, tree, lines)
        declared = {} if tree is None else {arg.arg: _source.span(arg, lines) for arg in _arguments(tree)}
        places = [declared.get(parameter, name) for parameter, _, _ in self._parameters]
        return code.co_filename, _source.text_off_disk(code.co_filename), name, places

    def _trace(self) -> _core.Compiled:
        path, text, place, places = self._places
        parameters = [(*parameter, place) for parameter, place in zip(self._parameters, places, strict=True)]
        return _core.trace(self._body, self.__name__, path, text, place, parameters)

    def _ready(self, constants: Constants | None = None) -> _core.Compiled:
        if self._traced is None:
            self._traced = self._trace()
        return self._traced if constants is None else self._traced.specialise(constants)


def kernel(function: Callable[..., None]) -> Kernel:
    """Makes a kernel of a function.

    Each parameter is annotated with a dtype, for a device buffer of it, or with ``Scalar(dtype)``, for a number that is
    the same for the whole grid. A parameter with a default and no annotation is a Python constant of the kernel.

    Raises:
        EnigmaError: when a parameter has no such annotation.
    """
    if not isinstance(function, FunctionType):
        raise _core.refusal_here(
            "invalid-kernel", "`enigma.kernel` decorates functions", "used here", "write it above a `def`"
        )
    caller = sys._getframe(1)
    return Kernel(function, {**function.__globals__, **caller.f_locals})


def _arguments(tree: ast.FunctionDef | ast.Lambda) -> list[ast.arg]:
    args = tree.args
    starred = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *starred]


def _parameters(function: FunctionType, namespace: dict[str, Any]) -> list[tuple[str, type[DType], bool]]:
    """Name, dtype and whether it is a `Scalar`, for each parameter that is bound at a launch."""
    parameters: list[tuple[str, type[DType], bool]] = []
    wrong: dict[str, str] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = _evaluated(parameter.annotation, function, namespace)
        has_default = parameter.default is not parameter.empty
        if annotation is parameter.empty and has_default:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
            wrong[name] = "a kernel's parameters are passed by position, each under its own name"
        elif has_default:
            wrong[name] = "a buffer or a Scalar has no default value"
        elif isinstance(annotation, Scalar):
            parameters.append((name, annotation.dtype_class, True))
        elif isinstance(annotation, type) and issubclass(annotation, DType) and annotation is not DType:
            parameters.append((name, annotation, False))
        elif annotation is parameter.empty:
            wrong[name] = "it has no annotation"
        else:
            wrong[name] = f"its annotation is {shown(annotation)}"
    if wrong:
        raise _refused(function, wrong)
    return parameters


def _evaluated(annotation: object, function: FunctionType, namespace: dict[str, Any]) -> object:
    """An annotation that is a string, as under ``from __future__ import annotations``, as what it names."""
    if not isinstance(annotation, str):
        return annotation
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    closure = {}
    for name, cell in cells:
        try:
            closure[name] = cell.cell_contents
        except ValueError:
            continue
    try:
        return eval(annotation, {**namespace, **closure})
    except Exception:
        return annotation


def _refused(function: FunctionType, wrong: dict[str, str]) -> Exception:
    path = function.__code__.co_filename
    tree = _source.definition(function)
    lines = linecache.getlines(path)
    declared = {} if tree is None else {arg.arg: _source.span(arg, lines) for arg in _arguments(tree)}
    fallback = _source.name_span(function, tree, lines)
    findings = [
        (
            "invalid-kernel",
            f"the parameter `{name}` of the kernel `{function.__name__}` is no buffer and no Scalar: {why}",
            [(*declared.get(name, fallback), "this parameter")],
            [
                f"annotate it: `{name}: enigma.f32` for a buffer, `{name}: enigma.Scalar(enigma.u32)` for a number"
            ],
        )
        for name, why in wrong.items()
    ]
    return _core.refusal(path, _source.text_off_disk(path), findings)


class CompiledKernel:
    """A kernel that has been traced and verified, with its texts for the targets.

    Attributes:
        kernel_name: the name of the function.
        num_params: number of parameters.
        param_names: their names, in order.
        scalar_params: the names of those that are numbers.
        grid: the launch shape, when compiling fixed one; None for a kernel.
        block: threads of a threadgroup, when compiling fixed them; None for a kernel.
        metallib_path: where `compile` or `export_metallib` wrote the ``.metallib``; None as long as neither has.
    """

    metallib_path: Path | None = None
    grid: tuple[int, int, int] | None = None
    block: tuple[int, int, int] | None = None

    def __init__(self, core: _core.Compiled, emit_only: bool = False) -> None:
        self._core = core
        self._emit_only = emit_only

    @boundary
    def specialise(self, constants: Constants) -> CompiledKernel:
        """The kernel with numbers in the place of its function constants: ``{index: (type, number)}``. What depends on
        them alone is computed here, and branches that they decide are gone.

        Raises:
            EnigmaError: when they are not one number for each of the kernel's function constants; and for what they
                make wrong with the kernel.
        """
        return CompiledKernel(self._core.specialise(constants), self._emit_only)

    @property
    def kernel_name(self) -> str:
        return self._core.name

    @property
    def num_params(self) -> int:
        return len(self._core.parameters)

    @property
    def param_names(self) -> list[str]:
        return [name for name, *_ in self._core.parameters]

    @property
    def scalar_params(self) -> list[str]:
        return [name for name, _, is_scalar, _ in self._core.parameters if is_scalar]

    @functools.cached_property
    def metallib_bytes(self) -> bytes | None:
        """The kernel as a ``.metallib``, the library that Metal loads, made without Apple's compiler. None after
        ``emit_only``."""
        return None if self._emit_only else self._core.metallib()

    @property
    def has_metallib(self) -> bool:
        """Whether there is a ``.metallib``: there is, but after ``emit_only``."""
        return not self._emit_only

    @property
    def remarks(self) -> tuple[Diagnostic, ...]:
        """What the verifier noticed and does not refuse: warnings and advice."""
        return findings(self._core.remarks())

    @property
    def async_lowering(self) -> Lowering:
        """How asynchronous copies reach Apple's hardware, and why so."""
        return Lowering(*self._core.lowering())

    @functools.cached_property
    def metal_source(self) -> str:
        """The kernel in the Metal Shading Language."""
        return self._core.metal_source()

    @property
    def kernel_source(self) -> str:
        """The same as `metal_source`."""
        return self.metal_source

    @functools.cached_property
    def mlir_source(self) -> str:
        """The kernel as an MLIR module."""
        return self._core.mlir_source()

    @functools.cached_property
    def air_source(self) -> str:
        """The kernel as LLVM IR in the dialect of Metal, with typed pointers: LLVM 14 reads it."""
        return self._core.air_source()

    @boundary
    def source(self, target: str) -> str:
        """The kernel's text for a target: ``"msl"``, ``"mlir"`` or ``"air"``.

        Raises:
            EnigmaError: for any other target.
        """
        match target:
            case "msl":
                return self.metal_source
            case "mlir":
                return self.mlir_source
            case "air":
                return self.air_source
        raise _core.refusal_here(
            "invalid-operand",
            f"there is no text for the target {shown(target)}",
            "asked for here",
            'the targets are "msl", "mlir", "air"',
        )

    @boundary
    def export_metal(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Writes `metal_source` to a file, by default ``<kernel_name>.metal`` here, and returns its path."""
        target = Path(f"{self.kernel_name}.metal" if path is None else path)
        target.write_text(self.metal_source, encoding="utf-8")
        return target

    @boundary
    def export_metallib(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Writes the ``.metallib`` to a file, by default ``<kernel_name>.metallib`` here, and returns its path, which
        is `metallib_path` from then on. It is made for this, also after ``emit_only``."""
        target = Path(f"{self.kernel_name}.metallib" if path is None else path)
        target.write_bytes(self._core.metallib())
        self.metallib_path = target
        return target

    def __repr__(self) -> str:
        return f"<enigma.CompiledKernel {self.kernel_name}({', '.join(self.param_names)})>"


@boundary
def compile(
    fn: Kernel,
    *args: object,
    keep_metal_source: bool = False,
    dump_ir: bool = False,
    dump_mlir: bool = False,
    work_dir: str | os.PathLike[str] | None = None,
    vec_width: int = 0,
    constants: Constants | None = None,
    emit_only: bool | None = None,
    async_lowering: AsyncLowering = "auto",
    target_os: TargetOs | None = None,
    gpu_family: int | None = None,
    linear_copy: LinearCopy = "row",
    read_back: bool | None = None,
) -> CompiledKernel:
    """Traces a kernel, verifies it, and makes its texts.

    Args:
        fn: a function decorated with `enigma.kernel`.
        args: sample arguments; a kernel needs none, and they are not looked at.
        keep_metal_source: write the Metal source to ``<work_dir>/<kernel_name>.metal``.
        dump_ir: print the kernel representation.
        dump_mlir: print the MLIR module.
        work_dir: where files go; the working directory by default. Giving one keeps the Metal source and the
            ``.metallib``.
        vec_width: 2, 3 or 4: where a thread reads or writes so many consecutive elements one by one, it does so
            together. Results are the same. 0 and 1 leave each access as it is.
        constants: numbers for the function constants; see `CompiledKernel.specialise`.
        emit_only: make the texts and no ``.metallib``. ``ENIGMA_EMIT_ONLY=1`` in the environment says so too, where
            this is left out.
        async_lowering: how asynchronous copies reach Apple's hardware: ``"asm"`` (declarations bound by ``__asm``, for
            compilers up to macOS 15), ``"asm-escaped"`` (the same under an escaped label, for later ones), ``"air"`` (a
            ``.metallib`` made without Apple's compiler) or ``"cooperative"`` (the lanes copy). ``"auto"`` takes, on a
            Mac, the fastest that comes out right there; elsewhere what is usual for ``target_os``.
        target_os: the earliest system that is to take the kernel, ``"macos13"`` to ``"macos26"``. By default the one
            that runs here, or ``"macos15"`` where that is no macOS.
        gpu_family: the earliest Apple GPU family that is to run it, 7 (M1) to 10 (M5). By default the one that is here,
            or 7.
        linear_copy: what a 1D copy becomes: ``"row"``, one row of the hardware's 2D operation, or ``"1d"``, its own
            operation for it, about whose operands public sources disagree.
        read_back: whether each tile that is copied in is read afterwards, and a barrier follows, also where the kernel
            does neither. By default for families 7 and 8, which are reported to hang without.

    Raises:
        EnigmaError: with everything that is wrong with the kernel.
    """
    if not isinstance(fn, Kernel):
        raise _core.refusal_here(
            "invalid-kernel", f"`enigma.compile` compiles kernels, not {type(fn).__name__}", "called here",
            "decorate the function with `@enigma.kernel`",
        )  # fmt: skip
    if not isinstance(vec_width, int) or vec_width not in range(5):
        raise _core.refusal_here(
            "invalid-operand", f"there are no accesses of vec_width={shown(vec_width)} elements",
            "asked for here",
            "ask for 2, 3 or 4; 0 and 1 leave each access as it is",
        )  # fmt: skip
    core = (
        fn._trace().emitted(async_lowering, target_os, gpu_family, linear_copy, read_back).widened(vec_width)
    )
    if constants is not None:
        core = core.specialise(constants)
    if emit_only is None:
        emit_only = os.environ.get("ENIGMA_EMIT_ONLY") == "1"
    compiled = CompiledKernel(core, emit_only)
    if dump_ir:
        print(compiled._core.ir())
    if dump_mlir:
        print(compiled.mlir_source)
    if keep_metal_source or work_dir is not None:
        directory = Path(work_dir or ".")
        directory.mkdir(parents=True, exist_ok=True)
        compiled.export_metal(directory / f"{compiled.kernel_name}.metal")
        if work_dir is not None and not emit_only:
            compiled.export_metallib(directory / f"{compiled.kernel_name}.metallib")
    return compiled


@boundary
def metallib(kernels: Iterable[CompiledKernel]) -> bytes:
    """Several kernels as one ``.metallib``, the library that Metal loads, for the latest of the systems that they were
    compiled for. Write it to a file, or hand it to Metal from memory; a kernel is found in it by its name.

    Raises:
        EnigmaError: for no kernels, and for two of one name.
    """
    return _core.metallib([_compiled(kernel) for kernel in kernels])


def _compiled(kernel: object) -> _core.Compiled:
    if isinstance(kernel, CompiledKernel):
        return kernel._core
    raise _core.refusal_here(
        "invalid-kernel", f"a library is made of compiled kernels, not of {type(kernel).__name__}", "called here",
        "compile it first, with `enigma.compile`",
    )  # fmt: skip
