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

from core.profile import Variable
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
    ranges = plan.ranges
    shares = contributions(values, group, score, plan)
    largest = (-shares).argsort(axis=1, kind="stable")[:, :MOST]
    violated = ranges.violated(values, group)
    excess = np.where(violated, ranges.excess(values, group), 0.0) if violated.any() else None
    rows: list[int] = []
    columns: list[int] = []
    furthest: list[int] = []  # how many of each record's come first, being out of range
    for row, candidates in enumerate(largest.tolist()):
        far: list[int] = []
        if excess is not None:
            over = excess[row]
            far = [j for j in (-over).argsort(kind="stable")[:MOST].tolist() if over[j] > 0]
        chosen = [*far, *(j for j in candidates if j not in far and shares[row, j] > 0)]
        rows += [row] * len(chosen)
        columns += chosen
        furthest += [len(far)]
    return _told(values, group, shares, (rows, columns, furthest), plan)


def _told(
    values: Floats, group: Codes, shares: Floats, chosen: tuple[list[int], list[int], list[int]], plan: Plan
) -> list[list[Reason]]:
    """Reasons of the chosen cells; arguments as collected by `explain`."""
    rows, columns, furthest = chosen
    at = (group[rows], columns)
    ranges, variables = plan.ranges, plan.profile.production
    cells = np.array(
        [values[rows, columns], ranges.band_low[at], ranges.band_centre[at], ranges.band_high[at]]
    )
    parts = shares[rows, columns].tolist()
    reasons: list[list[Reason]] = [[] for _ in furthest]
    for row, j, share, (value, low, centre, high) in zip(rows, columns, parts, cells.T.tolist(), strict=True):
        mine = reasons[row]
        mine.append(
            _reason(
                variables[j],
                value,
                (low, high),
                "high" if value > centre else "low",
                round(share, 4),
                "range" if len(mine) < furthest[row] else "score",
            )
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
            _reason(
                variables[j],
                values[i, j],
                (low[j], high[j]),
                "high" if values[i, j] > high[j] else "low",
                None,
                "limits",
            )
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


def _reason(
    variable: Variable,
    value: float,
    band: tuple[float, float],
    direction: str,
    contribution: float | None,
    evidence: str,
) -> Reason:
    return {
        "variable": variable.name,
        "value": _json_number(value),
        "low": _json_number(band[0]),
        "high": _json_number(band[1]),
        "direction": direction,
        "contribution": contribution,
        "evidence": evidence,
    }


def _json_number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
