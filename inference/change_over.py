"""Notices when a facility goes over to another item or another setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from inference.routes import NONE
from ingest.fill_memory import FillMemory
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
        Facility -> item and cluster of its last record, for `FillMemory.with_last`.
    """
    names: dict[str, int] = {}
    items: dict[str | None, int] = {None: NONE}
    facility = np.array([names.setdefault(f, len(names)) for _, f, _ in spots.keys], dtype=np.intp)
    item = np.array([items.setdefault(i, len(items)) for _, _, i in spots.keys], dtype=np.intp)
    before = [memory.get(name) for name in names]
    old_item = np.array([items.setdefault(m.made, len(items)) if m else NONE for m in before], dtype=np.intp)
    old_cluster = np.array([m.cluster if m else NONE for m in before], dtype=np.int64)
    mine, made = facility[spots.code], item[spots.code]

    order = np.argsort(mine, kind="stable")
    grouped = mine[order]
    begins = np.empty(len(order), dtype=np.bool_)
    begins[:1] = True
    begins[1:] = grouped[1:] != grouped[:-1]
    first = np.flatnonzero(begins)
    changed = np.empty(len(order), dtype=np.bool_)
    changed[order] = _differs(made[order], old_item, first) | _differs(cluster[order], old_cluster, first)

    rows = order[np.append(first[1:], len(order)) - 1] if len(order) else order
    last = {
        batch.facility[row]: (batch.item[row], number)
        for row, number in zip(rows.tolist(), cluster[rows].tolist(), strict=True)
    }
    return changed, last


def _differs(
    column: NDArray[np.signedinteger], old: NDArray[np.signedinteger], first: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether each entry differs from the one before it, the `first` ones from `old`."""
    previous = np.empty_like(column)
    previous[1:] = column[:-1]
    previous[first] = old  # facilities are numbered in the order in which they are sorted
    different: NDArray[np.bool_] = (column != previous) & (column != NONE) & (previous != NONE)
    return different
