"""Where an array's data lies, for the compiled library."""

from __future__ import annotations

import ctypes
from typing import Any

from numpy.typing import NDArray

_address, _at_the_beginning = ctypes.addressof, ctypes.c_char.from_buffer


def address(array: NDArray[Any]) -> int:
    """Where the data of a contiguous array begins."""
    try:
        # A fifth of the time that `__array_interface__` takes, which builds a dictionary.
        return _address(_at_the_beginning(array))  # type: ignore[arg-type]  # its stub knows no buffers
    except (TypeError, ValueError):  # read-only, or of no length
        begin: int = array.__array_interface__["data"][0]
        return begin
