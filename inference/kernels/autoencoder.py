"""Autoencoders of many groups: the score is the reconstruction error."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.dense import all_shapes, mean_absolute_error, stack_layers
from inference.kernels.kernel import Codes, Floats32, Weights, chunks


class AutoencoderKernel:
    """Scores rows by the autoencoder of their group.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, all of one shape: ``w0, b0, ..., wL, bL``.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        encoder, decoder = stack_layers(weights)
        self._layers = (*encoder, *decoder)

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Shapes of all arrays."""
        return all_shapes(weights)

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Mean absolute reconstruction error of scaled rows ``(n, p)``, higher = worse."""
        score = np.empty(len(x), dtype=np.float64)
        for rows in chunks(group):
            x_rows, mine = x[rows, None, :], group[rows]
            again = x_rows
            for layer in self._layers:
                again = layer.forward(again, mine)
            score[rows] = mean_absolute_error(x_rows, again)
        return score
