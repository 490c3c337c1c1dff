"""The table of cases: every operation, on every type that it takes, on values worth trying, and what has to come out.

    case.py          what a case is, and how cases share kernels
    elements.py      the element types, and the values worth trying of each
    elementwise.py   operators, comparisons, functions of floats and of integers: a formula for each
    conversions.py   selections and casts
    vectors.py       components, geometry, packed integers, matrices
    lanes.py         simdgroups and quads
    memory.py        loads and stores, atomics, simdgroup matrices, copies, barriers, positions

The references are written in Python, of float64 or exact integers, and know nothing of the program.
"""

from __future__ import annotations

from . import conversions, elementwise, lanes, memory, vectors
from .case import Launch, fused

VALUES = (elementwise, conversions, vectors, lanes)


def all_launches() -> list[Launch]:
    """All the cases, as kernels with their arguments."""
    return [
        *fused(case for module in VALUES for case in module.cases()),
        *lanes.launches(),
        *memory.launches(),
    ]
