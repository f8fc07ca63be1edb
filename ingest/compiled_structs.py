"""The structures of ``native/source/bson.h``, as Python fills them."""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

KEY_IGNORED: Final = 0
KEY_UNKNOWN: Final = 1
KEY_PARENT: Final = 2
KEY_READ: Final = 3
TARGET_NUMBER: Final = 0
TARGET_TIME: Final = 1
TARGET_NAME: Final = 2
NONE: Final = -1
LONGEST_TEXT: Final = 255
"""Bytes of an identifier, maker, facility or item; a longer one is read with care."""

KEY = np.dtype(
    [
        ("seen", np.uint64),
        *((name, np.uint32) for name in ("hash", "at", "size")),
        *((name, np.int32) for name in ("parent", "next", "first", "kind", "target")),
    ]
)
TARGET = np.dtype([("kind", np.int32), ("column", np.int32), ("also", np.int32)])
TEXT = np.dtype([("hash", np.uint32), ("at", np.uint32), ("size", np.uint32)])


class Store(ctypes.Structure):
    """``struct store``: texts and how they are found."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("bytes", "slots")),
        *((name, ctypes.c_uint32) for name in ("used", "room", "count", "capacity", "mask")),
    )


class Reader(ctypes.Structure):
    """``struct reader``: all the arrays of a reader."""

    _fields_ = (
        *((name, Store) for name in ("key_store", "text_store")),
        *((name, ctypes.c_void_p) for name in ("keys", "texts", "targets", "unknown", "unknown_in")),
        *((name, ctypes.c_void_p) for name in ("ids", "codes", "read")),
        ("documents", ctypes.c_uint64),
        *((name, ctypes.c_int64) for name in ("ids_used", "ids_room", "row_room", "unknown_count")),
        *((name, ctypes.c_int64) for name in ("width", "most_bytes", "largest")),
        *((name, ctypes.c_int64) for name in ("first_time", "last_time", "no_time")),
    )


def address(array: NDArray[Any]) -> int:
    """Where an array's first byte lies; whoever keeps it keeps the array, too."""
    place: int = array.__array_interface__["data"][0]
    return place


class StoreArrays:
    """The arrays behind a `Store`.

    Parameters
    ----------
    store : Store
    capacity : int
        Texts; a power of two.
    room : int
        Bytes of all texts together.
    """

    def __init__(self, store: Store, capacity: int, room: int) -> None:
        self._store = store
        self.bytes = np.zeros(room, dtype=np.uint8)
        self._slots = np.zeros(2 * capacity, dtype=np.uint32)
        store.bytes, store.slots = address(self.bytes), address(self._slots)
        store.capacity, store.room, store.mask = capacity, room, 2 * capacity - 1

    def full(self) -> bool:
        """Whether the next text might find no place."""
        store = self._store
        return bool(store.count >= store.capacity or store.room - store.used <= LONGEST_TEXT)

    def clear(self) -> None:
        """Forget all texts."""
        self._slots[:] = 0
        self._store.used = self._store.count = 0

    def text(self, at: int, size: int) -> str:
        """The text of `size` bytes from `at`."""
        return self.bytes[at : at + size].tobytes().decode()
