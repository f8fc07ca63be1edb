"""Bad shots caught and false alarms at every possible limit, and the figures read off them.

Scores are anomaly scores: higher = worse. Every function works on the last axis, so that a
thousand resamples of the same shots are figured in one go (`inference.evaluation.resampling`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FALSE_ALARM_RATES: tuple[float, ...] = (0.001, 0.005, 0.01)
"""Shares of good shots flagged at which recall is told."""

_ROUNDING = 1e-9
"""Rates are compared with this slack: 0.001 of 3000 shots is three of them."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Weights of the shots flagged at each limit.

    Attributes
    ----------
    limit : (k,) float64
        Every score that occurs, falling; flagged are the shots at or above it.
    caught : (..., k) float64
        Bad shots flagged.
    alarms : (..., k) float64
        Good shots flagged.
    """

    limit: Floats
    caught: Floats
    alarms: Floats


def tally(score: Floats, bad: Flags, weight: Floats | None = None) -> Tally:
    """Count at every limit.

    Parameters
    ----------
    score : (n,) float64
        Not NaN; infinite is allowed.
    bad : (n,) bool
    weight : (..., n) float64, optional
        How often each shot counts; once by default.

    Raises
    ------
    ValueError
        Lengths differ, nothing to count, or a score is NaN.

    Examples
    --------
    >>> counted = tally(np.array([0.9, 0.2, 0.9, 0.5]), np.array([True, False, False, True]))
    >>> counted.limit.tolist(), counted.caught.tolist(), counted.alarms.tolist()
    ([0.9, 0.5, 0.2], [1.0, 2.0, 2.0], [1.0, 1.0, 2.0])
    """
    if len(score) != len(bad) or not len(score):
        msg = f"expected as many labels as scores and at least one, got {len(bad)} and {len(score)}"
        raise ValueError(msg)
    if np.isnan(score).any():
        msg = f"expected scores, got NaN in {int(np.isnan(score).sum())} of {len(score)}"
        raise ValueError(msg)
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    starts = np.flatnonzero(np.append(True, falling[1:] != falling[:-1]))
    counts = np.ones(len(score)) if weight is None else weight
    counts, worse = counts[..., order], bad[order]

    def upto(marked: Flags) -> Floats:
        sums: Floats = np.cumsum(np.add.reduceat(counts * marked, starts, axis=-1), axis=-1)
        return sums

    return Tally(falling[starts], upto(worse), upto(~worse))


def auroc(counted: Tally) -> Floats:
    """Chance that a bad shot scores above a good one, ties half; NaN without shots of both.

    >>> float(auroc(tally(np.array([3.0, 1.0, 2.0]), np.array([True, False, True]))))
    1.0
    """
    caught, alarms = counted.caught, counted.alarms
    before = np.concatenate([np.zeros_like(caught[..., :1]), caught[..., :-1]], axis=-1)
    steps = np.diff(alarms, axis=-1, prepend=0.0)
    pairs = (steps * (before + caught) / 2).sum(axis=-1)
    return _divided(pairs, caught[..., -1] * alarms[..., -1])


def average_precision(counted: Tally) -> Floats:
    """Precision averaged over the recall it is had at, as in scikit-learn; NaN without both.

    >>> float(average_precision(tally(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))).round(3))
    0.833
    """
    caught, alarms = counted.caught, counted.alarms
    flagged = caught + alarms
    precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
    total = (np.diff(caught, axis=-1, prepend=0.0) * precision).sum(axis=-1)
    # Every shot bad gives 1, whatever the scores: no figure.
    return _divided(total, np.where(alarms[..., -1] > 0, caught[..., -1], 0.0))


def recall_at(counted: Tally, rate: float) -> Floats:
    """Largest share of bad shots caught with at most `rate` of the good ones flagged.

    No interpolation between limits: it is what a limit that exists achieves.

    >>> float(recall_at(tally(np.array([4.0, 3.0, 2.0]), np.array([True, False, True])), 0.0))
    0.5
    """
    caught, alarms = counted.caught, counted.alarms
    good = alarms[..., -1:]
    allowed = (alarms <= rate * good + _ROUNDING).sum(axis=-1, keepdims=True)
    at = np.maximum(allowed - 1, 0)
    best = np.where(allowed > 0, np.take_along_axis(caught, at, axis=-1), 0.0)[..., 0]
    return _divided(best, np.where(good[..., 0] > 0, caught[..., -1], 0.0))


def figures(counted: Tally) -> dict[str, Floats]:
    """All of the above by name: ``auroc``, ``average_precision``, ``recall_at_0.1%``, ...

    >>> list(figures(tally(np.array([2.0, 1.0]), np.array([True, False]))))
    ['auroc', 'average_precision', 'recall_at_0.1%', 'recall_at_0.5%', 'recall_at_1%']
    """
    return {
        "auroc": auroc(counted),
        "average_precision": average_precision(counted),
        **{recall_name(rate): recall_at(counted, rate) for rate in FALSE_ALARM_RATES},
    }


def recall_name(rate: float) -> str:
    """Name of the recall at a false-alarm rate.

    >>> recall_name(0.005)
    'recall_at_0.5%'
    """
    return f"recall_at_{rate * 100:g}%"


def _divided(above: Floats, below: Floats) -> Floats:
    out: Floats = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out
