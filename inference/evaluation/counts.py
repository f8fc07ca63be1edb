"""Exact intervals of counts and intervals of shares, without scipy: serving has none."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from inference.evaluation.resampling import LEVEL, Estimate

_NORMAL_95 = 1.959963984540054
_STEPS = 200


def poisson_interval(count: int, level: float = LEVEL) -> tuple[float, float]:
    """Expected counts that a count this small or large does not contradict (Garwood 1936).

    >>> [round(bound, 2) for bound in poisson_interval(0)], [round(b, 2) for b in poisson_interval(10)]
    ([0.0, 3.69], [4.8, 18.39])
    """
    if count < 0:
        msg = f"expected a count, got {count!r}"
        raise ValueError(msg)
    tail = (1 - level) / 2
    top = count + 20 + 20 * math.sqrt(count + 1)
    low = 0.0 if count == 0 else _where(lambda mean: 1 - _at_most(count - 1, mean), tail, top)
    return low, _where(lambda mean: 1 - _at_most(count, mean), 1 - tail, top)


def share(part: float, whole: float) -> Estimate:
    """A share with its Wilson interval at 95 %; NaN of nothing.

    >>> [round(bound, 3) for bound in share(0, 10)]
    [0.0, 0.0, 0.278]
    """
    if whole <= 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    p, z2 = part / whole, _NORMAL_95**2
    centre = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _NORMAL_95 * math.sqrt(p * (1 - p) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half))


def _at_most(count: int, mean: float) -> float:
    """Poisson chance of `count` or fewer."""
    if mean <= 0:
        return 1.0
    k = np.arange(count + 1, dtype=np.float64)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    return float(np.exp(k * math.log(mean) - mean - log_factorial).sum())


def _where(rising: Callable[[float], float], wanted: float, top: float) -> float:
    """Argument at which a rising function reaches a value."""
    low, high = 0.0, top
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
        if high - low < 1e-12 * max(1.0, high):
            break
    return (low + high) / 2
