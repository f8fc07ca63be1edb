"""Numbers for where records come from, so that batches are looked up as arrays."""

from __future__ import annotations

import ctypes
from itertools import count
from threading import RLock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.batch import Strings
from native.known_objects import KnownObjects
from native.library import compiled

Codes = NDArray[np.intp]
Spot = tuple[str | None, str, str | None]

NO_TEXT = -1
"""Number of a text that is not there."""
MAKER, FACILITY, ITEM, PLACE = range(4)
"""Columns of `SpotBook.parts`."""
MOST_SPOTS = 1 << 15
"""Spots numbered before a book is begun anew."""
MOST_OBJECTS = 1 << 15
"""Spots told by the identity of their texts at a time."""
_WORTH = 8

_SERIALS = count()


class SpotBook:
    """Numbers spots, and the facilities, places and texts they consist of.

    Only ever appended to: a number once given means the same for as long as the book is
    used, so that all memories of one plant may share it. Safe in threads.

    A spot is a (maker, facility, item); a place is a (facility, item), whoever made the
    machine, a record without an item standing at the facility's place ``""``.

    Attributes
    ----------
    serial : int
        Tells books apart.
    spots : list of tuple
        By number.
    facilities, texts : list of str
        By number; texts are makers and items.
    places : list of tuple
        Facility's number and item, by number.
    places_of : list of list of int
        Places of each facility, in the order they came.
    lock : RLock
        Held while anything is added to the book, or to what its numbers index.
    most : int
        Spots, past which it is time for a new book.
    names : dict
        What spots are called by number, under whatever the name depends on.
    """

    def __init__(
        self, most: int = MOST_SPOTS, library: ctypes.PyDLL | Literal["installed"] | None = "installed"
    ) -> None:
        self.serial = next(_SERIALS)
        self.lock = RLock()
        self.most = most
        self.names: dict[str, dict[int, str | None]] = {}
        self.spots: list[Spot] = []
        self.facilities: list[str] = []
        self.texts: list[str] = []
        self.places: list[tuple[int, str]] = []
        self.places_of: list[list[int]] = []
        self._spot: dict[Spot, int] = {}
        self._facility: dict[str, int] = {}
        self._text: dict[str, int] = {}
        self._place: dict[tuple[int, str], int] = {}
        self._table = np.empty((64, 4), dtype=np.intp)
        library = compiled() if library == "installed" else library
        self._told_by_identity = 0
        self._same = None if library is None else KnownObjects(MOST_OBJECTS, library)

    def numbers(self, maker: Strings, facility: Strings, item: Strings) -> Codes:
        """The spot's number ``(n,)`` of each record; a new one is added."""
        if len(facility) == 1:
            spot = (maker[0], facility[0], item[0])
            found = self._spot.get(spot)
            return np.array([self.add(spot) if found is None else found], dtype=np.intp)
        same = self._same
        if same is not None:
            numbers = same.find(maker, facility, item)
            if numbers is not None:
                self._told_by_identity += len(numbers)
                return numbers
        rows = list(zip(maker.tolist(), facility.tolist(), item.tolist(), strict=True))
        known = list(map(self._spot.get, rows))
        if None in known:
            known = [self.add(spot) for spot in rows]
        if same is not None:
            self._note(same, rows, known)
        return np.array(known, dtype=np.intp)

    def _note(self, same: KnownObjects, rows: list[Spot], numbers: list[int | None]) -> None:
        """Remember the very objects of these rows: a reader gives equal texts as one object."""
        with self.lock:
            pairs = zip(rows, numbers, strict=True)
            same.add({(id(m), id(f), id(i)): ((m, f, i), number or 0) for (m, f, i), number in pairs})
            if same.full and same is self._same:
                # Given up where whoever reads these records makes each text anew.
                worth = self._told_by_identity > _WORTH * MOST_OBJECTS
                self._same = KnownObjects(MOST_OBJECTS, same.library) if worth else None
                self._told_by_identity = 0

    def parts(self, spot: Codes) -> Codes:
        """Numbers ``(k, 4)`` of the maker, facility, item and place of spots ``(k,)``."""
        return self._table.take(spot, axis=0)

    def add(self, spot: Spot) -> int:
        """The number of a spot, a new one if it has none."""
        with self.lock:
            found = self._spot.get(spot)
            if found is not None:
                return found
            maker, name, item = spot
            facility = self.add_facility(name)
            row = (self.add_text(maker), facility, self.add_text(item), self.add_place(facility, item or ""))
            number = len(self.spots)
            if number == len(self._table):
                self._table = np.concatenate([self._table, np.empty_like(self._table)])
            self._table[number] = row
            self.spots.append(spot)
            self._spot[spot] = number
            return number

    def add_facility(self, name: str) -> int:
        """The number of a facility, a new one if it has none."""
        with self.lock:
            number = self._facility.setdefault(name, len(self.facilities))
            if number == len(self.facilities):
                self.facilities.append(name)
                self.places_of.append([])
            return number

    def add_place(self, facility: int, item: str) -> int:
        """The number of a facility's place for an item, a new one if it has none."""
        with self.lock:
            number = self._place.setdefault((facility, item), len(self.places))
            if number == len(self.places):
                self.places.append((facility, item))
                self.places_of[facility].append(number)
            return number

    def add_text(self, text: str | None) -> int:
        """The number of a maker or item, a new one if it has none; `NO_TEXT` for None."""
        if text is None:
            return NO_TEXT
        with self.lock:
            number = self._text.setdefault(text, len(self.texts))
            if number == len(self.texts):
                self.texts.append(text)
            return number

    def facility_number(self, name: str) -> int | None:
        """The number of a facility, None if it never came."""
        return self._facility.get(name)

    def text(self, number: int) -> str | None:
        """The text of a number."""
        return None if number == NO_TEXT else self.texts[number]
