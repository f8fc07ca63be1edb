"""What a prediction says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Standing = Literal["run_before", "never_run", "far", "outside"]
STANDINGS: tuple[Standing, ...] = ("run_before", "never_run", "far", "outside")
"""Of an input row: trained on; between what was; inside the trained ranges but further from any
trained setting than those are from each other; outside the trained ranges."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions of a batch of inputs, one row a record.

    Attributes
    ----------
    mean, low, high : (n, t) float64
        Predicted size and its interval, in the target's unit, columns as ``profile.targets``.
    regressors : tuple of str
        Who predicted each target.
    """

    mean: Floats
    low: Floats
    high: Floats
    regressors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where inputs lie beside what was trained on.

    Attributes
    ----------
    standing : (n,) int8
        Positions in `STANDINGS`.
    outside : (n, d) int8
        -1 below the trained range of an input, 1 above it, 0 inside.
    nearest : (n,) int64
        The nearest trained setting, a row of ``TrainedPredictor.settings``.
    distance : (n,) float64
        To it, Euclidean, each input in units of its trained range.
    """

    standing: NDArray[np.int8]
    outside: NDArray[np.int8]
    nearest: NDArray[np.int64]
    distance: Floats
