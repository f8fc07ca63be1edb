"""Mahalanobis distance from a mean and covariance that a few bad shots cannot bend."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.covariance import ledoit_wolf

from models.closed_form import Arrays, ClosedFormDetector, Floats, deviation
from models.score_formulas import squared_length

LEAST_VARIANCE = 1e-6
"""Of the scaled range, squared: what varies less is measured no better."""


class RobustCovariance(ClosedFormDetector):
    """Squared Mahalanobis distance over the number of inputs, trimmed and reweighted.

    Fitted on all rows, then again and again on those nearest by the last fit, all but
    the share `trim`: lots below the allowed defect rate still hold bad shots, and they
    must not stretch the very ellipsoid that is to tell them. The covariance is shrunk
    (Ledoit & Wolf 2004), so that it can be inverted however few the rows are.

    Parameters
    ----------
    trim : float
        Share of the rows left out as the farthest, in [0, 0.5).
    steps : int
        Most refits; it ends earlier when the rows left out stay the same.
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : ignored
        There is nothing random; every detector has it.

    Attributes
    ----------
    arrays_ : dict
        ``mean`` (p,), ``matrix`` (p, p) float64: the score is the squared length of
        ``(x - mean) @ matrix``.
    """

    whole_numbers = ("steps",)

    def __init__(
        self, *, trim: float = 0.02, steps: int = 5, contamination: float = 0.1, random_state: Any = None
    ) -> None:
        self.trim = trim
        self.steps = steps
        self.contamination = contamination
        self.random_state = random_state

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        kept = np.ones(len(rows), dtype=np.bool_)
        arrays = _whitened(rows)
        for _ in range(self.steps):
            far = squared_length(rows[None], arrays["mean"][None], arrays["matrix"][None])[0]
            now = far <= np.quantile(far, 1.0 - self.trim)
            if np.array_equal(now, kept):
                break
            kept = now
            arrays = _whitened(rows[kept])
        return arrays

    def _formula(self, x: Floats) -> Floats:
        return squared_length(x, self.arrays_["mean"][None], self.arrays_["matrix"][None])

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not 0 <= self.trim < 0.5:
            msg = f"trim: expected a share in [0, 0.5), got {self.trim!r}"
            raise ValueError(msg)


def _whitened(rows: Floats) -> Arrays:
    """Mean, and the matrix that makes the rows' covariance 1 / p in every direction."""
    p = rows.shape[1]
    spread = deviation(rows)
    # By standard deviations: shrinking treats all inputs alike, and one that never varied keeps to itself.
    covariance = ledoit_wolf((rows - rows.mean(axis=0)) / spread)[0]
    constant = rows.std(axis=0) == 0
    covariance[constant, constant] = 1.0
    variance, directions = np.linalg.eigh(covariance)
    scale = 1.0 / np.sqrt(np.maximum(variance, LEAST_VARIANCE) * p)
    return {"mean": rows.mean(axis=0), "matrix": directions * scale / spread[:, None]}
