"""The Pareto front: what nothing else beats in every respect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def non_dominated(values: Floats) -> NDArray[np.bool_]:
    """Which rows ``(n, m)`` no other row dominates; less is better.

    A row dominates another when it is nowhere more and somewhere less. Equal rows do not
    dominate each other.

    Parameters
    ----------
    values : (n, m) float64
        Finite.

    Returns
    -------
    (n,) bool

    >>> non_dominated(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [1.0, 3.0]])).tolist()
    [True, True, False, True]
    """
    found = np.zeros(len(values), dtype=np.bool_)
    if not len(values):
        return found
    distinct, which = np.unique(values, axis=0, return_inverse=True)
    # In ascending order of the columns nobody dominates one before it: the first left is on
    # the front, and takes out all that it dominates.
    left = np.arange(len(distinct))
    front = np.zeros(len(distinct), dtype=np.bool_)
    while len(left):
        first = left[0]
        front[first] = True
        left = left[(distinct[left] < distinct[first]).any(axis=1)]
    found[:] = front[which.reshape(-1)]
    return found
