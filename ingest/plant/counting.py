"""How good and bad parts get counted: late, in boxes, by people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.plant.catalogue import Ints

_MISSED = 0.03
"""Share of bad parts the inspectors let pass."""
_REJECTED = 0.0003
"""Share of good parts they throw away."""
_RESET_CHANCE = 0.08


def running_totals(rng: np.random.Generator, bad: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Good and bad totals on each row of one lot, in the order of its shots.

    Parts go into boxes; a box is inspected when it is full and its turn comes, one to four
    boxes later and not in order, and both totals jump at whatever shot is made then. What is
    still uncounted is counted before the lot's last row. Now and then somebody resets the
    counters in mid-day.

    Returns
    -------
    good, bad : (n,) int64
    """
    n = len(bad)
    judged = np.where(bad, rng.random(n) >= _MISSED, rng.random(n) < _REJECTED)
    sizes = rng.integers(6, 14, n // 6 + 1)
    box = np.repeat(np.arange(len(sizes)), sizes)[:n]
    full = np.minimum(np.cumsum(sizes), n)
    seen_at = np.minimum(full + rng.integers(8, 45, len(sizes)), n - 1)
    row = seen_at[box]
    total_good = np.cumsum(np.bincount(row, weights=~judged, minlength=n)).astype(np.int64)
    total_bad = np.cumsum(np.bincount(row, weights=judged, minlength=n)).astype(np.int64)
    if n > 20 and rng.random() < _RESET_CHANCE:
        at = int(rng.integers(n // 3, n - 5))
        total_good[at:] -= total_good[at - 1]
        total_bad[at:] -= total_bad[at - 1]
    return total_good, total_bad
