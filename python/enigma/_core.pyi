"""The extension module: see crates/enigma-python."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import EnigmaError
from .types import DType

Span = tuple[int, int, int, int]
Label = tuple[int, int, int, int, str]

language: dict[str, Any]

class Value:
    """A number (or a vector, or a simdgroup matrix) that each thread has when the kernel runs.

    Operators on values record operations, and so do ``if``, ``while``, ``and`` and their like in the text of a kernel.
    While the kernel is traced a value has no number: what needs one, as the index of a list, is an error.
    """

    def __add__(self, other: Operand, /) -> Value: ...
    def __radd__(self, other: Operand, /) -> Value: ...
    def __sub__(self, other: Operand, /) -> Value: ...
    def __rsub__(self, other: Operand, /) -> Value: ...
    def __mul__(self, other: Operand, /) -> Value: ...
    def __rmul__(self, other: Operand, /) -> Value: ...
    def __truediv__(self, other: Operand, /) -> Value: ...
    def __rtruediv__(self, other: Operand, /) -> Value: ...
    def __floordiv__(self, other: Operand, /) -> Value: ...
    def __rfloordiv__(self, other: Operand, /) -> Value: ...
    def __mod__(self, other: Operand, /) -> Value: ...
    def __rmod__(self, other: Operand, /) -> Value: ...
    def __lshift__(self, other: Operand, /) -> Value: ...
    def __rlshift__(self, other: Operand, /) -> Value: ...
    def __rshift__(self, other: Operand, /) -> Value: ...
    def __rrshift__(self, other: Operand, /) -> Value: ...
    def __and__(self, other: Operand, /) -> Value: ...
    def __rand__(self, other: Operand, /) -> Value: ...
    def __or__(self, other: Operand, /) -> Value: ...
    def __ror__(self, other: Operand, /) -> Value: ...
    def __xor__(self, other: Operand, /) -> Value: ...
    def __rxor__(self, other: Operand, /) -> Value: ...
    def __pow__(self, other: Operand, modulus: None = None, /) -> Value: ...
    def __rpow__(self, other: Operand, modulus: None = None, /) -> Value: ...
    def __neg__(self) -> Value: ...
    def __pos__(self) -> Value: ...
    def __invert__(self) -> Value: ...
    def __abs__(self) -> Value: ...
    def __lt__(self, other: Operand, /) -> Value: ...
    def __le__(self, other: Operand, /) -> Value: ...
    def __gt__(self, other: Operand, /) -> Value: ...
    def __ge__(self, other: Operand, /) -> Value: ...
    def __eq__(self, other: Operand, /) -> Value: ...  # type: ignore[override]
    def __ne__(self, other: Operand, /) -> Value: ...  # type: ignore[override]
    @property
    def x(self) -> Value:
        """The first component of a vector."""

    @property
    def y(self) -> Value:
        """The second component of a vector."""

    @property
    def z(self) -> Value:
        """The third component of a vector."""

    @property
    def w(self) -> Value:
        """The fourth component of a vector."""

    @property
    def dtype(self) -> str:
        """The MSL name of its element type, as ``"float"``."""

class Event:
    """An asynchronous copy in flight, as the four copies return it.

    It is waited for exactly once, by `enigma.async_copy_wait`, and may be carried by a loop.
    """

class Tensor:
    """A device buffer or a threadgroup array of one kernel: ``A[i]`` loads, ``A[i] = value`` stores.

    Indices count elements. A stored value is converted to the element type.
    """

    def __getitem__(self, index: Operand, /) -> Value: ...
    def __setitem__(self, index: Operand, value: Operand, /) -> None: ...
    def atomic_load(self, index: Operand, order: str = "relaxed") -> Value:
        """Reads one element atomically; as the function of that name, and so are the other methods."""

    def atomic_store(self, index: Operand, value: Operand, order: str = "relaxed") -> None: ...
    def atomic_exchange(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_add(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_sub(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_min(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_max(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_and(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_or(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_fetch_xor(self, index: Operand, value: Operand, order: str = "relaxed") -> Value: ...
    def atomic_compare_exchange_weak(
        self,
        index: Operand,
        expected: Operand,
        desired: Operand,
        success_order: str = "relaxed",
        failure_order: str = "relaxed",
    ) -> Value: ...
    def __len__(self) -> int: ...
    @property
    def shape(self) -> tuple[int]:
        """Its extent, ``(elements,)``; of threadgroup arrays only."""

    @property
    def dtype(self) -> str:
        """The MSL name of the element type, as ``"float"``."""

    @property
    def name(self) -> str:
        """The name of the parameter, or of the allocation."""

class RegisterTensor:
    """An array that each thread has for itself: ``r[i, j]`` loads, ``r[i, j] = value`` stores.

    There is one index for each dimension, a number or a traced value; elements lie in row-major order.
    """

    def __getitem__(self, index: Operand | tuple[Operand, ...], /) -> Value: ...
    def __setitem__(self, index: Operand | tuple[Operand, ...], value: Operand, /) -> None: ...
    def __len__(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]:
        """Its extents."""

    @property
    def dtype(self) -> str:
        """The MSL name of the element type, as ``"float"``."""

    @property
    def name(self) -> str:
        """The variable that it was assigned to."""

class Carry:
    """Values carried from one iteration of a loop to the next: ``carry[k]`` is read and assigned.

    Inside the loop it holds the values of this iteration, and what is assigned is what the next begins with; after
    the loop it holds the result.
    """

    # A carry holds values and events alike; which, only the kernel knows.
    def __getitem__(self, index: int, /) -> Any: ...
    def __setitem__(self, index: int, value: Operand | Event, /) -> None: ...
    def __len__(self) -> int: ...

class ForRange:
    """A counted loop, made by `enigma.for_range`."""

    def __init__(
        self,
        lo: Operand,
        hi: Operand,
        step: Operand,
        dtype: str | type[DType],
        init: object = None,
    ) -> None: ...
    # The index alone, or with `init` the index and the carry.
    def __enter__(self) -> Any: ...
    def __exit__(self, *exception: object) -> bool: ...

class Branch:
    """One of the two blocks of an `enigma.if_`."""

    def __enter__(self) -> None: ...
    def __exit__(self, *exception: object) -> bool: ...

class If:
    """A branch: ``with enigma.if_(cond):`` runs its body where the condition holds.

    ``with enigma.if_(cond) as (then, otherwise):`` has two: ``with then:`` and ``with otherwise:``.

    MSL: ``if (cond) { ... } else { ... }``.
    """

    def __init__(self, cond: Operand) -> None: ...
    def __enter__(self) -> tuple[Branch, Branch]: ...
    def __exit__(self, *exception: object) -> bool: ...

class While:
    """A loop with a condition: ``with enigma.while_(lambda: cond):`` computes it anew before each iteration.

    What changes from one iteration to the next lives in memory: a register tensor, threadgroup or device memory.

    MSL: ``while (cond) { ... }``.
    """

    def __init__(self, cond: Any) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *exception: object) -> bool: ...

class Spot:
    """A place in the user's code."""

