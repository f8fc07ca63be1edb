"""Mean distance to the nearest reference shots of a row's own group."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.kernels.kernel import Codes, Floats32, Weights, in_chunks
from models.score_formulas import mean_of_nearest, squared_distances

AT_ONCE = 16
"""Rows scored at a time: a row needs some hundred references, and those of all still fit the cache."""
STEP = 64
"""Numbers of references are rounded up to these, so that groups of nearly equal size share a kernel."""
FAR = 1e6
"""Where a reference stands that is not there: never among the nearest, scaled inputs end at 1."""


class NeighboursKernel:
    """Scores rows by the reference shots of their group.

    Parameters
    ----------
    weights : sequence of mappings
        One `export()` a group: ``references`` (R, p), ``neighbours`` (), the latter alike in all.
    """

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._count, inputs, most = _shape(weights[0])
        self._columns = np.full((len(weights), inputs, most), FAR, dtype=np.float32)
        for g, w in enumerate(weights):
            references = w["references"]
            self._columns[g, :, : len(references)] = references.T

    @staticmethod
    def shape(weights: Weights) -> Hashable:
        """Neighbours that count, inputs, and room for references."""
        return _shape(weights)

    def score(self, x: Floats32, group: Codes) -> NDArray[np.float64]:
        """Mean distance of scaled rows ``(n, p)`` to the nearest references, higher = worse."""
        return in_chunks(self._distances, x, group, AT_ONCE)

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> NDArray[np.float64]:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value."""
        scores = np.empty(x.shape)
        for start in range(0, len(x), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            columns = self._columns.take(group[part], axis=0).astype(np.float64)
            now = (columns - x[part, :, None]) ** 2
            without = np.add.reduce(now, axis=1)
            for k in range(x.shape[1]):
                # One input's part of every distance exchanged; the rest need not be added up again.
                other = without - now[:, k] + (columns[:, k] - usual[part, k, None]) ** 2
                scores[part, k] = mean_of_nearest(np.maximum(other, 0.0), self._count)
        return scores

    def _distances(self, x: Floats32, group: Codes) -> Floats32:
        columns = self._columns.take(group, axis=0)
        return mean_of_nearest(squared_distances(x[:, None, :], columns)[:, 0], self._count)


def _shape(weights: Weights) -> tuple[int, int, int]:
    references, inputs = weights["references"].shape
    count = int(weights["neighbours"])
    if not 1 <= count <= references or count != weights["neighbours"]:
        msg = f"neighbours: expected a whole number from 1 to {references}, got {weights['neighbours']}"
        raise ValueError(msg)
    return count, inputs, -(-references // STEP) * STEP
