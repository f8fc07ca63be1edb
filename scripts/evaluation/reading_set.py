"""Lots of many readings, learnt from week by week and judged as lots."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.evaluation.trial import DataSet, Fold, Trial

Ints = NDArray[np.int64]

HELD_OUT = 0.2
"""Of the lots to train on."""
MOST_READINGS = 4000
"""Readings that detectors learn from; the same ones for all."""
FIRST_WEEKS = 2
"""Weeks that are learnt from before the first is judged."""
PROTOCOL = (
    f"lots; every week after the first {FIRST_WEEKS} judged by the good lots of all weeks before it; "
    "a lot's score is the mean rarity of its readings"
)


def readings_by_week(folder: Path, about: Mapping[str, Any]) -> DataSet:
    """The data set; `about` is its part of ``shared_sets.toml``."""
    readings = cache(partial(_read, folder, about))
    trial = partial(_trial, readings, list(about["inputs"]))
    files = (folder / about["faulty"], *sorted(folder.glob(about["files"])))
    return DataSet(about["name"], PROTOCOL, 3, trial, files=files)


def _read(folder: Path, about: Mapping[str, Any]) -> pd.DataFrame:
    """Every reading with its lot's number ``lot``, ``week`` and label ``bad``."""
    days = []
    prefix = str(about["files"]).partition("*")[0]
    for file in sorted(folder.glob(about["files"])):
        date = file.stem.removeprefix(prefix).replace(".", "-")
        days.append(pd.read_csv(file, encoding="utf-8-sig").assign(date=date))
    table = pd.concat(days, ignore_index=True)
    errors = pd.read_csv(folder / about["faulty"], encoding="utf-8-sig")
    faulty = set(zip(errors[about["faulty_date"]], errors[about["faulty_lot"]], strict=True))
    keys = list(zip(table["date"], table[about["lot"]], strict=True))
    table["lot"] = pd.factorize(pd.MultiIndex.from_tuples(keys))[0]
    table["bad"] = [key in faulty for key in keys]
    table["week"] = pd.factorize(pd.to_datetime(table["date"]).dt.strftime("%G-%V"))[0]
    return table


def _trial(readings: Any, inputs: list[str], seed: int) -> Trial:
    table = readings()
    rng = np.random.default_rng(seed)
    rows = table[inputs].to_numpy(dtype=np.float64)
    week, lot, bad = (table[name].to_numpy() for name in ("week", "lot", "bad"))
    tests = [np.flatnonzero(week == number) for number in range(FIRST_WEEKS, int(week.max()) + 1)]
    folds = []
    for test in tests:
        earlier = np.flatnonzero((week < week[test[0]]) & ~bad)
        lots = np.unique(lot[earlier])
        late = np.isin(lot[earlier], lots[-max(1, round(HELD_OUT * len(lots))) :])
        fit, held_out = (_some(part, MOST_READINGS, rng) for part in (earlier[~late], earlier[late]))
        folds.append(Fold(rows[fit], rows[held_out], rows[test]))
    lots, unit = np.unique(lot[np.concatenate(tests)], return_inverse=True)
    lot_bad = np.zeros(int(lot.max()) + 1, dtype=bool)
    lot_bad[lot[bad]] = True
    return Trial(folds, unit, lot_bad[lots], lots, len(lot_bad), calibrated=True)


def _some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else np.sort(rng.permutation(rows)[:most])
