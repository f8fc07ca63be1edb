"""Dense networks of many groups, stacked: each row is multiplied by its own group's weights."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from inference.kernels.kernel import Floats32, Weights


def dense_arrays(weights: Weights) -> dict[str, Floats32]:
    """Weights ``(in, out)`` and biases ``(1, out)`` of a network, layer by layer."""
    arrays: dict[str, Floats32] = {}
    for k in range(layer_count(weights)):
        arrays[f"w{k}"] = weights[f"w{k}"].astype(np.float32)
        arrays[f"b{k}"] = weights[f"b{k}"].astype(np.float32)[None, :]
    return arrays


def layer_count(weights: Weights) -> int:
    """Layers of a network ``w0, b0, ..., wL, bL``, encoder and decoder together."""
    return sum(1 for name in weights if name[0] == "w" and name[1:].isdigit())


def forward(x: Floats32, arrays: Sequence[Floats32]) -> Floats32:
    """Rows ``(n, m, in)`` through half a network: rectified except at its last layer.

    With m = 1 a stack of one-row products, not one large product: a row's result is the
    same to the bit whatever rows stand beside it, so a shot near its limit gets the same
    verdict alone and in a batch.

    Parameters
    ----------
    x : (n, m, in) float32
        m rows for each of n models.
    arrays : sequence
        ``(n, in, out)`` and ``(n, 1, out)`` in turn: each row's own weights and biases.
    """
    last = len(arrays) - 2
    for k in range(0, len(arrays), 2):
        x = np.matmul(x, arrays[k])
        x += arrays[k + 1]
        if k < last:
            np.maximum(x, 0, out=x)
    return x


def all_shapes(weights: Weights) -> Hashable:
    """Shapes of all arrays by name: what two groups must have in common to be stacked."""
    return tuple(sorted((name, np.shape(array)) for name, array in weights.items()))


def residual_weight(weights: Weights) -> Floats32:
    """What each residual is multiplied by, ``(1, p)``; 1 in models trained before there were weights."""
    inputs = len(weights["w0"])
    weight: Floats32 = np.asarray(weights.get("residual_weight", np.ones(inputs)), dtype=np.float32)[None, :]
    return weight


def mean_absolute_error(x: Floats32, again: Floats32, weight: Floats32) -> Floats32:
    """Mean over the inputs of ``|x - again| * weight``; ``(..., p)`` to ``(...)``."""
    apart = np.subtract(x, again)
    np.abs(apart, out=apart)
    apart *= weight
    error: Floats32 = np.add.reduce(apart, axis=-1)
    error /= np.float32(x.shape[-1])
    return error
