"""Times as plants write them: dates, times of day and both, by the form of the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME

Milliseconds = NDArray[np.int64]

READABLE_SHARE = 0.95
"""Share of a column's values that must read as times."""
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


def texts_as_times(values: pd.Series[Any]) -> Clock | None:
    """Texts of one of the forms read as times; None where nearly all of them fit none."""
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
