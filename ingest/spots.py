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
        rows = list(zip(batch.maker.tolist(), batch.facility.tolist(), batch.item.tolist(), strict=True))
        keys = list(dict.fromkeys(reversed(rows)))
        keys.reverse()
        n = len(rows)
        if len(keys) == 1:
            return cls(keys, np.array([n - 1], dtype=np.intp), np.zeros(n, dtype=np.intp))
        number = dict(zip(keys, range(len(keys)), strict=True))
        code = np.fromiter(map(number.__getitem__, rows), dtype=np.intp, count=n)
        last = np.empty(len(keys), dtype=np.intp)
        last[code] = np.arange(n)  # of several rows the last one stays
        return cls(keys, last, code)

    def some(self, rows: Codes) -> Spots:
        """The spots of these rows only; `last` counts among them."""
        used, code = np.unique(self.code[rows], return_inverse=True)
        last = np.empty(len(used), dtype=np.intp)
        last[code] = np.arange(len(rows))
        return Spots([self.keys[k] for k in used.tolist()], last, code)
