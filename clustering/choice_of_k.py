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
EVERY_K_TO = 32
"""Up to here every k is tried; beyond, every tenth part more, then around the best."""


def choose_k(apart: Floats, labels_at: Callable[[int], Labels], *, tweak: float = 1.0) -> Labels:
    """Labels at the number of clusters with the best mean `silhouette`.

    One cluster where none reaches `CLEAR`. A silhouette looks at the coarsest division
    first: two settings of one item next to an item that is wholly different count as
    one. So look into each cluster found again, until none divides any more.

    Parameters
    ----------
    apart : (u, u) float64
        Distances between unique combinations.
    labels_at : callable
        Labels for a number of clusters, 2 to u.
    tweak : float
        Distance below which two combinations may be one setting.
    """
    u = len(apart)
    labels: dict[int, Labels] = {}
    score: dict[int, float] = {}

    def best_of(numbers: list[int]) -> int:
        for k in numbers:
            if k not in score:
                labels[k] = labels_at(k)
                score[k] = float(silhouette(apart, labels[k], tweak).mean())
        return max(score, key=lambda k: (score[k], -k))

    steps = list(range(2, min(u, EVERY_K_TO) + 1))
    while steps and steps[-1] < u:
        steps.append(min(u, steps[-1] + steps[-1] // 10))
    if not steps:
        return np.zeros(u, dtype=np.int64)
    place = steps.index(best_of(steps))
    around = steps[max(0, place - 1)], steps[min(len(steps) - 1, place + 1)]
    best = best_of(list(range(around[0], around[1] + 1)))
    return labels[best] if score[best] >= CLEAR else np.zeros(u, dtype=np.int64)


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
