"""Reads the columns of one table by the rules of `ingest.value`, whole columns where they are plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Floats, Strings
from core.errors import HistoryError, RecordError
from core.profile import FieldPath
from ingest.frame_problem import FrameProblem
from ingest.frame_time import milliseconds
from ingest.value import LARGEST, epoch_ms, identifier, key_text, number

MOST_NAMED = 12
"""Columns a message names."""


def find_column(columns: Iterable[Any], path: tuple[str, ...], name: str) -> str | None:
    """The column that holds a field: by dotted path first, then by name.

    >>> find_column(["id", "set.hold_time"], ("set", "hold_time"), "hold_time_set")
    'set.hold_time'
    """
    names = list(columns)
    for candidate in (".".join(path), name):
        if candidate in names:
            if names.count(candidate) > 1:
                raise HistoryError(
                    f"column {candidate!r}: expected once, found {names.count(candidate)} times"
                )
            return candidate
    return None


class FrameReader:
    """Reads the columns of one frame and collects what is wrong with its rows.

    Parameters
    ----------
    frame : DataFrame
    lenient : bool
        Makes an unreadable value missing, except in identifier and facility.

    Attributes
    ----------
    problems : dict of int to FrameProblem
        The first problem of each row that has one; none knows the row's identifier.
    """

    def __init__(self, frame: pd.DataFrame, *, lenient: bool) -> None:
        self.frame = frame
        self.lenient = lenient
        self.problems: dict[int, FrameProblem] = {}

    def identifiers(self, field: FieldPath, *, first_row: int = 0) -> Strings:
        """Identifiers ``(n,)``; without a column ``"<otherwise> <number of the row, from 1>"``.

        Raises
        ------
        HistoryError
            There is no column and no `FieldPath.otherwise`.
        """
        if field.otherwise is not None and self._column(field) is None:
            numbers = range(first_row + 1, first_row + len(self.frame) + 1)
            return _as_objects([f"{field.otherwise} {row}" for row in numbers])
        values = _objects(self._needed(field))
        out = values.copy()
        plain = np.zeros(len(values), dtype=bool)
        if pd.api.types.infer_dtype(values, skipna=False) == "string" and _storable(values.tolist()):
            plain = pd.Series(values).str.strip().ne("").to_numpy()
        out[~plain] = None
        self._one_by_one(values, ~plain, out, identifier, field.path, strict=True)
        return out

    def facilities(self, field: FieldPath) -> Strings:
        """Facilities ``(n,)``, missing in no row that can be read.

        Raises
        ------
        HistoryError
            There is no column and no `FieldPath.otherwise`.
        """
        if field.otherwise is not None:
            return self.keys(field, strict=True)
        values = _objects(self._needed(field))
        out = self._key_texts(values, field.path, strict=True)
        for row in np.flatnonzero(pd.isna(out)).tolist():
            name = ".".join(field.path)
            detail = f"{name}: expected the facility, got {values[row]!r}"
            self.problems.setdefault(row, FrameProblem(row, "", name, "missing_facility", detail))
        return out

    def keys(self, field: FieldPath, *, strict: bool = False) -> Strings:
        """Texts ``(n,)``, `FieldPath.otherwise` where none is given; `strict` refuses what is none."""
        column = self._column(field)
        if column is None:
            return np.full(len(self.frame), field.otherwise, dtype=object)
        out = self._key_texts(_objects(self.frame[column]), field.path, strict=strict)
        if field.otherwise is not None:
            out[pd.isna(out)] = field.otherwise
        return out

    def _key_texts(self, values: Strings, path: tuple[str, ...], *, strict: bool = False) -> Strings:
        out = np.full(len(values), None, dtype=object)
        if pd.api.types.infer_dtype(values, skipna=True) not in ("string", "integer", "empty"):
            self._one_by_one(values, ~pd.isna(values), out, key_text, path, strict=strict)
            return out
        # A plant has few keys: each is read once. Unreadable ones are read again where they stand.
        codes, unique = pd.factorize(values)
        read = np.full(len(unique) + 1, None, dtype=object)  # the last: code -1, missing
        unreadable = np.zeros(len(unique) + 1, dtype=bool)
        for code, value in enumerate(unique):
            try:
                read[code] = key_text(value)
            except RecordError:
                unreadable[code] = True
        out[:] = read[codes]
        self._one_by_one(values, unreadable[codes], out, key_text, path, strict=strict)
        return out

    def numbers(self, path: tuple[str, ...], name: str) -> Floats:
        """Numbers ``(n,)``, NaN where missing or unreadable."""
        found = find_column(self.frame.columns, path, name)
        if found is None:
            return np.full(len(self.frame), np.nan)
        column = self.frame[found]
        if column.dtype.kind in "iuf":
            out = column.to_numpy(dtype=np.float64, na_value=np.nan).copy()
            check = np.abs(out) > LARGEST  # infinities too, NaN not
            values: Strings = out.astype(object) if check.any() else np.empty(0, dtype=object)
            out[check] = np.nan
        else:
            values = _objects(column)
            out = np.full(len(values), np.nan)
            check = column.notna().to_numpy()
        self._one_by_one(values, check, out, number, path)
        return out

    def times(self, field: FieldPath) -> NDArray[np.int64]:
        """Milliseconds since 1970 UTC ``(n,)``, `NO_TIME` where missing."""
        out = np.full(len(self.frame), NO_TIME)
        found = self._column(field)
        if found is None:
            return out
        column = self.frame[found]
        given = column.notna().to_numpy()
        values = _objects(column)
        ms, plain = milliseconds(column, values)
        out[plain] = ms[plain]
        self._one_by_one(values, given & ~plain, out, epoch_ms, field.path)
        return out

    def _column(self, field: FieldPath) -> str | None:
        return find_column(self.frame.columns, field.path, field.name)

    def _needed(self, field: FieldPath) -> pd.Series[Any]:
        column = self._column(field)
        if column is None:
            names = " or ".join(repr(n) for n in dict.fromkeys((".".join(field.path), field.name)))
            raise HistoryError(
                f"table: expected a column {names}, found {_some(self.frame.columns)}; "
                "check that the profile is the one of this table"
            )
        return self.frame[column]

    def _one_by_one(
        self,
        values: Strings,
        check: NDArray[np.bool_],
        out: NDArray[Any],
        read: Callable[[object], Any],
        path: tuple[str, ...],
        *,
        strict: bool = False,
    ) -> None:
        """Read what no column operation decides; the first problem of a row stays."""
        name = ".".join(path)
        for row in np.flatnonzero(check).tolist():
            try:
                out[row] = read(values[row])
            except RecordError as error:
                if strict or not self.lenient:
                    problem = FrameProblem(row, "", name, error.reason, f"{name}: {error.detail}")
                    self.problems.setdefault(row, problem)


def _as_objects(values: list[str]) -> Strings:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _objects(column: pd.Series[Any]) -> Strings:
    """Plain Python objects, None where pandas says missing (NaN, NaT, NA)."""
    values = column.astype(object).to_numpy()
    missing = column.isna().to_numpy()
    if missing.any():
        values = values.copy()
        values[missing] = None
    return values


def _storable(texts: list[str]) -> bool:
    """Whether no text holds what `ingest.value` refuses: NUL, or half a surrogate pair."""
    joined = "".join(texts)
    try:
        joined.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\x00" not in joined


def _some(names: Iterable[object]) -> str:
    """The first names, and how many there are beyond."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return (", ".join(texts[:MOST_NAMED]) or "none") + more
