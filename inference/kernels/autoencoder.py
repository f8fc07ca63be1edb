"""Autoencoders of many groups: the score is the reconstruction error."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.dense import (
    all_shapes,
    dense_arrays,
    forward,
    layer_count,
    mean_absolute_error,
    residual_weight,
)
from inference.kernels.kernel import Codes, Floats32, Weights, in_chunks, occluded
from inference.kernels.stacked import StackedArrays


class AutoencoderKernel:
    """Scores rows by the autoencoder of their group.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, all of one shape: ``w0, b0, ..., wL, bL``, ``residual_weight``.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._models = StackedArrays([{**dense_arrays(w), "residual": residual_weight(w)} for w in weights])
        self._encoder = layer_count(weights[0])  # arrays of the encoder: half the layers, two each

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Shapes of all arrays."""
        return all_shapes(weights)

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Mean weighted absolute residual of scaled rows ``(n, p)``, higher = worse."""
        return in_chunks(lambda rows, mine: self._errors(rows[:, None, :], mine)[:, 0], x, group)

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value."""
        return self._errors(occluded(x, usual), group).astype(np.float64)

    def _errors(self, x: Floats32, group: Codes) -> Floats32:
        """Errors ``(n, m)`` of m rows for each of n models."""
        *layers, weight = self._models.of(group)
        code = forward(x, layers[: self._encoder])
        again = forward(code, layers[self._encoder :])
        return mean_absolute_error(x, again, weight)
