"""A disk that keeps what was forced to it and, of the rest, what it likes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.faults.crash.write_trace import Removed, Step, Synced, Told, Truncated, Written

SECTOR: Final = 512


class Disk:
    """The files of one folder as the disk holds them.

    A file exists from its first sync on, as on the usual journaling file systems; a deletion
    is taken to last at once. SQLite deletes nothing it needs, so either order is fair to it.
    """

    def __init__(self) -> None:
        self._safe: dict[str, bytearray] = defaultdict(bytearray)
        self._pending: dict[str, list[Written | Truncated]] = defaultdict(list)

    def take(self, step: Step) -> None:
        """The next thing that happened."""
        match step:
            case Written() | Truncated():
                self._pending[step.file].append(step)
            case Synced():
                for change in self._pending.pop(step.file, []):
                    _change(self._safe[step.file], change)
            case Removed():
                self._safe.pop(step.file, None)
                self._pending.pop(step.file, None)
            case Told():
                pass

    def after_power_cut(self, folder: Path, rng: random.Random | None = None) -> None:
        """Write the files as they are found when the power is back.

        Parameters
        ----------
        folder : Path
            Empty or left by another cut.
        rng : random.Random or None
            Chooses which sectors that were not forced arrived all the same; None: none of them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        files = {name: bytearray(content) for name, content in self._safe.items()}
        if rng is not None:
            for name, changes in self._pending.items():
                content = files.setdefault(name, bytearray())
                for change in _some(changes, rng):
                    _change(content, change)
        for name, content in files.items():
            (folder / Path(name).name).write_bytes(content)


def _some(changes: Iterable[Written | Truncated], rng: random.Random) -> Iterable[Written | Truncated]:
    for change in changes:
        if isinstance(change, Truncated):
            if rng.random() < 0.5:
                yield change
            continue
        for at in range(0, len(change.content), SECTOR):
            if rng.random() < 0.5:
                yield Written(change.file, change.offset + at, change.content[at : at + SECTOR])


def _change(content: bytearray, change: Written | Truncated) -> None:
    if isinstance(change, Truncated):
        del content[change.length :]
        content.extend(bytes(max(0, change.length - len(content))))
        return
    end = change.offset + len(change.content)
    content.extend(bytes(max(0, end - len(content))))
    content[change.offset : end] = change.content
