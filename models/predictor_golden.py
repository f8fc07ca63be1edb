"""Golden predictions: a few inputs with what every regressor predicted of them when it was trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused

Floats = NDArray[np.float64]

RELATIVE = 1e-5
"""Most difference between a stored prediction and the one computed now, as a share of the largest
of the same regressor: a network reckons in single precision."""


@dataclass(frozen=True, slots=True)
class PredictorGolden:
    """Inputs and predictions; column f belongs to ``predictor.regressors[f]``.

    Attributes
    ----------
    inputs : (k, d) float64
        Settings trained on and places between them, unscaled.
    mean, spread : (k, f) float64
        By the regressors that were trained.
    """

    inputs: Floats
    mean: Floats
    spread: Floats

    def check(self, predict: Callable[[Floats], tuple[Floats, Floats]]) -> None:
        """Compare with what prediction computes now.

        Parameters
        ----------
        predict : callable
            Means and spreads ``(k, f)`` of unscaled inputs ``(k, d)``, by every regressor.

        Raises
        ------
        ModelRefused
            One differs by more than rounding: this version must not predict.
        """
        for what, stored, now in zip(
            ("mean", "spread"), (self.mean, self.spread), predict(self.inputs), strict=True
        ):
            allowed = RELATIVE * np.abs(stored).max(axis=0, initial=0.0)
            # What is not finite would allow every difference.
            wrong = ~(np.isfinite(stored) & (np.abs(now - stored) <= allowed))
            if wrong.any():
                row, regressor = (int(at[0]) for at in np.nonzero(wrong))
                msg = (
                    f"golden prediction {row} (regressor {regressor}): expected {what} "
                    f"{stored[row, regressor]!r}, got {now[row, regressor]!r}; {int(wrong.sum())} of "
                    f"{wrong.size} differ: train again with this release"
                )
                raise ModelRefused(msg)
