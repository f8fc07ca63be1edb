"""A table of inputs as somebody's spreadsheet wrote it: rows that can be used, and why others cannot."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.prediction.names import Names
from api.words import say
from core.errors import SprueError
from core.profile import Variable
from inference.prediction.predictor import Predictor

MOST_ROWS: Final = 20_000
_MARKS: Final = ";\t,"


class TableRefused(SprueError):
    """The text is no table of inputs; the message says why, in the language asked for."""


@dataclass(frozen=True, slots=True)
class InputTable:
    """Rows of a table.

    Attributes
    ----------
    header : list of str
    rows : list of list of str
        All of them as they came.
    inputs : (k, d) float64
        Of those that can be used.
    places : list of int
        Their places among the rows.
    refused : dict of int to str
        Place of each of the others -> why.
    """

    header: list[str]
    rows: list[list[str]]
    inputs: NDArray[np.float64]
    places: list[int]
    refused: dict[int, str]


def read_table(content: bytes, predictor: Predictor, names: Names) -> InputTable:
    """Read a CSV table: columns by name or document field, in any case of letters, others kept.

    Fields are parted by semicolons, tabs or commas, whichever the first line has; a comma is a
    decimal mark where it parts no fields.

    Raises
    ------
    TableRefused
        No table: no text, no rows, columns that are missing or stand there twice.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(names, "not_text") from None
    first = text.partition("\n")[0]
    mark = max(_MARKS, key=first.count) if any(m in first for m in _MARKS) else ","
    try:
        lines = [row for row in csv.reader(io.StringIO(text), delimiter=mark, strict=True) if any(row)]
    except csv.Error:
        raise _refused(names, "not_text") from None
    if len(lines) < 2:
        raise _refused(names, "empty")
    header, rows = [field.strip() for field in lines[0]], lines[1:]
    if len(rows) > MOST_ROWS:
        raise _refused(names, "too_many", rows=MOST_ROWS)
    columns = _columns(header, predictor, names)
    variables = predictor.profile.inputs
    found, places, refused = [], [], {}
    for place, row in enumerate(rows):
        values, problems = _values(row, columns, variables, names, decimal_comma=mark != ",")
        if problems:
            refused[place] = "; ".join(problems)
        else:
            found.append(values)
            places.append(place)
    inputs = np.array(found, dtype=np.float64).reshape(-1, len(variables))
    return InputTable(header, rows, inputs, places, refused)


def _columns(header: list[str], predictor: Predictor, names: Names) -> list[int]:
    """The column of each input."""
    at: dict[str, int] = {}
    for k, field in enumerate(header):
        name = predictor.name_of(field)
        if name in predictor.input_names:
            if name in at:
                raise _refused(names, "twice", name=names.of(name))
            at[name] = k
    lacking = [names.of(name) for name in predictor.input_names if name not in at]
    if lacking:
        raise _refused(names, "lacking", columns=", ".join(lacking))
    return [at[name] for name in predictor.input_names]


def _values(
    row: Sequence[str],
    columns: Sequence[int],
    variables: Sequence[Variable],
    names: Names,
    *,
    decimal_comma: bool,
) -> tuple[list[float], list[str]]:
    values, problems = [], []
    for column, variable in zip(columns, variables, strict=True):
        text = row[column].strip() if column < len(row) else ""
        words: dict[str, object] = {"name": names.of(variable.name), "text": text[:40]}
        low, high = variable.limits or (-math.inf, math.inf)
        value = _number(text.replace(",", ".") if decimal_comma else text)
        values.append(value)
        if not text:
            problems.append(say("batch", "missing", names.language, **words))
        elif not math.isfinite(value):
            problems.append(say("batch", "no_number", names.language, **words))
        elif not low <= value <= high:
            words |= {"value": names.number(value), "low": names.number(low)}
            words["high"] = names.value(variable.name, high)
            problems.append(say("batch", "beyond", names.language, **words))
    return values, problems


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _refused(names: Names, key: str, **words: object) -> TableRefused:
    why = say("batch", key, names.language, **words)
    return TableRefused(say("batch", "no_table", names.language, why=why))
