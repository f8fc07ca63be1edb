"""Puts the columns of verdicts together: names for codes, lots, flags, what was filled."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.profile import FILL_WAYS
from core.verdict import OUTCOMES, ROUTES, VERDICT_FIELDS, Verdicts
from inference.explain import Reason
from inference.kernels.kernel import Codes
from inference.plan import Floats, Plan
from inference.router import NEAREST, Routed
from inference.routes import NONE
from inference.threshold import Decided
from ingest.fill import Filled, way_columns

Flags = Mapping[str, NDArray[np.bool_]]

_MINUTE, _DAY = 60_000, 86_400_000
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_NO_DAY = -_EPOCH  # outside the calendar
_ROUTES, _OUTCOMES = np.array(ROUTES, dtype=object), np.array(OUTCOMES, dtype=object)


def verdicts_of(
    filled: Filled,
    routed: Routed,
    decided: Decided,
    score: Floats,
    outcome: NDArray[np.int8],
    reasons: list[list[Reason]],
    flags: Flags,
    plan: Plan,
) -> Verdicts:
    """All columns of `core.verdict.VERDICT_FIELDS`."""
    batch = filled.batch
    group = routed.group
    columns: dict[str, Any] = {
        "shot_id": batch.ids.tolist(),
        "shot_time": batch.time,
        "maker": batch.maker.tolist(),
        "facility": batch.facility.tolist(),
        "item": batch.item.tolist(),
        "lot": _lots(filled, plan),
        "cluster": routed.cluster,
        "route": _ROUTES.take(routed.route).tolist(),
        "substitute": _of_group(plan.labels, np.where(routed.route == NEAREST, group, NONE)),
        "distance": routed.distance,
        "model_kind": _of_group(plan.kinds, group),
        "model_version": [plan.version] * len(batch),
        "anomaly_score": score,
        "scaled_score": decided.scaled_score,
        "base": decided.base,
        "weight": decided.weight,
        "tolerance": decided.tolerance,
        "margin": decided.margin,
        "outcome": _OUTCOMES.take(outcome).tolist(),
        "reasons": reasons,
        "filled": _filled_texts(filled, plan),
        "flags": _flag_texts(flags, len(batch)),
    }
    return Verdicts({f.name: columns[f.name] for f in VERDICT_FIELDS})


def _of_group(texts: NDArray[np.object_], group: Codes) -> list[str | None]:
    """The text of each group; None stands last, where the number `NONE` finds it."""
    found: list[str | None] = texts.take(group).tolist()
    return found


def _lots(filled: Filled, plan: Plan) -> list[str | None]:
    """``facility|item|day`` in the plant's own days; None without a time or an item."""
    batch, spots = filled.batch, filled.spots
    day = (batch.time + plan.profile.lot.utc_offset_minutes * _MINUTE) // _DAY
    day[batch.time == NO_TIME] = _NO_DAY
    if (day == day[:1]).all():
        pairs, which = [(code, 0) for code in range(len(spots.keys))], spots.code
        dates = [_date(number) for number in day[:1].tolist()]
    else:
        days, place = np.unique(day, return_inverse=True)
        dates = [_date(number) for number in days.tolist()]
        distinct, which = np.unique(spots.code * len(days) + place, return_inverse=True)
        pairs = [divmod(number, len(days)) for number in distinct.tolist()]
    texts = np.empty(len(pairs), dtype=object)
    for number, (code, place_of_date) in enumerate(pairs):
        (_, facility, item), date = spots.keys[code], dates[place_of_date]
        texts[number] = None if date is None or item is None else f"{facility}|{item}|{date}"
    lots: list[str | None] = texts[which].tolist()
    return lots


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
    if filled.complete:
        return texts
    names = way_columns(plan.profile)
    rows, columns = np.nonzero(filled.ways)
    ways = filled.ways[rows, columns].tolist()
    for row in dict.fromkeys(rows.tolist()):
        texts[row] = {}
    for row, column, way in zip(rows.tolist(), columns.tolist(), ways, strict=True):
        texts[row][names[column]] = FILL_WAYS[way - 1]
    return texts


def _flag_texts(flags: Flags, n: int) -> list[list[str]]:
    texts: list[list[str]] = [[]] * n
    names = list(flags)
    number, rows = np.array(list(flags.values())).nonzero()
    for which, row in zip(number.tolist(), rows.tolist(), strict=True):
        texts[row] = [*texts[row], names[which]]
    return texts
