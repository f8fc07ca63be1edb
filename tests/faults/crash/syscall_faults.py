"""Faults at the system calls of a real process, through ``strace``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

WRITES: Final = "pwrite64,fdatasync,fsync"
"""The calls with which SQLite and the product make something last."""

needs_strace = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strace") is None,
    reason="platform: faults at system calls need Linux and strace",
)


def traced(*inject: str, only: Sequence[Path] = (), calls: str = WRITES) -> list[str]:
    """The beginning of a command line: run what follows with these injections.

    Parameters
    ----------
    inject : str
        As strace's ``-e inject``: ``"pwrite64:error=ENOSPC:when=60+"``. Calls are counted
        in each thread by itself.
    only : sequence of Path
        Only calls on these files count.
    calls : str
        The calls that are looked at.
    """
    command = ["strace", "-D", "-f", "-qqq", "-o", "/dev/null"]
    command += ["-e", f"trace={calls}", "-e", "signal=none"]
    for path in only:
        command += ["-P", str(path)]
    for one in inject:
        command += ["-e", f"inject={one}"]
    return command


def killed_at(call: str, number: int) -> list[str]:
    """Run what follows until its `number`-th such call in one thread, which it does not survive."""
    return traced(f"{call}:signal=SIGKILL:when={number}", calls=call)
