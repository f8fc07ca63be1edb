"""Closed-form detectors of many groups: their models gathered, one formula for all rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from inference.kernels.dense import all_shapes
from inference.kernels.kernel import Codes, Floats32, Weights, in_chunks, occluded
from inference.kernels.stacked import StackedArrays
from models.score_formulas import below_the_peak, mean_squares, squared_length

Formula = Callable[..., NDArray[Any]]


class ClosedFormKernel:
    """Scores rows by a formula of `models.score_formulas` on the arrays of their group.

    In float64: a covariance may be so narrow that float32 could not tell a distance.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group, all of one shape.
    """

    formula: ClassVar[Formula]
    names: ClassVar[tuple[str, ...]]
    """The arrays of the formula, in its order."""

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._models = StackedArrays([{name: w[name] for name in self.names} for w in weights], np.float64)

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Shapes of all arrays."""
        return all_shapes(weights)

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Anomaly scores ``(n,)`` of scaled rows ``(n, p)``, higher = worse."""
        return in_chunks(lambda rows, mine: self._scores(rows[:, None, :], mine)[:, 0], x, group)

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value."""
        return self._scores(occluded(x, usual), group)

    def _scores(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, m)`` of m rows for each of n models."""
        return type(self).formula(x.astype(np.float64), *self._models.of(group))


class MeanZ2Kernel(ClosedFormKernel):
    """Mean squared z-value: ``mean``, ``factor`` (p,)."""

    formula = staticmethod(mean_squares)
    names = ("mean", "factor")


class QuadraticKernel(ClosedFormKernel):
    """Squared length of ``(x - mean) @ matrix``: covariances and principal components."""

    formula = staticmethod(squared_length)
    names = ("mean", "matrix")


class MixtureKernel(ClosedFormKernel):
    """Gaussian mixtures: ``log_weight`` (K,), ``mean`` (K, p), ``matrix`` (K, p, p)."""

    formula = staticmethod(below_the_peak)
    names = ("log_weight", "mean", "matrix")
