"""A sample of the data that a profile is drafted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConfigError

LEAST_ROWS = 10
MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of the data, and what is known of where they came from.

    Attributes
    ----------
    source : str
        What they were read from, without a password.
    name : str
        What the process may be called.
    frame : DataFrame
        n rows, names as they came.
    rows : int
        Rows there are in all, as far as known.
    part : (n,) int64
        Rows of one part stood one after the other; -1: a row by itself.
    days : mapping of int to date
        Parts whose file's name is a date.
    documents : bool
        Whether nested documents were read: a dot in a name leads into one then.
    notes : tuple of str
        What was noticed while reading.
    units : mapping of str to str
        Units that stand beside the names, by column.
    """

    source: str
    name: str
    frame: pd.DataFrame
    rows: int
    part: NDArray[np.int64]
    days: Mapping[int, date] = field(default_factory=dict)
    documents: bool = False
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame, *, name: str = "process", source: str = "table") -> Sample:
        """A whole table, its rows in one piece."""
        return cls(source, name, frame, len(frame), np.zeros(len(frame), dtype=np.int64))


def check_width(source: object, columns: int) -> None:
    """Refuse more columns than anybody could look through.

    Raises
    ------
    ConfigError
        There are more than `MOST_COLUMNS`.
    """
    if columns > MOST_COLUMNS:
        raise ConfigError(
            f"{source}: expected at most {MOST_COLUMNS} columns, got {columns}; "
            "offer a file or view with those that say something of a record"
        )


def check_sample(sample: Sample) -> None:
    """Refuse what no profile can be drafted from.

    Raises
    ------
    ConfigError
        Too few rows, too many columns, a name twice, a name nobody can write down.
    """
    names = [str(name) for name in sample.frame.columns]
    check_width(sample.source, len(names))
    doubled = sorted({repr(name) for name in names if names.count(name) > 1})
    if doubled:
        raise ConfigError(f"{sample.source}: expected each column once, found twice: {', '.join(doubled)}")
    for name in names:
        if any("\ud800" <= c <= "\udfff" for c in name):
            raise ConfigError(f"{sample.source}: expected names that UTF-8 can store, got {name!r}")
    if len(sample.frame) < LEAST_ROWS:
        raise ConfigError(
            f"{sample.source}: expected at least {LEAST_ROWS} rows to guess from, got {len(sample.frame)}"
        )
