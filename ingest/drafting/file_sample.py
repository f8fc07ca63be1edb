"""A sample of table files: one, several with the same columns, or a folder of them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ConfigError, HistoryError
from ingest.drafting.clock import day_in_name
from ingest.drafting.copies import converted_headers, same_rows
from ingest.drafting.csv_form import CsvForm, csv_form, opened
from ingest.drafting.naming import process_name
from ingest.drafting.nested import without_lists
from ingest.drafting.sample import MOST_COLUMNS, Sample, check_width
from ingest.drafting.thinning import Thinning
from ingest.drafting.words import catalogue
from ingest.json_lines import read_json_lines
from ingest.surplus import names_beyond, options_for, without
from ingest.table import SUFFIXES

CHUNK_ROWS = 5_000
TEXTS = (".csv", ".csv.gz", ".txt", ".tsv")
KINDS = (*TEXTS, ".parquet", ".jsonl")
MOST_NAMED = 8


def sample_files(
    paths: Sequence[Path],
    *,
    rows: int,
    encoding: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Sample, tuple[Path, ...]]:
    """A sample of at most `rows` rows, and the files they are of.

    A folder stands for its table files. Of several files those with the columns that most
    of them have are read, in the order of their names; the others are named in a note.

    Raises
    ------
    ConfigError
        No such file, no table, or no two files alike.
    """
    files, notes = _alike(table_files(paths), encoding)
    kept = Thinning(rows)
    units: dict[str, str] = {}
    for number, file in enumerate(files):
        day = day_in_name(file.name)
        for frame in frames_of(file, encoding):
            kept.add(frame, number, day)
            if progress is not None:
                progress(kept.rows)
    source = str(files[0]) if len(files) == 1 else f"{len(files)} files of {files[0].parent}"
    stem = files[0].name.split(".")[0] if len(files) == 1 else files[0].resolve().parent.name
    documents = files[0].name.lower().endswith(".jsonl")
    sample = kept.sample(source, process_name(stem), documents=documents)
    frame, about_lists = without_lists(sample.frame)
    frame, units, about_units = _without_unit_row(frame)
    if units:
        sample = replace(sample, part=sample.part[1:])
    notes += [*_about_form(files[0], encoding), *about_lists, *about_units]
    return replace(sample, frame=frame, units=units, notes=tuple(notes)), tuple(files)


def frames_of(file: Path, encoding: str | None = None) -> Iterator[pd.DataFrame]:
    """The rows of a file in pieces; cells of a text file as texts.

    Raises
    ------
    ConfigError
        The file is not what its name says.
    """
    name = file.name.lower()
    try:
        if name.endswith(".parquet"):
            with pq.ParquetFile(file) as table:
                for batch in table.iter_batches(batch_size=CHUNK_ROWS):
                    yield batch.to_pandas()
        elif name.endswith(".jsonl"):
            yield from read_json_lines(file, CHUNK_ROWS)
        else:
            yield from _csv_frames(file, csv_form(file, encoding))
    except (HistoryError, pa.ArrowInvalid) as error:
        raise ConfigError(f"{file}: {error}" if str(file) not in str(error) else str(error)) from error
    except (pd.errors.ParserError, UnicodeDecodeError, EOFError, OSError) as error:
        raise ConfigError(f"{file}: expected a table, got: {error}") from error


def encoding_in(files: Sequence[Path]) -> str:
    """The encoding that text files have in common, empty where it is UTF-8 or each has its own."""
    used = {csv_form(file).encoding for file in files if file.name.lower().endswith(TEXTS)}
    found = used.pop() if len(used) == 1 else ""
    return "" if found == "utf-8-sig" else found


def as_products_read(files: Sequence[Path], encoding: str | None = None) -> str:
    """Why `train` and `judge` cannot read these files as they are; empty where they can."""
    if len(files) > 1:
        return f"there are {len(files)} files, and `train` and `judge` read one"
    name = files[0].name.lower()
    if not name.endswith(SUFFIXES):
        return f"its name ends in none of {', '.join(SUFFIXES)}"
    if name.endswith(TEXTS):
        form = csv_form(files[0], encoding)
        if form.encoding != "utf-8-sig":
            return f"it is {form.encoding.upper()} and not UTF-8"
        if form.separator != ",":
            return form.note
    return ""


def _csv_frames(file: Path, form: CsvForm) -> Iterator[pd.DataFrame]:
    check_width(file, len(form.header))
    with opened(file) as stream, io.TextIOWrapper(stream, form.encoding, newline="") as text:
        lines = csv.reader(text, delimiter=form.separator)
        beyond = names_beyond(next(lines, []), lines)
    chunks = pd.read_csv(
        file,
        sep=form.separator,
        chunksize=CHUNK_ROWS,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        encoding=form.encoding,
        index_col=False,
        low_memory=False,
        on_bad_lines="error",
        **options_for(form.header, beyond),
    )
    with chunks:
        yield from without(chunks, beyond, file)


def table_files(paths: Sequence[Path]) -> list[Path]:
    """The table files that paths stand for.

    Raises
    ------
    ConfigError
        No such file or folder, or nothing in it that is a table.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.iterdir() if f.is_file() and f.name.lower().endswith(KINDS))
            if not inside:
                raise ConfigError(f"{path}: expected files ending in one of {', '.join(KINDS)}, found none")
            files += inside
        elif not path.is_file():
            raise ConfigError(f"{path}: expected a table file or a folder of them, found none")
        elif not path.name.lower().endswith(KINDS):
            advice = "; save it as CSV (UTF-8)" if path.suffix.lower() in (".xlsx", ".xls") else ""
            raise ConfigError(f"{path}: expected a file ending in one of {', '.join(KINDS)}{advice}")
        else:
            files.append(path)
    return files


