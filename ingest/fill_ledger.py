"""The tables a fill memory stands on: last values by place, last record by facility."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from ingest.spot_book import NO_TEXT, Codes

Floats = NDArray[np.float64]

NO_CLUSTER = -1
NO_RUN = -1
"""Run of a facility that never sent anything."""
MAKER, ITEM, MADE, CLUSTER, RUN, LATEST = range(6)
"""Columns of `Ledger.newest`."""
NEWEST = LATEST + 1
"""How many they are."""
BLANK = (NO_TEXT, NO_TEXT, NO_TEXT, NO_CLUSTER, NO_RUN, NO_TIME)
"""The row of `Ledger.newest` of a facility that never sent anything."""


class Entries(NamedTuple):
    """Rows to be written into a ledger, or to be put back; of equal numbers the last counts.

    Attributes
    ----------
    place : (k,) intp
    values : (k, w) float64
        Last received values of each place.
    turn : (k,) int64
        When each was received, in any ascending unit; 0 = never.
    facility : (k,) intp
    newest : (k, NEWEST) int64
        Numbers of maker and item last received and of the item made, the cluster, how many
        records the run has that is going on, the latest time; see `FacilityMemory`.
    heard : (k,) bool
        Whether the facility ever sent anything.
    """

    place: Codes
    values: Floats
    turn: NDArray[np.int64]
    facility: Codes
    newest: NDArray[np.int64]
    heard: NDArray[np.bool_]


class Ledger:
    """Arrays over the places and facilities of a `SpotBook`; changed in place.

    Attributes
    ----------
    values : (P, w) float64
        Last received set and measured values of each place; NaN = never received.
    turn : (P,) int64
        See `Entries`.
    newest : (F, NEWEST) int64
        See `Entries`.
    heard : (F,) bool
    clock : int
        The latest turn.
    """

    __slots__ = ("clock", "heard", "newest", "turn", "values")

    def __init__(self, width: int = 0) -> None:
        self.values = np.empty((0, width))
        self.turn = np.zeros(0, dtype=np.int64)
        self.newest = np.empty((0, NEWEST), dtype=np.int64)
        self.heard = np.zeros(0, dtype=np.bool_)
        self.clock = 0

    def copy(self) -> Ledger:
        """Another one with the same contents."""
        twin = Ledger()
        for name in self.__slots__:
            value = getattr(self, name)
            setattr(twin, name, value if name == "clock" else value.copy())
        return twin

    def hold(self, places: int, facilities: int) -> None:
        """Make room for so many."""
        if places > len(self.turn):
            more = max(64, places) * 2 - len(self.turn)
            self.values = np.concatenate([self.values, np.full((more, self.values.shape[1]), np.nan)])
            self.turn = np.concatenate([self.turn, np.zeros(more, dtype=np.int64)])
        if facilities > len(self.heard):
            more = max(64, facilities) * 2 - len(self.heard)
            blank = np.tile(np.array(BLANK, dtype=np.int64), (more, 1))
            self.newest = np.concatenate([self.newest, blank])
            self.heard = np.concatenate([self.heard, np.zeros(more, dtype=np.bool_)])

    def at(self, place: Codes, facility: Codes) -> Entries:
        """What stands there now, copied."""
        return Entries(
            place,
            self.values.take(place, axis=0),
            self.turn.take(place),
            facility,
            self.newest.take(facility, axis=0),
            self.heard.take(facility),
        )

    def write(self, entries: Entries) -> None:
        """Write these in the place of what stands there."""
        self.values[entries.place] = entries.values
        self.turn[entries.place] = entries.turn
        self.newest[entries.facility] = entries.newest
        self.heard[entries.facility] = entries.heard

    def exchange(self, place: Codes, values: Floats, facility: Codes, newest: NDArray[np.int64]) -> Entries:
        """Write rows down, as of `Entries`, heard now in this order; what stood there before.

        Makers and items below 0 in `newest` are not known: they are set to what stood there.
        """
        overwritten = self.at(place, facility)
        unknown = newest[:, : ITEM + 1] < 0
        if unknown.any():
            sent = newest[:, : ITEM + 1]
            sent[unknown] = overwritten.newest[:, : ITEM + 1][unknown]
        turn = np.arange(self.clock + 1, self.clock + 1 + len(place))
        heard = np.ones(len(facility), dtype=np.bool_)
        self.write(Entries(place, values, turn, facility, newest, heard))
        self.clock += len(place)
        return overwritten
