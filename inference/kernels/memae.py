"""Memory-augmented autoencoders of many groups (Gong et al., ICCV 2019).

The code of a row is rebuilt from the group's memory of normal codes before it is
decoded, so that what is not normal cannot be reconstructed well.
"""

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

_SMALL = np.float32(1e-12)


class MemaeKernel:
    """Scores rows by the memory-augmented autoencoder of their group.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, all of one shape: ``w0, b0, ...`` (encoder first), ``memory``
        ``(N, z)``, ``temperature``, ``shrink``, ``residual_weight``.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._models = StackedArrays([_arrays(w) for w in weights])
        self._encoder = layer_count(weights[0])

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
        *layers, unit_slots, temperature, shrink, memory, weight = self._models.of(group)
        code = forward(x, layers[: self._encoder])
        a = np.matmul(unit(code), unit_slots)
        a *= temperature
        again = np.matmul(_hard_shrunk(_softmax(a), shrink), memory)
        return mean_absolute_error(x, forward(again, layers[self._encoder :]), weight)


def _arrays(weights: Weights) -> dict[str, Floats32]:
    memory: Floats32 = weights["memory"].astype(np.float32)
    return {
        **dense_arrays(weights),
        "unit_slots": unit(memory).T,
        "temperature": np.full((1, 1), weights["temperature"], dtype=np.float32),
        "shrink": np.full((1, 1), weights["shrink"], dtype=np.float32),
        "memory": memory,
        "residual": residual_weight(weights),
    }


def _softmax(a: Floats32) -> Floats32:
    """Over the last axis, in place."""
    a -= np.maximum.reduce(a, axis=-1, keepdims=True)
    np.exp(a, out=a)
    a /= np.add.reduce(a, axis=-1, keepdims=True)
    return a


def _hard_shrunk(a: Floats32, shrink: Floats32) -> Floats32:
    """How much of each slot a code is made of, in place: weights under `shrink` 0, sum 1."""
    over = a - shrink
    a *= np.maximum(over, 0)
    a /= np.abs(over, out=over) + _SMALL
    a /= np.maximum(np.add.reduce(a, axis=-1, keepdims=True), _SMALL)
    return a


def unit(vectors: Floats32) -> Floats32:
    """Vectors ``(..., z)`` of length 1; those of nearly no length stay shorter."""
    squared = (vectors * vectors).sum(axis=-1, keepdims=True)
    scaled: Floats32 = vectors / np.sqrt(np.maximum(squared, _SMALL))
    return scaled
