"""How improbable a shot is under a few ellipsoids of normal shots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn import mixture

from models.closed_form import Arrays, ClosedFormDetector, Floats
from models.score_formulas import below_the_peak


class GaussianMixture(ClosedFormDetector):
    """Minus the log density of a Gaussian mixture, counted from its greatest possible value.

    Parameters
    ----------
    components : int
        Most parts, each with its own full covariance.
    rows_each : int
        Rows wanted for every part; fewer rows, fewer parts.
    regularisation : float
        Variance added to every input, of the scaled range squared.
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : int, RandomState or None
        Seed of the first guess.

    Attributes
    ----------
    arrays_ : dict
        ``log_weight`` (K,), ``mean`` (K, p), ``matrix`` (K, p, p) float64, as
        `models.score_formulas.below_the_peak` takes them.
    """

    whole_numbers = ("components", "rows_each")

    def __init__(
        self,
        *,
        components: int = 4,
        rows_each: int = 30,
        regularisation: float = 3e-3,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.components = components
        self.rows_each = rows_each
        self.regularisation = regularisation
        self.contamination = contamination
        self.random_state = random_state

    def record(self) -> Mapping[str, float]:
        """Rows it learnt from and parts found."""
        return {**super().record(), "components": len(self.arrays_["log_weight"])}

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        fitted = mixture.GaussianMixture(
            n_components=max(1, min(self.components, len(rows) // self.rows_each)),
            reg_covar=self.regularisation,
            random_state=random,
        ).fit(rows)
        matrix = fitted.precisions_cholesky_
        diagonal = np.diagonal(matrix, axis1=1, axis2=2)
        log_weight = np.log(np.maximum(fitted.weights_, 1e-300)) + np.log(diagonal).sum(axis=1)
        # Only differences count: the greatest is 0, so that no exponential overflows.
        return {"log_weight": log_weight - log_weight.max(), "mean": fitted.means_, "matrix": matrix}

    def _formula(self, x: Floats) -> Floats:
        return below_the_peak(x, *(self.arrays_[name][None] for name in ("log_weight", "mean", "matrix")))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not self.regularisation > 0:
            msg = f"regularisation: expected a number above 0, got {self.regularisation!r}"
            raise ValueError(msg)
