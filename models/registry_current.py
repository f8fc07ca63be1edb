"""Which version judges: one small file, exchanged in one step, and beside it which judged before."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.errors import ModelCorrupt

CURRENT = "current"
HISTORY = "history"
VERSION = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{8}")
MOST_HISTORY = 50
"""Versions remembered that judged before."""
PAUSES_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Windows refuses to exchange a file while somebody reads it; tried again after each of these."""

Stamp = tuple[object, ...]


class CurrentVersion:
    """The files ``current``, the name of the version that judges, and ``history``.

    Parameters
    ----------
    folder : Path
        Of the registry.
    pause : callable
        Waits so many seconds.
    """

    def __init__(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> None:
        self._folder = folder
        self._pause = pause

    def read(self) -> str | None:
        """Name of the version that judges, None where none was ever named.

        Raises
        ------
        ModelCorrupt
            The file holds something else than a version's name.
        """
        path = self._folder / CURRENT
        try:
            name = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            name = "bytes that are no text"
        if not VERSION.fullmatch(name):
            msg = f"{path}: expected the name of a version, got {name[:60]!r}; set the current version again"
            raise ModelCorrupt(msg)
        return name

    def stamp(self) -> Stamp:
        """Another one each time a version was made the current one, be it the same again."""
        try:
            about = (self._folder / CURRENT).stat()
        except OSError:
            return ()
        return (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)

    def write(self, version: str) -> None:
        """Make this version the one that judges; a crash leaves the one before."""
        try:
            before = self.read()
        except ModelCorrupt:
            before = None
        if before is not None and before != version:
            history = [*self._history(), before][-MOST_HISTORY:]
            self._exchange(HISTORY, "\n".join(history) + "\n")
        self._exchange(CURRENT, version + "\n")

    def earlier(self) -> list[str]:
        """Names that judged before the current one, each once, the latest first."""
        names = dict.fromkeys(reversed(self._history()))
        with suppress(ModelCorrupt):  # then all of them did
            names.pop(self.read() or "", None)
        return list(names)

    def _history(self) -> list[str]:
        """As written; what is no name of a version is left out."""
        try:
            lines = (self._folder / HISTORY).read_text(encoding="utf-8", errors="replace").split()
        except FileNotFoundError:
            return []
        return [line for line in lines if VERSION.fullmatch(line)]

    def _exchange(self, name: str, text: str) -> None:
        exchange(self._folder / name, text, self._pause)


def exchange(path: Path, text: str, pause: Callable[[float], object] = time.sleep) -> None:
    """Put a small file in the place of another in one step; a crash leaves the one before."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write_synced(temporary, text)
    for seconds in PAUSES_S:
        try:
            os.replace(temporary, path)
            break
        except PermissionError:
            pause(seconds)
    else:
        os.replace(temporary, path)
    sync_folder(path.parent)


def write_synced(path: Path, text: str) -> None:
    """Write a text file and force it to disk."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
