"""Lists of arrays as one array each: stacked where the shapes are equal, else end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHAPES = ".shapes"


def pack(name: str, rows: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """One array ``name`` of all rows; where their shapes differ, also ``name.shapes`` (n, ndim).

    Rows must agree in number of dimensions and in dtype; none at all gives an empty array.

    >>> packed = pack("x", [np.zeros(2), np.ones(1)])
    >>> packed["x"].tolist(), packed["x.shapes"].tolist()
    ([0.0, 0.0, 1.0], [[2], [1]])
    """
    if len({row.shape for row in rows}) <= 1:
        return {name: np.stack(rows) if rows else np.empty(0)}
    shapes = np.array([row.shape for row in rows], dtype=np.int64)
    return {name: np.concatenate([row.ravel() for row in rows]), name + SHAPES: shapes}


def unpack(arrays: Mapping[str, NDArray[Any]], name: str) -> list[NDArray[Any]]:
    """The rows that `pack` put under this name, as views.

    >>> [row.tolist() for row in unpack(pack("x", [np.zeros(2), np.ones(1)]), "x")]
    [[0.0, 0.0], [1.0]]
    """
    whole = arrays[name]
    if name + SHAPES not in arrays:
        return [whole[i, ...] for i in range(len(whole))]
    shapes = arrays[name + SHAPES]
    ends = np.cumsum(shapes.prod(axis=1))
    return [
        whole[end - length : end].reshape(shape)
        for end, length, shape in zip(
            ends.tolist(), shapes.prod(axis=1).tolist(), shapes.tolist(), strict=True
        )
    ]
