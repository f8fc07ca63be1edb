"""Which regressor predicts a target: the profile's first, unless another one is clearly better.

Few settings say little about which of several regressors errs least on the next one. Taking
whatever erred least chases that noise: the figures of what was chosen, with the choice
counted in, are then far worse than of any good regressor that simply stays. So the first one
stands until the settings speak against it (docs/decisions/0015-choice-of-the-regressor.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLEARLY: Final = 2.0
"""Standard errors by which another regressor must be better than the first."""


def errors_of(off: Floats, setting: Ints) -> Floats:
    """Mean absolute error of each setting ``(u, r)``.

    Parameters
    ----------
    off : (r, n) float64
        Predicted less measured by each regressor, the row's setting left out.
    setting : (n,) int64
    """
    _, which, rows = np.unique(setting, return_inverse=True, return_counts=True)
    sums = np.array([np.bincount(which.reshape(-1), one) for one in np.abs(off)])
    return (sums / rows).T


def choose(errors: Floats) -> int:
    """The regressor to take, by its column.

    Parameters
    ----------
    errors : (u, r) float64
        Of each setting under each regressor, in the profile's order; one that is not finite
        anywhere is out.

    Returns
    -------
    int
        The first; or the best of those whose errors are less by `CLEARLY` standard errors of
        the difference over the settings. -1 where none is left.

    >>> steady, noisy = np.array([1.0, 1.1, 0.9, 1.0]), np.array([0.2, 2.0, 0.1, 1.1])
    >>> choose(np.stack([steady, noisy], axis=1)), choose(np.stack([steady, steady / 2], axis=1))
    (0, 1)
    """
    able = np.flatnonzero(np.isfinite(errors).all(axis=0))
    if not len(able):
        return -1
    kept = errors[:, able]
    gain = kept[:, :1] - kept
    clear = np.full(len(able), False)
    if len(kept) > 1:
        scatter = gain.std(axis=0, ddof=1) / np.sqrt(len(kept))
        clear = (gain.mean(axis=0) > CLEARLY * scatter) & (gain.mean(axis=0) > 0)
    mean = np.where(clear, kept.mean(axis=0), np.inf)
    return int(able[np.argmin(mean)] if clear.any() else able[0])
