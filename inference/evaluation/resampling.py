"""Intervals by resampling whole lots: shots of one lot resemble each other (bootstrap)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.tally import Flags, Floats, Tally, figures, tally

Ints = NDArray[np.int64]

REPLICATES = 500
LEVEL = 0.95
_MOST_CELLS = 2**22
"""Weights held at once: resamples times shots."""


class Estimate(NamedTuple):
    """A figure with its interval; NaN where there is none."""

    value: float
    low: float
    high: float


def resample(cluster: Ints, replicates: int, rng: np.random.Generator) -> Iterator[Floats]:
    """How often each row counts in each resample, some resamples at a time.

    As many clusters as there are get drawn, with replacement; a row counts as often as
    its cluster was drawn.

    Parameters
    ----------
    cluster : (n,) int64
        Cluster of each row, 0 to the number of clusters, all of which occur.
    replicates : int
    rng : Generator

    Yields
    ------
    (b, n) float64
        The b add up to `replicates`.

    Examples
    --------
    >>> parts = resample(np.array([0, 0, 1]), 4, np.random.default_rng(0))
    >>> bool(all((part[:, 0] == part[:, 1]).all() for part in parts))
    True
    """
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    at_once = max(1, _MOST_CELLS // max(1, len(cluster)))
    for begin in range(0, replicates, at_once):
        b = min(at_once, replicates - begin)
        drawn = rng.integers(0, clusters, size=(b, clusters)) + np.arange(b)[:, None] * clusters
        counts = np.bincount(drawn.reshape(-1), minlength=b * clusters).reshape(b, clusters)
        yield counts[:, cluster].astype(np.float64)


def estimates(
    score: Floats,
    bad: Flags,
    cluster: Ints | None,
    rng: np.random.Generator,
    *,
    replicates: int = REPLICATES,
    read: Callable[[Tally], Mapping[str, Floats]] = figures,
) -> dict[str, Estimate]:
    """Figures of `inference.evaluation.tally` with their intervals.

    Parameters
    ----------
    score, bad
        As for `tally`.
    cluster : (n,) int64 or None
        What is resampled, see `clusters_of`; each shot for itself by default.
    rng : Generator
        Its seed decides the resamples.
    read : callable
        The figures, by name.
    """
    of = cluster if cluster is not None else np.arange(len(score))
    # Sorted once: a resample changes the weights, never the order.
    order = np.argsort(-score, kind="stable")
    score, bad, of = score[order], bad[order], of[order]
    whole = read(tally(score, bad))
    drawn: dict[str, list[Floats]] = {name: [] for name in whole}
    for weight in resample(of, replicates, rng):
        for name, values in read(tally(score, bad, weight)).items():
            drawn[name].append(values)
    return {name: around(float(whole[name]), np.concatenate(drawn[name])) for name in whole}


def around(value: float, drawn: Floats, level: float = LEVEL) -> Estimate:
    """A figure with the quantiles of its resamples; those without the figure do not count.

    >>> around(0.5, np.array([0.0, 1.0, np.nan]), level=0.5)
    Estimate(value=0.5, low=0.25, high=0.75)
    """
    usable = drawn[np.isfinite(drawn)]
    if not len(usable) or not np.isfinite(value):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high))


def clusters_of(lot: Ints, unit: Ints) -> Ints:
    """What to resample for each row: its lot, or where it has none (-1) the row's own unit.

    >>> clusters_of(np.array([7, -1, 7, -1, -1]), np.array([0, 1, 2, 3, 3])).tolist()
    [0, 1, 0, 2, 2]
    """
    top = int(lot.max(initial=-1)) + 1
    return np.unique(np.where(lot >= 0, lot, top + unit), return_inverse=True)[1].astype(np.int64)
