"""Settings that were routed before, and where they went."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = Hashable
"""Stands for a spot and its set values."""

MOST = 1 << 15
"""Settings remembered, some 10 MB; past that, remembering begins anew."""


class SeenSettings:
    """Remembers one row of results for each key; nobody sees it but by the clock.

    Safe in threads: a table is only ever appended to, and readers hold on to theirs.

    Parameters
    ----------
    columns : numpy dtype
        Names and types of a row's fields.
    most : int
        Keys remembered.
    """

    def __init__(self, columns: np.dtype[np.void], most: int = MOST) -> None:
        self._columns, self._most = columns, most
        self._names = columns.names or ()
        self._lock = Lock()
        self._seen = self._nothing(most)

    def look_up(
        self, keys: Sequence[Key], answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]]
    ) -> list[NDArray[Any]]:
        """The columns ``(n,)`` for these keys.

        Parameters
        ----------
        keys : (n,) sequence
        answer : callable
            Columns for the positions ``(m,)`` of keys that are not known yet, one each.
        """
        rows, table = self._seen
        found = list(map(rows.get, keys))
        if None in found:
            rows, table = self._learn(keys, answer)
            found = list(map(rows.get, keys))
        whole = table.take(found)  # type: ignore[arg-type]  # none of them is None now
        return [whole[name] for name in self._names]

    def _learn(
        self, keys: Sequence[Key], answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]]
    ) -> tuple[dict[Key, int], NDArray[np.void]]:
        with self._lock:
            rows, table = self._seen
            new = {key: at for at, key in enumerate(keys) if key not in rows}
            if len(rows) + len(new) > len(table):
                new = {key: at for at, key in enumerate(keys)}
                self._seen = rows, table = self._nothing(max(self._most, len(new)))
            begin, end = len(rows), len(rows) + len(new)
            columns = answer(np.fromiter(new.values(), dtype=np.intp, count=len(new)))
            for name, column in zip(self._names, columns, strict=True):
                table[name][begin:end] = column
            rows.update(zip(new, range(begin, end), strict=True))
            return rows, table

    def _nothing(self, most: int) -> tuple[dict[Key, int], NDArray[np.void]]:
        return {}, np.empty(most, dtype=self._columns)