class Mark:
    """A moment of the tracing that can be gone back to."""

    def take_back(self) -> None: ...

class Fork:
    """A branch on a value, both sides of which are traced."""

    def __init__(self, condition: Value) -> None: ...
    def otherwise(self) -> None: ...
    # A pair where the two ends have no common type: what each is.
    def join(
        self, then: list[Any], otherwise: list[Any], names: list[str], speculate: bool
    ) -> list[Value | Event | tuple[str, str]]: ...

class Loop:
    """A loop that is recorded, and carries variables."""

    @staticmethod
    def counted(
        bounds: tuple[Any, Any, Any], target: str | None, init: list[Any], names: list[str]
    ) -> tuple[Loop, Value, list[Any]]: ...
    @staticmethod
    def conditional(init: list[Any], names: list[str]) -> tuple[Loop, list[Any]]: ...
    def body(self, condition: Any) -> list[Any]: ...
    def end(self, next: list[Any], made: list[Value], names: list[str]) -> list[Any]: ...

class Compiled:
    """A verified kernel."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> list[tuple[str, str, bool, bool]]: ...
    def widened(self, width: int) -> Compiled: ...
    def specialise(self, constants: object) -> Compiled: ...
    def remarks(self) -> str: ...
    def emitted(
        self,
        async_lowering: str,
        target_os: str | None,
        gpu_family: int | None,
        linear_copy: str,
        read_back: bool | None,
    ) -> Compiled: ...
    def lowering(self) -> tuple[str, str]: ...
    def metal_source(self) -> str: ...
    def air_source(self) -> str: ...
    def metallib(self) -> bytes: ...
    def mlir_source(self) -> str: ...
    def ir(self) -> str: ...

class Statistics:
    """What a launch did."""

    @property
    def threadgroups(self) -> int:
        """Number of threadgroups that ran."""

    @property
    def copies(self) -> int | None:
        """Number of asynchronous copies that were issued; None on a GPU, which counts nothing."""

    @property
    def bytes_copied(self) -> int | None:
        """Number of bytes that they moved; None on a GPU."""

    @property
    def max_in_flight(self) -> int | None:
        """The most copies that were in flight at a time in one threadgroup; None on a GPU."""

    @property
    def gpu_time_us(self) -> float | None:
        """How many microseconds the GPU took; None on the CPU."""

class Report:
    """What a check found."""

    def json(self) -> str: ...
    def render(self, colour: bool) -> str: ...
    def buffers(self) -> list[bytearray | None]: ...
    def statistics(self) -> Statistics: ...
    def raise_if_errors(self) -> None: ...
    def html(self) -> str: ...
    def timeline_html(self) -> str: ...
    def timeline_svg(self) -> str: ...
    def timeline_trace(self) -> str: ...
    def write_back(self, arguments: Sequence[Any]) -> None: ...

class DeviceCapabilities:
    """What a device can do."""

    @property
    def device_name(self) -> str:
        """Its name, for people."""

    @property
    def gpu_family(self) -> int:
        """The Apple GPU family (7 is M1); 0 for what is no Apple GPU."""

    @property
    def supports_async_copy(self) -> bool:
        """Whether asynchronous copies run."""

    @property
    def supports_simdgroup_matrix(self) -> bool:
        """Whether simdgroup matrices run."""

    @property
    def simdgroup_size(self) -> int:
        """Lanes of a simdgroup."""

    @property
    def max_threadgroup_memory(self) -> int:
        """Bytes of threadgroup memory that a threadgroup may have."""

    @property
    def max_threads_per_threadgroup(self) -> int:
        """Threads that a threadgroup may have."""

    @property
    def max_buffers(self) -> int:
        """Buffers that a kernel may have."""

class Runtime:
    """An open device."""

    def __init__(self, device: str) -> None: ...
    def capabilities(self) -> DeviceCapabilities: ...
    def dispatch(
        self,
        kernel: Compiled,
        grid: tuple[int, int, int],
        threads: tuple[int, int, int],
        arguments: Sequence[Any],
    ) -> Statistics: ...
    def check(
        self,
        kernel: Compiled,
        grid: tuple[int, int, int],
        threads: tuple[int, int, int],
        arguments: Sequence[Any],
        order: str,
    ) -> Report: ...

def examine(fresh: bool) -> tuple[str, str, bool]: ...
def refused(
    error: EnigmaError, kernel: str, grid: tuple[int, int, int], threads: tuple[int, int, int], order: str
) -> Report: ...
def check_order(order: str) -> None: ...
def trace(
    function: Any,
    name: str,
    path: str,
    text: str | None,
    span: Span,
    parameters: Sequence[tuple[str, type[DType], bool, Span]],
) -> Compiled: ...
def threadgroup_alloc(dtype: str | type[DType], size: int, name: str | None = None) -> Tensor:
    """Allocates an array in threadgroup memory, shared by the threads of a threadgroup.

    Args:
        dtype: the element type, a string or one of the dtype classes.
        size: number of elements, at least 1; a Python number, fixed when the kernel is traced.
        name: a name by which copies may refer to it; without one it is called as the variable it is assigned to.

    Returns:
        A tensor of that many elements, uninitialised.

    Raises:
        EnigmaError: for an unknown dtype, a size below 1, a name that is taken, or, when the kernel is compiled, more
            than 32 KiB of threadgroup memory in all.

    MSL: `threadgroup T name[size]`.
    """

def register_tensor(
    shape: int | tuple[int, ...], dtype: str | type[DType] = "float", fill: Operand | None = 0
) -> RegisterTensor:
    """Allocates an array that each thread has for itself, in registers.

    Args:
        shape: the extents, a Python number or a tuple of them, each at least 1.
        dtype: the element type, a string or one of the dtype classes.
        fill: what every element holds at first: a number or a value; None leaves the array uninitialised.

    Returns:
        A register tensor of that shape, indexed with one index for each dimension.

    Raises:
        EnigmaError: for an unknown dtype, an extent below 1, or a fill that does not fit the element type.

    MSL: `thread T name[size]`.
    """

def thread_position_in_grid() -> Value: ...
def refusal(
    path: str, text: str | None, findings: Sequence[tuple[str, str, Sequence[Label], Sequence[str]]]
) -> Exception: ...
def refusal_at(
    rule: str, message: str, labels: Sequence[tuple[Spot | None, str]], help: str
) -> EnigmaError: ...
def here() -> Spot: ...
def mark() -> Mark: ...
def truth(value: Value) -> Value: ...
def negation(value: Value) -> Value: ...
def is_tracing() -> bool: ...
def refusal_here(rule: str, message: str, label: str, help: str) -> Exception: ...
def rules() -> list[tuple[str, str, str]]: ...
def rule_page(name: str) -> str | None: ...

class Operation:
    """One row of the operation table, for the reference page and for tests that go through all operations."""

    name: str
    group: str
    signature: str
    parameters: list[tuple[str, str]]
    dtypes: list[str]
    widths: list[int]
    promotes: bool
    result: str | None
    meaning: str
    msl: str
    bound: str | None
    of_terms: bool
    ulps: dict[str, float]

def operation_table() -> list[Operation]: ...
def operations() -> list[tuple[str, list[tuple[str, str, str | None, str]], str, str]]: ...

Operand = Value | bool | int | float | np.generic[Any]

def metallib(kernels: list[Compiled]) -> bytes: ...
