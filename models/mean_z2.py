"""Mean squared z-value: the floor every other detector has to beat."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.closed_form import Arrays, ClosedFormDetector, Floats, deviation
from models.score_formulas import mean_squares


class MeanZ2(ClosedFormDetector):
    """Mean over the inputs of the squared distance from the mean in standard deviations.

    Blind to broken correlations; nothing is simpler or faster.

    Parameters
    ----------
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : ignored
        There is nothing random; every detector has it.

    Attributes
    ----------
    arrays_ : dict
        ``mean``, ``factor`` (1 / standard deviation), both (p,) float64.

    Examples
    --------
    >>> detector = MeanZ2().fit([[0.0, 0.5], [1.0, 0.5]])
    >>> detector.score_samples([[0.5, 0.5], [1.0, 0.5]]).tolist()
    [-0.0, -0.5]
    """

    def __init__(self, *, contamination: float = 0.1, random_state: Any = None) -> None:
        self.contamination = contamination
        self.random_state = random_state

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        return {"mean": rows.mean(axis=0), "factor": 1.0 / deviation(rows)}

    def _formula(self, x: Floats) -> Floats:
        return mean_squares(x, self.arrays_["mean"][None], self.arrays_["factor"][None])
