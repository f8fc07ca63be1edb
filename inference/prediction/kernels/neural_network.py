"""Dense networks, from their weights."""

from __future__ import annotations

import numpy as np

from inference.prediction.kernels.kernel import Floats, Weights
from inference.prediction.kernels.rows import times


class NetworkKernel:
    """ReLU layers and a linear one; see `models.regressors.neural_network` for the arrays."""

    def __init__(self, weights: Weights) -> None:
        count = sum(1 for name in weights if name[0] == "w" and name[1:].isdigit())
        self._layers = [
            (weights[f"w{k}"].astype(np.float64), weights[f"b{k}"].astype(np.float64)) for k in range(count)
        ]
        if self._layers[-1][0].shape[1] != 1:
            msg = f"expected one output, got {self._layers[-1][0].shape[1]}"
            raise ValueError(msg)

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and spreads ``(n,)`` of prepared rows ``(n, d)``."""
        for matrix, bias in self._layers[:-1]:
            x = np.maximum(times(x, matrix) + bias, 0.0)
        matrix, bias = self._layers[-1]
        return (times(x, matrix) + bias)[:, 0], np.ones(len(x))
