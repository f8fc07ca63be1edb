"""Which good shots a new version keeps of every group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from ingest.lots import Lots
from models.artifact import GroupModel
from models.examples import BANDS, Examples, GoodShots
from models.selection import Selection

Floats = NDArray[np.float64]

MOST_OF_GROUP = 200
MOST_OF_PLANT = 100_000
"""Shots kept in all: about 15 MB; with more than 500 groups each keeps fewer."""
LEAST_OF_GROUP = 10


def good_examples(
    batch: Batch, selection: Selection, lots: Lots, models: Sequence[GroupModel], names: Sequence[str]
) -> Examples:
    """Choose the shots to keep of every trained group.

    Shots of lots in which nothing bad was counted come first, then those of the lots with
    the lowest defect rate; of equals, shots with nothing missing first, then spread evenly
    over time.

    Parameters
    ----------
    batch : Batch
        The history that `selection` counts the rows of.
    selection, lots
        As training used them.
    models : sequence of GroupModel
        The trained groups.
    names : sequence of str
        Measured values.
    """
    rows_of = {group.key: group.rows for group in selection.groups}
    rate = np.append(lots.defect_rate, np.nan)
    most = min(MOST_OF_GROUP, max(LEAST_OF_GROUP, MOST_OF_PLANT // max(len(models), 1)))
    groups = []
    for model in models:
        rows = np.asarray(rows_of.get(model.key, ()), dtype=np.int64)
        missing = np.logical_or.reduce(np.isnan(batch.production[rows]), axis=1)
        kept = np.sort(rows[_chosen(np.nan_to_num(rate[lots.of_row[rows]], nan=np.inf), missing, most)])
        groups.append(
            GoodShots(
                model.key,
                tuple(names),
                tuple(map(str, batch.ids[kept].tolist())),
                batch.time[kept],
                batch.production[kept],
                *(getattr(model, name) for name in BANDS),
            )
        )
    return Examples.of_groups(names, groups)


def _chosen(rate: Floats, missing: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Places of the `most` best of rows in time order.

    >>> _chosen(np.array([0.0, 0.0, 0.02, 0.0]), np.array([False, True, False, False]), 3).tolist()
    [0, 3, 1]
    >>> _chosen(np.zeros(5), np.zeros(5, dtype=bool), 3).tolist()
    [0, 2, 4]
    """
    chosen: list[NDArray[np.intp]] = []
    for level in np.unique(rate).tolist():
        for absent in (False, True):
            level_rows = np.flatnonzero((rate == level) & (missing == absent))
            if len(level_rows) > most:
                level_rows = level_rows[np.linspace(0, len(level_rows) - 1, most).round().astype(np.intp)]
            chosen.append(level_rows)
            most -= len(level_rows)
            if most <= 0:
                return np.concatenate(chosen)
    return np.concatenate([np.empty(0, np.intp), *chosen])
