"""Rows of words and the numbers they were given: a dictionary that takes whole arrays."""

from __future__ import annotations

import ctypes
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from native.address import address
from native.library import compiled


class _Index(ctypes.Structure):
    """``struct known_rows`` of ``source/known_rows.c``."""

    _fields_ = (
        ("keys", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("width", ctypes.c_int64),
        ("mask", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("most", ctypes.c_int64),
    )


class KnownRows:
    """Numbers for rows ``(n, width)`` of eight-byte words, compared bit by bit.

    Parameters
    ----------
    width : int
        Words in a row, one at least.
    most : int
        Rows there is room for, under 2**30.
    library : ctypes.PyDLL or None
        Without it a dictionary of bytes does the same.

    Attributes
    ----------
    at : int
        Address of the compiled index; 0 without the library.
    """

    def __init__(
        self, width: int, most: int, library: ctypes.PyDLL | Literal["installed"] | None = "installed"
    ) -> None:
        library = compiled() if library == "installed" else library
        self.width, self.most = width, most
        self._rows: dict[bytes, int] = {}
        self._count = 0
        self._find: Any = None
        self.at = 0
        if library is not None:
            self._keys = np.empty((most, width), dtype=np.uint64)
            self._slots = np.full(1 << max(4, (2 * most - 1).bit_length()), -1, dtype=np.int32)
            index = _Index(address(self._keys), address(self._slots), width, len(self._slots) - 1, 0, most)
            self._index = index  # what the address below leads to
            self.at = ctypes.addressof(index)
            word, whole = ctypes.c_void_p, ctypes.c_int64
            self._find = ctypes.PYFUNCTYPE(whole, word, word, whole, word)(("sprue_known_rows", library))
            self._settings = ctypes.PYFUNCTYPE(
                whole, *[word, word, whole, word, whole], *[word, whole, word, word, word]
            )(("sprue_known_settings", library))
            self._add = ctypes.PYFUNCTYPE(whole, word, word, whole)(("sprue_add_known_rows", library))

    def __len__(self) -> int:
        return self._count

    def find(self, rows: NDArray[Any]) -> tuple[NDArray[np.int64], bool]:
        """The number ``(n,)`` of each row, -1 where it has none; whether any has none."""
        n = len(rows)
        if self._find is None:
            known = [self._rows.get(row, -1) for row in self._bytes(rows)]
            return np.array(known, dtype=np.int64), -1 in known
        rows = self._checked(rows)
        found = np.empty(n, dtype=np.int64)
        unknown = self._find(self.at, address(rows), n, address(found))
        return found, unknown > 0

    def fetch(
        self, number: NDArray[np.int64], base: int, values: NDArray[np.float64], table: NDArray[np.void]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.void], bool]:
        """Look up rows that consist of a number ``(n,)`` and set values ``(n, width - 1)``.

        Returns
        -------
        keys : (n, width) float64
            The rows: `base` is added to the numbers, -0.0 stands as 0.0.
        found : (n,) int64
            See `find`.
        rows : (n,)
            Those of the table, by number; of unknown ones anything.
        lacking : bool
            Whether any has no number.
        """
        n = len(number)
        keys = np.empty((n, 1 + values.shape[1]))
        if self._find is None or self.width != keys.shape[1]:
            keys[:, 0] = (number + base).view(np.float64)
            np.add(values, 0.0, out=keys[:, 1:])
            if self.width != keys.shape[1]:
                return keys, np.full(n, -1, dtype=np.int64), np.empty(n, dtype=table.dtype), n > 0
            found, lacking = self.find(keys)
            return keys, found, table.take(found, mode="clip"), lacking
        number = np.ascontiguousarray(number, dtype=np.int64)
        values = np.ascontiguousarray(values, dtype=np.float64)
        found, rows = np.empty(n, dtype=np.int64), np.empty(n, dtype=table.dtype)
        given = address(number), base, address(values), n, address(table), table.itemsize
        unknown = self._settings(self.at, *given, address(keys), address(found), address(rows))
        return keys, found, rows, unknown > 0

    def add(self, rows: NDArray[Any]) -> None:
        """Number these rows ``(n, width)``, none of them known, on from the last number.

        Raises
        ------
        ValueError
            There is no room for so many; nothing was added.
        """
        rows = self._checked(rows)
        if self._count + len(rows) > self.most:
            msg = f"room for {self.most} rows, expected to hold {self._count + len(rows)}"
            raise ValueError(msg)
        if self._find is None:
            for number, row in enumerate(self._bytes(rows), start=self._count):
                self._rows.setdefault(row, number)
        else:
            self._add(self.at, address(rows), len(rows))
        self._count += len(rows)

    def _checked(self, rows: NDArray[Any]) -> NDArray[Any]:
        if rows.ndim != 2 or rows.shape[1] != self.width or rows.itemsize != 8:
            msg = f"expected rows of {self.width} words of 8 bytes, got {rows.shape} of {rows.dtype}"
            raise ValueError(msg)
        return np.ascontiguousarray(rows)

    def _bytes(self, rows: NDArray[Any]) -> list[bytes]:
        whole = self._checked(rows).view(np.dtype((np.void, 8 * self.width)))
        keys: list[bytes] = whole[:, 0].tolist()
        return keys
