"""Typical values of a history, level by level: what missing values are filled with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Floats, Strings
from core.profile import Profile, Variable
from ingest.grouping import group_rows
from models.artifact import FillLevel

Codes = NDArray[np.int64]

_LEVELS: tuple[tuple[bool, bool, bool], ...] = (
    (True, True, True),
    (True, True, False),
    (True, False, True),
    (False, False, True),
    (True, False, False),
    (False, False, False),
)
"""Which of maker, facility and item a level names, the finest first."""


def typical_values(batch: Batch, profile: Profile) -> tuple[FillLevel, ...]:
    """Means and modes of every maker, facility and item the history knows, and above them.

    NaN where a level has no value at all. Modes are found for the variables that are
    filled by mode; others have NaN there. The smallest of equally frequent values is the
    mode, so that the order of the rows does not matter.

    Examples
    --------
    >>> from core.profile_file import load_profile
    >>> profile = load_profile("injection_molding")
    >>> rows = [
    ...     dict(id=str(i), time=i, maker="M", facility="F", item=item, hold_pressure_set=p)
    ...     for i, (item, p) in enumerate([("A", 500), ("A", 500), ("A", 530), ("B", 400)])
    ... ]
    >>> levels = typical_values(Batch.of(profile, rows), profile)
    >>> column = [v.name for v in profile.settings].index("hold_pressure_set")
    >>> [(v.facility, v.item, v.rows) for v in levels[:3]]
    [('F', 'A', 3), ('F', 'B', 1), ('F', None, 4)]
    >>> levels[0].setting_mode[column], levels[0].setting_mean[column]
    (np.float64(500.0), np.float64(510.0))
    """
    found: list[FillLevel] = []
    nothing = np.zeros(len(batch), dtype=np.int64)
    for maker, facility, item in _LEVELS:
        columns = [
            column if named else nothing
            for column, named in zip(
                (batch.maker, batch.facility, batch.item), (maker, facility, item), strict=True
            )
        ]
        of_row, keys = group_rows(*columns)
        rows = np.bincount(of_row[of_row >= 0], minlength=len(keys[0]))
        tables = [
            (_modes(table, variables, of_row, len(rows)), _means(table, of_row, len(rows)))
            for table, variables in (
                (batch.settings, profile.settings),
                (batch.production, profile.production),
            )
        ]
        named = [_named(key, wanted) for key, wanted in zip(keys, (maker, facility, item), strict=True)]
        found += [
            FillLevel(
                maker=named[0][g],
                facility=named[1][g],
                item=named[2][g],
                rows=int(rows[g]),
                setting_mode=tables[0][0][g],
                setting_mean=tables[0][1][g],
                production_mode=tables[1][0][g],
                production_mean=tables[1][1][g],
            )
            for g in range(len(rows))
        ]
    return tuple(found)


def _named(key: Strings, wanted: bool) -> Strings:
    return key if wanted else np.full(len(key), None, dtype=object)


def _means(table: Floats, of_row: Codes, groups: int) -> Floats:
    """(groups, columns) mean of the finite values, NaN where there is none."""
    means = np.full((groups, table.shape[1]), np.nan)
    for j in range(table.shape[1]):
        rows = np.flatnonzero((of_row >= 0) & np.isfinite(table[:, j]))
        count = np.bincount(of_row[rows], minlength=groups)
        total = np.bincount(of_row[rows], weights=table[rows, j], minlength=groups)
        np.divide(total, count, out=means[:, j], where=count > 0)
    return means


def _modes(table: Floats, variables: Sequence[Variable], of_row: Codes, groups: int) -> Floats:
    """(groups, columns) most frequent value, NaN where there is none or none is asked for."""
    modes = np.full((groups, table.shape[1]), np.nan)
    for j, variable in enumerate(variables):
        if "mode" not in variable.fill:
            continue
        rows = np.flatnonzero((of_row >= 0) & np.isfinite(table[:, j]))
        values, code = np.unique(table[rows, j], return_inverse=True)
        pair, count = np.unique(of_row[rows] * max(1, len(values)) + code.reshape(-1), return_counts=True)
        group, value = np.divmod(pair, max(1, len(values)))
        # Last written wins: ascending count, and of equal counts the smallest value last.
        order = np.lexsort((-value, count))
        modes[group[order], j] = values[value[order]]
    return modes
