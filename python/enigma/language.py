"""The functions of the kernel language that are made from the operation table.

Their signatures and documentation are in ``language.pyi``, which is made from the same table.
"""

from ._core import language as _functions

globals().update(_functions)
__all__ = list(_functions)
