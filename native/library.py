"""The compiled library, where there is one."""

from __future__ import annotations

import ctypes
import os
from functools import cache

from native.compiler import is_whole, library_path

VERSION = 1
"""As ``sprue_version`` in ``source/version.c``."""
SWITCH = "SPRUE_NATIVE"
"""Environment variable; ``off`` keeps to numpy."""


@cache
def compiled() -> ctypes.PyDLL | None:
    """The library, or None: not compiled here, switched off, or not as it was compiled.

    Its functions keep Python's lock: they last microseconds, and giving the lock up would
    let another thread hold it for five milliseconds.
    """
    path = library_path()
    if os.environ.get(SWITCH, "").lower() == "off" or not is_whole(path):
        return None
    try:
        library = ctypes.PyDLL(str(path))
        library.sprue_version.restype = ctypes.c_int32
        return library if library.sprue_version() == VERSION else None
    except (OSError, AttributeError):  # of another machine
        return None
