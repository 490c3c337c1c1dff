"""Devices, and running kernels on them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Literal

import ml_dtypes
import numpy as np
import numpy.typing as npt

from . import _core
from ._boundary import boundary, shown
from ._core import DeviceCapabilities as DeviceCapabilities
from ._core import Statistics as Statistics
from .checking import logs
from .errors import EnigmaError
from .kernel import CompiledKernel, Constants, Kernel
from .report import Layout, Report
from .types import DType, dtype_class

Array = npt.NDArray[Any]
Device = Literal["auto", "metal", "cuda", "cpu"]
Shape = int | tuple[int] | tuple[int, int] | tuple[int, int, int]
Output = bytes | list[bytes] | list[Array]


class Runtime:
    """An open device.

    Args:
        device: ``"auto"`` takes Metal, then CUDA, then the CPU; ``"metal"``, ``"cuda"`` and ``"cpu"`` force one. With
            ``ENIGMA_DEVICE=cpu`` set, the CPU stands in for Metal.

    Raises:
        EnigmaError: when there is no such device here.
    """

    @boundary
    def __init__(self, device: Device = "auto") -> None:
        self._core = _core.Runtime(device)

    def device_capabilities(self) -> DeviceCapabilities:
        """What the device can do."""
        return self._core.capabilities()

    @boundary
    def launch(
        self,
        kernel: Kernel | CompiledKernel,
        *arguments: Any,
        grid: Shape,
        threads: Shape,
        constants: Constants | None = None,
    ) -> Statistics:
        """Runs a kernel on this device; see `enigma.launch`."""
        if logs and logs[-1].wants(kernel):
            return logs[-1].launch(self, _specialised(kernel, constants), arguments, grid, threads)
        core = _core_of(kernel, constants)
        return self._core.dispatch(core, extent("grid", grid), extent("threads", threads), arguments)

    @boundary
    def check(
        self,
        kernel: Kernel | CompiledKernel,
        *arguments: Any,
        grid: Shape,
        threads: Shape,
        order: str = "late",
        constants: Constants | None = None,
    ) -> Report:
        """Runs a kernel under the checker, on the CPU whichever device this is; see `enigma.check`."""
        shape = extent("grid", grid), extent("threads", threads)
        try:
            core = _core_of(kernel, constants)
        except EnigmaError as refusal:
            if not isinstance(kernel, Kernel) or constants is not None:
                raise
            return Report(_core.refused(refusal, kernel.__name__, *shape, order), kernel, [], self)
        report = self._core.check(core, *shape, arguments, order)
        held = [
            Layout(numpy_dtype(dtype_class(dtype)), np.shape(argument)) if is_written
            else None if is_scalar else argument
            for argument, (_, dtype, is_scalar, is_written) in zip(arguments, core.parameters, strict=True)
        ]  # fmt: skip
        return Report(report, kernel, held, self)

    @boundary
    def prepare(
        self,
        compiled: CompiledKernel,
        inputs: Sequence[Any],
        output_size: int | None = None,
        *,
        scalars: Sequence[float] | None = None,
        output_sizes: Sequence[int] | None = None,
        constants: Constants | None = None,
        output_shapes: Sequence[int | Sequence[int]] | None = None,
        output_dtypes: Sequence[Any] | None = None,
    ) -> PreparedKernel:
        """Makes a kernel ready to be dispatched again and again with the same buffers.

        Args:
            compiled: the kernel.
            inputs: arrays for the first buffer parameters, in order. They are copied: what the kernel writes to them is
                seen by the next dispatch, not by the caller.
            output_size: bytes of the one output.
            scalars: one number for each `Scalar` parameter, in order.
            output_sizes: bytes of each output.
            constants: numbers for the function constants; see `CompiledKernel.specialise`.
            output_shapes: the shape of each output.
            output_dtypes: the dtype of each output, where they are stated; they must be those of the parameters.

        Raises:
            EnigmaError: when these do not fit the kernel's parameters.
        """
        compiled = _specialised(_compiled(compiled), constants)
        outputs = _Outputs.read(
            compiled, len(inputs), output_size, output_sizes, output_shapes, output_dtypes
        )
        return PreparedKernel(
            self, compiled, [_copied(array) for array in inputs], outputs, () if scalars is None else scalars
        )

    @boundary
    def execute(
        self,
        compiled: CompiledKernel,
        inputs: Sequence[Any],
        output_size: int | None = None,
        grid: Shape = (1, 1, 1),
        threads: Shape = (1, 1, 1),
        *,
        scalars: Sequence[float] | None = None,
        output_sizes: Sequence[int] | None = None,
        constants: Constants | None = None,
        output_shapes: Sequence[int | Sequence[int]] | None = None,
        output_dtypes: Sequence[Any] | None = None,
    ) -> Output:
        """Dispatches a kernel once. Arguments are those of `prepare`, with the grid and the threadgroup in threads.
        Of the inputs only those that the kernel writes are copied.

        Returns:
            With ``output_size`` the bytes of the output; with ``output_sizes`` a list of them; with ``output_shapes`` a
            list of arrays. Outputs hold zeros before the kernel runs.

        Raises:
            EnigmaError: when the arguments do not fit the kernel's parameters, or the launch exceeds the device.
        """
        compiled = _specialised(_compiled(compiled), constants)
        outputs = _Outputs.read(
            compiled, len(inputs), output_size, output_sizes, output_shapes, output_dtypes
        )
        written = [is_written for *_, is_scalar, is_written in compiled._core.parameters if not is_scalar]
        held = [_copied(array) if copy else array for array, copy in zip(inputs, written, strict=False)]
        with PreparedKernel(self, compiled, held, outputs, () if scalars is None else scalars) as prepared:
            prepared.dispatch(grid, threads)
            return prepared.read_output()


class MetalRuntime(Runtime):
    """The Metal device; with ``ENIGMA_DEVICE=cpu`` set, the CPU stands in for it.

    Raises:
        EnigmaError: without a Metal device.
    """

    def __init__(self) -> None:
        super().__init__("metal")


class PreparedKernel:
    """A kernel with its buffers, made by `Runtime.prepare`. As a context manager it releases them at the end."""

    def __init__(
        self,
        runtime: Runtime,
        compiled: CompiledKernel,
        inputs: Sequence[Any],
        outputs: _Outputs,
        scalars: Sequence[float],
    ) -> None:
        self._runtime = runtime
        self._compiled = compiled
        self._outputs = outputs
        self._arguments: list[Any] | None = _interleaved(compiled, [*inputs, *outputs.arrays], scalars)

    @boundary
    def dispatch(self, grid: Shape, threads: Shape) -> Statistics:
        """Runs the kernel once, over ``grid`` threads in threadgroups of ``threads``."""
        if self._arguments is None:
            raise _misfit("this prepared kernel was released", "prepare it again")
        return self._runtime.launch(self._compiled, *self._arguments, grid=grid, threads=threads)

    @boundary
    def dispatch_timed(self, grid: Shape, threads: Shape) -> float:
        """As `dispatch`; returns how long it took in microseconds: of the GPU, or of the wall clock on the CPU."""
        start = time.perf_counter()
        gpu_time = self.dispatch(grid, threads).gpu_time_us
        return (time.perf_counter() - start) * 1e6 if gpu_time is None else gpu_time

    def read_output(self) -> Output:
        """The outputs as they are now, in the form that was asked for when the kernel was prepared."""
        if self._arguments is None:
            raise _misfit("this prepared kernel was released", "read its output before that")
        return self._outputs.read_out()

    def release(self) -> None:
        """Gives the buffers back; the kernel cannot be dispatched any more."""
        self._arguments = None
        self._outputs.arrays.clear()

    def __enter__(self) -> PreparedKernel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class _Outputs:
    """The buffers that follow the inputs, and the form they are returned in."""

    def __init__(self, arrays: list[Array], form: Callable[[list[Array]], Output]) -> None:
        self.arrays = arrays
        self._form = form

    def read_out(self) -> Output:
        return self._form(self.arrays)

    @classmethod
    def read(
        cls,
        compiled: CompiledKernel,
        inputs: int,
        size: int | None,
        sizes: Sequence[int] | None,
        shapes: Sequence[int | Sequence[int]] | None,
        dtypes: Sequence[Any] | None,
    ) -> _Outputs:
        """Reads what a caller of `prepare` says of the outputs."""
        buffers = [(name, dtype) for name, dtype, is_scalar, _ in compiled._core.parameters if not is_scalar]
        outputs = [(name, numpy_dtype(dtype_class(dtype))) for name, dtype in buffers[inputs:]]
        if sum(option is not None for option in (size, sizes, shapes)) > 1:
            raise _misfit(
                "the outputs are described twice", "give one of output_size, output_sizes and output_shapes"
            )
        in_bytes = [size] if size is not None else list(sizes or ())
        described = in_bytes if shapes is None else list(shapes)
        if inputs > len(buffers) or len(described) != len(outputs):
            names = ", ".join(name for name, _ in buffers)
            raise _misfit(
                f"the kernel `{compiled.kernel_name}` has {len(buffers)} buffers ({names}), and is given"
                f" {inputs} inputs and {len(described)} outputs",
                "inputs bind the first buffers and outputs the rest; describe the outputs by output_size (of one, in"
                " bytes), output_sizes (in bytes) or output_shapes",
            )
        _check_dtypes(outputs, dtypes)
        if shapes is not None:
            return cls(
                [np.zeros(shape, dtype) for shape, (_, dtype) in zip(shapes, outputs, strict=True)], list
            )
        arrays = [_of_bytes(name, dtype, n) for n, (name, dtype) in zip(in_bytes, outputs, strict=True)]
        if size is not None:
            return cls(arrays, lambda arrays: arrays[0].tobytes())
        return cls(arrays, lambda arrays: [array.tobytes() for array in arrays])


def _check_dtypes(outputs: list[tuple[str, np.dtype[Any]]], stated: Sequence[Any] | None) -> None:
    if stated is None:
        return
    for (name, dtype), given in zip(outputs, stated, strict=False):
        if np.dtype(given) != dtype:
            raise _misfit(
                f"`{name}` holds {dtype}, and output_dtypes says {np.dtype(given)}",
                "leave output_dtypes out, or state that",
            )
    if len(stated) != len(outputs):
        raise _misfit(
            f"there are {len(outputs)} outputs and {len(stated)} output_dtypes", "give one for each, or none"
        )


def _copied(array: Any) -> Any:
    """An array with the same elements in memory of its own; what is no array is left to the binding to refuse."""
    try:
        return np.array(array, copy=True, order="C")
    except Exception:
        return array


def _of_bytes(name: str, dtype: np.dtype[Any], size: int) -> Array:
    count, rest = divmod(size, dtype.itemsize)
    if rest or size < 0:
        raise _misfit(
            f"`{name}` holds {dtype}, and its size is given as {size} bytes",
            f"give a multiple of {dtype.itemsize}",
        )
    return np.zeros(count, dtype)


def _interleaved(compiled: CompiledKernel, buffers: list[Any], scalars: Sequence[float]) -> list[Any]:
    """Buffers and numbers in the order of the parameters."""
    wanted = len(compiled.scalar_params)
    if len(scalars) != wanted:
        raise _misfit(
            f"the kernel `{compiled.kernel_name}` takes {wanted} numbers, and is given {len(scalars)}",
            f"pass scalars=[{', '.join(compiled.scalar_params)}]" if wanted else "leave `scalars` out",
        )
    next_buffer, next_scalar = iter(buffers), iter(scalars)
    return [
        next(next_scalar if is_scalar else next_buffer) for _, _, is_scalar, _ in compiled._core.parameters
    ]


def numpy_dtype(dtype: type[DType]) -> np.dtype[Any]:
    """The NumPy dtype that holds an element type; ``bfloat`` is ``ml_dtypes.bfloat16``."""
    return np.dtype(ml_dtypes.bfloat16 if dtype._msl == "bfloat" else dtype._numpy)


def extent(what: str, shape: Shape) -> tuple[int, int, int]:
    """A grid or a threadgroup as three numbers of threads."""
    given = shape if isinstance(shape, tuple | list) else (shape,)
    try:
        numbers = [n.__index__() for n in given]
    except (AttributeError, TypeError):
        numbers = []
    if 1 <= len(numbers) <= 3 and all(0 <= n < 2**32 for n in numbers):
        x, y, z = [*numbers, 1, 1][:3]
        return x, y, z
    raise _misfit(
        f"`{what}` is {shown(shape)}",
        "give a number of threads, or a tuple of up to three, each from 0 to 4294967295",
    )


def _compiled(kernel: object) -> CompiledKernel:
    """The kernel that is to run, compiled where it is not."""
    if isinstance(kernel, CompiledKernel):
        return kernel
    if isinstance(kernel, Kernel):
        return CompiledKernel(kernel._ready())
    raise _misfit(
        f"a kernel is run, not {shown(kernel)}", "decorate the function with `@enigma.kernel`, and compile it"
    )


def _specialised(kernel: Any, constants: Constants | None) -> Any:
    """The kernel with numbers for its function constants, if any are given."""
    return kernel if constants is None else _compiled(kernel).specialise(constants)


def _core_of(kernel: Kernel | CompiledKernel, constants: Constants | None) -> _core.Compiled:
    """What is dispatched of a kernel."""
    if isinstance(kernel, Kernel):
        return kernel._ready(constants)
    core = _compiled(kernel)._core
    return core if constants is None else core.specialise(constants)


def _misfit(message: str, help: str) -> Exception:
    return _core.refusal_here("invalid-binding", message, "in this call", help)


def _opened(device: Device | Runtime | None) -> Runtime:
    """The device that a launch names."""
    if isinstance(device, Runtime):
        return device
    if device is None:
        return default_runtime()
    return default_runtime(device) if isinstance(device, str) else Runtime(device)


@functools.cache
def default_runtime(device: Device = "auto") -> Runtime:
    """The runtime that launches use when they name none."""
    return Runtime(device)


@boundary
def launch(
    fn: Kernel | CompiledKernel,
    *arguments: Any,
    grid: Shape,
    threads: Shape,
    device: Device | Runtime | None = None,
    constants: Constants | None = None,
) -> Statistics:
    """Runs a kernel, as ``fn[grid, threads](*arguments)`` does.

    Args:
        fn: the kernel. Its first launch traces it, later ones use what that made.
        arguments: one for each parameter, in order: for a buffer a C-contiguous NumPy array, or one of another library
            that speaks DLPack, which the kernel reads and writes in place; for a `Scalar` a number.
        grid: threads of the grid, an int or a tuple of up to three.
        threads: threads of a threadgroup, likewise.
        device: a device's name, or an open `Runtime`.
        constants: numbers for the function constants, ``{index: (type, number)}``.

    Returns:
        What the launch did: threadgroups, copies, bytes they moved, and how many were in flight at most.

    Raises:
        EnigmaError: for arguments that do not fit the parameters (everything that does not fit is reported together),
            and for what the kernel does wrong while it runs.
    """
    return _opened(device).launch(fn, *arguments, grid=grid, threads=threads, constants=constants)


@boundary
def check(
    fn: Kernel | CompiledKernel,
    *arguments: Any,
    grid: Shape,
    threads: Shape,
    order: str = "late",
    constants: Constants | None = None,
) -> Report:
    """Runs a kernel under the checker, on the CPU, and says what is wrong with it.

    The arguments stay as they are: the kernel works on copies, which are in ``report.arrays`` afterwards.

    Args:
        fn: the kernel.
        arguments: as for `enigma.launch`.
        grid: threads of the grid, an int or a tuple of up to three.
        threads: threads of a threadgroup, likewise.
        order: when copies in flight move their elements: ``"late"``, each at its wait; ``"eager"``, each when it is
            issued; ``"reverse"``, at a wait the last issued first; ``"random:SEED"``; ``"all"``, a run for every order
            that can be told apart; ``"choices:0.1.0"``, one of these again. A right kernel gives the same results in
            every order.
        constants: as for `enigma.launch`.

    Returns:
        What was found. A kernel that is refused when it is traced has its refusal as findings; nothing ran then.

    Raises:
        EnigmaError: for arguments that do not fit the parameters, a launch that exceeds the device, and for what is no
            completion order.
    """
    return default_runtime().check(
        fn, *arguments, grid=grid, threads=threads, order=order, constants=constants
    )


def launcher(kernel: Kernel, shape: tuple[Shape, Shape]) -> Callable[..., Statistics]:
    """What ``kernel[grid, threads]`` is."""
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise _misfit(
            f"`{kernel.__name__}[...]` is given {shown(shape)}",
            "write `kernel[grid, threads](...)`, both in threads",
        )
    grid, threads = shape
    return functools.partial(launch, kernel, grid=grid, threads=threads)
