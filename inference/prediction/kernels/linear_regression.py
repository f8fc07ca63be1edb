"""Ordinary least squares, from its arrays."""

from __future__ import annotations

import numpy as np

from inference.prediction.kernels.kernel import Floats, Weights
from inference.prediction.kernels.rows import times


class LinearKernel:
    """A line and its leverage; see `models.regressors.linear_regression` for the arrays."""

    def __init__(self, weights: Weights) -> None:
        self._coefficients = weights["coefficients"][:, None]
        self._intercept = float(weights["intercept"])
        self._middle, self._root = weights["middle"], weights["root"]
        self._base = float(weights["base"])

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)`` of prepared rows ``(n, d)``."""
        apart = times(x - self._middle, self._root)
        spread: Floats = np.sqrt(self._base + np.add.reduce(apart * apart, axis=1))
        return times(x, self._coefficients)[:, 0] + self._intercept, spread
