"""What predictions come to against nominal size and tolerance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.prediction.predicted import Placed, Predicted
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]


def outcomes(
    predictor: Predictor, inputs: Floats, predicted: Predicted, placed: Placed
) -> tuple[list[str], Floats]:
    """Outcome and margin (in tolerances) of each row."""
    t = predictor.profile.targets
    n = np.array([v.nominal if v.nominal is not None else np.nan for v in t])
    tol = np.array([v.tolerance if v.tolerance is not None else np.nan for v in t])
    score = np.nanmax(np.abs(predicted.mean - n) / tol, axis=1)
    worst = np.nanmax(np.maximum(np.abs(predicted.low - n), np.abs(predicted.high - n)) / tol, axis=1)
    warn = (worst > 1) | (placed.standing >= 2)
    return np.where(score > 1, "NG", np.where(warn, "WARN", "OK")).tolist(), 1 - score
