"""What really was: labels in a column of the table, or in a file of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import Strings
from core.errors import HistoryError

Floats = NDArray[np.float64]

BAD = frozenset({"1", "1.0", "true", "bad", "ng", "yes"})
GOOD = frozenset({"0", "0.0", "false", "good", "ok", "no"})


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of rows.

    Attributes
    ----------
    bad : (n,) float64
        1 bad, 0 good, NaN unknown.
    cause : (n,) object
        Kind of fault; empty where there is none or nobody says.
    """

    bad: Floats
    cause: Strings


@dataclass(frozen=True, slots=True)
class LabelSource:
    """Where labels are.

    Attributes
    ----------
    column, cause_column : str
        Columns of the table or of the truth file.
    truth : DataFrame or None
        By identifier; None reads the table's own columns.
    """

    column: str
    cause_column: str
    truth: pd.DataFrame | None = None

    def of(self, frame: pd.DataFrame, ids: Strings, rows: NDArray[np.intp], first_row: int) -> Labels:
        """Labels of some rows of a table.

        Parameters
        ----------
        frame : DataFrame
        ids : (n,) object
            Identifiers of the rows wanted.
        rows : (n,) int
            Their positions in `frame`.
        first_row : int
            Number of the frame's first row in the whole table, for messages.
        """
        if self.truth is None:
            found = frame.iloc[rows]
            names = [f"row {first_row + row}" for row in rows]
        else:
            found = self.truth.reindex(ids)
            names = [f"shot {shot!r}" for shot in ids]
        return Labels(_bad(found, self.column, names), _cause(found, self.cause_column))


def read_truth(path: Path, column: str, cause_column: str) -> LabelSource:
    """A CSV of labels by ``shot_id`` (or ``id``), as ``./sprue simulate`` writes it.

    Raises
    ------
    HistoryError
        It is no such file, or names a shot twice.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        msg = f"{path}: expected a CSV with shot_id and {column}, got: {error}"
        raise HistoryError(msg) from error
    key = next((name for name in ("shot_id", "id") if name in table.columns), None)
    if key is None or column not in table.columns:
        msg = f"{path}: expected columns shot_id and {column}, got {', '.join(map(str, table.columns))}"
        raise HistoryError(msg)
    doubled = table[key][table[key].duplicated()]
    if len(doubled):
        msg = f"{path}: expected each shot once, got {doubled.iloc[0]!r} twice; keep one line"
        raise HistoryError(msg)
    return LabelSource(column, cause_column, table.set_index(key))


def _bad(found: pd.DataFrame, column: str, names: Sequence[str]) -> Floats:
    if column not in found.columns:
        return np.full(len(found), np.nan)
    values = found[column]
    texts = values.where(values.notna(), "").astype(str).str.strip().str.lower().to_numpy(dtype=object)
    bad = np.isin(texts, list(BAD))
    known = bad | np.isin(texts, list(GOOD))
    unclear = np.flatnonzero(~known & (texts != ""))
    if len(unclear):
        row = int(unclear[0])
        msg = (
            f"column {column!r}, {names[row]}: expected 1 or 0, true or false, bad or good, NG or OK, "
            f"or an empty cell for not known; got {values.iloc[row]!r}"
        )
        raise HistoryError(msg)
    out: Floats = np.where(known, bad.astype(np.float64), np.nan)
    return out


def _cause(found: pd.DataFrame, column: str) -> Strings:
    if column not in found.columns:
        return np.full(len(found), "", dtype=object)
    values = found[column]
    return values.where(values.notna(), "").astype(str).to_numpy(dtype=object)
