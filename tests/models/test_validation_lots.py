"""Lots a group's detector may be chosen by: counted, never learnt from, compared within one setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.profile_file import load_profile
from ingest.lots import Lots, count_lots
from models.selection import Selection, select
from models.validation_lots import validation_lots

DAY = 86_400_000
PROFILE = load_profile("injection_molding")


def history(days: list[tuple[int, int, int]], shots: int = 50) -> tuple[Batch, NDArray[np.int64]]:
    """Days as (cluster, good, bad), `shots` records each; later days stand later."""
    rows, cluster = [], []
    for day, (number, good, bad) in enumerate(days):
        for i in range(shots):
            share = (i + 1) / shots
            rows.append(
                {
                    "id": f"{day}-{i}", "time": day * DAY + i * 1000,
                    "maker": "M", "facility": "F", "item": "I",
                    "lot_good": round(good * share), "lot_bad": round(bad * share),
                    PROFILE.production[0].name: float(day),
                }
            )  # fmt: skip
            cluster.append(number)
    return Batch.of(PROFILE, rows), np.array(cluster)


def chosen(days: list[tuple[int, int, int]]) -> tuple[Batch, Selection, Lots]:
    batch, cluster = history(days)
    lots = count_lots(batch, PROFILE)
    return batch, select(batch, cluster, lots, PROFILE), lots


def test_held_out_lots_and_those_too_bad_to_train_are_given_in_blocks() -> None:
    batch, selection, lots = chosen([(0, 1000, 1)] * 12 + [(1, 1000, 50)] * 11 + [(1, 1000, 90)])
    (trains,) = selection.of_status("train")
    found = validation_lots(batch, selection, lots, trains)
    assert found is not None
    held_out_days = len(np.unique(batch.production[trains.held_out_rows, 0]))
    assert np.bincount(found.block).tolist() == [held_out_days, 12]
    assert found.rate[found.block == 1].round(3).tolist() == [0.048] * 11 + [0.083]
    assert set(found.rows[:, 0]).isdisjoint(batch.production[trains.train_rows, 0])
    assert not np.isin(found.rate, [np.nan]).any()


def test_a_lot_that_training_saw_a_part_of_is_no_evidence() -> None:
    batch, cluster = history([(0, 1000, 1)], shots=600)
    lots = count_lots(batch, PROFILE)
    selection = select(batch, cluster, lots, PROFILE)
    (trains,) = selection.of_status("train")
    assert len(trains.held_out_rows) == 120
    assert validation_lots(batch, selection, lots, trains) is None
