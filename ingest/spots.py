"""Where records come from: the distinct (maker, facility, item) of a batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.batch import Batch
from ingest.spot_book import PLACE, Codes, Spot, SpotBook

_FIRST = np.zeros(1, dtype=np.intp)


class Spots(NamedTuple):
    """The distinct (maker, facility, item) of a batch, so that work is done once for each.

    Attributes
    ----------
    book : SpotBook
        What the numbers mean.
    number : (n,) intp
        The spot of each record.
    last : (k,) intp
        Row of the last record of each spot, ascending.
    each : (n, 4) intp
        Numbers of maker, facility, item and place of each record.
    parts : (k, 4) intp
        The same of each spot, as `last`.
    """

    book: SpotBook
    number: Codes
    last: Codes
    each: Codes
    parts: Codes

    @classmethod
    def of(cls, batch: Batch, book: SpotBook | None = None) -> Spots:
        """Find the distinct spots of a batch."""
        book = book or SpotBook()
        return cls.numbered(book, book.numbers(batch.maker, batch.facility, batch.item))

    @classmethod
    def numbered(cls, book: SpotBook, number: Codes) -> Spots:
        """The same of spots already numbered."""
        n = len(number)
        each = book.parts(number)
        if n == 1:
            return cls(book, number, _FIRST, each, each)
        rows = np.arange(n)
        newest = np.empty(len(book.spots), dtype=np.intp)
        newest[number] = rows  # of several rows the last one stays
        last = (newest[number] == rows).nonzero()[0]
        return cls(book, number, last, each, each if len(last) == n else each.take(last, axis=0))

    @property
    def place(self) -> Codes:
        """Number ``(n,)`` of the place of each record."""
        return self.each[:, PLACE]

    @property
    def keys(self) -> list[Spot]:
        """``(maker, facility, item)``, in the order of their last record."""
        return [self.book.spots[k] for k in self.number[self.last].tolist()]

    @property
    def code(self) -> Codes:
        """Index ``(n,)`` into `keys` of each record."""
        place = np.empty(len(self.book.spots), dtype=np.intp)
        place[self.number[self.last]] = np.arange(len(self.last))
        return place[self.number]

    def some(self, rows: Codes) -> Spots:
        """The spots of these rows only; `last` counts among them."""
        return self.numbered(self.book, self.number[rows])
