"""What a column of the sample holds, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import Floats
from ingest.value import LARGEST, PLAIN_DECIMAL

Kind = Literal["number", "text", "time", "truth", "empty"]
Form = Literal["plain", "thousands", "decimal comma"]
MOSTLY = 0.9
"""Share of the values that says what a column is; the others are unreadable then."""
_WHOLE = r"[+-]?[0-9]+"
_COMMA = r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[ \u00a0.][0-9]{3})+),[0-9]+"
_THOUSANDS = r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}"
_EITHER = r"[+-]?[0-9]{1,3},[0-9]{3}"


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
    form : {"plain", "thousands", "decimal comma"}
        How numbers are written: ``1.5``, ``1,250.5`` or ``1,5``.
    doubt : str
        What is not sure about that; empty where nothing is.
    """

    name: str
    kind: Kind
    values: pd.Series[Any]
    numbers: Floats
    unreadable: int = 0
    form: Form = "plain"
    doubt: str = ""

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
    >>> column.kind, column.form, column.numbers.tolist()
    ('number', 'decimal comma', [1.5, 2.25, nan])
    """
    values = values.reset_index(drop=True)
    nothing = np.full(len(values), np.nan)
    if values.dtype.kind == "M":
        return Column(name, "time", values, nothing)
    if values.dtype.kind == "b":
        return Column(name, "truth", values, nothing)
    if values.dtype.kind in "iuf":
        raw = values.to_numpy(dtype=np.float64, na_value=np.nan)
        numbers, too_large = _within(raw)
        kind: Kind = "number" if np.isfinite(numbers).any() else "empty"
        return Column(name, kind, values, numbers, too_large)
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
    codes, unique = pd.factorize(values.where(there, "").astype(str).str.strip())
    few = pd.Series(unique)
    count = np.bincount(codes, minlength=len(few))
    total = int(there.sum())
    for bare, form, doubt in _written(few):
        right = int(count[bare.notna().to_numpy(dtype=bool)].sum())
        if right < MOSTLY * total:
            continue
        raw = pd.to_numeric(bare, errors="coerce").to_numpy(dtype=np.float64)[codes]
        numbers, too_large = _within(raw)
        return Column(name, "number", values, numbers, total - right + too_large, form, doubt)
    return Column(name, "text", values, nothing)


def _within(raw: Floats) -> tuple[Floats, int]:
    """Numbers that a record may hold, the others NaN, and how many of those there are."""
    wrong = np.abs(raw) > LARGEST  # infinities too, NaN not
    return np.where(wrong, np.nan, raw), int(wrong.sum())


def _written(texts: pd.Series[Any]) -> Iterator[tuple[pd.Series[Any], Form, str]]:
    """The ways in which texts may be numbers: as readers take them, None where it is none."""
    yield texts.where(texts.str.fullmatch(PLAIN_DECIMAL.pattern)), "plain", ""
    grouped = texts.str.fullmatch(_THOUSANDS)
    whole = texts.str.fullmatch(_WHOLE)
    if grouped.any():
        yield texts.where(grouped | whole).str.replace(",", ""), "thousands", ""
    comma = texts.str.fullmatch(_COMMA)
    if comma.any():
        either = texts[comma].str.fullmatch(_EITHER).all()
        doubt = f"{texts[comma].iloc[0]} is taken for a decimal comma; it may be thousands" if either else ""
        bare = texts.where(comma | whole).str.replace(r"[ \u00a0.]", "", regex=True).str.replace(",", ".")
        yield bare, "decimal comma", doubt


def numeric(columns: Mapping[str, Column]) -> list[Column]:
    """Those that hold numbers, in their order."""
    return [column for column in columns.values() if column.kind == "number"]
