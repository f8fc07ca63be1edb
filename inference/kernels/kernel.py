"""What a kernel is: scores scaled rows, each by the weights of its own group."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
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

    def __init__(self, weights: Sequence[Weights]) -> None:
        """Stack the groups' exported weights; their order numbers the groups."""

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Only groups of equal shape can be stacked into one kernel."""

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Anomaly scores ``(n,)``, higher = worse, of scaled rows ``(n, p)``."""


def chunks(group: Codes) -> Iterator[Codes]:
    """Row numbers in pieces of `CHUNK`, rows of one group side by side."""
    order = np.argsort(group, kind="stable") if len(group) > CHUNK else np.arange(len(group))
    for start in range(0, len(order), CHUNK):
        yield order[start : start + CHUNK]
