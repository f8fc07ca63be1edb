"""Outcomes and reasons of predicted records: sizes, and what is known of where they were made."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile
from core.verdict import OUTCOMES
from inference.prediction.judging import Foreseen, Sizes
from inference.prediction.predicted import STANDINGS
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]
Reason = dict[str, Any]
"""As `inference.explain.Reason`; of targets the ``evidence`` is ``predicted``, with ``interval``: what
the predicted ``value`` may be; ``unwanted`` where the profile wants no size of it.
The first one's ``measured`` are the inputs; ``predicted`` are the targets, each with its interval."""

WARN, NG = OUTCOMES.index("WARN"), OUTCOMES.index("NG")
_FAR: Final = STANDINGS.index("far")
_TOLD: Final = 2  # inputs named of a setting that is far


def conclude(
    foreseen: Foreseen,
    outcome: NDArray[np.int8],
    worst: NDArray[np.int8],
    predictor: Predictor,
    limits: Floats,
) -> None:
    """Raise the outcomes ``(n,)`` of records that no predicted size judges; changed in place.

    NG beyond a physical limit, else WARN where nothing is known or no size is wanted at all.

    Parameters
    ----------
    foreseen : Foreseen
    outcome : (n,) int8
        By the threshold.
    worst : (n,) int8
        What each may come out as at most, see `core.profile.WarmUpRule`.
    predictor : Predictor
    limits : (2, d) float64
        Physical limits of the inputs.
    """
    unjudged = foreseen.rows["group"] < 0
    if unjudged.any():
        unknown = _unknown(foreseen, predictor)[foreseen.which]
        unknown |= not Sizes.of(predictor.profile).wanted
        broken = np.asarray(_broken(foreseen, limits).any(axis=1))[foreseen.which]
        by_limits = np.where(broken, NG, np.where(unknown, WARN, 0))
        outcome[unjudged] = np.maximum(outcome, np.minimum(by_limits, worst))[unjudged]


def reasons_of(foreseen: Foreseen, predictor: Predictor, limits: Floats) -> list[list[Reason]]:
    """Reasons of every record: limits broken, else what is unknown, else the predicted sizes.

    Records of equal inputs share theirs.
    """
    profile, around, placed = predictor.profile, predictor.surroundings, foreseen.placed
    inputs, sizes, broken = profile.inputs, Sizes.of(profile), _broken(foreseen, limits)
    unknown = _unknown(foreseen, predictor)
    beyond = (placed.outside != 0) | ~np.isfinite(foreseen.inputs)
    judged = np.zeros(len(unknown), dtype=np.bool_)
    judged[foreseen.which] = foreseen.rows["group"] >= 0
    told: list[list[Reason]] = []
    for row, values in enumerate(foreseen.inputs):
        if broken[row].any() and not judged[row]:
            cells = np.flatnonzero(broken[row]).tolist()
            low, high = limits
            mine = [_reason(inputs[k].name, values[k], low[k], high[k], None, "limits") for k in cells]
        elif beyond[row].any():
            cells, (low, high) = np.flatnonzero(beyond[row]).tolist(), (around.low, around.high)
            mine = [_reason(inputs[k].name, values[k], low[k], high[k], None, "range") for k in cells]
        elif placed.standing[row] == _FAR:
            mine = _of_far(values, predictor, int(placed.nearest[row]))
        else:
            mine = _of_sizes(foreseen, row, profile, sizes)
        if mine:
            mine[0] |= _whole(foreseen, row, predictor)
        told.append(mine)
    return list(map(told.__getitem__, foreseen.which.tolist()))


def _unknown(foreseen: Foreseen, predictor: Predictor) -> NDArray[np.bool_]:
    """Which distinct inputs ``(m,)`` nothing can be said of: far, outside, or no possible size."""
    ends = [variable.limits or (-np.inf, np.inf) for variable in predictor.profile.targets]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    mean = foreseen.predicted.mean
    possible = ((mean >= low) & (mean <= high)).all(axis=1)
    return np.asarray((foreseen.placed.standing >= _FAR) | ~possible)


def _of_sizes(foreseen: Foreseen, row: int, profile: Profile, sizes: Sizes) -> list[Reason]:
    """The predicted sizes, the one furthest off first; without a band where none is wanted."""
    predicted = foreseen.predicted
    mean, low, high = predicted.mean[row], predicted.low[row], predicted.high[row]
    off = np.maximum(high - sizes.nominal, sizes.nominal - low) / sizes.tolerance
    off = np.where(np.isfinite(off), np.maximum(off, 0.0), 0.0)
    share = off / (off.sum() or 1.0)
    mine = []
    for k in np.argsort(-off, kind="stable").tolist():
        ends = sizes.nominal[k] - sizes.tolerance[k], sizes.nominal[k] + sizes.tolerance[k]
        evidence = "predicted" if np.isfinite(sizes.nominal[k]) else "unwanted"
        reason = _reason(profile.targets[k].name, mean[k], *ends, float(share[k]), evidence)
        reason["direction"] = "high" if mean[k] > sizes.nominal[k] else "low"
        mine.append(reason | {"interval": [_number(low[k]), _number(high[k])]})
    return mine


def _of_far(values: Floats, predictor: Predictor, nearest: int) -> list[Reason]:
    """The inputs that make most of the way to the nearest trained setting."""
    setting = predictor.trained.settings[nearest]
    square = ((values - setting) / predictor.surroundings.width) ** 2
    share = square / square.sum()
    return [
        _reason(predictor.input_names[k], values[k], setting[k], setting[k], float(share[k]), "range")
        for k in np.argsort(-square, kind="stable")[:_TOLD].tolist()
        if share[k] > 0
    ]


def _whole(foreseen: Foreseen, row: int, predictor: Predictor) -> Reason:
    predicted = foreseen.predicted
    sizes = zip(predicted.mean[row], predicted.low[row], predicted.high[row], strict=True)
    inputs = map(_number, foreseen.inputs[row])
    return {
        "measured": dict(zip(predictor.input_names, inputs, strict=True)),
        "effects": {},
        "predicted": dict(
            zip(predictor.target_names, ([*map(_number, size)] for size in sizes), strict=True)
        ),
    }


def _reason(
    variable: str, value: float, low: float, high: float, share: float | None, evidence: str
) -> Reason:
    return {
        "variable": variable,
        "value": _number(value),
        "low": _number(low),
        "high": _number(high),
        "direction": "high" if value > high else "low",
        "contribution": None if share is None else round(share, 4),
        "effect": None,
        "evidence": evidence,
    }


def _broken(foreseen: Foreseen, limits: Floats) -> NDArray[np.bool_]:
    """Inputs ``(n, d)`` beyond their physical limits; a missing one is not."""
    broken: NDArray[np.bool_] = (foreseen.inputs < limits[0]) | (foreseen.inputs > limits[1])
    return broken


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
