"""Puts the columns of verdicts together: names for codes, lots, flags, what was filled."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile import FILL_WAYS
from core.verdict import OUTCOMES, ROUTES, Verdicts
from inference.explain import Reason
from inference.kernels.kernel import Codes
from inference.plan import Floats, Plan
from inference.router import NEAREST, Routed
from inference.settle import FLAGS, SUBSTITUTED, TIMELESS, Settled
from ingest.fill import Filled, way_columns
from ingest.spot_book import Spot
from ingest.spots import Spots

_MINUTE, _DAY = 60_000, 86_400_000
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_NO_DAY = -_EPOCH  # outside the calendar
_DAYS_KEPT = 4
_NAMES = [tuple(name for k, name in enumerate(FLAGS) if c >> k & 1) for c in range(1 << len(FLAGS))]
_ROUTES, _OUTCOMES = np.array(ROUTES, dtype=object), np.array(OUTCOMES, dtype=object)


def verdicts_of(
    filled: Filled,
    routed: Routed,
    score: Floats,
    settled: Settled,
    reasons: list[list[Reason]],
    plan: Plan,
) -> Verdicts:
    """All columns of `core.verdict.VERDICT_FIELDS`, in their order."""
    batch = filled.batch
    group, decided = routed.group, settled.decided
    columns: dict[str, Any] = {
        "shot_id": batch.ids.tolist(),
        "shot_time": batch.time,
        "maker": batch.maker.tolist(),
        "facility": batch.facility.tolist(),
        "item": batch.item.tolist(),
        "lot": _lots(filled, settled, plan),
        "cluster": routed.cluster,
        "route": _ROUTES.take(routed.route).tolist(),
        "substitute": _substitutes(routed, settled, plan),
        "distance": routed.distance,
        "model_kind": _of_group(plan.kinds, group),
        "model_version": [plan.version] * len(batch),
        "anomaly_score": score,
        "scaled_score": decided.scaled_score,
        "base": decided.base,
        "weight": decided.weight,
        "tolerance": decided.tolerance,
        "margin": decided.margin,
        "outcome": _OUTCOMES.take(decided.outcome).tolist(),
        "reasons": reasons,
        "filled": _filled_texts(filled, plan),
        "flags": _flag_texts(settled.flags),
    }
    return Verdicts(columns)


def _substitutes(routed: Routed, settled: Settled, plan: Plan) -> list[str | None]:
    """Labels of the groups that stand in for another; almost always none do."""
    labels: list[str | None] = [None] * len(routed.route)
    if not settled.all & SUBSTITUTED:
        return labels
    rows = (routed.route == NEAREST).nonzero()[0]
    for row, group in zip(rows.tolist(), routed.group[rows].tolist(), strict=True):
        labels[row] = plan.labels[group]
    return labels


def _of_group(texts: NDArray[np.object_], group: Codes) -> list[str | None]:
    """The text of each group; None stands last, where the number `NONE` finds it."""
    found: list[str | None] = texts.take(group).tolist()
    return found


def _lots(filled: Filled, settled: Settled, plan: Plan) -> list[str | None]:
    """``facility|item|day`` in the plant's own days; None without a time or an item."""
    batch, spots = filled.batch, filled.spots
    offset = plan.profile.lot.utc_offset_minutes * _MINUTE
    if len(batch) == 1 and not settled.all & TIMELESS:
        return _lots_of_day(spots, (int(batch.time[0]) + offset) // _DAY)
    day = (batch.time + offset) // _DAY
    if settled.all & TIMELESS:
        day[settled.flags & TIMELESS > 0] = _NO_DAY
    first = int(day[0]) if len(day) else _NO_DAY
    if (day == first).all():
        return _lots_of_day(spots, first)
    days, place = np.unique(day, return_inverse=True)
    dates = [_date(number) for number in days.tolist()]
    distinct, which = np.unique(spots.number * len(days) + place, return_inverse=True)
    texts = np.empty(len(distinct), dtype=object)
    texts[:] = [
        _lot(spots.book.spots[spot], dates[at])
        for spot, at in (divmod(number, len(days)) for number in distinct.tolist())
    ]
    lots: list[str | None] = texts[which].tolist()
    return lots


def _lots_of_day(spots: Spots, day: int) -> list[str | None]:
    """The lots of records of one day; what a spot's lot is called is kept with its number."""
    date, book = _date(day), spots.book
    if date is None:
        return [None] * len(spots.number)
    known = book.names.get(date)
    if known is None:
        if len(book.names) >= _DAYS_KEPT:
            book.names.clear()
        known = book.names[date] = {}
    numbers = spots.number.tolist()
    lots = list(map(known.get, numbers))
    if None in lots:
        for number in spots.number[spots.last].tolist():
            known[number] = _lot(book.spots[number], date)
        lots = list(map(known.get, numbers))
    return lots


def _lot(spot: Spot, date: str | None) -> str | None:
    _, facility, item = spot
    return None if date is None or item is None else f"{facility}|{item}|{date}"


@lru_cache(maxsize=64)
def _date(day: int) -> str | None:
    """ISO date of days since 1970; None outside the calendar.

    >>> _date(1)
    '1970-01-02'
    """
    ordinal = _EPOCH + day
    if not 1 <= ordinal <= datetime.date.max.toordinal():
        return None
    return datetime.date.fromordinal(ordinal).isoformat()


def _filled_texts(filled: Filled, plan: Plan) -> list[dict[str, str]]:
    """Variable -> way of each record; almost always empty."""
    texts: list[dict[str, str]] = [{}] * len(filled.batch)
    if not len(filled.gaps):
        return texts
    names = way_columns(plan.profile)
    ways = filled.ways[filled.gaps]
    at, columns = ways.nonzero()
    rows, ways = filled.gaps[at], ways[at, columns]
    for row in dict.fromkeys(rows.tolist()):
        texts[row] = {}
    for row, column, way in zip(rows.tolist(), columns.tolist(), ways.tolist(), strict=True):
        texts[row][names[column]] = FILL_WAYS[way - 1]
    return texts


def _flag_texts(flags: NDArray[np.uint8]) -> list[list[str]]:
    """Names of each record's flags, in their order; equal lists are one list."""
    codes = flags.tolist()
    texts = {c: [*_NAMES[c]] for c in set(codes)}
    return list(map(texts.__getitem__, codes))
