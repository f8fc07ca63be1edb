"""Why a record was judged WARN or NG: which measured values drove it, in plain numbers.

By occlusion, the same for every detector: put the group's usual value in place of one
measured value, score again, and see by how much the score falls. Values far outside
the training range come first: clipping hides them from the score.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.kernels.kernel import Codes
from inference.plan import Floats, Plan

Reason = dict[str, Any]
"""``variable``, ``value``, normal band ``low`` and ``high``, ``direction`` (high or low),
``contribution`` (share of the explained score, 0-1, null where none applies), ``evidence``:
``score``, ``range`` (beyond the training range) or ``limits`` (beyond the static limits)."""

MOST = 3
"""Contributions named per record, and range violations named per record."""
_ROWS = 256  # records explained at a time: each is scored once for every measured value
_ROUNDING = 1e-6  # of the score: a smaller fall means nothing


def contributions(values: Floats, group: Codes, score: Floats, plan: Plan) -> Floats:
    """Share ``(n, p)`` of each measured value in the fall of the score under occlusion.

    Rows add up to 1. Where no single value lowers the score, the distance from the
    middle of the normal band, in half bands, is shared out instead.
    """
    n = len(values)
    shares = np.empty(values.shape)
    for start in range(0, n, _ROWS):
        part = slice(start, min(start + _ROWS, n))
        mine, before = group[part], score[part, None]
        x = plan.ranges.scale(values[part], mine)
        usual = plan.ranges.scale(plan.ranges.band_centre.take(mine, axis=0), mine)
        drop = before - plan.score_occluded(x, usual, mine)
        drop[~(drop > _ROUNDING * before)] = 0.0
        total = np.add.reduce(drop, axis=1, keepdims=True)
        flat = total[:, 0] <= 0
        if np.logical_or.reduce(flat):
            drop[flat] = _out_of_band(values[part][flat], mine[flat], plan)
            total = np.add.reduce(drop, axis=1, keepdims=True)
            total[total <= 0] = 1.0  # every part is 0 then
        np.divide(drop, total, out=shares[part])
    return shares


def explain(values: Floats, group: Codes, score: Floats, plan: Plan) -> list[list[Reason]]:
    """Reasons of records a model judged: range violations first, then top contributions.

    Parameters
    ----------
    values : (n, p) float64
        Completed measured values.
    group : (n,) intp
        Group whose model judged.
    score : (n,) float64
        Their anomaly scores.
    plan : Plan
    """
    if not len(values):
        return []
    shares = contributions(values, group, score, plan)
    largest = (-shares).argsort(axis=1, kind="stable")[:, :MOST]
    parts = shares[np.arange(len(shares))[:, None], largest]
    candidates = zip(largest.tolist(), parts.tolist(), strict=True)
    furthest = _furthest(values, group, plan)
    rows: list[int] = []
    columns: list[int] = []
    for row, (columns_of_row, share) in enumerate(candidates):
        far = furthest.get(row, [])
        top = [j for j, part in zip(columns_of_row, share, strict=True) if part > 0 and j not in far]
        rows += [row] * (len(far) + len(top))
        columns += far + top
    return _told(values, group, shares, (rows, columns), furthest, plan)


def _furthest(values: Floats, group: Codes, plan: Plan) -> dict[int, list[int]]:
    """For each row with values out of range: their columns, those furthest out first."""
    row, column = plan.ranges.violated(values, group).nonzero()
    if not len(row):
        return {}
    over = plan.ranges.excess(values[row], group[row])[np.arange(len(row)), column]
    found: dict[int, list[tuple[float, int]]] = {}
    for i, j, excess in zip(row.tolist(), column.tolist(), over.tolist(), strict=True):
        if excess > 0:
            found.setdefault(i, []).append((-excess, j))
    return {i: [j for _, j in sorted(cells)[:MOST]] for i, cells in found.items()}


def _told(
    values: Floats,
    group: Codes,
    shares: Floats,
    chosen: tuple[list[int], list[int]],
    furthest: dict[int, list[int]],
    plan: Plan,
) -> list[list[Reason]]:
    """Reasons of the chosen cells, by rows and columns; those out of range come first."""
    rows, columns = chosen
    cell = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    at = (group[cell[0]], cell[1])
    ranges, variables = plan.ranges, plan.profile.production
    cells = np.array([values[cell], ranges.band_low[at], ranges.band_centre[at], ranges.band_high[at]])
    finite = np.logical_and.reduce(np.isfinite(cells), axis=None)
    parts = shares[cell].tolist()
    reasons: list[list[Reason]] = [[] for _ in range(len(values))]
    for row, j, share, (value, low, centre, high) in zip(rows, columns, parts, cells.T.tolist(), strict=True):
        reasons[row].append(
            {
                "variable": variables[j].name,
                "value": value if finite else _json_number(value),
                "low": low if finite else _json_number(low),
                "high": high if finite else _json_number(high),
                "direction": "high" if value > centre else "low",
                "contribution": round(share, 4),
                "evidence": "range" if j in furthest.get(row, ()) else "score",
            }
        )
    return reasons


def explain_limits(values: Floats, outside: NDArray[np.bool_], plan: Plan) -> list[list[Reason]]:
    """Reasons of records judged by static limits alone: the limits they broke.

    Parameters
    ----------
    values : (n, s + p) float64
        Completed set and measured values.
    outside : (n, s + p) bool
        Which of them break `plan.limits`.
    plan : Plan
    """
    variables = (*plan.profile.settings, *plan.profile.production)
    low, high = plan.limits
    return [
        [
            {
                "variable": variables[j].name,
                "value": _json_number(values[i, j]),
                "low": _json_number(low[j]),
                "high": _json_number(high[j]),
                "direction": "high" if values[i, j] > high[j] else "low",
                "contribution": None,
                "evidence": "limits",
            }
            for j in np.flatnonzero(outside[i]).tolist()
        ]
        for i in range(len(values))
    ]


def _out_of_band(values: Floats, group: Codes, plan: Plan) -> Floats:
    ranges = plan.ranges
    half = (ranges.band_high[group] - ranges.band_low[group]) / 2
    half = np.where(half > 0, half, ranges.width[group])
    apart: Floats = np.nan_to_num(np.abs(values - ranges.band_centre[group]) / half)
    return apart


def _json_number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
