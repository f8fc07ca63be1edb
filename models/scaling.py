"""Input ranges: scikit-learn's ``MinMaxScaler(clip=True)`` without scikit-learn.

Judging scales by the very ranges that training saw, in a process that has no
scikit-learn; one small class serves both, so the two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TINY_RANGE = 10 * np.finfo(np.float64).eps
"""A range below this counts as zero, as in scikit-learn."""


@dataclass(frozen=True, slots=True)
class InputRange:
    """Range of every input over the training shots.

    Attributes
    ----------
    low, high : (..., p) float64
        Least and greatest training value; equal where the input never varied.

    Examples
    --------
    >>> limits = InputRange.fit(np.array([[0.0, 5.0], [10.0, 5.0]]))
    >>> limits.scale(np.array([[2.5, 5.0], [20.0, 5.5]])).tolist()
    [[0.25, 0.0], [1.0, 0.5]]
    """

    low: Floats
    high: Floats

    @classmethod
    def fit(cls, values: Floats) -> InputRange:
        """Ranges of the columns of ``(n, p)``, NaN left out; (0, 0) for a column of NaN only."""
        present = ~np.isnan(values)
        low = np.min(values, axis=0, where=present, initial=np.inf)
        high = np.max(values, axis=0, where=present, initial=-np.inf)
        empty = ~present.any(axis=0)
        return cls(np.where(empty, 0.0, low), np.where(empty, 0.0, high))

    def scale(self, values: Floats) -> Floats:
        """Values on the training range, clipped to [0, 1]; NaN stays NaN.

        A range of zero counts as scale 1, as in scikit-learn: such an input moves by
        its own units above the constant it always had.
        """
        factor, shift = self.factor_and_shift()
        scaled: Floats = np.clip(values * factor - shift, 0.0, 1.0)
        return scaled

    def factor_and_shift(self) -> tuple[Floats, Floats]:
        """What `scale` multiplies by and then takes away, ``(..., p)`` each."""
        width = self.high - self.low
        factor = 1.0 / np.where(width < _TINY_RANGE, 1.0, width)
        return factor, self.low * factor
