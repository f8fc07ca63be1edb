"""Products of rows that do not depend on how many rows there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def times(x: Floats, matrix: Floats) -> Floats:
    """``x @ matrix`` for rows ``(n, in)`` and a matrix ``(in, out)``.

    A stack of one-row products, not one large product, which would block its sums by the
    number of rows: a row's result is the same to the bit alone and in a batch.
    """
    product: Floats = np.matmul(x[:, None, :], matrix)[:, 0, :]
    return product
