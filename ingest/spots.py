"""Where records come from: the distinct (maker, facility, item) of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.batch import Batch
from ingest.spot_book import Codes, Spot, SpotBook

_FIRST = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Spots:
    """The distinct (maker, facility, item) of a batch, so that work is done once for each.

    Attributes
    ----------
    book : SpotBook
        What the numbers mean.
    number : (n,) intp
        The spot of each record.
    last : (k,) intp
        Row of the last record of each spot, ascending.
    """

    book: SpotBook
    number: Codes
    last: Codes

    @classmethod
    def of(cls, batch: Batch, book: SpotBook | None = None) -> Spots:
        """Find the distinct spots of a batch."""
        book = book or SpotBook()
        return cls.numbered(book, book.numbers(batch.maker, batch.facility, batch.item))

    @classmethod
    def numbered(cls, book: SpotBook, number: Codes) -> Spots:
        """The same of spots already numbered."""
        n = len(number)
        if n == 1:
            return cls(book, number, _FIRST)
        rows = np.arange(n)
        newest = np.empty(len(book.spots), dtype=np.intp)
        newest[number] = rows  # of several rows the last one stays
        return cls(book, number, (newest[number] == rows).nonzero()[0])

    @property
    def parts(self) -> Codes:
        """Numbers ``(k, 4)`` of maker, facility, item and place of each spot, as its last record."""
        return self.book.parts(self.number[self.last])

    @property
    def place(self) -> Codes:
        """Number ``(n,)`` of the place of each record."""
        return self.book.parts(self.number)[:, 3]

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
