"""Room on the disk of a SQLite store, looked at before anything is written."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.errors import StoreFull

MIN_FREE_BYTES = 200_000_000
"""What stays free: the log of a transaction and its folding in must never run out half way."""
_EVERY_MS = 1_000
_PROBE_BYTES = 64 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class FreeSpace:
    """Says when the disk of `folder` has less than `minimum` bytes left.

    Parameters
    ----------
    folder : Path
    minimum : int
        Bytes.
    clock : callable
        The present in ms since 1970 UTC; the disk is asked once a second at most.
    """

    def __init__(self, folder: Path, minimum: int, clock: Callable[[], int]) -> None:
        self._folder, self._minimum, self._clock = folder, minimum, clock
        self._looked: int | None = None
        self._free = 0

    def check(self) -> None:
        """Raise `StoreFull` while there is too little."""
        now = self._clock()
        if self._looked is None or not 0 <= now - self._looked < _EVERY_MS:
            folder = next(f for f in (self._folder, *self._folder.absolute().parents) if f.is_dir())
            self._free, self._looked = shutil.disk_usage(folder).free, now
        if self._free < self._minimum:
            msg = (
                f"{self._folder}: expected at least {self._minimum / 1e6:,.0f} MB free, got "
                f"{self._free / 1e6:,.0f} MB; nothing was written: free some space, writing goes on by itself"
            )
            raise StoreFull(msg)


def is_full(folder: Path) -> bool:
    """Whether nothing more can be written here: SQLite calls a spent quota a failed write."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * _PROBE_BYTES)
            probe.flush()
    except OSError as error:
        return error.errno in FULL
    return False
