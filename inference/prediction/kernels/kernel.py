"""What a kernel of prediction is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]


class PredictionKernel(Protocol):
    """One fitted regressor, from its exported arrays.

    A row's prediction is the same to the bit whatever rows stand beside it.
    """

    def __init__(self, weights: Weights) -> None:
        """Take over what the regressor's ``export()`` gave."""

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)``, scaled, of prepared rows ``(n, d)``, C-contiguous."""
