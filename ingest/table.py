"""Reads a table file, CSV, Parquet or JSON lines, in pieces."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import HistoryError
from core.profile import Profile
from ingest.json_lines import read_json_lines
from ingest.surplus import names_beyond, options_for, without

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".jsonl")


def read_table(path: str | Path, profile: Profile, *, chunk_rows: int = 50_000) -> Iterator[pd.DataFrame]:
    """The rows of a file ending in one of `SUFFIXES`, at most `chunk_rows` at a time.

    CSV is UTF-8 (a byte order mark is fine) with commas and one header line. Only an
    empty cell is missing. Keys are read as text, so that item ``007`` stays ``007``.
    A file with a header and no rows gives one empty frame, so that its columns can be
    checked.

    Raises
    ------
    HistoryError
        No such file, another kind of file, or its content is not a table; the message
        names the file and, where one can be named, the line.
    """
    file = Path(path)
    if not file.is_file():
        found = "a folder" if file.is_dir() else "none"
        raise HistoryError(f"{file}: expected a table file, found {found}")
    if file.name.lower().endswith(".parquet"):
        yield from _read_parquet(file, chunk_rows)
    elif file.name.lower().endswith(".jsonl"):
        yield from read_json_lines(file, chunk_rows)
    elif file.name.lower().endswith(SUFFIXES):
        yield from _read_csv(file, profile, chunk_rows)
    else:
        raise HistoryError(f"{file}: expected a file ending in one of {', '.join(SUFFIXES)}")


def _read_parquet(file: Path, chunk_rows: int) -> Iterator[pd.DataFrame]:
    try:
        with pq.ParquetFile(file) as table:
            if not table.metadata.num_rows:
                yield table.schema_arrow.empty_table().to_pandas()
            for batch in table.iter_batches(batch_size=chunk_rows):
                yield batch.to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise HistoryError(f"{file}: expected a Parquet file, got: {error}") from error


def _read_csv(file: Path, profile: Profile, chunk_rows: int) -> Iterator[pd.DataFrame]:
    header, beyond = _header(file)
    keys = (profile.identifier, profile.maker, profile.facility, profile.item)
    texts = {name for field in keys for name in (".".join(field.path), field.name)}
    try:
        chunks = pd.read_csv(
            file,
            chunksize=chunk_rows,
            dtype={name: str for name in header if name in texts},
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig",
            float_precision="round_trip",  # the default is fast and off by one bit
            low_memory=False,
            index_col=False,
            # A wrong line is an error, not a warning with a line left out.
            on_bad_lines="error",
            **options_for(header, beyond),
        )
        with chunks:
            yield from without(chunks, beyond, file)
    except (pd.errors.ParserError, UnicodeDecodeError, EOFError, OSError) as error:
        raise HistoryError(f"{file}: expected UTF-8 text with commas, got: {error}") from error


def _header(file: Path) -> tuple[list[str], list[str]]:
    """The column names, and one for each cell that the first row has beyond them."""
    try:
        with _opened(file) as text:
            lines = csv.reader(text)
            names: list[str] = next(lines, [])
            beyond = names_beyond(names, lines)
    except (UnicodeDecodeError, EOFError, OSError, csv.Error) as error:
        raise HistoryError(f"{file}: expected UTF-8 text with commas, got: {error}") from error
    if not names:
        raise HistoryError(f"{file}: expected a header line with the column names, found an empty file")
    if len(names) == 1 and ";" in names[0]:
        raise HistoryError(f"{file}: expected columns separated by commas, got semicolons: {names[0]!r}")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise HistoryError(f"{file}: expected each column once, found twice: {', '.join(doubled)}")
    return names, beyond


def _opened(file: Path) -> IO[Any]:
    if file.name.lower().endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")
