"""The layouts that documents of a stream were seen in lately, and documents read by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.layout import Bytes, Layout
from ingest.record_columns import Fields, RecordColumns, Rows

FEWEST = 8
"""Documents of one length from which on reading them together pays."""
MOST_LAYOUTS = 128
"""Layouts remembered; the one not met for longest is forgotten first."""
LEARNT_AT_ONCE = 16
"""Attempts; each costs as much as reading some ten documents."""
SHARED_BY = 3
"""Other documents of a batch that make a layout worth remembering."""
LONGEST = 64 * 1024
"""Bytes of a document that is worth a layout."""
LONGEST_PAUSE = 32
"""Batches after which senders who repeat too little are given another chance."""
_SLICE = 256 * 1024
"""Bytes compared at once: what stays in a processor's cache."""


class LayoutBook:
    """Reads documents of known layouts and learns new ones.

    Parameters
    ----------
    fields : Fields
        What is read of each document.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._layouts: list[Layout] = []
        self._pause = 0
        self._paused_for = 0

    def read(
        self, documents: Sequence[bytes | None], unknown: Counter[str]
    ) -> tuple[RecordColumns, NDArray[np.bool_], NDArray[np.bool_]] | None:
        """Read the documents of known layouts.

        Parameters
        ----------
        documents : sequence of bytes or None
        unknown : Counter
            Fields the profile does not name are counted here.

        Returns
        -------
        None
            No layout was even tried: too few documents of any known length, or too few of the
            last ones were of a known layout.
        columns : RecordColumns
            A row for each document, missing where it was not read.
        fits, read : (n,) bool
            Whose layout is known, and who was read. One that fits and was not read holds a
            value out of the ordinary.
        """
        if len(documents) < FEWEST or not self._layouts:
            return None
        if self._paused_for:
            self._paused_for -= 1
            return None
        rows_of: dict[int, list[int]] = {layout.length: [] for layout in self._layouts}
        for row, document in enumerate(documents):
            rows = rows_of.get(len(document or b""))
            if rows is not None:
                rows.append(row)
        tried = {length: rows for length, rows in rows_of.items() if len(rows) >= FEWEST}
        if not tried:
            return None
        columns = RecordColumns.missing(len(documents), len(self._fields.numbers))
        fits, read = np.zeros((2, len(documents)), dtype=np.bool_)
        effort = 0  # in documents that could be read one by one meanwhile
        for length, rows in tried.items():
            step = max(FEWEST, _SLICE // length)
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                joined = np.frombuffer(b"".join([documents[row] or b"" for row in part]), dtype=np.uint8)
                block, left = joined.reshape(-1, length), np.array(part)
                for layout in [one for one in reversed(self._layouts) if one.length == length]:
                    same = layout.fits(block)
                    effort += 1
                    if not same.any():
                        continue
                    effort += 4
                    fits[left[same]] = True
                    good = self._read(layout, block[same], left[same], columns)
                    if len(good):
                        read[good] = True
                        unknown.update(dict.fromkeys(layout.unknown, len(good)))
                    block, left = block[~same], left[~same]
                    if not len(left):
                        break
        # Trying in vain costs more than it saves: after every failure for twice as long.
        found = np.count_nonzero(fits)
        rare = 2 * found < len(documents) or found < effort
        self._pause = min(max(1, 2 * self._pause), LONGEST_PAUSE) if rare else 0
        self._paused_for = self._pause
        return columns, fits, read

    def _read(self, layout: Layout, block: Bytes, rows: Rows, columns: RecordColumns) -> Rows:
        """Fill in the rows of a block of one layout; which of them were read."""
        self._layouts.remove(layout)
        self._layouts.append(layout)
        found, good = layout.read(block)
        rows = rows[good]
        columns.put(rows, found.take(good))
        return rows

    def learn(self, documents: Sequence[bytes]) -> None:
        """Learn layouts from documents of none that were read without fault.

        A length met too rarely, or documents that each need a closer look, teach nothing.
        """
        if len(documents) < FEWEST or self._paused_for != self._pause:
            return
        of_length: dict[int, list[bytes]] = {}
        for document in documents:
            of_length.setdefault(len(document), []).append(document)
        attempts = LEARNT_AT_ONCE
        for length, alike in sorted(of_length.items(), key=lambda item: -len(item[1])):
            while len(alike) >= FEWEST and length <= LONGEST and attempts:
                attempts -= 1
                model, *others = alike
                try:
                    layout = Layout(model, self._fields)
                except ValueError:
                    alike = others
                    continue
                block = np.frombuffer(b"".join(others), dtype=np.uint8).reshape(-1, length)
                fits = layout.fits(block).tolist()
                alike = [document for document, fit in zip(others, fits, strict=True) if not fit]
                if len(others) - len(alike) >= SHARED_BY:
                    self._layouts.append(layout)
        del self._layouts[:-MOST_LAYOUTS]
