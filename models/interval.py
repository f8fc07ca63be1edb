"""How wide a prediction interval is: a quantile of misses on settings left out of training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SLACK = 1e-9


def independent_misses(misses: Floats, weights: Floats, setting: Ints) -> float:
    """How many independent misses these are worth.

    Rows of one setting miss alike, since what the regressor does not know of the setting
    moves them together. With the intraclass correlation ``rho`` of the misses (analysis of
    variance, 0 to 1) a weighted mean of them scatters as that of ``1 / sum w_i w_j r_ij``
    independent ones, ``r_ij`` being 1, ``rho`` within a setting and 0 between settings (Kish,
    Survey Sampling, 1965): as many as there are rows where twins are strangers, as many as
    there are settings where they miss as one.

    Parameters
    ----------
    misses : (r,) float64
        One that is not finite makes them worth their settings alone.
    weights : (r,) float64
        Sum 1.
    setting : (r,) int64
        What each comes from.

    >>> alike, each = np.array([1.0, 1.0, 3.0, 3.0]), np.full(4, 0.25)
    >>> independent_misses(alike, each, np.array([0, 0, 1, 1]))
    2.0
    >>> independent_misses(np.array([1.0, 3.0, 3.0, 1.0]), each, np.array([0, 0, 1, 1]))
    4.0
    """
    _, which = np.unique(setting, return_inverse=True)
    rho = _intraclass(misses, which) if np.isfinite(misses).all() else 1.0
    own = float((weights**2).sum())
    together = float((np.bincount(which, weights) ** 2).sum())
    return 1.0 / (own + rho * (together - own))


def interval_factor(misses: Floats, weights: Floats, worth: float, coverage: float) -> float:
    """By how many spreads an interval reaches to either side of what is predicted.

    The smallest miss such that the misses up to it weigh at least ``coverage * (1 + 1/worth)``
    of the whole: the next miss is one more of the same kind, and may be larger than any
    before it (split conformal prediction; Barber et al., Predictive inference with the
    jackknife+, 2021). Where that is more than all of them the largest counts, which promises
    less. docs/decisions/0014-intervals-on-settings-left-out.md says how often it holds.

    Parameters
    ----------
    misses : (r,) float64
        ``|measured - predicted| / spread`` of rows whose setting was left out, ascending.
    weights : (r,) float64
        Weight of each, sum 1.
    worth : float
        As of `independent_misses`.
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
    wanted = coverage * (1.0 + 1.0 / worth) * whole[-1]
    at = int(np.searchsorted(whole, wanted - _SLACK * whole[-1]))
    return float(misses[min(at, len(misses) - 1)])


def _intraclass(values: Floats, which: NDArray[np.intp]) -> float:
    """Intraclass correlation, 0 to 1; 1 where no class has two, or nothing varies."""
    rows = np.bincount(which)
    n, k = len(values), len(rows)
    if n == k or k < 2:
        return 1.0
    means = np.bincount(which, values) / rows
    between = float((rows * (means - values.mean()) ** 2).sum()) / (k - 1)
    within = float(((values - means[which]) ** 2).sum()) / (n - k)
    each = (n - float((rows**2).sum()) / n) / (k - 1)
    whole = between + (each - 1.0) * within
    return float(np.clip((between - within) / whole, 0.0, 1.0)) if whole > 0 else 1.0
