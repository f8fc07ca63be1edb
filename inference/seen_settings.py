"""Settings that were routed before, and where they went."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from native.known_rows import KnownRows

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
    library : ctypes.PyDLL or None
        For `native.known_rows.KnownRows`.
    """

    def __init__(
        self,
        columns: np.dtype[np.void],
        most: int = MOST,
        library: ctypes.PyDLL | Literal["installed"] | None = "installed",
    ) -> None:
        self._columns, self._most, self._library = columns, most, library
        self._names = columns.names or ()
        self._lock = Lock()
        self._seen = self._nothing(1, 0)

    def look_up(
        self, keys: NDArray[Any], answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]]
    ) -> list[NDArray[Any]]:
        """The columns ``(n,)`` for these keys.

        Parameters
        ----------
        keys : (n, w) of eight-byte words
            The same w at every call.
        answer : callable
            Columns for the positions ``(m,)`` of keys that are not known yet, one each.
        """
        known, table = self._seen
        found = np.full(len(keys), -1) if known.width != keys.shape[1] else known.find(keys)[0]
        whole = self._completed(keys, found, table, answer)
        return [whole[name] for name in self._names]

    def rows(
        self,
        number: NDArray[np.int64],
        base: int,
        values: NDArray[np.float64],
        answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]],
    ) -> NDArray[np.void]:
        """The whole rows ``(n,)`` for keys of a number each, `base` added, and set values ``(n, s)``.

        -0.0 and 0.0 are one set value.
        """
        known, table = self._seen
        keys, found, rows, lacking = known.fetch(number, base, values, table)
        return self._completed(keys, found, table, answer) if lacking else rows

    def _completed(
        self,
        keys: NDArray[Any],
        found: NDArray[np.int64],
        table: NDArray[np.void],
        answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]],
    ) -> NDArray[np.void]:
        """The rows of these keys, once those not `found` in the table are learned."""
        new = (found < 0).nonzero()[0]
        if len(new):
            found[new], present = self._learn(keys, new, answer)
            if present is not table:  # begun anew: the numbers of the old table mean nothing there
                found, table = self._learn(keys, np.arange(len(keys)), answer)
        whole: NDArray[np.void] = table.take(found)
        return whole

    def _learn(
        self,
        keys: NDArray[Any],
        rows: NDArray[np.intp],
        answer: Callable[[NDArray[np.intp]], Sequence[NDArray[Any]]],
    ) -> tuple[NDArray[np.int64], NDArray[np.void]]:
        """The numbers of these rows, and the table they number."""
        with self._lock:
            known, table = self._seen
            if known.width != keys.shape[1]:
                self._seen = known, table = self._nothing(keys.shape[1], self._most)
            mine = keys[rows]
            found, lacking = known.find(mine)
            if not lacking:
                return found, table
            new = _first_of_each(mine, (found < 0).nonzero()[0])
            if len(known) + len(new) > len(table):
                new = _first_of_each(mine, np.arange(len(mine)))
                self._seen = known, table = self._nothing(keys.shape[1], max(self._most, len(new)))
            begin, end = len(known), len(known) + len(new)
            for name, column in zip(self._names, answer(rows[new]), strict=True):
                table[name][begin:end] = column
            known.add(mine[new])
            return known.find(mine)[0], table

    def _nothing(self, width: int, most: int) -> tuple[KnownRows, NDArray[np.void]]:
        return KnownRows(width, most, self._library), np.empty(most, dtype=self._columns)


def _first_of_each(keys: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of rows ``(m,)`` with equal keys the first one."""
    if len(rows) < 2:
        return rows
    first: dict[bytes, int] = {}
    for row in rows.tolist():
        first.setdefault(keys[row].tobytes(), row)
    return np.fromiter(first.values(), dtype=np.intp, count=len(first))
