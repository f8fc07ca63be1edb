"""Notices when a facility goes over to another item or another setting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from inference.routes import NONE
from ingest.fill_memory import NEVER, FillMemory
from ingest.spots import Spots


def change_over(
    spots: Spots, cluster: NDArray[np.int64], batch: Batch, memory: FillMemory
) -> tuple[NDArray[np.bool_], dict[str, tuple[str | None, int]]]:
    """Whether item or cluster differ from the facility's record before, and the last of each.

    What is unknown on either side is no change.

    Returns
    -------
    changed : (n,) bool
    last : dict
        Facility -> item and cluster of its last record, for `FillMemory.with_last`; empty
        where every facility goes on as it did.
    """
    known = [memory.get(name) or NEVER for _, name, _ in spots.keys]
    if all(m.made == made for m, (_, _, made) in zip(known, spots.keys, strict=True)):
        expected = np.array([m.cluster for m in known], dtype=np.int64)[spots.code]
        if np.array_equal(cluster, expected):
            return np.zeros(len(cluster), dtype=np.bool_), {}
    names: dict[str, int] = {}
    facility = np.array([names.setdefault(f, len(names)) for _, f, _ in spots.keys], dtype=np.intp)
    mine = facility[spots.code]
    order = np.argsort(mine, kind="stable")
    counts = np.bincount(mine, minlength=len(names))
    end = np.cumsum(counts)
    first = end - counts
    before = [memory.get(name) or NEVER for name in names]

    made, settled = batch.item[order], cluster[order]
    made_before = _shifted(made, first, [m.made for m in before])
    settled_before = _shifted(settled, first, [m.cluster for m in before])
    # Comparing texts with `!=` yields bool objects; None on either side is no change.
    other_item = (made != made_before).astype(np.bool_)
    other_item[other_item] = [
        a is not None and b is not None
        for a, b in zip(made[other_item].tolist(), made_before[other_item].tolist(), strict=True)
    ]
    other_setting = (settled != settled_before) & (settled != NONE) & (settled_before != NONE)
    changed = np.empty(len(order), dtype=np.bool_)
    changed[order] = other_item | other_setting
    ends = end - 1
    items, clusters = made[ends].tolist(), settled[ends].tolist()
    return changed, dict(zip(names, zip(items, clusters, strict=True), strict=True))


def _shifted(column: NDArray[Any], first: NDArray[np.intp], old: list[Any]) -> NDArray[Any]:
    """Each entry's predecessor, that of the `first` ones from `old`."""
    before = np.empty_like(column)
    before[1:] = column[:-1]
    before[first] = old
    return before
