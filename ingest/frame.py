"""Tables of records: a DataFrame becomes a batch and back, column by column.

The rules for what a field may hold are those of `ingest.value`, to the letter: a file
judged and the same records streamed give the same verdicts and the same refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Batch, Floats, Strings
from core.errors import HistoryError, RecordError
from core.profile import FieldPath, Profile, Variable
from ingest.frame_problem import FrameProblem
from ingest.frame_time import milliseconds, timestamps
from ingest.value import LARGEST, epoch_ms, identifier, key_text, number

MOST_NAMED = 12
"""Columns a message names."""


def batch_from_frame(frame: pd.DataFrame, profile: Profile) -> tuple[Batch, list[FrameProblem]]:
    """The readable rows as a batch, in their order, and the unreadable ones with their reason.

    A column is found by its field's dotted path in the document (``set.hold_pressure``)
    first, then by its name (``hold_pressure_set``, ``id``, ``lot_good``, ...). A column
    that is not there is missing in every row; columns the profile does not know are
    ignored.

    Raises
    ------
    HistoryError
        There is no column for the identifier or the facility, or a name occurs twice.
    """
    reader = _Reader(frame, lenient=profile.fill.unreadable == "fill")
    n = len(frame)

    def table(variables: Sequence[Variable]) -> Floats:
        columns = [reader.numbers(v.path, v.name) for v in variables]
        return np.stack(columns, axis=1) if columns else np.empty((n, 0))

    # In the order in which a document is read: the first problem of a row is its reason.
    facility = reader.facilities(profile.facility)
    ids = reader.identifiers(profile.identifier)
    batch = Batch(
        ids=ids,
        facility=facility,
        time=reader.times(profile.time),
        maker=reader.keys(profile.maker),
        item=reader.keys(profile.item),
        lot_good=reader.numbers(profile.lot.good.path, "lot_good"),
        lot_bad=reader.numbers(profile.lot.bad.path, "lot_bad"),
        settings=table(profile.settings),
        production=table(profile.production),
    )
    problems = reader.problems
    if not problems:
        return batch, []
    readable = np.ones(n, dtype=bool)
    readable[list(problems)] = False
    found = [
        FrameProblem(row, "" if ids[row] is None else ids[row], p.column, p.reason, p.detail)
        for row, p in sorted(problems.items())
    ]
    return batch.take(readable), found


def frame_from_batch(batch: Batch, profile: Profile) -> pd.DataFrame:
    """The batch as a table by flat names; ``time`` as datetime64[ns, UTC], NaT where none."""
    return pd.DataFrame(
        {
            "id": batch.ids,
            "time": timestamps(batch.time),
            "maker": batch.maker,
            "facility": batch.facility,
            "item": batch.item,
            "lot_good": batch.lot_good,
            "lot_bad": batch.lot_bad,
            **{v.name: batch.settings[:, i] for i, v in enumerate(profile.settings)},
            **{v.name: batch.production[:, i] for i, v in enumerate(profile.production)},
        }
    )


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


class _Reader:
    """Reads the columns of one frame and collects what is wrong with its rows.

    `lenient` makes an unreadable value missing, except in identifier and facility.
    """

    def __init__(self, frame: pd.DataFrame, *, lenient: bool) -> None:
        self.frame = frame
        self.lenient = lenient
        self.problems: dict[int, FrameProblem] = {}

    def identifiers(self, field: FieldPath) -> Strings:
        values = _objects(self._needed(field))
        out = values.copy()
        plain = np.zeros(len(values), dtype=bool)
        if pd.api.types.infer_dtype(values, skipna=False) == "string" and _storable(values.tolist()):
            plain = pd.Series(values).str.strip().ne("").to_numpy()
        out[~plain] = None
        self._one_by_one(values, ~plain, out, identifier, field.path, strict=True)
        return out

    def facilities(self, field: FieldPath) -> Strings:
        values = _objects(self._needed(field))
        out = self._key_texts(values, field.path, strict=True)
        for row in np.flatnonzero(pd.isna(out)).tolist():
            name = ".".join(field.path)
            detail = f"{name}: expected the facility, got {values[row]!r}"
            self.problems.setdefault(row, FrameProblem(row, "", name, "missing_facility", detail))
        return out

    def keys(self, field: FieldPath) -> Strings:
        column = find_column(self.frame.columns, field.path, field.name)
        if column is None:
            return np.full(len(self.frame), None, dtype=object)
        return self._key_texts(_objects(self.frame[column]), field.path)

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
        out = np.full(len(self.frame), NO_TIME)
        found = find_column(self.frame.columns, field.path, field.name)
        if found is None:
            return out
        column = self.frame[found]
        given = column.notna().to_numpy()
        values = _objects(column)
        ms, plain = milliseconds(column, values)
        out[plain] = ms[plain]
        self._one_by_one(values, given & ~plain, out, epoch_ms, field.path)
        return out

    def _needed(self, field: FieldPath) -> pd.Series[Any]:
        column = find_column(self.frame.columns, field.path, field.name)
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
