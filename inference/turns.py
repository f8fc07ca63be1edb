"""The records of a batch facility by facility, each facility's in the order they came."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]


class Turns(NamedTuple):
    """An order of n records.

    Attributes
    ----------
    order : (n,) intp
        Rows of the batch, one facility's after the other's.
    first : (n,) bool
        In that order: whether a facility begins here.
    """

    order: Codes
    first: NDArray[np.bool_]

    @classmethod
    def of(cls, facility: Codes) -> Turns:
        """The turns of records by the number ``(n,)`` of their facility.

        >>> Turns.of(np.array([7, 3, 7])).order.tolist()
        [1, 0, 2]
        """
        if len(facility) == 1:
            return _ALONE
        first = np.ones(len(facility), dtype=np.bool_)
        if not len(facility):
            return cls(np.zeros(0, dtype=np.intp), first)
        # Numbers under 65,536 are sorted by radix.
        short = facility.astype(np.uint16) if facility.max() < 1 << 16 else facility
        order = short.argsort(kind="stable")
        in_order = facility[order]
        np.not_equal(in_order[1:], in_order[:-1], out=first[1:])
        return cls(order, first)

    def predecessors(self) -> tuple[Codes, Codes]:
        """Rows whose facility came before in this batch, and the latest such row of each."""
        again = (~self.first).nonzero()[0]
        return self.order[again], self.order[again - 1]


_ALONE = Turns(np.zeros(1, dtype=np.intp), np.ones(1, dtype=np.bool_))
