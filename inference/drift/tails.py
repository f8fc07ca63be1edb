"""Tail probabilities of Student's t and of the binomial distribution, over arrays, with numpy alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STEPS = 200
_TINY = 1e-300
_LOG_GAMMA = np.vectorize(math.lgamma, otypes=[np.float64])


def incomplete_beta(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Floats:
    """Regularised incomplete beta function I_x(a, b), by its continued fraction.

    Parameters
    ----------
    a, b : (...) float64
        Above 0.
    x : (...) float64
        0 to 1; NaN stays NaN.

    References
    ----------
    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.8 (Lentz's evaluation).

    Examples
    --------
    >>> incomplete_beta([1.0, 2.0], [1.0, 2.0], [0.25, 0.5]).round(12).tolist()
    [0.25, 0.5]
    """
    a, b, x = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (a, b, x)))
    # The fraction converges fast below the mean; above it the other tail is taken.
    turned = x > (a + 1) / (a + b + 2)
    p, q, y = np.where(turned, b, a), np.where(turned, a, b), np.where(turned, 1 - x, x)
    inside = (y > 0) & (y < 1)
    safe = np.where(inside, y, 0.5)
    front = (
        np.exp(_LOG_GAMMA(p + q) - _LOG_GAMMA(p) - _LOG_GAMMA(q) + p * np.log(safe) + q * np.log1p(-safe)) / p
    )
    part = np.where(inside, front * _fraction(p, q, safe), np.where(y >= 1, 1.0, 0.0))
    whole: Floats = np.where(np.isnan(x), np.nan, np.where(turned, 1 - part, part))
    return whole


def student_two_sided(t: Floats, freedom: Floats) -> Floats:
    """Probability of at least so far from 0, ``(...)``, with `freedom` degrees of freedom.

    >>> student_two_sided(np.array([2.228]), np.array([10.0])).round(3).tolist()
    [0.05]
    """
    freedom = np.asarray(freedom, dtype=np.float64)
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + np.square(t)))


def binomial_at_least(count: ArrayLike, trials: ArrayLike, chance: ArrayLike) -> Floats:
    """Probability of `count` or more among `trials`.

    >>> binomial_at_least([0, 3, 2], [5, 3, 2], [0.5, 0.1, 0.5]).round(12).tolist()
    [1.0, 0.001, 0.25]
    """
    count, trials, chance = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (count, trials, chance))
    )
    at_all = count > 0
    tail = incomplete_beta(np.where(at_all, count, 1.0), np.maximum(trials - count + 1, 1.0), chance)
    whole: Floats = np.where(at_all, tail, 1.0)
    return whole


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    c = np.ones_like(x)
    d = 1 / _off_zero(1 - (a + b) * x / (a + 1))
    whole = d.copy()
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _off_zero(1 + step * d)
            c = _off_zero(1 + step / c)
            change = c * d
            whole *= change
        if np.all(np.abs(change - 1) < 1e-14):
            break
    return whole


def _off_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)
