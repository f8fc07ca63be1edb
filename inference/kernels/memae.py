"""Memory-augmented autoencoders of many groups (Gong et al., ICCV 2019).

The code of a row is rebuilt from the group's memory of normal codes before it is
decoded, so that what is not normal cannot be reconstructed well.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.dense import all_shapes, mean_absolute_error, stack_layers
from inference.kernels.kernel import Codes, Floats32, Weights, chunks

_SMALL = np.float32(1e-12)


class MemaeKernel:
    """Scores rows by the memory-augmented autoencoder of their group.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, all of one shape: ``w0, b0, ...`` (encoder first), ``memory``
        ``(N, z)``, ``temperature``, ``shrink``.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._encoder, self._decoder = stack_layers(weights)
        memory = np.stack([w["memory"] for w in weights]).astype(np.float32)
        self._memory = memory
        self._unit_slots = np.ascontiguousarray(_unit(memory).transpose(0, 2, 1))
        self._temperature = np.array([w["temperature"] for w in weights], dtype=np.float32)[:, None, None]
        self._shrink = np.array([w["shrink"] for w in weights], dtype=np.float32)[:, None, None]

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Shapes of all arrays."""
        return all_shapes(weights)

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Mean absolute reconstruction error of scaled rows ``(n, p)``, higher = worse."""
        score = np.empty(len(x), dtype=np.float64)
        for rows in chunks(group):
            x_rows, mine = x[rows, None, :], group[rows]
            code = x_rows
            for layer in self._encoder:
                code = layer.forward(code, mine)
            again = np.matmul(self._attention(code, mine), self._memory[mine])
            for layer in self._decoder:
                again = layer.forward(again, mine)
            score[rows] = mean_absolute_error(x_rows, again)
        return score

    def _attention(self, code: Floats32, group: Codes) -> Floats32:
        """How much of each slot a code is made of: ``(n, 1, N)``, hard-shrunk, sum 1."""
        a = np.matmul(_unit(code), self._unit_slots[group])
        a *= self._temperature[group]
        a -= a.max(axis=2, keepdims=True)
        np.exp(a, out=a)
        a /= a.sum(axis=2, keepdims=True)
        over = a - self._shrink[group]
        a *= np.maximum(over, 0)
        a /= np.abs(over) + _SMALL
        a /= np.maximum(a.sum(axis=2, keepdims=True), _SMALL)
        attention: Floats32 = a
        return attention


def _unit(vectors: Floats32) -> Floats32:
    squared = (vectors * vectors).sum(axis=-1, keepdims=True)
    unit: Floats32 = vectors / np.sqrt(np.maximum(squared, _SMALL))
    return unit
