"""The CV-weighted threshold (IM-13): how much worse than training a score may be.

The rule is the plant's own. A group whose training losses scatter (large coefficient of
variation) gets more tolerance, a substitute model gets more the further its setting is
away, and a limit caps both::

    base      = max(fixed threshold, largest training loss)
    weight    = min(cv_gain * cv + distance_gain * d / d_ref, margin_limit)
    tolerance = base * weight
    margin    = base + tolerance - score            NG when negative
    WARN      when score > base + warn_share * tolerance

Under a budget of false alarms (`inference.group_rules`) the base is the limit that keeps the
budget and the CV counts as 0: on the trained route weight and tolerance are 0 and the margin
is what is left to the base. Beside a substitute the distance widens it as always. WARN by the
score then comes beside substitutes only: a budget says what NG may cost, and nothing below it.

Scores are anomaly scores: higher = worse. All functions work on columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.verdict import OUTCOMES, Outcome
from inference.gains import Gaining
from inference.gains import Gains as Gains  # part of what the threshold takes

Floats = NDArray[np.float64]
Outcomes = NDArray[np.int8]

SCALED_UNIT = 1.0
"""Reference distance where no two trained settings exist to take one from."""


def outcome_code(outcome: Outcome) -> int:
    """Position in `core.verdict.OUTCOMES`: OK 0, WARN 1, NG 2; the larger one wins."""
    return OUTCOMES.index(outcome)


@dataclass(frozen=True, slots=True)
class Losses:
    """Training losses of the model that judges, one entry a record (or a group).

    Attributes
    ----------
    base : (n,) float64
        See `base_of`.
    cv : (n,) float64
        Coefficient of variation ``std / mean``.
    minimum, maximum : (n,) float64
        Range of the losses, for the scaled score.
    """

    base: Floats
    cv: Floats
    minimum: Floats
    maximum: Floats

    def of(self, group: NDArray[np.intp]) -> Losses:
        """The entries of these groups, one a record."""
        return Losses(self.base[group], self.cv[group], self.minimum[group], self.maximum[group])


class Limits(NamedTuple):
    """What the threshold allows, one entry a record (or a group), each ``(n,)`` float64.

    Attributes
    ----------
    base, weight, tolerance
        See the module.
    limit
        ``base + tolerance``; NG above it.
    warned
        WARN above it.
    minimum, maximum
        Range of the training losses, for the scaled score.
    """

    base: Floats
    weight: Floats
    tolerance: Floats
    limit: Floats
    warned: Floats
    minimum: Floats
    maximum: Floats


class Decided(NamedTuple):
    """Columns of a verdict that come from the threshold, each ``(n,)``.

    `outcome` holds positions in `core.verdict.OUTCOMES`.
    """

    scaled_score: Floats
    base: Floats
    weight: Floats
    tolerance: Floats
    margin: Floats
    outcome: Outcomes


def base_of(fixed: Floats, maximum: Floats) -> Floats:
    """``max(fixed, maximum)``; NaN where either is not finite: that model cannot judge.

    >>> base_of(np.array([0.5, 0.2]), np.array([0.4, np.inf])).tolist()
    [0.5, nan]
    """
    base = np.maximum(fixed, maximum)
    return np.where(np.isfinite(fixed) & np.isfinite(maximum), base, np.nan)


def coefficient_of_variation(mean: Floats, std: Floats) -> Floats:
    """``std / mean``; 0 where the mean is 0 or either is not finite: no reason to tolerate more.

    >>> coefficient_of_variation(np.array([0.2, 0.0]), np.array([0.1, 0.0])).tolist()
    [0.5, 0.0]
    """
    usable = np.isfinite(mean) & np.isfinite(std) & (mean > 0)
    with np.errstate(over="ignore"):
        cv = np.divide(std, mean, out=np.zeros_like(mean), where=usable)
    return np.minimum(cv, np.finfo(np.float64).max)


def reference_distance(own: Floats, wider: Floats) -> Floats:
    """The scope's median distance between neighbouring settings, or the next best.

    A scope with one setting, or whose settings coincide, has none (NaN or 0): then the
    wider scope's counts, then one scaled unit.

    >>> reference_distance(np.array([2.0, np.nan, 0.0]), np.array([5.0, 5.0, np.nan])).tolist()
    [2.0, 5.0, 1.0]
    """
    wider = np.where(np.isfinite(wider) & (wider > 0), wider, SCALED_UNIT)
    return np.where(np.isfinite(own) & (own > 0), own, wider)


def weight_of(cv: Floats, distance: Floats, reference: Floats, rule: Gaining) -> Floats:
    """Weight of the tolerance, 0 to `rule.margin_limit`.

    `distance` is NaN on the trained route (no substitute) and may be infinite.

    >>> from core.profile import ThresholdRule
    >>> rule = ThresholdRule(cv_gain=0.2, distance_gain=0.1, margin_limit=0.5)
    >>> one = np.ones(3)
    >>> weight_of(one, np.array([np.nan, 2.0, np.inf]), one, rule).round(3).tolist()
    [0.2, 0.4, 0.5]
    """
    far = np.where(np.isnan(distance), 0.0, distance)
    with np.errstate(over="ignore", invalid="ignore"):
        weight = rule.cv_gain * cv + np.where(far > 0, rule.distance_gain * (far / reference), 0.0)
    # NaN comes from a gain of 0 times an infinite distance: nothing was asked for.
    weight = np.where(np.isnan(weight), rule.cv_gain * cv, weight)
    return np.minimum(weight, rule.margin_limit)


def scaled_score(score: Floats, minimum: Floats, maximum: Floats) -> Floats:
    """The score on the range of the training losses, clipped to 0-1.

    Where all training losses were equal: 0 up to that loss, 1 beyond it.

    >>> low, high = np.array([0.1, 0.1, 0.2]), np.array([0.3, 0.3, 0.2])
    >>> scaled_score(np.array([0.2, 0.9, 0.2]), low, high).round(3).tolist()
    [0.5, 1.0, 0.0]
    """
    width = maximum - minimum
    spread = width > 0
    share = np.divide(score - minimum, width, out=(score > maximum).astype(np.float64), where=spread)
    return np.minimum(np.maximum(share, 0.0), 1.0)


def decide(score: Floats, losses: Losses, distance: Floats, reference: Floats, rule: Gaining) -> Decided:
    """Judge scores ``(n,)``.

    Parameters
    ----------
    score : (n,) float64
        Anomaly scores, higher = worse.
    losses : Losses
        Training losses of the model that gave each score.
    distance : (n,) float64
        To the substitute setting, NaN on the trained route.
    reference : (n,) float64
        `reference_distance` of the scope the substitute was found in.
    rule : Gaining
        A `core.profile.ThresholdRule`, or `Gains` with one entry a record.

    Examples
    --------
    Losses up to 0.10 with CV 0.5: the limit is 0.10 x (1 + 0.2 x 0.5) = 0.11.

    >>> from core.profile import ThresholdRule
    >>> rule = ThresholdRule(cv_gain=0.2, distance_gain=0.2, margin_limit=0.5, warn_share=0.0)
    >>> losses = Losses(*np.array([[0.10] * 3, [0.5] * 3, [0.02] * 3, [0.10] * 3]))
    >>> nowhere = np.full(3, np.nan)
    >>> decided = decide(np.array([0.09, 0.105, 0.12]), losses, nowhere, np.ones(3), rule)
    >>> decided.margin.round(3).tolist()
    [0.02, 0.005, -0.01]
    >>> [OUTCOMES[code] for code in decided.outcome]
    ['OK', 'WARN', 'NG']
    """
    return decide_within(score, limits_of(losses, distance, reference, rule))


def limits_of(losses: Losses, distance: Floats, reference: Floats, rule: Gaining) -> Limits:
    """What the threshold allows; parameters as in `decide`."""
    weight = weight_of(losses.cv, distance, reference, rule)
    tolerance = losses.base * weight
    return Limits(
        losses.base,
        weight,
        tolerance,
        losses.base + tolerance,
        losses.base + rule.warn_share * tolerance,
        losses.minimum,
        losses.maximum,
    )


def decide_within(score: Floats, limits: Limits) -> Decided:
    """Judge scores ``(n,)`` by what is allowed."""
    margin = limits.limit - score
    outcome = (score > limits.warned).astype(np.int8) * np.int8(outcome_code("WARN"))
    outcome[margin < 0] = outcome_code("NG")
    return Decided(
        scaled_score(score, limits.minimum, limits.maximum),
        limits.base,
        limits.weight,
        limits.tolerance,
        margin,
        outcome,
    )
