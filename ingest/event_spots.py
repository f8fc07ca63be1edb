"""The usual events of a reply, measured by the compiled loop and cut out column by column."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.stream import Event

OPERATIONS: Final = ("insert", "update", "replace")
"""Operations by their code in ``native/source/events.c``."""
_LIKELY_SIZE: Final = 300
_SPOTS: Final = 11
_OBJECT_ID_SIZE: Final = 12


class Cut(NamedTuple):
    """Events in their order; where the last one begins and its size, None where there is none."""

    events: list[Event]
    last: tuple[int, int] | None


def cut_events(library: ctypes.PyDLL, raw: bytes, at: int, decode: Callable[[int, int], Event]) -> Cut | None:
    """The events in the array that begins at byte `at`; None where the bytes are no such array.

    Parameters
    ----------
    library : ctypes.PyDLL
        See `native.library`.
    raw : bytes
    at : int
    decode : callable
        ``decode(at, size)``: an event that does not look like most.
    """
    spots = _measured(library, raw, at)
    if spots is None:
        return None
    if not len(spots):
        return Cut([], None)
    last = int(spots[-1, 0]), int(spots[-1, 1])
    unusual = np.flatnonzero(spots[:, 4] < 0).tolist()
    named_by_object_id = np.flatnonzero(spots[:, 8] < 0).tolist()
    spots[:, [3, 6, 8]] += spots[:, [2, 5, 7]]  # sizes become ends
    at_, size, token, token_end, code, begin, end, name, name_end, seconds, increment = spots.T.tolist()
    text = raw.decode("latin-1")  # a character each byte; tokens and names are ASCII
    names = [text[a:b] for a, b in zip(name, name_end, strict=True)]
    for i in named_by_object_id:
        names[i] = raw[name[i] : name[i] + _OBJECT_ID_SIZE].hex()
    columns = (
        [text[a:b] for a, b in zip(token, token_end, strict=True)],
        names,
        [OPERATIONS[c] for c in code],
        [raw[a:b] for a, b in zip(begin, end, strict=True)],
        zip(seconds, increment, strict=True),
    )
    events = list(map(Event._make, zip(*columns, strict=True)))
    for i in unusual:  # what stands in their places means nothing
        events[i] = decode(at_[i], size[i])
    return Cut(events, last)


def _measured(library: ctypes.PyDLL, raw: bytes, at: int) -> NDArray[np.int64] | None:
    measure = _function(library)
    spots = np.zeros((len(raw) // _LIKELY_SIZE + 1, _SPOTS), dtype=np.int64)
    count = measure(raw, len(raw), at, spots.ctypes.data, len(spots))
    if count > len(spots):
        spots = np.zeros((count, _SPOTS), dtype=np.int64)
        measure(raw, len(raw), at, spots.ctypes.data, count)
    return None if count < 0 else spots[:count]


@cache
def _function(library: ctypes.PyDLL) -> Any:
    function = library.sprue_events
    function.restype = ctypes.c_int64
    function.argtypes = [
        ctypes.c_char_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
        ctypes.c_int64,
    ]
    return function
