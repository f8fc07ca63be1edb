"""Shots of counted lots that a group's detector does not learn from, to choose it by."""

from __future__ import annotations

import numpy as np

from core.batch import Batch
from ingest.lots import Lots
from models.lot_evidence import LEAST_SHOTS, LotShots
from models.selection import Rows, SelectedGroup, Selection


def validation_lots(batch: Batch, selection: Selection, lots: Lots, group: SelectedGroup) -> LotShots | None:
    """Lots for a group that trains, unscaled; None where there are none.

    Its own held-out lots, and those of the same facility and item whose defect rate was too
    high to train: made under another setting, so they are compared among themselves only.
    """
    # A lot's count holds for all its shots; when training saw a part of them, they are not unseen.
    seen = np.unique(lots.of_row[group.train_rows])
    sources: list[Rows] = [group.held_out_rows[~np.isin(lots.of_row[group.held_out_rows], seen)]]
    sources += [
        other.rows for other in selection.of_status("validate") if other.key[:3] == group.key[:3]
    ]  # maker, facility, item
    rows: list[Rows] = []
    lot: list[Rows] = []
    rate: list[float] = []
    block: list[int] = []
    for number, source in enumerate(sources):
        found, count = np.unique(lots.of_row[source], return_counts=True)
        for one in found[count >= LEAST_SHOTS].tolist():
            mine = source[lots.of_row[source] == one]
            rows.append(mine)
            lot.append(np.full(len(mine), len(rate), dtype=np.int64))
            rate.append(float(lots.defect_rate[one]))
            block.append(number)
    if not rows:
        return None
    return LotShots(
        batch.production[np.concatenate(rows)], np.concatenate(lot), np.array(rate), np.array(block)
    )
