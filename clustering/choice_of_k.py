"""How many settings there are: a silhouette that does not see an operator's tweak.

Evidence and the ways that were tried and left: ``docs/decisions/0002-choice-of-k.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clustering.setting import Floats

Labels = NDArray[np.int64]

CLEAR = 0.5
"""Mean silhouette from which clusters are real (Kaufman & Rousseeuw 1990, table 2.4)."""
AS_GOOD = 0.01
"""A k this near the best is as good: the larger one is taken, see `choose_k`."""
EVERY_K_TO = 64
"""Up to here every k is tried; beyond, every twentieth part more, then around the best."""


def choose_k(apart: Floats, labels_at: Callable[[int], Labels], *, tweak: float = 1.0) -> Labels:
    """Labels at the best number of clusters.

    The largest k whose mean `silhouette` is within `AS_GOOD` of the best: a model over two
    settings has learned neither (both look normal, wide), while a setting in two
    clusters only needs more records. One cluster where no k reaches `CLEAR`.

    Parameters
    ----------
    apart : (u, u) float64
        Distances between unique combinations, u at least 2.
    labels_at : callable
        Labels for a number of clusters, 2 to u.
    tweak : float
        Distance below which two combinations may be one setting.
    """
    u = len(apart)
    labels: dict[int, Labels] = {}
    score: dict[int, float] = {}

    def try_all(numbers: range | list[int]) -> None:
        for k in numbers:
            if k not in score:
                labels[k] = labels_at(k)
                score[k] = float(silhouette(apart, labels[k], tweak).mean())

    coarse = list(range(2, min(u, EVERY_K_TO) + 1))
    while coarse[-1] < u:
        coarse.append(min(u, coarse[-1] + coarse[-1] // 20))
    try_all(coarse)
    best = max(score, key=lambda k: score[k])
    place = coarse.index(best)
    try_all(range(coarse[max(0, place - 1)], coarse[min(len(coarse) - 1, place + 1)] + 1))
    highest = max(score.values())
    if highest < CLEAR:
        return np.zeros(u, dtype=np.int64)
    return labels[max(k for k in score if score[k] >= highest - AS_GOOD)]


def silhouette(apart: Floats, labels: Labels, tweak: float) -> Floats:
    """Silhouette of each combination with a floor under the distance to its own cluster.

    ``(b - a) / max(a, b)``: b the mean distance to the nearest other cluster, a the mean
    distance to the rest of its own cluster but never under `tweak`, also for a cluster
    of one. Rousseeuw's own rule gives clusters of one a 0, so that it can never say
    that every combination is a setting of its own; and it splits a setting's tweaks,
    however small they are. After P. J. Rousseeuw, J. Comp. Appl. Math. 20 (1987) 53-65.

    Parameters
    ----------
    apart : (u, u) float64
    labels : (u,) int64
        At least two clusters, none empty.
    tweak : float

    Examples
    --------
    Three settings on a line at 0, 1 and 10: {0, 1} and {10}, a tweak being 1.

    >>> apart = np.abs(np.subtract.outer([0.0, 1.0, 10.0], [0.0, 1.0, 10.0]))
    >>> silhouette(apart, np.array([0, 0, 1]), 1.0).round(3).tolist()
    [0.9, 0.889, 0.895]
    """
    count = np.bincount(labels)
    rows = np.arange(len(labels))
    total = apart @ np.eye(len(count))[labels]
    own = np.maximum(total[rows, labels] / np.maximum(count[labels] - 1, 1), tweak)
    mean = total / count
    mean[rows, labels] = np.inf
    other = mean.min(axis=1)
    of_each: Floats = (other - own) / np.maximum(own, other)
    return of_each
