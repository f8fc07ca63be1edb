"""Forests: all rows walk all trees at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.prediction.kernels.kernel import Floats, Weights

CHUNK = 256
"""Rows walked at a time; bounds the memory, does not change a bit of the result."""


class TreesKernel:
    """Mean and scatter of trees; see `models.regressors.trees` for the arrays."""

    def __init__(self, weights: Weights) -> None:
        self._feature = np.maximum(weights["feature"], 0).astype(np.intp)
        self._threshold = weights["threshold"]
        self._children = np.stack([weights["left"], weights["right"]], axis=1).astype(np.intp).ravel()
        self._value, self._variance = weights["value"], weights["variance"]
        self._root, self._floor = weights["root"].astype(np.intp), float(weights["floor"])
        self._depth = _depth(weights)

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)`` of prepared rows ``(n, d)``."""
        mean, spread = np.empty((2, len(x)))
        # scikit-learn compares float32 inputs with float64 thresholds.
        rows = x.astype(np.float32).astype(np.float64)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            leaf = self._leaves(rows[part])
            mean[part], spread[part] = self._summed_up(self._value.take(leaf), self._variance.take(leaf))
        return mean, spread

    def _leaves(self, rows: Floats) -> NDArray[np.intp]:
        """The leaf ``(n, T)`` of each row in each tree."""
        at = np.tile(self._root, (len(rows), 1))
        line = np.arange(0, rows.size, rows.shape[1])[:, None]
        values = rows.ravel()
        for _ in range(self._depth):
            right = values.take(self._feature.take(at) + line) > self._threshold.take(at)
            at = self._children.take(2 * at + right)
        return at

    def _summed_up(self, value: Floats, variance: Floats) -> tuple[Floats, Floats]:
        trees = value.shape[1]
        mean = np.add.reduce(value, axis=1) / trees
        apart = value - mean[:, None]
        total = np.add.reduce(apart * apart, axis=1) / trees + np.add.reduce(variance, axis=1) / trees
        return mean, np.sqrt(total + self._floor)


def _depth(weights: Weights) -> int:
    """Most steps from a root to a leaf."""
    inner, depth = weights["feature"] >= 0, 0
    level = weights["root"][inner[weights["root"]]]
    while len(level):
        depth += 1
        below = np.concatenate([weights["left"][level], weights["right"][level]])
        level = below[inner[below]]
    return depth
