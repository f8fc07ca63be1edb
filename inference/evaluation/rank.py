"""Ranks and rank correlation of columns in which the same row may count several times."""

from __future__ import annotations

import numpy as np

from inference.evaluation.tally import Floats


def ranks(values: Floats, weight: Floats | None = None) -> Floats:
    """Rank of each value, 1 = smallest, equal values their mean rank.

    With weights the ranks are those the values have where each is repeated as often.

    >>> ranks(np.array([0.3, 0.1, 0.3])).tolist()
    [2.5, 1.0, 2.5]
    """
    counts = np.ones(len(values)) if weight is None else weight
    distinct, of = np.unique(values, return_inverse=True)
    repeated = np.bincount(of, weights=counts, minlength=len(distinct))
    last = np.cumsum(repeated)
    middle: Floats = (last - repeated + 1 + last) / 2
    return middle[of]


def spearman(one: Floats, other: Floats, weight: Floats | None = None) -> float:
    """Spearman's rank correlation, ties at their mean rank; NaN where either never varies.

    >>> round(spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])), 3)
    0.5
    """
    counts = np.ones(len(one)) if weight is None else weight
    total = counts.sum()
    if total <= 0:
        return float("nan")
    a, b = ranks(one, weight), ranks(other, weight)
    a, b = a - (counts * a).sum() / total, b - (counts * b).sum() / total
    scatter = float(np.sqrt((counts * a * a).sum() * (counts * b * b).sum()))
    # Ranks are halves: scatter below this is rounding, not variation.
    return float((counts * a * b).sum()) / scatter if scatter > 1e-9 else float("nan")


def mean_ranks(scores: Floats) -> Floats:
    """Mean rank of each column, 1 = highest, over rows; a row ranks the columns it has.

    Parameters
    ----------
    scores : (sets, methods) float64
        NaN where a method has none on a set; it gets no rank there.

    >>> mean_ranks(np.array([[0.9, 0.8, np.nan], [0.5, 0.7, 0.6]])).tolist()
    [2.0, 1.5, 2.0]
    """
    out = np.full(scores.shape, np.nan)
    for row, values in enumerate(scores):
        seen = np.isfinite(values)
        out[row, seen] = ranks(-values[seen])
    told = np.isfinite(out)
    sums = np.where(told, out, 0.0).sum(axis=0)
    means: Floats = np.full(scores.shape[1], np.nan)
    np.divide(sums, told.sum(axis=0), out=means, where=told.any(axis=0))
    return means
