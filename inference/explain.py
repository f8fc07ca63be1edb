"""Why a record was judged WARN or NG: which measured values drove it, in plain numbers.

By occlusion, the same for every detector: put the group's usual value in place of one
measured value, score again, and see by how much the score falls. A value that pushes the
score up has a positive fall, one that holds it down a negative one.

Named first are values far outside the training range: clipping hides them from the score.
Then by share of the fall plus the distance beyond the normal band in half bands: of values
that share a cause each alone lowers the score little, and the band tells them from
bystanders (docs/decisions/0010-reasons.md).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.compiled_reasons import EVIDENCE, FALL_STEPS, MOST, ROUNDING, Cell
from inference.kernels.kernel import Codes
from inference.plan import Floats, Plan

Reason = dict[str, Any]
"""``variable``, ``value``, normal band ``low`` and ``high``, ``direction`` (high or low),
``contribution`` (share of the explained score, 0-1, null where none applies), ``effect`` (by how
much the score falls with the usual value in its place, in units of the score, negative where it
rises, null where no model scored), ``evidence``: ``score``, ``range`` (beyond the training range),
``band`` (outside the normal band, the score does not fall) or ``limits`` (beyond the static limits).

The first reason of a record carries the whole of it, too: ``measured``, every value judged, and
``effects``, the effect of each in whole thousandths of the score (numbers of a few digits: writing
them is most of what a flagged record costs), both by variable; null for what was missing or has none."""

_ROWS = 256  # records explained at a time: each is scored once for every measured value


def contributions(values: Floats, group: Codes, score: Floats, plan: Plan) -> Floats:
    """Share ``(n, p)`` of each measured value in the fall of the score under occlusion.

    Rows add up to 1. Where no single value lowers the score, the distance from the
    middle of the normal band, in half bands, is shared out instead.
    """
    return _shares(values, group, score, score[:, None] - _occluded(values, group, plan), plan)


def _shares(values: Floats, group: Codes, score: Floats, fall: Floats, plan: Plan) -> Floats:
    drop = np.where(fall > ROUNDING * np.abs(score)[:, None], fall, 0.0)
    total = _total(drop)
    flat = total[:, 0] <= 0
    if np.logical_or.reduce(flat):
        drop[flat] = _out_of_band(values[flat], group[flat], plan)
        total = _total(drop)
        total[total <= 0] = 1.0  # every part is 0 then
    drop /= total
    return drop


def _occluded(values: Floats, group: Codes, plan: Plan) -> Floats:
    """Scores ``(n, p)`` with each measured value in turn at its usual place."""
    usual = plan.ranges.scale(plan.ranges.band_centre.take(group, axis=0), group)
    return plan.score_occluded(plan.ranges.scale(values, group), usual, group)


def _total(parts: Floats) -> Floats:
    """Sums ``(n, 1)`` of rows, from left to right as the compiled loops do."""
    total = np.zeros((len(parts), 1))
    for j in range(parts.shape[1]):
        total += parts[:, j : j + 1]
    return total


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
    reasons: list[list[Reason]] = []
    for start in range(0, len(values), _ROWS):
        part = slice(start, start + _ROWS)
        mine = values[part], group[part], score[part]
        if plan.compiled is None:
            cells, finite, falls = chosen(*mine, plan)
        else:
            found = plan.compiled.reasons.cells(*mine, lambda x, g: _occluded(x, g, plan))
            cells, finite, falls = found
        reasons += _told(mine[0], mine[2], cells, finite, falls, plan)
    return reasons


def chosen(values: Floats, group: Codes, score: Floats, plan: Plan) -> tuple[list[Cell], bool, Floats]:
    """The cells worth telling of and all falls: what `CompiledReasons.cells` finds."""
    fall = score[:, None] - _occluded(values, group, plan)
    shares = _shares(values, group, score, fall, plan)
    weights = shares + np.maximum(_out_of_band(values, group, plan) - 1, 0.0)
    largest = (-weights).argsort(axis=1, kind="stable")[:, :MOST]
    parts = weights[np.arange(len(weights))[:, None], largest]
    furthest = _furthest(values, group, plan)
    rows: list[int] = []
    columns: list[int] = []
    far: list[bool] = []
    for row, (columns_of_row, share) in enumerate(zip(largest.tolist(), parts.tolist(), strict=True)):
        out = furthest.get(row, [])
        top = [j for j, part in zip(columns_of_row, share, strict=True) if part > 0 and j not in out]
        rows += [row] * (len(out) + len(top))
        columns += out + top
        far += [True] * len(out) + [False] * len(top)
    cell = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    at, ranges = (group[cell[0]], cell[1]), plan.ranges
    value, low, high = values[cell], ranges.band_low[at], ranges.band_high[at]
    above = (value > ranges.band_centre[at]).astype(np.int64)
    finite = bool(np.isfinite([value, low, high]).all())
    share = shares[cell]
    evidence = np.where(far, EVIDENCE.index("range"), np.where(share > 0, 0, EVIDENCE.index("band")))
    told = (value, low, high, share, above, evidence.astype(np.int64))
    cells = list(zip(rows, columns, *(column.tolist() for column in told), strict=True))
    return cells, finite, np.rint(fall * FALL_STEPS) / FALL_STEPS + 0.0  # no -0


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
    values: Floats, score: Floats, cells: list[Cell], finite: bool, falls: Floats, plan: Plan
) -> list[list[Reason]]:
    """Reasons of records by their cells; null in the place of what is not finite."""
    names = [variable.name for variable in plan.profile.production]
    measured, fall, effects = _plain(values), _plain(falls), _thousandths(falls, score)
    reasons: list[list[Reason]] = [[] for _ in values]
    for row, column, value, low, high, share, above, evidence in cells:
        reason: Reason = {
            "variable": names[column],
            "value": value if finite else _json_number(value),
            "low": low if finite else _json_number(low),
            "high": high if finite else _json_number(high),
            "direction": "high" if above else "low",
            "contribution": round(share, 4),
            "effect": fall[row][column],
            "evidence": EVIDENCE[evidence],
        }
        if not reasons[row]:
            reason["measured"] = dict(zip(names, measured[row], strict=True))
            reason["effects"] = dict(zip(names, effects[row], strict=True))
        reasons[row].append(reason)
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
    own = slice(len(plan.profile.settings), None)
    names, measured = [variable.name for variable in plan.profile.production], _plain(values[:, own])
    reasons: list[list[Reason]] = [
        [
            {
                "variable": variables[j].name,
                "value": _json_number(values[i, j]),
                "low": _json_number(low[j]),
                "high": _json_number(high[j]),
                "direction": "high" if values[i, j] > high[j] else "low",
                "contribution": None,
                "effect": None,
                "evidence": "limits",
            }
            for j in np.flatnonzero(outside[i]).tolist()
        ]
        for i in range(len(values))
    ]
    for told, mine in zip(reasons, measured, strict=True):
        if told:
            told[0] |= {"measured": dict(zip(names, mine, strict=True)), "effects": {}}
    return reasons


def _out_of_band(values: Floats, group: Codes, plan: Plan) -> Floats:
    ranges = plan.ranges
    half = (ranges.band_high[group] - ranges.band_low[group]) / 2
    half = np.where(half > 0, half, ranges.width[group])
    apart: Floats = np.nan_to_num(np.abs(values - ranges.band_centre[group]) / half)
    return apart


def _plain(values: Floats) -> list[list[float | None]]:
    """Rows as lists, null for what is not finite."""
    rows: list[list[float | None]] = values.tolist()
    if not math.isfinite(np.add.reduce(values, axis=None)):
        rows = [[_json_number(value) for value in row] for row in values.tolist()]
    return rows


def _thousandths(falls: Floats, score: Floats) -> list[list[int | None]]:
    """Falls in whole thousandths of their scores; null where that is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.rint(falls * (1000 / score[:, None]))
    if math.isfinite(np.add.reduce(shares, axis=None)):
        whole: list[list[int | None]] = shares.astype(np.int64).tolist()
        return whole
    return [[int(share) if math.isfinite(share) else None for share in row] for row in shares.tolist()]


def _json_number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
