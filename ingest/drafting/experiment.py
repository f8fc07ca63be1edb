"""Whether a table is an experiment: few settings, repeated, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.drafting.column import Column
from ingest.drafting.words import says

MOST_ROWS = 20_000
MOST_LEVELS = 50
LEAST_COMBINATIONS = 4
MOST_REPEATS = 10
"""Whoever runs a setting oftener makes things with it, and no experiment."""
FEW_LEVELS = 12
EVEN = 2.0
"""Times as often as its rarest level the commonest one of a designed factor comes at most."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Columns that were set, and columns that came out.

    Attributes
    ----------
    settings, outcomes : tuple of str
    combinations : int
        Different settings there are.
    rows : int
    doubtful : tuple of str
        Outcomes of few levels: perhaps they were set.
    """

    settings: tuple[str, ...]
    outcomes: tuple[str, ...]
    combinations: int
    rows: int
    doubtful: tuple[str, ...] = ()

    @property
    def repeated(self) -> str:
        """How often a setting was run, in words."""
        return f"{self.combinations} combinations in {self.rows} rows"


def experiment_in(columns: Mapping[str, Column]) -> Experiment | None:
    """The experiment that numeric columns make; None where they do not look like one.

    Settings are the columns with few levels whose combinations come up twice or oftener on
    average; outcomes are the others, which differ where the settings are the same. A column
    of few levels, each about as often as the others, was set, too, even where no combination
    comes up twice then.

    Parameters
    ----------
    columns : mapping of str to Column
        Numeric ones that are neither key nor label nor constant.
    """
    rows = max((len(c.codes) for c in columns.values()), default=0)
    if len(columns) < 2 or rows > MOST_ROWS:
        return None
    settings: list[str] = []
    combination = np.zeros(rows, dtype=np.int64)
    ranked = sorted(columns.values(), key=lambda c: (not says(c.name, "setting", of="roles"), c.distinct))
    most_levels = min(MOST_LEVELS, max(3, rows // 4))
    for column in ranked:
        if says(column.name, "target", of="roles") and not says(column.name, "setting", of="roles"):
            continue
        if column.distinct > most_levels or column.given < rows:
            continue
        together = pd.factorize(combination * (column.distinct + 1) + column.codes)[0]
        if int(together.max()) + 1 <= rows // 2:
            combination = together.astype(np.int64)
            settings.append(column.name)
    repeated = combination
    rest = [c for name, c in columns.items() if name not in settings and not says(name, "target", of="roles")]
    few = [c for c in rest if c.given == rows and c.distinct <= min(FEW_LEVELS, rows // 3)]
    for column in few:
        if _evenly_run(column) and len(settings) + 1 < len(columns):
            combination = pd.factorize(combination * (column.distinct + 1) + column.codes)[0].astype(np.int64)
            settings.append(column.name)
    order = [name for name in columns if name in settings]
    outcomes = [name for name in columns if name not in settings]
    count = int(combination.max()) + 1
    enough = count >= LEAST_COMBINATIONS and int(repeated.max()) + 1 >= min(count, rows / MOST_REPEATS)
    if not order or not outcomes or not enough or count < rows / MOST_REPEATS:
        return None
    if not all(_varies(columns[name], repeated) for name in outcomes):
        return None
    doubtful = tuple(c.name for c in few if c.name in outcomes)
    return Experiment(tuple(order), tuple(outcomes), count, rows, doubtful)


def _evenly_run(column: Column) -> bool:
    """Whether each level came about as often: designs are balanced, what is measured is not."""
    times = np.bincount(column.codes)
    return len(times) >= 2 and times.min() >= 2 and times.max() <= EVEN * times.min()


def _varies(column: Column, combination: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    """Whether repeating a setting gave other values, as measuring does."""
    known = np.isfinite(column.numbers)
    spread = pd.Series(column.numbers[known]).groupby(combination[known]).agg(["count", "nunique"])
    repeated = spread[spread["count"] >= 2]
    return bool(len(repeated)) and float((repeated["nunique"] > 1).mean()) >= 0.5
