"""What a column of the sample holds, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import Floats
from ingest.value import PLAIN_DECIMAL

Kind = Literal["number", "text", "time", "truth", "empty"]
MOSTLY = 0.9
"""Share of the values that says what a column is; the others are unreadable then."""
_COMMA = r"[+-]?[0-9]{1,3}(?:[  .][0-9]{3})*,[0-9]+|[+-]?[0-9]+(?:,[0-9]+)?"


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the sample.

    Attributes
    ----------
    name : str
    kind : {"number", "text", "time", "truth", "empty"}
    values : Series
        As they came, missing ones None or NaN.
    numbers : (n,) float64
        NaN where it is no number.
    unreadable : int
        Values that are not what the column is.
    decimal_comma : bool
        Whether numbers stand there as ``1,5``.
    """

    name: str
    kind: Kind
    values: pd.Series[Any]
    numbers: Floats
    unreadable: int = 0
    decimal_comma: bool = False

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """(n,) number of the distinct value, -1 where missing."""
        source = pd.Series(self.numbers) if self.kind == "number" else self.values.astype(str)
        codes, _ = pd.factorize(source.where(self.values.notna().to_numpy()))
        return codes.astype(np.int64)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0

    @cached_property
    def given(self) -> int:
        """Values that are not missing."""
        return int((self.codes >= 0).sum())

    @property
    def missing_share(self) -> float:
        """Share of the rows without a value."""
        return 1 - self.given / max(1, len(self.codes))

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.distinct == len(self.codes) > 0

    @cached_property
    def known(self) -> Floats:
        """Its numbers, those that are there."""
        return self.numbers[np.isfinite(self.numbers)]

    @cached_property
    def whole(self) -> bool:
        """Whether it has numbers, and only whole ones."""
        return bool(len(self.known)) and bool((self.known == np.floor(self.known)).all())

    @cached_property
    def levels(self) -> Floats:
        """Its different numbers, in ascending order."""
        return np.unique(self.known)


def columns_of(frame: pd.DataFrame) -> dict[str, Column]:
    """Every column of a table by its name."""
    return {str(name): column_of(str(name), frame[name]) for name in frame.columns}


def column_of(name: str, values: pd.Series[Any]) -> Column:
    """Look at the values of one column.

    >>> column = column_of("t", pd.Series(["1,5", "2,25", None]))
    >>> column.kind, column.decimal_comma, column.numbers.tolist()
    ('number', True, [1.5, 2.25, nan])
    """
    values = values.reset_index(drop=True)
    nothing = np.full(len(values), np.nan)
    if values.dtype.kind == "M":
        return Column(name, "time", values, nothing)
    if values.dtype.kind == "b":
        return Column(name, "truth", values, nothing)
    if values.dtype.kind in "iuf":
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan).copy()
        numbers[~np.isfinite(numbers)] = np.nan
        return Column(name, "number" if np.isfinite(numbers).any() else "empty", values, numbers)
    return _of_objects(name, values)


def _of_objects(name: str, values: pd.Series[Any]) -> Column:
    values = values.astype(object)
    is_text = values.map(lambda v: isinstance(v, str))
    values = values.where(~(is_text & values.where(is_text, "x").astype(str).str.strip().eq("")), None)
    nothing = np.full(len(values), np.nan)
    there = values.notna()
    if not there.any():
        return Column(name, "empty", values, nothing)
    kind = pd.api.types.infer_dtype(values[there], skipna=True)
    if kind == "boolean":
        return Column(name, "truth", values, nothing)
    if kind in ("datetime", "datetime64", "date"):
        return Column(name, "time", values, nothing)
    texts = values.where(there, "").astype(str).str.strip()
    codes, unique = pd.factorize(texts)
    few = pd.Series(unique)
    plain, comma = few.str.fullmatch(PLAIN_DECIMAL.pattern), few.str.fullmatch(_COMMA)
    count = np.bincount(codes, minlength=len(few))
    total = int(there.sum())
    for mask, with_comma in ((plain, False), (comma & ~plain | plain & comma, True)):
        right = int(count[mask.to_numpy(dtype=bool)].sum())
        if right < MOSTLY * total or (with_comma and not few[mask].str.contains(",").any()):
            continue
        bare = few.where(mask)
        if with_comma:
            bare = bare.str.replace(r"[  .]", "", regex=True).str.replace(",", ".")
        numbers = pd.to_numeric(bare, errors="coerce").to_numpy(dtype=np.float64)[codes]
        numbers[~np.isfinite(numbers)] = np.nan
        return Column(name, "number", values, numbers, total - right, with_comma)
    return Column(name, "text", values, nothing)


def numeric(columns: Mapping[str, Column]) -> list[Column]:
    """Those that hold numbers, in their order."""
    return [column for column in columns.values() if column.kind == "number"]
