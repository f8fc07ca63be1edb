"""The outcome of predictions: how far the predicted sizes are off, in tolerances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.verdict import Outcome
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcome and margin of each row; None and NaN where no size is wanted."""

    outcome: list[Outcome | None]
    margin: NDArray[np.float64]


def judge(predictor: Predictor, predicted: Predicted, placed: Placed) -> Outcomes:
    """Judge predictions ``(n, t)``."""
    targets = predictor.profile.targets
    nominal, tolerance = (
        np.array([np.nan if one is None else one for one in column])
        for column in ([v.nominal for v in targets], [v.tolerance for v in targets])
    )
    score = np.nanmax(np.abs(predicted.mean - nominal) / tolerance, axis=1)
    ends = np.maximum(np.abs(predicted.low - nominal), np.abs(predicted.high - nominal))
    warned = (np.nanmax(ends / tolerance, axis=1) > 1) | (placed.standing >= STANDINGS.index("far"))
    outcome: list[Outcome | None] = np.where(score > 1, "NG", np.where(warned, "WARN", "OK")).tolist()
    return Outcomes(outcome, 1 - score)
