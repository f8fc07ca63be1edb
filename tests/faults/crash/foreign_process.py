"""Another program that has the store open: a process of its own, as a backup or a viewer would be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_PROGRAM: Final = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
count = "SELECT (SELECT count(*) FROM verdict) + (SELECT count(*) FROM dead_letter)"
store.execute(sys.argv[2])
if sys.argv[2] == "BEGIN":
    store.execute(count).fetchone()
print("open", flush=True)
sys.stdin.readline()
print(store.execute(count).fetchone()[0], flush=True)
store.execute("ROLLBACK")
"""


class ForeignProcess:
    """Holds a transaction on a SQLite store until `end`; a context manager.

    Parameters
    ----------
    store : Path
    begin : str
        ``BEGIN`` reads once and keeps what it saw, ``BEGIN EXCLUSIVE`` keeps writers out.
    """

    def __init__(self, store: Path, begin: str) -> None:
        self._words = [sys.executable, "-c", _PROGRAM, str(store), begin]
        self._process: subprocess.Popen[str] | None = None

    def end(self) -> int:
        """Let it end its transaction; how many answers it saw until then."""
        process, self._process = self._process, None
        assert process is not None
        answer, _ = process.communicate("end\n", timeout=60)
        assert process.returncode == 0
        return int(answer)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii"
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "open\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
