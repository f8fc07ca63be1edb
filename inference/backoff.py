"""How long to wait before trying again."""

from __future__ import annotations

import random


class Backoff:
    """Exponential waiting times with full jitter.

    Each time is drawn from 0 to a ceiling that doubles with every failure, so that many
    clients of a restarted server do not return at the same moment (AWS Architecture
    Blog, "Exponential Backoff And Jitter", 2015).

    Parameters
    ----------
    rng : random.Random
        Draws the waiting times.
    lowest, highest : float
        First and last ceiling [s].

    Examples
    --------
    >>> backoff = Backoff(random.Random(1), lowest=1.0, highest=4.0)
    >>> all(backoff.seconds(k) <= ceiling for k, ceiling in enumerate((1, 2, 4, 4, 4), start=1))
    True
    """

    def __init__(self, rng: random.Random, *, lowest: float = 0.1, highest: float = 30.0) -> None:
        self._rng = rng
        self._lowest, self._highest = lowest, highest

    def seconds(self, failures: int) -> float:
        """How long to wait [s] after so many failures in a row, at least one."""
        ceiling = min(self._highest, self._lowest * 2.0 ** min(failures - 1, 64))
        return self._rng.uniform(0.0, ceiling)
