"""Notices when a facility goes over to another item or another setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.routes import NONE
from inference.turns import Turns
from ingest.fill_ledger import CLUSTER, MADE
from ingest.spot_book import ITEM
from ingest.spots import Spots


def change_over(
    spots: Spots, cluster: NDArray[np.int64], before: NDArray[np.int64], turns: Turns
) -> NDArray[np.bool_]:
    """Whether item or cluster ``(n,)`` differ from the facility's record before.

    What is unknown on either side is no change.

    Parameters
    ----------
    spots : Spots
        Of the completed batch.
    cluster : (n,) int64
    before : (n, NEWEST) int64
        What each record's facility sent before the batch, see `ingest.fill_ledger.Entries`.
    turns : Turns
    """
    made = spots.each[:, ITEM]
    if len(made) == 1:
        now = (int(made[0]), int(cluster[0]))
        then = before[0, MADE : CLUSTER + 1].tolist()
        changes = (a != b and a > NONE and b > NONE for a, b in zip(now, then, strict=True))
        return np.array([any(changes)])
    made_before, cluster_before = before[:, MADE].copy(), before[:, CLUSTER].copy()
    row, earlier = turns.predecessors()
    made_before[row], cluster_before[row] = made[earlier], cluster[earlier]
    changed = _differ(made, made_before)
    changed |= _differ(cluster, cluster_before)
    return changed


def _differ(now: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (now != before) & (now > NONE) & (before > NONE)
    return different
