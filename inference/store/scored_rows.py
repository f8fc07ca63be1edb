"""Verdicts as columns for trying limits on: the newest of a period, read once."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import select

from core.batch import NO_TIME
from inference.store.reading import StoreReading
from inference.store.tables import verdict
from inference.store.verdict_filter import VerdictFilter

MOST_ROWS = 100_000
"""Verdicts read at most: bounds what a trial costs in a store of years."""

_TEXTS = ("shot_id", "maker", "facility", "item", "lot", "route", "substitute", "model_version", "outcome")
_NUMBERS = ("anomaly_score", "distance")
_FLAGS = ("range_violation", "mostly_filled", "warm_up")
"""Those that a trial asks for."""


class ScoredRows(StoreReading):
    """Reads what limits are tried on."""

    def scored_columns(self, wanted: VerdictFilter, most: int = MOST_ROWS) -> dict[str, Any]:
        """Columns of the newest verdicts that meet `wanted`, as `core.verdict.Verdicts` has them.

        Of the flags only those that bound an outcome whatever the limit are there.
        """
        names = ("shot_time", "cluster", *_TEXTS, *_NUMBERS)
        told = [verdict.c.flags.contains(f'"{name}"') for name in _FLAGS]
        query = (
            select(*(verdict.c[name] for name in names), *told)
            .where(*wanted.conditions())
            .order_by(verdict.c.seq.desc())
            .limit(most)
        )
        with self._reading() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        whole = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + len(told))
        columns: dict[str, Any] = dict(zip(names, whole, strict=False))
        for name in _NUMBERS:
            columns[name] = np.array(columns[name], dtype=np.float64)  # None becomes NaN
        columns["shot_time"] = _whole(columns["shot_time"], NO_TIME)
        columns["cluster"] = _whole(columns["cluster"], -1)
        marked = zip(*whole[len(names) :], strict=True)
        columns["flags"] = [
            [name for name, one in zip(_FLAGS, row, strict=True) if one] if any(row) else [] for row in marked
        ]
        return columns


def _whole(values: tuple[int | None, ...], null: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([null if value is None else value for value in values], dtype=np.int64)
