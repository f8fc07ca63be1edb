"""Where inputs lie beside the settings that were trained on."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustering.nearest import Centres, distances, nearest
from inference.prediction.predicted import STANDINGS, Placed

Floats = NDArray[np.float64]

RUN_BEFORE, NEVER_RUN, FAR, OUTSIDE = range(len(STANDINGS))
ROUNDING: Final = 1e-9
"""Differences up to this share of the trained range are rounding."""
MOST_DISTANCES: Final = 20_000_000
"""Between trained settings that loading takes, some 0.2 s of them: all between 4,472 settings ..."""
LEAST_LOOKED_AT: Final = 256
"""... and of however many more, those of so many at least to all others."""


class Surroundings:
    """The trained settings, laid out for placing whole batches beside them.

    A point is far when it is further from its nearest trained setting than any trained setting
    is from its own nearest neighbour: no prediction was ever tried across such a gap. Left out
    one at a time, a plant's own settings then come out as never run, or outside.

    Parameters
    ----------
    settings : (u, d) float64
        Distinct inputs trained on, unscaled.

    Attributes
    ----------
    low, high : (d,) float64
        Trained range of each input.
    width : (d,) float64
        What a distance of 1 is: the trained range, or the value's own size where it never
        varied.
    reach : float
        Distance beyond which a point is far.
    """

    def __init__(self, settings: Floats) -> None:
        self.low, self.high = settings.min(axis=0), settings.max(axis=0)
        span = self.high - self.low
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        self.width = np.where(span > ROUNDING * size, span, np.where(size > 0, size, 1.0))
        self._points = Centres.of(settings / self.width)
        self.reach = _largest_gap(self._points.points)

    def place(self, inputs: Floats) -> Placed:
        """Place inputs ``(n, d)``.

        A row with a missing value is outside, below and above nothing, with no nearest
        setting (-1) and no distance (NaN).
        """
        known = np.isfinite(inputs).all(axis=1)
        slack = ROUNDING * self.width
        outside = (inputs > self.high + slack).astype(np.int8) - (inputs < self.low - slack)
        at, distance = np.full(len(inputs), -1, dtype=np.int64), np.full(len(inputs), np.nan)
        at[known], distance[known] = nearest(inputs[known] / self.width, self._points)
        outside[~known] = 0
        standing = np.full(len(inputs), NEVER_RUN, dtype=np.int8)
        standing[distance > self.reach + ROUNDING] = FAR
        standing[distance <= ROUNDING] = RUN_BEFORE
        standing[outside.any(axis=1) | ~known] = OUTSIDE
        return Placed(standing, outside.astype(np.int8), at, distance)


def _largest_gap(points: Floats) -> float:
    """The largest distance from a point ``(u, d)`` to its nearest other one; 0 under two.

    Of so many points that `MOST_DISTANCES` are too few for all of them, from an even choice.
    """
    if len(points) < 2:
        return 0.0
    some = min(len(points), max(LEAST_LOOKED_AT, MOST_DISTANCES // len(points)))
    looked_at = np.linspace(0, len(points) - 1, some).round().astype(np.intp)
    closest = np.empty(some)
    for k, at in enumerate(looked_at.tolist()):
        apart = distances(points, points[at][None, :])
        apart[at] = np.inf
        closest[k] = apart.min()
    return float(closest.max())
