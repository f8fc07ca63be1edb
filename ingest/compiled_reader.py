"""Raw BSON into columns in one pass over the bytes, by the compiled library.

It reads only documents it is sure about: every value read is an ordinary one, every other
value is valid, no key comes twice. The rest is left to `ingest.record_reader`, which alone
decides what is wrong with a document; whatever is read here comes out as if it had been read
there.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Sequence
from struct import pack

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from ingest.compiled_structs import LONGEST_TEXT, Reader, address
from ingest.compiled_tables import KeyTable, TextTable
from ingest.record_columns import Fields, RecordColumns
from ingest.record_reader import MAX_BYTES
from ingest.value import FIRST_TIME, LARGEST, LAST_TIME

JOINED = 16 * 1024 * 1024
"""Bytes of documents that are laid side by side at once."""


class CompiledReader:
    """Reads the documents of one profile; not for several threads at once.

    Parameters
    ----------
    fields : Fields
        What is read of each document.
    library : ctypes.PyDLL
        `native.library.compiled`.

    Raises
    ------
    ValueError
        The fields contradict each other: one is read as a value and as a sub-document.
    """

    def __init__(self, fields: Fields, library: ctypes.PyDLL) -> None:
        self._width = len(fields.numbers)
        self._otherwise = [(name, text) for name, text in enumerate(fields.otherwise) if text is not None]
        self._state = state = Reader(
            width=self._width,
            most_bytes=MAX_BYTES,
            largest=int(LARGEST),
            first_time=FIRST_TIME,
            last_time=LAST_TIME,
            no_time=int(NO_TIME),
        )
        self._pointer = ctypes.addressof(state)
        self._keys = KeyTable(fields, state, library)
        self._texts = TextTable(state)
        self._read = library.sprue_bson_columns
        self._read.argtypes = (
            *(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p),
            *(ctypes.c_int64, ctypes.c_void_p),
        )
        self._read.restype = ctypes.c_int64
        self._make_room(1024)

    def _make_room(self, rows: int) -> None:
        self._ids = np.zeros(rows * (LONGEST_TEXT + 2), dtype=np.uint8)
        self._codes = np.zeros((3, rows), dtype=np.int64)
        self._good = np.zeros(rows, dtype=np.bool_)
        self._id_bytes = self._ids.data
        state = self._state
        state.ids, state.codes, state.read = address(self._ids), address(self._codes), address(self._good)
        state.row_room, state.ids_room = rows, rows * (LONGEST_TEXT + 1)

    def read(
        self, documents: Sequence[bytes], unknown: Counter[str]
    ) -> tuple[RecordColumns, NDArray[np.bool_] | None]:
        """Columns of all documents, and which of them were read.

        Parameters
        ----------
        documents : sequence of bytes
        unknown : Counter
            Fields the profile does not name are counted here, of the documents that were read.

        Returns
        -------
        columns : RecordColumns
            Of documents that were not read the numbers and the time mean nothing.
        read : (n,) bool or None
            None: all of them.
        """
        n, width = len(documents), self._width
        sizes = list(map(len, documents))
        if n > 1 and sum(sizes) > JOINED:
            return self._in_two_parts(documents, unknown)
        if n > self._state.row_room:
            self._make_room(n)
        block = np.empty(n * (width + 1))
        count = self._read(self._pointer, b"".join(documents), pack(f"{n}q", *sizes), n, address(block))
        ids = np.empty(n, dtype=object)
        ids[:] = str(self._id_bytes[: self._state.ids_used], "utf-8").split("\0")[:n]
        names = self._texts.take(self._codes[:, :n])
        for name, text in self._otherwise:
            names[name, self._codes[name, :n] == 0] = text
        maker, facility, item = names
        if self._state.unknown_count:
            self._keys.count_unknown(unknown)
        self._keys.forget_if_full()
        columns = RecordColumns(
            ids=ids,
            time=block[n * width :].view(np.int64),
            maker=maker,
            facility=facility,
            item=item,
            numbers=block[: n * width].reshape(n, width),
        )
        return columns, None if count == n else self._good[:n].copy()

    def _in_two_parts(
        self, documents: Sequence[bytes], unknown: Counter[str]
    ) -> tuple[RecordColumns, NDArray[np.bool_]]:
        half = len(documents) // 2
        parts = [self.read(some, unknown) for some in (documents[:half], documents[half:])]
        columns = RecordColumns.together([columns for columns, _ in parts])
        read = [np.ones(len(found.ids), dtype=np.bool_) if good is None else good for found, good in parts]
        return columns, np.concatenate(read)
