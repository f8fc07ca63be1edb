"""Notices when a facility goes over to another item or another setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.routes import NONE
from ingest.fill_ledger import CLUSTER, MADE
from ingest.fill_memory import FillMemory
from ingest.spot_book import FACILITY, ITEM
from ingest.spots import Spots


def change_over(spots: Spots, cluster: NDArray[np.int64], memory: FillMemory) -> NDArray[np.bool_]:
    """Whether item or cluster ``(n,)`` differ from the facility's record before.

    What is unknown on either side is no change.

    Parameters
    ----------
    spots : Spots
        Of the completed batch, numbered in the book of `memory`.
    cluster : (n,) int64
    memory : FillMemory
        Of the batch before.
    """
    facility, made = spots.each[:, FACILITY], spots.each[:, ITEM]
    before = memory.newest(facility)
    if len(facility) == 1:
        now = (int(made[0]), int(cluster[0]))
        then = before[0, MADE : CLUSTER + 1].tolist()
        changes = (a != b and a > NONE and b > NONE for a, b in zip(now, then, strict=True))
        return np.array([any(changes)])
    made_before, cluster_before = before[:, MADE], before[:, CLUSTER]
    if len(facility):
        row, earlier = _predecessors(facility)
        made_before[row], cluster_before[row] = made[earlier], cluster[earlier]
    changed = _differ(made, made_before)
    changed |= _differ(cluster, cluster_before)
    return changed


def _predecessors(facility: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows whose facility came before in this batch, and the latest such row of each."""
    # Numbers under 65,536 are sorted by radix.
    short = facility.astype(np.uint16) if facility.max() < 1 << 16 else facility
    order = short.argsort(kind="stable")
    in_order = facility[order]
    again = (in_order[1:] == in_order[:-1]).nonzero()[0]
    return order[again + 1], order[again]


def _differ(now: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (now != before) & (now > NONE) & (before > NONE)
    return different
