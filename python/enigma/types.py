"""Element types, and what annotates the parameters of a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from . import _core
from ._boundary import shown

if TYPE_CHECKING:
    # A parameter that is annotated with a dtype is a tensor inside the kernel, and a `Scalar` is a value: so type
    # checkers see them. When the program runs, both are marks on a signature and nothing else.
    from ._core import Tensor as _Buffer
    from ._core import Value as _Number
else:
    _Buffer = _Number = object


class DType(_Buffer):
    """An element type. As the annotation of a kernel's parameter it stands for a device buffer of that type."""

    _msl: str
    _numpy: str


class Float32(DType):
    """``float``: IEEE binary32."""

    _msl, _numpy = "float", "float32"


class Float16(DType):
    """``half``: IEEE binary16."""

    _msl, _numpy = "half", "float16"


class BFloat16(DType):
    """``bfloat``: the upper half of a binary32; NumPy's is ``ml_dtypes.bfloat16``."""

    _msl, _numpy = "bfloat", "bfloat16"


class Int8(DType):
    """``char``: 8-bit signed."""

    _msl, _numpy = "char", "int8"


class UInt8(DType):
    """``uchar``: 8-bit unsigned."""

    _msl, _numpy = "uchar", "uint8"


class Int16(DType):
    """``short``: 16-bit signed."""

    _msl, _numpy = "short", "int16"


class UInt16(DType):
    """``ushort``: 16-bit unsigned."""

    _msl, _numpy = "ushort", "uint16"


class Int32(DType):
    """``int``: 32-bit signed."""

    _msl, _numpy = "int", "int32"


class UInt32(DType):
    """``uint``: 32-bit unsigned."""

    _msl, _numpy = "uint", "uint32"


class Int64(DType):
    """``long``: 64-bit signed."""

    _msl, _numpy = "long", "int64"


class UInt64(DType):
    """``ulong``: 64-bit unsigned."""

    _msl, _numpy = "ulong", "uint64"


class Bool(DType):
    """``bool``: one byte in memory."""

    _msl, _numpy = "bool", "bool"


f32 = Float32
f16 = Float16
bf16 = BFloat16
i8 = Int8
u8 = UInt8
i16 = Int16
u16 = UInt16
i32 = Int32
u32 = UInt32
i64 = Int64
u64 = UInt64
b1 = Bool

DTYPES: tuple[type[DType], ...] = (
    Bool, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float16, BFloat16, Float32,
)  # fmt: skip

SHORT_NAMES = ("f32", "f16", "bf16", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "b1")
_BY_NAME = {dtype._msl: dtype for dtype in DTYPES}

D = TypeVar("D", bound=DType)


# For type checkers a `Scalar[dtype]` is a value with a parameter; in the running program both spellings make a mark
# that holds the dtype.
if TYPE_CHECKING:

    class Scalar(_Number, Generic[D]):
        dtype_class: type[DType]

        def __init__(self, dtype: str | type[DType]) -> None: ...

else:

    class Scalar:
        """Annotates a parameter that is a number, the same for the whole grid.

        ``n: enigma.Scalar(enigma.u32)`` and ``n: enigma.Scalar[enigma.u32]`` mean the same; type checkers want the
        second.

        Raises:
            EnigmaError: when what it is given is no dtype.
        """

        def __init__(self, dtype: str | type[DType]) -> None:
            self.dtype_class = dtype_class(dtype)

        def __class_getitem__(cls, dtype: str | type[DType]) -> Scalar:
            return cls(dtype)

        def __repr__(self) -> str:
            return f"Scalar({self.dtype_class.__name__})"


def dtype_class(dtype: object) -> type[DType]:
    """The class of a dtype that is given as a class or as its MSL name."""
    if isinstance(dtype, type) and issubclass(dtype, DType) and dtype is not DType:
        return dtype
    if isinstance(dtype, str) and dtype in _BY_NAME:
        return _BY_NAME[dtype]
    raise _core.refusal_here(
        "invalid-operand",
        f"{shown(dtype)} is no dtype",
        "given here",
        "the dtypes are " + ", ".join(f"enigma.{name}" for name in SHORT_NAMES),
    )
