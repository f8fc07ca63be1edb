"""Scores of the closed-form detectors from their exported arrays, by numpy alone.

The estimators and the kernels that judge score by these very functions, so the two cannot
drift apart. Every function takes m rows ``(n, m, p)`` for each of n models and the models'
arrays ``(n, ...)``, or ``(1, ...)`` where one model scores all rows, and gives ``(n, m)``
scores, higher = worse. Products are stacked, not one large product: a row's score is the
same to the bit whatever rows stand beside it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[Any]

TAIL = 0.9
"""From this quantile of normal scores on an ensemble takes the tail for exponential."""
NATS: NDArray[np.float64] = np.linspace(0.0, -math.log1p(-TAIL), 33)
"""Rarities at an ensemble's levels, evenly spaced: the levels stand closer where shots are rarer."""


def mean_squares(x: Real, mean: Real, factor: Real) -> Real:
    """Mean over the inputs of ``((x - mean) * factor) ** 2``; mean and factor ``(n, p)``.

    >>> x = np.array([[[3.0, 1.0]]])
    >>> mean_squares(x, np.array([[1.0, 1.0]]), np.array([[0.5, 4.0]])).tolist()
    [[0.5]]
    """
    z = (x - mean[:, None, :]) * factor[:, None, :]
    z *= z
    mean_square: Real = np.add.reduce(z, axis=-1) / x.shape[-1]
    return mean_square


def squared_length(x: Real, mean: Real, matrix: Real) -> Real:
    """Squared length of ``(x - mean) @ matrix``; mean ``(n, p)``, matrix ``(n, p, q)``.

    >>> x = np.array([[[3.0, 1.0]]])
    >>> squared_length(x, np.array([[1.0, 1.0]]), np.array([[[2.0], [9.0]]])).tolist()
    [[16.0]]
    """
    z = np.matmul(x - mean[:, None, :], matrix)
    z *= z
    total: Real = np.add.reduce(z, axis=-1)
    return total


def below_the_peak(x: Real, log_weight: Real, mean: Real, matrix: Real) -> Real:
    """How far the logarithm of a mixture's density lies under its greatest possible value.

    ``log sum exp(a) - log sum exp(a - d2 / 2)`` over the K parts: a ``(n, K)`` is the log
    density of a part at its own mean, d2 the squared length of ``(x - mean) @ matrix`` with
    mean ``(n, K, p)`` and matrix ``(n, K, p, p)``. Nothing below 0.

    >>> x = np.array([[[2.0]]])
    >>> below_the_peak(x, np.zeros((1, 1)), np.zeros((1, 1, 1)), np.ones((1, 1, 1, 1))).tolist()
    [[2.0]]
    """
    z = np.matmul(x[:, None, :, :] - mean[:, :, None, :], matrix)
    z *= z
    part = log_weight[:, :, None] - 0.5 * np.add.reduce(z, axis=-1)
    below: Real = np.maximum(_log_sum(log_weight[:, :, None]) - _log_sum(part), 0.0)
    return below


def _log_sum(a: Real) -> Real:
    """Logarithm of the sum of ``exp(a)`` over axis 1."""
    most = np.maximum.reduce(a, axis=1, keepdims=True)
    total: Real = np.log(np.add.reduce(np.exp(a - most), axis=1)) + most[:, 0]
    return total


def mean_of_nearest(squared: Real, count: int) -> Real:
    """Mean of the roots of the `count` least of the last axis.

    >>> mean_of_nearest(np.array([[9.0, 0.0, 4.0]]), 2).tolist()
    [1.0]
    """
    if count < squared.shape[-1]:
        squared = np.partition(squared, count - 1, axis=-1)[..., :count]
    # In order: which of two equal sets came first must not move the last bit.
    nearest = np.sort(squared, axis=-1)
    mean: Real = np.add.reduce(np.sqrt(nearest, out=nearest), axis=-1) / squared.dtype.type(count)
    return mean


def squared_distances(x: Real, columns: Real) -> Real:
    """Squared distances ``(n, m, R)`` to R reference rows given as columns ``(n, p, R)``.

    Differences are taken before they are squared: a shot beside a reference is told apart from it.

    >>> squared_distances(np.array([[[1.0, 1.0]]]), np.array([[[1.0, 4.0], [0.0, 5.0]]])).tolist()
    [[[1.0, 25.0]]]
    """
    apart = columns[:, None, :, :] - x[..., None]
    apart *= apart
    total: Real = np.add.reduce(apart, axis=-2)
    return total


def rarity(score: Real, level: Real, nats: Real, rate: Real) -> Real:
    """How rare a score is among normal shots: minus the logarithm of the share scoring higher.

    Between the L levels ``(n, L)``, which ascend, `nats` ``(L,)`` is read off in straight lines; above
    the last one a nat is added every ``1 / rate`` ``(n,)``, so that it never ends. 0 below the first.

    Parameters
    ----------
    score : (n, m)

    Examples
    --------
    >>> level, nats = np.array([[1.0, 3.0]]), np.array([0.0, 2.0])
    >>> rarity(np.array([[0.5, 2.0, 4.0]]), level, nats, np.array([0.25])).tolist()
    [[0.0, 1.0, 2.25]]
    """
    last = level.shape[1] - 1
    place = np.add.reduce(score[:, :, None] >= level[:, None, :], axis=-1) - 1
    left = np.clip(place, 0, max(last - 1, 0))
    right = np.minimum(left + 1, last)
    begin, end = (np.take_along_axis(level, side, axis=1) for side in (left, right))
    share = (np.clip(score, begin, end) - begin) / np.where(end > begin, end - begin, 1.0)
    inside = nats[left] + share * (nats[right] - nats[left])
    beyond = np.maximum(score - level[:, -1:], 0.0) * rate[:, None]
    whole: Real = np.where(place < 0, 0.0, inside) + beyond
    return whole
