"""Rows with the same keys, found column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def group_rows(*columns: NDArray[Any]) -> tuple[Codes, list[NDArray[Any]]]:
    """Number the distinct combinations of the columns, in ascending order.

    Parameters
    ----------
    columns : (n,) arrays
        Texts with None for missing, or whole numbers with -1 for missing.

    Returns
    -------
    of_row : (n,) int64
        Combination of each row; -1 where any key is missing.
    keys : list of (g,) arrays
        Each column's value of each combination.

    Examples
    --------
    >>> texts = np.array(["b", "a", None, "b"], dtype=object)
    >>> of_row, (text, number) = group_rows(texts, np.array([1, 1, 1, 1]))
    >>> of_row.tolist(), text.tolist(), number.tolist()
    ([1, 0, -1, 1], ['a', 'b'], [1, 1])
    """
    present = np.ones(len(columns[0]), dtype=bool)
    combined = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        code, values = pd.factorize(column, sort=True)
        known = code >= 0
        if column.dtype != object:
            known = known & (column != -1)
        present &= known
        combined = combined * max(1, len(values)) + np.maximum(code, 0)
        # Renumbered at every step, so that many keys never overflow.
        combined = np.unique(combined, return_inverse=True)[1].reshape(-1).astype(np.int64)
    of_row = np.full(len(present), -1, dtype=np.int64)
    rows = np.flatnonzero(present)
    _, first, inverse = np.unique(combined[rows], return_index=True, return_inverse=True)
    of_row[rows] = inverse.reshape(-1)
    return of_row, [column[rows[first]] for column in columns]
