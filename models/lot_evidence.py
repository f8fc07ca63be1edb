"""Do the lots with more counted defects get flagged more? The evidence from the plant's own counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

LEAST_LOTS = 6
"""With fewer comparable lots their order says nothing."""
FLAGGED = 0.05
"""Share of a block's shots above the limit that its lots are compared by."""
LEAST_SHOTS = 20
"""A lot with fewer shots has no share worth comparing."""


@dataclass(frozen=True, slots=True)
class LotShots:
    """Shots of lots that no detector learnt from.

    Attributes
    ----------
    rows : (n, p) float64
        Measured values.
    lot : (n,) int64
        Lot of each shot, 0 to L - 1.
    rate : (L,) float64
        Counted bad / (good + bad).
    block : (L,) int64
        Lots are compared within a block only: made under one setting.
    """

    rows: Floats
    lot: Numbers
    rate: Floats
    block: Numbers

    @property
    def enough(self) -> bool:
        """There are lots to compare: `LEAST_LOTS` that have a better or worse one in their block."""
        worse = self._worse()
        return int((worse | worse.T).any(axis=1).sum()) >= LEAST_LOTS

    def _worse(self) -> NDArray[np.bool_]:
        """(L, L) the row's lot is of the column's block and has the greater defect rate."""
        worse: NDArray[np.bool_] = (self.block[:, None] == self.block) & (self.rate[:, None] > self.rate)
        return worse


def lot_concordance(scores: Floats, lots: LotShots, weights: Floats) -> Floats:
    """Share ``(B,)`` of pairs of lots whose worse one has more shots above the limit; ties count half.

    The limit is the block's own: under another setting every shot may score far above the
    normal ones, and a limit taken from those would call all lots equally bad.

    Parameters
    ----------
    scores : (n,) float64
        Scores of ``lots.rows``.
    weights : (B, L) float64
        How often each bootstrap sample holds a lot.

    Examples
    --------
    >>> lots = LotShots(np.empty((4, 0)), np.array([0, 1, 2, 2]), np.array([0.0, 0.01, 0.05]), np.zeros(3))
    >>> lot_concordance(np.array([0.5, 0.5, 3.0, 0.0]), lots, np.ones((1, 3))).tolist()
    [0.8333333333333334]
    """
    count = np.bincount(lots.lot, minlength=len(lots.rate))
    beyond = np.zeros(len(scores), dtype=np.bool_)
    for block in np.unique(lots.block):
        mine = lots.block[lots.lot] == block
        if mine.any():
            beyond[mine] = scores[mine] > np.quantile(scores[mine], 1.0 - FLAGGED)
    share = np.bincount(lots.lot, weights=beyond, minlength=len(lots.rate)) / np.maximum(count, 1)
    worse = lots._worse().astype(np.float64)
    right = (share[:, None] > share) + 0.5 * (share[:, None] == share)
    pairs = np.einsum("bi,ij,bj->b", weights, worse, weights)
    found = np.einsum("bi,ij,bj->b", weights, worse * right, weights)
    shares: Floats = np.divide(found, pairs, out=np.full(len(pairs), 0.5), where=pairs > 0)
    return shares


def lot_weights(lots: LotShots, replicates: int, random: np.random.Generator) -> Floats:
    """Bootstrap samples of lots, drawn within their blocks; the first holds each once."""
    weights = np.zeros((replicates + 1, len(lots.rate)))
    weights[0] = 1.0
    for block in np.unique(lots.block):
        mine = np.flatnonzero(lots.block == block)
        weights[1:, mine] = random.multinomial(len(mine), np.full(len(mine), 1 / len(mine)), replicates)
    return weights
