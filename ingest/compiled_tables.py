"""What a compiled reader remembers: the keys documents have, and the names in them.

Both tables are filled by the compiled code. They have a largest size and begin anew when it
is reached, so that senders whose keys or names never repeat fill no memory.
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from core.batch import Strings
from ingest import compiled_structs as c
from ingest.record_columns import Fields, Path
from ingest.value import key_text

MOST_KEYS = 4096
"""Different paths of keys that are remembered."""
MOST_TEXTS = 65_536
"""Different makers, facilities and items that are remembered."""


class KeyTable:
    """The keys the profile names and those that were met; what to do with the value of each.

    Raises
    ------
    ValueError
        The fields contradict each other, or a key is one no document can have.
    """

    def __init__(self, fields: Fields, state: c.Reader, library: ctypes.PyDLL) -> None:
        self._state, self._fields = state, fields
        self._add = library.sprue_bson_add_key
        self._add.argtypes = (
            *(ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p),
            *(ctypes.c_int32, ctypes.c_int32, ctypes.c_int32),
        )
        self._add.restype = ctypes.c_int32
        self._store = c.StoreArrays(state.key_store, MOST_KEYS, 32 * MOST_KEYS)
        self._keys = np.zeros(MOST_KEYS, dtype=c.KEY)
        self._unknown = np.zeros(MOST_KEYS, dtype=np.int64)
        self._unknown_in = np.zeros(MOST_KEYS, dtype=np.int32)
        self._target_of, self._targets = _targets(fields)
        state.keys, state.targets = c.address(self._keys), c.address(self._targets)
        state.unknown, state.unknown_in = c.address(self._unknown), c.address(self._unknown_in)
        self._names: dict[int, str] = {}
        self._enter()

    def _enter(self) -> None:
        """Enter what the profile names."""
        place: dict[Path, int] = {(): self._entered(c.NONE, "", c.KEY_PARENT, c.NONE)}
        inner = self._fields.known_in
        for parent in sorted(inner, key=len):
            for key in sorted(inner[parent]):
                path = (*parent, key)
                target = self._target_of.get(path, c.NONE)
                if path in inner and target != c.NONE:
                    msg = f"{'.'.join(path)}: expected a value or a sub-document, got both"
                    raise ValueError(msg)
                kind = c.KEY_PARENT if path in inner else c.KEY_IGNORED if target == c.NONE else c.KEY_READ
                place[path] = self._entered(place[parent], key, kind, target)

    def _entered(self, parent: int, key: str, kind: int, target: int) -> int:
        text = key.encode()
        place: int = c.NONE
        if b"\0" not in text:
            place = self._add(ctypes.addressof(self._state), parent, text, len(text), kind, target)
        if place == c.NONE:
            msg = f"{key!r}: expected a key of at most {c.LONGEST_TEXT} bytes that does not begin with $"
            raise ValueError(msg)
        return place

    def count_unknown(self, unknown: Counter[str]) -> None:
        """Add the unknown fields of the last batch."""
        met = self._unknown_in[: self._state.unknown_count]
        for index, times in zip(met.tolist(), self._unknown[met].tolist(), strict=True):
            unknown[self._name(index)] += times
        self._unknown[met] = 0

    def forget_if_full(self) -> None:
        """Begin anew with what the profile names."""
        if self._store.full():
            self._store.clear()
            self._names.clear()
            self._enter()

    def _name(self, index: int) -> str:
        name = self._names.get(index)
        if name is None:
            key = self._keys[index]
            name = self._store.text(int(key["at"]), int(key["size"]))
            if key["parent"] > 0:
                name = f"{self._name(int(key['parent']))}.{name}"
            self._names[index] = name
        return name


class TextTable:
    """Makers, facilities and items: for equal bytes the same `str`, in every batch."""

    def __init__(self, state: c.Reader) -> None:
        self._state = state
        self._store = c.StoreArrays(state.text_store, MOST_TEXTS, 24 * MOST_TEXTS)
        self._texts = np.zeros(MOST_TEXTS, dtype=c.TEXT)
        state.texts = c.address(self._texts)
        self._values: Strings = np.full(MOST_TEXTS, None, dtype=object)
        self._clear()

    def _clear(self) -> None:
        self._store.clear()
        self._values[:] = None
        self._known = self._state.text_store.count = 1  # the first one: missing

    def take(self, codes: NDArray[np.int64]) -> Strings:
        """The texts of codes; all of the last batch at once."""
        count = self._state.text_store.count
        if count != self._known:
            new = self._texts[self._known : count]
            for code, at, size in zip(
                range(self._known, count), new["at"].tolist(), new["size"].tolist(), strict=True
            ):
                self._values[code] = sys.intern(key_text(self._store.text(at, size)) or "")
            self._known = count
        found: Strings = self._values.take(codes)
        if self._store.full():
            self._clear()
        return found


def _targets(fields: Fields) -> tuple[dict[Path, int], NDArray[np.void]]:
    """The first target of each path that is read, and all targets."""
    read = [(path, c.TARGET_NUMBER, column) for column, path in enumerate(fields.numbers)]
    read += [(path, c.TARGET_NAME, column) for column, path in enumerate(fields.names)]
    read.append((fields.time, c.TARGET_TIME, 0))
    target_of: dict[Path, int] = {}
    targets = np.zeros(len(read), dtype=c.TARGET)
    for index, (path, kind, column) in enumerate(read):
        targets[index] = (kind, column, target_of.get(path, c.NONE))
        target_of[path] = index
    return target_of, targets
