"""What a kernel is: scores scaled rows, each by the weights of its own group."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Codes = NDArray[np.intp]
Weights = Mapping[str, NDArray[Any]]

CHUNK = 256
"""Rows scored at a time: their gathered weights still fit the cache."""


class Kernel(Protocol):
    """Many groups' models of one kind and shape.

    A row's score is the same to the bit whatever rows stand beside it, so that a shot
    near its limit gets the same verdict alone and in a batch.
    """

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Anomaly scores ``(n,)``, higher = worse, of scaled rows ``(n, p)``."""

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value ``(n, p)``.

        Up to rounding what `score` gives for such a row; the same to the bit for a record
        whatever others stand beside it.
        """


class NumpyKernel(Kernel, Protocol):
    """A kernel that needs nothing beside numpy."""

    def __init__(self, weights: Sequence[Weights]) -> None:
        """Stack the groups' exported weights; their order numbers the groups."""

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Only groups of equal shape can be stacked into one kernel."""


def in_chunks(
    score: Callable[[Floats32, Codes], NDArray[np.floating]],
    x: Floats32,
    group: Codes,
    chunk: int = CHUNK,
) -> NDArray[np.float64]:
    """Scores of rows ``(n, p)``, computed `chunk` at a time, rows of one group side by side."""
    if len(x) <= chunk:
        return score(x, group).astype(np.float64)
    whole = np.empty(len(x), dtype=np.float64)
    order = np.argsort(group, kind="stable")
    for start in range(0, len(order), chunk):
        rows = order[start : start + chunk]
        whole[rows] = score(x[rows], group[rows])
    return whole


def occluded(x: Floats32, usual: Floats32) -> Floats32:
    """Rows ``(n, p, p)``: row i with its input k replaced by the usual value stands at (i, k)."""
    p = x.shape[1]
    other = np.repeat(x[:, None, :], p, axis=1)
    other[:, np.arange(p), np.arange(p)] = usual
    return other
