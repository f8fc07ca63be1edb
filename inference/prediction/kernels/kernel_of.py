"""From a fitted regressor's arrays to a function of measured inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ModelRefused
from inference.prediction.kernels.gaussian_process import GaussianProcessKernel
from inference.prediction.kernels.kernel import PredictionKernel
from inference.prediction.kernels.linear_regression import LinearKernel
from inference.prediction.kernels.neural_network import NetworkKernel
from inference.prediction.kernels.trees import TreesKernel
from models.predictor import FittedRegressor
from models.regressors.preparation import Preparation

Floats = NDArray[np.float64]
Predicts = Callable[[ArrayLike], tuple[Floats, Floats]]

KERNELS: Mapping[str, type[PredictionKernel]] = {
    "linear_regression": LinearKernel,
    "random_forest": TreesKernel,
    "neural_network": NetworkKernel,
    "gaussian_process": GaussianProcessKernel,
    "extra_trees": TreesKernel,
}
"""Kind, as profiles name it, to its kernel."""


def kernel_of(fitted: FittedRegressor, inputs: Sequence[str] = ()) -> Predicts:
    """What predicts by this regressor: rows ``(n, d)`` as measured to means and spreads ``(n,)``.

    Both in the target's unit, float64, and the same to the bit for a row alone and in a
    batch. What is returned raises ValueError for rows of another width and for numbers that
    cannot enter (missing, infinite, a zero whose inverse is wanted); it names row and input.

    Parameters
    ----------
    fitted : FittedRegressor
    inputs : sequence of str
        Names of the columns, for those errors; without them they are numbered.

    Raises
    ------
    ModelRefused
        There is no kernel for its kind, or its arrays are not those of the kind.
    """
    if fitted.kind not in KERNELS:
        known = ", ".join(KERNELS)
        raise ModelRefused(f"regressor {fitted.name!r}: expected a kind out of {known}, got {fitted.kind!r}")
    try:
        kernel = KERNELS[fitted.kind](fitted.weights)
        middle, scale = (float(fitted.weights[name]) for name in ("target_offset", "target_scale"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelRefused(
            f"regressor {fitted.name!r} of {fitted.target}: expected the arrays of kind {fitted.kind!r}, "
            f"got {sorted(fitted.weights)} ({error!r}); train again"
        ) from error
    preparation = Preparation(fitted.enters, fitted.offset, fitted.scale, tuple(inputs))

    def predict(inputs: ArrayLike) -> tuple[Floats, Floats]:
        rows = preparation.of(inputs)
        if len(rows) == 0:
            return np.empty(0), np.empty(0)
        mean, spread = kernel(rows)
        return middle + scale * mean, scale * spread

    return predict
