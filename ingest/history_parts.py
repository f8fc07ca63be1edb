"""The folder a history is collected into: Parquet parts and how far it has come."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import HistoryError

PROGRESS_FILE = "progress.json"
LATE = np.timedelta64(1, "D")
"""Rows may be entered this much later than rows with a later time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a collection has come; what is not in here does not count.

    Attributes
    ----------
    query : dict
        What is collected; another query never continues this folder.
    rows_of_part : list of int
        Rows of each part in order; its file is ``part-<number>.parquet``.
    after_part : list of [str, str]
        Time and identifier of the last row of each part, as the database writes them.
    complete : bool
        Whether the table's end was reached.
    unplaced : int
        Rows that cannot be collected: without identifier or without a usable time.
    """

    query: dict[str, Any]
    rows_of_part: list[int] = field(default_factory=list)
    after_part: list[list[str]] = field(default_factory=list)
    complete: bool = False
    unplaced: int = 0

    @property
    def rows(self) -> int:
        """Rows of all parts together."""
        return sum(self.rows_of_part)

    @property
    def after(self) -> list[str] | None:
        """The row after which to go on; None at the beginning."""
        return self.after_part[-1] if self.after_part else None

    def without_late_rows(self) -> Progress:
        """As it was before any row within `LATE` of its last one; those parts count no more."""
        if not self.after_part:
            return self
        bound = np.datetime64(self.after_part[-1][0]) - LATE
        kept = len([time for time, _ in self.after_part if np.datetime64(time) <= bound])
        return replace(
            self, rows_of_part=self.rows_of_part[:kept], after_part=self.after_part[:kept], complete=False
        )


def part_file(folder: Path, number: int) -> Path:
    """Where a part lies."""
    return folder / f"part-{number:06}.parquet"


def read_progress(folder: Path, query: dict[str, Any]) -> Progress:
    """How far `folder` has come with this query; a fresh start where it holds nothing.

    Raises
    ------
    HistoryError
        The folder belongs to another query, or a part is not what was written.
    """
    file = folder / PROGRESS_FILE
    if not file.exists():
        return Progress(query)
    try:
        progress = Progress(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise HistoryError(f"{file}: expected a progress file, got {error}; delete {folder}") from error
    if progress.query != query:
        differing = sorted(k for k in query if progress.query.get(k) != query[k])
        raise HistoryError(
            f"{folder}: holds the history of another query (different: {', '.join(differing)}); "
            "take another folder or delete this one"
        )
    for number, rows in enumerate(progress.rows_of_part):
        part = part_file(folder, number)
        try:
            came = pq.read_metadata(part).num_rows
        except (OSError, pa.ArrowInvalid) as error:
            raise HistoryError(f"{part}: expected {rows} rows, got {error}; delete {folder}") from error
        if came != rows:
            raise HistoryError(f"{part}: expected {rows} rows, got {came}; delete {folder}")
    return progress


def write_part(folder: Path, progress: Progress, frame: pd.DataFrame, after: list[str]) -> Progress:
    """Add a part: first its file, then the progress that makes it count.

    Interrupted between the two, the next run writes the same part again.
    """
    part = part_file(folder, len(progress.rows_of_part))
    unfinished = part.with_suffix(".unfinished")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with unfinished.open("wb") as stream:
        pq.write_table(table, stream, compression="zstd")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(part)
    further = replace(
        progress, rows_of_part=[*progress.rows_of_part, len(frame)], after_part=[*progress.after_part, after]
    )
    write_progress(folder, further)
    return further


def write_progress(folder: Path, progress: Progress) -> None:
    """Replace the progress file; it is always either the old one or the new one."""
    file = folder / PROGRESS_FILE
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as stream:
        json.dump(asdict(progress), stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)
    if os.name == "posix":  # Windows cannot open a folder; NTFS journals the rename itself
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