def _alike(files: list[Path], encoding: str | None) -> tuple[list[Path], list[str]]:
    if len(files) == 1:
        return files, []
    headers = {file: _header(file, encoding) for file in files}
    written = converted_headers(headers)
    notes = [f"{f.name} is not read: it looks converted from {o.name}" for f, o in written.items()]
    files = [file for file in files if file not in written]
    common, times = Counter(headers[file] for file in files).most_common(1)[0]
    if times == 1 and len(files) > 1:
        raise ConfigError(
            f"{files[0].parent}: expected files with the same columns, found each with its own "
            f"({_some(file.name for file in files)}): name the one to read"
        )
    others = [file.name for file in files if headers[file] != common]
    if others:
        notes.append(f"not read, since their columns are others: {_some(others)}")
    alike = [file for file in files if headers[file] == common]
    copies = same_rows(alike, lambda file: frames_of(file, encoding)) if len(alike) > 1 else {}
    notes += [f"{f.name} is not read: it holds the same rows as {o.name}" for f, o in copies.items()]
    return [file for file in alike if file not in copies], notes


def _some(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return ", ".join(known[:MOST_NAMED]) + more


def _header(file: Path, encoding: str | None) -> tuple[str, ...]:
    name = file.name.lower()
    if name.endswith(TEXTS):
        return csv_form(file, encoding).header
    first = next(iter(frames_of(file, encoding)), pd.DataFrame())
    return tuple(str(column) for column in first.columns)


def _about_form(file: Path, encoding: str | None) -> list[str]:
    if not file.name.lower().endswith(TEXTS):
        return []
    note = csv_form(file, encoding).note
    return [note] if note else []


def _without_unit_row(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """A first row that holds units and no values is no record."""
    if len(frame) < 3 or len(frame.columns) > MOST_COLUMNS:
        return frame, {}, []
    known = catalogue()["units"]
    first = {str(c): v.strip().strip("[]()") for c, v in frame.iloc[0].items() if isinstance(v, str)}
    units = {name: known[text.lower()] for name, text in first.items() if text.lower() in known}
    numbers = sum(any(c.isdigit() for c in text) and text.lower() not in known for text in first.values())
    if len(units) < 2 or numbers:
        return frame, {}, []
    units |= {name: text for name, text in first.items() if name not in units and len(text) <= 12}
    note = "the first row under the header holds units and is no record"
    return frame.iloc[1:].reset_index(drop=True), units, [note]
