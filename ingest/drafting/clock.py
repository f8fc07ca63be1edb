"""Times as plants write them: dates, times of day and both, by the form of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME
from core.errors import RecordError
from ingest.drafting.column import Column
from ingest.value import epoch_ms

Milliseconds = NDArray[np.int64]

READABLE_SHARE = 0.95
DAY_MS = 86_400_000
_LOOKED_AT = 200
_NOON = r"오전|오후|[AaPp]\.?[Mm]\.?"
_CLOCK = (
    rf"(?:(?P<before>{_NOON})\s*)?(?P<h>[0-9]{{1,2}}):(?P<min>[0-9]{{2}})"
    rf"(?::(?P<s>[0-9]{{2}})(?:[.,](?P<f>[0-9]{{1,9}}))?)?(?:\s*(?P<after>{_NOON}))?"
)
_YEAR_FIRST = r"(?P<y>[0-9]{4})\s?[-./년]\s?(?P<m>[0-9]{1,2})\s?[-./월]\s?(?P<d>[0-9]{1,2})\s?[.일]?"
_YEAR_LAST = r"(?P<one>[0-9]{1,2})(?P<between>[-./])(?P<two>[0-9]{1,2})[-./](?P<y>[0-9]{4}|[0-9]{2})"
_DIGITS = r"(?P<y>(?:19|20)[0-9]{2})(?P<m>[01][0-9])(?P<d>[0-3][0-9])"
_DIGITS_CLOCK = r"(?P<h>[0-2][0-9])(?P<min>[0-5][0-9])(?P<s>[0-5][0-9])?"
_BETWEEN = r"(?:\s*[T,]\s*|\s+)"
_FORMS = (
    ("year-month-day and time", _YEAR_FIRST + _BETWEEN + _CLOCK),
    ("day, month, year and time", _YEAR_LAST + _BETWEEN + _CLOCK),
    ("digits of date and time", _DIGITS + r"[T_ -]?" + _DIGITS_CLOCK),
    ("year-month-day", _YEAR_FIRST),
    ("day, month, year", _YEAR_LAST),
    ("digits of a date", _DIGITS),
    ("time of day", _CLOCK),
)
_COUNTED = (
    ("milliseconds since 1970", 8e11, 4.2e12, 1),
    ("seconds since 1970", 8e8, 4.2e9, 1000),
)
_IN_DIGITS = ((19_700_101, 21_001_231), (19_700_101_000_000, 21_001_231_235_959))
_IN_NAME = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[-._]?([01][0-9])[-._]?([0-3][0-9])(?![0-9])")


@dataclass(frozen=True, slots=True)
class Clock:
    """A column read as times.

    Attributes
    ----------
    form : str
        How they are written, in words.
    has_date, has_time : bool
    readable : bool
        Whether the readers of records take them as they are.
    ms : (n,) int64
        Milliseconds since 1970, or since midnight where there is no date; `NO_TIME` where none.
    offset : str
        The offset they all carry, e.g. ``"+09:00"``; empty where they carry none.
    doubt : str
        What is not sure about the form; empty where nothing is.
    """

    form: str
    has_date: bool
    has_time: bool
    readable: bool
    ms: Milliseconds
    offset: str = ""
    doubt: str = ""


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
    return _of_texts(column.values) if column.kind == "text" else None


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
            return _of_texts(texts.where(there))
    return None


def _of_texts(values: pd.Series[Any]) -> Clock | None:
    codes, unique = pd.factorize(values)
    texts = pd.Series([str(text).strip() for text in unique])
    given = int((codes >= 0).sum())
    for form, pattern in _FORMS:
        parts = texts.str.extract(f"^{pattern}$")
        matched = parts.notna().any(axis=1).to_numpy()
        if matched[codes[codes >= 0]].sum() < READABLE_SHARE * given:
            continue
        found, doubt = _numbers_of(parts)
        if (found[matched] == NO_TIME).mean() > 1 - READABLE_SHARE:
            continue
        found = np.append(found, NO_TIME)
        has_date, has_time = "y" in parts, "h" in parts
        such = f"{form} such as {texts[int(matched.argmax())]!r}"
        return Clock(such, has_date, has_time, False, found[codes], doubt=doubt)
    return None


def _numbers_of(parts: pd.DataFrame) -> tuple[Milliseconds, str]:
    def part(name: str) -> NDArray[np.int64]:
        if name not in parts:
            return np.zeros(len(parts), dtype=np.int64)
        return pd.to_numeric(parts[name]).fillna(0).to_numpy(dtype=np.int64)

    ms = np.zeros(len(parts), dtype=np.int64)
    wrong = parts.isna().all(axis=1).to_numpy()
    doubt = ""
    if "h" in parts:
        hour = part("h")
        noon = _half(parts)
        hour = np.where(noon == 2, hour % 12 + 12, np.where(noon == 1, hour % 12, hour))
        fraction = parts["f"].fillna("0").map(lambda f: int(f"{f:0<3}"[:3])) if "f" in parts else 0
        ms += ((hour * 60 + part("min")) * 60 + part("s")) * 1000 + np.asarray(fraction, dtype=np.int64)
        wrong |= (hour > 23) | (part("min") > 59) | (part("s") > 59)
    if "y" in parts:
        year, month, day = part("y"), part("m"), part("d")
        if "one" in parts:
            dotted = bool(parts["between"].eq(".").any())
            month, day, doubt = _month_and_day(part("one"), part("two"), dotted=dotted)
            year = np.where(year < 100, year + 2000, year)
        table = pd.DataFrame({"year": year, "month": month, "day": day})
        days = pd.to_datetime(table, errors="coerce")
        wrong |= days.isna().to_numpy()
        ms += days.fillna(pd.Timestamp(0)).to_numpy().astype("datetime64[ms]").astype(np.int64)
    return np.where(wrong, NO_TIME, ms), doubt


def _half(parts: pd.DataFrame) -> NDArray[np.int64]:
    """1: before noon, 2: after, 0: not said."""
    if "before" not in parts:
        return np.zeros(len(parts), dtype=np.int64)
    before, after = (parts[name].astype("string").fillna("") for name in ("before", "after"))
    said = (before + after).astype(object).str.lower()
    return np.where(said.str.startswith(("오후", "p")), 2, np.where(said.ne(""), 1, 0))


def _month_and_day(
    one: NDArray[np.int64], two: NDArray[np.int64], *, dotted: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], str]:
    if (two > 12).any() and not (one > 12).any():
        return one, two, ""
    # With dots the day stands first everywhere.
    doubt = "" if dotted or (one > 12).any() else "day and month may stand the other way round"
    return two, one, doubt


def days_of_parts(part: NDArray[np.int64], days: dict[int, date] | Any) -> Milliseconds:
    """The day in the name of each row's file, ms; `NO_TIME` where there is none."""
    known = {p: int(np.datetime64(day, "ms").astype(np.int64)) for p, day in days.items()}
    return np.array([known.get(p, NO_TIME) for p in part.tolist()], dtype=np.int64)


def rising(ms: Sequence[int] | Milliseconds) -> bool:
    """Whether times never go back from one row to the next.

    >>> rising([1, 1, 2]), rising([2, 1])
    (True, False)
    """
    return bool((np.diff(np.asarray(ms)) >= 0).all())
