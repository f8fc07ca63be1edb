"""Collects, lot by lot, what drift is told from: a few sums a group, however long production runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.beside import DriftLot
from core.profile import GroupKey
from core.verdict import Verdicts
from models.reference import Reference

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LOOKED_AT = 100
"""Shots of one batch that are looked at; of a larger one every second, third, ... What stands in for
a lot's mean needs no more, and catching up stays as fast as it is."""
FOLDED = 1000
"""Shots kept as they are before they are added up: for single shots that is most of the work."""
MOST_AHEAD = 7
"""Days ahead of the others; a press whose clock runs further ahead would close everybody's lots."""
MOST_BACK = 366
"""Days behind the open lot: the clock was wrong then, not now, and the lot begins anew."""
_NO_GROUP = -1
_DAY, _MINUTE = 86_400_000, 60_000


class DriftWatch:
    """Adds up shots by group and day for one version; used by one thread.

    Each group has one open lot, its newest day; a shot of an earlier day is too late to count.

    Parameters
    ----------
    version : str
    keys : sequence of GroupKey
        Of the version's models, in their order.
    reference : Reference or None
        None: values are not looked at, shots and flags are.
    width : int
        Measured variables.
    utc_offset_minutes : int
        Where the plant's day begins.
    kept : iterable of DriftLot
        As written before: the open lots go on from there.
    """

    def __init__(
        self,
        version: str,
        keys: Sequence[GroupKey],
        reference: Reference | None,
        width: int,
        utc_offset_minutes: int,
        kept: Iterable[DriftLot] = (),
    ) -> None:
        self.version = version
        self._numbers = {tuple(key): number for number, key in enumerate(keys)}
        self._labels = {f"{k.facility}|{k.item}|{k.cluster}": number for number, k in enumerate(keys)}
        self._reference = reference
        self._width = width if reference is not None else 0
        self._offset = utc_offset_minutes * _MINUTE
        groups = len(keys) + 1  # the last one: judged by no model
        self._day = np.full(groups, NO_TIME, dtype=np.int64)
        self._counts = np.zeros((groups, 3), dtype=np.int64)
        self._sums = np.zeros((groups, 2, self._width))
        self._dirty = np.zeros(groups, dtype=np.bool_)
        self._waiting: list[tuple[Mapping[str, Sequence[Any]], Floats]] = []
        self._rows = 0
        self._closed: dict[tuple[int, int], DriftLot] = {}
        for lot in kept:
            self._go_on(lot, groups)

    def observe(self, verdicts: Verdicts, production: Floats) -> None:
        """Look at judged shots; `production` ``(n, p)`` as received, NaN = missing."""
        n = len(verdicts)
        columns: Mapping[str, Sequence[Any]] = verdicts.columns
        if n > LOOKED_AT:
            step = slice(None, None, -(-n // LOOKED_AT))
            columns = {name: columns[name][step] for name in _COLUMNS}
            production = production[step].copy()  # a slice would keep the whole batch alive
        self._waiting.append((columns, production))
        self._rows += len(production)
        if self._rows >= FOLDED:
            self._fold()

    def lots(self, most: int | None = None) -> list[DriftLot]:
        """Lots that changed since they were last told, at most so many; the earlier days first."""
        self._fold()
        told = [self._closed.pop(key) for key in sorted(self._closed, key=lambda key: key[1])[:most]]
        left = None if most is None else most - len(told)
        changed = np.flatnonzero(self._dirty)[:left]
        self._dirty[changed] = False
        return [*told, *(self._lot(group) for group in changed.tolist())]

    def _groups(self, columns: Mapping[str, Any]) -> tuple[Codes, NDArray[np.bool_]]:
        """Whose model judged each shot, the last number for none; and whether it is its own."""
        last = len(self._day) - 1
        cluster = columns["cluster"].tolist()
        keys = zip(columns["maker"], columns["facility"], columns["item"], cluster, strict=True)
        of_key = map(self._numbers.get, keys, repeat(last))
        of_label = map(self._labels.get, columns["substitute"], repeat(last))
        own = np.array(list(map("trained".__eq__, columns["route"])), dtype=np.bool_)
        found = np.where(own, np.fromiter(of_key, np.intp), np.fromiter(of_label, np.intp))
        return found, own & (found < last)

    def _fold(self) -> None:
        """Add up what waits, day by day."""
        if not self._waiting:
            return
        columns: dict[str, Any] = {
            name: np.concatenate([part[name] for part, _ in self._waiting])
            if name in _NUMBERS
            else list(chain.from_iterable(part[name] for part, _ in self._waiting))
            for name in _COLUMNS
        }
        production = np.concatenate([values for _, values in self._waiting])
        self._waiting, self._rows = [], 0
        group, own = self._groups(columns)
        flagged = np.array(list(map("NG".__eq__, columns["outcome"])), dtype=np.bool_)
        counts = np.stack([own, own & flagged, ~own], axis=1).astype(np.int64)
        time = columns["shot_time"]
        day = np.where(time == NO_TIME, NO_TIME, (time + self._offset) // _DAY)
        values = np.where(own[:, None], production, np.nan) if self._width else production
        timed = day != NO_TIME
        if not timed.any():
            return
        usual = np.median(day[timed])
        # The only shot of its time, with a clock far ahead, is nobody's exception: it is found out later.
        wrong = np.unique(group[timed & (self._day[group] > usual + MOST_BACK)])
        self._day[wrong], self._counts[wrong], self._sums[wrong] = NO_TIME, 0, 0.0
        in_time = timed & (day >= self._day[group]) & (day <= usual + MOST_AHEAD)
        for today in np.unique(day[in_time]).tolist():
            rows = np.flatnonzero(in_time & (day == today))
            rows = rows[np.argsort(group[rows], kind="stable")]
            starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
            groups = group[rows[starts]]
            self._turn_over(groups, today)
            self._counts[groups] += np.add.reduceat(counts[rows], starts, axis=0)
            if self._width:
                self._sums[groups] += self._measured(values[rows], group[rows], starts)
            self._dirty[groups] = True

    def _measured(self, values: Floats, group: Codes, starts: Codes) -> Floats:
        """How many values and their clipped sum ``(g, 2, p)`` of rows sorted by group."""
        assert self._reference is not None
        # Where no model judged all values are missing, whichever group's limits they meet.
        of = np.minimum(group, len(self._reference) - 1)
        clipped = np.clip(values, self._reference.clip_low[of], self._reference.clip_high[of])
        there = np.isfinite(clipped)
        both = np.stack([there, np.where(there, clipped, 0.0)], axis=1)
        sums: Floats = np.add.reduceat(both, starts, axis=0)
        return sums

    def _turn_over(self, groups: Codes, today: int) -> None:
        """Close the open lots of these groups that are of an earlier day, and open today's."""
        past = groups[self._day[groups] < today]
        for group in past[self._dirty[past]].tolist():
            lot = self._lot(group)
            self._closed[lot.group, lot.day] = lot
        self._day[past], self._counts[past], self._sums[past] = today, 0, 0.0

    def _lot(self, group: int) -> DriftLot:
        number = group if group < len(self._day) - 1 else _NO_GROUP
        shots, flagged, substituted = self._counts[group].tolist()
        measured = self._sums[group].astype("<f8").tobytes()
        return DriftLot(self.version, number, int(self._day[group]), shots, flagged, substituted, measured)

    def _go_on(self, lot: DriftLot, groups: int) -> None:
        group = lot.group if lot.group != _NO_GROUP else groups - 1
        if not 0 <= group < groups or lot.day < self._day[group]:
            return
        self._day[group] = lot.day
        self._counts[group] = lot.shots, lot.flagged, lot.substituted
        sums = np.frombuffer(lot.measured, dtype="<f8")
        if sums.size == 2 * self._width:
            self._sums[group] = sums.reshape(2, self._width)


_COLUMNS = ("maker", "facility", "item", "cluster", "route", "substitute", "outcome", "shot_time")
_NUMBERS = frozenset({"cluster", "shot_time"})
