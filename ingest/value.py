"""What one field of a record may hold: the one rule for documents, tables and files.

A value is readable, missing (null, NaN, absent, blank: filled later) or unreadable
(`core.errors.RecordError`: the record is kept out with its reason). Documents are read
with these functions value by value; `ingest.frame` uses them for what its columnar
path cannot decide.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
from bson.binary import UUID_SUBTYPE, Binary
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

from core.batch import NO_TIME
from core.errors import RecordError

LARGEST = 1e12
"""No press measures more: a larger amount is an overflow or a wrong field."""
PLAIN_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""A number as text. One decimal point, no thousands separator, no decimal comma."""
FIRST_TIME, LAST_TIME = 0, 9_214_646_400_000
"""Times that count as times: 1970-01-01 up to 2262-01-01, ms (what datetime64[ns] holds)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INFINITE = {"inf", "infinity"}


def number(value: object) -> float:
    """The value as float; NaN where it is missing.

    Numbers and texts that are a plain decimal are read. None, NaN and blank text are
    missing. Everything else is unreadable; a decimal comma is refused rather than
    guessed at, since ``1,250`` may be either 1.25 or 1250.

    Raises
    ------
    RecordError
        ``not_a_number`` (text, boolean, list, ...), ``non_finite`` (an infinity),
        ``out_of_range`` (beyond ±1e12).

    Examples
    --------
    >>> number("12.5"), number(7), number(None), number(" ")
    (12.5, 7.0, nan, nan)
    >>> number("12,5")
    Traceback (most recent call last):
    ...
    core.errors.RecordError: not_a_number: expected a number, got '12,5'
    """
    if isinstance(value, str):
        return _number_of_text(value)
    if isinstance(value, Decimal128):
        value = value.to_decimal()
    if value is None:
        return math.nan
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number | Decimal):
        raise RecordError("not_a_number", f"expected a number, got {_shown(value)}")
    if isinstance(value, np.complexfloating | np.timedelta64):
        raise RecordError("not_a_number", f"expected a number, got {_shown(value)}")
    if isinstance(value, Decimal) and value.is_nan():  # float() refuses a signalling NaN
        return math.nan
    try:
        return _in_range(float(value), value)
    except OverflowError:  # an int beyond float's range
        raise RecordError("out_of_range", f"expected within ±{LARGEST:g}, got {_shown(value)}") from None


def _number_of_text(value: str) -> float:
    text = value.strip()
    if not text or text.lower() == "nan":
        return math.nan
    if text.lower().lstrip("+-") in _INFINITE:
        raise RecordError("non_finite", f"expected a finite number, got {_shown(value)}")
    if not PLAIN_DECIMAL.fullmatch(text):
        raise RecordError("not_a_number", f"expected a number, got {_shown(value)}")
    number = float(text)
    if math.isinf(number):  # digits beyond float's range are finite, only too large
        raise RecordError("out_of_range", f"expected within ±{LARGEST:g}, got {_shown(value)}")
    return _in_range(number, value)


def _in_range(number: float, value: object) -> float:
    if math.isinf(number):
        raise RecordError("non_finite", f"expected a finite number, got {_shown(value)}")
    if abs(number) > LARGEST:
        raise RecordError("out_of_range", f"expected within ±{LARGEST:g}, got {_shown(value)}")
    return number


def key_text(value: object) -> str | None:
    """A key (maker, facility, item) as text without outer blanks; None where missing.

    Whole numbers become their digits, also as ``12.0``: a table column of whole numbers
    with gaps arrives as floats.

    Raises
    ------
    RecordError
        ``bad_text``: not a text or whole number, or a text no database can store.

    Examples
    --------
    >>> key_text(" P-07 "), key_text(12.0), key_text("")
    ('P-07', '12', None)
    """
    text = _text(value)
    return None if text is None else text.strip() or None


def identifier(value: object) -> str:
    """The identifier of a record as text, never empty; kept as it is, blanks included.

    Raises
    ------
    RecordError
        ``missing_id``: nothing there; ``bad_text``: nothing that names a record.
    """
    text = _text(value)
    if text is None or not text.strip():
        raise RecordError("missing_id", f"expected an identifier, got {_shown(value)}")
    return text


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Binary) and value.subtype == UUID_SUBTYPE and len(value) == 16:
        value = value.as_uuid()  # how BSON delivers one
    if isinstance(value, ObjectId | UUID):
        return str(value)
    if isinstance(value, bool | np.bool_):
        raise RecordError("bad_text", f"expected a text, got {_shown(value)}")
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return str(int(value))
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return None
        if not float(value).is_integer():
            raise RecordError("bad_text", f"expected a text or whole number, got {_shown(value)}")
        return str(int(value))
    if not isinstance(value, str):
        if value != value:  # pandas' NaT: missing
            return None
        raise RecordError("bad_text", f"expected a text, got {_shown(value)}")
    # PostgreSQL stores no NUL, UTF-8 no half of a surrogate pair: such a key would stop the writer.
    if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
        raise RecordError("bad_text", f"expected a text that UTF-8 can store, got {_shown(value)}")
    return value


def epoch_ms(value: object) -> int:
    """A time as milliseconds since 1970-01-01 UTC, rounded down; `NO_TIME` where missing.

    Datetimes and ISO 8601 texts without an offset are UTC (what BSON means); whole
    numbers are milliseconds already.

    Raises
    ------
    RecordError
        ``bad_time``: not a time, or outside 1970 to 2261.

    Examples
    --------
    >>> epoch_ms("1970-01-01T09:00:01.5+09:00"), epoch_ms(1500)
    (1500, 1500)
    """
    if isinstance(value, str):
        if not value.strip():
            return int(NO_TIME)
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise RecordError("bad_time", f"expected an ISO 8601 time, got {_shown(value)}") from None
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else int(value.astype("datetime64[ms]").astype(np.int64))
    if value is None or value != value:  # NaN and NaT differ from themselves
        return int(NO_TIME)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        ms = (aware - _EPOCH) // timedelta(milliseconds=1)
    elif isinstance(value, DatetimeMS):
        ms = int(value)
    elif isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        if math.isinf(value):
            raise RecordError("bad_time", f"expected a time, got {_shown(value)}")
        ms = math.floor(value)
    else:
        raise RecordError("bad_time", f"expected a time, got {_shown(value)}")
    if not FIRST_TIME <= ms < LAST_TIME:
        raise RecordError("bad_time", f"expected a time from 1970 to 2261, got {_shown(value)}")
    return ms


def _shown(value: object) -> str:
    """The value as it came, short enough for one line of a log."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
