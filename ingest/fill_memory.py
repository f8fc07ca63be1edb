"""What each facility last sent: the source of forward filling, small enough to store."""

from __future__ import annotations

import sys
import zlib
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring as _quoted
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile
from ingest.compiled_ledger import installed_exchange
from ingest.facility_memory import NEVER, FacilityMemory
from ingest.fill_ledger import BLANK, CLUSTER, LATEST, RUN, Entries, Ledger
from ingest.spot_book import MOST_SPOTS, Codes, SpotBook
from ingest.stored_memory import STORED, stored_memory

Floats = NDArray[np.float64]

MOST_ITEMS = 16
"""Items remembered per facility; the one made longest ago is forgotten first."""
MOST_ELDERS = 16
"""Older memories still in use, past which the oldest one gets tables of its own."""
_LITTLE = sys.byteorder == "little"
_BLANK = [*BLANK]


class FillMemory:
    """The memory of all facilities. Seen from outside it never changes.

    The newest memory of a plant holds the tables; writing moves them on to the memory
    after it, and leaves what was overwritten with the one before. Who reads an older
    memory pays for a copy, which nobody does but after an error.

    Parameters
    ----------
    facilities : mapping of str to FacilityMemory
    """

    __slots__ = ("__weakref__", "_after", "_elders", "_ledger", "_overwritten", "book")

    def __init__(self, facilities: Mapping[str, FacilityMemory] | None = None) -> None:
        facilities = facilities or {}
        places = sum(len(memory.rows) for memory in facilities.values())
        self.book = SpotBook(max(MOST_SPOTS, 4 * places))
        self._overwritten: Entries | None = None
        self._after: FillMemory | None = None
        self._elders: list[ref[FillMemory]] = []
        self._ledger: Ledger | None = self._written(facilities)

    def _written(self, facilities: Mapping[str, FacilityMemory]) -> Ledger:
        book = self.book
        width = max((len(row) // 8 for m in facilities.values() for row in m.rows.values()), default=0)
        ledger = Ledger(width)
        for name, memory in facilities.items():
            facility = book.add_facility(name)
            places = [book.add_place(facility, item) for item in memory.rows]
            ledger.hold(len(book.places), len(book.facilities))
            for place, row in zip(places, memory.rows.values(), strict=True):
                ledger.clock += 1
                ledger.values[place], ledger.turn[place] = np.frombuffer(row), ledger.clock
            texts = (book.add_text(text) for text in (memory.maker, memory.item, memory.made))
            ledger.newest[facility] = (*texts, memory.cluster, memory.run, memory.latest)
            ledger.heard[facility] = True
        return ledger

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FillMemory) and self.facilities == other.facilities

    __hash__ = None  # type: ignore[assignment]  # compared by what it holds

    @property
    def facilities(self) -> Mapping[str, FacilityMemory]:
        """Facility to what it last sent; made anew at every reading."""
        found = ((name, self.get(name)) for name in list(self.book.facilities))
        return {name: memory for name, memory in found if memory is not None}

    def get(self, facility: str) -> FacilityMemory | None:
        """What a facility last sent, None if it never sent anything."""
        with self.book.lock:
            ledger, number = self._tables(), self.book.facility_number(facility)
            if number is None or number >= len(ledger.heard) or not ledger.heard[number]:
                return None
            maker, item, made, cluster, run, latest = ledger.newest[number].tolist()
            text = self.book.text
            places = self._places(ledger, number)
            rows = {self.book.places[place][1]: ledger.values[place].tobytes() for place in places}
            return FacilityMemory(text(maker), text(item), text(made), cluster, run, latest, rows)

    def _places(self, ledger: Ledger, facility: int) -> list[int]:
        """Places of a facility that are not forgotten, the latest one last."""
        room, turn = len(ledger.turn), ledger.turn.item
        turns = [(turn(place), place) for place in self.book.places_of[facility] if place < room]
        return [place for when, place in sorted(turns) if when][-MOST_ITEMS:]

    def rows_of(self, places: Codes, width: int) -> Floats:
        """Last received values ``(k, width)`` of places by number; NaN where never."""
        with self.book.lock:
            ledger = self._tables()
            rows = np.full((len(places), width), np.nan)
            for at, place in enumerate(places.tolist()):
                facility = self.book.places[place][0]
                many = len(self.book.places_of[facility]) > MOST_ITEMS
                if place < len(ledger.turn) and ledger.values.shape[1] == width:
                    if many and place not in self._places(ledger, facility):
                        continue
                    rows[at] = ledger.values[place]
            return rows

    def newest(self, facilities: Codes) -> NDArray[np.int64]:
        """Columns `fill_ledger.MAKER` to `LATEST` ``(k, 6)`` of facilities by number."""
        with self.book.lock:
            ledger = self._tables()
            ledger.hold(0, len(self.book.facilities))
            return ledger.newest.take(facilities, axis=0)

    def after(self, changes: Mapping[str, FacilityMemory]) -> FillMemory:
        """A memory in which these facilities are replaced."""
        return FillMemory({**self.facilities, **changes}) if changes else self

    def with_last(self, last: Mapping[str, tuple[str | None, int]]) -> FillMemory:
        """A memory that knows item and setting cluster of each facility's last record."""
        known = {name: self.get(name) or NEVER for name in last}
        return self.after({n: m._replace(made=last[n][0], cluster=last[n][1]) for n, m in known.items()})

    def received(
        self, place: Codes, values: Floats, facility: Codes, newest: NDArray[np.int64]
    ) -> FillMemory:
        """The memory after a batch; arguments ``(k, ...)`` as in `fill_ledger.Entries`.

        Rows in the order of the records. A maker or item that is negative in `newest` is not
        known by the batch and stays as it is.
        """
        if not len(place):
            return self
        with self.book.lock:
            ledger = self._tables()
            if ledger.values.shape[1] != values.shape[1]:
                # Nothing was kept yet, or under other variables: those values are forgotten.
                ledger = ledger.copy()
                ledger.values, ledger.turn = np.empty((0, values.shape[1])), np.empty(0, dtype=np.int64)
                kept = True
            else:
                kept = False
            ledger.hold(len(self.book.places), len(self.book.facilities))
            overwritten = installed_exchange()(ledger, place, values, facility, newest)
            return self._moved_on(ledger, None if kept else overwritten)

    def _moved_on(self, ledger: Ledger, overwritten: Entries | None) -> FillMemory:
        after = object.__new__(FillMemory)
        after.book, after._ledger = self.book, ledger
        after._overwritten = after._after = None
        after._elders = []
        if overwritten is None:
            return after
        elders = [elder for elder in self._elders if elder() is not None]
        if len(elders) >= MOST_ELDERS:
            oldest = elders.pop(0)()
            if oldest is not None:
                oldest._tables()  # else what it still needs would pile up
        after._elders = [*elders, ref(self)]
        self._ledger, self._overwritten, self._after = None, overwritten, after
        self._elders = []
        return after

    def _tables(self) -> Ledger:
        """The tables as they were for this memory; under the book's lock."""
        if self._ledger is None:
            older: list[FillMemory] = []
            memory = self
            while memory._ledger is None and memory._after is not None:
                older.append(memory)
                memory = memory._after
            assert memory._ledger is not None
            ledger = memory._ledger.copy()
            for memory in reversed(older):
                if memory._overwritten is not None:
                    ledger.write(memory._overwritten)
            self._ledger, self._overwritten, self._after = ledger, None, None
        return self._ledger

    def tidied(self) -> FillMemory:
        """The same memory; under a new book where the old one holds too much of the past."""
        return FillMemory(self.facilities) if len(self.book.spots) > self.book.most else self

    def to_json(self, facility: str, profile: Profile) -> str:
        """One facility as JSON; read back by `from_json`.

        ``values`` stands empty, for a version from before ``rows``: it starts without them.
        """
        return self.json_of(facility, columns_checksum(profile))

    def json_of(self, facility: str, checksum: int) -> str:
        """The same, with the `columns_checksum` of the profile."""
        book = self.book
        with book.lock:
            ledger, number = self._tables(), book.facility_number(facility)
            newest, rows = _BLANK, ""
            if number is not None and number < len(ledger.heard) and ledger.heard[number]:
                newest = ledger.newest[number].tolist()
                rows = ",".join(
                    f'{_quoted(book.places[place][1])}:"{_packed(ledger.values[place])}"'
                    for place in self._places(ledger, number)
                )
        maker, item, made = (
            "null" if text is None else _quoted(text) for text in map(book.text, newest[:CLUSTER])
        )
        return (
            f'{{"columns":{checksum},"maker":{maker},"item":{item},"made":{made},'
            f'"cluster":{newest[CLUSTER]},"run":{newest[RUN]},"latest":{newest[LATEST]},'
            f'"values":{{}},"rows":{{{rows}}}}}'
        )

    @classmethod
    def from_json(
        cls, stored: Mapping[str, str], profile: Profile, damaged: Callable[[str], object] | None = None
    ) -> FillMemory:
        """The memory of facility -> JSON; see `ingest.stored_memory.stored_memory`.

        Parameters
        ----------
        stored : mapping of str to str
        profile : Profile
        damaged : callable, optional
            Gets the name of each facility whose JSON is damaged: it begins as one never heard of.
        """
        checksum, width = columns_checksum(profile), len(profile.settings) + len(profile.production)
        facilities = {}
        for name, text in stored.items():
            memory = stored_memory(text, checksum, width)
            if memory is not None:
                facilities[name] = memory
            elif damaged is not None:
                damaged(name)
        return cls(facilities)


def _packed(row: Floats) -> str:
    stored = row if _LITTLE else row.astype(STORED)
    return b2a_base64(stored.data, newline=False).decode("ascii")


def columns_checksum(profile: Profile) -> int:
    """Tells the variables of profiles apart."""
    names = [v.name for v in (*profile.settings, *profile.production)]
    return zlib.crc32("|".join(names).encode())
