"""Dense autoencoders: their layers, their parameters in one row, their forward pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.columns import product, transposed

Singles = NDArray[np.float32]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Where each named array sits in one flat row of parameters.

    All parameters of a group are one row, those of many groups one matrix ``(G, size)``:
    an optimiser step, a best-weights copy and a group's exit are then one operation each.

    >>> layout = Layout((("w0", (2, 3)), ("b0", (3,))))
    >>> layout.size, layout.unpack(np.arange(9, dtype=np.float32))["b0"].tolist()
    (9, [6.0, 7.0, 8.0])
    """

    entries: tuple[tuple[str, Shape], ...]

    @cached_property
    def sizes(self) -> list[int]:
        """Number of values of each entry."""
        return [math.prod(shape) for _, shape in self.entries]

    @property
    def size(self) -> int:
        """Length of the flat row."""
        return sum(self.sizes)

    def pack(self, arrays: Mapping[str, Singles]) -> Singles:
        """One flat float32 row of these arrays."""
        return np.concatenate([arrays[name].ravel() for name, _ in self.entries]).astype(np.float32)

    def unpack(self, row: Singles) -> dict[str, Singles]:
        """The named arrays of one flat row, each a copy."""
        parts = np.split(row, np.cumsum(self.sizes)[:-1])
        return {
            name: part.reshape(shape).copy() for (name, shape), part in zip(self.entries, parts, strict=True)
        }

    def split(self, tf: Any, rows: Any) -> dict[str, Any]:
        """The named tensors ``(G, *shape)`` of a tensor of flat rows ``(G, size)``."""
        parts = tf.split(rows, self.sizes, axis=1)
        return {
            name: tf.reshape(part, (-1, *shape))
            for (name, shape), part in zip(self.entries, parts, strict=True)
        }


@dataclass(frozen=True)
class DenseNetwork:
    """A dense autoencoder: ``inputs-h1-...-hk-...-h1-inputs``.

    ReLU after every layer but two: the bottleneck (a code must be free to be negative)
    and the output. Trained on the mean squared error of a row.

    Attributes
    ----------
    inputs : int
        Number of input variables, p.
    hidden : tuple of int
        Widths from the first hidden layer to the bottleneck.
    """

    inputs: int
    hidden: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of all layers, input to output."""
        return (self.inputs, *self.hidden, *reversed(self.hidden[:-1]), self.inputs)

    @property
    def depth(self) -> int:
        """Number of weight matrices."""
        return len(self.widths) - 1

    @cached_property
    def layout(self) -> Layout:
        """Parameters: ``w0, b0, ..., wL, bL``, w as (in, out)."""
        entries: list[tuple[str, Shape]] = []
        for i, (width_in, width_out) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            entries += [(f"w{i}", (width_in, width_out)), (f"b{i}", (width_out,))]
        return Layout(tuple(entries))

    def initial(self, random: np.random.Generator, rows: Singles) -> Singles:
        """First parameters: Glorot uniform weights, output bias at the training mean.

        Starting from "predict the mean" saves the epochs that would learn it.
        """
        arrays: dict[str, Singles] = {}
        for name, shape in self.layout.entries:
            if len(shape) == 2:
                limit = math.sqrt(6.0 / sum(shape))
                arrays[name] = random.uniform(-limit, limit, shape).astype(np.float32)
            else:
                arrays[name] = np.zeros(shape, dtype=np.float32)
        arrays[f"b{self.depth - 1}"] = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        return self.layout.pack(arrays)

    def is_linear(self, layer: int) -> bool:
        """Whether this layer has no ReLU: the bottleneck and the output."""
        return layer in (len(self.hidden) - 1, self.depth - 1)

    def row_losses(self, tf: Any, parameters: Any, rows: Any) -> Any:
        """Mean squared error ``(G, B)`` of rows ``(G, B, p)`` under parameters ``(G, size)``."""
        arrays = self.layout.split(tf, parameters)
        columns = transposed(tf, rows)
        code = self.tensor_layers(tf, arrays, columns, 0, len(self.hidden))
        output = self.tensor_layers(tf, arrays, code, len(self.hidden), self.depth)
        return tf.reduce_mean(tf.square(output - columns), axis=1)

    def tensor_layers(self, tf: Any, arrays: Mapping[str, Any], columns: Any, first: int, end: int) -> Any:
        """Layers ``first`` to ``end`` of all groups at once, columns ``(G, width, B)``."""
        for i in range(first, end):
            columns = product(tf, arrays[f"w{i}"], columns) + arrays[f"b{i}"][:, :, None]
            if not self.is_linear(i):
                columns = tf.nn.relu(columns)
        return columns

    def layers(self, arrays: Mapping[str, Singles], rows: Singles, first: int, end: int) -> Singles:
        """The same for one group in numpy, rows ``(n, width)``.

        Every row is a product of its own, so that a row gets the same bits alone and
        in a batch; one large product would block its sums by the number of rows.
        """
        for i in range(first, end):
            rows = np.matmul(rows[:, None, :], arrays[f"w{i}"])[:, 0, :] + arrays[f"b{i}"]
            if not self.is_linear(i):
                rows = np.maximum(rows, np.float32(0))
        return rows

    def reconstruct(self, arrays: Mapping[str, Singles], rows: Singles) -> Singles:
        """What encoder and decoder make of rows ``(n, p)``, in numpy."""
        return self.layers(arrays, rows, 0, self.depth)
