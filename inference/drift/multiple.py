"""Many tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rejected(chance: NDArray[np.float64], false_share: float) -> NDArray[np.bool_]:
    """Which of many hypotheses fall while the expected share of false ones stays below `false_share`.

    Parameters
    ----------
    chance : (...) float64
        Probability under each hypothesis; NaN: not tested.
    false_share : float

    References
    ----------
    Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995); it holds for tests that depend on
    each other positively (Benjamini and Yekutieli, Ann. Statist. 29, 2001).

    Examples
    --------
    >>> rejected(np.array([0.001, 0.2, 0.012, np.nan]), 0.05).tolist()
    [True, False, True, False]
    """
    tested = np.flatnonzero(~np.isnan(chance))
    flat = chance.reshape(-1)
    found = np.zeros(flat.shape, dtype=np.bool_)
    order = tested[np.argsort(flat[tested], kind="stable")]
    falls = np.flatnonzero(flat[order] <= false_share * np.arange(1, len(order) + 1) / max(len(order), 1))
    if len(falls):
        found[order[: falls[-1] + 1]] = True
    return found.reshape(chance.shape)
