"""How wide a prediction interval is: a quantile of misses, each setting counted the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SLACK = 1e-9


def interval_factor(misses: Floats, weights: Floats, settings: int, coverage: float) -> float:
    """By how many spreads an interval reaches to either side of what is predicted.

    The smallest miss such that the misses up to it weigh at least ``coverage * (u + 1) / u``
    of the whole: with settings left out one by one the next setting is one more of the same
    kind, and may miss by more than any before it (split conformal prediction with u settings
    for rows; Barber et al., Predictive inference with the jackknife+, 2021). With fewer
    settings than ``coverage / (1 - coverage)`` that is more than all of them: the largest
    miss then, which promises less.

    Parameters
    ----------
    misses : (r,) float64
        ``|measured - predicted| / spread`` of rows whose setting was left out, ascending.
    weights : (r,) float64
        Weight of each, sum 1.
    settings : int
        Settings they come from.
    coverage : float
        Share of measurements that the interval shall hold.

    Returns
    -------
    float
        NaN without misses.

    >>> misses, weights = np.arange(1.0, 11.0), np.full(10, 0.1)
    >>> [interval_factor(misses, weights, 10, share) for share in (0.5, 0.8, 0.9, 0.99)]
    [6.0, 9.0, 10.0, 10.0]
    """
    if not len(misses):
        return float("nan")
    whole = np.cumsum(weights)
    wanted = coverage * (settings + 1) / max(settings, 1) * whole[-1]
    at = int(np.searchsorted(whole, wanted - _SLACK * whole[-1]))
    return float(misses[min(at, len(misses) - 1)])
