"""Times of a table, a whole column at once: to milliseconds since 1970 UTC and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Strings
from ingest.value import FIRST_TIME, LAST_TIME

_ISO_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MS_OF_UNIT = {"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, 1_000_000)}


def timestamps(time: NDArray[np.int64]) -> pd.DatetimeIndex:
    """Milliseconds since 1970 UTC as datetime64[ns, UTC]; `NO_TIME` becomes NaT.

    >>> timestamps(np.array([1500, NO_TIME])).tolist()
    [Timestamp('1970-01-01 00:00:01.500000+0000', tz='UTC'), NaT]
    """
    values = time.astype("datetime64[ms]")  # NO_TIME is NaT's own bit pattern
    return pd.DatetimeIndex(values.astype("datetime64[ns]")).tz_localize("UTC")


def milliseconds(column: pd.Series[Any], values: Strings) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Milliseconds of a column, and in which rows they hold: the others are read one by one.

    Parameters
    ----------
    column : Series
        Of datetimes, of ISO 8601 texts, or of anything else.
    values : array of object, shape (n,)
        The same as plain objects, None where missing.

    Returns
    -------
    ms, known : array of int64 and of bool, shape (n,)

    >>> column = pd.Series(["1970-01-01T00:00:02Z", "noon"])
    >>> ms, known = milliseconds(column, column.to_numpy(dtype=object))
    >>> ms[known].tolist(), known.tolist()
    ([2000], [True, False])
    """
    if column.dtype.kind == "M":
        return _datetimes(column)
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        texts = pd.Series(values)
        iso = texts.where(texts.str.fullmatch(_ISO_TIME, na=False))
        return _datetimes(pd.to_datetime(iso, format="ISO8601", utc=True, errors="coerce"))
    return np.full(len(values), NO_TIME), np.zeros(len(values), dtype=bool)


def _datetimes(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Milliseconds, and which of them are times within what `ingest.value` takes."""
    naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
    raw = naive.to_numpy()
    times, per = _MS_OF_UNIT[np.datetime_data(raw.dtype)[0]]
    whole = raw.astype(np.int64)
    known = ~np.isnat(raw)
    ms = np.where(known, whole, 0) * times // per
    return ms, known & (ms >= FIRST_TIME) & (ms < LAST_TIME)
