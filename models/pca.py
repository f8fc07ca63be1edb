"""Principal components: unusual within the plane of normal shots, or off it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.closed_form import Arrays, ClosedFormDetector, Floats
from models.score_formulas import squared_length

LEVEL = 0.95
_SMALL = 1e-12


class Pca(ClosedFormDetector):
    """T² and SPE of a principal component model, added (Jackson & Mudholkar 1979).

    T² is the squared distance within the kept components, each by its own variance; SPE
    the squared distance from them. Each is divided by its 95 % quantile over the
    training rows: 1 is what one normal shot in twenty exceeds.

    Parameters
    ----------
    variance : float
        Share of the variance that the kept components explain, in (0, 1].
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : ignored
        There is nothing random; every detector has it.

    Attributes
    ----------
    arrays_ : dict
        ``mean`` (p,), ``matrix`` (p, p) float64: the score is the squared length of
        ``(x - mean) @ matrix``. Whatever number is kept, the matrix has p columns.
    components_ : int
        Components kept.
    """

    def __init__(
        self, *, variance: float = 0.9, contamination: float = 0.1, random_state: Any = None
    ) -> None:
        self.variance = variance
        self.contamination = contamination
        self.random_state = random_state

    def record(self) -> Mapping[str, float]:
        """Rows it learnt from and components kept."""
        return {**super().record(), "components": self.components_}

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        mean = rows.mean(axis=0)
        apart = rows - mean
        variance, directions = np.linalg.eigh(apart.T @ apart / len(rows))
        variance, directions = np.maximum(variance[::-1], 0.0), directions[:, ::-1]
        share = np.cumsum(variance) / max(float(variance.sum()), _SMALL)
        kept = min(int((share < self.variance - 1e-9).sum()) + 1, len(share))
        self.components_ = kept
        z = (apart @ directions) ** 2
        of_component = np.maximum(variance[:kept], _SMALL)
        scale = np.empty(len(variance))
        scale[:kept] = 1.0 / (of_component * _quantile(z[:, :kept] @ (1.0 / of_component)))
        scale[kept:] = 1.0 / _quantile(z[:, kept:].sum(axis=1))
        return {"mean": mean, "matrix": directions * np.sqrt(scale)}

    def _formula(self, x: Floats) -> Floats:
        return squared_length(x, self.arrays_["mean"][None], self.arrays_["matrix"][None])

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not 0 < self.variance <= 1:
            msg = f"variance: expected a share in (0, 1], got {self.variance!r}"
            raise ValueError(msg)


def _quantile(values: Floats) -> float:
    """The 95 % quantile; 1 where there is nothing that varies."""
    found = float(np.quantile(values, LEVEL))
    return found if found > _SMALL else 1.0
