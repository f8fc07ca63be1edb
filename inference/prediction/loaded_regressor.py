"""One trained regressor, loaded to be asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.prediction.kernels import kernel_of
from inference.prediction.kernels.kernel_of import Predicts
from models.interval import interval_factor
from models.predictor import FittedRegressor, TrainedPredictor
from models.regressors.preparation import INVERSE, LOGARITHMIC

Floats = NDArray[np.float64]


class LoadedRegressor(NamedTuple):
    """What predicts, and how wide its intervals are.

    Attributes
    ----------
    predict : callable
        Mean and spread ``(n,)`` of inputs ``(n, d)`` that can enter.
    factor : float
        Half width of an interval in spreads.
    inverse, logarithmic : (k,) intp
        Columns that enter so.
    """

    predict: Predicts
    factor: float
    inverse: NDArray[np.intp]
    logarithmic: NDArray[np.intp]

    @classmethod
    def of(cls, fitted: FittedRegressor, trained: TrainedPredictor, coverage: float) -> LoadedRegressor:
        """Load one of a trained predictor's; raises `ModelRefused` where its arrays are not of its kind."""
        factor = interval_factor(fitted.misses, fitted.miss_weights, fitted.miss_worth, coverage)
        columns = (np.flatnonzero(fitted.enters == way) for way in (INVERSE, LOGARITHMIC))
        return cls(kernel_of(fitted, trained.input_names), factor, *columns)

    def enters(self, rows: Floats) -> NDArray[np.bool_]:
        """Which of these finite rows it can take."""
        able = np.ones(len(rows), dtype=np.bool_)
        with np.errstate(all="ignore"):
            for column in self.inverse:
                able &= np.isfinite(1.0 / rows[:, column])
        for column in self.logarithmic:
            able &= rows[:, column] > 0
        return able
