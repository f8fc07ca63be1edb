"""Keeps a bounded sample of rows that pass by: the first ones, and blocks spread over the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from ingest.drafting.sample import Sample

BLOCK_ROWS = 1000
"""Rows of a block; fewer in a small sample."""
_LEAST_BLOCKS = 20


class Thinning:
    """Takes tables piece by piece and keeps at most so many rows.

    Parameters
    ----------
    limit : int
        Rows to keep; the first half of them are the first that come.

    Attributes
    ----------
    rows : int
        Rows that came.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._length = max(10, min(BLOCK_ROWS, limit // _LEAST_BLOCKS))
        self.rows = 0
        self._kept: list[tuple[int, int, pd.DataFrame]] = []  # number of the block, file, rows
        self._held = 0
        self._head = 0
        self._stride = 1
        self._block = 0
        self._days: dict[int, date] = {}

    def add(self, frame: pd.DataFrame, file: int, day: date | None = None) -> None:
        """The next rows of a file."""
        if day is not None:
            self._days[file] = day
        for begin in range(0, len(frame), self._length):
            block = frame.iloc[begin : begin + self._length]
            if self.rows < self.limit // 2:
                self._head = self._block + 1
            if self.rows < self.limit // 2 or self._block % self._stride == 0:
                self._kept.append((self._block, file, block))
                self._held += len(block)
                self._thin()
            self._block += 1
            self.rows += len(block)

    def _thin(self) -> None:
        """Every second block goes, but for the first rows, until few enough are left."""
        while self._held > self.limit and self._stride <= self._block:
            self._stride *= 2
            self._kept = [k for k in self._kept if k[0] < self._head or k[0] % self._stride == 0]
            self._held = sum(len(frame) for _, _, frame in self._kept)
        if self._held > self.limit:  # the first rows alone are too many
            number, file, frame = self._kept[-1]
            short = frame.iloc[: max(0, len(frame) - (self._held - self.limit))]
            self._kept[-1] = (number, file, short)
            self._held = self.limit

    def sample(
        self, source: str, name: str, *, documents: bool = False, notes: tuple[str, ...] = ()
    ) -> Sample:
        """What was kept; blocks that followed one another in one file are one part."""
        parts: list[int] = []
        days: dict[int, date] = {}
        number, before = -1, (-2, -1)
        for block, file, frame in self._kept:
            if (block - 1, file) != before:
                number += 1
            before = (block, file)
            parts += [number] * len(frame)
            if file in self._days:
                days[number] = self._days[file]
        frames = [frame for _, _, frame in self._kept]
        frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        part = np.array(parts, dtype=np.int64)
        found: Mapping[int, date] = days
        return Sample(source, name, frame, self.rows, part, found, documents, notes)
