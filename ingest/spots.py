"""Where records come from: the distinct (maker, facility, item) of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch

Codes = NDArray[np.intp]
Spot = tuple[str | None, str, str | None]


@dataclass(frozen=True, slots=True)
class Spots:
    """The distinct (maker, facility, item) of a batch, so that work is done once for each.

    Attributes
    ----------
    keys : list of tuple
        ``(maker, facility, item)``, in the order of their last record.
    last : (k,) intp
        Row of the last record of each.
    code : (n,) intp
        Index into `keys` of each record.
    """

    keys: list[Spot]
    last: Codes
    code: Codes

    @classmethod
    def of(cls, batch: Batch) -> Spots:
        """Find the distinct spots of a batch."""
        n = len(batch)
        columns = (batch.maker.tolist(), batch.facility.tolist(), batch.item.tolist())
        last_row = dict(zip(zip(*columns, strict=True), range(n), strict=True))
        keys = sorted(last_row, key=last_row.__getitem__)
        last = np.fromiter(map(last_row.__getitem__, keys), dtype=np.intp, count=len(keys))
        if len(keys) == 1:
            return cls(keys, last, np.zeros(n, dtype=np.intp))
        place = np.empty(n, dtype=np.intp)
        place[last] = np.arange(len(keys))
        rows = np.fromiter(map(last_row.__getitem__, zip(*columns, strict=True)), dtype=np.intp, count=n)
        return cls(keys, last, place[rows])
