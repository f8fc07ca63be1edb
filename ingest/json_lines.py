"""Reads a file of documents, one JSON object a line, as tables of flat columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from bson import json_util
from bson.errors import BSONError

from core.errors import HistoryError


def read_json_lines(file: Path, chunk_rows: int) -> Iterator[pd.DataFrame]:
    """The documents of a ``.jsonl`` file, at most `chunk_rows` at a time.

    A value inside another object becomes a column named by its dotted path. Extended
    JSON is understood, so that what ``mongoexport`` writes can be read as it is. A file
    without a document gives nothing.

    Raises
    ------
    HistoryError
        A line is not a JSON object; the message names the file and the line.
    """
    try:
        with file.open(encoding="utf-8-sig") as text:
            numbered = enumerate(text, start=1)
            while lines := list(islice(numbered, chunk_rows)):
                rows = [_flat(_document(file, number, line)) for number, line in lines if line.strip()]
                if rows:
                    yield pd.DataFrame(rows)
    except (UnicodeDecodeError, OSError) as error:
        raise HistoryError(f"{file}: expected UTF-8 text, got: {error}") from error


def _document(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = json_util.loads(line)
    except (BSONError, ValueError, TypeError, RecursionError) as error:
        raise HistoryError(f"{file}, line {number}: expected a JSON object, got: {error}") from None
    if not isinstance(document, dict):
        raise HistoryError(f"{file}, line {number}: expected a JSON object, got {line[:60]!r}")
    return document


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    """Values by dotted path.

    >>> _flat({"_id": 1, "set": {"hold_time": 2.5}})
    {'_id': 1, 'set.hold_time': 2.5}
    """
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": found for inner, found in _flat(value).items()}
        else:
            flat[key] = value
    return flat
