"""Three columns of objects and the numbers their rows were given, by identity alone."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from native.address import address
from native.known_rows import KnownRows

Objects = NDArray[np.object_]


class KnownObjects:
    """Numbers for triples of objects. Nothing is asked of an object but where it stands.

    What was added is kept alive, so that no other object can come to stand there.

    Parameters
    ----------
    most : int
        Triples there is room for.
    library : ctypes.PyDLL
    """

    def __init__(self, most: int, library: ctypes.PyDLL) -> None:
        self.library = library
        self._rows = KnownRows(3, most, library)
        self._kept: list[tuple[object, object, object]] = []
        self._numbers = np.empty(most, dtype=np.intp)
        word, whole = ctypes.c_void_p, ctypes.c_int64
        prototype = ctypes.PYFUNCTYPE(whole, word, word, word, word, whole, word)
        self._find = prototype(("sprue_known_triples", library))

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return len(self._kept) >= self._rows.most

    def find(self, first: Objects, second: Objects, third: Objects) -> NDArray[np.intp] | None:
        """The number ``(n,)`` of each row; None unless all of them are known."""
        n = len(first)
        columns = [np.ascontiguousarray(column) for column in (first, second, third)]
        found = np.empty(n, dtype=np.int64)
        places = [address(column) for column in (*columns, found)]
        if self._find(self._rows.at, *places[:3], n, places[3]) != 0:
            return None
        return self._numbers.take(found)

    def add(self, triples: dict[tuple[int, int, int], tuple[tuple[object, object, object], int]]) -> None:
        """Number objects, as far as there is room: their addresses -> they themselves and their number."""
        keys = np.array(list(triples), dtype=np.uint64).reshape(len(triples), 3)
        room = self._rows.most - len(self._kept)
        lacking = (self._rows.find(keys)[0] < 0).nonzero()[0][:room]
        values = list(triples.values())
        new = [values[k] for k in lacking.tolist()]
        begin = len(self._kept)
        self._kept += [objects for objects, _ in new]
        self._numbers[begin : begin + len(new)] = [number for _, number in new]
        self._rows.add(keys[lacking])
