"""A disk that is small or cannot be written: a mounted tmpfs."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


def _may_mount() -> bool:
    """Whether this user may mount: root may, but not in every container."""
    if sys.platform != "linux":
        return False
    words = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_mount = pytest.mark.skipif(not _may_mount(), reason="platform: only root on Linux may mount a disk")


class SmallDisk:
    """A file system of its own at `folder`; a context manager.

    Parameters
    ----------
    folder : Path
        Made when missing.
    megabytes : int
        Its size.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._size = megabytes
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room at all."""
        ballast = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while True:
                        os.write(ballast, bytes(size))
        finally:
            os.close(ballast)

    def free(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def write_protect(self) -> None:
        """Let nobody write."""
        self._mount("-o", "remount,ro")

    def allow_writing(self) -> None:
        """Take back what `write_protect` did."""
        self._mount("-o", "remount,rw")

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mount("-t", "tmpfs", "-o", f"size={self._size}m", "tmpfs")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def _mount(self, *words: str) -> None:
        subprocess.run(["mount", *words, str(self.folder)], check=True)
