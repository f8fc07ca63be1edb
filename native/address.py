"""Where an array's data lies, for the compiled library."""

from __future__ import annotations

import ctypes
from typing import Any

from numpy.typing import NDArray

_BYTE = ctypes.c_char


def address(array: NDArray[Any]) -> int:
    """Where the data of a contiguous array begins."""
    try:
        # A third of the time that `__array_interface__` takes, which builds a dictionary.
        return ctypes.addressof(_BYTE.from_buffer(array.data))
    except (TypeError, ValueError):  # read-only, or of no length
        begin: int = array.__array_interface__["data"][0]
        return begin
