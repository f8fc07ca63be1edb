"""What was judged of late, counted by facility, item, setting and route."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection, case, func, select

from core.verdict import Route
from inference.live_counts import Live, LiveCount, LiveKey
from inference.store.reading import StoreReading
from inference.store.tables import store_identity, verdict

BLOCK = 50_000
"""Verdicts counted at a time; what a whole block holds never changes and is counted once."""
BLOCKS = 20
"""Whole blocks looked back on: a million verdicts, whatever the store holds."""


_Row = Sequence[Any]


class LiveReader(StoreReading):
    """Counts recent verdicts. Safe in many threads."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._counting = Lock()
        self._of: tuple[str | None, int] = (None, 0)
        self._whole: dict[int, tuple[_Row, ...]] = {}

    def live(self, later_than: int, until: int | None = None) -> Live:
        """The newest `BLOCK` x `BLOCKS` verdicts and those of the block that is being filled.

        Every row costs once: the first call reads a million, each further one what was
        added since the last whole block.

        Parameters
        ----------
        later_than : int
            Shots made after this are counted as `LiveCount.later`, ms since 1970 UTC.
        until : int, optional
            Newest verdict by its number; a further page is then counted as the first was.
        """
        with self._reading() as connection, self._counting:
            uuid = connection.scalar(select(store_identity.c.uuid))
            if self._of != (uuid, later_than):
                self._whole.clear()
                self._of = uuid, later_than
            newest = connection.scalar(select(func.max(verdict.c.seq))) or 0
            last = newest if until is None else min(until, newest)
            present = last // BLOCK
            oldest = max(present - BLOCKS, 0)
            for number in [n for n in self._whole if not newest // BLOCK - 2 * BLOCKS <= n]:
                del self._whole[number]
            rows: list[_Row] = []
            for number in range(oldest, present):
                if number not in self._whole:
                    self._whole[number] = _count(connection, number * BLOCK, (number + 1) * BLOCK, later_than)
                rows += self._whole[number]
            rows += _count(connection, present * BLOCK, last + 1, later_than)
            begun = select(verdict.c.judged_at).where(verdict.c.seq >= oldest * BLOCK)
            since = connection.scalar(begun.order_by(verdict.c.seq).limit(1)) if last else None
        return Live(_summed(rows), max(oldest * BLOCK, min(1, last)), last, since)


def _count(connection: Connection, begin: int, end: int, later_than: int) -> tuple[_Row, ...]:
    """Counts of the verdicts numbered `begin` to before `end`; along the primary key alone."""
    key = [verdict.c[name] for name in (*LiveKey._fields, "route")]
    query = (
        select(
            *key,
            func.count(),
            func.sum(case((verdict.c.outcome == "NG", 1), else_=0)),
            func.sum(case((verdict.c.shot_time > later_than, 1), else_=0)),
            func.max(verdict.c.shot_time),
            func.sum(verdict.c.distance),
            func.count(verdict.c.distance),
        )
        .where(verdict.c.seq >= begin, verdict.c.seq < end)
        .group_by(*key)
    )
    return tuple(connection.execute(query).all())


def _summed(rows: Iterable[_Row]) -> tuple[LiveCount, ...]:
    """The blocks' counts put together, in the order of their keys."""
    total: dict[tuple[LiveKey, Route], list[float | None]] = {}
    for maker, facility, item, cluster, route, *numbers in rows:
        shots, ng, later, last, distance, measured = numbers
        sums = total.setdefault((LiveKey(maker, facility, item, cluster), route), [0, 0, 0, None, 0.0, 0])
        for place, number in ((0, shots), (1, ng), (2, later), (4, distance), (5, measured)):
            sums[place] += number or 0  # type: ignore[operator]  # only the third is ever None
        sums[3] = last if sums[3] is None else max(sums[3], sums[3] if last is None else last)
    found = []
    for (key, route), (shots, ng, later, last, distance, measured) in total.items():
        far = distance / measured if distance is not None and measured else None
        whole = int(shots or 0), int(ng or 0), int(later or 0)
        found.append(LiveCount(key, route, *whole, None if last is None else int(last), far))
    return tuple(sorted(found, key=lambda c: (*("" if k is None else str(k) for k in c.key), c.route)))
