"""Whether more is flagged than in training: lots with too many flags are counted, not flags.

Bad shots come in bunches: one bad lot brings hundreds of flags and is no drift. So each lot is
asked whether its flags are more than training explains, and the answer counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.drift.multiple import rejected
from inference.drift.tails import binomial_at_least

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

WINDOW = 7
"""Lots looked at, the present one included."""
LEAST_SHOTS = 30
"""Shots of a lot that is asked."""
LEAST_LOTS = 3
"""Lots with too many flags that drift needs."""
HIGH_CHANCE = 0.01
"""A lot has too many flags where so many, or more, are less probable than this."""
BAD_LOT_SHARE = 0.05
"""Share of lots that may have too many flags while production is as it was: bad lots happen."""
FALSE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class FlagDrift:
    """What became of every group's flagged share, ``(G,)`` each.

    Attributes
    ----------
    expected : float64
        Share flagged in training.
    share : float64
        Share flagged in the lots looked at; NaN without shots.
    lots, high : int64
        Lots asked, and those of them with too many flags.
    chance : float64
        Probability of so many such lots without drift; NaN where none was asked.
    drifted : bool
    """

    expected: Floats
    share: Floats
    lots: Counts
    high: Counts
    chance: Floats
    drifted: NDArray[np.bool_]


def expected_share(losses: Counts, trimmed: Counts) -> Floats:
    """Share of shots flagged in training, from `losses` kept and `trimmed` of them that were left out.

    The limit lies above every loss that was kept, so what was trimmed is what it flags. One
    flag is added to either side (Laplace): none among a hundred does not mean never.

    >>> expected_share(np.array([98]), np.array([0])).tolist()
    [0.01]
    """
    share: Floats = (trimmed + 1) / (losses + trimmed + 2)
    return share


def flag_drift(shots: Counts, flagged: Counts, expected: Floats) -> FlagDrift:
    """Ask the last lots of every group.

    Parameters
    ----------
    shots, flagged : (G, K) int64
        By lot, the latest last; unused places have no shots.
    expected : (G,) float64
    """
    asked = shots >= LEAST_SHOTS
    asked &= np.cumsum(asked[:, ::-1], axis=1)[:, ::-1] <= WINDOW
    lots = asked.sum(axis=1)
    high = (asked & (binomial_at_least(flagged, shots, expected[:, None]) < HIGH_CHANCE)).sum(axis=1)
    made = np.where(asked, shots, 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(asked, flagged, 0).sum(axis=1) / made
    chance = np.where(lots > 0, binomial_at_least(high, lots, BAD_LOT_SHARE), np.nan)
    drifted = rejected(chance, FALSE_SHARE) & (high >= LEAST_LOTS)
    return FlagDrift(expected, share, lots, high, chance, drifted)
