"""Dense networks of many groups, stacked: each row is multiplied by its own group's weights."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from inference.kernels.kernel import Codes, Floats32, Weights


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of all groups: weights ``(G, in, out)``, biases ``(G, 1, out)``."""

    weights: Floats32
    bias: Floats32
    relu: bool

    def forward(self, x: Floats32, group: Codes) -> Floats32:
        """``(n, 1, in)`` to ``(n, 1, out)``; row i through the weights of ``group[i]``.

        A stack of one-row products, not one large product: a row's result is the same
        to the bit whatever rows stand beside it, so a shot near its limit gets the
        same verdict alone and in a batch.
        """
        y: Floats32 = np.matmul(x, self.weights[group])
        y += self.bias[group]
        return np.maximum(y, 0, out=y) if self.relu else y


def stack_layers(weights: Sequence[Weights]) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """Encoder and decoder of networks of one shape (``w0, b0, ..., wL, bL``, encoder first).

    Rectified except at the bottleneck and at the output.
    """
    count = sum(1 for name in weights[0] if name[0] == "w" and name[1:].isdigit())
    layers = tuple(
        Layer(
            np.stack([w[f"w{k}"] for w in weights]).astype(np.float32),
            np.stack([w[f"b{k}"] for w in weights]).astype(np.float32)[:, None, :],
            relu=k + 1 not in (count // 2, count),
        )
        for k in range(count)
    )
    return layers[: count // 2], layers[count // 2 :]


def all_shapes(weights: Weights) -> Hashable:
    """Shapes of all arrays by name: what two groups must have in common to be stacked."""
    return tuple(sorted((name, np.shape(array)) for name, array in weights.items()))


def mean_absolute_error(x: Floats32, again: Floats32) -> Floats32:
    """Mean over the inputs of ``|x - again|``; ``(n, 1, p)`` to ``(n,)``."""
    apart = np.subtract(x, again)
    error: Floats32 = np.abs(apart, out=apart)[:, 0].mean(axis=1)
    return error
