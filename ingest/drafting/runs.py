"""How a column's values follow one another: in runs, as what is set, or each for itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.drafting.column import Column

SHORT = 3
"""A value that is gone again after fewer rows was measured, not set."""
MOST_STEPS = 10
CLOSE, NEAR = 0.02, 0.1
"""Share of the value within which neighbouring levels lie; the second where each is one digit off."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of equal values in a column.

    Attributes
    ----------
    count : int
    changes : float
        Share of neighbours that differ.
    by_chance : float
        The same, were the rows shuffled.
    short : float
        Share of the rows that stand in runs of fewer than `SHORT`.
    typical : float
        Rows of the median run.
    """

    count: int
    changes: float
    by_chance: float
    short: float
    typical: float


def runs_of(column: Column, sequence: NDArray[np.int64]) -> Runs:
    """The runs within each sequence; rows of sequence -1 have no neighbours.

    >>> import pandas as pd
    >>> from ingest.drafting.column import column_of
    >>> runs = runs_of(column_of("a", pd.Series([5, 5, 5, 5, 7, 7, 7, 7])), np.zeros(8, dtype=int))
    >>> runs.count, round(runs.changes, 2), runs.short
    (2, 0.14, 0.0)
    """
    rows = np.flatnonzero((sequence >= 0) & (column.codes >= 0))
    if len(rows) < 2:
        return Runs(0, 1.0, 1.0, 1.0, 1.0)
    rows = rows[np.argsort(sequence[rows], kind="stable")]
    codes, own = column.codes[rows], sequence[rows]
    begins = np.flatnonzero(np.append(True, (codes[1:] != codes[:-1]) | (own[1:] != own[:-1])))
    lengths = np.diff(np.append(begins, len(rows)))
    neighbours = own[1:] == own[:-1]
    differ = float((codes[1:] != codes[:-1])[neighbours].mean()) if neighbours.any() else 1.0
    share = np.bincount(codes) / len(codes)
    # A run cut off by the end of its sequence may have been long.
    ends = np.append(begins[1:], len(rows)) - 1
    cut = np.zeros(len(begins), dtype=bool)
    cut[1:] = own[begins[1:]] != own[begins[1:] - 1]
    cut[:-1] |= own[ends[:-1]] != own[ends[:-1] + 1]
    cut[0] = cut[-1] = True
    brief = (lengths < SHORT) & ~cut
    return Runs(
        len(lengths),
        differ,
        float(1 - (share**2).sum()),
        float(lengths[brief].sum() / len(rows)),
        float(np.median(lengths)),
    )


def on_its_grid(levels: NDArray[np.float64]) -> bool:
    """Whether the levels are neighbours by the last digit a display shows, and close together.

    So is a measured value that hardly moves; set values are rarely neighbours like that.

    >>> on_its_grid(np.array([49.0, 50.0, 51.0])), on_its_grid(np.array([180.0, 190.0, 200.0]))
    (True, False)
    """
    if len(levels) < 2:
        return False
    step, extent = float(np.diff(levels).min()), float(levels[-1] - levels[0])
    middle = float(np.abs(levels).max())
    if extent > MOST_STEPS * step * (1 + 1e-6):
        return False
    smallest = bool(np.isclose(step, _last_digit(levels)))
    return extent <= CLOSE * middle or (extent <= NEAR * middle and smallest)


def _last_digit(levels: NDArray[np.float64]) -> float:
    """The smallest step that levels written with so many decimals can have."""
    for decimals in range(7):
        if np.allclose(levels, np.round(levels, decimals), rtol=1e-6, atol=0):
            return float(10.0**-decimals)
    return 0.0
