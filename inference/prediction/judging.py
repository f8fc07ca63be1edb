"""Judging by what is predicted: sizes against the nominal ones, their intervals against the tolerances.

The score is the largest deviation of a predicted size from its nominal one, in tolerances. What
is allowed is one tolerance (`inference.threshold`: base + tolerance = 1), less a guard band as wide
as the interval reaches further (ISO 14253-1: within it conformity is not proven)::

    score     = max over targets |predicted - nominal| / tolerance
    reach     = max over targets, how far the interval reaches from the nominal, / tolerance
    tolerance = min(reach - score, 1), base = 1 - tolerance
    NG        when score > 1
    WARN      when reach > 1

Run before: judged as trained. Never run, within reach of what was: the nearest trained setting is
the substitute. Outside the trained ranges, far, or an input missing: nothing is known there, no
score, WARN at best. Where no target has a nominal size nothing can be judged: no score either, and
WARN at best.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.profile import Profile
from core.verdict import ROUTES
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor
from inference.routes import NONE, ROUTED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RUN_BEFORE, NEVER_RUN = STANDINGS.index("run_before"), STANDINGS.index("never_run")
TRAINED, NEAREST, LIMITS = (ROUTES.index(route) for route in ("trained", "nearest", "limits"))


class Sizes(NamedTuple):
    """Nominal sizes and tolerances ``(t,)``; NaN where no size is wanted."""

    nominal: Floats
    tolerance: Floats

    @classmethod
    def of(cls, profile: Profile) -> Sizes:
        """Those of a profile's targets."""
        wanted = [(v.nominal, v.tolerance) for v in profile.targets]
        nothing = (np.nan, np.nan)
        pairs = [nothing if None in pair else pair for pair in wanted]
        return cls(*np.array(pairs, dtype=np.float64).reshape(-1, 2).T)

    @property
    def wanted(self) -> bool:
        """Whether any size is wanted: without one nothing can be judged OK."""
        return bool(np.isfinite(self.nominal).any())


class Foreseen(NamedTuple):
    """A batch of n records, predicted; m of their inputs are distinct.

    Attributes
    ----------
    rows : (n,) of `inference.routes.ROUTED`
        As if every trained setting were a group.
    score : (n,) float64
        NaN on the limits route.
    outside : (n,) bool
        Some input lies outside its trained range.
    which : (n,) intp
        Each record's row in the next three.
    inputs : (m, d) float64
    predicted : Predicted
    placed : Placed
    """

    rows: NDArray[np.void]
    score: Floats
    outside: Bools
    which: NDArray[np.intp]
    inputs: Floats
    predicted: Predicted
    placed: Placed


def foresee(batch: Batch, predictor: Predictor) -> Foreseen:
    """Predict, place and score a completed batch.

    Equal inputs are predicted once: set values rarely change between records.
    """
    inputs = np.concatenate([batch.settings, batch.production], axis=1) + 0.0  # -0.0 and 0.0 are one
    which = np.arange(len(inputs))
    if len(inputs) > 1:
        inputs, which = np.unique(inputs, axis=0, return_inverse=True)
        which = which.reshape(-1)
    predicted, placed = predictor.predict(inputs), predictor.place(inputs)
    score, reach = deviations(predicted, Sizes.of(predictor.profile))
    covered = (placed.standing <= NEVER_RUN) & np.isfinite(score)
    score = np.where(covered, score, np.nan)
    trained = placed.standing == RUN_BEFORE
    rows = np.zeros(len(inputs), dtype=ROUTED)
    rows["cluster"] = placed.nearest
    rows["route"] = np.where(covered, np.where(trained, TRAINED, NEAREST), LIMITS)
    rows["group"] = np.where(covered, placed.nearest, NONE)
    rows["distance"] = np.where(covered & ~trained, placed.distance, np.nan)
    rows["reference"] = 1.0
    rows["new_setting"] = ~trained & (placed.nearest >= 0)
    rows["limits"] = _limits(score, reach)
    outside = (placed.outside != 0).any(axis=1)
    return Foreseen(rows[which], score[which], outside[which], which, inputs, predicted, placed)


def deviations(predicted: Predicted, sizes: Sizes) -> tuple[Floats, Floats]:
    """Score and reach ``(n,)``; NaN where no size is wanted, or a wanted one has no prediction.

    >>> sizes = Sizes(np.array([1.2, 2.0]), np.array([0.2, 0.5]))
    >>> one = [np.array([row]) for row in ([1.3, 2.1], [1.15, 1.9], [1.45, 2.3])]
    >>> score, reach = deviations(Predicted(*one, ("a", "b")), sizes)
    >>> score.round(9).tolist(), reach.round(9).tolist()
    ([0.5], [1.25])
    """
    wanted = np.isfinite(sizes.nominal)
    if not wanted.any():
        return (nothing := np.full(len(predicted.mean), np.nan)), nothing
    nominal, tolerance = sizes.nominal[wanted], sizes.tolerance[wanted]
    mean, low, high = (part[:, wanted] for part in (predicted.mean, predicted.low, predicted.high))
    score = np.maximum.reduce(np.abs(mean - nominal) / tolerance, axis=1)
    reach = np.maximum.reduce(np.maximum(high - nominal, nominal - low) / tolerance, axis=1)
    return score, np.maximum(reach, score)


def _limits(score: Floats, reach: Floats) -> Floats:
    """Columns as `inference.threshold.Limits`, ``(n, 7)``; NaN without a score."""
    guard = np.minimum(reach - score, 1.0)
    base = 1.0 - guard
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = guard / base
    nowhere = np.full(len(score), np.nan)
    one = np.where(np.isnan(score), nowhere, 1.0)
    # The comparison with the reach is made here; `decide_within` compares the score alone.
    warned = np.where(np.isnan(score), nowhere, np.where(reach > 1, -np.inf, np.inf))
    return np.stack([base, weight, guard, one, warned, np.zeros(len(score)), np.ones(len(score))], axis=1)
