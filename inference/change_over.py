"""Notices when a facility goes over to another item or another setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from inference.routes import NONE
from ingest.fill import Spots
from ingest.fill_memory import FillMemory


def change_over(
    spots: Spots, cluster: NDArray[np.int64], batch: Batch, memory: FillMemory
) -> tuple[NDArray[np.bool_], dict[str, tuple[str | None, int]]]:
    """Whether item or cluster differ from the facility's record before, and the last of each.

    What is unknown on either side is no change.

    Returns
    -------
    changed : (n,) bool
    last : dict
        Facility -> item and cluster of its last record, for `FillMemory.with_last`.
    """
    names: dict[str, int] = {}
    items: dict[str | None, int] = {None: NONE}
    facility = np.array([names.setdefault(f, len(names)) for _, f, _ in spots.keys], dtype=np.intp)
    item = np.array([items.setdefault(i, len(items)) for _, _, i in spots.keys], dtype=np.intp)
    mine, made = facility[spots.code], item[spots.code]
    before = [memory.facilities.get(name) for name in names]
    old_item = [items.setdefault(m.made, len(items)) if m else NONE for m in before]
    old_cluster = [m.cluster if m else NONE for m in before]

    order = np.argsort(mine, kind="stable")
    first = np.r_[True, np.diff(mine[order]) != 0][: len(order)]
    where = mine[order][first]
    previous_item, previous_cluster = np.empty_like(made), np.empty_like(cluster)
    for column, seeds, previous in (
        (made, old_item, previous_item),
        (cluster, old_cluster, previous_cluster),
    ):
        shifted = np.r_[NONE, column[order][:-1]][: len(order)]
        shifted[first] = np.array(seeds, dtype=shifted.dtype)[where]
        previous[order] = shifted
    changed = (made != previous_item) & (made != NONE) & (previous_item != NONE)
    changed |= (cluster != previous_cluster) & (cluster != NONE) & (previous_cluster != NONE)

    rows = order[np.r_[first[1:], True][: len(order)]]
    last = {
        batch.facility[row]: (batch.item[row], number)
        for row, number in zip(rows.tolist(), cluster[rows].tolist(), strict=True)
    }
    return changed, last
