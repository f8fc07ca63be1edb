"""The data as a table that `train` and `judge` read: commas, decimal points, ISO 8601 times, lot totals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.batch import NO_TIME
from core.errors import ConfigError
from ingest.drafting.clock import DAY_MS, iso_texts
from ingest.drafting.column import Column, column_of, columns_of
from ingest.drafting.draft import Draft
from ingest.drafting.guess import Guess
from ingest.drafting.keys import is_bad
from ingest.drafting.moments import Moments, moments_of
from ingest.drafting.profile_text import path_of
from ingest.drafting.sample import Sample


def converted(draft: Draft, whole: Sample, *, assume_good: bool = False) -> pd.DataFrame:
    """All rows under the names the drafted profile knows, in the order of their times.

    Lot totals that the data lack are counted from the label column, or, with `assume_good`,
    as if every record were good. Columns the profile ignores are left out.

    Parameters
    ----------
    draft : Draft
        Of a sample of the same data.
    whole : Sample
        All rows.
    assume_good : bool

    Raises
    ------
    ConfigError
        The rows have no column that the sample had.
    """
    moments = moments_of(whole, columns_of(_of_times(whole.frame, draft)))
    table: dict[str, Any] = {}
    for guess in draft.guesses:
        if guess.place == "time" or (guess.place == "variable" and guess.role == "ignored"):
            continue
        if guess.column not in whole.frame:
            raise ConfigError(f"{whole.source}: expected a column {guess.column!r} in every file, found none")
        table[path_of(guess)] = _plain(guess, whole.frame[guess.column])
    out = pd.DataFrame(table, index=range(len(whole.frame)))
    order = np.arange(len(out))
    guess_of_time = draft.key("time")
    if moments.ms is not None and guess_of_time is not None:
        if draft.moments.path is not None:
            out[path_of(guess_of_time)] = whole.frame[guess_of_time.column].to_numpy()
        else:
            out["time"] = iso_texts(moments.ms, moments.offset)
        order = np.argsort(moments.ms, kind="stable")
    bad = _bad(draft, whole.frame, assume_good=assume_good)
    out = out.iloc[order].reset_index(drop=True)
    if bad is not None and draft.key("lot_good") is None and not draft.predicts:
        _count_lots(out, bad[order], moments, order, draft)
    return out


def _of_times(frame: pd.DataFrame, draft: Draft) -> pd.DataFrame:
    names = [g.column for g in draft.guesses if g.place == "time" or g.what in ("date", "time")]
    return frame[[name for name in names if name in frame]]


def _plain(guess: Guess, values: pd.Series[Any]) -> Any:
    """Numbers with a decimal point; what is none stays as it is, to be refused by name."""
    if guess.place in ("id", "maker", "facility", "item"):
        return values.to_numpy()
    column: Column = column_of(guess.column, values)
    if column.kind != "number":
        return values.to_numpy()
    if not column.unreadable:
        return column.numbers
    # One column, one type: what is no number is a text, and so are the others.
    known = np.isfinite(column.numbers)
    plain = [repr(number) for number in column.numbers.tolist()]
    return np.where(known, np.array(plain, dtype=object), column.values.to_numpy(dtype=object))


def _bad(
    draft: Draft, frame: pd.DataFrame, *, assume_good: bool
) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Which records count as bad; None where nobody knows."""
    if draft.label is None:
        return np.zeros(len(frame), dtype=bool) if assume_good else None
    name, bad = draft.label
    return is_bad(column_of(name, frame[name]), bad)


def _count_lots(
    out: pd.DataFrame,
    bad: np.ndarray[Any, np.dtype[np.bool_]],
    moments: Moments,
    order: np.ndarray[Any, np.dtype[np.int64]],
    draft: Draft,
) -> None:
    """Running totals of each facility, item and day, in place."""
    ms = moments.ms[order] if moments.ms is not None else np.zeros(len(out), dtype=np.int64)
    keys: list[Any] = [np.where(ms == NO_TIME, -1, ms // DAY_MS)]
    keys += [out[path_of(g)].astype(str) for place in ("facility", "item") if (g := draft.key(place))]
    good = pd.Series(~bad, dtype=np.int64).groupby(keys).cumsum()
    out["lot_good"] = good.to_numpy()
    out["lot_bad"] = pd.Series(bad, dtype=np.int64).groupby(keys).cumsum().to_numpy()
