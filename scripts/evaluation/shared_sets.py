"""The shared data sets: real shots of a press, eight tabular sets, a plating bath's lots."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConfigError
from inference.evaluation.splits import half_of_good
from inference.evaluation.twins import any_of, first_row, twins
from scripts.evaluation.trial import DataSet, Fold, Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ADBENCH = (
    "14_glass",
    "27_PageBlocks",
    "40_vowels",
    "41_Waveform",
    "43_WDBC",
    "45_wine",
    "4_breastw",
    "6_cardio",
)
HELD_OUT = 0.2
"""Of the rows to train on, as in training."""
MOST_READINGS = 4000
"""Bath readings that detectors learn from; the same ones for all."""
FIRST_WEEKS = 2
"""Weeks of the bath that are learnt from before the first is judged."""
NO_INPUTS = frozenset({"PART_FACT_SERIAL", "PassOrFail"})
CN7 = Path("kamp_injection_cn7") / "labeled_cn7_2020-10-16_to_2020-10-20.csv.gz"
BATH = Path("plating_bath")


def shared_sets(folder: Path) -> list[DataSet]:
    """The data sets below a folder, those that are there.

    Raises
    ------
    ConfigError
        None is there.
    """
    found = []
    if (folder / CN7).is_file():
        halves = "shots, twins one shot; half of the good to train on, the others and all bad to test"
        day = "good shots of the later day to train on, the earlier day to test; seeds of the detectors"
        found.append(DataSet("kamp_cn7", halves, 100, partial(_press_halves, folder / CN7)))
        found.append(DataSet("kamp_cn7_by_day", day, 3, partial(_press_by_day, folder / CN7), apart=True))
    for name in ADBENCH:
        file = folder / "adbench" / f"{name}.npz"
        if file.is_file():
            protocol = "half of the normal rows to train on, the others and all anomalies to test"
            found.append(DataSet(name, protocol, 100, partial(_halves_of, file)))
    if (folder / BATH / "Error Lot list.csv").is_file():
        weeks = (
            f"lots; every week from the {FIRST_WEEKS + 1}rd on judged by the good lots of the weeks before; "
            "a lot's score is the mean rarity of its readings"
        )
        found.append(DataSet("plating_bath", weeks, 3, partial(_bath_weeks, folder / BATH)))
    if not found:
        msg = (
            f"{folder}: expected the shared data sets (adbench/*.npz, {CN7.as_posix()}, {BATH}/), found "
            "none; give their folder with --data or SPRUE_SHARED_DATA"
        )
        raise ConfigError(msg)
    return found


def _halves(rows: Floats, bad: Flags, seed: int) -> Trial:
    rng = np.random.default_rng(seed)
    split = half_of_good(bad, np.arange(len(rows)), rng)
    fold = _with_held_out(rows[rng.permutation(split.train)], rows[split.test])
    return Trial([fold], np.arange(len(split.test)), bad[split.test], split.test, len(rows), calibrated=False)


def _with_held_out(train: Floats, test: Floats) -> Fold:
    """The last of the training rows are held out."""
    cut = len(train) - max(1, round(HELD_OUT * len(train)))
    return Fold(train[:cut], train[cut:], test)


def _halves_of(file: Path, seed: int) -> Trial:
    rows, bad = _tabular(file)
    return _halves(rows, bad, seed)


@cache
def _tabular(file: Path) -> tuple[Floats, Flags]:
    with np.load(file) as arrays:
        return arrays["X"].astype(np.float64), arrays["y"] == 1


@cache
def _press(file: Path) -> tuple[Floats, Flags, NDArray[np.object_]]:
    """Measured values, label and day of every shot, in time order."""
    table = pd.read_csv(file).sort_values("TimeStamp", kind="stable", ignore_index=True)
    time = pd.to_datetime(table["TimeStamp"]).to_numpy().astype("datetime64[ms]").astype(np.int64)
    shot = twins(table["EQUIP_CD"].to_numpy(dtype=object), time)
    inputs = [c for c in table.select_dtypes("number").columns if c not in NO_INPUTS]
    first = first_row(shot)
    return (
        table[inputs].to_numpy(dtype=np.float64)[first],
        any_of(shot, (table["PassOrFail"] == 1).to_numpy()),
        table["PART_FACT_PLAN_DATE"].to_numpy(dtype=object)[first],
    )


def _press_halves(file: Path, seed: int) -> Trial:
    rows, bad, _ = _press(file)
    return _halves(rows, bad, seed)


def _press_by_day(file: Path, seed: int) -> Trial:
    rows, bad, day = _press(file)
    later = day == day.max()
    test = np.flatnonzero(~later)
    fold = _with_held_out(rows[later & ~bad], rows[test])
    return Trial([fold], np.arange(len(test)), bad[test], test, len(rows), calibrated=False)


@cache
def _bath(folder: Path) -> pd.DataFrame:
    """Every reading with its lot's number, week and label."""
    days = []
    for file in sorted(folder.glob("kemp-abh-sensor-*.csv")):
        readings = pd.read_csv(file, encoding="utf-8-sig")
        date = file.stem.removeprefix("kemp-abh-sensor-").replace(".", "-")
        days.append(readings.assign(date=date))
    table = pd.concat(days, ignore_index=True)
    errors = pd.read_csv(folder / "Error Lot list.csv", encoding="utf-8-sig")
    faulty = set(zip(errors["Date"], errors["LoT"], strict=True))
    keys = list(zip(table["date"], table["Lot"], strict=True))
    table["lot"] = pd.factorize(pd.MultiIndex.from_tuples(keys))[0]
    table["bad"] = [key in faulty for key in keys]
    week = pd.to_datetime(table["date"]).dt.strftime("%G-%V")
    table["week"] = pd.factorize(week)[0]
    return table


def _bath_weeks(folder: Path, seed: int) -> Trial:
    table = _bath(folder)
    rng = np.random.default_rng(seed)
    rows = table[["pH", "Temp", "Current", "Voltage"]].to_numpy(dtype=np.float64)
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
