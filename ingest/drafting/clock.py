"""Whether a column holds times: of its own type, as ISO 8601, counted from 1970, or in another form."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.errors import RecordError
from ingest.drafting.column import Column
from ingest.drafting.time_forms import READABLE_SHARE, Clock, Milliseconds, texts_as_times
from ingest.value import epoch_ms

DAY_MS = 86_400_000
_LOOKED_AT = 200
_COUNTED = (
    ("milliseconds since 1970", 8e11, 4.2e12, 1),
    ("seconds since 1970", 8e8, 4.2e9, 1000),
)
_IN_DIGITS = ((19_700_101, 21_001_231), (19_700_101_000_000, 21_001_231_235_959))
_IN_NAME = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[-._]?([01][0-9])[-._]?([0-3][0-9])(?![0-9])")


def clock_of(column: Column, *, named_so: bool = True) -> Clock | None:
    """How a column reads as times; None where it does not.

    Parameters
    ----------
    column : Column
    named_so : bool
        Whether its name speaks of time; plain numbers are only believed then.
    """
    if column.kind != "time" and named_so:
        counted = _of_numbers(column.values)
        if counted is not None:
            return counted
    if column.kind not in ("text", "time") or not column.given:
        return None
    if column.kind == "time" or _all_readable(column.values):
        read = _as_read(column)
        if read is not None:
            return read
    return texts_as_times(column.values) if column.kind == "text" else None


def day_in_name(name: str) -> date | None:
    """The date in a file's name, None where there is none.

    >>> day_in_name("sensor-2021.09.06.csv"), day_in_name("run 12")
    (datetime.date(2021, 9, 6), None)
    """
    for found in _IN_NAME.finditer(name):
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            continue
    return None


def on_day(clock: Milliseconds, day: Milliseconds) -> Milliseconds:
    """Times of day on their days, both ms; `NO_TIME` where either is."""
    known = (clock != NO_TIME) & (day != NO_TIME)
    return np.where(known, np.where(known, clock, 0) + np.where(known, day, 0) // DAY_MS * DAY_MS, NO_TIME)


def iso_texts(ms: Milliseconds, offset: str = "") -> list[str]:
    """ISO 8601 texts of what a plant's clocks showed; empty where there is no time.

    >>> iso_texts(np.array([1500]), "+09:00")
    ['1970-01-01T00:00:01.500+09:00']
    """
    texts = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="ms").tolist()
    return ["" if t == "NaT" else t.removesuffix(".000") + offset for t in texts]


def _all_readable(values: pd.Series[Any]) -> bool:
    some = values.dropna().drop_duplicates().head(_LOOKED_AT)
    try:
        for value in some:
            epoch_ms(value)
    except RecordError:
        return False
    return True


def _as_read(column: Column) -> Clock | None:
    """What the readers make of it; local time where all values carry the same offset."""
    codes, unique = pd.factorize(column.values)
    read = np.full(len(unique) + 1, NO_TIME, dtype=np.int64)
    offsets = set()
    for code, value in enumerate(unique):
        try:
            read[code] = epoch_ms(
                value if not isinstance(value, date) else pd.Timestamp(value).to_pydatetime()
            )
        except RecordError:
            continue
        offsets.add(_offset(value))
    if (read[:-1] == NO_TIME).mean() > 1 - READABLE_SHARE:
        return None
    ms = read[codes]
    known = ms[ms != NO_TIME]
    offset = offsets.pop() if len(offsets) == 1 else ""
    has_time = bool((known % DAY_MS != 0).any())
    plain_dates = column.kind == "time" and pd.api.types.infer_dtype(column.values, skipna=True) == "date"
    return Clock(
        "ISO 8601" if column.kind == "text" else "a time by its type",
        True,
        has_time,
        not plain_dates,
        ms,
        offset,
    )


def _offset(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    found = re.search(r"(?:[+-][0-9]{2}:[0-9]{2}|Z)$", text) if re.search(r"[0-9]:[0-9]", text) else None
    return "" if found is None else found.group().replace("Z", "+00:00")


def _of_numbers(values: pd.Series[Any]) -> Clock | None:
    """Whole numbers that count from 1970, or whose digits are a date and a time."""
    if values.dtype.kind in "mb":
        return None
    numbers = pd.to_numeric(values.astype(object), errors="coerce").to_numpy(dtype=np.float64)
    there = np.isfinite(numbers)
    known = numbers[there]
    if not len(known) or len(known) < READABLE_SHARE * values.notna().sum() or (known % 1).any():
        return None
    low, high = float(known.min()), float(known.max())
    for form, least, most, factor in _COUNTED:
        if least <= low and high <= most:
            ms = np.where(there, np.where(there, numbers, 0).astype(np.int64) * factor, NO_TIME)
            # Readers take numbers for milliseconds, texts for ISO 8601.
            return Clock(form, True, True, factor == 1 and values.dtype.kind in "iuf", ms)
    for least, most in _IN_DIGITS:
        if least <= low and high <= most:
            texts = pd.Series(np.where(there, numbers, 0)).map(lambda v: f"{v:.0f}")
            return texts_as_times(texts.where(there))
    return None


def days_of_parts(part: NDArray[np.int64], days: dict[int, date] | Any) -> Milliseconds:
    """The day in the name of each row's file, ms; `NO_TIME` where there is none."""
    known = {p: int(np.datetime64(day, "ms").astype(np.int64)) for p, day in days.items()}
    return np.array([known.get(p, NO_TIME) for p in part.tolist()], dtype=np.int64)
