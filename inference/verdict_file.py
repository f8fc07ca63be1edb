"""Verdicts and refused rows as files: CSV, Parquet or JSON lines, by the name's ending."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ConfigError
from core.verdict import VERDICT_FIELDS, Kind, VerdictField

SUFFIXES = (".csv", ".parquet", ".jsonl")
REFUSED_FIELDS: tuple[VerdictField, ...] = (
    VerdictField("row", "integer", False, "Row of the file, from 0, header not counted."),
    VerdictField("record_id", "text", False, "Its identifier, empty when that is missing."),
    VerdictField("field", "text", False, "Field that is at fault, empty when none alone is."),
    VerdictField("reason", "text", False, "Stable code."),
    VerdictField("detail", "text", False, "What was expected and what came."),
)
"""Columns of the file of rows that got no verdict."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ARROW: Mapping[Kind, Any] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "time": pa.timestamp("ms", tz="UTC"),
    "json": pa.string(),
}
Row = Mapping[str, Any]


class RowWriter(Protocol):
    """Takes rows of plain values by column name, null as None."""

    def write(self, rows: Sequence[Row]) -> None:
        """Append these rows."""


@contextmanager
def open_rows(path: Path | None, fields: Sequence[VerdictField] = VERDICT_FIELDS) -> Iterator[RowWriter]:
    """A file of rows, complete only when this ends without an error.

    Times are UTC: ISO 8601 in text, timestamps in Parquet. In CSV a text that a
    spreadsheet would run as a formula (first character ``= + - @``, tab or carriage
    return) gets an apostrophe in front; lists are JSON in CSV and Parquet.

    Parameters
    ----------
    path : Path or None
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``; None writes nothing.
    fields : sequence of VerdictField
        Columns and their kinds.

    Raises
    ------
    ConfigError
        Another ending, or the file cannot be written there.
    """
    if path is None:
        yield _Nowhere()
        return
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"{path}: expected a name ending in one of {', '.join(SUFFIXES)}")
    # Written aside first: an interrupted run leaves the former file, never half a one.
    partial = path.with_name(f"{path.name}.partial")
    try:
        with _WRITERS[suffix](partial, fields) as writer:
            yield writer
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: expected a file that can be written, got: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def csv_text(value: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would see a formula.

    >>> csv_text("=1+1"), csv_text("P-07")
    ("'=1+1", 'P-07')
    """
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def iso_time(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 UTC.

    >>> iso_time(1500)
    '1970-01-01T00:00:01.500Z'
    """
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Nowhere:
    def write(self, rows: Sequence[Row]) -> None:
        """No file was asked for."""


class _Csv:
    def __init__(self, file: IO[str], fields: Sequence[VerdictField]) -> None:
        self._fields = fields
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._writer.writerow([f.name for f in fields])

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows([_cell(f.kind, row[f.name]) for f in self._fields] for row in rows)


class _JsonLines:
    def __init__(self, file: IO[str], fields: Sequence[VerdictField]) -> None:
        self._file, self._fields = file, fields

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            line = {f.name: _plain(f.kind, row[f.name]) for f in self._fields}
            self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


class _Parquet:
    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema, fields: Sequence[VerdictField]) -> None:
        self._writer, self._schema, self._fields = writer, schema, fields

    def write(self, rows: Sequence[Row]) -> None:
        columns = [_array(f, [_json(f.kind, row[f.name]) for row in rows]) for f in self._fields]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))


def _array(field: VerdictField, values: list[Any]) -> Any:
    try:
        return pa.array(values, type=_ARROW[field.kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        msg = (
            f"column {field.name!r}: expected each value to be a {field.kind} as in the first rows, "
            f"got: {error}; name a .csv or .jsonl, which take both"
        )
        raise ConfigError(msg) from error


@contextmanager
def _csv_file(path: Path, fields: Sequence[VerdictField]) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(file, fields)


@contextmanager
def _json_lines_file(path: Path, fields: Sequence[VerdictField]) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yield _JsonLines(file, fields)


@contextmanager
def _parquet_file(path: Path, fields: Sequence[VerdictField]) -> Iterator[RowWriter]:
    schema = pa.schema([pa.field(f.name, _ARROW[f.kind], nullable=f.nullable) for f in fields])
    with pq.ParquetWriter(path, schema) as writer:
        yield _Parquet(writer, schema, fields)


_WRITERS = {".csv": _csv_file, ".jsonl": _json_lines_file, ".parquet": _parquet_file}


def _cell(kind: Kind, value: Any) -> Any:
    value = _json(kind, _plain(kind, value))
    return csv_text(value) if isinstance(value, str) else value


def _json(kind: Kind, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) if kind == "json" else value


def _plain(kind: Kind, value: Any) -> Any:
    return iso_time(value) if kind == "time" and value is not None else value
