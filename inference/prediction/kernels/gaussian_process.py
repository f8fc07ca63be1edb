"""Gaussian process: the posterior from its arrays."""

from __future__ import annotations

import numpy as np

from inference.prediction.kernels.kernel import Floats, Weights
from inference.prediction.kernels.rows import times

_VALUES_AT_ONCE = 2**18
"""Distances computed at a time; bounds the memory, does not change a bit of the result."""


class GaussianProcessKernel:
    """Posterior mean and deviation; see `models.regressors.gaussian_process` for the arrays."""

    def __init__(self, weights: Weights) -> None:
        self._lengths = weights["lengths"]
        self._points = weights["points"] / self._lengths
        self._alpha, self._root = weights["alpha"][:, None], np.ascontiguousarray(weights["root"])
        self._variance, self._nu, self._noise = (float(weights[k]) for k in ("variance", "nu", "noise"))
        if self._nu not in (0.5, 1.5, 2.5, float("inf")):
            msg = f"nu: expected 0.5, 1.5, 2.5 or inf, got {self._nu}"
            raise ValueError(msg)

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)`` of prepared rows ``(n, d)``."""
        mean, spread = np.empty((2, len(x)))
        chunk = max(1, _VALUES_AT_ONCE // self._points.size)
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            near = self._covariance(x[part] / self._lengths)
            known = times(near, self._root)
            left = self._variance - np.add.reduce(known * known, axis=1)
            mean[part] = times(near, self._alpha)[:, 0]
            spread[part] = np.sqrt(np.maximum(left, 0.0) + self._noise)
        return mean, spread

    def _covariance(self, rows: Floats) -> Floats:
        """Covariance ``(n, m)`` of rows in length scales with all points."""
        apart = rows[:, None, :] - self._points
        square = np.add.reduce(apart * apart, axis=2)
        if self._nu == float("inf"):
            smooth: Floats = self._variance * np.exp(-0.5 * square)
            return smooth
        far = np.sqrt(2 * self._nu * square)
        # Matérn for half-integer nu (Rasmussen & Williams 2006, equation 4.17).
        factor = {0.5: 1.0, 1.5: 1.0 + far, 2.5: 1.0 + far + far**2 / 3.0}[self._nu]
        covariance: Floats = self._variance * factor * np.exp(-far)
        return covariance
