"""Writing a batch into a ledger in one compiled pass."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.fill_ledger import NEWEST, Entries, Floats, Ledger
from ingest.spot_book import Codes
from native.address import address
from native.library import compiled

Exchange = Callable[[Ledger, Codes, Floats, Codes, NDArray[np.int64]], Entries]
"""`Ledger.exchange`, or what does the same."""


@cache
def installed_exchange() -> Exchange:
    """The compiled one, where there is a library."""
    library = compiled()
    return Ledger.exchange if library is None else CompiledExchange(library)


class CompiledExchange:
    """Does what `Ledger.exchange` does.

    Parameters
    ----------
    library : ctypes.PyDLL
    """

    def __init__(self, library: ctypes.PyDLL) -> None:
        word, whole = ctypes.c_void_p, ctypes.c_int64
        tables = [word, word, whole, word, word, whole]
        prototype = ctypes.PYFUNCTYPE(ctypes.c_int32, *tables, *[word] * 4, *[whole] * 3, *[word] * 4)
        self._remember = prototype(("sprue_remember", library))

    def __call__(
        self, ledger: Ledger, place: Codes, values: Floats, facility: Codes, newest: NDArray[np.int64]
    ) -> Entries:
        """As `Ledger.exchange`; everything contiguous, or it is copied."""
        k, width = values.shape
        same = len(place) == len(facility) == k and newest.shape == (k, NEWEST)
        if not same or width != ledger.values.shape[1]:
            msg = f"expected {k} rows of {ledger.values.shape[1]} values, got {values.shape}, {newest.shape}"
            raise ValueError(msg)
        place, facility = _whole(place, np.int64), _whole(facility, np.int64)
        values, sent = _whole(values, np.float64), _whole(newest, np.int64)
        old_values, turn = np.empty((k, width)), np.empty(k, dtype=np.int64)
        old_newest, heard = np.empty((k, NEWEST), dtype=np.int64), np.empty(k, dtype=np.bool_)
        done = self._remember(
            address(ledger.values),
            address(ledger.turn),
            len(ledger.turn),
            address(ledger.newest),
            address(ledger.heard),
            len(ledger.heard),
            address(place),
            address(values),
            address(facility),
            address(sent),
            k,
            width,
            ledger.clock,
            address(old_values),
            address(turn),
            address(old_newest),
            address(heard),
        )
        if done < 0:
            raise IndexError(f"expected numbers in the ledger, got places {place} and facilities {facility}")
        if sent is not newest:
            newest[:] = sent
        ledger.clock += k
        return Entries(place, old_values, turn, facility, old_newest, heard)


def _whole(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    return np.ascontiguousarray(array, dtype=dtype)
