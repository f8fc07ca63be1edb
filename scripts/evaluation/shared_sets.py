"""The shared data sets, as ``shared_sets.toml`` describes them: tables, parts of shots, readings of lots."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.errors import ConfigError
from inference.evaluation.splits import half_of_good
from inference.evaluation.twins import any_of, first_row, twins
from scripts.evaluation.reading_set import readings_by_week
from scripts.evaluation.trial import DataSet, Fold, Trial

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DESCRIPTION = Path(__file__).with_suffix(".toml")
HELD_OUT = 0.2
"""Of the rows to train on, as in training."""
HALVES = "half of the good rows to train on, the others and all bad ones to test"


def shared_sets(folder: Path) -> list[DataSet]:
    """The data sets below a folder, those that are there.

    Raises
    ------
    ConfigError
        None is there.
    """
    described = tomllib.loads(DESCRIPTION.read_text(encoding="utf-8"))
    found = [data for kind, make in MAKERS.items() for one in described[kind] for data in make(folder, one)]
    if not found:
        places = ", ".join(
            str(one.get("file", one.get("folder"))) for kind in MAKERS for one in described[kind]
        )
        msg = f"{folder}: expected {places}, found none; give their folder with --data or SPRUE_SHARED_DATA"
        raise ConfigError(msg)
    return found


def _tables(folder: Path, about: Mapping[str, Any]) -> Iterator[DataSet]:
    for name in about["names"]:
        file = folder / about["folder"] / f"{name}.npz"
        if file.is_file():
            yield DataSet(name, HALVES, 100, partial(_halves_of_table, file), files=(file,))


def _parts(folder: Path, about: Mapping[str, Any]) -> Iterator[DataSet]:
    file = folder / about["file"]
    if file.is_file():
        shots = cache(partial(_shots, file, about))
        by_day = "good shots of the last day to train on, the days before to test; seeds of the detectors"
        halves = f"parts of a shot together; {HALVES}"
        yield DataSet(about["name"], halves, 100, partial(_halves_of_shots, shots), files=(file,))
        days = partial(_days_of_shots, shots)
        yield DataSet(f"{about['name']}_by_day", by_day, 3, days, apart=True, files=(file,))


def _readings(folder: Path, about: Mapping[str, Any]) -> Iterator[DataSet]:
    if (folder / about["folder"] / about["faulty"]).is_file():
        yield readings_by_week(folder / about["folder"], about)


MAKERS = {"parts": _parts, "table": _tables, "readings": _readings}


def _halves(rows: Floats, bad: Flags, seed: int) -> Trial:
    rng = np.random.default_rng(seed)
    split = half_of_good(bad, np.arange(len(rows)), rng)
    fold = _with_held_out(rows[rng.permutation(split.train)], rows[split.test])
    return Trial([fold], np.arange(len(split.test)), bad[split.test], split.test, len(rows), calibrated=False)


def _with_held_out(train: Floats, test: Floats) -> Fold:
    """The last of the training rows are held out."""
    cut = len(train) - max(1, round(HELD_OUT * len(train)))
    return Fold(train[:cut], train[cut:], test)


def _halves_of_table(file: Path, seed: int) -> Trial:
    return _halves(*_table(file), seed)


@cache
def _table(file: Path) -> tuple[Floats, Flags]:
    with zipfile.ZipFile(file) as archive:

        def member(name: str) -> NDArray[Any]:
            with archive.open(f"{name}.npy") as stream:
                array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
                return array

        return member("X").astype(np.float64), member("y") == 1


def _shots(file: Path, about: Mapping[str, Any]) -> tuple[Floats, Flags, NDArray[np.object_]]:
    """Measured values, label and day of every shot, in time order."""
    table = pd.read_csv(file).sort_values(about["time"], kind="stable", ignore_index=True)
    time = pd.to_datetime(table[about["time"]]).to_numpy().astype("datetime64[ms]").astype(np.int64)
    shot = twins(table[about["facility"]].to_numpy(dtype=object), time)
    inputs = [c for c in table.select_dtypes("number").columns if c not in about["no_inputs"]]
    first = first_row(shot)
    return (
        table[inputs].to_numpy(dtype=np.float64)[first],
        any_of(shot, (table[about["bad"]] == 1).to_numpy()),
        table[about["day"]].to_numpy(dtype=object)[first],
    )


def _halves_of_shots(shots: Any, seed: int) -> Trial:
    rows, bad, _ = shots()
    return _halves(rows, bad, seed)


def _days_of_shots(shots: Any, seed: int) -> Trial:
    rows, bad, day = shots()
    later = day == day.max()
    test = np.flatnonzero(~later)
    fold = _with_held_out(rows[later & ~bad], rows[test])
    return Trial([fold], np.arange(len(test)), bad[test], test, len(rows), calibrated=False)
